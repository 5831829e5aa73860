"""Where beats, bars and sections begin in a clip of steady tempo, and how far to trust it."""

from __future__ import annotations

import math
from dataclasses import dataclass, field
from typing import Final

import numpy as np
from numpy.typing import NDArray
from threadpoolctl import threadpool_limits

from musicnb.measure._borders import bar_rows, find_borders
from musicnb.measure._frames import Samples
from musicnb.measure._listening import Heard, Listener
from musicnb.measure._onsets import ONSET_FRAMES_PER_S
from musicnb.measure._pitches import PITCH_FRAMES_PER_S
from musicnb.measure._pulse import Pulse, Vector
from musicnb.measure._rhythm import rhythm_of

_NEAR: Final = 0.004
_PHASES: Final = 48
_BANDS: Final = 32
# chroma below this share of the fullest is no harmony that could change
_SOUNDING: Final = 0.05
# phases with less than this share of the strongest are no beat
_RIVAL: Final = 0.35
_RIVALS: Final = 4
_BASS: Final = 0.1
# how far apart the features of two bars may be to be taken for the same, in their decibels
_ALIKE_DB: Final = 6.0
_FRAME_S: Final = 1 / ONSET_FRAMES_PER_S


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
    listener = Listener(sample_rate)
    with threadpool_limits(1, "blas"):
        mono = samples.sum(axis=1, dtype=np.float32)
        listener.push(np.nan_to_num(mono, nan=0.0, posinf=1.0, neginf=-1.0))
        heard = listener.close()
    return bars_of(heard, len(samples) / sample_rate)


def bars_of(heard: Heard, duration_s: float) -> Bars | None:
    """Find the grid and the borders in what was heard of a clip."""
    tempo = rhythm_of(heard.strength, heard.chroma).tempo_bpm
    if tempo is None:
        return None
    beat_s, phases, confidence = _fitted(heard.strength.sum(axis=1, dtype=np.float64), 60 / tempo)
    per_bar = Pulse(heard.strength, heard.chroma).beats_per_bar(60 / beat_s)
    rated = [
        _downbeat(heard, np.arange(phase, duration_s - beat_s, beat_s), per_bar) for phase in phases
    ]
    if not any(rated):
        return None
    _, first_s = max(one for one in rated if one)
    bar_s = per_bar * beat_s
    # an early beat that the fit has put a hair before the beginning is the first all the same
    count = int((duration_s - first_s) / bar_s + 1e-6)
    starts = np.asarray(first_s + bar_s * np.arange(count), np.float64)
    features = _per_bar(heard.cells, heard.chroma, starts, bar_s)
    rows = bar_rows(features, heard.strength, starts, bar_s)
    borders = tuple(
        Border(bar, float(starts[bar]), chance)
        for bar, chance in find_borders(rows, levels_of(features))
    )
    return Bars(60 / beat_s, per_bar, first_s, count, confidence, borders, features)


def levels_of(features: Vector) -> Vector:
    """Return the level of every bar's loudest band in decibels."""
    levels: Vector = features[:, :_BANDS].max(axis=1, initial=-np.inf)
    return levels


def _fitted(strength: Vector, beat_s: float) -> tuple[float, list[float], float]:
    """Return the beat, the phases that may be its beginning, and how clear it is."""
    duration_s = len(strength) / ONSET_FRAMES_PER_S
    step = min(0.001, 0.004 / duration_s)
    best = (-1.0, beat_s, np.zeros(_PHASES))
    for period in beat_s * np.exp(np.arange(-_NEAR, _NEAR + step, step)):
        count = int((duration_s - period) / period)
        places = period * (np.arange(count) + np.arange(_PHASES)[:, None] / _PHASES)
        frames = (places * ONSET_FRAMES_PER_S).ravel()
        sums = np.interp(frames, np.arange(len(strength)), strength)
        means = sums.reshape(places.shape).mean(axis=1)
        best = max(best, (float(means.max()), float(period), means), key=lambda one: one[0])
    highest, period, means = best
    before, after = np.roll(means, 1), np.roll(means, -1)
    crests = np.flatnonzero((means > before) & (means >= after) & (means > _RIVAL * highest))
    bend = before - 2 * means + after
    phases = []
    for crest in crests[np.argsort(-means[crests])][:_RIVALS]:
        inner = crest + 0.5 * float(before[crest] - after[crest]) / float(bend[crest])
        phase = inner * period / _PHASES
        # a beat that the fit has put a hair before the beginning stands at the beginning
        phases.append(max(0.0, phase - period) if phase > period - _FRAME_S else phase)
    return period, phases, 1 - float(np.median(means)) / max(highest, 1e-9)


def _downbeat(heard: Heard, beats: Vector, per_bar: int) -> tuple[float, float] | None:
    """Return what speaks for these beats, and where the first bar begins.

    There the bass is struck and the harmony changes.
    """
    if len(beats) < 2 * per_bar:
        return None
    low, chroma = heard.strength[:, 0], heard.chroma
    struck = np.interp(beats * ONSET_FRAMES_PER_S, np.arange(len(low)), low)
    width = max(2, round(per_bar * (beats[1] - beats[0]) * PITCH_FRAMES_PER_S / 2))
    change = np.zeros(len(beats))
    least = _SOUNDING * float(np.linalg.norm(chroma, axis=1).max(initial=0.0))
    for index, at in enumerate(np.rint(beats * PITCH_FRAMES_PER_S).astype(int)):
        before, after = chroma[max(0, at - width) : at], chroma[at : at + width]
        # from sound to silence is no change of harmony
        if _sounds(before, least) and _sounds(after, least):
            change[index] = 1 - _cosine(before.mean(axis=0), after.mean(axis=0))
    usual = max(float(low.mean()), 1e-9), max(float(change.mean()), 1e-9)
    scores = [
        float(struck[place::per_bar].mean()) / usual[0] * _BASS
        + float(change[place::per_bar].mean()) / usual[1]
        + float(struck.mean()) / usual[0] * _BASS
        for place in range(per_bar)
    ]
    place = int(np.argmax(scores))
    return scores[place], float(beats[place])


def _sounds(frames: Samples, least: float) -> bool:
    return bool(len(frames)) and float(np.linalg.norm(frames.mean(axis=0))) > least


def _cosine(one: Samples, other: Samples) -> float:
    return float(one @ other / max(float(np.linalg.norm(one) * np.linalg.norm(other)), 1e-9))


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
