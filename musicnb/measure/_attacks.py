"""When the notes on the beats begin, to a few milliseconds, and the line through them.

What is heard 50 times a second finds the beat; strings and pads are strongest 40 to 60 ms after
they begin, and a cut belongs before that. So every beat is looked at once more, 200 times a
second: from its steepest rise one goes back to where the rise began, as *onset backtracking* does
(J. P. Bello et al., "A Tutorial on Onset Detection in Music Signals", IEEE TSAP 13(5), 2005). The
line is the one that most of the beats lie on, not their mean: an introduction of slow strings would
tilt it.
"""

from __future__ import annotations

from typing import Final

import numpy as np

from musicnb.measure._frames import Decimator, Samples, Spectra, thinning
from musicnb.measure._onsets import mel_bands
from musicnb.measure._pulse import Vector

_FRAMES_PER_S: Final = 200
_FRAME_S: Final = 0.0232
# 60 dB below the loudest band counts as silence
_RANGE: Final = 1_000.0
_SILENCE: Final = 1e-5
_RISE_FRAMES: Final = 4
# a rise has begun where it is this share of its steepest
_BEGUN: Final = 0.4
# a frame rises as soon as its end touches a note, and the rise looks ahead: measured with clicks
_EARLY_S: Final = 0.0135
_REACH_S: Final = 0.12
_REACH_BEATS: Final = 0.25
# beats this near the line lie on it: players are not more exact
_SPREAD_S: Final = 0.008
_FARTHEST_S: Final = 0.09
_STEP_S: Final = 0.004
_REFINEMENTS: Final = 5


def attack_rises(samples: Samples, sample_rate: int) -> Vector:
    """Return how steeply the sound rises, 200 times a second from its beginning.

    Parameters
    ----------
    samples
        Mono, finite.
    sample_rate
        8,000 to 192,000 Hz.
    """
    factor = thinning(sample_rate)
    decimator = Decimator(factor)
    spectra = Spectra(sample_rate, factor, _FRAMES_PER_S, _FRAME_S)
    mel = mel_bands(spectra.hertz)
    frames = [
        magnitudes @ mel
        for thinned in (decimator.push(samples), decimator.close())
        for magnitudes in spectra.push(thinned)
    ]
    bands = np.concatenate(frames) if frames else np.zeros((0, mel.shape[1]), np.float32)
    loudest = float(bands.max(initial=0.0))
    if loudest < _SILENCE or len(bands) <= _RISE_FRAMES:
        return np.zeros(0)
    levels = np.log1p(bands * np.float32(_RANGE / loudest))
    rises: Vector = np.maximum(0, levels[_RISE_FRAMES:] - levels[:-_RISE_FRAMES]).sum(
        axis=1, dtype=np.float64
    )
    return rises


def aligned(rises: Vector, first_s: float, beat_s: float) -> tuple[float, float]:
    """Return the first beat and the beat's length that the beginnings of the notes lie on.

    Parameters
    ----------
    rises
        Of `attack_rises`.
    first_s, beat_s
        Nearly right: within 90 ms at the beginning and at the end.
    """
    beats = np.arange(first_s, len(rises) / _FRAMES_PER_S, beat_s)
    late, heights = _beginnings(rises, beats, min(_REACH_S, _REACH_BEATS * beat_s))
    if not heights.any():
        return first_s, beat_s
    along = np.linspace(-0.5, 0.5, len(beats))
    shift, tilt = _line(late, heights, along)
    starts = beats + shift + tilt * along
    return float(starts[0]), float((starts[-1] - starts[0]) / max(1, len(starts) - 1))


def _beginnings(rises: Vector, beats: Vector, reach_s: float) -> tuple[Vector, Vector]:
    """Return how late the note at each beat begins, in seconds, and how high the rise is."""
    offset_s = (_RISE_FRAMES / 2) / _FRAMES_PER_S + _FRAME_S / 2 + _EARLY_S
    reach = round(reach_s * _FRAMES_PER_S)
    late, heights = np.zeros(len(beats)), np.zeros(len(beats))
    for beat, second in enumerate(beats):
        middle = round((second - offset_s) * _FRAMES_PER_S)
        first = max(0, middle - reach)
        part = rises[first : middle + reach + 1]
        if len(part) <= reach:
            continue
        usual, top = float(np.median(part)), int(np.argmax(part))
        heights[beat] = part[top] - usual
        begun = usual + _BEGUN * heights[beat]
        below = np.flatnonzero(part[:top] <= begun)
        place = float(below[-1]) if len(below) else 0.0
        if len(below):
            low, high = part[below[-1]], part[below[-1] + 1]
            place += (begun - low) / max(high - low, 1e-9)
        late[beat] = (first + place) / _FRAMES_PER_S + offset_s - second
    return late, heights


def _line(late: Vector, heights: Vector, along: Vector) -> tuple[float, float]:
    """Return the shift and the tilt of the line that the most beats lie on."""
    tries = np.arange(-_FARTHEST_S, _FARTHEST_S + _STEP_S / 2, _STEP_S)

    def votes(shift: Vector, tilt: float) -> Vector:
        away = late - shift[:, None] - tilt * along
        return np.asarray(np.exp(-0.5 * (away / _SPREAD_S) ** 2) @ heights)

    counted = np.array([votes(tries, float(tilt)) for tilt in tries])
    row, column = np.unravel_index(int(np.argmax(counted)), counted.shape)
    line = np.array([tries[column], tries[row]])
    columns = np.stack([np.ones(len(along)), along], axis=1)
    for _ in range(_REFINEMENTS):
        weights = heights * np.exp(-0.5 * ((late - columns @ line) / _SPREAD_S) ** 2)
        root = np.sqrt(weights)
        line = np.linalg.lstsq(columns * root[:, None], late * root, rcond=None)[0]
    return float(line[0]), float(line[1])
