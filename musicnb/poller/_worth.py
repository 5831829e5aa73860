"""What each request would be worth now: the regret that it ends."""

from __future__ import annotations

import math
from collections.abc import Sequence
from dataclasses import dataclass
from typing import Final

import numpy as np
from numpy.typing import NDArray

from musicnb.poller._durations import Array, Curve

# A request is worth it once it ends that much regret: one more request for 0.06 s less of delay.
KAPPA_S: Final = 0.06
# A page of up to 100 summaries costs both sides about as much as that many single tasks.
PAGE_COST: Final = 2.0
# Whatever was learned, nobody is left unasked for longer, and what is shown is no older.
HEARTBEAT_S: Final = 10.0
_PRECISION_S: Final = 0.004

Places = NDArray[np.intp]


@dataclass(frozen=True, slots=True)
class Shown:
    """The tasks and pages of a watchlist as arrays, a place for each.

    Parameters
    ----------
    groups
        The curve of each model with the places of its tasks.
    born_s, seen_s
        When each task was created and last seen unfinished, in seconds on the poller's clock.
    free_at_s
        When each may be asked about alone; infinity while a request for it is under way.
    listed
        Places of the tasks that are expected in some page.
    page
        The page of each of them, as a place among the pages.
    trust
        How surely each of them will be in it, from 0 to 1.
    page_free_at_s
        When each page may be asked for.
    """

    groups: Sequence[tuple[Curve, Places]]
    born_s: Array
    seen_s: Array
    free_at_s: Array
    listed: Places
    page: Places
    trust: Array
    page_free_at_s: Array


@dataclass(frozen=True, slots=True)
class Best:
    """The request that is worth most."""

    value_s: float
    place: int
    is_page: bool


class Worth:
    """Weighs requests by the regret that they end, at any time while nothing else changes.

    Parameters
    ----------
    shown
        The watchlist as it is.
    """

    def __init__(self, shown: Shown) -> None:
        self._shown = shown
        self._seen_age = np.maximum(shown.seen_s - shown.born_s, 0.0)
        self._groups = [
            (curve, places, curve.seen(self._seen_age[places])) for curve, places in shown.groups
        ]
        # what is asked about alone at this moment is not covered twice
        busy = np.isposinf(shown.free_at_s[shown.listed])
        self._trust = np.where(busy, 0.0, shown.trust)
        self._pages = shown.page_free_at_s.size
        self._members = np.bincount(shown.page, self._trust, self._pages)
        self._latest: tuple[float, Best] | None = None

    def best(self, now: float) -> Best:
        """Return the request with the most regret per request, in seconds."""
        if self._latest is None or self._latest[0] != now:  # asked two or three times in a row
            self._latest = now, self._weigh(now)
        return self._latest[1]

    def _weigh(self, now: float) -> Best:
        shown = self._shown
        age = np.maximum(now - shown.born_s, self._seen_age)
        regret = np.empty_like(age)
        for curve, places, seen in self._groups:
            regret[places] = curve.regret_s(seen, age[places])
        beat = KAPPA_S * ((age - self._seen_age) / HEARTBEAT_S) ** 2
        alone = np.where(shown.free_at_s <= now, np.maximum(regret, beat), 0.0)
        place = int(alone.argmax())
        best = Best(float(alone[place]), place, is_page=False)
        if not shown.listed.size:
            return best
        pages = np.bincount(shown.page, regret[shown.listed] * self._trust, self._pages)
        beats = np.zeros(self._pages)
        np.maximum.at(beats, shown.page, beat[shown.listed] * self._trust)
        beats[self._members <= PAGE_COST] = 0.0
        pages = np.maximum(pages / PAGE_COST, beats)
        pages[shown.page_free_at_s > now] = 0.0
        place = int(pages.argmax())
        value = float(pages[place])
        # of two that are worth the same, a task tells more of one and a page tells of more
        wins = value > best.value_s or (value == best.value_s and self._members[place] > PAGE_COST)
        return Best(value, place, is_page=True) if wins else best

    def due(self, now: float) -> float:
        """Return when the best request will be worth it, at most a heartbeat from now."""
        early, low = now, self.best(now).value_s
        late, high, step = now, low, 4 * _PRECISION_S
        while high < KAPPA_S and step < HEARTBEAT_S:
            early, low, late = late, high, now + step
            high, step = self.best(late).value_s, step * 2
        if high < KAPPA_S:
            early, low, late, high = late, high, now + HEARTBEAT_S, KAPPA_S
        while late - early > max(_PRECISION_S, (late - now) / 64):
            # regret rises about with the square of the time, so its root is nearly a line
            share = (math.sqrt(KAPPA_S) - math.sqrt(low)) / (math.sqrt(high) - math.sqrt(low))
            middle = early + (late - early) * min(max(share + 0.05, 0.1), 0.9)
            value = self.best(middle).value_s
            if value >= KAPPA_S:
                late, high = middle, value
            else:
                early, low = middle, value
        return late
