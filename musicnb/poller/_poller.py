"""The loop that carries out what the watchlist decides."""

from __future__ import annotations

import asyncio
import math
import time
from collections.abc import Callable
from datetime import UTC, datetime, timedelta
from typing import Final, Protocol

from musicnb.errors import MusicnbError, NotFound, WaitTimeout
from musicnb.poller._watchlist import PATIENCE_S, ReadPage, Watchlist
from musicnb.wire import TaskEnvelope, TaskList

# Server clocks differ from ours; the window of a list request is opened by this much.
_CLOCK_SKEW: Final = timedelta(minutes=5)


class Reader(Protocol):
    """The two read requests the poller needs; `musicnb.client.Client` has them."""

    async def task(self, task_id: str) -> TaskEnvelope:
        """Read one task."""

    async def tasks(
        self, *, created_after: datetime | None = None, expand: str | None = None
    ) -> TaskList:
        """Read the oldest page of the tasks created after a moment."""


class Poller:
    """Watches any number of tasks with one request at a time.

    Parameters
    ----------
    reader
        Sends the requests.
    clock
        Seconds since the epoch.
    """

    def __init__(self, reader: Reader, *, clock: Callable[[], float] = time.time) -> None:
        self._reader = reader
        self._clock = clock
        self._watchlist = Watchlist()
        self._reports: dict[str, Callable[[TaskEnvelope], None]] = {}
        self._ends: dict[str, asyncio.Future[TaskEnvelope]] = {}
        self._singly: list[str] = []
        self._changed = asyncio.Event()
        self._loop_task: asyncio.Task[None] | None = None

    async def watch(
        self, task_id: str, *, created: float, report: Callable[[TaskEnvelope], None]
    ) -> TaskEnvelope:
        """Wait for a task's end.

        Parameters
        ----------
        created
            When the task was created, seconds since the epoch on our clock.
        report
            Called with every reading of the task, the last one included.

        Raises
        ------
        NotFound
            The service knows no such task.
        WaitTimeout
            Half an hour has passed. The task may still succeed; it is only not asked about.
        """
        end: asyncio.Future[TaskEnvelope] = asyncio.get_running_loop().create_future()
        self._reports[task_id], self._ends[task_id] = report, end
        self._watchlist.add(task_id, created=created, now=self._clock())
        self._changed.set()
        if self._loop_task is None or self._loop_task.done():
            self._loop_task = asyncio.create_task(self._run(), name="musicnb-poller")
            self._loop_task.add_done_callback(self._pass_on_failure)
        try:
            return await end
        finally:
            self._forget(task_id)

    def hasten(self, task_id: str, envelope: TaskEnvelope) -> None:
        """Take a reading of a task that came about otherwise, as from canceling it."""
        if task_id in self._ends:
            self._take(envelope, self._clock())

    async def close(self) -> None:
        """Stop; whoever waits is left waiting for ever, so cancel them first."""
        if self._loop_task is not None:
            self._loop_task.cancel()
            await asyncio.gather(self._loop_task, return_exceptions=True)

    async def _run(self) -> None:
        while len(self._watchlist):
            self._changed.clear()
            now = self._clock()
            self._give_up(now)
            if self._singly:
                await self._read_task(self._singly.pop())
                continue
            request = self._watchlist.step(now)
            if request is None:
                await self._pause(self._watchlist.next_due() - now)
            elif isinstance(request, ReadPage):
                await self._read_page(request)
            else:
                await self._read_task(request.task_id)

    async def _pause(self, seconds: float) -> None:
        """Wait until something is due, or until the list of tasks has changed."""
        timeout = None if math.isinf(seconds) else max(seconds, 0.0)
        try:
            await asyncio.wait_for(self._changed.wait(), timeout)
        except TimeoutError:
            return

    async def _read_task(self, task_id: str) -> None:
        if task_id not in self._ends:
            return
        try:
            envelope = await self._reader.task(task_id)
        except NotFound as error:
            self._fail(task_id, error.with_facts(task_id=task_id, charged=None))
        except MusicnbError as error:
            self._watchlist.failed(self._clock(), retry_after_s=error.retry_after_s)
        else:
            if envelope.task_id == task_id:
                self._take(envelope, self._clock())
            else:
                self._watchlist.failed(self._clock())

    async def _read_page(self, request: ReadPage) -> None:
        since = datetime.fromtimestamp(request.since, UTC) - _CLOCK_SKEW
        try:
            page = await self._reader.tasks(created_after=since, expand="output,billing")
        except MusicnbError as error:
            self._watchlist.failed(self._clock(), retry_after_s=error.retry_after_s)
            return
        now = self._clock()
        for envelope in page.data:
            if envelope.task_id in self._ends:
                self._take(envelope, now)
        seen = [envelope.task_id for envelope in page.data]
        self._singly = self._watchlist.saw_page(seen, request, now)

    def _take(self, envelope: TaskEnvelope, now: float) -> None:
        task_id = envelope.task_id
        self._watchlist.saw(task_id, now)
        end = self._ends[task_id]
        if end.done():
            return
        self._reports[task_id](envelope)
        if envelope.is_terminal:
            end.set_result(envelope)
            self._watchlist.remove(task_id)

    def _give_up(self, now: float) -> None:
        for task_id in self._watchlist.overdue(now):
            self._fail(
                task_id,
                WaitTimeout(
                    f"{task_id} has not ended after {PATIENCE_S / 60:.0f} minutes",
                    hint="It is not lost: a new Studio() on this library asks again",
                    task_id=task_id,
                    charged=True,
                ),
            )

    def _fail(self, task_id: str, error: MusicnbError) -> None:
        self._watchlist.remove(task_id)
        end = self._ends.get(task_id)
        if end is not None and not end.done():
            end.set_exception(error)

    def _pass_on_failure(self, loop_task: asyncio.Task[None]) -> None:
        """Give an error of the loop itself to everybody who waits; alone it would vanish."""
        error = None if loop_task.cancelled() else loop_task.exception()
        if error is not None:
            for end in self._ends.values():
                if not end.done():
                    end.set_exception(error)

    def _forget(self, task_id: str) -> None:
        self._watchlist.remove(task_id)
        self._reports.pop(task_id, None)
        self._ends.pop(task_id, None)
