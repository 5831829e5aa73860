"""Loudness after ITU-R BS.1770-5 and EBU Tech 3341 and 3342: gates and windows over powers."""

from __future__ import annotations

import math
from collections.abc import Iterator
from dataclasses import dataclass
from typing import Final

import numpy as np
from numpy.typing import NDArray

from musicnb.measure._chunks import Growing, Samples
from musicnb.measure._kweighting import KWeighting

# Steps of 10 ms: with 100 ms the loudest window is missed by more than Tech 3341, case 13, allows.
_CELLS_PER_SECOND: Final = 100
_CELLS_PER_STEP: Final = 10
_MOMENTARY_CELLS: Final = 40
_SHORT_TERM_CELLS: Final = 300
# windows that are computed at once: an hour at a time would take 14 MB
_PIECE_CELLS: Final = 30_000
_ABSOLUTE_GATE_LUFS: Final = -70.0
_INTEGRATED_GATE_LU: Final = -10.0
_RANGE_GATE_LU: Final = -20.0
_RANGE_SHARES: Final = (0.10, 0.95)
_OFFSET_LUFS: Final = -0.691

_Powers = NDArray[np.float64]


@dataclass(frozen=True, slots=True)
class Loudness:
    """What the standards say about loudness; see `musicnb.measure.Measures` for the fields.

    Parameters
    ----------
    steps_lufs
        Loudness of every 100 ms alone, without gate.
    """

    integrated_lufs: float
    range_lu: float | None
    momentary_max_lufs: float
    short_term_max_lufs: float
    steps_lufs: Samples


class LoudnessMeter:
    """Measures the loudness of a stream of chunks.

    Parameters
    ----------
    sample_rate
        Frames per second.
    channels
        1 to 8; the channels after the fifth count as front channels.
    """

    def __init__(self, sample_rate: int, channels: int) -> None:
        self._rate = sample_rate
        self._weighting = KWeighting(sample_rate, channels)
        self._cells = Growing()
        self._open = 0.0  # energy of the cell that is not yet full
        self._seen = 0

    def push(self, planes: Samples) -> None:
        """Take the next chunk, shaped ``(channels, frames)``."""
        power = self._weighting.power(planes)
        first, start = len(self._cells), self._seen
        self._seen += len(power)
        last = self._seen * _CELLS_PER_SECOND // self._rate
        # borders are exact at any sample rate: cells differ by a frame where it is no multiple
        ends = self._borders(first + 1, last + 1) - start
        starts = np.concatenate([[0], ends])
        if starts[-1] == len(power):
            starts = starts[:-1]
        sums = np.add.reduceat(power, starts).astype(np.float64)
        if len(sums):
            sums[0] += self._open
            self._open = 0.0
        if len(sums) > len(ends):
            self._open = float(sums[-1])
        self._cells.extend(sums[: len(ends)])

    def integrated_lufs(self) -> float:
        """Return the gated loudness; ``-inf`` for silence and for less than 0.4 s of sound."""
        return _gated_lufs(self._stepped(_MOMENTARY_CELLS))

    def close(self) -> Loudness:
        """Return everything about the loudness of what was pushed."""
        steps = self._stepped(_CELLS_PER_STEP)
        return Loudness(
            integrated_lufs=self.integrated_lufs(),
            range_lu=_range_lu(self._stepped(_SHORT_TERM_CELLS)),
            momentary_max_lufs=self._loudest_lufs(_MOMENTARY_CELLS),
            short_term_max_lufs=self._loudest_lufs(_SHORT_TERM_CELLS),
            steps_lufs=_lufs(steps).astype(np.float32),
        )

    def _borders(self, start: int, stop: int) -> NDArray[np.int64]:
        return np.arange(start, stop) * self._rate // _CELLS_PER_SECOND

    def _stepped(self, cells: int) -> _Powers:
        """Return the mean power of windows of so many cells, one every 100 ms."""
        return np.concatenate([np.zeros(0), *self._means(cells, _CELLS_PER_STEP)])

    def _means(self, cells: int, hop: int) -> Iterator[_Powers]:
        """Yield the mean power of windows of so many cells, one every `hop` cells, in pieces."""
        count = (len(self._cells) - cells) // hop + 1
        most = _PIECE_CELLS // hop
        for first in range(0, count, most):
            yield self._some_means(cells, hop, first=first, count=min(most, count - first))

    def _some_means(self, cells: int, hop: int, *, first: int, count: int) -> _Powers:
        starts = np.arange(count) * hop
        begin = first * hop
        seen = self._cells.view()[begin : begin + int(starts[-1]) + cells]
        sums = np.concatenate([[0.0], np.cumsum(seen, dtype=np.float64)])
        frames = (begin + starts + cells) * self._rate // _CELLS_PER_SECOND
        frames -= (begin + starts) * self._rate // _CELLS_PER_SECOND
        # a difference of sums leaves a trace of their rounding where there is silence
        floor = np.finfo(np.float64).eps * sums[-1]
        energies = sums[starts + cells] - sums[starts]
        return np.asarray(np.where(energies > floor, energies, 0.0) / frames)

    def _loudest_lufs(self, cells: int) -> float:
        """Return the loudest window of so many cells that begins at any cell."""
        loudest = (means.max() for means in self._means(cells, 1))
        return float(_lufs(max(loudest, default=0.0)))


def _gated_lufs(gates: _Powers) -> float:
    """Mean of the 400 ms gates above the absolute and the relative threshold (BS.1770-5)."""
    loud = gates[gates > _power(_ABSOLUTE_GATE_LUFS)]
    if not len(loud):
        return -math.inf
    loud = loud[loud > loud.mean() * 10 ** (_INTEGRATED_GATE_LU / 10)]
    return float(_lufs(loud.mean())) if len(loud) else -math.inf


def _range_lu(windows: _Powers) -> float | None:
    """From the 10th to the 95th percentile of gated short-term loudness (EBU Tech 3342)."""
    loud = windows[windows > _power(_ABSOLUTE_GATE_LUFS)]
    if not len(loud):
        return None
    loud = np.sort(loud[loud > loud.mean() * 10 ** (_RANGE_GATE_LU / 10)])
    low, high = (round((len(loud) - 1) * share) for share in _RANGE_SHARES)
    return float(_lufs(loud[high]) - _lufs(loud[low]))


def _lufs(power: _Powers | float) -> _Powers:
    with np.errstate(divide="ignore"):
        return np.asarray(_OFFSET_LUFS + 10 * np.log10(power))


def _power(lufs: float) -> float:
    return float(10 ** ((lufs - _OFFSET_LUFS) / 10))
