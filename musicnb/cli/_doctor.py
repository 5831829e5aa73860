"""Look a library over: its journal, its clips, its money, and which service would be used."""

from __future__ import annotations

import argparse
import time
from pathlib import Path

from musicnb.catalogue import amount_text
from musicnb.cli._library import add_library_option
from musicnb.errors import LibraryError, MusicnbError
from musicnb.library import DAMAGED, IN_USE, Library, is_library, restore_journal, sums
from musicnb.settings import Settings

_RESTORED = """\
The last good state is in its place again; the damaged journal is kept as {aside}.
Orders made after that state are not in it. Make the same orders again within 24 hours: the same
brief has the same Idempotency-Key, so the service charges none of them twice. studio.account()
names what the sandbox's ledger has and the journal has not."""


def add_arguments(parser: argparse.ArgumentParser) -> None:
    """Declare the command's options."""
    add_library_option(parser)
    parser.add_argument(
        "--restore",
        action="store_true",
        help="put the last good state of a damaged journal in its place; the damaged one is kept",
    )


def run(options: argparse.Namespace) -> int:
    """Run the command; 1 when something needs attention."""
    print(f"service: {_service()}")
    folder = Path(options.library)
    if not is_library(folder):
        print(f"library {folder}: there is none yet")
        return 0
    try:
        return _examine(folder)
    except LibraryError as error:
        if error.code != DAMAGED or not options.restore:
            raise
        print(f"library {folder}: {error.message}")
    aside = restore_journal(folder, stamp=time.strftime("%Y%m%d-%H%M%S"))
    print(_RESTORED.format(aside=aside.name))
    return _examine(folder)


def _examine(folder: Path) -> int:
    library = _opened(folder)
    try:
        jobs = library.journal.jobs()
        waiting = [job for job in jobs if not job.has_ended]
        money = sums(jobs)
        print(f"journal: whole, {len(jobs)} orders, {len(waiting)} unfinished")
        print(
            f"money: {amount_text(money.spent_credits)} credits spent,"
            f" {amount_text(money.held_credits)} held"
        )
        checked = library.verify()
        print(f"clips: {checked}")
        if waiting and not library.read_only:
            print(f"studio.resume() takes it up: Studio({str(folder)!r}) with the same service")
    finally:
        library.close()
    return 0 if checked.ok else 1


def _opened(folder: Path) -> Library:
    """Open a library, to look only where somebody works with it."""
    try:
        library = Library(folder)
    except LibraryError as error:
        if error.code != IN_USE:
            raise
        print(f"{error.message}; looking only")
        return Library(folder, read_only=True)
    print(f"library {folder}: nobody else works with it")
    return library


def _service() -> str:
    try:
        settings = Settings.resolve(base_url=None, api_key=None)
    except MusicnbError as error:
        return error.message
    return "the embedded sandbox" if settings is None else f"{settings.base_url}, with a key"
