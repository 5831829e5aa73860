"""Mono sound at any rate, thinned to about 11 kHz and cut into spectra at exact times.

Tempo, key and similarity all listen below 5 kHz, so they share one decimation, and pitches, which
are listened for below 2.1 kHz, have a second one. The low-pass runs as matrix products over blocks.
Spectra then start at ``k / frames_per_second`` seconds, to within half a sample and without drift,
whatever the rate: what follows need not know it.
"""

from __future__ import annotations

import math
from collections.abc import Iterator
from typing import Final

import numpy as np
from numpy.lib.stride_tricks import sliding_window_view
from numpy.typing import NDArray

Samples = NDArray[np.float32]

_ANALYSIS_HZ: Final = 11_025
_HALVED_ABOVE_HZ: Final = 10_000
_LOWEST_RATE_HZ: Final = 8_000
_HIGHEST_RATE_HZ: Final = 192_000
_OUTPUTS_PER_BLOCK: Final = 64
# taps on either side of the middle one, per sample of output; with this Kaiser window what folds
# back below 4.2 kHz is 70 dB down
_REACH: Final = 6
_KAISER_BETA: Final = 7.0
_CUTOFF: Final = 0.42  # of the output's rate
_FRAMES_AT_ONCE: Final = 64


def thinning(sample_rate: int) -> int:
    """Return of how many samples one is kept for about 11 kHz."""
    return max(1, round(sample_rate / _ANALYSIS_HZ))


class Decimator:
    """Keeps one sample of every `factor`, after a linear-phase low-pass.

    Parameters
    ----------
    factor
        1 and more. Output ``i`` stands at input ``i * factor``.

    Attributes
    ----------
    factor : int
        As given.
    """

    def __init__(self, factor: int) -> None:
        self.factor = factor
        self._stride = self.factor * _OUTPUTS_PER_BLOCK
        self._reach = _REACH * self.factor if self.factor > 1 else 0
        self._here, self._ahead = self._matrices()
        # silence before the first sample puts output 0 exactly at input 0
        self._rest: Samples = np.zeros(self._reach, np.float32)
        self._due = 0  # outputs not yet given, counted in inputs pushed

    def push(self, samples: Samples) -> Samples:
        """Take the next mono samples; return as many thinned ones as are certain by now."""
        if self.factor == 1:
            return samples
        self._due += len(samples)
        held = np.concatenate([self._rest, samples])
        blocks = (len(held) - 2 * self._reach) // self._stride
        if blocks <= 0:
            self._rest = held
            return np.zeros(0, np.float32)
        self._rest = held[blocks * self._stride :].copy()
        self._due -= blocks * self._stride
        rows = held[: blocks * self._stride].reshape(blocks, self._stride)
        thinned = rows @ self._here
        following = np.empty((blocks, 2 * self._reach), np.float32)
        following[:-1] = rows[1:, : 2 * self._reach]
        following[-1] = self._rest[: 2 * self._reach]
        thinned += following @ self._ahead
        return thinned.ravel()

    def close(self) -> Samples:
        """Return the samples still held back, as if silence followed."""
        if self.factor == 1 or not self._due:
            return np.zeros(0, np.float32)
        wanted = -(-self._due // self.factor)
        tail = self.push(np.zeros(self._stride + 2 * self._reach, np.float32))
        self._due = 0
        return tail[:wanted]

    def _matrices(self) -> tuple[Samples, Samples]:
        """Return what a block of inputs, and the inputs after it, give to the block's outputs."""
        taps = 2 * self._reach + 1
        at = np.arange(taps) - self._reach
        cutoff = _CUTOFF / self.factor
        impulse = np.sinc(2 * cutoff * at) * np.kaiser(taps, _KAISER_BETA)
        impulse /= impulse.sum()
        whole = np.zeros((self._stride + 2 * self._reach, _OUTPUTS_PER_BLOCK), np.float32)
        for output in range(_OUTPUTS_PER_BLOCK):
            whole[output * self.factor : output * self.factor + taps, output] = impulse
        return whole[: self._stride].copy(), whole[self._stride :].copy()


class Ear:
    """Thins a stream of samples and gives the short and the long spectra of it.

    Parameters
    ----------
    sample_rate
        Of what is pushed, 8,000 to 192,000 Hz.
    short, long
        Frames per second and length of a frame in seconds.

    Attributes
    ----------
    short, long : Spectra
        Of 8 to 16.6 kHz, and of half that or of 4 to 10 kHz.

    Raises
    ------
    ValueError
        The rate is outside 8,000 to 192,000 Hz.
    """

    def __init__(self, sample_rate: int, short: tuple[int, float], long: tuple[int, float]) -> None:
        if not _LOWEST_RATE_HZ <= sample_rate <= _HIGHEST_RATE_HZ:
            raise ValueError(f"sample rates are 8,000 to 192,000 Hz, not {sample_rate}")
        once = thinning(sample_rate)
        twice = 2 if sample_rate > _HALVED_ABOVE_HZ * once else 1
        self._first, self._second = Decimator(once), Decimator(twice)
        self.short = Spectra(sample_rate, once, *short)
        self.long = Spectra(sample_rate, once * twice, *long)

    def push(self, samples: Samples) -> tuple[Iterator[Samples], Iterator[Samples]]:
        """Take the next mono samples; return magnitudes of the short and of the long frames."""
        thinned = self._first.push(samples)
        return self.short.push(thinned), self.long.push(self._second.push(thinned))

    def close(self) -> tuple[Iterator[Samples], Iterator[Samples]]:
        """Return the last frames that lie within the sound."""
        thinned = self._first.close()
        twice = np.concatenate([self._second.push(thinned), self._second.close()])
        return self.short.push(thinned), self.long.push(twice)


class Spectra:
    """Cuts thinned samples into overlapping frames and gives their magnitudes.

    Parameters
    ----------
    sample_rate
        Of the sound, in hertz.
    thinned
        Samples of the sound for each one that is pushed.
    frames_per_second
        Frame ``k`` begins at ``k / frames_per_second`` seconds.
    seconds
        Length of a frame, about: the number of points is even and has no prime factor above 5.

    Attributes
    ----------
    points : int
        Samples in a frame.
    hertz : ndarray of float64
        Frequencies of the magnitudes.
    """

    def __init__(
        self, sample_rate: int, thinned: int, frames_per_second: int, seconds: float
    ) -> None:
        # whole numbers: frames of an hour would drift with a rounded rate
        common = math.gcd(sample_rate, thinned)
        self._rate, self._parts = sample_rate // common, thinned // common * frames_per_second
        rate_hz = sample_rate / thinned
        self.points = _smooth(seconds * rate_hz)
        self.hertz: NDArray[np.float64] = np.arange(self.points // 2 + 1) * rate_hz / self.points
        window = np.hanning(self.points + 1)[:-1]
        # a sine of amplitude 1 reads 1 at any rate
        # and float64, because numpy's FFT takes 1.6 times as long in float32
        self._window: NDArray[np.float64] = window * 2 / window.sum()
        self._rest: Samples = np.zeros(0, np.float32)
        self._begin = 0  # index of the first sample held
        self._next = 0  # index of the next frame

    def push(self, samples: Samples) -> Iterator[Samples]:
        """Take the next thinned samples; yield magnitudes, shaped ``(frames, points // 2 + 1)``."""
        held = np.concatenate([self._rest, samples])
        end = self._begin + len(held)
        last = (end - self.points) * self._parts // self._rate + 1
        frames = np.arange(self._next, last + 1)
        starts = (2 * frames * self._rate + self._parts) // (2 * self._parts)
        starts = starts[starts + self.points <= end]
        if len(starts):
            views = sliding_window_view(held, self.points)
            for first in range(0, len(starts), _FRAMES_AT_ONCE):
                chosen = views[starts[first : first + _FRAMES_AT_ONCE] - self._begin]
                spectra = np.fft.rfft(chosen * self._window, axis=1)
                yield np.abs(spectra).astype(np.float32)
            self._next += len(starts)
        upcoming = (2 * self._next * self._rate + self._parts) // (2 * self._parts)
        used = max(0, min(upcoming - self._begin, len(held)))
        self._rest = held[used:].copy()
        self._begin += used


def _smooth(near: float) -> int:
    """Return the even number without a prime factor above 5 that lies nearest."""
    numbers = [
        2 * int(2**twos * 3**threes * 5**fives)
        for twos in range(14)
        for threes in range(5)
        for fives in range(5)
    ]
    return min(numbers, key=lambda number: abs(number - near))
