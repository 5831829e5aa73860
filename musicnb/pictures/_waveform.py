"""A waveform as a small PNG, drawn from its outline."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Final

import numpy as np
from numpy.typing import NDArray

from musicnb.pictures._colours import VIOLET, palette
from musicnb.pictures._png import png

WIDTH: Final = 640
HEIGHT: Final = 72
_BAR: Final = 4
_STEP: Final = 6
# nothing, a bar's rounded end, a bar; then a bar beside the stretch that is meant
_OPACITIES: Final = (0, 120, 255, 70)
_BESIDE: Final = 3


def bars(peaks: bytes, count: int) -> NDArray[np.float64]:
    """Reduce (min, max) pairs to ``count`` heights from 0 to 1, the highest being 1.

    The mean of the extremes under a bar, not their maximum: of loud music the maximum is a
    brick. Silence and unknown peaks give zeros.
    """
    pairs = np.frombuffer(peaks[: len(peaks) // 2 * 2], np.int8).reshape(-1, 2)
    if len(pairs) == 0:
        return np.zeros(count)
    height = np.abs(pairs.astype(np.int16)).max(axis=1)
    edges = np.linspace(0, len(height), count + 1)
    sums = np.concatenate([[0], np.cumsum(height)])
    means: NDArray[np.float64] = np.diff(np.interp(edges, np.arange(len(sums)), sums))
    means *= count / len(height)
    loudest = float(means.max())
    return means / loudest if loudest else means


def waveform_png(
    peaks: bytes,
    *,
    stretch: tuple[float, float] | None = None,
    left_out: Sequence[tuple[float, float]] = (),
) -> bytes:
    """Draw peaks as rounded bars on nothing: a PNG of 640 × 72 pixels, under 4 kB.

    Parameters
    ----------
    peaks
        (min, max) pairs of int8. Empty peaks give a line of dots.
    stretch
        Beginning and end, as shares from 0 to 1, of what alone is drawn in full colour; None
        draws all of it so.
    left_out
        The same of what is drawn pale.
    """
    heights = bars(peaks, WIDTH // _STEP)
    half = np.maximum(2, np.round(heights * (HEIGHT // 2 - 1))).astype(int)
    distance = np.abs(np.arange(HEIGHT) - (HEIGHT - 1) / 2)[:, None]
    columns = (distance < half).astype(np.uint8) + (distance < half - 1)
    image = np.zeros((HEIGHT, len(half), _STEP), np.uint8)
    image[:, :, :_BAR] = columns[:, :, None]
    # the outer pixel columns of a bar end one row earlier: a round end at twice the resolution
    outer = (distance < half - 1) * 2
    image[:, :, 0] = image[:, :, _BAR - 1] = outer
    middles = (np.arange(len(half)) + 0.5) / len(half)
    beside = np.zeros(len(half), bool)
    if stretch is not None:
        beside = (middles < stretch[0]) | (middles >= stretch[1])
    for start, end in left_out:
        beside |= (middles >= start) & (middles < end)
    if beside.any():
        image[:, beside] = np.where(image[:, beside] > 0, _BESIDE, 0)
    pixels = np.zeros((HEIGHT, WIDTH), np.uint8)
    pixels[:, : len(half) * _STEP] = image.reshape(HEIGHT, -1)
    return png(pixels, palette(*((*VIOLET, opacity) for opacity in _OPACITIES)))
