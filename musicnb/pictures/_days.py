"""Money day by day, as a small picture."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Final

import numpy as np

from musicnb.pictures._colours import GREY, VERMILION, VIOLET, palette
from musicnb.pictures._png import png

#: Pixels, at twice the resolution of a screen.
_WIDTH: Final = 640
_HEIGHT: Final = 112
_BASE: Final = 2
_GAP: Final = 4
_WIDEST: Final = 44
_LEAST: Final = 4  # what is little must still be seen


def days_png(spent: Sequence[float], held: Sequence[float]) -> bytes:
    """Draw a bar for each day: what was spent, and on top of it what is held.

    Parameters
    ----------
    spent, held
        Amounts of the same unit, none negative, the first day first; the highest bar has the whole
        height.

    Returns
    -------
    bytes
        A PNG of 640 × 112 pixels with a transparent ground, under 1 kB.

    Raises
    ------
    ValueError
        There are no days, more than 160, or not as many of one as of the other.
    """
    days = len(spent)
    if not 0 < days <= _WIDTH // _GAP or len(held) != days:
        raise ValueError(f"no picture of {days} and {len(held)} days")
    pixels = np.zeros((_HEIGHT, _WIDTH), np.uint8)
    pixels[-_BASE:] = 3
    step = _WIDTH / days
    wide = int(min(_WIDEST, max(1, step - _GAP)))
    room = _HEIGHT - _BASE
    most = max(a + b for a, b in zip(spent, held, strict=True)) or 1.0
    for day, amounts in enumerate(zip(spent, held, strict=True)):
        left, foot = round((day + 0.5) * step - wide / 2), room
        for colour, amount in enumerate(amounts, 1):
            if amount <= 0:
                continue
            top = max(0, foot - max(_LEAST, round(room * amount / most)))
            pixels[top:foot, left : left + wide] = colour
            foot = top
    return png(pixels, palette((*VIOLET, 0), (*VIOLET, 255), (*VERMILION, 255), (*GREY, 255)))
