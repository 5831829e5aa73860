"""Loudness and true peak alone: what a gain is chosen by."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from musicnb.measure._blas import one_blas_thread
from musicnb.measure._chunks import Chunk, Chunker
from musicnb.measure._levels import decibels
from musicnb.measure._loudness import LoudnessMeter
from musicnb.measure._truepeak import TruePeak


@dataclass(frozen=True, slots=True)
class Gauged:
    """What a gauge has read.

    Parameters
    ----------
    loudness_lufs
        Integrated loudness, ITU-R BS.1770-5; ``-inf`` for silence and less than 0.4 s.
    true_peak_dbtp
        Highest value between the samples, ITU-R BS.1770-5 annex 2; ``-inf`` for silence.
    """

    loudness_lufs: float
    true_peak_dbtp: float


class Gauge:
    """Reads loudness and true peak of a stream of samples, for a quarter of what all measures cost.

    Parameters
    ----------
    sample_rate
        Frames per second.
    channels
        1 to 8.
    """

    def __init__(self, sample_rate: int, channels: int) -> None:
        self._chunker = Chunker(channels)
        self._loudness = LoudnessMeter(sample_rate, channels)
        self._true_peak = TruePeak(sample_rate)

    def push(self, samples: NDArray[np.float32]) -> None:
        """Take the next samples, float32, shaped ``(frames, channels)``."""
        for chunk in self._chunker.push(samples):
            self._take(chunk)

    def close(self) -> Gauged:
        """Return what everything that was pushed amounts to."""
        for chunk in self._chunker.rest():
            self._take(chunk)
        return Gauged(self._loudness.integrated_lufs(), decibels(self._true_peak.close()))

    def _take(self, chunk: Chunk) -> None:
        with one_blas_thread():
            self._loudness.push(chunk.planes)
            self._true_peak.push(chunk)
