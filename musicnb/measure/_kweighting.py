"""K-weighting after ITU-R BS.1770-5, annex 1, with numpy alone.

K-weighting is a recursive filter, which a loop over samples would make a thousand times slower than
the decoding. Here it runs as matrix products: within a block of 64 samples the output is a
Toeplitz matrix times the input plus the response to the filter's state at the block's start; the
states are carried through groups of 32 blocks, and through 32 such groups, in the same way.
"""

from __future__ import annotations

import math
from dataclasses import dataclass
from functools import lru_cache
from typing import Final

import numpy as np
from numpy.typing import NDArray

from musicnb.measure._chunks import CHUNK_FRAMES, Samples

_BLOCK: Final = 64
_GROUP: Final = 32
_ORDER: Final = 4
# BS.1770-5, table 3: the surround channels of 5.0 count 1.5 dB more
_CHANNEL_WEIGHTS: Final = (1.0, 1.0, 1.0, 1.41, 1.41, 1.0, 1.0, 1.0)

_Matrix = NDArray[np.float64]


class KWeighting:
    """Filters chunks and returns their power.

    Parameters
    ----------
    sample_rate
        Frames per second.
    channels
        1 to 8; the channels after the fifth count as front channels.
    """

    def __init__(self, sample_rate: int, channels: int) -> None:
        self._filter = _k_weighting(sample_rate)
        self._states = np.zeros((channels, _ORDER))
        # memory that is asked for anew for each chunk costs as much as the products
        self._output = np.empty((CHUNK_FRAMES // _BLOCK, _BLOCK), np.float32)
        self._correction = np.empty_like(self._output)
        self._total = np.empty(CHUNK_FRAMES, np.float32)

    def power(self, planes: Samples) -> Samples:
        """Return the K-weighted power of each frame of a chunk, summed over the channels.

        Parameters
        ----------
        planes
            Shape ``(channels, frames)``; fewer than `CHUNK_FRAMES` only at the end of a stream.

        Returns
        -------
        ndarray of float32
            Valid until the next chunk.
        """
        frames = planes.shape[1]
        if frames < CHUNK_FRAMES:
            planes = np.pad(planes, ((0, 0), (0, CHUNK_FRAMES - frames)))
        total = self._total
        for channel, plane in enumerate(planes):
            self._states[channel] = self._filter.run(
                plane, self._states[channel], self._output, self._correction
            )
            output = self._output.ravel()
            weight = _CHANNEL_WEIGHTS[channel]
            if weight != 1:
                output *= np.float32(math.sqrt(weight))
            if channel:
                output *= output
                total += output
            else:
                np.multiply(output, output, out=total)
        return total[:frames]


@dataclass(frozen=True, slots=True)
class _Scan:
    """States carried over 32 equal steps: what each step takes in -> states at their starts."""

    within: _Matrix  # intakes of a group -> states at the starts of its steps, from rest
    spread: _Matrix  # state at a group's start -> states at the starts of its steps
    gather: _Matrix  # intakes of a group -> state at its end, from rest
    leap: _Matrix  # state at a group's start -> state at its end

    @classmethod
    def over(cls, step: _Matrix, steps: int) -> _Scan:
        leaps = [np.eye(_ORDER)]
        for _ in range(steps):
            leaps.append(step @ leaps[-1])
        within = np.zeros((steps, _ORDER, steps, _ORDER))
        for later in range(steps):
            for earlier in range(later):
                within[later, :, earlier, :] = leaps[later - 1 - earlier]
        return cls(
            within=within.reshape(steps * _ORDER, -1).T.copy(),
            spread=np.concatenate(leaps[:steps]).T.copy(),
            gather=np.concatenate([leaps[steps - 1 - i].T for i in range(steps)]),
            leap=leaps[steps],
        )

    def starts(self, intakes: _Matrix, states: _Matrix) -> _Matrix:
        """Return the states at the starts of all steps, one row each."""
        return (intakes @ self.within + states @ self.spread).reshape(-1, _ORDER)


@dataclass(frozen=True, slots=True)
class _BlockFilter:
    """A recursive filter as matrices over blocks, groups of blocks, and groups of groups."""

    toeplitz: Samples  # input block -> output block, from rest
    response: Samples  # state -> output block
    intake: Samples  # input block -> state at its end, from rest
    blocks: _Scan
    groups: _Scan

    def run(self, plane: Samples, state: _Matrix, output: Samples, correction: Samples) -> _Matrix:
        """Filter a whole chunk into `output` and return the state after it.

        Samples in single precision, states in double: the poles at 38 Hz are close to 1, and what
        is rounded there would add up.
        """
        blocks = plane.reshape(-1, _BLOCK)
        intakes = (blocks @ self.intake).astype(np.float64).reshape(-1, _GROUP * _ORDER)
        gathered = (intakes @ self.blocks.gather).reshape(1, -1)
        starts = self.groups.starts(gathered, state[None, :])
        states = self.blocks.starts(intakes, starts).astype(np.float32)
        np.matmul(blocks, self.toeplitz, out=output)
        np.matmul(states, self.response, out=correction)
        output += correction
        after: _Matrix = (gathered @ self.groups.gather)[0] + self.groups.leap @ state
        return after


@lru_cache(maxsize=8)
def _k_weighting(sample_rate: int) -> _BlockFilter:
    """Build the K-weighting filter of BS.1770-5 for any sample rate.

    The standard tabulates 48 kHz only. These are the analogue prototypes behind the table, as
    libebur128 uses them: a high shelf of +4 dB at 1682 Hz and a high-pass at 38 Hz.
    """
    step, drive, read, direct = _cascade(
        _shelf(sample_rate, 1681.974450955533, 3.999843853973347, 0.7071752369554196),
        _high_pass(sample_rate, 38.13547087602444, 0.5003270373238773),
    )
    powers = [np.eye(_ORDER)]
    for _ in range(_BLOCK):
        powers.append(step @ powers[-1])
    impulse = np.array([direct, *(read @ power @ drive for power in powers[: _BLOCK - 1])])
    lags = np.subtract.outer(np.arange(_BLOCK), np.arange(_BLOCK))
    toeplitz = np.where(lags >= 0, impulse[np.maximum(lags, 0)], 0.0)
    blocks = _Scan.over(powers[_BLOCK], _GROUP)
    single = np.float32
    return _BlockFilter(
        toeplitz=toeplitz.T.astype(single),
        response=np.array([read @ power for power in powers[:_BLOCK]]).T.astype(single),
        intake=np.array([powers[_BLOCK - 1 - i] @ drive for i in range(_BLOCK)], single),
        blocks=blocks,
        groups=_Scan.over(blocks.leap, CHUNK_FRAMES // (_BLOCK * _GROUP)),
    )


def _cascade(
    first: tuple[_Matrix, _Matrix], second: tuple[_Matrix, _Matrix]
) -> tuple[_Matrix, _Matrix, _Matrix, float]:
    """Return two filters in a row in state space: step, drive, read-out and direct path.

    One filter of order 4 would have all four poles close to 1, and at 192 kHz the powers of its
    matrix are wrong in double precision. For the same reason the second half of the state is kept
    as a value and its change.
    """
    step_1, drive_1, direct_1 = _transposed_form(*first)
    step_2, drive_2, direct_2 = _transposed_form(*second)
    slow = 1 / (1 - math.sqrt(second[1][2]))
    basis = np.array([[1.0, 0.0], [slow, slow]])
    step_2 = basis @ step_2 @ np.linalg.inv(basis)
    drive_2 = basis @ drive_2
    step = np.zeros((_ORDER, _ORDER))
    step[:2, :2], step[2:, 2:] = step_1, step_2
    step[2:, 0] = drive_2
    drive = np.concatenate([drive_1, drive_2 * direct_1])
    return step, drive, np.array([direct_2, 0.0, 1.0, 0.0]), direct_1 * direct_2


def _transposed_form(numerator: _Matrix, denominator: _Matrix) -> tuple[_Matrix, _Matrix, float]:
    direct = float(numerator[0])
    step = np.array([[-denominator[1], 1.0], [-denominator[2], 0.0]])
    return step, numerator[1:] - denominator[1:] * direct, direct


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
