"""The outline of a waveform: what a player draws without having the sound."""

from __future__ import annotations

from typing import Final

import numpy as np
from numpy.typing import NDArray

from musicnb.measure._chunks import Growing

#: One number for each cell, in half precision.
Cells = NDArray[np.float16]

OUTLINE_PAIRS: Final = 1000
CELL_FRAMES: Final = 256
_FULL_SCALE: Final = 127
# what half precision holds
_HIGHEST: Final = 60_000.0


class Outline:
    """Collects the lowest and highest sample of every cell of frames, then sums them up.

    The number of frames need not be known beforehand, so a file's declared length is never needed.

    Parameters
    ----------
    cell_frames
        Frames in a cell.
    """

    def __init__(self, cell_frames: int = CELL_FRAMES) -> None:
        self._cell_frames = cell_frames
        # three digits are more than a picture shows, and an hour of cells takes 2.5 MB
        self._lows = Growing(np.float16)
        self._highs = Growing(np.float16)
        self._rest: NDArray[np.float32] | None = None

    def push(self, samples: NDArray[np.float32]) -> None:
        """Take the next samples, shaped ``(frames, channels)``."""
        if self._rest is not None and len(self._rest):
            samples = np.concatenate([self._rest, samples])
        whole = len(samples) // self._cell_frames * self._cell_frames
        self._rest = samples[whole:].copy()
        if whole:
            self.add(*cell_extremes(samples[:whole].T, self._cell_frames))

    def add(self, lows: NDArray[np.float32], highs: NDArray[np.float32]) -> None:
        """Take the next cells as `cell_extremes` gives them, instead of samples."""
        self._lows.extend(np.clip(lows.min(axis=0), -_HIGHEST, _HIGHEST))
        self._highs.extend(np.clip(highs.max(axis=0), -_HIGHEST, _HIGHEST))

    def cells(self) -> tuple[Cells, Cells]:
        """Close the stream and return the lowest and the highest sample of each cell."""
        if self._rest is not None and len(self._rest):
            self.add(*cell_extremes(self._rest.T, len(self._rest)))
            self._rest = None
        return self._lows.view(), self._highs.view()

    def pairs(self, count: int = OUTLINE_PAIRS) -> bytes:
        """Return the outline as int8 pairs.

        Returns
        -------
        bytes
            ``2 * count`` signed bytes, (lowest, highest) for each of `count` equal stretches of
            time, full scale at ±127; all zero when there was no sound.
        """
        lows, highs = self.cells()
        if not len(lows):
            return bytes(2 * count)
        starts = np.arange(count) * len(lows) // count
        pairs = np.empty((count, 2), np.float32)
        # reduceat gives a cell itself where a stretch is shorter than a cell
        pairs[:, 0], pairs[:, 1] = (
            np.minimum.reduceat(lows, starts),
            np.maximum.reduceat(highs, starts),
        )
        scaled = np.clip(np.nan_to_num(pairs), -1, 1) * _FULL_SCALE
        return scaled.round().astype(np.int8).tobytes()


def cell_extremes(
    planes: NDArray[np.float32], cell_frames: int
) -> tuple[NDArray[np.float32], NDArray[np.float32]]:
    """Return the lowest and the highest sample of each channel in each cell of frames.

    Parameters
    ----------
    planes
        Shape ``(channels, frames)``; the last cell may be shorter than the others.

    Returns
    -------
    lows, highs
        Shape ``(channels, cells)``.
    """
    whole = planes.shape[1] // cell_frames
    cells = -(-planes.shape[1] // cell_frames)
    lows, highs = np.empty((2, len(planes), cells), np.float32)
    for channel, plane in enumerate(planes):
        # one contiguous channel at a time: a strided reduction costs more than decoding
        rows = np.ascontiguousarray(plane[: whole * cell_frames]).reshape(whole, cell_frames)
        rows.min(axis=1, out=lows[channel, :whole])
        rows.max(axis=1, out=highs[channel, :whole])
        if cells > whole:
            lows[channel, whole] = plane[whole * cell_frames :].min()
            highs[channel, whole] = plane[whole * cell_frames :].max()
    return lows, highs
