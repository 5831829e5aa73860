"""The one way in which a pack is written as a ZIP file.

Entries are stored, in the order given, with one date and one mode, so that the same content gives
the same bytes. Sound does not get smaller by deflating, a stored file cannot be a bomb, and what
can be written again can be compared: no byte of an archive is outside what is checked.
"""

from __future__ import annotations

import math
import shutil
import stat
import zipfile
from collections.abc import Callable, Iterable
from dataclasses import dataclass
from typing import Any, BinaryIO, Final, cast

#: What reading a ZIP file that is none, is broken or encrypted, makes `zipfile` raise.
UNREADABLE: Final = (
    zipfile.BadZipFile, EOFError, IndexError, KeyError, OverflowError, RuntimeError, ValueError,
)  # fmt: skip

_BLOCK_BYTES: Final = 1 << 20
# the earliest that the format can say
_DATE: Final = (1980, 1, 1, 0, 0, 0)
_UNIX: Final = 3
# what an archive ends in, with its comment, and the most that is listed of a file
_END_BYTES: Final = 1 << 17
_LISTED_BYTES: Final = 512


@dataclass(frozen=True, slots=True)
class Entry:
    """A file of an archive.

    Parameters
    ----------
    path
        Its name, with slashes.
    size_bytes
        How long it is.
    open
        Opens it for reading.
    """

    path: str
    size_bytes: int
    open: Callable[[], BinaryIO]


class _Wary:
    """A file of which no more than so many bytes are read at once, while there is a limit."""

    def __init__(self, file: BinaryIO, most_bytes: int) -> None:
        self._file = file
        self.most_bytes: float = most_bytes

    def read(self, size: int = -1) -> bytes:
        if size > self.most_bytes:
            raise zipfile.BadZipFile("its list of files is too long")
        return self._file.read(size)

    def __getattr__(self, name: str) -> Any:
        return getattr(self._file, name)


def open_archive(file: BinaryIO, most_files: int) -> zipfile.ZipFile:
    """Open an archive of few files; `zipfile` alone reads a list of any length into memory.

    Raises
    ------
    zipfile.BadZipFile
        It is none, or its list is longer than that of `most_files` can be; or another error of
        `UNREADABLE`.
    """
    wary = _Wary(file, _END_BYTES + most_files * _LISTED_BYTES)
    archive = zipfile.ZipFile(cast("BinaryIO", wary))
    wary.most_bytes = math.inf
    return archive


def write_archive(sink: BinaryIO, entries: Iterable[Entry]) -> None:
    """Write an archive; `sink` must be empty and seekable.

    Raises
    ------
    OSError
        Something cannot be read or written.
    """
    with zipfile.ZipFile(sink, "w", zipfile.ZIP_STORED) as archive:
        for entry in entries:
            info = zipfile.ZipInfo(entry.path, _DATE)
            info.create_system = _UNIX
            info.external_attr = (stat.S_IFREG | 0o644) << 16
            info.file_size = entry.size_bytes
            with entry.open() as source, archive.open(info, "w") as target:
                shutil.copyfileobj(source, target, _BLOCK_BYTES)
