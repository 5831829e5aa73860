"""Listening to reference audio: tempo, key, energy and brightness, with numpy alone."""

from __future__ import annotations

import numpy as np
from numpy.typing import NDArray

from musicnb.sandbox.engine._filters import FloatArray
from musicnb.sandbox.engine._order import Reference

_LONGEST_S = 120.0
_HALF_RATE_ABOVE_HZ = 30_000
_TEMPOS_BPM = np.arange(60.0, 190.0, 0.5)
#: Bars of a phrase when nothing is heard to repeat, and how alike a repetition has to be.
_USUAL_PHRASE, _ALIKE = 4, 0.25
_USUAL_BPM, _OCTAVES_AROUND = 115.0, 0.75
# Weights of scale degrees in the spirit of Temperley's revision of Krumhansl and Kessler
# ("What's key for key?", Music Perception 1999).
_PROFILES = {
    "major": np.array([5, 2, 3.5, 2, 4.5, 4, 2, 4.5, 2, 3.5, 1.5, 4]),
    "minor": np.array([5, 2, 3.5, 4.5, 2, 4, 2, 4.5, 3.5, 2, 2, 3.5]),
}


def hear_reference(samples: FloatArray, sample_rate: int) -> Reference:
    """Return what can be heard in reference audio.

    Parameters
    ----------
    samples : ndarray of float32, shape (frames, channels)
        Any number of channels; only the middle two minutes are heard. Not-finite samples count
        as silence.
    sample_rate : int
        In hertz, 8,000 to 192,000.

    Returns
    -------
    Reference
        Silence and very short sounds give 120 bpm, C major, energy and brightness 0.
    """
    duration_s = len(samples) / sample_rate
    mono, rate = _mono(samples, sample_rate)
    if len(mono) < 2 * rate or float(np.abs(mono).max(initial=0.0)) < 1e-5:  # noqa: PLR2004
        return Reference(120.0, 0, "major", 0.0, 0.0, duration_s)
    spectrum = _magnitudes(mono, 1024, 256)
    onsets = _onsets(spectrum, rate)
    tonic, mode = _key(mono, rate)
    tempo = _tempo_bpm(onsets, rate / 256)
    return Reference(
        tempo_bpm=tempo,
        tonic=tonic,
        mode=mode,
        energy=_energy(onsets, rate / 256),
        brightness=_brightness(spectrum, rate),
        duration_s=duration_s,
        phrase_bars=_phrase_bars(mono, rate, 240.0 / tempo),
    )


def _mono(samples: FloatArray, sample_rate: int) -> tuple[FloatArray, float]:
    longest = int(_LONGEST_S * sample_rate)
    start = max(0, (len(samples) - longest) // 2)
    part = np.nan_to_num(samples[start : start + longest], posinf=0.0, neginf=0.0)
    mono = part.mean(axis=1, dtype=np.float32) if part.ndim == 2 else part.astype(np.float32)  # noqa: PLR2004
    rate = float(sample_rate)
    while rate > _HALF_RATE_ABOVE_HZ and len(mono) > 64:  # noqa: PLR2004
        taps = np.sinc((np.arange(31) - 15) / 2) * np.hanning(31)
        mono = np.convolve(mono, (taps / taps.sum()).astype(np.float32), "same")[::2]
        rate /= 2
    return mono, rate


def _magnitudes(mono: FloatArray, points: int, hop: int) -> FloatArray:
    window = np.hanning(points).astype(np.float32)
    frames = np.lib.stride_tricks.sliding_window_view(mono, points)[::hop]
    # in slices, because the windowed copy of two minutes alone would take 40 MB
    slices = [
        np.abs(np.fft.rfft(frames[i : i + 1024] * window, axis=1)).astype(np.float32)
        for i in range(0, len(frames), 1024)
    ]
    return np.concatenate(slices)


def _onsets(spectrum: FloatArray, rate: float) -> NDArray[np.float64]:
    """Return how strongly something begins in each frame: rises summed over 24 bands."""
    points = 2 * (spectrum.shape[1] - 1)
    edges = np.searchsorted(
        np.arange(spectrum.shape[1]) * rate / points, np.geomspace(40, 0.45 * rate, 25)
    )
    edges = np.maximum.accumulate(np.maximum(edges, np.arange(25) + 1))
    bands = np.add.reduceat(np.log1p(0.5 * spectrum), edges[:-1], axis=1)
    bands = bands / np.maximum(1, np.diff(np.append(edges[:-1], spectrum.shape[1])))
    rise = np.maximum(0, np.diff(bands, axis=0)).sum(axis=1).astype(np.float64)
    local = np.convolve(rise, np.ones(43) / 43, "same")
    onsets: NDArray[np.float64] = np.maximum(0, rise - local)
    return onsets


def _tempo_bpm(onsets: NDArray[np.float64], rate_hz: float) -> float:
    count = len(onsets)
    power = np.abs(np.fft.rfft(onsets - onsets.mean(), 2 * count)) ** 2
    likeness = np.fft.irfft(power)[:count]
    scores = np.zeros(len(_TEMPOS_BPM))
    lags = 60 / _TEMPOS_BPM * rate_hz
    for multiple, weight in ((1, 1.0), (2, 0.8), (4, 0.7), (8, 0.4)):
        place = np.minimum(count - 2, lags * multiple)
        scores += weight * np.interp(place, np.arange(count), likeness)
    scores *= np.exp(-0.5 * (np.log2(_TEMPOS_BPM / _USUAL_BPM) / _OCTAVES_AROUND) ** 2)
    coarse = _TEMPOS_BPM[int(scores.argmax())]
    near = coarse * (1 + np.linspace(-0.03, 0.03, 121))
    seconds = np.arange(count) / rate_hz
    fit = np.zeros(len(near))
    for multiple, weight in ((1, 1.0), (2, 1.0), (4, 0.7)):
        turns = np.exp(-2j * np.pi * np.outer(near / 60 * multiple, seconds))
        fit += weight * np.abs(turns @ onsets)
    return round(float(near[int(fit.argmax())]), 2)


def _key(mono: FloatArray, rate: float) -> tuple[int, str]:
    points = 8192
    if len(mono) < points:
        mono = np.pad(mono, (0, points - len(mono)))
    spectrum = _magnitudes(mono, points, points // 2)
    chroma = _chroma(spectrum, rate, 120.0, 1300.0)
    bass = _chroma(spectrum, rate, 50.0, 220.0)
    bass = bass / (bass.sum() + 1e-9)
    best = (-9.0, 0, "major")
    for mode, profile in _PROFILES.items():
        for tonic in range(12):
            like = float(np.corrcoef(np.roll(profile, tonic), chroma + 1e-9)[0, 1])
            like = like if np.isfinite(like) else 0.0
            best = max(
                best, (like + 0.9 * bass[tonic] + 0.25 * bass[(tonic + 7) % 12], tonic, mode)
            )
    return best[1], best[2]


def _phrase_bars(mono: FloatArray, rate: float, bar_s: float) -> int:
    """Return the shortest of 2, 4 and 8 bars after which the harmony repeats; 4 if none does."""
    points, hop = 8192, 4096
    if len(mono) < points:
        return _USUAL_PHRASE
    frames = _chroma_frames(_magnitudes(mono, points, hop), rate, 120.0, 1300.0)
    # what all bars share is the key and says nothing about phrases
    frames = frames - frames.mean(axis=0)
    norms = np.sqrt((frames**2).sum(axis=1)) + 1e-6
    likeness: dict[int, float] = {}
    for bars in (2, 4, 8):
        lag = round(bars * bar_s * rate / hop)
        if 2 * lag <= len(frames):
            products = (frames[:-lag] * frames[lag:]).sum(axis=1)
            likeness[bars] = float((products / (norms[:-lag] * norms[lag:])).mean())
    if not likeness or max(likeness.values()) < _ALIKE:
        return _USUAL_PHRASE
    return min(bars for bars, like in likeness.items() if like > 0.85 * max(likeness.values()))


def _chroma(spectrum: FloatArray, rate: float, low: float, high: float) -> NDArray[np.float64]:
    """Return how much of each pitch class sounds, shape (12,)."""
    chroma: NDArray[np.float64] = _chroma_frames(spectrum, rate, low, high).mean(axis=0)
    return chroma


def _chroma_frames(
    spectrum: FloatArray, rate: float, low: float, high: float
) -> NDArray[np.float64]:
    """Return how much of each pitch class is in each frame, from spectral peaks."""
    points = 2 * (spectrum.shape[1] - 1)
    hertz = np.arange(spectrum.shape[1]) * rate / points
    inside = np.flatnonzero((hertz > low) & (hertz < high))
    part = spectrum[:, inside]
    peaks = (part > spectrum[:, inside - 1]) & (part > spectrum[:, inside + 1])
    pitch = 12 * np.log2(hertz[inside] / 440) + 69
    tuned = np.clip(1 - 2.2 * np.abs(pitch - np.round(pitch)), 0, 1)
    weight = ((part * peaks) ** 0.7 * tuned).astype(np.float64)
    classes = np.round(pitch).astype(int) % 12
    frames = np.stack([weight[:, classes == c].sum(axis=1) for c in range(12)], axis=1)
    norms = np.sqrt((frames**2).sum(axis=1, keepdims=True)) + 1e-6
    shares: NDArray[np.float64] = frames / norms
    return shares


def _energy(onsets: NDArray[np.float64], rate_hz: float) -> float:
    """Return density of clear onsets: 0 at none, 1 at eight a second."""
    peak = (onsets[1:-1] > onsets[:-2]) & (onsets[1:-1] >= onsets[2:])
    clear = peak & (onsets[1:-1] > 0.35 * np.quantile(onsets, 0.99))
    return float(min(1.0, clear.sum() / (len(onsets) / rate_hz) / 8.0))


def _brightness(spectrum: FloatArray, rate: float) -> float:
    """Return where the centroid lies between 500 Hz (0) and 4 kHz (1), by octaves."""
    mean = (spectrum**2).mean(axis=0)
    hertz = np.arange(len(mean)) * rate / (2 * (len(mean) - 1))
    centroid = float((mean**0.5 * hertz).sum() / ((mean**0.5).sum() + 1e-12))
    return float(np.clip(np.log2(max(centroid, 1.0) / 500) / 3, 0, 1))
