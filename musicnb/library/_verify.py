"""Whether every clip in the journal, and what was made of it, is on disk, byte for byte."""

from __future__ import annotations

import hashlib
from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Final, TypeVar

from tqdm import tqdm

from musicnb.library._conversions import Conversion, Conversions
from musicnb.library._records import ClipRecord

#: Ending of a download under way.
PARTIAL: Final = ".part"
_CHUNK: Final = 1 << 20
_NAMED: Final = 10
_Stored = TypeVar("_Stored", ClipRecord, Conversion)


@dataclass(frozen=True, slots=True)
class Verification:
    """What re-hashing a library found.

    Parameters
    ----------
    intact
        How many clips are there as they were stored.
    missing, altered
        Clips whose file is gone, and clips whose bytes are no longer those that were stored.
    strangers
        Names of files in the clips folder that belong to no clip; they are left alone.
    conversions_intact
        How many conversions are where they were written, as they were written.
    conversions_gone
        Those that are not there: moved, renamed, deleted or on another disk, as their owner likes.
    conversions_altered
        Those whose bytes have changed since.
    unreadable_notes
        Lines of the conversions' record that are cut or altered.
    """

    intact: int
    missing: tuple[ClipRecord, ...] = ()
    altered: tuple[ClipRecord, ...] = ()
    strangers: tuple[str, ...] = ()
    conversions_intact: int = 0
    conversions_gone: tuple[Conversion, ...] = ()
    conversions_altered: tuple[Conversion, ...] = ()
    unreadable_notes: int = 0

    @property
    def ok(self) -> bool:
        """Whether every clip is there, and neither a clip nor a conversion was altered."""
        return not (self.missing or self.altered or self.conversions_altered)

    def __str__(self) -> str:
        gone, changed = len(self.missing), len(self.altered)
        lines = [f"{self.intact} clips intact, {gone} missing, {changed} altered"]
        lines += _named("missing", [clip.file for clip in self.missing])
        lines += _named("altered", [clip.file for clip in self.altered])
        lines += _named("not ours", list(self.strangers))
        lines += self._conversion_lines()
        if self.missing:
            lines.append("studio.resume() fetches what is missing, where the service still has it")
        if self.altered:
            lines.append("An altered file is never overwritten: move it aside, then resume()")
        return "\n".join(lines)

    __repr__ = __str__

    def _conversion_lines(self) -> list[str]:
        gone, changed = len(self.conversions_gone), len(self.conversions_altered)
        lines = []
        if self.conversions_intact or gone or changed:
            lines += [
                f"{self.conversions_intact} conversions intact, {gone} gone, {changed} altered"
            ]
        lines += _named("gone", [made.file for made in self.conversions_gone])
        lines += _named("altered", [made.file for made in self.conversions_altered])
        if self.unreadable_notes:
            lines.append(f"{self.unreadable_notes} lines of the conversions' record are damaged")
        return lines


def verify(
    folder: Path,
    clips: Iterable[ClipRecord],
    clips_folder: Path | None = None,
    conversions: Conversions | None = None,
) -> Verification:
    """Hash every clip's and every conversion's file again; shows a bar in a terminal."""
    clips = list(clips)
    # of a name that was used again, the file is the latest one's
    made = list({one.file: one for one in (conversions.all() if conversions else ())}.values())
    missing, altered = _compared(folder, clips, "clip")
    gone, changed = _compared(folder, made, "conversion")
    known = {folder / clip.file for clip in clips}
    strangers = tuple(
        sorted(
            path.name
            for path in (clips_folder.glob("*") if clips_folder else ())
            if path not in known and path.suffix != PARTIAL
        )
    )
    return Verification(
        intact=len(clips) - len(missing) - len(altered),
        missing=missing,
        altered=altered,
        strangers=strangers,
        conversions_intact=len(made) - len(gone) - len(changed),
        conversions_gone=gone,
        conversions_altered=changed,
        unreadable_notes=conversions.unreadable if conversions else 0,
    )


def _compared(
    folder: Path, files: Sequence[_Stored], unit: str
) -> tuple[tuple[_Stored, ...], tuple[_Stored, ...]]:
    """Return those whose file is not there, and those whose file has other bytes."""
    missing, altered = [], []
    for stored in tqdm(files, desc="verifying", unit=unit, disable=None, leave=False):
        digest = _sha256(folder / stored.file)
        if digest is None:
            missing.append(stored)
        elif digest != stored.sha256:
            altered.append(stored)
    return tuple(missing), tuple(altered)


def _sha256(path: Path) -> str | None:
    """Hash a file; None where there is none that can be read."""
    digest = hashlib.sha256()
    if not path.is_file():  # a pipe in its place would never end
        return None
    try:
        with path.open("rb") as file:
            while chunk := file.read(_CHUNK):
                digest.update(chunk)
    except OSError:
        return None
    return digest.hexdigest()


def _named(what: str, names: list[str]) -> list[str]:
    more = [f"  … and {len(names) - _NAMED} more"] if len(names) > _NAMED else []
    return [f"  {what}: {name!r}" for name in names[:_NAMED]] + more
