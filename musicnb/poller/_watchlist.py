"""Which task to ask about, and when: decisions in pure time, without any I/O."""

from __future__ import annotations

import math
from collections.abc import Iterable
from dataclasses import dataclass, field
from typing import Final

# Asking again after a tenth of the age keeps the mean delay near a twentieth of the duration,
# whatever the duration is, with a number of requests that grows only with its logarithm.
_SHARE_OF_AGE: Final = 0.1
_SHORTEST_S: Final = 0.25
_LONGEST_S: Final = 5.0
# From here on one page of the task list costs less than the single reads it replaces.
_PAGE_FROM: Final = 4
_OUTAGE_FIRST_S: Final = 0.5
_OUTAGE_LONGEST_S: Final = 30.0
# The provider's own packages stop active polling after half an hour and keep the task resumable.
PATIENCE_S: Final = 1800.0


@dataclass(frozen=True, slots=True)
class ReadTask:
    """Ask about one task."""

    task_id: str


@dataclass(frozen=True, slots=True)
class ReadPage:
    """Ask for the list of tasks, from the oldest one that is due on."""

    since: float


@dataclass(slots=True)
class _Watched:
    created: float
    since: float
    due: float


@dataclass(slots=True)
class Watchlist:
    """Tasks in flight and when each is due to be asked about.

    All times are seconds on one clock that the caller owns. A lost or refused request never counts
    against a task; it holds the whole list back for a while, longer each time in a row.
    """

    _tasks: dict[str, _Watched] = field(default_factory=dict)
    _held_until: float = -math.inf
    _outage_s: float = _OUTAGE_FIRST_S

    def __len__(self) -> int:
        return len(self._tasks)

    def add(self, task_id: str, *, created: float, now: float) -> None:
        """Watch a task that was created at the given time."""
        watched = _Watched(created, now, now)
        # one that was left alone for a while, as by a closed notebook, may long have ended
        if now - created < _LONGEST_S:
            watched.due = now + _interval(watched, now)
        self._tasks[task_id] = watched

    def remove(self, task_id: str) -> None:
        """Stop watching a task; unknown ids are ignored."""
        self._tasks.pop(task_id, None)

    def next_due(self) -> float:
        """Return when `step` will have something to do; infinity when nothing is watched."""
        earliest = min((watched.due for watched in self._tasks.values()), default=math.inf)
        return max(earliest, self._held_until)

    def step(self, now: float) -> ReadTask | ReadPage | None:
        """Return the one request to send now, or None."""
        if now < self._held_until:
            return None
        due = [task_id for task_id, watched in self._tasks.items() if watched.due <= now]
        if not due:
            return None
        if len(due) >= _PAGE_FROM:
            return ReadPage(min(self._tasks[task_id].created for task_id in due))
        return ReadTask(min(due, key=lambda task_id: self._tasks[task_id].due))

    def saw(self, task_id: str, now: float) -> None:
        """Note that a task was seen unfinished."""
        self._outage_s = _OUTAGE_FIRST_S
        if task_id in self._tasks:
            watched = self._tasks[task_id]
            watched.due = now + _interval(watched, now)

    def saw_page(self, task_ids: Iterable[str], request: ReadPage, now: float) -> list[str]:
        """Note which tasks a page really held.

        Returns
        -------
        list of str
            Due tasks that the page should have held and did not: ask about them one by one.
        """
        held = set(task_ids)
        for task_id in held:
            self.saw(task_id, now)
        return [
            task_id
            for task_id, watched in self._tasks.items()
            if watched.due <= now and watched.created >= request.since and task_id not in held
        ]

    def failed(self, now: float, *, retry_after_s: float | None = None) -> None:
        """Note that a request got no usable answer: everybody waits."""
        pause = retry_after_s if retry_after_s is not None else self._outage_s
        self._held_until = now + pause
        self._outage_s = min(self._outage_s * 2, _OUTAGE_LONGEST_S)

    def overdue(self, now: float) -> list[str]:
        """Return the tasks that have been watched for longer than `PATIENCE_S`."""
        return [
            task_id for task_id, watched in self._tasks.items() if now - watched.since > PATIENCE_S
        ]


def _interval(watched: _Watched, now: float) -> float:
    return min(max((now - watched.created) * _SHARE_OF_AGE, _SHORTEST_S), _LONGEST_S)
