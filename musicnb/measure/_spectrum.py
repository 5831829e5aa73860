"""The mean power spectrum: centre of gravity, balance of bands, and where it is cut off."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Final

import numpy as np
from numpy.typing import NDArray

from musicnb.measure._chunks import Chunk

#: Edges, in hertz, of the bands of `Measures.balance_db`; the last ends at half the sample rate.
BAND_EDGES_HZ: Final = (20.0, 60.0, 250.0, 2000.0, 6000.0)
BANDS: Final = ("sub", "bass", "middle", "presence", "air")
# 46 ms at 44.1 kHz: 22 Hz between lines
_FRAMES_PER_SECOND: Final = 22
# Every sixth frame is looked at: the mean of a clip hardly moves, and the cost is a sixth.
_EVERY: Final = 6
_CUT_STEP_DB: Final = 25.0
_CUT_WIDTH_HZ: Final = 500.0
_CUT_SHOULDER: Final = 4
_CUT_SHOULDER_DB: Final = 24.0
_CUT_LOWEST_HZ: Final = 3000.0


@dataclass(frozen=True, slots=True)
class Spectrum:
    """See `musicnb.measure.Measures` for the fields."""

    centroid_hz: float | None
    balance_db: tuple[float, ...] | None
    limit_hz: float | None


class SpectrumMeter:
    """Averages the power spectrum of all channels (Welch's method, Hann window).

    Parameters
    ----------
    sample_rate
        Frames per second.
    """

    def __init__(self, sample_rate: int) -> None:
        self._rate = sample_rate
        self._size = 1 << round(np.log2(sample_rate / _FRAMES_PER_SECOND))
        # in float64, because numpy's FFT takes 1.6 times as long in float32
        self._window = np.hanning(self._size + 1)[:-1]
        # real and imaginary parts side by side, as the FFT gives them
        self._squares = np.zeros(self._size + 2)

    def push(self, chunk: Chunk) -> None:
        """Take the next chunk; what is shorter than a frame counts only where it is all."""
        size, planes = self._size, chunk.planes
        if chunk.frames < size:
            if chunk.start:
                return
            planes = np.pad(planes, ((0, 0), (0, size - chunk.frames)))
        whole = planes.shape[1] // size * size
        frames = planes[:, :whole].reshape(len(planes), -1, size)[:, ::_EVERY]
        parts = np.fft.rfft(frames * self._window).view(np.float64).reshape(-1, size + 2)
        self._squares += np.einsum("ij,ij->j", parts, parts)

    def close(self) -> Spectrum:
        """Return what the mean spectrum says; nothing of silence."""
        lines = self._squares.reshape(-1, 2).sum(axis=1)
        frequencies = np.arange(len(lines)) * self._rate / self._size
        power = np.where(frequencies >= BAND_EDGES_HZ[0], lines, 0.0)
        total = float(power.sum())
        if not total:
            return Spectrum(None, None, None)
        bands = np.searchsorted(BAND_EDGES_HZ, frequencies, "right") - 1
        shares = np.bincount(np.maximum(bands, 0), power, minlength=len(BANDS)) / total
        with np.errstate(divide="ignore"):
            balance = 10 * np.log10(shares)
        return Spectrum(
            centroid_hz=float(frequencies @ power) / total,
            balance_db=tuple(float(level) for level in balance),
            limit_hz=_cut_hz(power, self._rate / self._size),
        )


def _cut_hz(power: NDArray[np.float64], line_hz: float) -> float | None:
    """Return where a filled spectrum ends as if cut with a knife, or None.

    A falling spectrum of music loses a few dB per 500 Hz; an encoder's low-pass, or an upsampled
    file, loses all at once and nothing comes after it. The 2 kHz before the step must be filled,
    or the last partial of a single tone would be one.
    """
    width = max(1, round(_CUT_WIDTH_HZ / line_hz))
    count = len(power) // width
    levels = 10 * np.log10(power[: count * width].reshape(count, width).mean(axis=1) + 1e-30)
    first = max(_CUT_SHOULDER, round(_CUT_LOWEST_HZ / _CUT_WIDTH_HZ))
    for edge in range(first, count - 1):
        shoulder = levels[edge - _CUT_SHOULDER : edge]
        # one stretch between may hold the slope itself
        after = levels[edge + 1 :]
        if shoulder[-1] - after.max() > _CUT_STEP_DB and np.ptp(shoulder) < _CUT_SHOULDER_DB:
            return _edge_hz(power, edge * width, width, line_hz)
    return None


def _edge_hz(power: NDArray[np.float64], line: int, width: int, line_hz: float) -> float:
    """Return the last frequency that is no more than 12 dB below what precedes the step."""
    before = power[line - width : line].mean()
    around = power[line - width : line + 2 * width]
    kept = np.convolve(around, np.full(5, 0.2), "same") > before / 16
    return float((line - width + np.flatnonzero(kept)[-1]) * line_hz)
