"""Which task to ask about, and when: decisions in pure time, without any I/O."""

from __future__ import annotations

import math
from collections.abc import Sequence
from dataclasses import dataclass, field
from typing import Final

import numpy as np

from musicnb.poller._budget import Budget
from musicnb.poller._durations import Durations
from musicnb.poller._pages import PAGE_LIMIT, Page, Pages
from musicnb.poller._worth import HEARTBEAT_S, KAPPA_S, Shown, Worth

# The provider's own packages stop active polling after half an hour and keep the task resumable.
PATIENCE_S: Final = 1800.0
# More at a time gains nothing: at 8 requests/s each may take half a second.
_IN_FLIGHT: Final = 4
# No pause is so long: the machine was asleep, which is not polling.
_ASLEEP_S: Final = 90.0
# The wall clock ran ahead of the monotonic one by more: it was set, or the machine slept.
_CLOCK_JUMP_S: Final = 5.0
_BACKOFF_FIRST_S: Final = 0.5
_BACKOFF_LONGEST_S: Final = 30.0
# A service without a list may get one with its next release.
_LIST_AGAIN_S: Final = 600.0
# Being expected in a page and missing from it divides the trust that the next one has it.
_DISTRUST: Final = 4.0
# How far the service's clock may be from ours while nothing is known about it, and the margin for
# rounded timestamps once it is.
_CLOCK_SKEW_S: Final = 300.0
_ROUNDING_S: Final = 1.0


@dataclass(frozen=True, slots=True)
class ReadTask:
    """Ask about one task."""

    task_id: str


@dataclass(frozen=True, slots=True)
class ReadPage:
    """Ask for a page of the list, the oldest tasks first.

    Parameters
    ----------
    created_after_s
        Seconds since the epoch on the service's clock.
    cursor
        Where the page begins; None for the beginning of the list.
    """

    created_after_s: float
    cursor: str | None
    page: Page = field(repr=False, compare=False)


Request = ReadTask | ReadPage


@dataclass(slots=True, eq=False)
class _Watched:
    """A task in flight; times on the poller's clock, but for ``created_s`` and ``listed_s``."""

    model: str
    created_s: float  # seconds since the epoch on our wall clock
    since: float
    until: float
    born: float
    seen: float
    listed_s: float | None = None  # created_at: seconds since the epoch on the service's clock
    page: Page | None = None
    trust: float = 1.0
    pending: bool = False
    failures: int = 0
    free_at: float = -math.inf

    def is_under_way(self, tail: Page | None) -> bool:
        """Whether it is being asked about, alone or by its page; one in no page yet by the tail."""
        page = self.page or tail
        return self.pending or (page is not None and page.pending)


class Watchlist:
    """Tasks in flight, and what to ask about them next.

    `step` returns the requests to send now. What comes of each is told with `saw`, `remove`, `read`
    and `saw_page`, or with `refused`, `lost` or `no_list`. A request without a usable answer never
    counts against a task.

    Times called `now` are seconds on one monotonic clock, those called `wall` seconds since the
    epoch; the caller owns both clocks.
    """

    def __init__(self, durations: Durations | None = None, budget: Budget | None = None) -> None:
        self.durations = durations or Durations()
        self.budget = budget or Budget()
        self._tasks: dict[str, _Watched] = {}
        self._wanted: set[str] = set()
        self._pages = Pages()
        self._under_way: list[Request] = []
        self._no_list_until = -math.inf
        self._ahead_s: float | None = None
        self._ticked_at = self._wall_ahead_s = math.inf
        self._worth: Worth | None = None

    def __len__(self) -> int:
        return len(self._tasks)

    # ------------------------------------------------------------------------------ tasks

    def add(
        self,
        task_id: str,
        *,
        model: str,
        created: float,
        now: float,
        wall: float,
        created_at: float | None = None,
    ) -> None:
        """Watch a task.

        Parameters
        ----------
        created
            When it was created or earlier, on our wall clock.
        created_at
            When it was created, on the service's clock; None while that is unknown.
        """
        born = now - max(wall - created, 0.0)
        task = _Watched(model, created, now, now + PATIENCE_S, born, born)
        self._tasks[task_id] = task
        self._date(task, created_at, now, wall)
        task.seen = task.born
        if self._listed_after_s(task) < self._pages.after_s:
            self._begin_list_anew()
        self._worth = None

    def remove(self, task_id: str) -> None:
        """Stop watching a task; unknown ids are ignored."""
        self._wanted.discard(task_id)
        if self._tasks.pop(task_id, None) and not self._tasks:
            self._pages.forget()
        self._worth = None

    def saw(self, task_id: str, now: float, wall: float, created_at: float | None = None) -> None:
        """Note that a task was seen unfinished; unknown ids are ignored."""
        task = self._tasks.get(task_id)
        if task is not None:
            self._date(task, created_at, now, wall)
            task.seen = now
            self._wanted.discard(task_id)
            self._worth = None

    def want(self, task_id: str) -> None:
        """Ask about a task alone as soon as possible."""
        if task_id in self._tasks:
            self._wanted.add(task_id)
            self._worth = None

    def tick(self, now: float, wall: float) -> None:
        """Look at both clocks; to be called before `overdue` and `step`.

        A gap that no pause explains was sleep, which uses up nobody's patience. Where the monotonic
        clock stands still in sleep, the wall clock runs ahead of it; as it does when it is set,
        everybody is only asked about once more.
        """
        asleep = now - self._ticked_at
        if asleep > _ASLEEP_S:
            for task in self._tasks.values():
                task.until = min(task.until + asleep, now + PATIENCE_S)
        if wall - now - self._wall_ahead_s > _CLOCK_JUMP_S:
            for task in self._tasks.values():
                task.seen = task.born
            self._worth = None
        self._ticked_at, self._wall_ahead_s = now, wall - now

    def overdue(self, now: float) -> list[str]:
        """Return the tasks that were polled for longer than `PATIENCE_S`."""
        return [task_id for task_id, task in self._tasks.items() if now > task.until]

    # --------------------------------------------------------------------------- decisions

    def step(self, now: float) -> list[Request]:
        """Return the requests to send now."""
        requests: list[Request] = []
        while len(self._under_way) < _IN_FLIGHT and self.budget.ready_at(now, write=False) <= now:
            request = self._best(now)
            if request is None or not self.budget.take(now):
                break
            self._under_way.append(request)
            self._worth = None
            if isinstance(request, ReadPage):
                request.page.pending, request.page.asked_at = True, now
            else:
                self._tasks[request.task_id].pending = True
            requests.append(request)
        return requests

    def next_due(self, now: float) -> float:
        """Return when `step` may have something to do; infinity when only an answer can tell."""
        if not self._tasks:
            return math.inf
        patience = min(task.until for task in self._tasks.values()) + 1e-3
        if len(self._under_way) >= _IN_FLIGHT:
            return patience
        ready = self.budget.ready_at(now, write=False)
        if ready > now:  # weighed then; it is not cheap for a thousand tasks
            return min(ready, patience)
        if self._is_all_under_way():
            return min(now + HEARTBEAT_S, patience)
        return min(now if self._best(now) else self._weighed(now).due(now), patience)

    def _best(self, now: float) -> Request | None:
        for task_id in self._wanted:
            task = self._tasks[task_id]
            if not task.pending and task.free_at <= now:
                return ReadTask(task_id)
        if self._is_all_under_way():
            return None
        best = self._weighed(now).best(now)
        if best.value_s < KAPPA_S:
            return None
        if best.is_page:
            page = list(self._pages)[best.place]
            return ReadPage(page.after_s, page.cursor, page)
        return ReadTask(list(self._tasks)[best.place])

    def _is_all_under_way(self) -> bool:
        """Whether everybody is being asked about, as often as not by one page; cheap to tell."""
        tail = self._pages.tail if len(self._pages) else None
        return all(task.is_under_way(tail) for task in self._tasks.values())

    def _weighed(self, now: float) -> Worth:
        """Return the scales; made anew when something has changed."""
        if self._worth is None:
            self._worth = Worth(self._shown(now))
        return self._worth

    def _shown(self, now: float) -> Shown:
        lists = now >= self._no_list_until
        if lists and not len(self._pages):
            self._pages.begin(min(map(self._listed_after_s, self._tasks.values())))
        numbers = {id(page): number for number, page in enumerate(self._pages)}
        tail = len(numbers) - 1
        last = self._pages.tail if lists else None
        tasks = list(self._tasks.values())
        new = sum(task.page is None for task in tasks)
        room = min(PAGE_LIMIT / new, 1.0) if new else 1.0
        models: dict[str, list[int]] = {}
        free_at, listed, page_of, trust = [], [], [], []
        for place, (task_id, task) in enumerate(self._tasks.items()):
            models.setdefault(task.model, []).append(place)
            free_at.append(math.inf if task.is_under_way(last) else task.free_at)
            if lists and task_id not in self._wanted:
                listed.append(place)
                page_of.append(numbers[id(task.page)] if task.page else tail)
                trust.append(task.trust if task.page else task.trust * room)
        return Shown(
            groups=[
                (self.durations.curve(model), np.array(places)) for model, places in models.items()
            ],
            born_s=np.array([task.born for task in tasks]),
            seen_s=np.array([task.seen for task in tasks]),
            free_at_s=np.array(free_at),
            listed=np.array(listed, np.intp),
            page=np.array(page_of, np.intp),
            trust=np.array(trust, np.float64),
            page_free_at_s=np.array(
                [math.inf if page.pending else page.free_at for page in self._pages]
            ),
        )

    # ----------------------------------------------------------------------------- answers

    def read(self, request: ReadTask, now: float) -> None:
        """Note that a task was read; what was seen of it is told with `saw` or `remove`."""
        self.over(request)
        self.budget.answered(now)
        if request.task_id in self._tasks:
            self._tasks[request.task_id].failures = 0

    def saw_page(
        self, request: ReadPage, task_ids: Sequence[str], next_cursor: str | None, now: float
    ) -> None:
        """Note what a page really held, and where the list goes on.

        What was seen of the tasks in it is told after this, with `saw`, `remove` or `want`.
        """
        self.over(request)
        self.budget.answered(now)
        page, was_tail = request.page, len(self._pages) and request.page is self._pages.tail
        page.failures = 0
        self._pages.held(page, task_ids, next_cursor)
        if page not in self._pages:
            return
        held = set(task_ids) & self._tasks.keys()
        ends = not was_tail or page is self._pages.tail or not held
        for task_id, task in self._tasks.items():
            if task_id in held:
                task.page, task.trust = page, 1.0
            elif task.page is page or (
                task.page is None and ends and was_tail and task.since <= page.asked_at
            ):
                task.page, task.trust = None, task.trust / _DISTRUST
        more = any(task.page is None for task in self._tasks.values())
        if self._pages.tidy(self._tasks, more_expected=more):
            self._begin_list_anew()

    def refused(self, request: Request, now: float, retry_after_s: float | None) -> None:
        """Note 429 or 503: everybody waits, then asks half as often."""
        self._back_off(request, now)
        self.budget.refused(now, retry_after_s)

    def lost(self, request: Request, now: float) -> None:
        """Note that no usable answer came: all reads wait a little, this one longer."""
        self._back_off(request, now)
        self.budget.lost(now)

    def no_list(self, request: ReadPage, now: float) -> None:
        """Note that the list was refused for good; a refused cursor only begins it anew."""
        self.over(request)
        self.budget.answered(now)
        if request.cursor is None:
            self._no_list_until = now + _LIST_AGAIN_S
        else:
            self._pages.refuse_cursor()
        self._begin_list_anew()

    def over(self, request: Request) -> None:
        """Note that a request is not under way any more, whatever came of it; twice is as once."""
        if not any(other is request for other in self._under_way):
            return
        self._under_way = [other for other in self._under_way if other is not request]
        self._worth = None
        if isinstance(request, ReadPage):
            request.page.pending = False
        elif request.task_id in self._tasks:
            self._tasks[request.task_id].pending = False

    def _back_off(self, request: Request, now: float) -> None:
        """Let others go first; one broken answer must not keep everybody from being asked about."""
        self.over(request)
        what = request.page if isinstance(request, ReadPage) else self._tasks.get(request.task_id)
        if what is not None:
            pause = min(_BACKOFF_FIRST_S * 2**what.failures, _BACKOFF_LONGEST_S)
            what.failures, what.free_at = min(what.failures + 1, 16), now + pause

    # -------------------------------------------------------------------------------- time

    def _date(self, task: _Watched, created_at: float | None, now: float, wall: float) -> None:
        """Set a task's age from the service's time, within what our own clocks allow.

        It is at least as old as our watching is, and at most as old as the order. So a clock that
        was set, or is wrong, makes an age wrong by no more than what lies between these.
        """
        if created_at is None:
            return
        least = now - task.since
        most = max(wall - task.created_s, least)
        task.born = now - min(max(wall - created_at, least), most)
        if task.listed_s is None:
            ahead = created_at - task.created_s
            self._ahead_s = ahead if self._ahead_s is None else min(self._ahead_s, ahead)
        task.listed_s = created_at
        if created_at <= self._pages.after_s:  # it was looked for in the wrong place
            self._begin_list_anew()
            for other in self._tasks.values():
                other.trust = 1.0

    def _listed_after_s(self, task: _Watched) -> float:
        """Return a moment of the service's clock that is before the task's creation."""
        if task.listed_s is not None:
            return task.listed_s - _ROUNDING_S
        if self._ahead_s is not None:
            return task.created_s + self._ahead_s - _ROUNDING_S
        return task.created_s - _CLOCK_SKEW_S

    def _begin_list_anew(self) -> None:
        self._pages.forget()
        for task in self._tasks.values():
            task.page = None
        self._worth = None
