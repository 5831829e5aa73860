"""What every choice of a sweep gave and cost, and how sure that is."""

from __future__ import annotations

import math
from collections.abc import Callable, Iterable, Mapping, Sequence
from typing import Any, Final, TypeAlias

import numpy as np
import pandas as pd
from numpy.typing import NDArray

from musicnb.errors import Fault, InvalidInput
from musicnb.library import FINISHED
from musicnb.measure import effective_number, styles_of
from musicnb.table._cells import NOT_RUN, column_for
from musicnb.table._frame import Table
from musicnb.table._heard import HEARD_COLUMNS, Heard, HeardFacts
from musicnb.table._intervals import ratio_interval, share_interval

#: A clip that was rated is usable from so many stars on.
USABLE_STARS: Final = 3
#: With one of these a clip that nobody rated is not usable: it is broken, not a matter of taste.
SEVERE: Final = frozenset(
    ("damaged_file", "not_finite", "dropout", "silent_channel", "inverted_channel")
)
_SECONDS_PER_MINUTE: Final = 60
_COLUMNS: Final = {
    "tasks": "Int64",
    "succeeded": "Int64",
    "failed": "Int64",
    "not_run": "Int64",
    "clips": "Int64",
    "usable_clips": "Int64",
    "duration_s": "Float64",
    "net_credits": "Float64",
    "held_credits": "Float64",
    "credits_per_clip": "Float64",
    "credits_per_clip_low": "Float64",
    "credits_per_clip_high": "Float64",
    "credits_per_usable_clip": "Float64",
    "credits_per_usable_clip_low": "Float64",
    "credits_per_usable_clip_high": "Float64",
    "credits_per_minute": "Float64",
    "variety": "Float64",
    "variety_clips": "Int64",
}

#: Which clips count as usable: a function of the table, the name of a column, or a value a row.
Usable: TypeAlias = "Callable[[pd.DataFrame], Any] | str | Sequence[bool] | pd.Series[Any]"


def summarized(
    frame: pd.DataFrame,
    by: str | Sequence[str],
    *,
    usable: Usable | None = None,
    bands: Mapping[str, bytes] | None = None,
    heard: Heard | None = None,
) -> Table:
    """Sum a sweep up by some of its axes or columns.

    Parameters
    ----------
    frame
        From `takes_of_cells`; columns may have been added.
    by
        One name or several; none gives one row for all.
    usable
        Which clips are; NA means that one is not. By default those that nobody rejects: a clip with
        stars from 3 on, and one without stars unless a severe defect is known of it
        (``damaged_file``, ``not_finite``, ``dropout``, ``silent_channel``, ``inverted_channel``).
    bands
        By the clip's id: `musicnb.measure.Fingerprint.bands`, for the variety.
    heard
        What came of a listening session.

    Returns
    -------
    Table
        ``tasks`` that ran, those that ``succeeded`` and ``failed``, those ``not_run``; ``clips``,
        ``usable_clips``; ``duration_s`` of all clips; ``net_credits`` (charged less refunds, where
        reported), ``held_credits``.

        Of tasks that have ended: ``credits_per_clip``, ``credits_per_usable_clip``,
        ``credits_per_minute``. ``…_low`` and ``…_high`` bound a 95 % interval; they are missing
        under five tasks. Tasks are what is drawn, as the clips of one share its luck. That of
        ``credits_per_clip`` is the price itself where all tasks give the same for the same; see
        `musicnb.table.ratio_interval`. That of ``credits_per_usable_clip`` takes the credits per
        clip as they are and asks what share of clips is usable, see
        `musicnb.table.share_interval`; its upper end is infinite where that share may be nothing.
        Intervals that overlap do not say which choice is better, and of many choices one always
        looks best.

        ``variety``: how many different clips the ``variety_clips`` whose measures are known amount
        to, see `musicnb.measure.effective_number`; it grows with their number.

        With `heard` also ``shortlisted_clips`` and ``credits_per_shortlisted_clip`` like that of a
        usable one; ``win_rate``, the share of ``votes`` against clips of other rows in which theirs
        were preferred (ties half, without pairs that are both unusable), and its interval by
        `musicnb.table.share_interval`.

    Raises
    ------
    InvalidInput
        There is no such axis or column, or `usable` does not say yes or no to every row.
    """
    several = isinstance(by, Iterable) and not isinstance(by, str)  # or no name at all
    names: list[Any] = list(by) if several else [by]
    axes = [str(name) for name in frame.index.names if name is not None]
    flat = pd.DataFrame(frame).reset_index(drop=not axes)
    unknown = [name for name in names if not isinstance(name, str) or name not in flat.columns]
    if unknown:
        message = f"is {unknown[0]!r:.60}; the axes are {', '.join(map(str, axes)) or 'none'}"
        raise _invalid("by", message)
    keys = [flat[name] for name in names] or [pd.Series("all", flat.index, name="all")]
    groups = flat.groupby(keys, observed=True, dropna=False)
    numbers = groups.ngroup().to_numpy()
    facts = _Facts(flat, axes, _usable(frame, axes, usable), bands or {})
    if heard is not None:
        facts.heard = HeardFacts(heard, facts.ids.tolist(), numbers)
    places = np.argsort(numbers, kind="stable")
    ends = np.cumsum(np.bincount(numbers))
    rows = [facts.summary(part) for part in np.split(places, ends[:-1])] if len(flat) else []
    columns = {
        name: pd.array([row[name] for row in rows], dtype=dtype)  # type: ignore[call-overload]
        for name, dtype in (_COLUMNS | (HEARD_COLUMNS if heard is not None else {})).items()
    }
    return Table(columns, index=groups.size().index)


class _Facts:
    """The columns that are summed up, as arrays: there may be thousands of groups."""

    def __init__(
        self,
        flat: pd.DataFrame,
        axes: Sequence[str],
        usable: NDArray[np.bool_],
        bands: Mapping[str, bytes],
    ) -> None:
        def column(name: str) -> pd.Series[Any]:
            found: pd.Series[Any] = flat[column_for(name, axes)]
            return found

        def numbers(name: str) -> NDArray[np.float64]:
            return column(name).to_numpy(np.float64, na_value=np.nan)

        self._orders = column("order").to_numpy(np.int64)
        self._status = column("status").to_numpy(object)
        self._is_clip = column("clip_id").notna().to_numpy(bool)
        self._usable = usable & self._is_clip
        self._durations = np.nan_to_num(numbers("duration_s"))
        self._net, self._held = numbers("net_credits"), np.nan_to_num(numbers("held_credits"))
        self.ids = column("clip_id").to_numpy(object)
        self.heard: HeardFacts | None = None
        self._styles = styles_of([bands.get(clip_id, b"") for clip_id in self.ids])

    def summary(self, rows: NDArray[np.int64]) -> dict[str, Any]:
        """Sum some rows up."""
        _, first, order = np.unique(self._orders[rows], return_index=True, return_inverse=True)
        status, net = self._status[rows[first]], self._net[rows[first]]
        clips, usable, durations = (
            np.bincount(order, values[rows]).astype(np.float64)
            for values in (self._is_clip, self._usable, self._durations)
        )
        settled = np.isin(status, FINISHED) & np.isfinite(net)
        styles = self._styles[rows]
        ears: dict[str, Any] = {}
        if self.heard is not None:
            chosen = np.bincount(order, self.heard.chosen[rows]).astype(np.float64)
            low, per_clip, high = _price_of_share(net[settled], clips[settled], chosen[settled])
            ears = {
                "shortlisted_clips": int(chosen.sum()),
                "credits_per_shortlisted_clip": per_clip,
                "credits_per_shortlisted_clip_low": low,
                "credits_per_shortlisted_clip_high": high,
                **self.heard.wins(rows, order),
            }
        return {
            "tasks": int((status != NOT_RUN).sum()),
            "succeeded": int((status == "succeeded").sum()),
            "failed": int((status == "failed").sum()),
            "not_run": int((status == NOT_RUN).sum()),
            "clips": int(clips.sum()),
            "usable_clips": int(usable.sum()),
            "duration_s": float(durations.sum()),
            "net_credits": float(np.nansum(net)),
            "held_credits": float(self._held[rows[first]].sum()),
            "variety": effective_number(styles),
            "variety_clips": int(styles.any(axis=1).sum()),
            **_prices(net[settled], clips[settled], usable[settled], durations[settled]),
            **ears,
        }


def _prices(
    net: NDArray[np.float64],
    clips: NDArray[np.float64],
    usable: NDArray[np.float64],
    durations: NDArray[np.float64],
) -> dict[str, float]:
    total = float(net.sum())
    low, high = ratio_interval(net, clips)
    per_clip = _ratio(total, clips.sum())
    least, per_usable, most = _price_of_share(net, clips, usable)
    return {
        "credits_per_clip": per_clip,
        "credits_per_clip_low": low,
        "credits_per_clip_high": high,
        "credits_per_usable_clip": per_usable,
        "credits_per_usable_clip_low": least,
        "credits_per_usable_clip_high": most,
        "credits_per_minute": _ratio(total * _SECONDS_PER_MINUTE, durations.sum()),
    }


def _price_of_share(
    net: NDArray[np.float64], clips: NDArray[np.float64], good: NDArray[np.float64]
) -> tuple[float, float, float]:
    """Return what a good clip costs, between the ends of its interval."""
    per_clip = _ratio(float(net.sum()), clips.sum())
    least, most = share_interval(good, clips)
    high = math.inf if least == 0 else _ratio(per_clip, least)
    return _ratio(per_clip, most), _ratio(float(net.sum()), good.sum()), high


def _ratio(total: float, count: float) -> float:
    return float(total / count) if count > 0 else math.nan


def _usable(frame: pd.DataFrame, axes: Sequence[str], usable: Usable | None) -> NDArray[np.bool_]:
    """Say of every row whether its clip is usable."""
    if usable is None:
        return _not_rejected(frame, axes)
    if isinstance(usable, str) and usable not in frame.columns:
        why = "an axis, whose labels are words" if usable in axes else "there is no such column"
        raise _invalid("usable", f"is {usable!r:.60}; {why}")
    said = usable(frame) if callable(usable) else usable
    said = frame[said] if isinstance(said, str) else said
    problem = ""
    if isinstance(said, pd.Series) and not said.index.equals(frame.index):
        problem = "has another index than the table"
    try:
        answers = pd.array(list(said), dtype="boolean")
    except (TypeError, ValueError):
        problem = "must say True or False of every row"
    if not problem and len(answers) != len(frame):
        problem = f"says something of {len(answers):,} rows, but there are {len(frame):,}"
    if problem:
        raise _invalid("usable", problem)
    return answers.to_numpy(bool, na_value=False)


def _not_rejected(frame: pd.DataFrame, axes: Sequence[str]) -> NDArray[np.bool_]:
    stars = frame[column_for("stars", axes)].to_numpy(np.float64, na_value=np.nan)
    defects = frame[column_for("defects", axes)].fillna("")
    broken = [not SEVERE.isdisjoint(kinds.split(", ")) for kinds in defects]
    return np.where(np.isnan(stars), ~np.array(broken, bool), stars >= USABLE_STARS)


def _invalid(field: str, message: str) -> InvalidInput:
    return InvalidInput.from_faults([Fault(field, "", message)])
