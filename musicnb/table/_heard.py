"""What a listening session adds to a summary: which clips it put forward, who won how often."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any, Final

import numpy as np
from numpy.typing import NDArray

from musicnb.table._intervals import share_interval

HEARD_COLUMNS: Final = {
    "shortlisted_clips": "Int64",
    "credits_per_shortlisted_clip": "Float64",
    "credits_per_shortlisted_clip_low": "Float64",
    "credits_per_shortlisted_clip_high": "Float64",
    "votes": "Int64",
    "win_rate": "Float64",
    "win_rate_low": "Float64",
    "win_rate_high": "Float64",
}
#: What either clip of a pair gets for an answer; of two unusable ones neither was preferred.
_POINTS: Final = {"A": (1.0, 0.0), "B": (0.0, 1.0), "tie": (0.5, 0.5)}


@dataclass(frozen=True, slots=True)
class Heard:
    """The outcome of a session.

    Parameters
    ----------
    shortlist
        Ids of the clips that it puts forward.
    votes
        The two clips of each vote, and the answer: ``"A"`` for the first, ``"B"`` for the second,
        ``"tie"`` or ``"both_unusable"``. Hidden repeats are left out by the caller: they measure
        the listener.
    """

    shortlist: frozenset[str]
    votes: Sequence[tuple[str, str, str]]


class HeardFacts:
    """A session's outcome by the rows of a frame.

    Parameters
    ----------
    heard
        The outcome.
    ids
        The clip of each row.
    groups
        Which line of the summary each row belongs to. A vote on two clips of one line says nothing
        of that line against others.
    """

    def __init__(self, heard: Heard, ids: Sequence[Any], groups: NDArray[np.integer[Any]]) -> None:
        places = {clip_id: place for place, clip_id in enumerate(ids)}
        self.chosen = np.array([clip_id in heard.shortlist for clip_id in ids], bool)
        self._points, self._votes = np.zeros(len(ids)), np.zeros(len(ids))
        for left, right, answer in heard.votes:
            first, second = places.get(left), places.get(right)
            if first is None or second is None or answer not in _POINTS:
                continue
            if groups[first] != groups[second]:
                self._points[[first, second]] += _POINTS[answer]
                self._votes[[first, second]] += 1

    def wins(self, rows: NDArray[np.int64], order: NDArray[np.int64]) -> dict[str, Any]:
        """Return how often the clips of some rows were preferred to those of others."""
        points, votes = (
            np.bincount(order, values[rows]).astype(np.float64)
            for values in (self._points, self._votes)
        )
        low, high = share_interval(points, votes)
        total = votes.sum()
        return {
            "votes": int(total),
            "win_rate": float(points.sum() / total) if total else np.nan,
            "win_rate_low": low,
            "win_rate_high": high,
        }
