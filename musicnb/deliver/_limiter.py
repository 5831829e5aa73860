"""A true-peak limiter that looks ahead, as a generator from blocks to blocks.

After G. Luff, "Designing a straightforward limiter" (signalsmith-audio.co.uk, 2022): the gain that
every frame needs, held as far as is looked ahead, released, and smoothed by boxes one after the
other. What is needed is read between the samples too (ITU-R BS.1770-5, annex 2), and smoothed in
decibels. All channels get the same gain, so that nothing moves in the stereo image.
"""

from __future__ import annotations

from itertools import pairwise
from typing import Final

import numpy as np
from numpy.typing import NDArray

from musicnb.convert import Blocks
from musicnb.measure import PEAK_REACH_FRAMES, local_peaks

Vector = NDArray[np.float64]

_LOOK_AHEAD_S: Final = 0.005
# 6 dB in 150 ms: slower than the wave of a bass, faster than a bar
_RELEASE_DB_PER_S: Final = 40.0
_BOXES: Final = 3


class Limiter:
    """Keeps a stream under a ceiling of its true peak.

    Parameters
    ----------
    sample_rate
        Frames per second.
    ceiling_dbtp
        What is not to be exceeded. The smooth gain moves a value between samples by a few
        thousandths of a decibel, so measure what comes out.

    Attributes
    ----------
    deepest_db
        By how much the loudest moment was lowered.
    """

    def __init__(self, sample_rate: int, ceiling_dbtp: float) -> None:
        self._rate = sample_rate
        self._ceiling = 10 ** (ceiling_dbtp / 20)
        self._look = max(_BOXES, round(_LOOK_AHEAD_S * sample_rate))
        self._slope = _RELEASE_DB_PER_S / sample_rate
        edges = [self._look * box // _BOXES for box in range(_BOXES + 1)]
        self._widths = [end - start + 1 for start, end in pairwise(edges)]
        self._pasts: list[Vector] = []
        self._released = 0.0
        self.deepest_db = 0.0

    def limit(self, blocks: Blocks) -> Blocks:
        """Yield the same number of frames, none of whose true peaks is beyond the ceiling."""
        reach = PEAK_REACH_FRAMES
        recent: NDArray[np.float32] | None = None
        waiting = np.zeros((0, 1), np.float32)
        needs = np.zeros(0)
        skip = reach  # the first needs belong to frames before the beginning
        for block in _with_tail(blocks, self._look + reach):
            if recent is None:
                recent = np.zeros((2 * reach, block.shape[1]), np.float32)
                waiting = waiting.repeat(block.shape[1], axis=1)
            seen = np.concatenate([recent, block])
            recent = seen[-2 * reach :]
            fresh = self._needed_db(seen)
            needs = np.concatenate([needs, fresh[skip:]])
            skip = max(0, skip - len(fresh))
            waiting = np.concatenate([waiting, block])
            ready = len(needs) - self._look
            if ready > 0:
                gain = self._gain(_held(needs, self._look + 1))
                yield waiting[:ready] * gain[:, None]
                waiting, needs = waiting[ready:], needs[ready:]

    def _needed_db(self, seen: NDArray[np.float32]) -> Vector:
        """Return by how much each frame must be lowered at least, 0 for most."""
        frames = len(seen) - 2 * PEAK_REACH_FRAMES
        # no value between samples is twice as high as all samples around it, but in test signals
        if float(np.abs(seen).max(initial=0.0)) < self._ceiling / 2:
            return np.zeros(frames)
        peaks = local_peaks(seen, self._rate).astype(np.float64)
        return 20 * np.log10(np.maximum(peaks / self._ceiling, 1.0))

    def _gain(self, held: Vector) -> NDArray[np.float32]:
        falling = self._slope * np.arange(1, len(held) + 1)
        level = np.maximum.accumulate(np.maximum(held + falling, self._released)) - falling
        self._released = float(level[-1])
        if not self._pasts:
            # as if it had always been so: the first frame is lowered as far as it has to be
            self._pasts = [np.full(width - 1, level[0]) for width in self._widths]
        for index, width in enumerate(self._widths):
            whole = np.concatenate([self._pasts[index], level])
            self._pasts[index] = whole[len(whole) - width + 1 :]
            sums = np.concatenate([[0.0], np.cumsum(whole)])
            level = (sums[width:] - sums[:-width]) / width
        self.deepest_db = max(self.deepest_db, float(level.max()))
        return np.asarray(10 ** (-level / 20), np.float32)


def _held(values: Vector, width: int) -> Vector:
    """Return the highest of each `width` values in a row, by doubling."""
    highest, span = values, 1
    while span < width:
        step = min(span, width - span)
        highest = np.maximum(highest[:-step], highest[step:])
        span += step
    return highest


def _with_tail(blocks: Blocks, frames: int) -> Blocks:
    """Yield what has frames, and silence behind it."""
    channels = 0
    for block in blocks:
        if len(block):
            channels = block.shape[1]
            yield block
    if channels:
        yield np.zeros((frames, channels), np.float32)
