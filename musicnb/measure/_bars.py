"""Where beats, bars and sections begin in a clip of steady tempo, and how far to trust it."""

from __future__ import annotations

import math
from dataclasses import dataclass, field
from typing import Final

import numpy as np
from numpy.typing import NDArray
from threadpoolctl import threadpool_limits

from musicnb.measure._attacks import aligned, attack_rises
from musicnb.measure._borders import bar_rows, find_borders
from musicnb.measure._downbeats import HAIR_S, first_bar, pulse_of
from musicnb.measure._frames import Samples
from musicnb.measure._listening import Heard, Listener
from musicnb.measure._pitches import PITCH_FRAMES_PER_S
from musicnb.measure._pulse import Vector

_BANDS: Final = 32
# how far apart the features of two bars may be to be taken for the same, in their decibels
_ALIKE_DB: Final = 6.0


@dataclass(frozen=True, slots=True)
class Border:
    """Where a section begins.

    Parameters
    ----------
    bar
        Number of the bar, from 0.
    second
        Its beginning.
    novelty
        0 to 1: at how many of the bars with such evidence a section begins.
    """

    bar: int
    second: float
    novelty: float


@dataclass(frozen=True, slots=True)
class Bars:
    """The grid of a clip.

    Parameters
    ----------
    tempo_bpm, beats_per_bar
        Of the whole clip: a tempo that changes has no grid here.
    first_s
        Beginning of the first whole bar.
    count
        Whole bars until the end.
    confidence
        0 to 1: how much stronger onsets are on the beats than beside them.
    borders
        Where sections seem to begin, in their order: about nineteen of twenty do.
    features
        Bands in decibels and pitch classes of every bar, for comparing bars.
    """

    tempo_bpm: float
    beats_per_bar: int
    first_s: float
    count: int
    confidence: float
    borders: tuple[Border, ...]
    features: Vector = field(repr=False, compare=False)

    @property
    def beat_s(self) -> float:
        """Length of a beat in seconds."""
        return 60 / self.tempo_bpm

    @property
    def bar_s(self) -> float:
        """Length of a bar in seconds."""
        return self.beats_per_bar * self.beat_s

    def at(self, bar: int) -> float:
        """Return the second at which a bar begins."""
        return self.first_s + bar * self.bar_s

    def alike(self, bar: int, other: int) -> float:
        """Return how much going over from one bar to another sounds like going on, 0 to 1.

        It does where the other is like the one that was due, or the last like what led to it.
        """
        places = [(bar, other), (bar - 1, other - 1)]
        away = [
            float(np.abs(self.features[one] - self.features[two]).mean())
            for one, two in places
            if 0 <= one < self.count and 0 <= two < self.count
        ]
        return math.exp(-min(away) / _ALIKE_DB) if away else 0.0


def find_bars(samples: NDArray[np.float32], sample_rate: int) -> Bars | None:
    """Find the beats, bars and section borders of a clip; None where there is no pulse.

    Parameters
    ----------
    samples
        Shape ``(frames, channels)``, the whole clip.
    sample_rate
        8,000 to 192,000 Hz.

    Raises
    ------
    ValueError
        The rate is outside that range.
    """
    mono = samples.sum(axis=1, dtype=np.float32)
    mono = np.nan_to_num(mono, nan=0.0, posinf=1.0, neginf=-1.0)
    listener = Listener(sample_rate)
    with threadpool_limits(1, "blas"):
        listener.push(mono)
        return bars_of(listener.close(), attack_rises(mono, sample_rate), len(mono) / sample_rate)


def bars_of(heard: Heard, rises: Vector, duration_s: float) -> Bars | None:
    """Find the grid and the borders in what was heard of a clip and the rises of its attacks."""
    pulse = pulse_of(heard)
    if pulse is None:
        return None
    coarse = first_bar(heard, pulse, duration_s)
    if coarse is None:
        return None
    first_beat = coarse % pulse.beat_s
    start, beat_s = aligned(rises, first_beat, pulse.beat_s)
    bar_s = pulse.per_bar * beat_s
    first_s = start + round((coarse - first_beat) / pulse.beat_s) * beat_s
    # a beat that stands a hair before the beginning is the first all the same
    first_s = first_s + bar_s if first_s < -HAIR_S else max(0.0, first_s)
    count = int((duration_s - first_s) / bar_s + 1e-6)
    starts = np.asarray(first_s + bar_s * np.arange(count), np.float64)
    features = _per_bar(heard.cells, heard.chroma, starts, bar_s)
    rows = bar_rows(features, heard.strength, starts, bar_s)
    borders = tuple(
        Border(bar, float(starts[bar]), chance)
        for bar, chance in find_borders(rows, levels_of(features))
    )
    return Bars(60 / beat_s, pulse.per_bar, first_s, count, pulse.confidence, borders, features)


def levels_of(features: Vector) -> Vector:
    """Return the level of every bar's loudest band in decibels."""
    levels: Vector = features[:, :_BANDS].max(axis=1, initial=-np.inf)
    return levels


def _per_bar(cells: Samples, chroma: Samples, starts: Vector, bar_s: float) -> Vector:
    """Return bands in decibels and pitch classes of every bar."""
    rows = []
    for start in starts:
        first = round(start * PITCH_FRAMES_PER_S)
        last = max(first + 1, round((start + bar_s) * PITCH_FRAMES_PER_S))
        bands = cells[first:last].mean(axis=0) if len(cells[first:last]) else np.zeros(_BANDS)
        pitches = chroma[first:last].mean(axis=0) if len(chroma[first:last]) else np.zeros(12)
        pitches = pitches / max(float(np.linalg.norm(pitches)), 1e-9)
        floor = 1e-3 * float(cells.max(initial=1e-9))
        rows.append(np.concatenate([20 * np.log10(np.maximum(bands, floor)), 10 * pitches]))
    return np.array(rows) if rows else np.zeros((0, 44))
