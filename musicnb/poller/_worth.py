"""What each request would be worth now: the regret that it ends."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Final

import numpy as np
from numpy.typing import NDArray

from musicnb.poller._durations import Array, Curve

# A request is worth it once it ends that much regret: one more request for 0.06 s less of delay.
KAPPA_S: Final = 0.06
# A page of up to 100 summaries costs both sides about as much as that many single tasks.
PAGE_COST: Final = 2.5
# Whatever was learned, nobody is left unasked for longer, and what is shown is no older.
HEARTBEAT_S: Final = 10.0
_PRECISION_S: Final = 0.002


@dataclass(frozen=True, slots=True)
class Worth:
    """Tasks and pages at one moment of the watchlist, ready to be weighed at any time.

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

    groups: Sequence[tuple[Curve, NDArray[np.intp]]]
    born_s: Array
    seen_s: Array
    free_at_s: Array
    listed: NDArray[np.intp]
    page: NDArray[np.intp]
    trust: Array
    page_free_at_s: Array

    def best(self, now: float) -> tuple[float, int, bool]:
        """Return the regret per request of the best one, its place, and whether it is a page."""
        regret = np.empty_like(self.born_s)
        seen = np.maximum(self.seen_s - self.born_s, 0.0)
        age = np.maximum(now - self.born_s, seen)
        for curve, places in self.groups:
            regret[places] = curve.regret_s(seen[places], age[places])
        beat = KAPPA_S * ((age - seen) / HEARTBEAT_S) ** 2
        single = np.where(self.free_at_s <= now, np.maximum(regret, beat), 0.0)
        place = int(np.argmax(single))
        value = float(single[place])
        if not self.listed.size:
            return value, place, False
        # what is asked about alone at this moment is not covered twice
        trust = np.where(np.isposinf(self.free_at_s[self.listed]), 0.0, self.trust)
        number = self.page_free_at_s.size
        pages = np.bincount(self.page, regret[self.listed] * trust, number) / PAGE_COST
        beats = np.zeros(number)
        np.maximum.at(beats, self.page, beat[self.listed] * trust)
        beats[np.bincount(self.page, trust, number) < PAGE_COST] = 0.0
        pages = np.where(self.page_free_at_s <= now, np.maximum(pages, beats), 0.0)
        best_page = int(np.argmax(pages))
        if pages[best_page] >= value:
            return float(pages[best_page]), best_page, True
        return value, place, False

    def due(self, now: float) -> float:
        """Return when the best request will be worth it, at most a heartbeat from now."""
        early, late = now, now + HEARTBEAT_S
        while late - early > _PRECISION_S:
            middle = (early + late) / 2
            if self.best(middle)[0] >= KAPPA_S:
                late = middle
            else:
                early = middle
        return late
