"""Everything measured about a clip, in one pass over its samples."""

from __future__ import annotations

import math

import numpy as np
from numpy.typing import NDArray

from musicnb.measure._levels import LevelMeter
from musicnb.measure._measures import LoudnessSeries, Measures


class Meter:
    """Measures everything about a stream of samples in constant memory.

    Parameters
    ----------
    sample_rate
        Frames per second.
    channels
        1 to 8.
    """

    def __init__(self, sample_rate: int, channels: int) -> None:
        self._levels = LevelMeter(sample_rate, channels)

    def push(self, samples: NDArray[np.float32]) -> None:
        """Take the next samples, float32, shaped ``(frames, channels)``."""
        self._levels.push(samples)

    def close(self) -> Measures:
        """Return the measures of everything that was pushed."""
        levels = self._levels.close()
        return Measures(
            duration_s=levels.duration_s,
            sample_rate_hz=levels.sample_rate_hz,
            channels=levels.channels,
            loudness_lufs=levels.loudness_lufs,
            loudness_range_lu=None,
            momentary_max_lufs=-math.inf,
            short_term_max_lufs=-math.inf,
            true_peak_dbtp=levels.peak_dbfs,
            peak_dbfs=levels.peak_dbfs,
            rms_dbfs=levels.rms_dbfs,
            crest_factor_db=None,
            tempo_bpm=None,
            tempo_alt_bpm=None,
            tempo_confidence=None,
            key=None,
            mode=None,
            key_alt=None,
            key_confidence=None,
            onsets_per_s=None,
            spectral_centroid_hz=None,
            balance_db=None,
            band_limit_hz=None,
            stereo_width_db=None,
            phase_correlation=None,
            fold_down_loss_db=None,
            leading_silence_s=0.0,
            trailing_silence_s=0.0,
            defects=(),
            series=LoudnessSeries(b""),
            outline=levels.outline,
        )
