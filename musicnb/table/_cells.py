"""A sweep's clips by its axes, and what every choice gave and cost."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from pathlib import Path
from typing import Any, Final

import pandas as pd

from musicnb.errors import Fault, InvalidInput
from musicnb.library import Take
from musicnb.table._takes import takes_table

_SUMMARY: Final = (
    "tasks", "succeeded", "failed", "not_run", "clips", "duration_s", "net_credits",
    "credits_per_clip", "credits_per_minute",
)  # fmt: skip

CellTakes = tuple[Mapping[str, str], Sequence[Take], str]


def takes_of_cells(cells: Sequence[CellTakes], *, folder: Path) -> pd.DataFrame:
    """Lay out a sweep: a row a clip, and one for each order without a clip.

    Parameters
    ----------
    cells
        For each order: the labels of its axes, its takes, and why it did not run.
    folder
        The library folder, for the paths.

    Returns
    -------
    pandas.DataFrame
        Indexed by the axes; the columns of `takes_table` but those that are axes, ``order`` (which
        of the sweep's orders it is, from 1), and ``not_run``, empty for what was ordered.
    """
    takes = [take for _, found, _ in cells for take in found]
    frame = takes_table(takes, folder=folder, every_order=True)
    rows = []
    labels = []
    numbers = []
    reasons = []
    place = 0
    for number, (axes, found, reason) in enumerate(cells, 1):
        for _ in range(max(len(found), 1)):
            rows.append(place if found else -1)
            place += bool(found)
            labels.append(dict(axes))
            numbers.append(number)
            reasons.append(reason)
    # a row of its own, without a value, for what did not run
    frame = frame.reindex(rows).reset_index(drop=True)
    frame["status"] = frame["status"].fillna("not run")
    frame.insert(0, "order", pd.Series(numbers, dtype="Int64"))
    frame["not_run"] = pd.Series(reasons, dtype="string")
    axes_frame = pd.DataFrame(labels, dtype="string")
    kept = [name for name in frame.columns if name not in axes_frame.columns]
    frame = frame[kept]
    if axes_frame.empty:
        return frame
    # categories in the plan's order, so that sorting and grouping keep it
    index = [
        pd.Categorical(values, values.unique(), ordered=True) for _, values in axes_frame.items()
    ]
    frame.index = pd.MultiIndex.from_arrays(index, names=list(axes_frame.columns))
    return frame


def summarized(frame: pd.DataFrame, by: str | Sequence[str]) -> pd.DataFrame:
    """Sum a sweep up by some of its axes or columns.

    Parameters
    ----------
    frame
        From `takes_of_cells`.
    by
        One name or several; none gives one row for all.

    Returns
    -------
    pandas.DataFrame
        ``tasks`` that ran, those that ``succeeded`` and ``failed``, those ``not_run``, ``clips``,
        ``duration_s`` of all clips, ``net_credits`` (charged less refunds, where reported),
        ``credits_per_clip`` and ``credits_per_minute``.

    Raises
    ------
    InvalidInput
        There is no such axis or column.
    """
    names = [by] if isinstance(by, str) else list(by)
    flat = frame.reset_index()
    unknown = [name for name in names if name not in flat.columns]
    if unknown:
        known = ", ".join(str(name) for name in frame.index.names if name)
        message = f"is {unknown[0]!r:.60}; the axes are {known or 'none'}"
        raise InvalidInput.from_faults([Fault("by", "", message)])
    orders = flat.drop_duplicates("order")
    ran = orders["status"] != "not run"
    figures = {
        "tasks": ran,
        "succeeded": orders["status"] == "succeeded",
        "failed": orders["status"] == "failed",
        "not_run": ~ran,
        "net_credits": orders["task_credits"] - orders["refunded_credits"].fillna(0.0),
    }
    of_clips = {"clips": flat["clip_id"].notna(), "duration_s": flat["duration_s"]}
    summary = pd.DataFrame(
        {
            name: values.groupby(_keys(part, names), observed=True).sum()
            for part, columns in ((orders, figures), (flat, of_clips))
            for name, values in columns.items()
        }
    )
    minutes = summary["duration_s"].where(summary["duration_s"] > 0) / 60
    clips = summary["clips"].where(summary["clips"] > 0)
    summary["credits_per_clip"] = summary["net_credits"] / clips
    summary["credits_per_minute"] = summary["net_credits"] / minutes
    return summary[list(_SUMMARY)]


def _keys(frame: pd.DataFrame, names: Sequence[str]) -> list[pd.Series[Any]]:
    return [frame[name] for name in names] or [pd.Series("all", frame.index, name="all")]
