"""Carries tasks from queued to their end: two clips in parallel, cancel at any time."""

from __future__ import annotations

import asyncio
import functools
import json
import logging
import sqlite3
from collections import OrderedDict
from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from typing import Any, Final, TypeVar

from musicnb import catalogue
from musicnb.sandbox import tasks
from musicnb.sandbox._clock import now_us
from musicnb.sandbox._fault_table import Value
from musicnb.sandbox._fault_tasks import Marks, all_marks, due_refunds
from musicnb.sandbox._folder import Folder
from musicnb.sandbox._ids import new_artifact_id
from musicnb.sandbox._jobs import FinishedClip, RenderJob, render_clip
from musicnb.sandbox._phases import PHASES, STARTING, Phase, number_of
from musicnb.sandbox._refusals import Refusal
from musicnb.sandbox._workers import WorkerDied, Workers
from musicnb.sandbox.store import Store

T = TypeVar("T")

__all__ = ["Runner"]

_log = logging.getLogger("musicnb.sandbox")
# Each waiting task is an id in memory and a row that is paid for; nobody waits for ten thousand.
LONGEST_QUEUE: Final = 10_000
_QUEUE_FULL_S: Final = 5
_WRITE_AGAIN_S: Final = 0.5
_LOOK_S: Final = 0.02
_ENGINE_OPTIONS: Final = (
    "style_weight",
    "weirdness_constraint",
    "audio_weight",
    "negative_tags",
    "vocal_gender",
    "lyrics_optimizer",
)


@dataclass(slots=True)
class _Live:
    """A task that is being worked on."""

    clips: int
    slots: dict[int, int] = field(default_factory=dict)  # take → slot, while it is rendered
    finished: set[int] = field(default_factory=set)
    unwanted: bool = False
    marks: Marks = field(default_factory=dict)
    work: asyncio.Task[None] | None = None


class Runner:
    """Works on all tasks that are not over.

    Parameters
    ----------
    store, folder
        Where tasks and files are kept.
    workers
        The pool that renders.
    longest_queue
        How many tasks may wait for it; by default `LONGEST_QUEUE`.
    """

    def __init__(
        self,
        store: Store,
        folder: Folder,
        workers: Workers,
        *,
        longest_queue: int | None = None,
    ) -> None:
        self._longest_queue = LONGEST_QUEUE if longest_queue is None else longest_queue
        self._store = store
        self._folder = folder
        self._workers = workers
        self._live: dict[str, _Live] = {}
        # Task and model; what a task asks for stays in the database until a worker is near.
        self._waiting: OrderedDict[str, str] = OrderedDict()
        # One more than can be worked on, so that no worker waits for a database.
        self._at_once: Final = workers.count + 1 if workers.count else 0
        self._closed = False
        self._debts: set[asyncio.Task[None]] = set()

    def require_room(self) -> None:
        """Refuse an order when no further task may wait; without workers any number is taken.

        Raises
        ------
        Refusal
            429 ``rate_limited``, with ``Retry-After``.
        """
        if self._at_once and len(self._waiting) >= self._longest_queue:
            raise Refusal(
                "rate_limited",
                "too many tasks are waiting for a worker; nothing was charged, come back later",
                headers={"Retry-After": str(_QUEUE_FULL_S)},
            )

    async def resume(self) -> None:
        """Take up the tasks that an earlier server left unfinished, from their beginning."""
        marks = await self._store.run(all_marks)
        for task_id, model in await self._store.run(tasks.unfinished):
            self.submit(task_id, model, marks.get(task_id))
        for due in (await self._store.run(due_refunds)).values():
            self._owe(due)

    def submit(self, task_id: str, model: str, marks: Marks | None = None) -> None:
        """Work on a task as soon as those before it leave a worker; twice is once.

        Parameters
        ----------
        model
            The model it was resolved to.
        marks
            The faults that strike it. It takes no turn: while it is stuck others go on.
        """
        if task_id in self._live:
            return
        if marks:
            self._begin(task_id, model, marks)
        else:
            self._waiting[task_id] = model
            self._advance()

    def _advance(self) -> None:
        while self._waiting and sum(not live.marks for live in self._live.values()) < self._at_once:
            task_id, model = self._waiting.popitem(last=False)
            self._begin(task_id, model, {})

    def _begin(self, task_id: str, model_id: str, marks: Marks) -> None:
        model = catalogue.MODELS.get(model_id)
        clips = model.clips if model else 1  # a model that is gone fails, with a refund
        live = _Live(clips, marks=marks)
        self._live[task_id] = live
        live.work = asyncio.create_task(self._carry(task_id, live), name=task_id)
        live.work.add_done_callback(functools.partial(self._leave, task_id))

    def _leave(self, task_id: str, _: asyncio.Task[None]) -> None:
        self._live.pop(task_id, None)
        if not self._closed:
            self._advance()

    def phase_of(self, task_id: str) -> Phase:
        """Return the phase of a running task: that of the clip which is furthest behind."""
        live = self._live.get(task_id)
        if live is None:
            return STARTING
        last = number_of("storing")
        numbers = [
            last if take in live.finished else self._phase_number(live, take)
            for take in range(live.clips)
        ]
        return PHASES[max(min(numbers, default=last), number_of(STARTING.stage))]

    def cancel(self, task_id: str) -> None:
        """Stop the work on a task, wherever it is."""
        live = self._live.get(task_id)
        if live is not None:
            live.unwanted = True
            for slot in live.slots.values():
                self._workers.cancel(slot)

    async def close(self) -> None:
        """Drop all work; what is unfinished stays so in the database and is taken up again."""
        self._closed = True
        works = [live.work for live in self._live.values() if live.work is not None]
        works += self._debts
        for work in works:
            work.cancel()
        await asyncio.gather(*works, return_exceptions=True)
        self._workers.close()

    def _phase_number(self, live: _Live, take: int) -> int:
        slot = live.slots.get(take)
        return 0 if slot is None else self._workers.phase_number(slot)

    async def _carry(self, task_id: str, live: _Live) -> None:
        """Bring one task to its end and write that down, whatever happens on the way."""
        try:
            if live.marks and not await self._go_wrong(task_id, live):
                return
            make_job = await self._prepare(task_id)
            clips = await self._clips(task_id, live, make_job) if make_job else None
            if clips is None:
                await self._write(tasks.acknowledge_cancel, task_id)
                return
            if not await self._write(functools.partial(tasks.succeed, clips=clips), task_id):
                for clip in clips:
                    self._folder.discard(clip.artifact_id)
        except WorkerDied as error:
            await self._fail(task_id, f"{error}; the task was refunded. Order it again")
        except Exception as error:  # noqa: BLE001 - whatever it is, the money goes back
            _log.exception("rendering %s failed", task_id)
            # of what went wrong only the system's own words, as "No space left on device"
            reason = (error.strerror if isinstance(error, OSError) else "") or type(error).__name__
            await self._fail(task_id, f"the engine failed ({reason}); the task was refunded")

    async def _clips(
        self, task_id: str, live: _Live, make_job: Callable[[int], RenderJob]
    ) -> list[FinishedClip] | None:
        """Render all clips; None when the task is not wanted any more."""
        if not live.clips:
            return []
        works = [
            asyncio.create_task(self._clip(task_id, live, take, make_job))
            for take in range(live.clips)
        ]
        # A failed clip makes the others unwanted, but their workers are waited for: a slot that is
        # given away while its worker still works would be two jobs' slot.
        done, _ = await asyncio.wait(works, return_when=asyncio.FIRST_EXCEPTION)
        if any(work.exception() for work in done):
            self.cancel(task_id)
        outcomes = await asyncio.gather(*works, return_exceptions=True)
        clips = [clip for clip in outcomes if isinstance(clip, FinishedClip)]
        if len(clips) == live.clips:
            return clips
        for clip in clips:
            self._folder.discard(clip.artifact_id)
        for outcome in outcomes:
            if isinstance(outcome, BaseException):
                raise outcome
        return None

    async def _clip(
        self,
        task_id: str,
        live: _Live,
        take: int,
        make_job: Callable[[int], RenderJob],
    ) -> FinishedClip | None:
        started: asyncio.Task[bool] | None = None
        job = make_job(take)

        def begin(slot: int) -> Callable[[], FinishedClip | None] | None:
            nonlocal started
            if live.unwanted:
                return None
            live.slots[take] = slot
            started = asyncio.create_task(self._start(task_id))
            return functools.partial(render_clip, job)

        try:
            clip = await self._workers.run(begin)
        except Exception:
            # what a worker had written when it died, or when the disk was full, is nobody's
            self._folder.discard(job.artifact_id)
            raise
        finally:
            live.slots.pop(take, None)
        if started is not None:
            await started
        if clip is not None:
            live.finished.add(take)
        return clip

    async def _start(self, task_id: str) -> bool:
        """Write down that a task runs; stop it when it has been canceled before that."""
        wanted = await self._write(tasks.start, task_id)
        if not wanted:
            self.cancel(task_id)
        return wanted

    async def _go_wrong(self, task_id: str, live: _Live) -> bool:
        """Let faults strike a task; True when its music is to be made all the same."""
        marks = live.marks
        count = int(str(marks.get("clips_odd", {}).get("count", live.clips)))
        # one that only delivers oddly runs when a worker takes it, like any other
        made = count > 0 and set(marks) == {"clips_odd"}
        if not made and await self._start(task_id):
            row, _ = await self._store.run(lambda connection: _order_of(connection, task_id))
            for name in ("task_slow", "task_stuck"):
                if name in marks:
                    await _reach(row["started_at"] + _microseconds(marks[name]), live)
        if live.unwanted:
            await self._write(tasks.acknowledge_cancel, task_id)
        elif "task_stuck" in marks:
            await self._fail(task_id, "it was stuck, on command", code="timed_out")
        elif "task_failed" in marks:
            given = marks["task_failed"]
            late_s = _microseconds(given) / 1e6
            message = "it failed, on command"
            await self._fail(task_id, message, code=str(given["code"]), refund_s=late_s)
            self._owe(now_us() + _microseconds(given))
        else:
            live.clips = count
            return True
        return False

    def _owe(self, due: int) -> None:
        """Book a late refund when its time has come."""

        async def pay() -> None:
            await _reach(due)
            await self._write(lambda connection, _, *, now: tasks.pay_due(connection, now=now), "")

        debt = asyncio.create_task(pay())
        self._debts.add(debt)
        debt.add_done_callback(self._debts.discard)

    async def _prepare(self, task_id: str) -> Callable[[int], RenderJob] | None:
        """Collect what every clip of a task needs; return what makes a take a job.

        None when the task was canceled while it waited.
        """

        def read(connection: sqlite3.Connection) -> tuple[sqlite3.Row, str | None] | None:
            row, reference = _order_of(connection, task_id)
            return (row, reference) if tasks.wanted(connection, row) else None

        found = await self._store.run(read)
        if found is None:
            return None
        row, reference = found
        order = _engine_order(json.loads(row["request"]), row["resolved_model"])

        def make(take: int) -> RenderJob:
            return RenderJob(
                order=order,
                seed=row["seed"],
                take=take,
                artifact_id=new_artifact_id(),
                incoming=self._folder.incoming,
                artifacts=self._folder.artifacts,
                reference=self._folder.artifacts / reference if reference else None,
            )

        return make

    async def _fail(
        self, task_id: str, message: str, *, code: str = "generation_failed", refund_s: float = 0.0
    ) -> None:
        failed = functools.partial(tasks.fail, code=code, message=message, refund_s=refund_s)
        await self._write(failed, task_id)

    async def _write(self, change: Callable[..., T], task_id: str) -> T:
        """Write down what became of a task; while the disk is full, again and again."""
        told = False
        while True:
            try:
                return await self._store.run(
                    lambda connection: change(connection, task_id, now=now_us())
                )
            except sqlite3.OperationalError as error:
                # given up, the task would be unfinished, and its money held, until a restart
                if not told:
                    _log.warning("%s cannot be written down yet: %s", task_id, error)
                told = True
            await asyncio.sleep(_WRITE_AGAIN_S)


async def _reach(moment: int, live: _Live | None = None) -> None:
    """Wait until the clock shows a moment, or the task is not wanted any more.

    It is looked at again and again: the clock may be put forward at any time.
    """
    while now_us() < moment and not (live and live.unwanted):  # noqa: ASYNC110 - as above
        await asyncio.sleep(_LOOK_S)


def _microseconds(given: Mapping[str, Value]) -> int:
    seconds = given["seconds"]
    assert isinstance(seconds, (int, float))
    return round(seconds * 1e6)


def _order_of(connection: sqlite3.Connection, task_id: str) -> tuple[sqlite3.Row, str | None]:
    """Return a task's row and the name of its reference file."""
    row: sqlite3.Row = connection.execute(
        "SELECT * FROM tasks WHERE task_id = ?", (task_id,)
    ).fetchone()
    if row["reference_artifact"] is None:
        return row, None
    file = connection.execute(
        "SELECT file_name FROM artifacts WHERE artifact_id = ?", (row["reference_artifact"],)
    ).fetchone()
    return row, file["file_name"]


def _engine_order(request: dict[str, Any], model: str) -> dict[str, Any]:
    """Translate a request into the fields of the engine's `Order`."""
    namespace = catalogue.MODELS[model].namespace
    options = request.get("model_options", {}).get(namespace, {})
    order = {
        "model": model,
        "prompt": request["prompt"],
        "lyrics": request.get("lyrics", ""),
        "instrumental": request.get("instrumental"),
        "title": request.get("title", ""),
    }
    return order | {name: options[name] for name in _ENGINE_OPTIONS if name in options}
