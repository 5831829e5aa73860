"""The few numbers that every clip gets while it is downloaded, in one pass over its samples."""

from __future__ import annotations

import math
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray
from threadpoolctl import threadpool_limits

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
        self._loudness = LoudnessMeter(sample_rate, channels)
        self._outline = Outline()
        self._frames = 0
        self._peak = 0.0
        self._energy = 0.0

    def push(self, samples: NDArray[np.float32]) -> None:
        """Take the next samples, float32, shaped ``(frames, channels)``."""
        if not len(samples):
            return
        # a float file may hold NaN or infinity; they would poison every sum
        samples = np.nan_to_num(samples, nan=0.0, posinf=1.0, neginf=-1.0)
        # two BLAS threads burn two to six times the CPU on matrices of this size
        with threadpool_limits(1, "blas"):
            self._loudness.push(samples)
        self._outline.push(samples)
        self._frames += len(samples)
        self._peak = max(self._peak, float(samples.max()), -float(samples.min()))
        self._energy += float(np.square(samples, dtype=np.float64).sum())

    def close(self) -> Levels:
        """Return the levels of everything that was pushed."""
        count = max(1, self._frames * self._channels)
        return Levels(
            duration_s=self._frames / self._rate,
            sample_rate_hz=self._rate,
            channels=self._channels,
            loudness_lufs=self._loudness.integrated_lufs(),
            peak_dbfs=_decibels(self._peak),
            rms_dbfs=_decibels(math.sqrt(self._energy / count)),
            outline=self._outline.pairs(),
        )


def _decibels(amplitude: float) -> float:
    return 20 * math.log10(amplitude) if amplitude > 0 else -math.inf
