"""How much alike two clips are: as recordings, and as styles."""

from __future__ import annotations

import math
from collections.abc import Sequence
from dataclasses import dataclass
from typing import Final

import numpy as np
from numpy.typing import NDArray

from musicnb.measure._fingerprint import Fingerprint
from musicnb.measure._pitches import PITCH_FRAMES_PER_S, SEMITONES
from musicnb.measure._weights import BAND_MEANS, BAND_SPREADS

SAME_RECORDING: Final = 0.85

# what overlaps by less agrees by chance
_LEAST_OVERLAP_S: Final = 5.0
_LEAST_OVERLAP: Final = 0.5  # of the shorter clip
_FINER: Final = 2  # lags of 0.1 s
_AT_ONCE: Final = 32


@dataclass(frozen=True, slots=True)
class Similarity:
    """Two answers to "are these alike?".

    Parameters
    ----------
    content
        −1 to 1: correlation of the pitch classes over time (chroma at 5 Hz, less its means)
        at the best alignment in time. `SAME_RECORDING` (0.85) and more: the same recording, also
        when it was re-encoded, trimmed, shifted, equalised or made louder. Transposed or faster
        copies are not recognised. NaN where a clip is silent or under 5 s.
    style
        −1 to 1: cosine of mean and deviation of the log level in 32 mel bands, standardised over a
        varied corpus. It compares timbre, balance and density, not notes; the sound of a mix, not
        its genre. NaN where a clip is silent.
    lag_s
        How much later the second clip's sound comes within its file than the first's in its own,
        in seconds, ±0.1; NaN with `content`.
    """

    content: float
    style: float
    lag_s: float


@dataclass(frozen=True, slots=True)
class NearDuplicate:
    """Two clips that hold the same recording.

    Parameters
    ----------
    first, second
        Their places in the sequence that was compared; ``first < second``.
    content, lag_s
        See `Similarity`.
    """

    first: int
    second: int
    content: float
    lag_s: float


def similarity(a: Fingerprint, b: Fingerprint) -> Similarity:
    """Compare two clips; the order only turns the sign of the lag.

    Costs one FFT of twice the longer clip at 5 Hz for each of 12 pitch classes: about 1 ms.
    """
    frames = [a.chroma_frames(), b.chroma_frames()]
    content, lag_s = math.nan, math.nan
    if all(_comparable(rows) for rows in frames):
        tracks = _Tracks(frames)
        contents, lags = tracks.against(0)
        content, lag_s = float(contents[1]), float(lags[1])
    return Similarity(content, _style(a.band_statistics(), b.band_statistics()), lag_s)


def near_duplicates(
    fingerprints: Sequence[Fingerprint], *, threshold: float = SAME_RECORDING
) -> list[NearDuplicate]:
    """Find all pairs of clips that hold the same recording.

    Every clip is transformed once; each of the n(n − 1)/2 pairs then costs a product of spectra and
    one inverse FFT of N points, N being twice the longest clip at 5 Hz: O(n² N log N) in time,
    O(n N) in memory (12 n N / 2 complex64: 100 MB for 500 clips of three minutes).

    Parameters
    ----------
    fingerprints
        Of the clips; silent ones and those under 5 s are like nothing.
    threshold
        Least `Similarity.content`.

    Returns
    -------
    list of NearDuplicate
        The most alike first.
    """
    frames = [fingerprint.chroma_frames() for fingerprint in fingerprints]
    places = [place for place, rows in enumerate(frames) if _comparable(rows)]
    if len(places) < 2:  # noqa: PLR2004
        return []
    tracks = _Tracks([frames[place] for place in places])
    found = []
    for first in range(len(places) - 1):
        contents, lags = tracks.against(first)
        for second in np.flatnonzero(contents >= threshold):
            if second > first:
                pair = places[first], places[int(second)]
                found.append(NearDuplicate(*pair, float(contents[second]), float(lags[second])))
    return sorted(found, key=lambda pair: -pair.content)


class _Tracks:
    """Centred chroma of many clips, transformed once."""

    def __init__(self, frames: list[NDArray[np.float32]]) -> None:
        self._lengths = np.array([len(rows) for rows in frames])
        self._size = 1 << int(2 * self._lengths.max() - 1).bit_length()
        self._spectra = np.empty((len(frames), SEMITONES, self._size // 2 + 1), np.complex64)
        # energy of the first k frames: that of any overlap is a difference of two
        self._energy = np.zeros((len(frames), int(self._lengths.max()) + 1))
        self._sums = [np.zeros((len(rows) + 1, SEMITONES)) for rows in frames]
        for place, rows in enumerate(frames):
            sounding = rows.max(axis=1) > 0
            centred = np.where(sounding[:, None], rows - rows[sounding].mean(axis=0), 0)
            self._spectra[place] = np.fft.rfft(centred.T, self._size, axis=1)
            energy = np.cumsum(np.square(centred).sum(axis=1, dtype=np.float64))
            self._energy[place, 1 : len(rows) + 1] = energy
            self._energy[place, len(rows) + 1 :] = energy[-1]
            self._sums[place][1:] = np.cumsum(centred, axis=0, dtype=np.float64)

    def against(self, first: int) -> tuple[NDArray[np.float64], NDArray[np.float64]]:
        """Compare one clip with itself and those after it.

        Returns
        -------
        contents, lags : ndarray
            One for each clip; those before `first` are −1 and 0.
        """
        contents, lags = np.full(len(self._lengths), -1.0), np.zeros(len(self._lengths))
        mine = np.conj(self._spectra[first])
        for start in range(first, len(self._lengths), _AT_ONCE):
            cross = np.einsum("okf,kf->of", self._spectra[start : start + _AT_ONCE], mine)
            products = np.fft.irfft(cross, self._size * _FINER, axis=1) * _FINER
            for place, row in enumerate(products, start):
                contents[place], lags[place] = self._best(first, place, row)
        return contents, lags

    def _best(self, first: int, other: int, products: NDArray[np.float64]) -> tuple[float, float]:
        """Return the highest correlation over all lags with enough overlap, and its lag."""
        mine, theirs = int(self._lengths[first]), int(self._lengths[other])
        least = max(_LEAST_OVERLAP_S * PITCH_FRAMES_PER_S, _LEAST_OVERLAP * min(mine, theirs))
        lowest, highest = int(least) - mine, theirs - int(least)
        steps = np.arange(lowest * _FINER, highest * _FINER + 1)
        lag = np.floor_divide(steps, _FINER)
        begin, end = np.maximum(0, -lag), np.minimum(mine, theirs - lag)
        energy = self._energy[first]
        energies = energy[end] - energy[begin]
        energy = self._energy[other]
        energies = energies * (energy[end + lag] - energy[begin + lag])
        values = products[steps] / np.sqrt(np.maximum(energies, 1e-9))
        best = int(values.argmax())
        mine_heard = slice(int(begin[best]), int(end[best]))
        theirs_heard = slice(mine_heard.start + int(lag[best]), mine_heard.stop + int(lag[best]))
        content = self._correlation(
            (first, mine_heard), (other, theirs_heard), float(products[steps[best]])
        )
        return content, float(steps[best]) / _FINER / PITCH_FRAMES_PER_S

    def _correlation(
        self, mine_heard: tuple[int, slice], theirs_heard: tuple[int, slice], product: float
    ) -> float:
        """Return the correlation within an overlap, less the means that the overlap itself has.

        A part of a clip has other means than the whole, so those of the clips do not serve here.
        """
        count = mine_heard[1].stop - mine_heard[1].start
        energies = []
        for place, part in (mine_heard, theirs_heard):
            total = self._sums[place][part.stop] - self._sums[place][part.start]
            energy = self._energy[place, part.stop] - self._energy[place, part.start]
            energies.append((total, energy - float(total @ total) / count))
        (mine, my_energy), (theirs, their_energy) = energies
        covariance = product - float(mine @ theirs) / count
        spread = math.sqrt(max(my_energy, 0.0) * max(their_energy, 0.0))
        return min(1.0, covariance / spread) if spread > 0 else 0.0


def _comparable(rows: NDArray[np.float32]) -> bool:
    return int(rows.any(axis=1).sum()) >= _LEAST_OVERLAP_S * PITCH_FRAMES_PER_S


def _style(a: NDArray[np.float32], b: NDArray[np.float32]) -> float:
    means, spreads = np.array(BAND_MEANS), np.array(BAND_SPREADS)
    first, second = (a - means) / spreads, (b - means) / spreads
    shared = np.isfinite(first) & np.isfinite(second)
    if not shared.any():
        return math.nan
    first, second = first[shared], second[shared]
    return float(
        first @ second / math.sqrt(max(float(first @ first) * float(second @ second), 1e-12))
    )
