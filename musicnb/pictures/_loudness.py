"""Loudness over time as a small PNG, with lines where it ought to be."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Final, Protocol

import numpy as np
from numpy.typing import NDArray

from musicnb.pictures._colours import GREY, VERMILION, VIOLET, palette
from musicnb.pictures._frame import BELOW, LEFT, check_room, write_heights, write_times
from musicnb.pictures._letters import write
from musicnb.pictures._png import png
from musicnb.pictures._scales import loudness_limits, loudness_ticks

_NOTHING, _MOMENTARY, _SHORT_TERM, _GRID, _TARGET, _INK = range(6)
_COLOURS: Final = palette(
    (0, 0, 0, 0), (*VIOLET, 80), (*VIOLET, 255), (*GREY, 60), (*VERMILION, 255), (*GREY, 255)
)
_LINE: Final = 2
_DASH: Final = (6, 10)  # inked columns out of columns


class LoudnessOverTime(Protocol):
    """Loudness series as EBU Tech 3341 defines them; ``-inf`` for silence."""

    @property
    def times_s(self) -> NDArray[np.float64]:
        """Ends of the windows, rising, in seconds."""

    @property
    def momentary_lufs(self) -> NDArray[np.float64]:
        """Loudness of the last 400 ms."""

    @property
    def short_term_lufs(self) -> NDArray[np.float64]:
        """Loudness of the last 3 s."""


def loudness_png(
    series: LoudnessOverTime,
    *,
    targets: Mapping[str, float] | None = None,
    width: int = 800,
    height: int = 160,
) -> bytes:
    """Draw loudness over time: momentary as an area, short-term as a line.

    Parameters
    ----------
    series
        Momentary and short-term loudness in LUFS.
    targets
        Names and LUFS of dashed lines, such as ``{"EBU R 128": -23}``. The picture shows their
        numbers; their names belong into the text beside it.
    width, height
        Pixels of the whole picture. Under 6 kB at 800 × 160.

    Raises
    ------
    ValueError
        The series is empty, or the picture has no room.
    """
    check_room(width, height)
    if not len(series.times_s):
        raise ValueError("there is no loudness over time of less than 0.1 s of sound")
    wanted = sorted((targets or {}).values())
    limits = loudness_limits(series.momentary_lufs.tolist(), wanted)
    pixels = np.full((height, width), _NOTHING, np.uint8)
    plane = pixels[: height - BELOW, LEFT:]
    ticks = [(_share(tick, limits), f"{tick:g}") for tick in loudness_ticks(*limits)]
    for share, _ in ticks:
        plane[_row(share, len(plane))] = _GRID
    _draw(plane, series, limits)
    write_heights(pixels, ticks, ink=_INK, unit="LUFS")
    write_times(pixels, float(series.times_s[-1]), ink=_INK)
    dashed = np.arange(plane.shape[1]) % _DASH[1] < _DASH[0]
    for target in wanted:
        row = _row(_share(target, limits), len(plane))
        plane[row, dashed] = _TARGET
        write(
            plane, f"{target:g}", colour=_TARGET,
            x=plane.shape[1], y=row - 2 if row > len(plane) // 2 else row + 3,
            align=(1, 1 if row > len(plane) // 2 else 0),
        )  # fmt: skip
    return png(pixels, _COLOURS)


def _draw(plane: NDArray[np.uint8], series: LoudnessOverTime, limits: tuple[float, float]) -> None:
    """Draw both series into a picture without margins."""
    rows, columns = plane.shape
    at = np.arange(rows)[:, None]
    momentary = _heights(series.momentary_lufs, columns, limits, rows)
    area = (at >= momentary) & (momentary < rows)
    plane[area & (plane == _NOTHING)] = _MOMENTARY
    plane[area & (plane == _GRID)] = _MOMENTARY
    line = _heights(series.short_term_lufs, columns, limits, rows)
    before = np.concatenate([line[:1], line[:-1]])
    upper, lower = np.minimum(line, before), np.maximum(line, before)
    plane[(at >= upper) & (at < lower + _LINE) & (upper < rows)] = _SHORT_TERM


def _heights(
    levels_lufs: NDArray[np.float64], columns: int, limits: tuple[float, float], rows: int
) -> NDArray[np.intp]:
    """Return the row of each column's highest level; ``rows`` where that is below the picture."""
    places = (np.arange(columns) / columns * len(levels_lufs)).astype(np.intp)
    highest = np.maximum.reduceat(levels_lufs, places)
    share = (np.maximum(highest, limits[0] - 1) - limits[0]) / (limits[1] - limits[0])
    row = np.round((1 - share) * (rows - 1)).astype(np.intp)
    return np.where(share < 0, rows, np.clip(row, 0, rows))


def _share(level_lufs: float, limits: tuple[float, float]) -> float:
    return (level_lufs - limits[0]) / (limits[1] - limits[0])


def _row(share: float, rows: int) -> int:
    return min(rows - 1, max(0, round((1 - share) * (rows - 1))))
