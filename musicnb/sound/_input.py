"""Where sound comes from: a path, bytes or an open file, checked before anything is read."""

from __future__ import annotations

import io
import os
import stat
from pathlib import Path
from typing import BinaryIO, Final, Self

from musicnb.errors import UndecodableAudio

#: What sound can be read from. Text is a path; bytes are a sound file's content.
Source = str | os.PathLike[str] | bytes | bytearray | memoryview | BinaryIO

# without O_NONBLOCK the opening of a pipe waits for somebody to write into it
_FLAGS: Final = os.O_RDONLY | getattr(os, "O_NONBLOCK", 0) | getattr(os, "O_BINARY", 0)


class Input:
    """The bytes of a sound file, read at any place.

    Parameters
    ----------
    source
        A path, the bytes themselves, or a seekable binary file, which is read from its beginning
        and stays open.

    Raises
    ------
    UndecodableAudio
        There is no such file, it cannot be read, or it is a folder, a pipe or a device.
    """

    def __init__(self, source: Source) -> None:
        self.path: str | None = None
        self._owned = True
        if isinstance(source, bytes | bytearray | memoryview):
            self._file: BinaryIO = io.BytesIO(source)
        elif isinstance(source, str | os.PathLike):
            self.path = os.fspath(source)
            self._file = _opened(self.path)
        else:
            self._file, self._owned = _seekable(source), False
        try:
            self.size = self._file.seek(0, os.SEEK_END)
        except (OSError, ValueError) as error:
            problem = str(error)
        else:
            return
        self.close()
        raise UndecodableAudio(f"it cannot be read ({problem:.80})")

    def __enter__(self) -> Self:
        return self

    def __exit__(self, *_: object) -> None:
        self.close()

    def close(self) -> None:
        """Close what was opened here."""
        if self._owned:
            self._file.close()

    def read_at(self, start: int, count: int) -> bytes:
        """Read up to `count` bytes from a place; fewer only at the end.

        Raises
        ------
        UndecodableAudio
            The disk fails, or the file was closed.
        """
        try:
            self._file.seek(start)
            data = self._file.read(count)
            while len(data) < count and (more := self._file.read(count - len(data))):
                data += more
        except (OSError, ValueError) as error:
            problem = str(error)
        else:
            return data
        raise UndecodableAudio(f"it cannot be read ({problem:.80})")


def too_long(max_seconds: float) -> UndecodableAudio:
    """Return the error about a file that unfolds to more than it may."""
    return UndecodableAudio(
        f"the file holds more than {max_seconds:g} s of sound", hint="Give a shorter file"
    )


def _opened(path: str) -> BinaryIO:
    problem = ""
    try:
        descriptor = os.open(path, _FLAGS)
    except (OSError, ValueError) as error:  # ValueError: a NUL in the name
        problem = getattr(error, "strerror", None) or str(error)
    if problem:
        raise UndecodableAudio(f"{Path(path).name!r:.80} cannot be read ({problem})")
    if not stat.S_ISREG(os.fstat(descriptor).st_mode):
        os.close(descriptor)
        raise UndecodableAudio(f"{Path(path).name!r:.80} is a folder, a pipe or a device")
    return os.fdopen(descriptor, "rb", buffering=0)


def _seekable(file: BinaryIO) -> BinaryIO:
    try:
        fit = file.seekable() and isinstance(file.read(0), bytes)
    except (AttributeError, OSError, ValueError, TypeError):
        fit = False
    if not fit:
        raise UndecodableAudio(
            f"{type(file).__name__} is no binary file that can be read from any place",
            hint="Give a path, or the bytes: file.read()",
        )
    return file
