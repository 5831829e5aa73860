"""Which pitches sound: spectral peaks folded into an octave, five times a second."""

from __future__ import annotations

from typing import Final

import numpy as np
from numpy.typing import NDArray

from musicnb.measure._frames import Samples

PITCH_FRAMES_PER_S: Final = 5
PITCH_FRAME_S: Final = 0.3715
SEMITONES: Final = 12

_STEPS: Final = 5  # of 20 cents in a semitone, so that the tuning can be found at the end
_BINS: Final = SEMITONES * _STEPS
_LOWEST_HZ, _HIGHEST_HZ = 55.0, 2_100.0
_BASS_BELOW_HZ: Final = 220.0
_SILENCE: Final = 1e-5


class Pitches:
    """Collects from magnitudes how much of each pitch sounds, octaves folded.

    Peaks are refined by a parabola through the square roots of the magnitudes, which also tames the
    loudest partials.

    Parameters
    ----------
    hertz
        Frequencies of the magnitudes.
    """

    def __init__(self, hertz: NDArray[np.float64]) -> None:
        self._spacing = float(hertz[1])
        self._first = int(_LOWEST_HZ / self._spacing)
        self._last = int(_HIGHEST_HZ / self._spacing)
        # half precision: an hour takes 4 MB
        self._frames: list[NDArray[np.float16]] = []
        self._bass: list[NDArray[np.float16]] = []
        self._total = np.zeros(_BINS)

    def push(self, magnitudes: Samples) -> None:
        """Take the next frames, shaped ``(frames, len(hertz))``."""
        around = np.sqrt(magnitudes[:, self._first - 1 : self._last + 1])
        middle, left, right = around[:, 1:-1], around[:, :-2], around[:, 2:]
        floor = np.sqrt(_SILENCE)
        frame, place = np.nonzero((middle > left) & (middle >= right) & (middle > floor))
        height = middle[frame, place]
        below, above = left[frame, place], right[frame, place]
        bend = below - 2 * height + above
        hertz = (self._first + place + 0.5 * (below - above) / bend) * self._spacing
        # bin 0 is C
        bins = np.round((12 * np.log2(hertz / 440) + 69) * _STEPS).astype(np.int64) % _BINS
        slots, size = frame * _BINS + bins, len(magnitudes) * _BINS
        low = hertz < _BASS_BELOW_HZ
        for rows, weights in ((self._frames, height), (self._bass, height * low)):
            folded = np.bincount(slots, weights, minlength=size)
            rows.append(folded.reshape(-1, _BINS).astype(np.float16))
        self._total += np.square(self._frames[-1], dtype=np.float64).sum(axis=0)

    def close(self) -> tuple[Samples, Samples, float]:
        """Fold to semitones at the tuning that was heard.

        Returns
        -------
        chroma, bass : ndarray of float32, shape (frames, 12)
            How much of each pitch class sounds, from C; all of it, and below 220 Hz.
        tuning_cents : float
            How far the sound is tuned above A = 440 Hz, −50 to 50.
        """
        if not self._frames:
            nothing = np.zeros((0, SEMITONES), np.float32)
            return nothing, nothing, 0.0
        turns = np.arange(_BINS) / _STEPS
        tuning = float(np.angle((self._total * np.exp(2j * np.pi * turns)).sum()) / (2 * np.pi))
        away = (turns[:, None] - tuning - np.arange(SEMITONES) + 6) % 12 - 6
        fold = np.where(np.abs(away) < 0.5, np.cos(np.pi * away) ** 2, 0).astype(np.float32)  # noqa: PLR2004
        chroma, bass = (
            np.concatenate([few.astype(np.float32) @ fold for few in rows])
            for rows in (self._frames, self._bass)
        )
        self._frames, self._bass = [], []
        return chroma, bass, 100 * tuning
