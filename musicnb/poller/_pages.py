"""Pages of the task list: where each task was seen last, and where the list goes on."""

from __future__ import annotations

import math
from collections.abc import Container, Iterator, Sequence
from dataclasses import dataclass
from typing import Final

PAGE_LIMIT: Final = 100
# so many refused cursors in a row, and the list is only read from its beginning
_CURSORS_REFUSED: Final = 3


@dataclass(slots=True, eq=False)
class Page:
    """One page of the list, as it was when it was read last.

    Parameters
    ----------
    after_s
        The list begins with what was created after that, seconds since the epoch on the service's
        clock.
    cursor
        Where in that list the page begins; None for its beginning.
    entries
        The ids it held, ours and others'; empty before it was read.
    free_at
        Not to be asked for before that, in seconds on the poller's clock.
    """

    after_s: float
    cursor: str | None = None
    entries: tuple[str, ...] = ()
    asked_at: float = -math.inf
    pending: bool = False
    failures: int = 0
    free_at: float = -math.inf


class Pages:
    """The pages of one list, in its own order, the last one open at its end.

    A page is found again by its cursor, so that any of them can be read next. Nothing is assumed
    about what is in it: a task belongs to the page that it was really seen in.
    """

    def __init__(self) -> None:
        self._pages: list[Page] = []
        self._cursors_refused = 0

    def __len__(self) -> int:
        return len(self._pages)

    def __contains__(self, page: object) -> bool:
        return page in self._pages

    def __iter__(self) -> Iterator[Page]:
        return iter(self._pages)

    @property
    def tail(self) -> Page:
        """The page where a task is expected that was in none yet."""
        return self._pages[-1]

    @property
    def after_s(self) -> float:
        """Where the list begins; minus infinity while there is none."""
        return self._pages[0].after_s if self._pages else -math.inf

    def begin(self, after_s: float) -> None:
        """Forget all pages and begin a list at a moment of the service's clock."""
        self._pages = [Page(after_s)]

    def forget(self) -> None:
        """Forget all pages."""
        self._pages = []

    def held(self, page: Page, entries: Sequence[str], next_cursor: str | None) -> None:
        """Note what a page held and where the list goes on after it."""
        page.entries = tuple(entries)
        if page.cursor is not None:
            self._cursors_refused = 0
        if page not in self._pages or self._cursors_refused >= _CURSORS_REFUSED:
            return
        place = self._pages.index(page)
        if next_cursor is None or any(
            other.cursor == next_cursor for other in self._pages[: place + 1]
        ):
            return  # a cursor that leads back would lead round in circles
        if page is self.tail:
            self._pages.append(Page(page.after_s, next_cursor))
        else:
            self._pages[place + 1].cursor = next_cursor

    def refuse_cursor(self) -> None:
        """Note that a cursor was not taken, as an expired one: the list begins anew."""
        self._cursors_refused += 1
        self.forget()

    def tidy(self, watched: Container[str], *, more_expected: bool) -> bool:
        """Drop pages before the first with a watched task; return whether to begin anew.

        Parameters
        ----------
        more_expected
            Tasks that were in no page yet are watched: the last page is alive, too.

        Returns
        -------
        bool
            What is left would fit into fewer pages if the list began with the oldest watched task.
        """
        live = [any(map(watched.__contains__, page.entries)) for page in self._pages]
        if live:
            live[-1] = live[-1] or more_expected
        first = live.index(True) if True in live else len(live)
        self._pages, live = self._pages[first:], live[first:]
        if sum(live) < 2:  # noqa: PLR2004 - one page is the fewest
            return False
        lead = next(
            (place for place, task_id in enumerate(self._pages[0].entries) if task_id in watched),
            0,
        )
        # one that was not read yet may be full
        span = sum(len(page.entries) or PAGE_LIMIT for page in self._pages) - lead
        return span <= PAGE_LIMIT * (sum(live) - 1)
