"""Runs of equal samples: tops cut flat, and holes of nothing."""

from __future__ import annotations

from dataclasses import dataclass, field
from typing import Final

import numpy as np
from numpy.typing import NDArray

from musicnb.measure._chunks import HISTORY_FRAMES, Chunk, Samples

# Three equal samples at the top are a plateau that sound does not make by itself.
_RUN: Final = 3
# within this of the chunk's highest sample, and not in the quiet
_AT_THE_TOP: Final = 0.98
_LOUD_ENOUGH: Final = 0.05
# A slow wave in 16 bits has flat tops too, but steps of one unit beside them.
_EDGE: Final = 2.5e-4
# what is shorter is a click, if it is heard at all
_HOLE_S: Final = 0.001
_MOST_HOLES: Final = 10_000
# a hole begins and ends in the middle of sound: above -40 dBFS within half a millisecond
_EDGE_FRAMES: Final = 24
_LOUD_EDGE: Final = 0.01


@dataclass(slots=True)
class Flats:
    """What was found.

    Parameters
    ----------
    clipped
        For each channel, the flat tops per 100 ms where there are any: ``{index: count}``.
    highest
        For each channel, the level of the highest flat top.
    holes
        ``(channel, first frame, frame after the last)`` of runs of exact zeros amid sound.
    """

    clipped: list[dict[int, int]]
    highest: list[float]
    holes: list[tuple[int, int, int]] = field(default_factory=list)


@dataclass(slots=True)
class _Hole:
    """A run of zeros that may go on: its frames, and the level before it."""

    start: int
    end: int
    edge: float


class FlatsMeter:
    """Finds runs of equal samples in a stream of chunks.

    Parameters
    ----------
    sample_rate
        Frames per second.
    channels
        Of the stream.
    """

    def __init__(self, sample_rate: int, channels: int) -> None:
        self._tenth = max(1, sample_rate // 10)
        self._least_hole = max(_RUN, round(_HOLE_S * sample_rate))
        self._found = Flats([{} for _ in range(channels)], [0.0] * channels)
        self._open: list[_Hole | None] = [None] * channels

    def push(self, chunk: Chunk) -> None:
        """Take the next chunk."""
        offset = chunk.start - HISTORY_FRAMES
        for channel, samples in enumerate(chunk.extended):
            # from two frames before the chunk, so that a run over the border is seen
            recent = samples[HISTORY_FRAMES - _RUN :]
            equal = recent[1:] == recent[:-1]
            # an index here is that of the first of three equal samples
            thirds = np.flatnonzero(equal[1:] & equal[:-1])
            if len(thirds):
                first, length = _runs(thirds + HISTORY_FRAMES - _RUN)
                self._note_tops(channel, samples, first, length, offset)
                self._note_holes(channel, samples, first, length, offset)

    def close(self) -> Flats:
        """Return everything that was found."""
        return self._found

    def _note_tops(
        self,
        channel: int,
        samples: Samples,
        first: NDArray[np.intp],
        length: NDArray[np.intp],
        offset: int,
    ) -> None:
        values = np.abs(samples[first])
        top = max(float(samples.max()), -float(samples.min()))
        at_top = values >= max(_AT_THE_TOP * top, _LOUD_ENOUGH)
        first, length, values = first[at_top], length[at_top], values[at_top]
        if not len(first):
            return
        ends = np.minimum(first + length, len(samples) - 1)
        step = values - np.minimum(np.abs(samples[first - 1]), np.abs(samples[ends]))
        plateaus = step > _EDGE
        if not plateaus.any():
            return
        self._found.highest[channel] = max(
            self._found.highest[channel], float(values[plateaus].max())
        )
        tenths, counts = np.unique((first[plateaus] + offset) // self._tenth, return_counts=True)
        clipped = self._found.clipped[channel]
        for tenth, count in zip(tenths.tolist(), counts.tolist(), strict=True):
            clipped[tenth] = clipped.get(tenth, 0) + count

    def _note_holes(
        self,
        channel: int,
        samples: Samples,
        first: NDArray[np.intp],
        length: NDArray[np.intp],
        offset: int,
    ) -> None:
        ends = first + length
        at_border = (first <= HISTORY_FRAMES) | (ends == len(samples))
        zero = (samples[first] == 0) & ((length >= self._least_hole) | at_border)
        for start, end in zip(first[zero].tolist(), ends[zero].tolist(), strict=True):
            hole = self._open[channel]
            if hole is not None and start + offset <= hole.end:
                hole.end = end + offset
            else:
                edge = _edge(samples[max(0, start - _EDGE_FRAMES) : start])
                hole = self._open[channel] = _Hole(start + offset, end + offset, edge)
            if end < len(samples):
                self._close_hole(channel, _edge(samples[end : end + _EDGE_FRAMES]))

    def _close_hole(self, channel: int, edge: float) -> None:
        hole, self._open[channel] = self._open[channel], None
        if (
            hole is not None
            and hole.end - hole.start >= self._least_hole
            and min(hole.edge, edge) > _LOUD_EDGE
            and len(self._found.holes) < _MOST_HOLES
        ):
            self._found.holes.append((channel, hole.start, hole.end))


def _edge(samples: Samples) -> float:
    return float(np.abs(samples).max(initial=0.0))


def _runs(thirds: NDArray[np.intp]) -> tuple[NDArray[np.intp], NDArray[np.intp]]:
    """Return first index and length of each run, from the first of each three equal samples."""
    breaks = np.flatnonzero(np.diff(thirds) > 1)
    starts = thirds[np.concatenate([[0], breaks + 1])]
    ends = thirds[np.concatenate([breaks, [len(thirds) - 1]])]
    return starts, ends - starts + _RUN
