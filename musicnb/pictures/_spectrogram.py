"""A spectrogram as a small PNG."""

from __future__ import annotations

import math
from typing import Final

import numpy as np
from numpy.typing import NDArray

from musicnb.pictures._colours import GREY, level_colours
from musicnb.pictures._frame import BELOW, LEFT, check_room, write_heights, write_times
from musicnb.pictures._png import png
from musicnb.pictures._scales import FREQUENCIES_HZ, frequency_text
from musicnb.pictures._spectrum import Spectrogram, spectrogram

RANGE_DB: Final = 80.0
#: Columns and rows of a small picture.
THUMBNAIL: Final = (256, 56)
# below this even the loudest is called silence, and stays dark
_LEAST_TOP_DB: Final = -60.0
# 62 shades, nothing and grey: steps of 1.3 dB, which nobody sees, and half the bytes of 256
_SHADES: Final = 62
_SMALL_SHADES: Final = 14


def spectrogram_png(
    samples: NDArray[np.float32],
    sample_rate: int,
    *,
    width: int = 800,
    height: int = 200,
    axes: bool = True,
) -> bytes:
    """Draw what sounds when and how high: time to the right, frequency upward, bright is loud.

    The scale reaches from the loudest level down by 80 dB, and from 40 Hz to 16 kHz
    logarithmically. See `spectrogram` for how it is measured.

    Parameters
    ----------
    samples
        Shape ``(frames, channels)`` or ``(frames,)``.
    sample_rate
        Frames per second.
    width, height
        Pixels of the whole picture. Under 150 kB at 800 × 200.
    axes
        Whether seconds and hertz are written beside it.

    Raises
    ------
    ValueError
        There are no samples, or the picture has no room.
    """
    left, below = (LEFT, BELOW) if axes else (0, 0)
    check_room(width, height, left=left, below=below)
    seen = spectrogram(samples, sample_rate, columns=width - left, rows=height - below)
    pixels = np.full((height, width), _SHADES, np.uint8)
    pixels[: height - below, left:] = shades(seen, _SHADES)
    if axes:
        write_heights(pixels, _ticks(seen), ink=_SHADES + 1, unit="Hz")
        write_times(pixels, seen.duration_s, ink=_SHADES + 1)
    return png(pixels, _colours(_SHADES))


def thumbnail_png(seen: Spectrogram) -> bytes:
    """Draw a spectrogram for a row of a table: a pixel for each level, 14 shades of 6 dB, no axes.

    Under 8 kB at the 256 × 56 of `THUMBNAIL`.
    """
    return png(shades(seen, _SMALL_SHADES), _colours(_SMALL_SHADES))


def shades(seen: Spectrogram, count: int) -> NDArray[np.uint8]:
    """Turn levels into numbers of shades from 0 to ``count - 1``, the highest frequency first."""
    top = max(float(seen.levels_db.max()), _LEAST_TOP_DB)
    share = np.clip((seen.levels_db[::-1] - top) / RANGE_DB + 1, 0, 1)
    return np.asarray(np.round(share * (count - 1)), np.uint8)


def _colours(count: int) -> NDArray[np.uint8]:
    """List shades, nothing, and grey for letters."""
    colours = np.full((count + 2, 4), 255, np.uint8)
    colours[:count, :3] = level_colours(count)
    colours[count] = 0
    colours[count + 1, :3] = GREY
    return colours


def _ticks(seen: Spectrogram) -> list[tuple[float, str]]:
    low, high = float(seen.edges_hz[0]), float(seen.edges_hz[-1])
    octaves = math.log(high / low)
    return [(math.log(hertz / low) / octaves, frequency_text(hertz)) for hertz in FREQUENCIES_HZ]
