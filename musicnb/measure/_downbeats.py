"""Which of the pulses of a clip is the beat, and which of the beats begins a bar.

A clip is folded into one bar for every pulse that may be the beat and every beat that may be the
first. What is struck on each beat of that bar, in three ranges, and how much the harmony changes
there is weighed: in most music the bass and a new chord stand on the first beat, the snare on the
second and fourth, and little of either beside the beats, however loud the off-beat is played.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import Final

import numpy as np

from musicnb.measure._frames import Samples
from musicnb.measure._listening import Heard
from musicnb.measure._onsets import ONSET_FRAMES_PER_S
from musicnb.measure._pitches import PITCH_FRAMES_PER_S
from musicnb.measure._pulse import Pulse, Vector
from musicnb.measure._rhythm import rhythm_of

_NEAR: Final = 0.004
_PHASES: Final = 48
# phases with less than this share of the strongest are no beat
_RIVAL: Final = 0.35
_RIVALS: Final = 4
#: A beat that a fit has put this little before the beginning, in seconds, stands at the beginning.
HAIR_S: Final = 1 / ONSET_FRAMES_PER_S
_LEAST: Final = 0.25
# chroma below this share of the fullest is no harmony that could change
_SOUNDING: Final = 0.05
# A conditional logit model with a ridge, fitted by benchmarks/fitting_bars.py to music whose bars
# are known; a row for each beat of the bar: low, middle and high onsets, and changes of harmony.
_WEIGHTS: Final = {
    3: (
        0.6826, -0.0023, 0.0405, 0.5167,
        -0.7781, -0.0345, -0.0528, -0.4567,
        0.0955, 0.0368, 0.0123, -0.0599,
    ),
    4: (
        1.1078, -0.0173, 0.2140, 4.3036,
        -0.1543, -0.2066, 0.6201, -1.7094,
        0.2421, -1.2311, -0.0860, -1.2216,
        0.0344, -0.4344, 0.7637, -0.7350,
    ),
}  # fmt: skip


@dataclass(frozen=True, slots=True)
class BarPulse:
    """The beat of a clip before it is known which beat begins a bar.

    Parameters
    ----------
    beat_s, per_bar
        Length of a beat in seconds, and beats in a bar.
    phases
        Seconds at which the first beat may stand, the strongest first.
    confidence
        0 to 1: how much stronger onsets are on the beats than beside them.
    """

    beat_s: float
    per_bar: int
    phases: tuple[float, ...]
    confidence: float


def pulse_of(heard: Heard) -> BarPulse | None:
    """Return the beat of a clip and where it may begin, None where there is no pulse."""
    tempo = rhythm_of(heard.strength, heard.chroma).tempo_bpm
    if tempo is None:
        return None
    beat_s, phases, confidence = _fitted(heard.strength.sum(axis=1, dtype=np.float64), 60 / tempo)
    per_bar = Pulse(heard.strength, heard.chroma).beats_per_bar(60 / beat_s)
    return BarPulse(beat_s, per_bar, tuple(phases), confidence)


def bar_evidence(heard: Heard, pulse: BarPulse, duration_s: float) -> tuple[Vector, Vector]:
    """Return where the first bar may begin, and what speaks for each place.

    Parameters
    ----------
    heard
        Of the clip.
    pulse
        Its pulse.
    duration_s
        Of the clip.

    Returns
    -------
    firsts : ndarray of float64, shape (places,)
        In seconds; none where no pulse has two bars.
    evidence : ndarray of float64, shape (places, per_bar * 4)
        For each beat of the bar: the strength of its onsets in three ranges, in octaves of what is
        usual, and how much the harmony changes there against the mean of all places.
    """
    smooth = np.stack([np.convolve(one, np.ones(3) / 3, "same") for one in heard.strength.T], 1)
    usual = smooth.mean(axis=0) + 1e-9
    firsts, folded = [], []
    beat_s, per_bar = pulse.beat_s, pulse.per_bar
    for phase in pulse.phases:
        beats = np.arange(phase, duration_s - beat_s, beat_s)
        if len(beats) < 2 * per_bar:
            continue
        frames = beats * ONSET_FRAMES_PER_S
        struck = [np.interp(frames, np.arange(len(smooth)), one) for one in (smooth / usual).T]
        rows = np.stack([*struck, _changes(heard.chroma, beats, per_bar * beat_s / 2)], axis=1)
        bar = np.array([rows[place::per_bar].mean(axis=0) for place in range(per_bar)])
        firsts += beats[:per_bar].tolist()
        folded += [np.roll(bar, -place, axis=0) for place in range(per_bar)]
    if not firsts:
        return np.zeros(0), np.zeros((0, per_bar * 4))
    table = np.array(folded, np.float64)
    table[:, :, :-1] = np.log2(_LEAST + table[:, :, :-1])
    table[:, :, -1] /= float(table[:, :, -1].mean()) + 1e-9
    return np.array(firsts), table.reshape(len(firsts), -1)


def first_bar(heard: Heard, pulse: BarPulse, duration_s: float) -> float | None:
    """Return where the first bar begins in seconds, None where there are not two bars.

    The parameters are those of `bar_evidence`.
    """
    firsts, evidence = bar_evidence(heard, pulse, duration_s)
    if not len(firsts):
        return None
    return float(firsts[int(np.argmax(evidence @ np.array(_WEIGHTS[pulse.per_bar])))])


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
        phases.append(max(0.0, phase - period) if phase > period - HAIR_S else phase)
    return period, phases, 1 - float(np.median(means)) / max(highest, 1e-9)


def _changes(chroma: Samples, beats: Vector, half_s: float) -> Vector:
    """Return how much the harmony of the half bar after each beat differs from that before."""
    width = max(2, round(half_s * PITCH_FRAMES_PER_S))
    least = _SOUNDING * float(np.linalg.norm(chroma, axis=1).max(initial=0.0))
    change = np.zeros(len(beats))
    for index, at in enumerate(np.rint(beats * PITCH_FRAMES_PER_S).astype(int)):
        before, after = chroma[max(0, at - width) : at], chroma[at : at + width]
        # from sound to silence is no change of harmony
        if _sounds(before, least) and _sounds(after, least):
            change[index] = 1 - _cosine(before.mean(axis=0), after.mean(axis=0))
    return change


def _sounds(frames: Samples, least: float) -> bool:
    return bool(len(frames)) and float(np.linalg.norm(frames.mean(axis=0))) > least


def _cosine(one: Samples, other: Samples) -> float:
    return float(one @ other / max(float(np.linalg.norm(one) * np.linalg.norm(other)), 1e-9))
