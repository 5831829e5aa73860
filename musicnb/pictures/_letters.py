"""A tiny typeface for ticks: the digits, and the letters of s, Hz, kHz, dB and LUFS.

Whole words belong into the text beside a picture, where they can be read aloud and searched.
"""

from __future__ import annotations

from typing import Final

import numpy as np
from numpy.typing import NDArray

LETTER_HEIGHT: Final = 7
_GAP: Final = 1

# each letter is seven rows of five pixels or fewer, drawn for this file
_SHAPES: Final = {
    "0": " ### |#   #|#  ##|# # #|##  #|#   #| ### ",
    "1": "  # | ## |  # |  # |  # |  # | ###",
    "2": " ### |#   #|    #|  ## | #   |#    |#####",
    "3": " ### |#   #|    #|  ## |    #|#   #| ### ",
    "4": "   # |  ## | # # |#  # |#####|   # |   # ",
    "5": "#####|#    |#### |    #|    #|#   #| ### ",
    "6": "  ## | #   |#    |#### |#   #|#   #| ### ",
    "7": "#####|    #|   # |  #  |  #  | #   | #   ",
    "8": " ### |#   #|#   #| ### |#   #|#   #| ### ",
    "9": " ### |#   #|#   #| ####|    #|   # | ##  ",
    "-": "   |   |   |###|   |   |   ",
    ".": " | | | | | |#",
    ":": " | |#| | |#| ",
    " ": "  |  |  |  |  |  |  ",
    "k": "#   |#   |#  #|# # |##  |# # |#  #",
    "s": "    |    | ###|#   | ## |   #|### ",
    "z": "    |    |####|   #| ## |#   |####",
    "d": "   #|   #| ###|#  #|#  #|#  #| ###",
    "B": "#### |#   #|#   #|#### |#   #|#   #|#### ",
    "F": "#####|#    |#    |#### |#    |#    |#    ",
    "H": "#   #|#   #|#   #|#####|#   #|#   #|#   #",
    "L": "#   |#   |#   |#   |#   |#   |####",
    "S": " ####|#    |#    | ### |    #|    #|#### ",
    "U": "#   #|#   #|#   #|#   #|#   #|#   #| ### ",
}


def lettering(text: str) -> NDArray[np.bool_]:
    """Set a line of text.

    Parameters
    ----------
    text
        A minus may be written ``-`` or ``−``. What has no shape here is left out.

    Returns
    -------
    numpy.ndarray
        bool, shape ``(7, width)``; true where there is ink.
    """
    columns: list[NDArray[np.bool_]] = []
    for letter in text.replace("−", "-"):
        if letter in _SHAPES:
            rows = [list(row) for row in _SHAPES[letter].split("|")]
            columns += [np.array(rows) == "#", np.zeros((LETTER_HEIGHT, _GAP), bool)]
    return np.hstack(columns[:-1]) if columns else np.zeros((LETTER_HEIGHT, 0), bool)


def write(
    pixels: NDArray[np.uint8],
    text: str,
    *,
    colour: int,
    x: float,
    y: float,
    align: tuple[float, float] = (0.0, 0.0),
) -> tuple[int, int]:
    """Write text into a picture; what would stick out is moved inside.

    Parameters
    ----------
    pixels
        Changed in place.
    text
        See `lettering`.
    colour
        The number of its colour.
    x, y
        Where the text stands, in pixels from the upper left.
    align
        Which point of the text stands there, as shares of its width and height.

    Returns
    -------
    tuple of int
        The first column of the text, and the first after it.
    """
    ink = lettering(text)
    height, width = ink.shape
    left = int(np.clip(round(x - align[0] * width), 0, max(0, pixels.shape[1] - width)))
    top = int(np.clip(round(y - align[1] * height), 0, max(0, pixels.shape[0] - height)))
    place = pixels[top : top + height, left : left + width]
    place[ink[: place.shape[0], : place.shape[1]]] = colour
    return left, left + width
