"""A picture becomes a file of its own: whole, or not at all, and never in the place of another."""

from __future__ import annotations

import os
from pathlib import Path

from musicnb.errors import InvalidInput, LibraryError


def path_of(path: str | os.PathLike[str]) -> Path:
    """Return where a file is to be, the home folder filled in.

    Raises
    ------
    InvalidInput
        It is no path.
    """
    try:
        return Path(path).expanduser()
    except (TypeError, RuntimeError) as error:
        problem = f"path must be the name of a file ({error!s:.200})"
    raise InvalidInput(problem, hint="give a text such as 'figure.png'")


def write_new(target: Path, content: bytes) -> None:
    """Write a file that did not exist; leave none if it cannot be written.

    Raises
    ------
    InvalidInput
        There is something by this name, or no file can have it.
    LibraryError
        The folder is missing, full, or not to be written.
    """
    refused: InvalidInput | LibraryError
    try:
        with target.open("xb") as file:
            try:
                file.write(content)
                file.flush()
            except BaseException:
                target.unlink(missing_ok=True)
                raise
    except FileExistsError:
        refused = InvalidInput(
            f"path: {target.name!r:.80} exists already and is not replaced",
            hint="choose another name",
        )
    except OSError as error:
        refused = LibraryError(
            f"{target!s:.200} cannot be written ({error.strerror or error})",
            hint="make the folder, or room in it, or choose another path",
        )
    except ValueError as error:
        refused = InvalidInput(
            f"path: {target.name!r:.80} can be no file's name ({error!s:.80})",
            hint="choose another name",
        )
    else:
        return
    raise refused
