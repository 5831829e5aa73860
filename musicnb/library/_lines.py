"""A file of sealed lines: notes that are only ever added, durable once they are written.

A line is JSON with a seal, written at once; lines that are cut or altered are left out and
counted. Such notes are no table of the journal: whoever only reads the journal can add them all
the same, and the file that money depends on is not migrated for them.
"""

from __future__ import annotations

import json
import os
from hashlib import blake2b
from pathlib import Path
from typing import Any, Final

from musicnb.errors import LibraryError
from musicnb.library._files import sync_folder

__all__ = ["SealedLines", "make_folder"]

_SEAL_BYTES: Final = 16


class SealedLines:
    """Notes in one file.

    Parameters
    ----------
    path
        The file; it and its folder are made with the first note.
    names
        The fields of a note; one with others is altered.
    """

    def __init__(self, path: Path, names: frozenset[str]) -> None:
        self._path, self._names = path, names

    def add(self, values: dict[str, Any]) -> None:
        """Write a note down, durably.

        Raises
        ------
        OSError
            It cannot be written.
        """
        line = json.dumps({**values, "seal": _seal(values)}, ensure_ascii=True, allow_nan=False)
        # a newline first: the line before may have been cut by a crash
        _append(self._path, b"\n" + line.encode() + b"\n")

    def read(self) -> tuple[list[dict[str, Any]], int]:
        """Return the whole notes, oldest first, and how many lines are cut or altered.

        Raises
        ------
        LibraryError
            There are some, and they cannot be read.
        """
        lines, problem = [], ""
        try:
            lines = self._path.read_bytes().splitlines()
        except FileNotFoundError:  # none was written yet
            return [], 0
        except OSError as error:
            problem = error.strerror or str(error)
        if problem:
            raise LibraryError(f"the notes in {self._path} cannot be read ({problem})")
        notes = [self._parsed(line) for line in filter(None, lines)]
        whole = [note for note in notes if note is not None]
        return whole, len(notes) - len(whole)

    def _parsed(self, line: bytes) -> dict[str, Any] | None:
        try:
            values: dict[str, Any] = json.loads(line)
            seal = values.pop("seal")
            is_whole = seal == _seal(values) and set(values) == self._names
        except (ValueError, AttributeError, KeyError, TypeError, RecursionError):
            return None
        return values if is_whole else None


def make_folder(folder: Path) -> None:
    """Make a folder of a library.

    Raises
    ------
    LibraryError
        It cannot be made.
    """
    problem = ""
    try:
        folder.mkdir(parents=True, exist_ok=True)
    except OSError as error:
        problem = error.strerror or str(error)
    if problem:
        raise LibraryError(f"the folder {folder} cannot be made ({problem})")


def _seal(values: dict[str, Any]) -> str:
    text = json.dumps(values, sort_keys=True)
    return blake2b(text.encode(), digest_size=_SEAL_BYTES).hexdigest()


def _append(path: Path, data: bytes) -> None:
    """Append in one write, so that two processes cannot mix their lines."""
    is_new = not path.exists()
    descriptor = os.open(
        path, os.O_WRONLY | os.O_APPEND | os.O_CREAT | getattr(os, "O_BINARY", 0), 0o644
    )
    try:
        if os.write(descriptor, data) != len(data):
            raise OSError("the disk is full")
        os.fsync(descriptor)
    finally:
        os.close(descriptor)
    if is_new:
        sync_folder(path.parent)
