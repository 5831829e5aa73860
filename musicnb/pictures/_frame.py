"""The margins of a picture: ticks and numbers on the left and below."""

from __future__ import annotations

import math
from collections.abc import Iterable
from typing import Final

import numpy as np
from numpy.typing import NDArray

from musicnb.pictures._letters import LETTER_HEIGHT, write
from musicnb.pictures._scales import time_text, time_ticks

LEFT: Final = 28
BELOW: Final = 14
_TICK: Final = 3
_PIXELS_PER_TIME: Final = 90
_LEAST_GAP: Final = 4


def check_room(width: int, height: int, *, left: int = LEFT, below: int = BELOW) -> None:
    """Refuse a picture that is all margin.

    Raises
    ------
    ValueError
        It is.
    """
    if width <= left or height <= below:
        raise ValueError(f"a picture of {width} × {height} pixels has no room")


def write_heights(
    pixels: NDArray[np.uint8], ticks: Iterable[tuple[float, str]], *, ink: int, unit: str
) -> None:
    """Write what is at which height into the left margin.

    Parameters
    ----------
    pixels
        The whole picture, changed in place.
    ticks
        Shares of the height, 0 below to 1 above, and what is written there; from below.
    ink
        The number of the colour.
    unit
        Written into the corner.
    """
    rows = pixels.shape[0] - BELOW
    lowest = math.inf
    for share, text in ticks:
        y = (1 - share) * (rows - 1)
        if not 0 <= share <= 1 or lowest - y < LETTER_HEIGHT + _LEAST_GAP:
            continue
        pixels[round(y), LEFT - _TICK : LEFT] = ink
        write(pixels[:rows], text, colour=ink, x=LEFT - _TICK - 2, y=y, align=(1, 0.5))
        lowest = y
    write(pixels, unit, colour=ink, x=0, y=pixels.shape[0], align=(0, 1))


def write_times(pixels: NDArray[np.uint8], duration_s: float, *, ink: int) -> None:
    """Write the time below a picture whose columns reach from 0 to `duration_s` seconds."""
    rows, columns = pixels.shape[0] - BELOW, pixels.shape[1] - LEFT
    right = 0
    for time in time_ticks(duration_s, max(2, columns // _PIXELS_PER_TIME + 1)):
        x = LEFT + round(time / duration_s * (columns - 1))
        pixels[rows : rows + _TICK, x] = ink
        text = time_text(time, duration_s)
        if right and x - right < _LEAST_GAP * 3:
            continue
        align = (0.5 if time else 0, 1)
        _, right = write(pixels, text, colour=ink, x=x, y=pixels.shape[0], align=align)
