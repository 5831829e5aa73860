"""Which part of a clip to hear first."""

from __future__ import annotations

import math
from typing import Final

import numpy as np
from numpy.typing import NDArray

_STEPS_PER_SECOND: Final = 10
# half a dB louder is not heard as louder: of stretches that close the first one is taken
_AS_LOUD_DB: Final = 0.5
_MAY_LOSE_DB: Final = 1.0
_MAY_MOVE_STEPS: Final = 15
# half a dB is an eighth of the time: so much of the first stretch may lie before its sound
_MAY_MOVE_SHARE: Final = 0.2


class StretchFinder:
    """Finds the loudest stretch of a stream of samples, and there the beginning of a beat.

    The loudest stretch is the chorus more often than the intro is; near its
    start it begins where the level rises most, so that what is heard first is a beginning.

    Parameters
    ----------
    sample_rate
        Frames per second.
    """

    def __init__(self, sample_rate: int) -> None:
        self._rate = sample_rate
        self._powers: list[float] = []
        self._sum, self._counted, self._frames = 0.0, 0, 0

    def push(self, samples: NDArray[np.float32]) -> None:
        """Take the next samples, shaped ``(frames, channels)``."""
        # a float file may hold NaN or infinity
        samples = np.nan_to_num(samples, nan=0.0, posinf=1.0, neginf=-1.0)
        squares = np.concatenate([[0.0], np.cumsum(np.einsum("ij,ij->i", samples, samples))])
        first, start, total = self._frames, 0, len(samples)
        while start < total:
            border = (len(self._powers) + 1) * self._rate // _STEPS_PER_SECOND
            stop = min(total, border - first)
            self._sum += float(squares[stop] - squares[start])
            self._counted += stop - start
            start = stop
            if first + stop == border:
                self._powers.append(self._sum / max(1, self._counted))
                self._sum, self._counted = 0.0, 0
        self._frames += total

    def start_s(self, seconds: float) -> float:
        """Return where a stretch of some length begins best, in steps of 0.1 s; 0 if all fits."""
        length = max(1, round(seconds * _STEPS_PER_SECOND))
        powers = np.array(self._powers)
        if len(powers) <= length:
            return 0.0
        sums = np.concatenate([[0.0], np.cumsum(powers)])
        means = (sums[length:] - sums[:-length]) / length
        loudest = float(means.max())
        if not loudest > 0:
            return 0.0
        best = int(np.argmax(means >= loudest * _ratio(-_AS_LOUD_DB)))
        moves = max(_MAY_MOVE_STEPS, round(length * _MAY_MOVE_SHARE))
        near = np.arange(max(1, best - _MAY_MOVE_STEPS), min(len(means), best + moves + 1))
        near = near[means[near] >= loudest * _ratio(-_MAY_LOSE_DB)]
        if not len(near):
            return best / _STEPS_PER_SECOND
        least = loudest * _ratio(-60)
        rises = (powers[near] + least) / (powers[near - 1] + least)
        return float(near[int(np.argmax(rises))]) / _STEPS_PER_SECOND


def _ratio(level_db: float) -> float:
    return math.pow(10, level_db / 10)
