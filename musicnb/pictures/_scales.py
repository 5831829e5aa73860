"""Where ticks stand, and what they say."""

from __future__ import annotations

import math
from collections.abc import Iterable
from typing import Final

_MINUTE_S: Final = 60
_KILO: Final = 1000
LOUDNESS_STEP_LU: Final = 6
_LEAST_RANGE_LU: Final = 36
_TIME_STEPS_S: Final = (
    0.1, 0.2, 0.5, 1, 2, 5, 10, 15, 30, 60, 120, 300, 600, 900, 1800, 3600,
)  # fmt: skip
#: Octaves of a decade are too many in a small picture, decades too few.
FREQUENCIES_HZ: Final = (50, 100, 200, 500, 1000, 2000, 5000, 10_000, 20_000)


def clock(seconds: float) -> str:
    """Write seconds as ``m:ss``."""
    whole = max(0, int(seconds))
    return f"{whole // _MINUTE_S}:{whole % _MINUTE_S:02d}"


def size_text(size_bytes: float) -> str:
    """Write a size as ``412 kB`` or ``1.3 MB``, in thousands."""
    if size_bytes < _KILO * _KILO:
        return f"{max(1, round(size_bytes / _KILO))} kB"
    return f"{size_bytes / _KILO / _KILO:.1f} MB"


def time_ticks(duration_s: float, most: int) -> list[float]:
    """Choose round times from 0 to the end, `most` of them or fewer.

    Parameters
    ----------
    duration_s
        Seconds from the beginning to the end.
    most
        At least 2.
    """
    step = next((step for step in _TIME_STEPS_S if duration_s / step < most), duration_s)
    count = int(duration_s / step * (1 + 1e-9)) + 1 if step > 0 else 1
    return [i * step for i in range(count)]


def time_text(seconds: float, duration_s: float) -> str:
    """Write a time as ``1:30`` where the whole is longer than a minute, else as ``12.5 s``."""
    if duration_s <= _MINUTE_S:
        return f"{round(seconds, 2):g} s"
    return clock(round(seconds))


def frequency_text(frequency_hz: float) -> str:
    """Write a frequency as ``500`` or ``2k``."""
    if frequency_hz < _KILO:
        return f"{frequency_hz:g}"
    return f"{frequency_hz / _KILO:g}k"


def loudness_ticks(bottom_lufs: float, top_lufs: float) -> list[float]:
    """List every sixth LUFS, a halving of the amplitude, between two of them."""
    first = math.ceil(bottom_lufs / LOUDNESS_STEP_LU)
    last = math.floor(top_lufs / LOUDNESS_STEP_LU)
    return [float(i * LOUDNESS_STEP_LU) for i in range(first, last + 1)]


def loudness_limits(levels_lufs: Iterable[float], targets: Iterable[float]) -> tuple[float, float]:
    """Choose the ends of a loudness scale: 36 LU or more, with room above for everything.

    Parameters
    ----------
    levels_lufs
        What is drawn; what is not finite does not count.
    targets
        What must be seen, too.
    """
    finite = [level for level in levels_lufs if math.isfinite(level)]
    wanted = [*targets, *([max(finite)] if finite else [])] or [-14.0]
    top = LOUDNESS_STEP_LU * math.ceil((max(wanted) + 1) / LOUDNESS_STEP_LU)
    lowest = LOUDNESS_STEP_LU * math.floor((min(wanted) - 1) / LOUDNESS_STEP_LU)
    return float(min(top - _LEAST_RANGE_LU, lowest)), float(top)
