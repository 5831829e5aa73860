"""Mel bands and how strongly something begins in them, 50 times a second."""

from __future__ import annotations

from typing import Final

import numpy as np
from numpy.typing import NDArray

from musicnb.measure._frames import Samples

BANDS: Final = 32
ONSET_FRAMES_PER_S: Final = 50
ONSET_FRAME_S: Final = 0.0465
CELL_FRAMES: Final = 10  # five cells a second are kept for comparing clips

_LOWEST_HZ, _HIGHEST_HZ = 30.0, 5_000.0
# 60 dB below the loudest band so far counts as silence
_RANGE: Final = 1_000.0
_SILENCE: Final = 1e-5
_CHUNK_FRAMES: Final = 1_000
_RISE_FRAMES: Final = 2
# kick and bass below 250 Hz, voices and chords, cymbals above 1.7 kHz
_GROUPS: Final = (0, 3, 18)
_LOCAL_FRAMES: Final = 25


class Onsets:
    """Collects onset strength and a coarse mel spectrogram from magnitudes.

    The scale is logarithmic with a floor 60 dB below the loudest band heard so far, so gain makes
    no difference. It is applied to 20 s at a time, which keeps the memory to one number a frame.

    Parameters
    ----------
    hertz
        Frequencies of the magnitudes.
    """

    def __init__(self, hertz: NDArray[np.float64]) -> None:
        self._mel = mel_bands(hertz)
        self._waiting: list[Samples] = []
        self._count = 0
        self._before = np.zeros((_RISE_FRAMES, BANDS), np.float32)
        self._loudest = 0.0
        self._rises: list[Samples] = []
        self._cells: list[Samples] = []

    def push(self, magnitudes: Samples) -> None:
        """Take the next frames, shaped ``(frames, len(hertz))``."""
        bands = magnitudes @ self._mel
        while self._count + len(bands) >= _CHUNK_FRAMES:
            cut = _CHUNK_FRAMES - self._count
            self._waiting.append(bands[:cut])
            self._condense()
            bands = bands[cut:]
        self._waiting.append(bands)
        self._count += len(bands)

    def strength(self) -> Samples:
        """Close the stream and return the onset strength of each frame.

        Returns
        -------
        ndarray of float32, shape (frames, 3)
            Rise within 40 ms, in nepers, below 250 Hz, between, and above 1.7 kHz, above what is
            usual within half a second around; 0 and more. A band counts as much as another, so the
            sum over the three is the mean over the bands.
        """
        self._condense()
        if not self._rises:
            return np.zeros((0, len(_GROUPS)), np.float32)
        rises = np.concatenate(self._rises)
        self._rises = []
        # the sound's own beginning is not a beat, and has nothing before it to rise from
        rises[:_RISE_FRAMES] = 0
        half = _LOCAL_FRAMES // 2
        for column in range(rises.shape[1]):  # an hour would be large in one piece
            padded = np.pad(rises[:, column], (half + 1, half), mode="edge")
            summed = np.cumsum(padded, dtype=np.float64)
            usual = (summed[_LOCAL_FRAMES:] - summed[:-_LOCAL_FRAMES]) / _LOCAL_FRAMES
            rises[:, column] = np.maximum(0, rises[:, column] - usual)
        return rises

    def cells(self) -> Samples:
        """Return mean magnitudes in `BANDS` bands, five times a second; call after `strength`."""
        return np.concatenate(self._cells) if self._cells else np.zeros((0, BANDS), np.float32)

    def _condense(self) -> None:
        if not self._waiting:
            return
        bands = np.concatenate(self._waiting)
        self._waiting, self._count = [], 0
        if not len(bands):
            return
        self._loudest = max(self._loudest, float(bands.max()))
        whole = len(bands) // CELL_FRAMES * CELL_FRAMES
        if whole:
            self._cells.append(bands[:whole].reshape(-1, CELL_FRAMES, BANDS).mean(axis=1))
        held = np.concatenate([self._before, bands])
        self._before = held[-_RISE_FRAMES:]
        if self._loudest < _SILENCE:
            self._rises.append(np.zeros((len(bands), len(_GROUPS)), np.float32))
            return
        scaled = np.log1p(held * np.float32(_RANGE / self._loudest))
        rises = np.maximum(0, scaled[_RISE_FRAMES:] - scaled[:-_RISE_FRAMES])
        grouped = np.add.reduceat(rises, _GROUPS, axis=1) / BANDS
        self._rises.append(grouped.astype(np.float32))


def mel_bands(hertz: NDArray[np.float64]) -> Samples:
    """Return triangles of equal width in mel, 30 to 5,000 Hz, shaped ``(len(hertz), BANDS)``.

    A band that lies above the highest frequency is all zero.
    """
    mel = np.linspace(_mel(_LOWEST_HZ), _mel(_HIGHEST_HZ), BANDS + 2)
    edges = 700 * (10 ** (mel / 2595) - 1)
    lower, middle, upper = edges[:-2], edges[1:-1], edges[2:]
    rising = (hertz[:, None] - lower) / (middle - lower)
    falling = (upper - hertz[:, None]) / (upper - middle)
    triangles = np.maximum(0, np.minimum(rising, falling))
    triangles /= np.maximum(triangles.sum(axis=0), 1e-9)
    # half a triangle would read high
    triangles[:, upper > hertz[-1]] = 0
    return triangles.astype(np.float32)


def _mel(hertz: float) -> float:
    return float(2595 * np.log10(1 + hertz / 700))
