"""Samples regrouped: whatever blocks arrive, the parts of a meter see the same chunks.

So no measure depends on the size of the blocks, and no part keeps samples of its own: a chunk
comes with the frames before it.
"""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass
from typing import Any, Final

import numpy as np
from numpy.typing import NDArray

#: Frames of a whole chunk; only the last one of a stream is shorter.
CHUNK_FRAMES: Final = 65_536
#: Frames of the past that a chunk brings along; zeros before the beginning.
HISTORY_FRAMES: Final = 32
# 120 dB above full scale: no sound, but a broken file, and its square must not overflow
_ABSURD: Final = 1e6

Samples = NDArray[np.float32]


@dataclass(frozen=True, slots=True)
class Chunk:
    """Consecutive frames, one contiguous row for each channel; valid until the next chunk.

    Parameters
    ----------
    extended
        Shape ``(channels, HISTORY_FRAMES + frames)``: the frames with those before them.
    start
        Index of the first frame after the history.
    energies
        Sum of the squares of the frames, of each channel.
    """

    extended: Samples
    start: int
    energies: tuple[float, ...]

    @property
    def planes(self) -> Samples:
        """The frames alone, shaped ``(channels, frames)``."""
        return self.extended[:, HISTORY_FRAMES:]

    @property
    def frames(self) -> int:
        """How many frames there are, without the history."""
        return int(self.extended.shape[1]) - HISTORY_FRAMES


class Chunker:
    """Cuts blocks of any size into chunks, and mends what is no sample.

    Parameters
    ----------
    channels
        Of the stream.

    Attributes
    ----------
    broken
        How many samples were not finite, or absurd: 0 and full scale are put in their places.
    """

    def __init__(self, channels: int) -> None:
        self._buffer = np.zeros((channels, HISTORY_FRAMES + CHUNK_FRAMES), np.float32)
        self._filled = 0
        self._start = 0
        self.broken = 0

    def push(self, samples: Samples) -> Iterator[Chunk]:
        """Take samples shaped ``(frames, channels)`` and yield the chunks that are full."""
        taken = 0
        while taken < len(samples):
            count = min(len(samples) - taken, CHUNK_FRAMES - self._filled)
            at = HISTORY_FRAMES + self._filled
            # channel by channel: one transposed copy of both costs no less
            for channel, plane in enumerate(self._buffer):
                plane[at : at + count] = samples[taken : taken + count, channel]
            self._filled += count
            taken += count
            if self._filled == CHUNK_FRAMES:
                yield self._take()
                self._buffer[:, :HISTORY_FRAMES] = self._buffer[:, -HISTORY_FRAMES:]

    def rest(self) -> Iterator[Chunk]:
        """Yield what is left over, if anything."""
        if self._filled:
            yield self._take()

    def _take(self) -> Chunk:
        extended = self._buffer[:, : HISTORY_FRAMES + self._filled]
        planes = extended[:, HISTORY_FRAMES:]
        energies = _energies(planes)
        # one broken sample breaks the sum of all, which is needed anyway
        if not np.isfinite(energies).all():
            with np.errstate(invalid="ignore"):
                self.broken += int(planes.size - np.count_nonzero(np.abs(planes) <= _ABSURD))
            np.nan_to_num(planes, copy=False, nan=0.0)
            planes[np.abs(planes) > _ABSURD] = np.sign(planes[np.abs(planes) > _ABSURD])
            energies = _energies(planes)
        chunk = Chunk(extended, self._start, energies)
        self._start += self._filled
        self._filled = 0
        return chunk


class Growing:
    """A row of numbers that grows, without a copy of all for every piece.

    Parameters
    ----------
    precision
        Of the numbers: float32, or float16 where three digits are enough.
    """

    def __init__(self, precision: type[np.float32 | np.float16] = np.float32) -> None:
        self._precision = np.dtype(precision)
        self._bytes = bytearray()

    def __len__(self) -> int:
        return len(self._bytes) // self._precision.itemsize

    def extend(self, numbers: NDArray[np.floating]) -> None:
        """Append numbers."""
        self._bytes += np.ascontiguousarray(numbers, self._precision).tobytes()

    def view(self) -> NDArray[Any]:
        """Return all of them without a copy; nothing can be appended while the view lives."""
        return np.frombuffer(self._bytes, self._precision)


def _energies(planes: Samples) -> tuple[float, ...]:
    with np.errstate(over="ignore", invalid="ignore"):
        return tuple(float(np.dot(plane, plane)) for plane in planes)
