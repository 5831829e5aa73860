"""At which bars sections begin: bars compared with those around them, and weighed.

Every bar is a row of numbers; a section begins where the bars that follow are like each other and
unlike those before. A fill stands in the last bar of a section and is like neither side, so that
the bar before and the bar after a border are looked at one by one besides.
"""

from __future__ import annotations

from typing import Final

import numpy as np
from numpy.typing import NDArray

from musicnb.measure._frames import Samples
from musicnb.measure._onsets import ONSET_FRAMES_PER_S
from musicnb.measure._pulse import Vector

_SIDE_BARS: Final = 4
#: A section is not shorter, and neither is what comes after the last border.
_LEAST_BARS: Final = 3
#: Bars this far below the loudest are the ringing after the end.
_END_DB: Final = -25.0
_LIKELY: Final = 0.6
_ONSET_DB: Final = 10.0
_LEAST_ONSET: Final = 0.25
# A logit model of the columns of `border_columns` and a constant, fitted with a ridge to clips of
# the sandbox's engine by benchmarks/fitting_bars.py.
_WEIGHTS: Final = (
    1.7473, -1.1119, -0.3325, 0.9776, 0.2030, 0.6433, -0.4876, -0.9407, -1.9187, -2.0132,
    2.1484, 1.5983, -1.7672,
)  # fmt: skip


def find_borders(rows: Vector, levels_db: Vector) -> list[tuple[int, float]]:
    """Return the bars at which sections seem to begin, each with how likely that is.

    Parameters
    ----------
    rows
        Of `bar_rows`.
    levels_db
        Of every bar.
    """
    bars, columns = border_columns(rows, levels_db)
    if not len(bars):
        return []
    chances = 1 / (1 + np.exp(-(columns @ np.array(_WEIGHTS[:-1]) + _WEIGHTS[-1])))
    found: list[tuple[int, float]] = []
    for place in np.argsort(-chances, kind="stable"):
        bar, chance = int(bars[place]), float(chances[place])
        if chance >= _LIKELY and all(abs(bar - other) >= _LEAST_BARS for other, _ in found):
            found.append((bar, chance))
    return sorted(found)


def bar_rows(features: Vector, strength: Samples, starts: Vector, bar_s: float) -> Vector:
    """Return the features of every bar with how dense its onsets are in three ranges."""
    usual = strength.mean(axis=0) + 1e-9
    rows = np.zeros((len(starts), strength.shape[1]))
    for bar, start in enumerate(starts):
        edges = np.rint(np.array([start, start + bar_s]) * ONSET_FRAMES_PER_S).astype(int)
        part = strength[max(0, edges[0]) : edges[1]]
        if len(part):
            rows[bar] = part.mean(axis=0) / usual
    return np.hstack([features, _ONSET_DB * np.log2(_LEAST_ONSET + rows)])


def border_columns(rows: Vector, levels_db: Vector) -> tuple[NDArray[np.int64], Vector]:
    """Return the bars that can begin a section, and what speaks for each."""
    loud = np.flatnonzero(levels_db > levels_db.max(initial=-np.inf) + _END_DB)
    end = int(loud[-1]) + 1 if len(loud) else 0
    bars = np.arange(_LEAST_BARS, end - _LEAST_BARS + 1)
    away = np.abs(rows[:, None] - rows[None]).mean(axis=2) if len(rows) else np.zeros((0, 0))
    columns = [_column(rows, away, int(bar), end) for bar in bars]
    table: Vector = np.array(columns, np.float64).reshape(len(bars), len(_WEIGHTS) - 1)
    return bars, table


def _column(rows: Vector, away: Vector, bar: int, end: int) -> list[float]:
    def wide(at: int, skipped: int = 0) -> float:
        before = rows[max(0, at - _SIDE_BARS - skipped) : at - skipped]
        return float(np.abs(before.mean(axis=0) - rows[at : at + _SIDE_BARS].mean(axis=0)).mean())

    earlier, last = slice(max(0, bar - _SIDE_BARS), bar), min(bar + _SIDE_BARS, end)
    return [
        wide(bar),
        wide(bar, 1),
        wide(bar) - wide(bar - 1),
        wide(bar) - wide(bar + 1),
        away[bar - 2, bar - 1],
        away[bar - 1, bar],
        away[bar, bar + 1],
        away[bar - 2, bar],
        float(away[bar - 1, earlier.start : bar - 1].mean()),
        float(away[bar, bar + 1 : last].mean()),
        float(away[bar, earlier].mean()),
        float(away[bar - 1, bar:last].mean()),
    ]
