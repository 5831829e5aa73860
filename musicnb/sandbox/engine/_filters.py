"""Second-order filters on whole blocks with numpy alone.

A recursive filter sample by sample is hopeless in Python. Here a cascade of sections becomes one
linear state-space system; 64 samples at a time are one matrix product with its Toeplitz matrix of
impulse responses, and only the state is handed from block to block, by a parallel scan.
This block form follows Burrus, "Block implementation of digital filters" (1971).
"""

from __future__ import annotations

import math
from functools import lru_cache
from typing import Literal

import numpy as np
from numpy.typing import NDArray

SAMPLE_RATE = 44_100
FloatArray = NDArray[np.float32]
Kind = Literal["lowpass", "highpass", "bandpass", "peak", "low_shelf", "high_shelf"]
#: Coefficients (b0, b1, b2, a1, a2) with a0 = 1.
Section = tuple[float, float, float, float, float]

_BLOCK = 64


@lru_cache(maxsize=512)
def biquad(kind: Kind, frequency_hz: float, q: float = 0.7071, gain_db: float = 0.0) -> Section:
    """Return one second-order section.

    Parameters
    ----------
    kind : str
        ``lowpass highpass bandpass peak low_shelf high_shelf``.
    frequency_hz : float
        Corner or centre; held below 0.49 of the sample rate.
    q : float, optional
        Quality; 0.7071 is maximally flat.
    gain_db : float, optional
        For peak and shelves.

    Returns
    -------
    tuple of float
        (b0, b1, b2, a1, a2).

    Notes
    -----
    Formulas: Bristow-Johnson, "Cookbook formulae for audio EQ biquad filter coefficients".
    """
    w = 2 * math.pi * min(frequency_hz, 0.49 * SAMPLE_RATE) / SAMPLE_RATE
    alpha = math.sin(w) / (2 * q)
    c = math.cos(w)
    amplitude = 10 ** (gain_db / 40)
    slope = 2 * math.sqrt(amplitude) * alpha
    if kind in {"low_shelf", "high_shelf"}:
        sign = 1 if kind == "low_shelf" else -1
        up, down = amplitude + 1, amplitude - 1
        b = (
            amplitude * (up - sign * down * c + slope),
            sign * 2 * amplitude * (down - sign * up * c),
            amplitude * (up - sign * down * c - slope),
        )
        a = (
            up + sign * down * c + slope,
            -sign * 2 * (down + sign * up * c),
            up + sign * down * c - slope,
        )
    else:
        numerators = {
            "lowpass": ((1 - c) / 2, 1 - c, (1 - c) / 2),
            "highpass": ((1 + c) / 2, -1 - c, (1 + c) / 2),
            "bandpass": (alpha, 0.0, -alpha),
            "peak": (1 + alpha * amplitude, -2 * c, 1 - alpha * amplitude),
        }
        b = numerators[kind]
        spread = alpha / amplitude if kind == "peak" else alpha
        a = (1 + spread, -2 * c, 1 - spread)
    return b[0] / a[0], b[1] / a[0], b[2] / a[0], a[1] / a[0], a[2] / a[0]


def _state_space(
    sections: tuple[Section, ...],
) -> tuple[NDArray[np.float64], NDArray[np.float64], NDArray[np.float64], float]:
    """Return A, B, C, D of a cascade in transposed direct form II."""
    order = 2 * len(sections)
    a_matrix = np.zeros((order, order))
    b_vector = np.zeros(order)
    c_through = np.zeros(order)
    d_through = 1.0
    for k, (b0, b1, b2, a1, a2) in enumerate(sections):
        first, second = 2 * k, 2 * k + 1
        c_out = b0 * c_through
        c_out[first] += 1.0
        d_out = b0 * d_through
        a_matrix[first] = b1 * c_through - a1 * c_out
        a_matrix[first, second] += 1.0
        b_vector[first] = b1 * d_through - a1 * d_out
        a_matrix[second] = b2 * c_through - a2 * c_out
        b_vector[second] = b2 * d_through - a2 * d_out
        c_through, d_through = c_out, d_out
    return a_matrix, b_vector, c_through, d_through


Matrices = tuple[FloatArray, FloatArray, FloatArray, NDArray[np.float64]]


@lru_cache(maxsize=256)
def _matrices(sections: tuple[Section, ...]) -> Matrices:
    """Return what one block needs: Toeplitz, state-to-output, input-to-state, state-to-state."""
    a_matrix, b_vector, c_vector, through = _state_space(sections)
    order = len(b_vector)
    observed = np.empty((_BLOCK, order))
    driven = np.empty((_BLOCK, order))
    impulse = np.empty(_BLOCK)
    impulse[0] = through
    power = np.eye(order)
    state = b_vector.copy()
    for i in range(_BLOCK):
        observed[i] = c_vector @ power
        power = a_matrix @ power
        driven[i] = state
        if i + 1 < _BLOCK:
            impulse[i + 1] = c_vector @ state
        state = a_matrix @ state
    toeplitz = np.zeros((_BLOCK, _BLOCK))
    for i in range(_BLOCK):
        toeplitz[i, i:] = impulse[: _BLOCK - i]
    return (
        toeplitz.astype(np.float32),
        np.ascontiguousarray(observed.T, dtype=np.float32),
        np.ascontiguousarray(driven[::-1], dtype=np.float32),
        power,
    )


def _scan(driven: NDArray[np.float64], power: NDArray[np.float64]) -> NDArray[np.float64]:
    """Return the state before each step of s[i+1] = power · s[i] + driven[i], s[0] = 0.

    By doubling: after k rounds every sum reaches 2**k steps back, so that a thousand blocks take
    ten products instead of a thousand (Hillis and Steele, "Data parallel algorithms", 1986).
    """
    count, channels, order = driven.shape
    states = np.zeros((count + 1, channels, order))
    sums = states.reshape(-1, order)[channels:]
    sums[:] = driven.reshape(-1, order)
    turned, shift = power.T, channels
    while shift < len(sums):
        sums[shift:] += sums[:-shift] @ turned
        turned, shift = turned @ turned, 2 * shift
    return states[:count]


class Cascade:
    """A cascade of sections that remembers its state between blocks.

    Parameters
    ----------
    *sections : tuple of float
        From :func:`biquad`.
    channels : int, optional
        Number of channels.
    """

    __slots__ = ("_matrices", "_state")

    def __init__(self, *sections: Section, channels: int = 2) -> None:
        self._matrices = _matrices(tuple(sections))
        self._state = np.zeros((channels, 2 * len(sections)))

    def __call__(self, samples: FloatArray) -> FloatArray:
        """Return the filtered block.

        Parameters
        ----------
        samples : ndarray of float32, shape (channels, frames)
            The frames of all blocks but the last must be a multiple of 64.
        """
        toeplitz, observed, driven, power = self._matrices
        channels, frames = samples.shape
        count = -(-frames // _BLOCK)
        padded = samples
        if count * _BLOCK != frames:
            padded = np.zeros((channels, count * _BLOCK), np.float32)
            padded[:, :frames] = samples
        rows = np.ascontiguousarray(padded).reshape(channels * count, _BLOCK)
        inputs = np.zeros((count + 2, channels, len(power)))
        inputs[0] = self._state
        inputs[1 : count + 1] = (rows @ driven).reshape(channels, count, -1).transpose(1, 0, 2)
        states = _scan(inputs, power)[1:]
        self._state = states[count]
        before = states[:count].transpose(1, 0, 2).reshape(channels * count, -1)
        out = rows @ toeplitz
        out += before.astype(np.float32) @ observed
        filtered: FloatArray = out.reshape(channels, count * _BLOCK)[:, :frames]
        return filtered


def filtered(samples: FloatArray, *sections: Section) -> FloatArray:
    """Return a whole signal, shape (frames,) or (channels, frames), through a cascade."""
    if samples.ndim == 1:
        mono: FloatArray = Cascade(*sections, channels=1)(samples[None])[0]
        return mono
    return Cascade(*sections, channels=len(samples))(samples)
