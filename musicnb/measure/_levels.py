"""The few numbers that every clip gets while it is downloaded, in one pass over its samples."""

from __future__ import annotations

import math
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from musicnb.measure._blas import one_blas_thread
from musicnb.measure._chunks import Chunk, Chunker
from musicnb.measure._loudness import LoudnessMeter
from musicnb.measure._outline import Outline


@dataclass(frozen=True, slots=True)
class Levels:
    """What is measured of every clip as it arrives.

    Parameters
    ----------
    duration_s
        Seconds of sound that were decoded.
    sample_rate_hz, channels
        Of the file.
    loudness_lufs
        Integrated loudness, ITU-R BS.1770-5; ``-inf`` for silence.
    peak_dbfs
        Highest sample, dB below full scale; not the true peak between samples.
    rms_dbfs
        Root mean square over all channels and frames, dB below full scale.
    outline
        `OUTLINE_PAIRS` (lowest, highest) pairs of int8, for drawing.
    """

    duration_s: float
    sample_rate_hz: int
    channels: int
    loudness_lufs: float
    peak_dbfs: float
    rms_dbfs: float
    outline: bytes


class LevelMeter:
    """Measures the levels of a stream of samples; `Meter` measures everything.

    Parameters
    ----------
    sample_rate
        Frames per second.
    channels
        1 to 8.

    Examples
    --------
    >>> import numpy as np
    >>> meter = LevelMeter(48_000, 1)
    >>> tone = np.sin(2 * np.pi * 997 * np.arange(96_000) / 48_000, dtype=np.float32)
    >>> meter.push(tone[:, None])
    >>> round(meter.close().loudness_lufs, 2)
    -3.01
    """

    def __init__(self, sample_rate: int, channels: int) -> None:
        self._rate, self._channels = sample_rate, channels
        self._chunker = Chunker(channels)
        self._loudness = LoudnessMeter(sample_rate, channels)
        self._outline = Outline()
        self._frames = 0
        self._peak = 0.0
        self._energy = 0.0

    def push(self, samples: NDArray[np.float32]) -> None:
        """Take the next samples, float32, shaped ``(frames, channels)``."""
        for chunk in self._chunker.push(samples):
            self._take(chunk)

    def _take(self, chunk: Chunk) -> None:
        planes = chunk.planes
        with one_blas_thread():
            self._loudness.push(planes)
        self._outline.push(planes.T)
        self._frames += chunk.frames
        self._peak = max(self._peak, float(planes.max()), -float(planes.min()))
        self._energy += sum(chunk.energies)

    def close(self) -> Levels:
        """Return the levels of everything that was pushed."""
        for chunk in self._chunker.rest():
            self._take(chunk)
        count = max(1, self._frames * self._channels)
        return Levels(
            duration_s=self._frames / self._rate,
            sample_rate_hz=self._rate,
            channels=self._channels,
            loudness_lufs=self._loudness.integrated_lufs(),
            peak_dbfs=decibels(self._peak),
            rms_dbfs=decibels(math.sqrt(self._energy / count)),
            outline=self._outline.pairs(),
        )


def decibels(amplitude: float) -> float:
    """Return an amplitude in dB below full scale; ``-inf`` for none."""
    return 20 * math.log10(amplitude) if amplitude > 0 else -math.inf
