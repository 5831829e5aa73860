"""The one road from an order to clips on disk: journal, send, watch, download, measure.

Everything here runs on the loop's thread. Each step is written down before the next is taken, so
that the road can be entered again wherever it was left.
"""

from __future__ import annotations

import asyncio
import contextlib
import logging
import threading
import time
import weakref
from collections.abc import Coroutine
from decimal import Decimal
from typing import Any, Final

from musicnb.client import Client, Media
from musicnb.errors import LibraryError, MusicnbError, OutcomeUnknown, TaskCanceled, TaskFailed
from musicnb.library import ClipRecord, Job, Library
from musicnb.poller import Durations, Poller
from musicnb.studio._clip import Clip
from musicnb.studio._clips import Clips
from musicnb.studio._departures import departed
from musicnb.studio._endings import broken_end, interruption, no_end, past_end, unhappy_end
from musicnb.studio._fetching import Fetcher
from musicnb.studio._loop import LoopThread
from musicnb.studio._sending import AMBIGUOUS, Sender
from musicnb.studio._service import Service
from musicnb.studio._task import Task
from musicnb.wire import TaskEnvelope

_GUARD_S: Final = 1.0
_WITHDRAWN: Final = "withdrawn before it was sent"
_log = logging.getLogger(__name__)


class Road:
    """Carries orders to their clips.

    Parameters
    ----------
    service
        Who makes the music.
    library
        Where orders and clips are kept.
    loop
        The thread this works on.
    """

    def __init__(self, service: Service, library: Library, loop: LoopThread) -> None:
        self.service, self.library, self.loop = service, library, loop
        self.client, self._media = loop.run(self._open())
        # durations the poller has met, until an order's end is written down with them
        self._lessons: list[tuple[str, float]] = []
        self._durations = Durations(library.journal.durations())
        self._poller = Poller(
            self.client,
            durations=self._durations,
            learned=lambda *lesson: self._lessons.append(lesson),
            rate_per_s=service.requests_per_s,
        )
        self.client.pace_writes(self._poller.writing)
        self._sender = Sender(
            self.client, library.journal, service=service.identity, balance=self.balance
        )
        self._fetcher = Fetcher(self.client, self._media, library)
        self._tasks: dict[str, Task] = {}
        self._handles: weakref.WeakValueDictionary[str, Task] = weakref.WeakValueDictionary()
        # between letting go of a task and telling its end nobody may take it up again
        self._turn = threading.RLock()
        self._travels: set[asyncio.Task[None]] = set()
        self._closed = False
        self._guard = loop.start(self._watch_over_service())

    async def _open(self) -> tuple[Client, Media]:
        client = Client(self.service.base_url, self.service.api_key)
        return client, Media(allow_loopback=self.service.serves_loopback)

    async def adopt(self) -> int:
        """Take over orders made with an earlier key, where both keys belong to one account.

        The service tells: a task that it shows to this key is this account's. Orders that were
        never sent belong to nobody yet.

        Returns
        -------
        int
            How many were taken over.
        """
        journal, mine = self.library.journal, self.service.identity
        taken = 0
        for other in journal.services():
            if other == mine or other.rpartition("#")[0] != mine.rpartition("#")[0]:
                continue
            known = [job.task_id for job in journal.jobs(other) if job.task_id is not None]
            try:
                if known:
                    await self.client.task(known[-1])
            except MusicnbError:  # another account's, or nobody can say now
                continue
            taken += journal.adopt(other, mine, unsent_only=not known)
        return taken

    def travel(self, job: Job) -> Task:
        """Start, or take up again, an order that stands in the journal; from any thread."""
        with self._turn:
            if (task := self._tasks.get(job.job_id)) is not None:
                return task
            task = self._handles.get(job.job_id)
            if task is None:
                return self.travel_again(Task(job, self))
            task.renew()  # whoever holds the handle, or looks at its card, sees it go on
            return self.travel_again(task)

    def require_usable(self) -> None:
        """Raise unless it can be worked with.

        Raises
        ------
        LibraryError
            The studio was closed, or its sandbox has ended.
        """
        if self._closed or not self.service.alive:
            what = "this studio was closed" if self._closed else "the sandbox has ended"
            raise LibraryError(
                what,
                code="library_closed",
                hint="studio.resume() takes up what is unfinished; after close(), make a new one",
                charged=None,
            )

    def travel_again(self, task: Task) -> Task:
        """Take up an order whose task has come to rest; from any thread."""
        self._tasks[task.job.job_id] = self._handles[task.job.job_id] = task
        departed(self.library.folder, task)
        self.loop.loop.call_soon_threadsafe(self._depart, task)
        return task

    def at_rest(self, job: Job) -> Task:
        """Make the handle on an order that has ended, with its clips or its error."""
        clips = Clips(self.clip(record, job) for record in self.library.journal.clips(job.job_id))
        return Task.at_rest(job, self, clips, None if job.state == "succeeded" else past_end(job))

    def unfinished(self, job: Job) -> Task:
        """Make, or find, the handle on an order at rest before its end; nothing is sent."""
        with self._turn:
            task = self._handles.get(job.job_id)
            if task is None:
                task = self._handles[job.job_id] = Task(job, self)
                rest_at, error = job.sent_at or job.planned_at, no_end(job)
                task.change(status=job.state, error=error, ended_at=rest_at)
                task.fail(error)
            return task

    def usual_s(self, model: str) -> float | None:
        """Return the seconds that half of a model's tasks took; None while that is not known."""
        return self._durations.usual_s(model)

    def repeat(self, job: Job) -> Task:
        """Order the same once more, as a new intention; it may be charged again."""
        return self.travel(self.library.journal.repeat(job))

    @property
    def travelling(self) -> list[Task]:
        """The orders that are being worked on right now, oldest first."""
        return list(self._tasks.values())

    async def cancel(self, task: Task) -> None:
        """Ask the service to cancel; before it has accepted, remember the wish.

        An order that was turned away is withdrawn, so that nobody sends it later. One without an
        answer is looked for once more; when the service has no trace of it, it is given up.
        """
        job = self.library.journal.job(task.job.job_id)
        if task.done and job.state == "planned":
            self._withdraw(task, _WITHDRAWN)
            return
        if task.done and job.state == "unknown":
            try:
                await self._sender.look(job)
            except OutcomeUnknown as error:
                if error.code == AMBIGUOUS:  # a task may run, and nobody can say which
                    raise
                self._withdraw(task, "given up: no answer came, and the service shows no trace")
                return
            task.change(job=self.library.journal.job(job.job_id))
            task.renew()
            self.travel_again(task)
        if task.task_id is None:
            task.cancel_wanted = True
            return
        envelope = await self.client.cancel(task.task_id, reason="asked for by the user")
        self._poller.hasten(task.task_id, envelope)

    def _withdraw(self, task: Task, why: str) -> None:
        self.library.journal.ended(task.job.job_id, "canceled", why)
        job = self.library.journal.job(task.job.job_id)
        task.change(job=job, status="canceled", error=past_end(job))

    def pause(self, sweep: str, *, paused: bool) -> None:
        """Hold back a sweep's orders that have not left, or let them go on; from any thread."""
        change = self._sender.pause if paused else self._sender.go_on
        self.loop.loop.call_soon_threadsafe(change, sweep)

    async def settle_money(self) -> None:
        """Read again the tasks that ended with money outstanding: refunds may come late."""
        for job in self.library.journal.jobs(self.service.identity):
            if job.task_id is None or not job.has_ended or not job.held_credits:
                continue
            with contextlib.suppress(MusicnbError):  # not known yet is what it was before
                envelope = await self.client.task(job.task_id)
                self.library.journal.billed(job.job_id, envelope.billing, envelope.resolved_model)

    async def balance(self) -> Decimal | None:
        """Read the wallet, in credits; None where the service does not tell (the hosted one)."""
        return await self.client.sandbox_balance() if self.service.is_sandbox else None

    async def money(self) -> tuple[Decimal | None, dict[str, Decimal] | None]:
        """Read late refunds, then the balance and the ledger, where the service has them."""
        await self.settle_money()
        if not self.service.is_sandbox:
            return None, None
        return await self.balance(), await self.client.sandbox_ledger()

    async def close(self) -> None:
        """Leave every order where it is; the journal knows how to go on."""
        self._closed = True
        self._guard.cancel()
        await self._stop_travels()
        await self._poller.close()
        await self.client.close()
        await self._media.close()
        self._fetcher.close()

    def aside(self, work: Coroutine[Any, Any, None]) -> None:
        """Do something short on the loop's thread that nobody waits for; from any thread.

        It ends with the road: a request that outlives its client leaves its connection open.
        """
        self.loop.loop.call_soon_threadsafe(self._start, work, "musicnb-aside")

    def _start(self, work: Coroutine[Any, Any, None], name: str) -> None:
        if self._closed:
            work.close()
            return
        travel = asyncio.create_task(work, name=name)
        self._travels.add(travel)
        travel.add_done_callback(self._came_back)

    def _came_back(self, travel: asyncio.Task[None]) -> None:
        """Let go of what is over; an error that nobody waits for would vanish without a word."""
        self._travels.discard(travel)
        if not travel.cancelled() and (error := travel.exception()) is not None:
            _log.warning("%s: %s", travel.get_name(), error)

    async def _stop_travels(self) -> None:
        travels = list(self._travels)
        for travel in travels:
            travel.cancel()
        await asyncio.gather(*travels, return_exceptions=True)

    async def _watch_over_service(self) -> None:
        """Let nobody wait for a sandbox that has ended; the next call starts it again."""
        while self.service.alive:  # noqa: ASYNC110 - a process's end sets no event here
            await asyncio.sleep(_GUARD_S)
        await self._stop_travels()

    # --------------------------------------------------------------------------- the road

    def _depart(self, task: Task) -> None:
        if self._closed:
            self._leave(task)
            task.fail(self._interruption(task))
            return
        self._start(self._travel(task), f"musicnb-{task.job.job_id}")

    async def _travel(self, task: Task) -> None:
        """Go the whole way; whatever happens ends up in the task and in the journal."""
        try:
            task.change(job=self.library.journal.job(task.job.job_id))
            if task.job.state in ("failed", "canceled"):  # another handle has seen its end
                raise past_end(task.job)  # noqa: TRY301 - handled as every end is
            accepted = await self._send(task) if task.job.task_id is None else None
            envelope = await self._watch(task, accepted)
            await self._arrive(task, envelope)
        except asyncio.CancelledError:
            self._end(task, self._interruption(task), task.status)
            raise
        except MusicnbError as error:
            status = {TaskFailed: "failed", TaskCanceled: "canceled"}.get(type(error))
            self._end(task, error, status or self._status_in_journal(task))
        except Exception as error:  # noqa: BLE001 - nobody else would ever hear of it
            self._end(task, broken_end(error, task.task_id), self._status_in_journal(task))

    def _interruption(self, task: Task) -> MusicnbError:
        return interruption(task.task_id, has_service=self.service.alive)

    async def _send(self, task: Task) -> TaskEnvelope:
        envelope = await self._sender.send(task.job, departing=lambda: self._departing(task))
        self._report(task, envelope)
        if task.cancel_wanted:
            # a wish that could not be carried out must not hide the task that goes on
            with contextlib.suppress(MusicnbError):
                await self.client.cancel(envelope.task_id, reason="asked for by the user")
        return envelope

    def _departing(self, task: Task) -> None:
        """Let an order go, unless nobody wants it any more: then it costs nothing."""
        if task.cancel_wanted and task.job.sent_at is None:
            self.library.journal.ended(task.job.job_id, "canceled", _WITHDRAWN)
            raise TaskCanceled(_WITHDRAWN, charged=False)
        task.change(status="sending")

    async def _watch(self, task: Task, accepted: TaskEnvelope | None) -> TaskEnvelope:
        assert task.task_id is not None
        return await self._poller.watch(
            task.task_id,
            model=task.job.model,
            created=task.job.sent_at or task.job.planned_at,
            report=lambda envelope: self._report(task, envelope),
            known=accepted,
        )

    def _report(self, task: Task, envelope: TaskEnvelope) -> None:
        """Take a reading of the task into the journal and onto the page."""
        job_id = task.job.job_id
        self.library.journal.billed(job_id, envelope.billing, envelope.resolved_model)
        progress = envelope.progress
        # a task has only succeeded for us when its clips are on disk
        status = "running" if envelope.status == "succeeded" else envelope.status
        stage = (progress.stage or progress.message or "") if progress else ""
        task.change(
            job=self.library.journal.job(job_id),
            status=status,
            stage="downloading" if envelope.status == "succeeded" else stage,
            percent=progress.percent if progress else None,
            warnings=tuple(note.message for note in envelope.warnings if note.message),
        )

    async def _arrive(self, task: Task, envelope: TaskEnvelope) -> None:
        if envelope.status == "succeeded":
            clips = await self._fetch(task, envelope)
            if task.job.state != "succeeded":  # or a clip that had gone was fetched again
                self.library.journal.ended(task.job.job_id, "succeeded", durations=self._lessons)
                self._lessons.clear()
            task.change(
                job=self.library.journal.job(task.job.job_id),
                status="succeeded",
                stage="",
                percent=100.0,
                clips=clips,
                ended_at=time.time(),
            )
            with self._turn:
                self._leave(task)
                task.finish(clips)
            return
        problem = envelope.error.message if envelope.error else None
        self.library.journal.ended(task.job.job_id, envelope.status, problem)
        raise unhappy_end(envelope)

    async def _fetch(self, task: Task, envelope: TaskEnvelope) -> Clips:
        """Bring every clip of a task to disk; each shows as soon as it is there."""
        found: dict[int, Clip] = {}

        def arrived(record: ClipRecord) -> None:
            found[record.position] = self.clip(record, task.job)
            task.change(clips=Clips(found[position] for position in sorted(found)))

        await self._fetcher.fetch_all(task.job, envelope, arrived=arrived)
        return Clips(found[position] for position in sorted(found))

    def _end(self, task: Task, error: MusicnbError, status: str) -> None:
        task.change(
            job=self.library.journal.job(task.job.job_id),
            status=status,
            error=error,
            ended_at=time.time(),
        )
        with self._turn:
            self._leave(task)
            task.fail(error)

    def _leave(self, task: Task) -> None:
        """Let go of an order before anybody hears of its end, so that it can be taken up again."""
        self._tasks.pop(task.job.job_id, None)

    def _status_in_journal(self, task: Task) -> str:
        return self.library.journal.job(task.job.job_id).state

    def clip(self, record: ClipRecord, job: Job) -> Clip:
        """Make the handle on a clip of the library."""
        path, journal = self.library.folder / record.file, self.library.journal
        return Clip(record, job, path, sandbox=self.service.is_sandbox, journal=journal)
