"""Going back to a journal's last good state."""

from __future__ import annotations

import os
import shutil
import sqlite3
from pathlib import Path

from musicnb.errors import LibraryError
from musicnb.library._database import GOOD_COPY, connect, damage_in, holds_something


def _unfit(good: Path) -> str:
    """Say why a copy cannot take the journal's place; nothing when it can."""
    if not holds_something(good):
        return f"there is no {GOOD_COPY} beside it"
    try:
        copy = connect(good, mode="ro")
        try:
            damage = damage_in(copy)
        finally:
            copy.close()
    except sqlite3.Error as error:
        damage = str(error)
    return f"{GOOD_COPY} is damaged, too: {damage:.100}" if damage else ""


def restore_good_copy(path: Path, *, stamp: str) -> Path:
    """Put a journal's last good state in its place; the damaged one is moved aside, not removed.

    Parameters
    ----------
    stamp
        Part of the name that the damaged one gets.

    Returns
    -------
    pathlib.Path
        Where the damaged one is now.

    Raises
    ------
    LibraryError
        There is no good copy, or the folder cannot be written.
    """
    good, aside = path.with_name(GOOD_COPY), path.with_name(f"journal.damaged-{stamp}.sqlite")
    problem = _unfit(good)
    if not problem:
        try:
            partial = path.with_name(f".{path.name}.part")
            shutil.copyfile(good, partial)
            with partial.open("rb") as file:
                os.fsync(file.fileno())
            for ending in ("", "-wal", "-shm"):  # the log belongs to the damaged one
                part = path.with_name(path.name + ending)
                if part.exists():
                    part.replace(aside.with_name(aside.name + ending))
            partial.replace(path)
        except OSError as error:
            problem = error.strerror or str(error)
    if problem:
        raise LibraryError(
            f"the journal {path.name} cannot be restored ({problem})",
            hint="Restore it from a copy of your own, or choose another library folder",
        )
    return aside
