"""The loop that carries out what the watchlist decides."""

from __future__ import annotations

import asyncio
import math
import time
from collections.abc import AsyncIterator, Callable
from contextlib import asynccontextmanager
from datetime import UTC, datetime
from typing import Any, Final, Protocol

from pydantic import ValidationError

from musicnb.errors import MusicnbError, NotFound, WaitTimeout
from musicnb.poller._budget import Budget
from musicnb.poller._durations import Durations
from musicnb.poller._readings import duration_s, epoch_s, is_last_word, joined
from musicnb.poller._watchlist import PATIENCE_S, ReadPage, ReadTask, Request, Watchlist
from musicnb.wire import TaskEnvelope, TaskPage

# what the end of a task is not complete without
_EXPAND: Final = "output,billing"
_REFUSALS: Final = frozenset({429, 503})
# statuses that mean "this list does not exist" or "not asked like that", today and tomorrow
_NO_LIST: Final = frozenset({400, 404, 405, 410, 422, 501})


class Reader(Protocol):
    """The two read requests the poller needs; `musicnb.client.Client` has them."""

    async def task(self, task_id: str) -> TaskEnvelope:
        """Read one task."""

    async def page(
        self,
        *,
        created_after: datetime | None = None,
        cursor: str | None = None,
        expand: str | None = None,
    ) -> TaskPage:
        """Read a page of the tasks created after a moment, the oldest first."""


class Poller:
    """Watches any number of tasks, and shares one budget of requests with the writes.

    Parameters
    ----------
    reader
        Sends the requests.
    durations
        How long tasks of each model took before; what is met is added to it.
    learned
        Called with a model and a duration in seconds whenever the service has reported one.
    rate_per_s
        Requests per second at most, reads and writes together.
    clock
        Monotonic seconds; every pause is measured with it.
    wall
        Seconds since the epoch; it dates what comes from the journal and from the service.
    """

    def __init__(
        self,
        reader: Reader,
        *,
        durations: Durations | None = None,
        learned: Callable[[str, float], None] | None = None,
        rate_per_s: float = 8.0,
        clock: Callable[[], float] = time.monotonic,
        wall: Callable[[], float] = time.time,
    ) -> None:
        self._reader, self._learned = reader, learned
        self._clock, self._wall = clock, wall
        self._budget = Budget(rate_per_s)
        self._watchlist = Watchlist(durations, self._budget)
        self._waits: dict[str, _Wait] = {}
        self._requests: set[asyncio.Task[None]] = set()
        self._changed = asyncio.Event()
        self._write_turn = asyncio.Lock()
        self._loop_task: asyncio.Task[None] | None = None

    async def watch(
        self,
        task_id: str,
        *,
        model: str,
        created: float,
        report: Callable[[TaskEnvelope], None],
        known: TaskEnvelope | None = None,
    ) -> TaskEnvelope:
        """Wait for a task's end.

        Parameters
        ----------
        model
            Whose durations tell when to ask.
        created
            When the task was created or earlier, seconds since the epoch on our clock.
        report
            Called with every reading that says something new, the last one included.
        known
            The answer that accepted the task, where it is at hand. It dates the task, and what it
            says is kept where a later reading, such as a page of the list, is silent.

        Returns
        -------
        TaskEnvelope
            The last reading, with output and billing.

        Raises
        ------
        NotFound
            The service knows no such task.
        WaitTimeout
            Half an hour of polling has passed. The task may still succeed; it is only not asked
            about.
        """
        wait = self._waits.get(task_id)
        if wait is None:
            wait = self._waits[task_id] = _Wait(model, known)
            self._watchlist.add(
                task_id,
                model=model,
                created=created,
                now=self._clock(),
                wall=self._wall(),
                created_at=wait.created_s,
            )
        wait.reports.append(report)
        self._changed.set()
        if self._loop_task is None or self._loop_task.done():
            self._loop_task = asyncio.create_task(self._run(), name="musicnb-poller")
            self._loop_task.add_done_callback(self._pass_on_failure)
        try:
            # shielded: another one may wait for the same task
            return await asyncio.shield(wait.end)
        finally:
            wait.reports.remove(report)
            if not wait.reports and self._waits.get(task_id) is wait:
                self._watchlist.remove(task_id)
                del self._waits[task_id]

    def hasten(self, task_id: str, envelope: TaskEnvelope) -> None:
        """Take a reading of a task that came about otherwise, as from canceling it."""
        if envelope.task_id == task_id:
            self._take(envelope, is_summary=False)
            self._changed.set()

    @asynccontextmanager
    async def writing(self) -> AsyncIterator[None]:
        """Enter this around a request that changes something: create, cancel, upload.

        It waits for a token of the budget, before any read, and while the service has asked for a
        pause. If the service refuses the request with 429 or 503, the reads are held, too.
        """
        await self._take_token()
        try:
            yield
        except MusicnbError as error:
            if error.http_status in _REFUSALS:
                self.refused(error.retry_after_s)
            raise
        self._budget.answered(self._clock())

    def refused(self, retry_after_s: float | None = None) -> None:
        """Note a 429 or 503 that a request of somebody else has met.

        Parameters
        ----------
        retry_after_s
            The pause the service asked for, in seconds.
        """
        self._budget.refused(self._clock(), retry_after_s)
        self._changed.set()

    async def close(self) -> None:
        """Stop; whoever waits is left waiting for ever, so cancel them first."""
        works = [*self._requests, *([self._loop_task] if self._loop_task else [])]
        for work in works:
            work.cancel()
        await asyncio.gather(*works, return_exceptions=True)

    # --------------------------------------------------------------------------- the loop

    async def _run(self) -> None:
        while self._waits:
            self._changed.clear()
            now = self._clock()
            self._watchlist.tick(now, self._wall())
            self._give_up(now)
            for request in self._watchlist.step(now):
                work = asyncio.create_task(self._send(request))
                self._requests.add(work)
                work.add_done_callback(self._sent)
            await self._pause(self._watchlist.next_due(now) - self._clock())

    async def _pause(self, seconds: float) -> None:
        """Wait until something may be due, or until something has changed."""
        try:
            async with asyncio.timeout(None if math.isinf(seconds) else max(seconds, 0.0)):
                await self._changed.wait()
        except TimeoutError:
            return

    async def _take_token(self) -> None:
        self._budget.write_waits(1)
        try:
            async with self._write_turn:
                # a refusal may come meanwhile and put off the moment
                while not self._budget.take(now := self._clock(), write=True):  # noqa: ASYNC110
                    await asyncio.sleep(self._budget.ready_at(now, write=True) - now)
        finally:
            self._budget.write_waits(-1)
            self._changed.set()

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

    # ---------------------------------------------------------------------------- answers

    async def _send(self, request: Request) -> None:
        try:
            if isinstance(request, ReadPage):
                await self._read_page(request)
            else:
                await self._read_task(request)
        except MusicnbError as error:
            now = self._clock()
            if error.http_status in _REFUSALS:
                self._watchlist.refused(request, now, error.retry_after_s)
            elif isinstance(request, ReadPage) and error.http_status in _NO_LIST:
                self._watchlist.no_list(request, now)
            else:
                self._watchlist.lost(request, now)
        finally:
            self._watchlist.over(request)

    async def _read_task(self, request: ReadTask) -> None:
        task_id = request.task_id
        try:
            envelope = await self._reader.task(task_id)
        except NotFound as error:
            self._watchlist.read(request, self._clock())
            self._fail(task_id, error.with_facts(task_id=task_id, charged=None))
            return
        if envelope.task_id != task_id:
            self._watchlist.lost(request, self._clock())
            return
        self._take(envelope, is_summary=False)
        self._watchlist.read(request, self._clock())

    async def _read_page(self, request: ReadPage) -> None:
        page = await self._reader.page(
            created_after=datetime.fromtimestamp(max(request.created_after_s, 0.0), UTC),
            cursor=request.cursor,
            expand=_EXPAND,
        )
        goes_on = page.has_more or "has_more" not in page.model_fields_set
        entries = {str(entry.get("task_id")): entry for entry in page.data}
        cursor = page.next_cursor if goes_on else None
        self._watchlist.saw_page(request, list(entries), cursor or None, self._clock())
        for task_id, entry in entries.items():
            if (wait := self._waits.get(task_id)) is None:
                continue
            if (envelope := wait.read(entry)) is None:
                self._watchlist.want(task_id)
            else:
                self._take(envelope, is_summary=True)

    def _take(self, envelope: TaskEnvelope, *, is_summary: bool) -> None:
        task_id = envelope.task_id
        wait = self._waits.get(task_id)
        if wait is None or wait.end.done():
            return
        if is_summary and envelope.is_terminal and not is_last_word(envelope):
            self._watchlist.want(task_id)
            return
        known, wait.known = wait.known, wait.told(envelope)
        envelope = wait.known
        if envelope.is_terminal:
            self._watchlist.remove(task_id)
        else:
            self._watchlist.saw(task_id, self._clock(), self._wall(), wait.created_s)
            if envelope is known:
                return
        try:
            if envelope.is_terminal:
                self._learn(wait.model, envelope)
            for report in list(wait.reports):
                report(envelope)
        except Exception as error:  # noqa: BLE001 - it is for the one who waits, and for no other
            self._watchlist.remove(task_id)
            wait.end.set_exception(error)
            return
        if envelope.is_terminal:
            wait.end.set_result(envelope)

    def _learn(self, model: str, envelope: TaskEnvelope) -> None:
        seconds = duration_s(envelope)
        if seconds is None or not self._watchlist.durations.learn(model, seconds):
            return
        if self._learned is not None:
            self._learned(model, seconds)

    def _fail(self, task_id: str, error: BaseException) -> None:
        self._watchlist.remove(task_id)
        wait = self._waits.get(task_id)
        if wait is not None and not wait.end.done():
            wait.end.set_exception(error)

    def _sent(self, work: asyncio.Task[None]) -> None:
        self._requests.discard(work)
        self._changed.set()
        self._pass_on_failure(work)

    def _pass_on_failure(self, work: asyncio.Task[None]) -> None:
        """Give an error of our own to everybody who waits; alone it would vanish."""
        error = None if work.cancelled() else work.exception()
        if error is not None:
            for task_id in list(self._waits):
                self._fail(task_id, error)


class _Wait:
    """What those who wait for one task share."""

    def __init__(self, model: str, known: TaskEnvelope | None) -> None:
        self.model, self.known = model, known
        self.created_s = epoch_s(known.created_at) if known else None
        self.reports: list[Callable[[TaskEnvelope], None]] = []
        self._last: TaskEnvelope | None = None
        self._entry: tuple[dict[str, Any], TaskEnvelope] | None = None
        self.end: asyncio.Future[TaskEnvelope] = asyncio.get_running_loop().create_future()

    def read(self, entry: dict[str, Any]) -> TaskEnvelope | None:
        """Read the task's entry in a page, as the same object while it is the same.

        Returns
        -------
        TaskEnvelope or None
            None when it is no task.
        """
        if self._entry is None or self._entry[0] != entry:
            try:
                self._entry = (entry, TaskEnvelope.model_validate(entry))
            except ValidationError:
                return None
        return self._entry[1]

    def told(self, reading: TaskEnvelope) -> TaskEnvelope:
        """Return all that is known after a reading: the same object if it says nothing new."""
        last, self._last = self._last, reading
        # most readings are like the one before, and this comparison is made in C
        is_old = last is reading or (last is not None and vars(last) == vars(reading))
        if self.known is not None and is_old:
            return self.known
        known = joined(self.known, reading)
        if known is not self.known:
            self.created_s = epoch_s(known.created_at)
        return known
