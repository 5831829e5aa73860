"""Whether every clip in the journal is on disk, byte for byte."""

from __future__ import annotations

import hashlib
from collections.abc import Iterable
from dataclasses import dataclass
from pathlib import Path
from typing import Final

from tqdm import tqdm

from musicnb.library._records import ClipRecord

#: Ending of a download under way.
PARTIAL: Final = ".part"
_CHUNK: Final = 1 << 20
_NAMED: Final = 10


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
    """

    intact: int
    missing: tuple[ClipRecord, ...] = ()
    altered: tuple[ClipRecord, ...] = ()
    strangers: tuple[str, ...] = ()

    @property
    def ok(self) -> bool:
        """Whether nothing is missing or altered."""
        return not (self.missing or self.altered)

    def __str__(self) -> str:
        gone, changed = len(self.missing), len(self.altered)
        lines = [f"{self.intact} clips intact, {gone} missing, {changed} altered"]
        lines += _named("missing", [clip.file for clip in self.missing])
        lines += _named("altered", [clip.file for clip in self.altered])
        lines += _named("not ours", list(self.strangers))
        if self.missing:
            lines.append("studio.resume() fetches what is missing, where the service still has it")
        if self.altered:
            lines.append("An altered file is never overwritten: move it aside, then resume()")
        return "\n".join(lines)

    __repr__ = __str__


def verify(folder: Path, clips: Iterable[ClipRecord], clips_folder: Path) -> Verification:
    """Hash every clip's file again and compare; shows a bar in a terminal."""
    clips = list(clips)
    missing, altered = [], []
    for clip in tqdm(clips, desc="verifying", unit="clip", disable=None, leave=False):
        digest = _sha256(folder / clip.file)
        if digest is None:
            missing.append(clip)
        elif digest != clip.sha256:
            altered.append(clip)
    known = {folder / clip.file for clip in clips}
    strangers = tuple(
        sorted(
            path.name
            for path in clips_folder.glob("*")
            if path not in known and path.suffix != PARTIAL
        )
    )
    intact = len(clips) - len(missing) - len(altered)
    return Verification(intact, tuple(missing), tuple(altered), strangers)


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
