"""Notes beside the journal: a file of lines, each JSON with a seal, written at once and durably."""

from __future__ import annotations

import json
import os
from collections.abc import Iterator
from hashlib import blake2b
from pathlib import Path
from typing import Any, Final

from musicnb.library._files import sync_folder

_SEAL_BYTES: Final = 16


class SealedLines:
    """Records of one kind.

    Parameters
    ----------
    path
        The file; it comes with the first record.
    names
        Of every record's fields.
    """

    def __init__(self, path: Path, names: tuple[str, ...]) -> None:
        self._path, self._names = path, set(names)

    def append(self, values: dict[str, Any]) -> None:
        """Write a record down.

        Raises
        ------
        OSError
            It cannot be written.
        """
        line = json.dumps({**values, "seal": _seal(values)}, ensure_ascii=True, allow_nan=False)
        # a newline first: the line before may have been cut by a crash
        _append(self._path, b"\n" + line.encode() + b"\n")

    def read(self) -> Iterator[dict[str, Any]]:
        """Yield the records, oldest first, without the lines that are cut or altered."""
        return (values for values in map(self._parsed, self._found()) if values is not None)

    def unreadable(self) -> int:
        """Return how many lines are cut or altered."""
        return sum(self._parsed(line) is None for line in self._found())

    def _found(self) -> list[bytes]:
        try:
            return list(filter(None, self._path.read_bytes().splitlines()))
        except OSError:  # nothing was written yet
            return []

    def _parsed(self, line: bytes) -> dict[str, Any] | None:
        try:
            values: dict[str, Any] = json.loads(line)
            seal = values.pop("seal")
            is_whole = seal == _seal(values) and set(values) == self._names
        except (ValueError, AttributeError, KeyError, TypeError, RecursionError):
            return None
        return values if is_whole else None


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
