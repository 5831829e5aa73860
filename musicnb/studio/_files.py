"""Files and folders that a person names: checked before anything is done with them."""

from __future__ import annotations

import contextlib
import stat
import unicodedata
from collections.abc import Iterator
from pathlib import Path
from typing import Final

from musicnb._given import shown
from musicnb.catalogue import MAX_UPLOAD_BYTES
from musicnb.errors import InvalidInput, LibraryError

_LONGEST_TEXT: Final = 2_000
_GIVE: Final = "give the path of a FLAC, MP3 or WAV file"
_NO_FILES: Final = (
    (stat.S_ISDIR, "folder"),
    (stat.S_ISFIFO, "pipe"),
    (stat.S_ISSOCK, "socket"),
    (stat.S_ISCHR, "device"),
    (stat.S_ISBLK, "device"),
)
_LINES: Final = dict.fromkeys(map(ord, "\t\r\n"))


def named_folder(library: object) -> Path:
    """Return the folder a person named.

    Raises
    ------
    LibraryError
        It is no name of a folder.
    """
    try:
        folder = Path(library).expanduser()  # type: ignore[arg-type] # what is no path is refused
        folder.resolve()  # complains of what no file system takes
    except (TypeError, ValueError, RuntimeError) as error:
        problem = str(error)
    else:
        return folder
    raise LibraryError(
        f"{shown(library)} is not a folder's name ({problem:.80})", hint='Such as "musicnb-library"'
    )


def named_upload(path: object, field: str = "source") -> Path:
    """Return a file that can be read, is not empty and not too large to be sent.

    Opens nothing but a plain file: a pipe would be waited for, a device may never end.

    Parameters
    ----------
    path
        What a person named.
    field
        What the error calls it.

    Raises
    ------
    InvalidInput
        There is no such file, it cannot be read, or it is too large.
    """
    problem = file = None
    try:
        file = Path(path).expanduser()  # type: ignore[arg-type] # what is no path is refused
        problem = _unfit(file)
    except OSError as error:
        problem = _cannot_be_read(error)
    except (TypeError, ValueError, RuntimeError) as error:
        problem = f"is no file ({error!s:.80})"
    if file is None or problem:
        named = path if file is None else str(file)
        raise InvalidInput.about(field, f"{shown(named, 200)} {problem}; {_GIVE}")
    return file


@contextlib.contextmanager
def reading(file: Path, field: str = "source") -> Iterator[None]:
    """Say in our own words that a file went away, or failed, while it was read.

    Raises
    ------
    InvalidInput
        It did.
    """
    try:
        yield
    except OSError as error:
        raise InvalidInput.about(
            field, f"{str(file)!r:.200} {_cannot_be_read(error)}; {_GIVE}"
        ) from error


def _unfit(file: Path) -> str:
    """Say why a file cannot be sent; empty where nothing speaks against it."""
    found = file.stat()
    for is_one, name in _NO_FILES:
        if is_one(found.st_mode):
            return f"is no file but a {name}"
    if not found.st_size:
        return "is empty"
    if found.st_size > MAX_UPLOAD_BYTES:
        return f"has {found.st_size:,} bytes, at most {MAX_UPLOAD_BYTES:,} are taken"
    with file.open("rb") as stream:
        stream.read(1)
    return ""


def _cannot_be_read(error: OSError) -> str:
    if isinstance(error, FileNotFoundError):
        return "is no file: nothing has that name, or it is a link that leads nowhere"
    return f"is no file that can be read ({(error.strerror or str(error)):.80})"


def statement(field: str, value: object) -> str:
    """Return what a person states, in any words.

    Raises
    ------
    InvalidInput
        It is no text, or a long one, or has control characters in it other than ends of lines and
        tabulators.
    """
    if not isinstance(value, str) or len(value) > _LONGEST_TEXT:
        text = f"is {shown(value)}; give at most {_LONGEST_TEXT:,} characters"
        raise InvalidInput.about(field, text)
    # half of a letter, as it comes from broken names, cannot be written; terminals obey controls
    if any(unicodedata.category(letter) in ("Cc", "Cs") for letter in value.translate(_LINES)):
        raise InvalidInput.about(field, f"is {shown(value)}; take its control characters out")
    return value
