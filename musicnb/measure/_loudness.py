"""Integrated loudness after ITU-R BS.1770-5, with numpy alone.

K-weighting is a recursive filter, which a loop over samples would make a thousand times slower than
the decoding. Here it runs as matrix products: within a block of 64 samples the output is a
Toeplitz matrix times the input plus the response to the filter's state at the block's start; the
states themselves are carried through groups of blocks in the same way.
"""

from __future__ import annotations

import math
from dataclasses import dataclass
from functools import lru_cache
from typing import Final

import numpy as np
from numpy.typing import NDArray

_BLOCK: Final = 64
_GROUP: Final = 32
_ORDER: Final = 4
_CHUNK: Final = _BLOCK * _GROUP
# BS.1770-5, table 3: the surround channels of 5.0 count 1.5 dB more
_CHANNEL_WEIGHTS: Final = (1.0, 1.0, 1.0, 1.41, 1.41, 1.0, 1.0, 1.0)
_STEPS_PER_SECOND: Final = 10
_STEPS_PER_GATE: Final = 4
_ABSOLUTE_GATE_LUFS: Final = -70.0
_RELATIVE_GATE_LU: Final = -10.0
_OFFSET_LUFS: Final = -0.691

_Matrix = NDArray[np.float64]


class LoudnessMeter:
    """Measures integrated loudness of a stream of samples.

    Parameters
    ----------
    sample_rate
        Frames per second.
    channels
        1 to 8; the channels after the fifth count as front channels.
    """

    def __init__(self, sample_rate: int, channels: int) -> None:
        self._rate = sample_rate
        self._filter = _k_weighting(sample_rate)
        self._states = np.zeros((channels, _ORDER))
        self._rest: NDArray[np.float32] = np.zeros((0, channels), np.float32)
        self._powers: list[float] = []
        self._sum = 0.0
        self._counted = 0
        self._seen = 0

    def push(self, samples: NDArray[np.float32]) -> None:
        """Take the next samples, shaped ``(frames, channels)``."""
        samples = np.concatenate([self._rest, samples])
        whole = len(samples) // _CHUNK * _CHUNK
        self._rest = samples[whole:].copy()
        if whole:
            self._collect(self._weighted_power(samples[:whole]))

    def integrated_lufs(self) -> float:
        """Close the stream and return its gated loudness.

        Returns
        -------
        float
            LUFS; ``-inf`` for silence and for less than 0.4 s of sound.
        """
        rest = len(self._rest)
        if rest:
            padded = np.zeros((_CHUNK, self._rest.shape[1]), np.float32)
            padded[:rest] = self._rest
            self._collect(self._weighted_power(padded)[:rest])
            self._rest = self._rest[:0]
        steps = np.array(self._powers)
        if len(steps) < _STEPS_PER_GATE:
            return -math.inf
        # overlapping gates of 400 ms, one every 100 ms
        gates = np.convolve(steps, np.full(_STEPS_PER_GATE, 1 / _STEPS_PER_GATE), "valid")
        loud = gates[gates > _power(_ABSOLUTE_GATE_LUFS)]
        if not len(loud):
            return -math.inf
        loud = loud[loud > _power(_lufs(float(loud.mean())) + _RELATIVE_GATE_LU)]
        return _lufs(float(loud.mean())) if len(loud) else -math.inf

    def _weighted_power(self, samples: NDArray[np.float32]) -> _Matrix:
        """Return the K-weighted power of whole chunks, summed over the channels."""
        total = np.zeros(len(samples))
        for channel in range(samples.shape[1]):
            column = np.ascontiguousarray(samples[:, channel], dtype=np.float64)
            output, self._states[channel] = self._filter.run(column, self._states[channel])
            total += _CHANNEL_WEIGHTS[channel] * np.square(output)
        return total

    def _collect(self, power: _Matrix) -> None:
        """Average the power over steps of 100 ms, whose borders are exact at any sample rate."""
        start = 0
        while start < len(power):
            border = (len(self._powers) + 1) * self._rate // _STEPS_PER_SECOND
            stop = min(len(power), start + border - self._seen)
            self._sum += float(power[start:stop].sum())
            self._counted += stop - start
            self._seen += stop - start
            start = stop
            if self._seen == border:
                self._powers.append(self._sum / self._counted)
                self._sum, self._counted = 0.0, 0


@dataclass(frozen=True, slots=True)
class _BlockFilter:
    """A recursive filter as matrices over blocks of 64 samples and groups of 32 blocks."""

    toeplitz: _Matrix  # input block -> output block, from rest
    response: _Matrix  # state -> output block
    intake: _Matrix  # input block -> state at its end, from rest
    within: _Matrix  # intakes of a group -> states at the starts of its blocks
    spread: _Matrix  # state at a group's start -> states at the starts of its blocks
    gather: _Matrix  # intakes of a group -> state at its end
    leap: _Matrix  # state at a group's start -> state at its end

    def run(self, samples: _Matrix, state: _Matrix) -> tuple[_Matrix, _Matrix]:
        """Filter whole chunks; return the output and the state after them."""
        blocks = samples.reshape(-1, _BLOCK)
        intakes = (blocks @ self.intake).reshape(-1, _GROUP * _ORDER)
        gathered = intakes @ self.gather
        starts = np.empty((len(intakes), _ORDER))
        for group in range(len(intakes)):
            starts[group] = state
            state = self.leap @ state + gathered[group]
        states = (intakes @ self.within + starts @ self.spread).reshape(-1, _ORDER)
        return (blocks @ self.toeplitz + states @ self.response).ravel(), state


@lru_cache(maxsize=8)
def _k_weighting(sample_rate: int) -> _BlockFilter:
    """Build the K-weighting filter of BS.1770-5 for any sample rate.

    The standard tabulates 48 kHz only. These are the analogue prototypes behind the table, as
    libebur128 uses them: a high shelf of +4 dB at 1682 Hz and a high-pass at 38 Hz.
    """
    shelf = _shelf(sample_rate, 1681.974450955533, 3.999843853973347, 0.7071752369554196)
    high_pass = _high_pass(sample_rate, 38.13547087602444, 0.5003270373238773)
    numerator = np.convolve(shelf[0], high_pass[0])
    denominator = np.convolve(shelf[1], high_pass[1])
    # transposed direct form II in state space
    step = np.zeros((_ORDER, _ORDER))
    step[:, 0] = -denominator[1:]
    step[:-1, 1:] = np.eye(_ORDER - 1)
    drive = numerator[1:] - denominator[1:] * numerator[0]
    powers = [np.eye(_ORDER)]
    for _ in range(_BLOCK):
        powers.append(step @ powers[-1])
    impulse = np.array([numerator[0], *(power[0] @ drive for power in powers[: _BLOCK - 1])])
    lags = np.subtract.outer(np.arange(_BLOCK), np.arange(_BLOCK))
    toeplitz = np.where(lags >= 0, impulse[np.maximum(lags, 0)], 0.0)
    block_step = powers[_BLOCK]
    leaps = [np.eye(_ORDER)]
    for _ in range(_GROUP):
        leaps.append(block_step @ leaps[-1])
    within = np.zeros((_GROUP, _ORDER, _GROUP, _ORDER))
    for later in range(_GROUP):
        for earlier in range(later):
            within[later, :, earlier, :] = leaps[later - 1 - earlier]
    return _BlockFilter(
        toeplitz=toeplitz.T.copy(),
        response=np.array([power[0] for power in powers[:_BLOCK]]).T.copy(),
        intake=np.array([powers[_BLOCK - 1 - i] @ drive for i in range(_BLOCK)]),
        within=within.reshape(_GROUP * _ORDER, -1).T.copy(),
        spread=np.concatenate(leaps[:_GROUP]).T.copy(),
        gather=np.concatenate([leaps[_GROUP - 1 - i].T for i in range(_GROUP)]),
        leap=leaps[_GROUP],
    )


def _shelf(rate: int, frequency: float, gain_db: float, quality: float) -> tuple[_Matrix, _Matrix]:
    k = math.tan(math.pi * frequency / rate)
    high = 10 ** (gain_db / 20)
    band = high**0.4996667741545416
    scale = 1 + k / quality + k * k
    numerator = np.array(
        [high + band * k / quality + k * k, 2 * (k * k - high), high - band * k / quality + k * k]
    )
    return numerator / scale, np.array(
        [1, 2 * (k * k - 1) / scale, (1 - k / quality + k * k) / scale]
    )


def _high_pass(rate: int, frequency: float, quality: float) -> tuple[_Matrix, _Matrix]:
    k = math.tan(math.pi * frequency / rate)
    scale = 1 + k / quality + k * k
    denominator = np.array([1, 2 * (k * k - 1) / scale, (1 - k / quality + k * k) / scale])
    return np.array([1.0, -2.0, 1.0]), denominator


def _lufs(power: float) -> float:
    return _OFFSET_LUFS + 10 * math.log10(power)


def _power(lufs: float) -> float:
    return float(10 ** ((lufs - _OFFSET_LUFS) / 10))
