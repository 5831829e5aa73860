"""True peak after ITU-R BS.1770-5, annex 2: the highest value between the samples.

Oversampling everything would cost more than decoding. A value above all others lies beside a local
maximum of the samples, so only those are looked at, and of them only those whose parabola comes
near the highest value so far.
"""

from __future__ import annotations

from functools import lru_cache
from typing import Final

import numpy as np
from numpy.typing import NDArray

from musicnb.measure._chunks import HISTORY_FRAMES, Chunk, Samples

# 24 taps instead of the 12 of the standard's example: flat to 0.01 dB up to 0.4 of the sample rate
_TAPS: Final = 24
_HALF: Final = _TAPS // 2
_KAISER_BETA: Final = 7.0
# annex 2 asks for 192 kHz at least
_OVERSAMPLED_HZ: Final = 192_000
_MOST_PHASES: Final = 4
# A local maximum less than half as high as the peak so far, or one whose parabola stays under 0.7
# of it, has never become the peak: music and its MP3s, clipped noise, sines up to 0.47 of the rate.
_WORTH_A_LOOK: Final = 0.5
_WORTH_THE_FILTER: Final = 0.7
#: Bins of `TruePeak.tops` in a decibel, and the level of the first, in dB below full scale.
TOP_BINS_PER_DB: Final = 10
TOP_FLOOR_DBFS: Final = -60.0
_TOP_BINS: Final = 700


class TruePeak:
    """Finds the true peak of a stream of chunks.

    Parameters
    ----------
    sample_rate
        Frames per second: four times oversampled up to 48 kHz, twice up to 96 kHz.

    Attributes
    ----------
    peak
        Highest sample so far, as amplitude.
    tops
        Histogram of the local maxima by level, complete in its upper 6 dB.
    """

    def __init__(self, sample_rate: int) -> None:
        phases = min(_MOST_PHASES, -(-_OVERSAMPLED_HZ // sample_rate))
        self._between = _interpolator(phases)
        self._true = 0.0
        self._magnitudes: Samples = np.zeros(0, np.float32)
        self._last: Samples | None = None
        self.peak = 0.0
        self.tops = np.zeros(_TOP_BINS, np.int64)

    def push(self, chunk: Chunk) -> None:
        """Take the next chunk."""
        self._search(chunk.extended)
        self._last = chunk.extended[:, -HISTORY_FRAMES:]

    def close(self) -> float:
        """Return the true peak as an amplitude."""
        if self._last is not None:
            self._search(np.pad(self._last, ((0, 0), (0, HISTORY_FRAMES))))
        return max(self._true, self.peak)

    def _search(self, extended: Samples) -> None:
        """Look at all frames but the first and last twelve, which the next chunk brings again."""
        for samples in extended:
            if len(self._magnitudes) != len(samples):
                self._magnitudes = np.empty(len(samples), np.float32)
            magnitudes = np.abs(samples, out=self._magnitudes)
            self.peak = max(self.peak, float(magnitudes[HISTORY_FRAMES:].max(initial=0.0)))
            self._true = max(self._true, self.peak)
            inner = magnitudes[HISTORY_FRAMES - _HALF : -_HALF]
            high = np.flatnonzero(inner > _WORTH_A_LOOK * self._true) + HISTORY_FRAMES - _HALF
            if len(high):
                self._look(samples, magnitudes, high)

    def _look(self, samples: Samples, magnitudes: Samples, high: NDArray[np.intp]) -> None:
        before, after = magnitudes[high - 1], magnitudes[high + 1]
        top = magnitudes[high]
        local = (top >= before) & (top >= after)
        places, top = high[local], top[local]
        if not len(places):
            return
        levels = (20 * np.log10(top) - TOP_FLOOR_DBFS) * TOP_BINS_PER_DB
        self.tops += np.bincount(
            np.clip(levels, 0, _TOP_BINS - 1).astype(np.intp), minlength=_TOP_BINS
        )
        sign = np.sign(samples[places])
        before, after = samples[places - 1] * sign, samples[places + 1] * sign
        bend = np.maximum(2 * top - before - after, np.finfo(np.float32).tiny)
        summits = top + np.minimum(top, np.square(before - after) / (8 * bend))
        # the highest summit first: it raises the bar for all others
        self._evaluate(samples, places[[np.argmax(summits)]])
        self._evaluate(samples, places[summits > _WORTH_THE_FILTER * self._true])

    def _evaluate(self, samples: Samples, places: NDArray[np.intp]) -> None:
        if not self._between.size or not len(places):
            return
        around = samples[places[:, None] + np.arange(-_HALF, _HALF + 1)]
        values = around @ self._between
        self._true = max(self._true, float(values.max()), -float(values.min()))


@lru_cache(maxsize=4)
def _interpolator(phases: int) -> Samples:
    """Build the matrix from 25 samples around a place to the values left and right of it.

    A Kaiser-windowed sinc for each phase but the samples themselves.
    """
    matrix = np.zeros((_TAPS + 1, 2 * (phases - 1)), np.float32)
    for phase in range(1, phases):
        time = np.arange(_TAPS) - _HALF + 1 - phase / phases
        window = np.i0(_KAISER_BETA * np.sqrt(np.maximum(0, 1 - (time / _HALF) ** 2)))
        taps = np.sinc(time) * window
        taps /= taps.sum()
        matrix[:-1, phase - 1] = taps
        matrix[1:, phases - 2 + phase] = taps
    return matrix
