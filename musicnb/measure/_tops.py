"""Clipping that an encoder has smeared: peaks that crowd at one level."""

from __future__ import annotations

from typing import Final

import numpy as np
from numpy.typing import NDArray

from musicnb.measure._levels import decibels
from musicnb.measure._truepeak import TOP_BINS_PER_DB, TOP_FLOOR_DBFS

_PER_STEP: Final = TOP_BINS_PER_DB // 2
_STEPS_SEARCHED: Final = 8
_STEPS_BESIDE: Final = 3
_STEPS_BODY: Final = 12
_LEAST_COUNT: Final = 50
_CROWD: Final = 1.45
_EXCESS: Final = 0.05
_LEAST_BODY: Final = 0.15


def pressed_level_dbfs(tops: NDArray[np.int64], peak: float) -> float | None:
    """Return the level where far more peaks lie than music puts there, or None.

    In music there are the fewer local maxima the higher one looks, in every half decibel. What was
    clipped at a level keeps a crowd of them around it, also as an MP3. The crowd must be 1.45 times
    as high as what follows below it and hold 5 % of the peaks in reach; a limiter leaves 2 to 3 %.
    A steady tone has all its peaks at one level and nothing below: that is no crowd.

    Parameters
    ----------
    tops
        `TruePeak.tops`.
    peak
        Highest sample, as amplitude.
    """
    top = int((decibels(peak) - TOP_FLOOR_DBFS) * TOP_BINS_PER_DB) + 1
    steps = _STEPS_SEARCHED + _STEPS_BODY
    if top < steps * _PER_STEP or top > len(tops):
        return None
    counts = tops[top - steps * _PER_STEP : top][::-1].reshape(steps, _PER_STEP).sum(axis=1)
    for step in range(_STEPS_SEARCHED):
        crowd = int(counts[step])
        below = int(counts[step + 1 : step + 1 + _STEPS_BESIDE].min())
        reach = counts[step : step + _STEPS_BODY]
        total = int(reach.sum())
        if (
            crowd >= _LEAST_COUNT
            and crowd > _CROWD * below
            and crowd - below > _EXCESS * total
            # a level on the border of two steps fills both
            and int(reach[2:].sum()) > _LEAST_BODY * total
        ):
            middle = top - (step + 0.5) * _PER_STEP
            return middle / TOP_BINS_PER_DB + TOP_FLOOR_DBFS
    return None
