"""Folders that a killed process has left behind: deleted later, and none that somebody needs."""

from __future__ import annotations

import contextlib
import os
import shutil
import sys
import tempfile
import weakref
from collections.abc import Iterable, Iterator
from pathlib import Path

if sys.platform != "win32":
    import fcntl


def delete_orphans(folders: Iterable[Path]) -> None:
    """Delete folders and what is in them; links are left alone, and so is what cannot be deleted.

    Parameters
    ----------
    folders
        That nobody needs. They are asked for one by one, so that a generator can keep others from
        a folder until the next is asked for.
    """
    for folder in folders:
        with contextlib.suppress(OSError):
            if folder.is_dir() and not folder.is_symlink():
                shutil.rmtree(folder, ignore_errors=True)


class HeldFolder:
    """A new temporary folder: deleted with this object, or later if the process is killed.

    It is locked, and a lock ends with its process, however that ends. Where folders cannot be
    locked (Windows, some network file systems) what a killed process leaves behind stays.

    Parameters
    ----------
    prefix
        How its name begins. Before it is made, this user's folders of such names are deleted if
        nobody holds them.

    Raises
    ------
    OSError
        It cannot be made.
    """

    def __init__(self, prefix: str) -> None:
        delete_orphans(_held_by_nobody(Path(tempfile.gettempdir()).glob(f"{prefix}*")))
        self.path, lock = _made(prefix)
        self._end = weakref.finalize(self, _ended, self.path, lock)

    def remove(self) -> None:
        """Delete it now."""
        self._end()


def _made(prefix: str) -> tuple[Path, int | None]:
    while True:
        folder = Path(tempfile.mkdtemp(prefix=prefix))
        lock = _locked(folder, wait=True)
        if folder.is_dir():
            return folder, lock
        _unlocked(lock)  # another process took it for an orphan before it was locked


def _ended(folder: Path, lock: int | None) -> None:
    shutil.rmtree(folder, ignore_errors=True)
    _unlocked(lock)


def _held_by_nobody(folders: Iterable[Path]) -> Iterator[Path]:
    """Yield this user's folders that no process holds; each is locked until the next is asked."""
    for folder in folders:
        lock = _locked(folder, wait=False)
        if lock is not None:
            yield folder
            _unlocked(lock)


def _locked(folder: Path, *, wait: bool) -> int | None:
    """Lock a folder of this user's; None where that cannot be."""
    if sys.platform == "win32":
        return None
    try:
        descriptor = os.open(folder, os.O_RDONLY | os.O_DIRECTORY | os.O_NOFOLLOW)
    except OSError:  # gone, a file, a link, somebody else's
        return None
    try:
        if os.fstat(descriptor).st_uid == os.getuid():
            fcntl.flock(descriptor, fcntl.LOCK_EX | (0 if wait else fcntl.LOCK_NB))
            return descriptor
    except OSError:  # held by a process, or nothing that can be locked
        pass
    os.close(descriptor)
    return None


def _unlocked(lock: int | None) -> None:
    if lock is not None:
        os.close(lock)
