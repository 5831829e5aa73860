"""Carries tasks from queued to their end: two clips in parallel, cancel at any time."""

from __future__ import annotations

import asyncio
import functools
import json
import logging
import sqlite3
from collections.abc import Callable
from dataclasses import dataclass, field
from typing import Any, Final, TypeVar

from musicnb import catalogue
from musicnb.sandbox import tasks
from musicnb.sandbox._clock import now_us
from musicnb.sandbox._folder import Folder
from musicnb.sandbox._ids import new_artifact_id
from musicnb.sandbox._jobs import FinishedClip, RenderJob, render_clip
from musicnb.sandbox._phases import PHASES, STARTING, Phase, number_of
from musicnb.sandbox._workers import WorkerDied, Workers
from musicnb.sandbox.store import Store

T = TypeVar("T")

__all__ = ["Runner"]

_log = logging.getLogger("musicnb.sandbox")
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
    work: asyncio.Task[None] | None = None


class Runner:
    """Works on all tasks that are not over.

    Parameters
    ----------
    store, folder
        Where tasks and files are kept.
    workers
        The pool that renders.
    """

    def __init__(self, store: Store, folder: Folder, workers: Workers) -> None:
        self._store = store
        self._folder = folder
        self._workers = workers
        self._live: dict[str, _Live] = {}

    async def resume(self) -> None:
        """Take up the tasks that an earlier server left unfinished, from their beginning."""
        for row in await self._store.run(tasks.unfinished):
            self.submit(row)

    def submit(self, row: sqlite3.Row) -> None:
        """Start working on a task, oldest first; doing it twice does nothing."""
        task_id = row["task_id"]
        if task_id in self._live:
            return
        model = catalogue.MODELS.get(row["resolved_model"])
        live = _Live(model.clips if model else 1)  # a model that is gone fails, and is refunded
        self._live[task_id] = live
        live.work = asyncio.create_task(self._carry(row, live), name=task_id)
        live.work.add_done_callback(lambda _: self._live.pop(task_id, None))

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
        return PHASES[max(min(numbers), number_of(STARTING.stage))]

    def cancel(self, task_id: str) -> None:
        """Stop the work on a task, wherever it is."""
        live = self._live.get(task_id)
        if live is not None:
            live.unwanted = True
            for slot in live.slots.values():
                self._workers.cancel(slot)

    async def close(self) -> None:
        """Drop all work; what is unfinished stays so in the database and is taken up again."""
        works = [live.work for live in self._live.values() if live.work is not None]
        for work in works:
            work.cancel()
        await asyncio.gather(*works, return_exceptions=True)
        self._workers.replace()

    def _phase_number(self, live: _Live, take: int) -> int:
        slot = live.slots.get(take)
        return 0 if slot is None else self._workers.phase_number(slot)

    async def _carry(self, row: sqlite3.Row, live: _Live) -> None:
        """Bring one task to its end and write that down, whatever happens on the way."""
        task_id = row["task_id"]
        try:
            make_job = await self._prepare(row)
            clips = await self._clips(task_id, live, make_job)
            if clips is None:
                await self._write(tasks.acknowledge_cancel, task_id)
                return
            if not await self._write(functools.partial(tasks.succeed, clips=clips), task_id):
                for clip in clips:
                    (self._folder.artifacts / clip.file_name).unlink(missing_ok=True)
        except WorkerDied as error:
            await self._fail(task_id, f"{error}; the task was refunded. Order it again")
        except Exception as error:  # noqa: BLE001 - whatever it is, the money goes back
            _log.exception("rendering %s failed", task_id)
            await self._fail(
                task_id, f"the engine failed ({type(error).__name__}); the task was refunded"
            )

    async def _clips(
        self, task_id: str, live: _Live, make_job: Callable[[int, int], RenderJob]
    ) -> list[FinishedClip] | None:
        """Render all clips; None when the task is not wanted any more."""
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
            (self._folder.artifacts / clip.file_name).unlink(missing_ok=True)
        for outcome in outcomes:
            if isinstance(outcome, BaseException):
                raise outcome
        return None

    async def _clip(
        self,
        task_id: str,
        live: _Live,
        take: int,
        make_job: Callable[[int, int], RenderJob],
    ) -> FinishedClip | None:
        started: asyncio.Task[bool] | None = None

        def begin(slot: int) -> Callable[[], FinishedClip | None] | None:
            nonlocal started
            if live.unwanted:
                return None
            live.slots[take] = slot
            started = asyncio.create_task(self._start(task_id))
            return functools.partial(render_clip, make_job(take, slot))

        try:
            clip = await self._workers.run(begin)
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

    async def _prepare(self, row: sqlite3.Row) -> Callable[[int, int], RenderJob]:
        """Collect what every clip of a task needs; return what makes (take, slot) a job."""
        request = json.loads(row["request"])
        artifact_id = request.get("reference_audio", {}).get("artifact_id")
        reference = None
        if artifact_id is not None:
            reference = await self._store.run(
                lambda connection: connection.execute(
                    "SELECT file_name FROM artifacts WHERE artifact_id = ?", (artifact_id,)
                ).fetchone()["file_name"]
            )
        order = _engine_order(request, row["resolved_model"])

        def make(take: int, slot: int) -> RenderJob:
            return RenderJob(
                order=order,
                seed=row["seed"],
                take=take,
                slot=slot,
                artifact_id=new_artifact_id(),
                incoming=self._folder.incoming,
                artifacts=self._folder.artifacts,
                reference=self._folder.artifacts / reference if reference else None,
            )

        return make

    async def _fail(self, task_id: str, message: str) -> None:
        await self._write(
            functools.partial(tasks.fail, code="generation_failed", message=message), task_id
        )

    async def _write(self, change: Callable[..., T], task_id: str) -> T:
        return await self._store.run(lambda connection: change(connection, task_id, now=now_us()))


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
