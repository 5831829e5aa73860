"""Files and folders that a person names: checked before anything is done with them."""

from __future__ import annotations

import unicodedata
from pathlib import Path
from typing import Final

from musicnb._given import shown
from musicnb.catalogue import MAX_UPLOAD_BYTES
from musicnb.errors import Fault, InvalidInput, LibraryError

_LONGEST_TEXT: Final = 2_000
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


def named_upload(path: object) -> Path:
    """Return a file that is neither empty nor too large to be sent.

    Raises
    ------
    InvalidInput
        There is no such file, or it is too large.
    """
    try:
        file = Path(path).expanduser()  # type: ignore[arg-type] # what is no path is refused
        size = file.stat().st_size if file.is_file() else 0
    except (TypeError, ValueError, OSError, RuntimeError) as error:
        raise InvalidInput.from_faults(
            [Fault("path", "", f"{shown(path)} is no file ({error!s:.80})")]
        ) from None
    if not 0 < size <= MAX_UPLOAD_BYTES:
        reason = f"has {size:,} bytes, at most {MAX_UPLOAD_BYTES:,}" if size else "is no file"
        raise InvalidInput.from_faults([Fault("path", "", f"{file.name!r} {reason}")])
    return file


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
