"""Scales, progressions and voice leading."""

from __future__ import annotations

import re
from dataclasses import dataclass
from itertools import pairwise
from typing import TYPE_CHECKING

from musicnb.sandbox.engine._progressions import BANKS, BORROWED, BRIDGES
from musicnb.sandbox.engine._score import TONIC_NAMES

if TYPE_CHECKING:
    from collections.abc import Sequence

    from musicnb.sandbox.engine._chance import SplitMix64

MODES: dict[str, tuple[int, ...]] = {
    "major": (0, 2, 4, 5, 7, 9, 11),
    "minor": (0, 2, 3, 5, 7, 8, 10),
    "dorian": (0, 2, 3, 5, 7, 9, 10),
    "phrygian": (0, 1, 3, 5, 7, 8, 10),
    "lydian": (0, 2, 4, 6, 7, 9, 11),
    "mixolydian": (0, 2, 4, 5, 7, 9, 10),
}
MAJOR_LIKE = frozenset({"major", "lydian", "mixolydian"})

_MINOR_THIRD, _MAJOR_THIRD, _DIMINISHED_FIFTH, _OCTAVE = 3, 4, 6, 12

#: Where a phrase leans before it comes home.
_DOMINANTS = {
    "major": "5",
    "minor": "5M",
    "dorian": "4",
    "phrygian": "2",
    "lydian": "2",
    "mixolydian": "7",
}


@dataclass(frozen=True, slots=True)
class Chord:
    """A chord of one bar.

    Attributes
    ----------
    root : int
        Pitch class of the root.
    tones : tuple of int
        Pitch classes, root first, then third, fifth and perhaps seventh.
    symbol : str
        Name such as ``"Am"`` or ``"F#m7"``.
    """

    root: int
    tones: tuple[int, ...]
    symbol: str


def scale_of(tonic: int, mode: str) -> tuple[int, ...]:
    """Return the seven pitch classes of a key, tonic first."""
    return tuple((tonic + step) % _OCTAVE for step in MODES[mode])


def progressions(mode: str, bank: str) -> tuple[str, ...]:
    """Return the progressions a genre's bank holds for a mode; every mode has some."""
    own = BANKS[bank].get(mode)
    return own if own is not None else BANKS["pop"][mode]


def bridges(mode: str) -> tuple[str, ...]:
    """Return progressions that begin away from home."""
    return BRIDGES[mode]


def dominant(mode: str) -> str:
    """Return the degree that leads home in a mode."""
    return _DOMINANTS[mode]


def bent(degrees: Sequence[str], mode: str, draws: SplitMix64, weirdness: float) -> list[str]:
    """Return the progression with some chords borrowed from elsewhere.

    The first chord stays. At a weirdness up to 0.3, which is what nobody asked for, nothing
    changes; at 1 about 44 % do.
    """
    chance = 0.63 * max(0.0, weirdness - 0.3)
    out = [degrees[0]]
    for degree in degrees[1:]:
        borrowed = draws.chance(chance)
        pick = draws.choice(BORROWED[mode])
        out.append(pick if borrowed else degree)
    return out


def chord(degree: str, tonic: int, mode: str, *, sevenths: bool) -> Chord:
    """Return the chord on a degree of a key.

    Parameters
    ----------
    degree : str
        ``1`` … ``7``, with "b" before it (root a semitone under the major scale's degree) and
        "M" or "m" after it (forced third).
    tonic : int
        Pitch class of the tonic.
    mode : str
        One of :data:`MODES`.
    sevenths : bool
        Whether to add the seventh.
    """
    found = re.fullmatch(r"(b?)([1-7])([Mm]?)", degree)
    if found is None:
        raise ValueError(f"not a degree: {degree!r}")
    flat, number, forced = found.groups()
    step = int(number) - 1
    scale = MODES[mode]
    root = MODES["major"][step] - 1 if flat else scale[step]
    third = (scale[(step + 2) % 7] - scale[step]) % _OCTAVE
    fifth = (scale[(step + 4) % 7] - scale[step]) % _OCTAVE
    seventh = (scale[(step + 6) % 7] - scale[step]) % _OCTAVE
    if flat or forced:
        third = _MINOR_THIRD if forced == "m" else _MAJOR_THIRD
        fifth, seventh = 7, 10
    if fifth == _DIMINISHED_FIFTH and not sevenths:
        # a bare diminished triad stands out as a mistake in every style we play
        fifth = 7
    tones = [root, root + third, root + fifth] + ([root + seventh] if sevenths else [])
    name = TONIC_NAMES[(tonic + root) % _OCTAVE] + ("m" if third == _MINOR_THIRD else "")
    if sevenths:
        name += "maj7" if seventh == _OCTAVE - 1 else "7"
    return Chord(
        root=(tonic + root) % _OCTAVE,
        tones=tuple((tonic + tone) % _OCTAVE for tone in tones),
        symbol=name,
    )


def voiced(tones: Sequence[int], before: Sequence[int] | None, low: int, high: int) -> list[int]:
    """Return the chord as pitches that move least from the chord before.

    Parameters
    ----------
    tones : sequence of int
        Pitch classes.
    before : sequence of int or None
        The previous voicing; None aims at the middle of the range.
    low, high : int
        Lowest and highest pitch allowed; high - low should be at least 19.

    Returns
    -------
    list of int
        Ascending pitches, one per tone.
    """
    best: tuple[float, list[int]] | None = None
    count = len(tones)
    for inversion in range(count):
        for bottom in range(low, low + _OCTAVE):
            if bottom % _OCTAVE != tones[inversion]:
                continue
            pitches = [bottom]
            for k in range(1, count):
                step = (tones[(inversion + k) % count] - pitches[-1] - 1) % _OCTAVE + 1
                pitches.append(pitches[-1] + step)
            if pitches[-1] > high:
                continue
            cost = _movement(pitches, before, (low + high) / 2)
            if best is None or cost < best[0]:
                best = (cost, pitches)
    return best[1] if best else sorted(low + (tone - low) % _OCTAVE for tone in tones)


def _movement(pitches: Sequence[int], before: Sequence[int] | None, middle: float) -> float:
    centre = abs(sum(pitches) / len(pitches) - middle)
    # seconds low down sound muddy, so close intervals at the bottom cost a little
    mud = sum(0.5 for low, high in pairwise(pitches) if high - low < _MINOR_THIRD and low < 55)  # noqa: PLR2004
    if before is None:
        return centre * len(pitches) + mud
    moved = sum(abs(a - b) for a, b in zip(pitches, before, strict=False))
    # a light pull to the middle keeps long chains from drifting away
    return moved + 0.35 * centre + mud
