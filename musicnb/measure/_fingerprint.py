"""A few kilobytes by which a clip is known again, and compared with others."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Final

import numpy as np
from numpy.typing import NDArray

from musicnb.measure._frames import Samples
from musicnb.measure._onsets import BANDS
from musicnb.measure._pitches import SEMITONES

_SCALE: Final = 255
_RANGE: Final = 1_000.0
_SILENCE: Final = 1e-5
# what lies 40 dB below the loudest is a pause, and 20 dB below it an ending: no style
_AUDIBLE: Final = 0.01
_FULL: Final = 0.1


@dataclass(frozen=True, slots=True)
class Fingerprint:
    """What is kept of a clip for `similarity`: 60 bytes a second and 256 more.

    Parameters
    ----------
    chroma
        Pitch classes five times a second, 12 unsigned bytes each, from C; each frame is scaled to
        length 255. Silent frames are 0.
    bands
        Mean and, after it, standard deviation of the log level in 32 mel bands, as 64 float32 in
        little-endian order; NaN where the sample rate leaves a band empty.
    """

    chroma: bytes
    bands: bytes

    def chroma_frames(self) -> Samples:
        """Return the pitch classes, shaped ``(frames, 12)``, lengths 0 or about 1."""
        numbers = np.frombuffer(self.chroma, np.uint8).reshape(-1, SEMITONES)
        return numbers.astype(np.float32) / np.float32(_SCALE)

    def band_statistics(self) -> NDArray[np.float32]:
        """Return the 64 numbers of `bands`."""
        return np.frombuffer(self.bands, "<f4").astype(np.float32)


def fingerprint_of(chroma: Samples, cells: Samples, heard_bands: NDArray[np.bool_]) -> Fingerprint:
    """Condense a clip.

    Parameters
    ----------
    chroma
        Of `Pitches.close`.
    cells
        Of `Onsets.cells`.
    heard_bands
        Which mel bands lie below half the sample rate.
    """
    norms = np.linalg.norm(chroma, axis=1, keepdims=True)
    loudest = float(norms.max(initial=0.0))
    level = np.where(norms > max(loudest * _AUDIBLE, _SILENCE), chroma / np.maximum(norms, 1e-9), 0)
    packed = np.round(level * _SCALE).astype(np.uint8)
    return Fingerprint(packed.tobytes(), _statistics(cells, heard_bands).astype("<f4").tobytes())


def _statistics(cells: Samples, heard_bands: NDArray[np.bool_]) -> NDArray[np.float32]:
    statistics = np.full(2 * BANDS, np.nan, np.float32)
    loudest = float(cells.max(initial=0.0))
    if loudest < _SILENCE:
        return statistics
    full = cells[cells.max(axis=1) > loudest * _FULL]
    scaled = np.log1p(full * np.float32(_RANGE / loudest))
    heard = np.flatnonzero(heard_bands)
    statistics[heard] = scaled.mean(axis=0)[heard]
    statistics[BANDS + heard] = scaled.std(axis=0)[heard]
    return statistics
