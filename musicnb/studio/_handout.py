"""A session for listeners elsewhere: its excerpts and rules in one file, and nothing that tells."""

from __future__ import annotations

import io
import shutil
import tempfile
import zipfile
from collections.abc import Callable, Iterable, Mapping
from dataclasses import dataclass
from functools import partial
from pathlib import Path
from typing import IO, Annotated, BinaryIO, Final, Literal

from pydantic import BaseModel, ConfigDict, Field

from musicnb._foreign import read_record
from musicnb.deliver import UNREADABLE, Entry, open_archive, write_archive
from musicnb.errors import InvalidInput, LibraryError
from musicnb.sound import delete_partials, named_path, new_file
from musicnb.studio._votes_file import Code

_fault = partial(InvalidInput.about, "path")

VERSION: Final = 1
_RULES: Final = "session.json"
_MOST_BYTES: Final = 2 * 2**30
_MOST_RULES_BYTES: Final = 2**20
_MOST_CLIPS: Final = 64
_WAV_HEAD_BYTES: Final = 44


class Rules(BaseModel):
    """What a listener elsewhere must know of a session."""

    model_config = ConfigDict(extra="forbid", frozen=True, strict=True, allow_inf_nan=False)

    format: Literal["musicnb listening"] = "musicnb listening"
    version: Literal[1] = VERSION
    name: Annotated[str, Field(min_length=1, max_length=80)]
    session: Code
    #: What marks of hidden repeats are made of.
    marks: Code
    clips: Annotated[tuple[Code, ...], Field(min_length=2, max_length=_MOST_CLIPS)]
    k: Annotated[int, Field(ge=1, le=63)]
    votes: Annotated[int, Field(ge=1, le=2_000)]
    seed: Annotated[int, Field(ge=0, lt=2**63)]
    seconds: Annotated[float, Field(gt=0, le=3_600)]
    least_heard_s: Annotated[float, Field(ge=0, le=600)]


@dataclass(frozen=True, slots=True)
class GuestSounds:
    """Excerpts that came from somewhere else, under the names they came with.

    Parameters
    ----------
    folder
        Where they lie.
    session, marks
        Codes of the session and of its hidden repeats.
    seconds
        Length of each.
    """

    folder: Path
    session: str
    marks: str
    seconds: float

    def code(self, clip_id: str) -> str:
        """Return a clip's name, which is all that is known of it."""
        return {"": self.session, "repeats": self.marks}.get(clip_id, clip_id)

    def path(self, clip_id: str) -> Path:
        """Return where an excerpt lies."""
        return self.folder / f"{clip_id}.wav"

    def prepare(self, *, progress: object = True) -> None:
        """Do nothing: they are there, or have to come again."""

    def restore(self, clip_id: str) -> None:
        """Do nothing if an excerpt is there.

        Raises
        ------
        LibraryError
            It has gone.
        """
        if not self.path(clip_id).is_file():
            raise LibraryError(
                "an excerpt of the session has gone",
                hint="Open the file it came in again: studio.guest_session(path, listener=...)",
            )

    def remove(self) -> None:
        """Delete them."""
        shutil.rmtree(self.folder, ignore_errors=True)


def hand_out(path: object, rules: Rules, sounds: Mapping[str, Path]) -> Path:
    """Write a session for listeners elsewhere; see `musicnb.studio.Session.hand_out`."""
    target = named_path(path)
    text = (rules.model_dump_json(indent=1) + "\n").encode()
    entries = [Entry(_RULES, len(text), lambda: io.BytesIO(text))]
    entries += [_entry(code, sounds[code]) for code in sorted(sounds)]
    delete_partials(target.parent)
    with new_file(target) as file:
        write_archive(file, entries)
    return target


def _entry(code: str, path: Path) -> Entry:
    return Entry(f"{code}.wav", path.stat().st_size, lambda: path.open("rb"))


def take_in(path: object, folder_of: Callable[[str], Path]) -> Rules:
    """Read a session that came from somewhere, and put its excerpts where they belong.

    Parameters
    ----------
    path
        The file.
    folder_of
        Gives the folder of a session's excerpts by its code.

    Raises
    ------
    InvalidInput
        It is no such file; nothing is left behind.
    """
    named = named_path(path)
    problem = ""
    try:
        if not named.is_file() or named.stat().st_size > _MOST_BYTES:
            problem = f"{named.name!r:.80} is no file, or larger than any session"
        else:
            with named.open("rb") as file, open_archive(file, _MOST_CLIPS + 1) as archive:
                return _taken(archive, named.stat().st_size, folder_of)
    except InvalidInput:
        raise
    except UNREADABLE as error:
        problem = f"{named.name!r:.80} is no listening session ({error!s:.100})"
    except OSError as error:
        problem = f"{named.name!r:.80} cannot be taken in ({error.strerror})"
    raise _fault(problem)


def _taken(archive: zipfile.ZipFile, size_bytes: int, folder_of: Callable[[str], Path]) -> Rules:
    infos = {info.filename: info for info in archive.infolist()}
    if any(info.compress_type != zipfile.ZIP_STORED for info in infos.values()):
        raise _fault("is compressed; sessions never are")
    if sum(info.file_size for info in infos.values()) > size_bytes:
        raise _fault("holds files that lie over each other")
    if _RULES not in infos or infos[_RULES].file_size > _MOST_RULES_BYTES:
        raise _fault("has no rules")
    rules = read_record(Rules, archive.read(_RULES), called="session", version=VERSION)
    wanted = {f"{code}.wav" for code in rules.clips}
    if set(infos) != wanted | {_RULES} or len(wanted) != len(rules.clips):
        raise _fault("has other sounds than its rules say")
    if rules.k >= len(rules.clips):
        raise _fault("asks for all of its clips")
    if len({infos[name].file_size for name in wanted}) != 1:
        raise _fault("has sounds of different lengths")
    _unpack(archive, wanted, folder_of(rules.session))
    return rules


def _unpack(archive: zipfile.ZipFile, names: Iterable[str], target: Path) -> None:
    target.parent.mkdir(parents=True, exist_ok=True)
    partial = Path(tempfile.mkdtemp(prefix=".", dir=target.parent))
    heads = set()
    try:
        for name in names:
            with archive.open(name) as source, (partial / name).open("xb") as file:
                heads.add(_copied(source, file))
        if len(heads) != 1 or not next(iter(heads)).startswith(b"RIFF"):
            raise _fault("has sounds that differ in more than their sound")
        shutil.rmtree(target, ignore_errors=True)
        partial.replace(target)
    finally:
        shutil.rmtree(partial, ignore_errors=True)


def _copied(source: IO[bytes], file: BinaryIO) -> bytes:
    head = source.read(_WAV_HEAD_BYTES)
    file.write(head)
    shutil.copyfileobj(source, file)
    return head
