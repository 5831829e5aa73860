"""The colours of the pictures: a map for levels, and the few that lines and bars have.

The map is a path through OKLCH (B. Ottosson, "A perceptual color space for image processing",
2020): lightness rises evenly from near black to near white while the hue turns from violet over red
to sand, so that equal steps in dB look equal, and order survives colour blindness and grey print.
"""

from __future__ import annotations

from functools import lru_cache
from typing import Final

import numpy as np
from numpy.typing import NDArray

#: Contrast 4.2:1 against white and 3.8:1 against JupyterLab's dark #212121, so that one picture
#: serves both themes and paper.
VIOLET: Final = (0x8B, 0x5C, 0xF6)
#: Letters and ticks: 4.5:1 against white, 3.6:1 against #212121.
GREY: Final = (0x76, 0x76, 0x76)
#: Target lines; told from violet with every kind of colour vision (Okabe and Ito's vermilion).
VERMILION: Final = (0xD5, 0x5E, 0x00)

_LIGHTNESS: Final = (0.12, 0.97)
_HUES: Final = (285.0, 450.0)  # degrees, over 360 to 90
# more would follow the edge of what screens show, whose corners the eye takes for steps
_CHROMA: Final = 0.18

_Floats = NDArray[np.float64]


@lru_cache(maxsize=4)
def level_colours(count: int = 256) -> NDArray[np.uint8]:
    """Return the map from silence (dark) to loud (bright).

    Returns
    -------
    numpy.ndarray
        uint8, shape ``(count, 3)``, sRGB.
    """
    share = np.linspace(0, 1, count)
    lightness = _LIGHTNESS[0] + share * (_LIGHTNESS[1] - _LIGHTNESS[0])
    hue = np.radians(_HUES[0] + share * (_HUES[1] - _HUES[0]))
    wanted = _CHROMA * np.sin(np.pi * share**0.9)
    # the most chroma up to the wanted one that a screen can show, found by bisection
    low, high = np.zeros(count), wanted
    for _ in range(16):
        middle = (low + high) / 2
        shown = _fits(_linear_rgb(lightness, middle, hue))
        low, high = np.where(shown, middle, low), np.where(shown, high, middle)
    linear = np.clip(_linear_rgb(lightness, low, hue), 0, 1)
    curved = np.where(linear <= 0.0031308, 12.92 * linear, 1.055 * linear ** (1 / 2.4) - 0.055)  # noqa: PLR2004
    colours = np.round(curved * 255).astype(np.uint8)
    colours.setflags(write=False)
    return colours


def palette(*colours: tuple[int, int, int, int]) -> NDArray[np.uint8]:
    """Make an array of colours, each red, green, blue, opacity."""
    return np.array(colours, np.uint8)


def _fits(linear: _Floats) -> NDArray[np.bool_]:
    return np.asarray(((linear >= 0) & (linear <= 1)).all(axis=1))


def _linear_rgb(lightness: _Floats, chroma: _Floats, hue: _Floats) -> _Floats:
    """Turn OKLCH into linear sRGB, shape ``(n, 3)``."""
    a, b = chroma * np.cos(hue), chroma * np.sin(hue)
    cones = np.stack(
        [
            lightness + 0.3963377774 * a + 0.2158037573 * b,
            lightness - 0.1055613458 * a - 0.0638541728 * b,
            lightness - 0.0894841775 * a - 1.2914855480 * b,
        ],
        axis=1,
    )
    mixing = np.array(
        [
            [4.0767416621, -3.3077115913, 0.2309699292],
            [-1.2684380046, 2.6097574011, -0.3413193965],
            [-0.0041960863, -0.7034186147, 1.7076147010],
        ]
    )
    return np.asarray(cones**3 @ mixing.T)
