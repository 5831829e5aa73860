"""What sounds when, at which height: levels over time and a logarithmic scale of frequencies."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Final

import numpy as np
from numpy.typing import NDArray

#: The heights that matter in music, from the lowest string of a bass to where MP3 ends.
LOW_HZ: Final = 40.0
HIGH_HZ: Final = 16_000.0
_WINDOW_S: Final = 0.09
_SHORT_WINDOW_S: Final = 0.045
# columns this close need the shorter window, or every drum is smeared over its neighbours
_CLOSE_S: Final = 0.03
_BATCH: Final = 64
_FLOOR_DB: Final = -140.0


@dataclass(frozen=True, slots=True, eq=False)
class Spectrogram:
    """Levels over time and frequency.

    Parameters
    ----------
    levels_db
        float32, shape ``(rows, columns)``, the lowest frequency first. The strongest partial in a
        band, in dB below a sine at full scale; the powers of the channels are averaged, so that
        nothing cancels.
    edges_hz
        The ``rows + 1`` borders of the bands, equally far apart on a logarithmic scale.
    duration_s
        Seconds that the columns divide into equal stretches.
    """

    levels_db: NDArray[np.float32]
    edges_hz: NDArray[np.float64]
    duration_s: float


class SpectrumReader:
    """Looks at the middle of each column of a stream, through a Hann window of about 0.09 s.

    Columns closer than 0.03 s are looked at through half of that. Memory does not grow with the
    length of the sound.

    Parameters
    ----------
    frames
        How many there will be.
    sample_rate
        Frames per second.
    columns, rows
        The shape of the result.
    low_hz, high_hz
        The lowest and the highest frequency; at most half the sample rate.

    Raises
    ------
    ValueError
        There are no frames, or no frequencies between `low_hz` and the highest that there is.
    """

    def __init__(
        self,
        frames: int,
        sample_rate: int,
        *,
        columns: int,
        rows: int,
        low_hz: float = LOW_HZ,
        high_hz: float = HIGH_HZ,
    ) -> None:
        high_hz = min(high_hz, sample_rate / 2)
        if frames < 1 or not 0 < low_hz < high_hz:
            raise ValueError(f"no picture of {frames} frames from {low_hz:g} to {high_hz:g} Hz")
        self._duration_s = frames / sample_rate
        close = self._duration_s / columns < _CLOSE_S
        size = 1 << round(np.log2(sample_rate * (_SHORT_WINDOW_S if close else _WINDOW_S)))
        self._window = np.hanning(size + 1)[:-1].astype(np.float32)
        self._window *= 2 / self._window.sum()
        middles = (np.arange(columns) + 0.5) / columns * frames
        self._starts = np.clip(middles - size / 2, 0, max(0, frames - size)).astype(np.intp)
        self._edges = np.geomspace(low_hz, high_hz, rows + 1)
        self._bands = _bands(self._edges, size / sample_rate)
        self._powers = np.zeros((columns, rows), np.float32)
        self._done = 0
        self._held: NDArray[np.float32] | None = None
        self._offset = 0

    def push(self, samples: NDArray[np.float32]) -> None:
        """Take the next samples, shaped ``(frames, channels)``."""
        held = samples if self._held is None else np.concatenate([self._held, samples])
        size, ready = len(self._window), self._offset + len(held)
        while self._done < len(self._starts) and self._starts[self._done] + size <= ready:
            # a batch of columns and its spectra stay in the processor's cache
            batch = self._starts[self._done : self._done + _BATCH]
            batch = batch[batch + size <= ready]
            powers = _powers(held, batch - self._offset, self._window)
            after = self._done + len(batch)
            self._powers[self._done : after] = _strongest(powers, *self._bands)
            self._done = after
        needed = self._starts[self._done] if self._done < len(self._starts) else ready
        drop = min(max(0, int(needed) - self._offset), len(held))
        self._held = held[drop:].copy()
        self._offset += drop

    def close(self) -> Spectrogram:
        """Return what was seen. What is missing of the frames that were told of is silence."""
        if self._held is not None and self._done < len(self._starts):
            self.push(np.zeros((len(self._window), self._held.shape[1]), np.float32))
        powers = np.maximum(self._powers, 10 ** (_FLOOR_DB / 10))
        return Spectrogram(10 * np.log10(powers.T), self._edges, self._duration_s)


def spectrogram(
    samples: NDArray[np.float32], sample_rate: int, *, columns: int = 1000, rows: int = 200
) -> Spectrogram:
    """Look at samples, shaped ``(frames, channels)`` or ``(frames,)``; see `SpectrumReader`."""
    samples = samples[:, None] if samples.ndim == 1 else samples
    reader = SpectrumReader(len(samples), sample_rate, columns=columns, rows=rows)
    reader.push(samples)
    return reader.close()


def _powers(
    samples: NDArray[np.float32], starts: NDArray[np.intp], window: NDArray[np.float32]
) -> NDArray[np.float32]:
    """Return the mean power spectra of the channels at some starts."""
    channels = samples.shape[1]
    total = np.zeros((len(starts), len(window) // 2 + 1), np.float32)
    blocks = np.stack([samples[start : start + len(window)] for start in starts.tolist()])
    if not np.isfinite(blocks).all():  # a float file may hold NaN or infinity
        np.nan_to_num(blocks, copy=False, nan=0.0, posinf=1.0, neginf=-1.0)
    for channel in range(channels):
        spectrum = np.fft.rfft(blocks[:, :, channel] * window, axis=1)
        total += (spectrum.real**2 + spectrum.imag**2).astype(np.float32)
    return total / np.float32(channels)


def _bands(
    edges_hz: NDArray[np.float64], window_s: float
) -> tuple[int, NDArray[np.intp], NDArray[np.intp], NDArray[np.float32]]:
    """Say where bands lie in a spectrum: bins to look up for narrow ones, to search for wide.

    Returns
    -------
    tuple
        How many of the lowest bands are narrower than two bins; for each band its first bin and
        the first after it; for the narrow ones how far their middle is between two bins.
    """
    places = edges_hz * window_s
    middles = np.sqrt(places[:-1] * places[1:])
    narrow = int(np.searchsorted(np.diff(places), 2.0))
    first = np.where(np.arange(len(middles)) < narrow, middles, np.ceil(places[:-1]))
    first = first.astype(np.intp)
    after = np.maximum(first + 1, np.ceil(places[1:]).astype(np.intp))
    return narrow, first, after, (middles - first)[:narrow].astype(np.float32)


def _strongest(
    powers: NDArray[np.float32],
    narrow: int,
    first: NDArray[np.intp],
    after: NDArray[np.intp],
    between: NDArray[np.float32],
) -> NDArray[np.float32]:
    """Return the strongest power in each band, between bins where bands are narrower than them."""
    levels = np.empty((len(powers), len(first)), np.float32)
    last = powers.shape[1] - 1
    low, next_up = first[:narrow], np.minimum(first[:narrow] + 1, last)
    levels[:, :narrow] = powers[:, low] * (1 - between) + powers[:, next_up] * between
    if narrow < len(first):
        wide = powers[:, : min(int(after[-1]), last + 1)]
        levels[:, narrow:] = np.maximum.reduceat(wide, np.minimum(first[narrow:], last), axis=1)
    return levels
