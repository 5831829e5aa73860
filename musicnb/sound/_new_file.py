"""New files: their names, and how they appear: whole, durably, not in the place of another."""

from __future__ import annotations

import os
import re
import stat
import sys
import time
from collections.abc import Iterator
from contextlib import contextmanager, suppress
from pathlib import Path
from typing import BinaryIO, Final

from musicnb._given import shown
from musicnb.errors import Fault, InvalidInput

if sys.platform != "win32":  # there, what a killed process leaves behind stays
    import fcntl

_PARTIAL: Final = re.compile(r"\.[0-9a-f]{32}\.part")
# it is locked a moment after it was made
_SURELY_LOCKED_S: Final = 3_600

# with any ending: Microsoft, "Naming Files, Paths, and Namespaces"
_DEVICES: Final = frozenset(
    ["con", "prn", "aux", "nul", "conin$", "conout$"]
    + [f"{port}{number}" for port in ("com", "lpt") for number in "0123456789¹²³"]
)


def is_device(name: str) -> bool:
    """Whether Windows takes a name of one part, with any ending, for a device."""
    return name.partition(".")[0].rstrip(" ").casefold() in _DEVICES


def named_path(path: object) -> Path:
    """Return the path that a person named, the home folder filled in.

    Raises
    ------
    InvalidInput
        It is no path, or none that a file system takes.
    """
    problem = "it is empty"  # which pathlib takes for the present folder
    try:
        if path != "":
            named = Path(path).expanduser()  # type: ignore[arg-type] # what is no path is refused
            named.resolve()  # complains of what no file system takes
            return named
    except (TypeError, ValueError, RuntimeError, OSError) as error:
        problem = f"{error!s:.80}"
    raise InvalidInput.from_faults([Fault("path", "", f"{shown(path)} is no path ({problem})")])


@contextmanager
def new_file(path: str | os.PathLike[str], *, overwrite: bool = False) -> Iterator[BinaryIO]:
    """Open a file that gets its name when it is written to its end.

    Parameters
    ----------
    path
        Where it will be.
    overwrite
        Whether what stands there is replaced then.

    Yields
    ------
    binary file
        Beside the final place; removed again when anything is raised.

    Raises
    ------
    FileExistsError
        There is something by this name, also if it came while the file was being written.
    OSError
        The folder cannot be written.
    """
    target = Path(path)
    if not overwrite and os.path.lexists(target):
        raise FileExistsError(f"{target.name} exists already")
    partial = target.with_name(f".{os.urandom(16).hex()}.part")
    try:
        with partial.open("x+b") as file:
            _lock(file.fileno())
            yield file
            file.flush()
            os.fsync(file.fileno())
        if overwrite:
            partial.replace(target)
        else:
            _publish(partial, target)
    finally:
        partial.unlink(missing_ok=True)
    _sync(target.parent)


def delete_partials(folder: Path) -> None:
    """Delete what killed processes have left in a folder of files that `new_file` was to write.

    Nobody else's are deleted, none that is being written, and none younger than an hour.
    """
    with suppress(OSError):
        for path in folder.iterdir():
            if _PARTIAL.fullmatch(path.name):
                with suppress(OSError):
                    _delete_if_orphan(path)


def _delete_if_orphan(path: Path) -> None:
    if sys.platform == "win32":
        return
    descriptor = os.open(path, os.O_RDONLY | os.O_NOFOLLOW | os.O_NONBLOCK)
    try:
        found = os.fstat(descriptor)
        is_own = stat.S_ISREG(found.st_mode) and found.st_uid == os.getuid()
        if is_own and time.time() - found.st_mtime > _SURELY_LOCKED_S and _lock(descriptor):
            path.unlink()
    finally:
        os.close(descriptor)


def _lock(descriptor: int) -> bool:
    """Lock a file until it is closed, also by the end of its process; say whether it is."""
    if sys.platform == "win32":
        return False
    try:
        fcntl.flock(descriptor, fcntl.LOCK_EX | fcntl.LOCK_NB)
    except OSError:  # it is locked, or nothing that can be
        return False
    return True


def _publish(partial: Path, target: Path) -> None:
    """Name the file, unless the name is taken: a rename alone would replace what is there."""
    try:
        os.link(partial, target)
    except FileExistsError:
        raise FileExistsError(f"{target.name} exists already") from None
    except OSError:  # a file system without links: the name is taken first
        target.open("xb").close()
        partial.replace(target)


def _sync(folder: Path) -> None:
    if os.name == "nt":  # a folder cannot be opened there
        return
    descriptor = os.open(folder, os.O_RDONLY)
    try:
        os.fsync(descriptor)
    finally:
        os.close(descriptor)
