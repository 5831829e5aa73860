"""An independent ear for the tests: tempo, key, onsets and spectral balance of rendered audio.

It shares no code with the engine's own listener, so that the two cannot agree by mistake.
"""

from __future__ import annotations

import numpy as np

RATE = 44_100
HOP = 512
#: Key profiles of Albrecht and Shanahan, "The use of large corpora to train a new type of
#: key-finding algorithm" (Music Perception, 2013).
MAJOR = np.array(
    [0.238, 0.006, 0.111, 0.006, 0.137, 0.094, 0.016, 0.214, 0.009, 0.080, 0.008, 0.081]
)
MINOR = np.array(
    [0.220, 0.006, 0.104, 0.123, 0.019, 0.103, 0.012, 0.214, 0.062, 0.022, 0.061, 0.052]
)
NAMES = ("C", "Db", "D", "Eb", "E", "F", "F#", "G", "Ab", "A", "Bb", "B")


def spectrogram(samples: np.ndarray, points: int, hop: int) -> np.ndarray:
    """Return magnitudes, shape (frames, points // 2 + 1), of the mono sum."""
    mono = samples.sum(axis=1)
    frames = np.lib.stride_tricks.sliding_window_view(mono, points)[::hop]
    return np.abs(np.fft.rfft(frames * np.hanning(points).astype(np.float32), axis=1))


def flux(samples: np.ndarray) -> np.ndarray:
    """Return the half-wave rectified change of the log spectrum, one value per 512 samples."""
    bands = np.log1p(10 * spectrogram(samples, 1024, HOP)[:, 2:400])
    rise = np.maximum(0, np.diff(bands, axis=0)).sum(axis=1)
    return rise - np.convolve(rise, np.ones(31) / 31, "same")


def tempo_agreement(samples: np.ndarray, tempo_bpm: float) -> float:
    """Return how far the strongest pulse lies from the tempo, as a share; octaves are forgiven."""
    onsets = np.maximum(0, flux(samples))
    seconds = np.arange(len(onsets)) * HOP / RATE
    grid = np.arange(55.0, 215.0, 0.1)
    strength = np.zeros(len(grid))
    for multiple in (1, 2, 4):
        turns = np.exp(-2j * np.pi * np.outer(grid / 60 * multiple, seconds))
        strength += np.abs(turns @ onsets)
    heard = grid[int(strength.argmax())]
    ratios = (0.5, 2 / 3, 0.75, 1.0, 4 / 3, 1.5, 2.0)
    return min(abs(heard * r / tempo_bpm - 1) for r in ratios if r in {0.5, 1.0, 2.0})


def chroma(samples: np.ndarray, low: float, high: float) -> np.ndarray:
    """Return the energy of the twelve pitch classes between two frequencies, sum 1."""
    magnitudes = spectrogram(samples, 8192, 4096)
    hertz = np.fft.rfftfreq(8192, 1 / RATE)
    inside = (hertz > low) & (hertz < high)
    peaks = np.zeros_like(magnitudes)
    middle = magnitudes[:, 1:-1]
    crest = (middle > magnitudes[:, :-2]) & (middle > magnitudes[:, 2:])
    peaks[:, 1:-1] = middle * crest
    classes = np.round(12 * np.log2(hertz[inside] / 440) + 69).astype(int) % 12
    level = np.sqrt(peaks[:, inside])
    total = np.array([level[:, classes == c].sum() for c in range(12)])
    return total / total.sum()


def heard_keys(samples: np.ndarray) -> list[str]:
    """Return all 24 keys, the likeliest first, such as ``"A minor"``."""
    colours = chroma(samples, 110, 1800)
    bass = chroma(samples, 40, 200)
    scores = []
    for mode, profile in (("major", MAJOR), ("minor", MINOR)):
        for tonic in range(12):
            like = np.corrcoef(np.roll(profile, tonic), colours)[0, 1]
            scores.append((like + 1.2 * bass[tonic], f"{NAMES[tonic]} {mode}"))
    return [name for _, name in sorted(scores, reverse=True)]


def onsets_per_s(samples: np.ndarray) -> float:
    """Return clear onsets a second."""
    rise = flux(samples)
    peak = (rise[1:-1] > rise[:-2]) & (rise[1:-1] >= rise[2:])
    # all pieces have the same loudness, so one threshold serves them all
    clear = peak & (rise[1:-1] > 20)
    return float(clear.sum() / (len(samples) / RATE))


def treble_db(samples: np.ndarray) -> float:
    """Return the level above 3 kHz against that between 100 Hz and 1 kHz, in dB."""
    power = (spectrogram(samples, 4096, 4096) ** 2).mean(axis=0)
    hertz = np.fft.rfftfreq(4096, 1 / RATE)
    high = power[hertz > 3000].sum()
    low = power[(hertz > 100) & (hertz < 1000)].sum()
    return float(10 * np.log10(high / low))


def levels_db(samples: np.ndarray, seconds: float) -> np.ndarray:
    """Return the RMS level of consecutive windows in dB."""
    size = int(seconds * RATE)
    count = len(samples) // size
    windows = samples[: count * size].reshape(count, -1)
    return 10 * np.log10((windows.astype(np.float64) ** 2).mean(axis=1) + 1e-12)
