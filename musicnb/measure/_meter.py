"""Everything measured about a clip, in one pass over its samples."""

from __future__ import annotations

import math
from typing import Final

import numpy as np
from numpy.typing import NDArray

from musicnb.measure._blas import one_blas_thread
from musicnb.measure._chunks import CHUNK_FRAMES, Chunk, Chunker, Samples
from musicnb.measure._defects import Evidence, find_defects
from musicnb.measure._flats import FlatsMeter
from musicnb.measure._holes import silent_edges
from musicnb.measure._levels import decibels
from musicnb.measure._loudness import LoudnessMeter
from musicnb.measure._measures import LoudnessSeries, Measures
from musicnb.measure._music import MusicMeter
from musicnb.measure._outline import CELL_FRAMES, Outline, cell_extremes
from musicnb.measure._spectrum import SpectrumMeter
from musicnb.measure._stereo import StereoMeter
from musicnb.measure._truepeak import TruePeak

# 5.8 ms at 44.1 kHz; higher rates get longer cells, so that their number depends on time only
_CELL_RATE_HZ: Final = 48_000
_TWO: Final = 2
# what is slower or faster is no music
_MUSIC_HZ: Final = range(8_000, 192_001)


class Meter:
    """Measures everything about a stream of samples, keeping no sound.

    It holds about 3 MB for three minutes and 16 MB for an hour: series, not samples.

    Parameters
    ----------
    sample_rate
        Frames per second.
    channels
        1 to 8.

    Examples
    --------
    >>> import numpy as np
    >>> meter = Meter(48_000, 2)
    >>> tone = np.sin(2 * np.pi * 997 * np.arange(192_000) / 48_000, dtype=np.float32) / 2
    >>> meter.push(np.stack([tone, tone], axis=1))
    >>> measures = meter.close()
    >>> round(measures.loudness_lufs, 1), round(measures.true_peak_dbtp, 1)
    (-6.0, -6.0)
    >>> measures.defects[-1].text
    'Both channels are the same: it is mono as stereo.'
    """

    def __init__(self, sample_rate: int, channels: int) -> None:
        self._rate, self._channels = sample_rate, channels
        self._chunker = Chunker(channels)
        self._loudness = LoudnessMeter(sample_rate, channels)
        self._true_peak = TruePeak(sample_rate)
        self._flats = FlatsMeter(sample_rate, channels)
        self._spectrum = SpectrumMeter(sample_rate)
        self._stereo = StereoMeter() if channels == _TWO else None
        self._music = MusicMeter(sample_rate) if sample_rate in _MUSIC_HZ else None
        self._mono = np.zeros(CHUNK_FRAMES, np.float32)
        self._ones = np.ones(CHUNK_FRAMES, np.float32)
        self._cell_frames = CELL_FRAMES << max(0, math.ceil(math.log2(sample_rate / _CELL_RATE_HZ)))
        self._outline = Outline(self._cell_frames)
        self._frames = 0
        self._energies = np.zeros(channels)
        self._sums = np.zeros(channels)

    def push(self, samples: NDArray[np.float32]) -> None:
        """Take the next samples, float32, shaped ``(frames, channels)``."""
        for chunk in self._chunker.push(samples):
            self._take(chunk)

    def close(self) -> Measures:
        """Return the measures of everything that was pushed."""
        for chunk in self._chunker.rest():
            self._take(chunk)
        # first, because it gives back most of what is held
        with one_blas_thread():
            music = self._music.close() if self._music else None
        self._music = None
        loudness = self._loudness.close()
        true_peak = self._true_peak.close()
        spectrum = self._spectrum.close()
        stereo = self._stereo.close() if self._stereo else None
        rhythm, tonality = (music.rhythm, music.tonality) if music else (None, None)
        lows, highs = self._outline.cells()
        cells = np.maximum(np.abs(lows), np.abs(highs))
        quiet_start, quiet_end = silent_edges(cells)
        cell_s = self._cell_frames / self._rate
        duration_s = self._frames / self._rate
        rms = math.sqrt(self._energies.sum() / max(1, self._frames * self._channels))
        peak = self._true_peak.peak
        evidence = Evidence(
            sample_rate=self._rate,
            frames=self._frames,
            cell_frames=self._cell_frames,
            cells=cells,
            flats=self._flats.close(),
            tops=self._true_peak.tops,
            peak=peak,
            rms=rms,
            offsets=tuple((self._sums / max(1, self._frames)).tolist()),
            energies=tuple(self._energies.tolist()),
            stereo=stereo,
            limit_hz=spectrum.limit_hz,
            broken=self._chunker.broken,
        )
        return Measures(
            duration_s=duration_s,
            sample_rate_hz=self._rate,
            channels=self._channels,
            loudness_lufs=loudness.integrated_lufs,
            loudness_range_lu=loudness.range_lu,
            momentary_max_lufs=loudness.momentary_max_lufs,
            short_term_max_lufs=loudness.short_term_max_lufs,
            true_peak_dbtp=decibels(true_peak),
            peak_dbfs=decibels(peak),
            rms_dbfs=decibels(rms),
            crest_factor_db=decibels(peak / rms) if rms else None,
            tempo_bpm=rhythm.tempo_bpm if rhythm else None,
            tempo_alt_bpm=rhythm.tempo_alt_bpm if rhythm else None,
            tempo_confidence=rhythm.tempo_confidence if rhythm else None,
            key=tonality.key if tonality else None,
            mode=tonality.mode if tonality else None,
            key_alt=tonality.key_alt if tonality else None,
            key_confidence=tonality.key_confidence if tonality else None,
            tuning_cents=tonality.tuning_cents if tonality else None,
            onsets_per_s=rhythm.onsets_per_s if rhythm else None,
            spectral_centroid_hz=spectrum.centroid_hz,
            balance_db=spectrum.balance_db,
            band_limit_hz=spectrum.limit_hz,
            stereo_width_db=stereo.width_db if stereo else None,
            phase_correlation=stereo.correlation if stereo else None,
            fold_down_loss_db=stereo.fold_down_loss_db if stereo else None,
            leading_silence_s=min(duration_s, quiet_start * cell_s),
            trailing_silence_s=min(duration_s, quiet_end * cell_s),
            defects=find_defects(evidence),
            series=LoudnessSeries(loudness.steps_lufs.tobytes()),
            outline=self._outline.pairs(),
            fingerprint=music.fingerprint if music else None,
        )

    def _take(self, chunk: Chunk) -> None:
        lows, highs = cell_extremes(chunk.planes, self._cell_frames)
        with one_blas_thread():
            self._loudness.push(chunk.planes)
            self._true_peak.push(chunk, np.maximum(-lows, highs), self._cell_frames)
            self._flats.push(chunk)
            self._spectrum.push(chunk)
            if self._stereo:
                self._stereo.push(chunk)
            if self._music:
                self._music.push(self._summed(chunk.planes))
            # a product costs a third of a sum
            self._sums += chunk.planes @ self._ones[: chunk.frames]
        self._outline.add(lows, highs)
        self._energies += chunk.energies
        self._frames += chunk.frames

    def _summed(self, planes: Samples) -> Samples:
        mono = self._mono[: planes.shape[1]]
        np.copyto(mono, planes[0])
        for plane in planes[1:]:
            mono += plane
        return mono
