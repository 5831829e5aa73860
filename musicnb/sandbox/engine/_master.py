"""Mastering: tone, loudness by ITU-R BS.1770-4, and a limiter that sees between the samples."""

from __future__ import annotations

import math
from collections.abc import Iterator
from functools import lru_cache

import numpy as np

from musicnb.sandbox.engine._filters import (
    SAMPLE_RATE,
    Cascade,
    FloatArray,
    Section,
    biquad,
)
from musicnb.sandbox.engine._score import Mix

TARGET_LUFS = -14.0
# 0.3 dB under the promised -1 dBTP, because meters with longer filters see a little more
CEILING = 10 ** (-1.3 / 20)
_BLOCK = 1 << 16
_CELL = 64
_LOOKAHEAD_CELLS = 4
#: Cells in a step of the gate: 100.1 ms, where the recommendation says 100.
_HOP_CELLS = 69
_SILENCE_LUFS = -70.0
_TAPS = 24
#: How far above its samples a peak may lie, and what corrections of the gain may add.
_MARGIN = 2.0
_CELLS_AT_ONCE = 512


def master(mix: FloatArray, settings: Mix, *, loop: bool, fade_s: float) -> FloatArray:
    """Return the mix at -14 LUFS integrated and at most -1 dBTP, changed in place.

    Parameters
    ----------
    mix : ndarray of float32, shape (2, frames)
        Any level.
    settings : Mix
        Brightness and energy shape the tone.
    loop : bool
        Whether filters and limiter must join end and beginning.
    fade_s : float
        Length of the fade at the end; not for loops.
    """
    _shape_tone(mix, settings, loop=loop)
    if not loop:
        fade = min(mix.shape[1], int(fade_s * SAMPLE_RATE))
        mix[:, -fade:] *= np.cos(np.linspace(0, np.pi / 2, fade)).astype(np.float32)
    powers = _weighted_powers(mix)
    loudness = _gated_lufs(powers)
    if loudness <= _SILENCE_LUFS:
        return mix
    gain = 10 ** ((TARGET_LUFS - loudness) / 20)
    peaks = _cell_peaks(mix, gain)
    # limiting takes loudness away; two corrections bring it back to within 0.1 LU
    for _ in range(3):
        curve = _gain_curve(peaks, gain, loop=loop)
        # the gain is slow beside the weighting filters, so it may as well come after them
        lost = _gated_lufs(powers * curve[: len(powers)] * curve[1 : len(powers) + 1]) - TARGET_LUFS
        if abs(lost) < 0.1:  # noqa: PLR2004
            break
        gain *= 10 ** (min(3.0, -1.15 * lost) / 20)
    for part in _blocks(mix.shape[1]):
        mix[:, part] *= _stretched(curve, part)
        np.clip(mix[:, part], -CEILING, CEILING, out=mix[:, part])
    return mix


def _shape_tone(mix: FloatArray, settings: Mix, *, loop: bool) -> None:
    treble = round(8.0 * (settings.brightness - 0.5) + settings.tilt_db, 2)
    body = round(3.0 * (settings.energy - 0.5) - 3.0 * (settings.brightness - 0.5), 2)
    tone = Cascade(
        biquad("highpass", 28.0),
        biquad("high_shelf", 3500.0, 0.6, treble),
        biquad("low_shelf", 150.0, 0.7071, body),
    )
    if loop:
        # one pass over the end sets the state the beginning would have had
        warm = min(mix.shape[1], SAMPLE_RATE // 2) // _CELL * _CELL
        tone(mix[:, -warm:])
    for part in _blocks(mix.shape[1]):
        mix[:, part] = tone(mix[:, part])


def _blocks(frames: int, size: int = _BLOCK) -> Iterator[slice]:
    for start in range(0, frames, size):
        yield slice(start, min(frames, start + size))


def _k_weighting() -> tuple[Section, Section]:
    """Return the two filters of ITU-R BS.1770-4, annex 1, redesigned for 44.1 kHz.

    The recommendation gives coefficients for 48 kHz only; these parameters reproduce them
    (De Man, "Evaluation of implementations of the EBU R128 loudness measurement", AES 2018).
    """
    frequency, gain_db, q = 1681.974450955533, 3.999843853973347, 0.7071752369554196
    k = math.tan(math.pi * frequency / SAMPLE_RATE)
    high = 10 ** (gain_db / 20)
    band = high**0.4996667741545416
    norm = 1 + k / q + k * k
    shelf = (
        (high + band * k / q + k * k) / norm,
        2 * (k * k - high) / norm,
        (high - band * k / q + k * k) / norm,
        2 * (k * k - 1) / norm,
        (1 - k / q + k * k) / norm,
    )
    frequency, q = 38.13547087602444, 0.5003270373238773
    k = math.tan(math.pi * frequency / SAMPLE_RATE)
    norm = 1 + k / q + k * k
    return shelf, (1.0, -2.0, 1.0, 2 * (k * k - 1) / norm, (1 - k / q + k * k) / norm)


def loudness_lufs(samples: FloatArray) -> float:
    """Return the gated loudness of ITU-R BS.1770-4; -70 for silence.

    Parameters
    ----------
    samples : ndarray of float32, shape (2, frames)
        At 44.1 kHz.
    """
    return _gated_lufs(_weighted_powers(samples))


def _weighted_powers(samples: FloatArray) -> FloatArray:
    """Return the K-weighted power of every 64 samples, both channels added, shape (cells,)."""
    weighting = Cascade(*_k_weighting())
    powers = []
    for part in _blocks(samples.shape[1] // _CELL * _CELL):
        cells = weighting(samples[:, part]).reshape(2, -1, _CELL)
        powers.append(np.einsum("cnh,cnh->n", cells, cells) / np.float32(_CELL))
    return np.concatenate(powers) if powers else np.zeros(0, np.float32)


def _gated_lufs(powers: FloatArray) -> float:
    hops = len(powers) // _HOP_CELLS
    energy = powers[: hops * _HOP_CELLS].reshape(hops, _HOP_CELLS).mean(axis=1, dtype=np.float64)
    if len(energy) < 4:  # noqa: PLR2004
        return _SILENCE_LUFS
    windows = (energy[:-3] + energy[1:-2] + energy[2:-1] + energy[3:]) / 4
    levels = -0.691 + 10 * np.log10(windows + 1e-12)
    heard = windows[levels > _SILENCE_LUFS]
    if not len(heard):
        return _SILENCE_LUFS
    gate = -0.691 + 10 * np.log10(heard.mean()) - 10
    return float(-0.691 + 10 * np.log10(heard[-0.691 + 10 * np.log10(heard) > gate].mean()))


@lru_cache(maxsize=1)
def _between() -> FloatArray:
    """Return what looks at 1/4, 1/2 and 3/4 behind each sample of a cell, (window, 3 · cell)."""
    place = np.arange(_TAPS) - (_TAPS // 2 - 1)
    columns = []
    for shift in (0.25, 0.5, 0.75):
        distance = place - shift
        window = 0.5 + 0.5 * np.cos(np.pi * distance / (_TAPS / 2 + 0.5))
        column = np.sinc(distance) * window
        columns.append(column / column.sum())
    taps = np.stack(columns, axis=1)
    table = np.zeros((_CELL + _TAPS - 1, _CELL, 3), np.float32)
    for sample in range(_CELL):
        table[sample : sample + _TAPS, sample] = taps
    return table.reshape(len(table), 3 * _CELL)


def _cell_peaks(mix: FloatArray, gain: float) -> FloatArray:
    """Return the true peak of every 64 samples over both channels, shape (cells,).

    Between the samples it is looked for only where the gain may bring it near the ceiling.
    """
    frames = mix.shape[1]
    cells = -(-frames // _CELL)
    peaks = np.zeros(cells, np.float32)
    whole = frames // _CELL
    for part in _blocks(whole * _CELL):
        block = mix[:, part].reshape(2, -1, _CELL)
        loud = np.maximum(*np.abs(block)).max(axis=1)
        peaks[part.start // _CELL : part.start // _CELL + len(loud)] = loud
    if whole < cells:
        peaks[whole] = np.abs(mix[:, whole * _CELL :]).max()
    # the first and the last cells have no neighbours to look at
    near = np.flatnonzero(peaks[1 : whole - 1] * (_MARGIN * gain) > CEILING) + 1
    before = _TAPS // 2 - 1
    for channel in mix:
        windows = np.lib.stride_tricks.sliding_window_view(channel, _CELL + _TAPS - 1)
        for first in range(0, len(near), _CELLS_AT_ONCE):
            places = near[first : first + _CELLS_AT_ONCE]
            found = windows[places * _CELL - before] @ _between()
            reach = np.maximum(found.max(axis=1), -found.min(axis=1))
            peaks[places] = np.maximum(peaks[places], reach)
    return peaks


def _gain_curve(peaks: FloatArray, gain: float, *, loop: bool) -> FloatArray:
    """Return the limiter's gain at the cell borders, shape (cells + 1,).

    The gain looks 4 cells (6 ms) ahead, comes back over 40 cells (60 ms) and is smoothed, so that
    it neither clicks nor breathes in the rhythm of the kick.
    """
    need = np.minimum(1.0, CEILING / np.maximum(peaks * gain, 1e-9)).astype(np.float64)
    width = 2 * _LOOKAHEAD_CELLS + 1
    reach = 2 * _LOOKAHEAD_CELLS
    padded = np.pad(need, reach, mode="wrap" if loop else "edge")
    least = np.lib.stride_tricks.sliding_window_view(padded, width).min(axis=1)
    smooth = np.convolve(least, np.ones(width) / width, mode="valid")
    curve = smooth * gain
    border = np.minimum(curve, np.roll(curve, 1))
    if not loop:
        border[0] = curve[0]
    closing = border[0] if loop else curve[-1]
    return np.append(border, closing).astype(np.float32)


def _stretched(curve: FloatArray, part: slice) -> FloatArray:
    """Return the gain of every sample of a block: straight lines between the cell borders."""
    frames = part.stop - part.start
    first = part.start // _CELL
    count = -(-frames // _CELL) + (1 if part.start % _CELL else 0)
    borders = curve[first : first + count + 1]
    along = np.linspace(0, 1, _CELL, endpoint=False, dtype=np.float32)[None]
    lines = borders[:-1, None] + (borders[1:] - borders[:-1])[:, None] * along
    offset = part.start % _CELL
    gains: FloatArray = lines.ravel()[offset : offset + frames]
    return gains
