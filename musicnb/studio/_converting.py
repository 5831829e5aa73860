"""A clip to another file, and the record of what it was made of."""

from __future__ import annotations

import hashlib
import os
import time
from collections.abc import Callable, Iterable
from dataclasses import asdict
from pathlib import Path, PurePosixPath
from typing import TYPE_CHECKING, Any, Final, TypeVar, Unpack

from musicnb.convert import Changes, ChangesOptions, Converted, convert
from musicnb.errors import Fault, InvalidInput, LibraryError
from musicnb.library import Conversions
from musicnb.sound import Encoding, Format, named_path

if TYPE_CHECKING:
    from musicnb.deliver import Conformed
    from musicnb.studio._clip import Clip

_Made = TypeVar("_Made")

#: Endings that a format's files may have.
_ENDINGS: Final = {"OPUS": (".opus", ".ogg"), "OGG": (".ogg", ".oga"), "WAV": (".wav", ".wave")}


def convert_clip(
    clip: Clip,
    path: str | os.PathLike[str] | None,
    format_: Format,
    options: dict[str, Any],
    **changes: Unpack[ChangesOptions],
) -> Converted:
    """Make a file of a clip and write down that it was made of it.

    Parameters
    ----------
    path
        A name that is not taken, or a folder; None is ``conversions/`` in the library.
    options
        Of the format; see `musicnb.sound.Encoding`. Those that are None are left out.

    Raises
    ------
    InvalidInput
        An option or a change is wrong, or there is a file by this name.
    LibraryError
        The clip's file has gone, or the new one cannot be written.
    """
    given = {name: value for name, value in options.items() if value is not None}
    problem = ""
    try:
        encoding = Encoding(format_, **given)
    except (TypeError, ValueError) as error:
        problem = str(error)
    if problem:
        raise InvalidInput.from_faults([Fault("encoding", "", problem)])
    wanted = Changes(**changes)
    conversions = Conversions(clip.folder)
    digest = sha256_of(clip)
    tags = _tags(clip, digest, wanted)
    made = first_free(
        names_for(conversions, clip, path, encoding),
        lambda name: convert(clip.path, name, encoding, wanted, tags=tags),
    )
    changed = {"format": format_, **given, **asdict(wanted), "gain_db": made.gain_db}
    write_down(conversions, made, clip, digest, changed)
    return made


def write_down(
    conversions: Conversions,
    made: Converted | Conformed,
    clip: Clip,
    digest: str,
    changes: dict[str, Any],
) -> None:
    """Write down what a file was made of; one of which that cannot be done is deleted.

    Raises
    ------
    LibraryError
        It cannot.
    """
    try:
        conversions.add(
            made.path,
            sha256=made.sha256,
            size_bytes=made.size_bytes,
            parent_clip_id=clip.clip_id,
            parent_sha256=digest,
            changes=changes,
            made_at=time.time(),
        )
    except BaseException:
        made.path.unlink(missing_ok=True)  # nobody could tell what it is
        raise


def first_free(names: Iterable[Path], make: Callable[[Path], _Made]) -> _Made:
    """Make a file under the first name that is not taken.

    Raises
    ------
    InvalidInput
        All are.
    LibraryError
        The folder cannot be written.
    """
    taken, problem = "", ""
    for name in names:
        try:
            return make(name)
        except FileExistsError:
            taken = name.name
        except OSError as error:
            problem = f"{name.parent} cannot be written ({error.strerror or error})"
            break
    if problem:
        raise LibraryError(problem, hint="Make room, or choose another path")
    raise InvalidInput.from_faults(
        [Fault("path", "", f"{taken!r:.80} exists already; choose another name")]
    )


def names_for(
    conversions: Conversions,
    clip: Clip,
    path: str | os.PathLike[str] | None,
    encoding: Encoding,
    *,
    words: str = "",
    tail: str = "",
) -> Iterable[Path]:
    """Return the names that a file made of a clip may have, the best first.

    Parameters
    ----------
    path
        A name, or a folder; None is ``conversions/`` in the library.
    words
        What is put behind the clip's name where the name is ours.
    tail
        The same, of ASCII letters, digits and ``_``, whose case is kept.

    Raises
    ------
    InvalidInput
        The name's ending is another format's.
    """
    stem = "-".join(part for part in (PurePosixPath(clip.record.file).stem, words) if part)
    if path is None:
        return conversions.names(stem, encoding.suffix, tail=tail)
    target = named_path(path)
    if target.is_dir():
        return [target / f"{stem}{tail}{encoding.suffix}"]
    fit = _ENDINGS.get(encoding.format, (encoding.suffix,))
    if not target.suffix:
        return [target.with_name(target.name + encoding.suffix)] if target.name else []
    if target.suffix.lower() in fit:
        return [target]
    problem = f"ends in {target.suffix!r:.20}, and not in {' or '.join(fit)}"
    raise InvalidInput.from_faults([Fault("path", "", problem)])


def _tags(clip: Clip, digest: str, changes: Changes) -> dict[str, str]:
    maker = " Made by the musicnb sandbox with its own engine." if clip.sandbox else ""
    return {
        "title": clip.title,
        "comment": f"Made by musicnb of clip {clip.clip_id} (sha256 {digest}): {changes}.{maker}",
    }


def sha256_of(clip: Clip) -> str:
    """Return the hash of a clip's bytes as they are now.

    Raises
    ------
    LibraryError
        They cannot be read.
    """
    problem = ""
    try:
        if not clip.path.is_file():  # a pipe in its place would never end
            raise FileNotFoundError("it is gone")
        with clip.path.open("rb") as file:
            return hashlib.file_digest(file, "sha256").hexdigest()
    except OSError as error:
        problem = error.strerror or str(error)
    raise LibraryError(
        f"{clip.path.name} cannot be read ({problem})",
        hint="Restore the file from a copy, or studio.resume() where the service still has it",
        charged=True,
    )
