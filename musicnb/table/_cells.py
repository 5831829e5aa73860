"""A sweep's clips by its axes."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from pathlib import Path
from typing import Any, Final

import numpy as np
import pandas as pd

from musicnb.library import Take
from musicnb.table._frame import Table
from musicnb.table._takes import Known, takes_table

NOT_RUN: Final = "not run"
#: An axis of such a name says the same.
_SAID_BY_AXES: Final = ("model", "title", "prompt")

CellTakes = tuple[Mapping[str, str], Sequence[Take], str]


def takes_of_cells(
    cells: Sequence[CellTakes], *, folder: Path, known: Known | None = None
) -> Table:
    """Lay out a sweep: a row a clip, and one for each order without a clip.

    Parameters
    ----------
    cells
        For each order: the labels of its axes, its takes, and why it did not run.
    folder
        The library folder, for the paths.
    known
        Measures and ratings.

    Returns
    -------
    Table
        Indexed by the axes, as ordered categories, so that sorting and grouping keep the plan's
        order; with the columns of `takes_table`, ``order`` (which of the sweep's orders it is, from
        1) before them, and ``not_run`` after, empty for what was ordered. A column that is named
        like an axis is called ``clip_…``; the model, title or prompt of an axis is left out.
    """
    places: dict[tuple[str, ...], int] = {}
    rows: list[int] = []
    numbers: list[int] = []
    of_cells: list[int] = []
    takes: list[Take] = []
    for number, (labels, found, _) in enumerate(cells):
        cell = places.setdefault(tuple(labels.values()), len(places))
        numbers += [number] * max(len(found), 1)
        rows += range(len(takes), len(takes) + len(found)) if found else [-1]
        of_cells += [cell] * len(found)
        takes += found
    frame = takes_table(takes, folder=folder, known=known, every_order=True, cells=of_cells)
    if -1 in rows:  # a row of its own, without a value, for what did not run
        frame = frame.reindex(rows).reset_index(drop=True)
        frame["status"] = frame["status"].fillna(NOT_RUN)
    frame.insert(0, "order", pd.Series(np.array(numbers) + 1, dtype="Int64"))
    reasons = [cells[number][2] for number in numbers]
    frame["not_run"] = pd.array(reasons, dtype="string")
    axes = list(cells[0][0]) if cells else []
    return _indexed(frame, {axis: [cells[n][0][axis] for n in numbers] for axis in axes})


def _indexed(frame: Table, labels: Mapping[str, Sequence[str]]) -> Table:
    frame = frame.drop(columns=[name for name in _SAID_BY_AXES if name in labels])
    frame = frame.rename(columns={name: column_for(name, labels) for name in frame.columns})
    if not labels:
        return frame
    frame.index = pd.MultiIndex.from_arrays(
        [_categories(values) for values in labels.values()], names=list(labels)
    )
    return frame


def _categories(values: Sequence[str]) -> pd.Categorical:
    """Turn labels into ordered categories, in the order in which they come."""
    codes: dict[str, int] = {}
    numbers = [codes.setdefault(value, len(codes)) for value in values]
    return pd.Categorical.from_codes(
        numbers, categories=pd.Index(list(codes), dtype="string"), ordered=True
    )


def column_for(name: Any, axes: Any) -> Any:
    """Return what a column is called in a sweep that has such axes."""
    return f"clip_{name}" if name in axes else name
