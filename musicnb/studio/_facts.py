"""What is said about a clip, and where it is, in a few words."""

from __future__ import annotations

import math
import os
from functools import lru_cache
from pathlib import Path

from musicnb.library import ClipRecord

_KILO = 1000


def sound_facts(record: ClipRecord) -> list[str]:
    """Name rate and channels, and what is wrong with the file."""
    channels = {1: "mono", 2: "stereo"}.get(record.channels, f"{record.channels} channels")
    facts = [f"{record.sample_rate_hz / _KILO:g} kHz {channels}"]
    if record.problem:
        facts.append(record.problem)
    return facts


def loudness_text(loudness_lufs: float) -> str:
    """Write loudness as ``−14.1 LUFS``; silence has none."""
    if not math.isfinite(loudness_lufs):
        return "silent"
    return f"{loudness_lufs:.1f} LUFS".replace("-", "−")


def shown_path(path: Path, base: Path | None = None) -> str:
    """Write a path as short as it stays true, from where the notebook runs or from a folder."""
    here = _resolved((base or Path.cwd()).absolute())
    absolute = _resolved(path.parent.absolute()) / path.name
    if absolute.is_relative_to(here):
        return absolute.relative_to(here).as_posix()
    return os.fspath(absolute)


@lru_cache(maxsize=1024)
def _resolved(folder: Path) -> Path:
    """Follow a folder's links; once, for a library has thousands of clips in few folders."""
    return folder.resolve()
