"""Where the excerpts of sessions lie, and clearing away what a killed process has left there."""

from __future__ import annotations

import contextlib
import threading
from collections import Counter
from collections.abc import Iterator
from pathlib import Path
from typing import Final

from musicnb.library import KeptSession, Library
from musicnb.studio._orphans import delete_orphans

_LETTERS: Final = 16

_lock = threading.Lock()
#: Sessions that are being started now, by folder: theirs are not in the journal yet.
_being_started: Counter[Path] = Counter()


def sealed_root(library: Library) -> Path:
    """Return the folder of all sessions' folders."""
    return library.folder / "sealed"


def sealed_folder(library: Library, session: KeptSession) -> Path:
    """Return where the excerpts of a session lie, also one that was handed out elsewhere."""
    return folder_of(str(session.settings.get("guest_of") or session.secret), library)


def folder_of(code: str, library: Library) -> Path:
    """Return where the excerpts of a session of a code lie."""
    return sealed_root(library) / code[:_LETTERS]


@contextlib.contextmanager
def starting(library: Library) -> Iterator[None]:
    """Start a session within; before that, what belongs to none that goes on is deleted.

    Excerpts are made before the session stands in the journal, and deleted after it was revealed
    there; a process that is killed between the two leaves them behind.
    """
    root = sealed_root(library)
    with _lock:
        # who only looks on does not know what the other process starts
        if not _being_started[root] and not library.read_only:
            _clear(library, root)
        _being_started[root] += 1
    try:
        yield
    finally:
        with _lock:
            _being_started[root] -= 1


def _clear(library: Library, root: Path) -> None:
    going_on = {
        sealed_folder(library, session)
        for session in library.journal.sessions.all()
        if session.revealed_at is None
    }
    delete_orphans(folder for folder in root.glob("*") if folder not in going_on)
