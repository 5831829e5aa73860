"""The one road from an order to clips on disk: journal, send, watch, download, measure.

Everything here runs on the loop's thread. Each step is written down before the next is taken, so
that the road can be entered again wherever it was left.
"""

from __future__ import annotations

import asyncio
import contextlib
import time
from collections.abc import Coroutine, Iterable
from concurrent.futures import ThreadPoolExecutor
from decimal import Decimal
from pathlib import Path
from typing import Any, Final

from musicnb import sound
from musicnb.client import Client, Download, Media, Retry
from musicnb.errors import (
    AuthenticationError,
    ConnectionFailed,
    DownloadFailed,
    InsufficientBalance,
    MusicnbError,
    TaskCanceled,
    TaskFailed,
    UndecodableAudio,
    WaitTimeout,
)
from musicnb.library import ClipRecord, Job, Library
from musicnb.measure import Measures, Meter
from musicnb.poller import Poller
from musicnb.studio._clip import Clip, Clips
from musicnb.studio._loop import LoopThread
from musicnb.studio._service import Service
from musicnb.studio._task import Task
from musicnb.wire import OutputClip, TaskEnvelope

_TITLE_CHARACTERS: Final = 60
# Header and stream may round differently; half a second is beyond any encoder's padding.
_MISSING_S: Final = 0.5
_GUARD_S: Final = 1.0


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
        self._poller = Poller(self.client)
        self._tasks: dict[str, Task] = {}
        self._travels: set[asyncio.Task[None]] = set()
        # one thread: two at a time measure hardly faster, and a page update should not wait
        self._measuring = ThreadPoolExecutor(1, thread_name_prefix="musicnb-measure")
        self._guard = loop.start(self._watch_over_service())

    async def _open(self) -> tuple[Client, Media]:
        client = Client(self.service.base_url, self.service.api_key)
        return client, Media(allow_loopback=self.service.serves_loopback)

    def travel(self, job: Job) -> Task:
        """Start, or take up again, an order that stands in the journal; from any thread."""
        task = Task(job, self)
        self._tasks[job.job_id] = task
        self.loop.loop.call_soon_threadsafe(self._depart, task)
        return task

    @property
    def travelling(self) -> list[Task]:
        """The orders that are being worked on right now, oldest first."""
        return list(self._tasks.values())

    async def cancel(self, task: Task) -> None:
        """Ask the service to cancel; before it has accepted, remember the wish.

        An order that was turned away is withdrawn, so that nobody sends it later.
        """
        job_id = task.job.job_id
        if task.done and self.library.journal.job(job_id).state == "planned":
            self.library.journal.ended(job_id, "canceled", "withdrawn before it was sent")
            task.change(job=self.library.journal.job(job_id), status="canceled")
            return
        if task.task_id is None:
            task.cancel_wanted = True
            return
        envelope = await self.client.cancel(task.task_id, reason="asked for by the user")
        self._poller.hasten(task.task_id, envelope)

    async def balance(self) -> Decimal | None:
        """Read the wallet, in credits; None where the service does not tell (the hosted one)."""
        return await self.client.sandbox_balance() if self.service.is_sandbox else None

    async def close(self) -> None:
        """Leave every order where it is; the journal knows how to go on."""
        self._guard.cancel()
        await self._stop_travels()
        await self._poller.close()
        await self.client.close()
        await self._media.close()
        self._measuring.shutdown(wait=False)

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
        travel = asyncio.create_task(self._travel(task), name=f"musicnb-{task.job.job_id}")
        self._travels.add(travel)
        travel.add_done_callback(self._travels.discard)

    async def _travel(self, task: Task) -> None:
        """Go the whole way; whatever happens ends up in the task and in the journal."""
        try:
            if task.job.task_id is None:
                await self._send(task)
            envelope = await self._watch(task)
            await self._arrive(task, envelope)
        except asyncio.CancelledError:
            self._end(
                task,
                WaitTimeout(
                    "the studio was closed before the task ended"
                    if self.service.alive
                    else "the sandbox has ended before the task did",
                    hint="Nothing is lost: studio.resume() takes it up again",
                    task_id=task.task_id,
                    charged=None,
                ),
                task.status,
            )
            raise
        except MusicnbError as error:
            status = {TaskFailed: "failed", TaskCanceled: "canceled"}.get(type(error))
            self._end(task, error, status or self._status_in_journal(task))
        except Exception as error:  # noqa: BLE001 - nobody else would ever hear of it
            self._end(
                task,
                MusicnbError(
                    f"musicnb itself failed ({type(error).__name__}: {error})",
                    code="internal",
                    hint="Please report this; the order is in the journal: studio.resume()",
                    task_id=task.task_id,
                    charged=None,
                ),
                self._status_in_journal(task),
            )

    async def _send(self, task: Task) -> None:
        job, journal = task.job, self.library.journal
        journal.sending(job.job_id)
        task.change(status="sending")
        try:
            envelope = await self.client.create(
                job.capability, job.body, idempotency_key=job.idempotency_key
            )
        except MusicnbError as error:
            kept = self._note_refusal(job, error)
            raise error.with_facts(
                idempotency_key=job.idempotency_key,
                hint="; ".join(filter(None, (error.hint, kept))),
            ) from None
        journal.accepted(job.job_id, envelope.task_id)
        self._report(task, envelope)
        if task.cancel_wanted:
            # a wish that could not be carried out must not hide the task that goes on
            with contextlib.suppress(MusicnbError):
                await self.client.cancel(envelope.task_id, reason="asked for by the user")

    def _note_refusal(self, job: Job, error: MusicnbError) -> str:
        """Write down how sending ended; return what the user can do with the order."""
        journal = self.library.journal
        may_be_sent_again = error.retryable or isinstance(
            error, InsufficientBalance | AuthenticationError | ConnectionFailed
        )
        if error.charged is None:
            journal.unknown(job.job_id, error.message)
            return "studio.resume() asks again under the same key, so it is charged once at most"
        if may_be_sent_again:
            journal.not_sent(job.job_id, error.message)
            return "The order is kept: studio.resume() sends it, task.cancel() withdraws it"
        journal.ended(job.job_id, "failed", error.message)
        return ""

    async def _watch(self, task: Task) -> TaskEnvelope:
        assert task.task_id is not None
        return await self._poller.watch(
            task.task_id,
            model=task.job.resolved_model or str(task.job.request["model"]),
            created=task.job.planned_at,
            report=lambda envelope: self._report(task, envelope),
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
            clips = await self._fetch_all(task, envelope)
            self.library.journal.ended(task.job.job_id, "succeeded")
            task.change(
                job=self.library.journal.job(task.job.job_id),
                status="succeeded",
                stage="",
                percent=100.0,
                clips=clips,
                ended_at=time.time(),
            )
            self._leave(task)
            task.finish(clips)
            return
        problem = envelope.error.message if envelope.error else None
        self.library.journal.ended(task.job.job_id, envelope.status, problem)
        raise _unhappy_end(envelope)

    def _end(self, task: Task, error: MusicnbError, status: str) -> None:
        task.change(
            job=self.library.journal.job(task.job.job_id),
            status=status,
            error=error,
            ended_at=time.time(),
        )
        self._leave(task)
        task.fail(error)

    def _leave(self, task: Task) -> None:
        """Let go of an order before anybody hears of its end, so that it can be taken up again."""
        self._tasks.pop(task.job.job_id, None)

    def _status_in_journal(self, task: Task) -> str:
        return self.library.journal.job(task.job.job_id).state

    # -------------------------------------------------------------------------- downloads

    async def _fetch_all(self, task: Task, envelope: TaskEnvelope) -> Clips:
        """Bring every clip of a task to disk; each shows as soon as it is there."""
        outputs = envelope.output.clips if envelope.output else []
        have = {clip.position: clip for clip in self.library.journal.clips(task.job.job_id)}
        found: dict[int, Clip] = {}

        async def fetch(position: int, output: OutputClip) -> None:
            record = have.get(position)
            if record is None or not (self.library.folder / record.file).exists():
                record = await self._fetch(task, envelope.task_id, position, output)
            found[position] = self.clip(record, task.job)
            task.change(clips=Clips(found[key] for key in sorted(found)))

        await _all_or_first_error(
            fetch(position, output) for position, output in enumerate(outputs, 1)
        )
        return Clips(found[position] for position in sorted(found))

    async def _fetch(
        self, task: Task, task_id: str, position: int, output: OutputClip
    ) -> ClipRecord:
        audio = output.audio
        attempts = 0

        async def attempt() -> Download:
            nonlocal audio, attempts
            attempts += 1
            if attempts > 1:  # the URL may have expired: a fresh reading has a fresh one
                fresh = await self.client.task(task_id)
                clips = fresh.output.clips if fresh.output else []
                audio = clips[position - 1].audio if len(clips) >= position else audio
            if not audio.url:
                raise DownloadFailed("the service gave no URL for it", retryable=True, charged=True)
            return await self._media.fetch(
                audio.url, self.library.new_download(), expected_bytes=audio.size_bytes
            )

        try:
            download = await Retry().call(attempt)
            return await self._keep(task, task_id, position, output, download)
        except MusicnbError as error:
            raise DownloadFailed(
                f"clip {position} of {task_id} is not on disk yet: {error.message}",
                code=error.code,
                hint=error.hint or "It is paid for and waits at the service: studio.resume()",
                task_id=task_id,
                charged=True,
            ) from None

    async def _keep(
        self, task: Task, task_id: str, position: int, output: OutputClip, download: Download
    ) -> ClipRecord:
        loop = asyncio.get_running_loop()
        try:
            facts, measures = await loop.run_in_executor(self._measuring, _inspect, download.path)
        except UndecodableAudio:
            download.path.unlink(missing_ok=True)
            raise
        request = task.job.request
        prompt = str(request["prompt"])
        title = output.title or request.get("title") or prompt[:_TITLE_CHARACTERS]
        path = self.library.adopt(
            download.path,
            words=title,
            model=task.job.resolved_model or str(request["model"]),
            task_id=task_id,
            position=position,
            suffix=facts.kind.suffix,
        )
        record = ClipRecord(
            clip_id=f"{task_id}-{position}",
            job_id=task.job.job_id,
            position=position,
            title=title,
            artifact_id=output.audio.artifact_id,
            file=self.library.relative(path),
            media_type=facts.kind.media_type,
            size_bytes=download.size_bytes,
            sha256=download.sha256,
            duration_s=measures.duration_s,
            sample_rate_hz=measures.sample_rate_hz,
            channels=measures.channels,
            loudness_lufs=measures.loudness_lufs,
            peak_dbfs=measures.peak_dbfs,
            rms_dbfs=measures.rms_dbfs,
            outline=measures.outline,
            saved_at=time.time(),
            problem=facts.problem or _shortfall(measures, output.audio.duration_seconds),
        )
        self.library.journal.keep(record)
        return record

    def clip(self, record: ClipRecord, job: Job) -> Clip:
        """Make the handle on a clip of the library."""
        path = self.library.folder / record.file
        return Clip(record, job, path, sandbox=self.service.is_sandbox)


def _inspect(path: Path) -> tuple[sound.AudioFacts, Measures]:
    """Decode a file once to its end, measuring on the way."""
    with sound.Decoder(path) as decoder:
        meter = Meter(decoder.sample_rate, decoder.channels)
        for block in decoder.blocks():
            meter.push(block)
        return decoder.facts, meter.close()


def _shortfall(measures: Measures, promised_s: float | None) -> str | None:
    if promised_s is None or measures.duration_s >= promised_s - _MISSING_S:
        return None
    return f"{measures.duration_s:.1f} of {promised_s:.1f} s are there"


def _unhappy_end(envelope: TaskEnvelope) -> MusicnbError:
    billing = envelope.billing
    refunded = billing.refunded_credits if billing else None
    charged = billing.charged_credits if billing else None
    kept = None if charged is None or refunded is None else charged > refunded
    money = f"{refunded.normalize():f} credits were refunded" if refunded else None
    facts: dict[str, Any] = {"task_id": envelope.task_id, "charged": kept}
    if envelope.status == "canceled":
        return TaskCanceled("the task was canceled", hint=money, **facts)
    error = envelope.error
    return TaskFailed(
        (error.message if error and error.message else "the service gave no reason"),
        code=error.code if error else None,
        retryable=bool(error and error.retryable),
        hint=money or "Whether it was refunded is not reported yet",
        **facts,
    )


async def _all_or_first_error(works: Iterable[Coroutine[Any, Any, None]]) -> None:
    """Finish every download even when one fails: each is paid for."""
    results: list[BaseException | None] = await asyncio.gather(*works, return_exceptions=True)
    for result in results:
        if isinstance(result, BaseException):
            raise result
