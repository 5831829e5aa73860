"""What is done to samples, as generators from blocks to blocks of any size.

Blocks are float32, shaped ``(frames, channels)``; none is changed in place.
"""

from __future__ import annotations

import importlib
from collections.abc import Iterable, Iterator
from typing import Any

import numpy as np
from numpy.typing import NDArray

from musicnb.errors import ConfigurationError

Blocks = Iterator[NDArray[np.float32]]
Source = Iterable[NDArray[np.float32]]


def trimmed(blocks: Source, *, start: int = 0, end: int | None = None) -> Blocks:
    """Keep the frames from `start` up to, and without, `end`; read no further than that."""
    at = 0
    for block in blocks:
        kept = block[max(0, start - at) : None if end is None else end - at]
        at += len(block)
        if len(kept):
            yield kept
        if end is not None and at >= end:
            return


def faded(blocks: Source, *, fade_in: int = 0, fade_out: int = 0) -> Blocks:
    """Fade in over the first frames and out over the last, along a raised cosine.

    Parameters
    ----------
    fade_in, fade_out
        Frames. A fade-out longer than the sound begins at its beginning.
    """
    at = 0
    held: NDArray[np.float32] | None = None
    for block in blocks:
        faded_in = block
        if at < fade_in:
            ramp = _rise(np.arange(at, at + len(block)), fade_in)
            faded_in = block * ramp[:, None]
        at += len(block)
        # where the sound ends is known only at its end
        held = faded_in if held is None else np.concatenate([held, faded_in])
        if len(held) > fade_out:
            yield held[: len(held) - fade_out]
            held = held[len(held) - fade_out :]
    if held is not None and len(held):
        yield held * _rise(np.arange(len(held)), len(held))[::-1, None]


def resampled(blocks: Source, *, sample_rate: int, to: int, channels: int) -> Blocks:
    """Bring samples to another rate with soxr at its highest quality; the ends stay in place.

    Raises
    ------
    ConfigurationError
        soxr is not installed.
    """
    stream = _soxr().ResampleStream(sample_rate, to, channels, dtype="float32", quality="VHQ")
    last: NDArray[np.float32] | None = None
    for block in blocks:
        if last is not None:
            yield from _some(stream.resample_chunk(last))
        last = np.ascontiguousarray(block)
    if last is not None:
        yield from _some(stream.resample_chunk(last, last=True))


def amplified(blocks: Source, gain_db: float) -> Blocks:
    """Multiply every sample."""
    factor = np.float32(10 ** (gain_db / 20))
    for block in blocks:
        yield block * factor


class Mended:
    """Puts silence in the place of what is no number, and counts what goes beyond full scale.

    Attributes
    ----------
    odd, beyond
        How many samples were no finite numbers, and how many are beyond ±1.
    """

    def __init__(self) -> None:
        self.odd = self.beyond = 0

    def mend(self, blocks: Source) -> Blocks:
        """Silence what is no number: encoders end the process when they meet one."""
        for block in blocks:
            finite = np.isfinite(block)
            if not finite.all():
                self.odd += block.size - int(finite.sum())
                yield np.where(finite, block, np.float32(0))
            else:
                yield block

    def watch(self, blocks: Source) -> Blocks:
        """Count samples beyond full scale on their way to an encoder that clips them."""
        self.beyond = 0
        for block in blocks:
            if max(float(block.max()), -float(block.min())) > 1:
                self.beyond += int((np.abs(block) > 1).sum())
            yield block


def _rise(at: NDArray[np.int64], length: int) -> NDArray[np.float32]:
    share = np.minimum((at + 0.5) / length, 1.0)
    return np.square(np.sin(share * (np.pi / 2))).astype(np.float32)


def _some(block: NDArray[np.float32]) -> Blocks:
    if len(block):
        yield block


def _soxr() -> Any:
    try:
        return importlib.import_module("soxr")
    except ImportError:
        pass
    raise ConfigurationError(
        "another sample rate needs soxr, which is not installed",
        hint='pip install "musicnb[deliver]"',
    )
