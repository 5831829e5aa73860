"""Finished clips on their way to disk: fetched, checked, measured, named, written down."""

from __future__ import annotations

import asyncio
import time
from collections.abc import Callable, Coroutine, Iterable
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass
from pathlib import Path
from typing import Any, Final

from musicnb import sound
from musicnb.client import Client, Download, Media, Retry
from musicnb.errors import DownloadFailed, MusicnbError, UndecodableAudio
from musicnb.library import ClipRecord, Job, Library
from musicnb.measure import LevelMeter, Levels
from musicnb.wire import AudioFile, OutputClip, TaskEnvelope

_TITLE_CHARACTERS: Final = 60
# Header and stream may round differently; half a second is beyond any encoder's padding.
_MISSING_S: Final = 0.5
# Several at once keep the line busy; more would make each wait for the others.
_AT_ONCE: Final = 4
# No model makes nearly as many; a task that claims more is not to be believed.
_MOST_CLIPS: Final = 32
_SOUND_TYPES: Final = ("audio/", "application/octet-stream", "application/ogg", "binary/")


@dataclass(frozen=True, slots=True)
class _Fetched:
    """One file that was fetched and decoded to its end."""

    download: Download
    facts: sound.AudioFacts
    levels: Levels


class Fetcher:
    """Brings the clips of finished tasks into the library.

    Parameters
    ----------
    client
        Reads a task again for a fresh URL.
    media
        Fetches files, without any key.
    library
        Takes the clips.
    """

    def __init__(self, client: Client, media: Media, library: Library) -> None:
        self._client, self._media, self._library = client, media, library
        self._retry = Retry()
        self._slots = asyncio.Semaphore(_AT_ONCE)
        # one thread: two at a time measure hardly faster, and a page update should not wait
        self._measuring = ThreadPoolExecutor(1, thread_name_prefix="musicnb-measure")

    def close(self) -> None:
        """Let go of the thread that measures."""
        self._measuring.shutdown(wait=False)

    async def fetch_all(
        self, job: Job, envelope: TaskEnvelope, *, arrived: Callable[[ClipRecord], None]
    ) -> None:
        """Bring every clip of a task to disk; those that are there already cost nothing.

        Parameters
        ----------
        arrived
            Called with each clip as soon as it is in the library.

        Raises
        ------
        DownloadFailed
            At least one is not there; all others are.
        """
        outputs = envelope.output.clips if envelope.output else []
        if len(outputs) > _MOST_CLIPS:
            raise DownloadFailed(
                f"{envelope.task_id} claims to have {len(outputs)} clips, at most {_MOST_CLIPS}"
                " are believed",
                task_id=envelope.task_id,
                charged=True,
            )
        have = {clip.position: clip for clip in self._library.journal.clips(job.job_id)}

        async def fetch(position: int, output: OutputClip) -> None:
            record = have.get(position)
            if record is None or not (self._library.folder / record.file).is_file():
                record = await self._bring(job, envelope.task_id, position, output)
            arrived(record)

        await _all_or_first_error(
            fetch(position, output) for position, output in enumerate(outputs, 1)
        )

    async def _bring(self, job: Job, task_id: str, position: int, output: OutputClip) -> ClipRecord:
        attempt = _Attempt(self, task_id, position, output.audio)
        try:
            async with self._slots:
                fetched = await self._retry.call(attempt)
            return self._keep(job, task_id, position, output, fetched)
        except MusicnbError as error:
            raise DownloadFailed(
                f"clip {position} of {task_id} is not on disk yet: {error.message}",
                code=error.code,
                hint=error.hint or "It is paid for and waits at the service: studio.resume()",
                task_id=task_id,
                charged=True,
            ) from None

    async def once(self, audio: AudioFile) -> _Fetched:
        """Fetch a file and decode it to its end; nothing is left of one that is no sound."""
        if not audio.url:
            raise DownloadFailed("the service gave no URL for it", retryable=True, charged=True)
        download = await self._media.fetch(
            audio.url, self._library.new_download(), expected_bytes=audio.size_bytes
        )
        loop = asyncio.get_running_loop()
        problem = ""
        try:
            read = await loop.run_in_executor(self._measuring, _inspect, download.path)
        except UndecodableAudio as error:
            problem = error.message
        except BaseException:
            download.path.unlink(missing_ok=True)
            raise
        else:
            return _Fetched(download, *read)
        download.path.unlink(missing_ok=True)
        raise DownloadFailed(problem, code="undecodable_audio", retryable=True, charged=True)

    async def fresh(self, task_id: str, position: int, audio: AudioFile) -> AudioFile:
        """Read the task again: an expired URL is renewed by that."""
        envelope = await self._client.task(task_id)
        clips = envelope.output.clips if envelope.output else []
        return clips[position - 1].audio if len(clips) >= position else audio

    def _keep(
        self, job: Job, task_id: str, position: int, output: OutputClip, fetched: _Fetched, /
    ) -> ClipRecord:
        download, facts, levels = fetched.download, fetched.facts, fetched.levels
        title = output.title or job.request.get("title")
        title = title or str(job.request["prompt"])[:_TITLE_CHARACTERS]
        path = self._library.adopt(
            download.path,
            words=title,
            model=job.model,
            task_id=task_id,
            position=position,
            suffix=facts.kind.suffix,
        )
        problems = (facts.problem, _shortfall(levels, output.audio), _odd_type(download))
        record = ClipRecord(
            clip_id=f"{task_id}-{position}",
            job_id=job.job_id,
            position=position,
            title=title,
            artifact_id=output.audio.artifact_id,
            file=self._library.relative(path),
            media_type=facts.kind.media_type,
            size_bytes=download.size_bytes,
            sha256=download.sha256,
            duration_s=levels.duration_s,
            sample_rate_hz=levels.sample_rate_hz,
            channels=levels.channels,
            loudness_lufs=levels.loudness_lufs,
            peak_dbfs=levels.peak_dbfs,
            rms_dbfs=levels.rms_dbfs,
            outline=levels.outline,
            saved_at=time.time(),
            problem="; ".join(filter(None, problems)) or None,
        )
        self._library.journal.keep(record)
        return record


class _Attempt:
    """One attempt after the other at one clip.

    A body without a length can be cut and still decode. So a clip that is shorter than the service
    says is only believed when it comes twice the same.
    """

    def __init__(self, fetcher: Fetcher, task_id: str, position: int, audio: AudioFile) -> None:
        self._fetcher, self._audio = fetcher, audio
        self._of = (task_id, position)
        self._attempts = 0
        self._short: str | None = None

    async def __call__(self) -> _Fetched:
        self._attempts += 1
        if self._attempts > 1:
            self._audio = await self._fetcher.fresh(*self._of, self._audio)
        fetched = await self._fetcher.once(self._audio)
        shortfall = _shortfall(fetched.levels, self._audio)
        if shortfall is None or fetched.download.sha256 == self._short:
            return fetched
        self._short = fetched.download.sha256
        fetched.download.path.unlink(missing_ok=True)
        raise DownloadFailed(shortfall, code="cut_short", retryable=True, charged=True)


def _inspect(path: Path) -> tuple[sound.AudioFacts, Levels]:
    """Decode a file once to its end, measuring on the way."""
    with sound.Decoder(path) as decoder:
        meter = LevelMeter(decoder.sample_rate, decoder.channels)
        for block in decoder.blocks():
            meter.push(block)
        return decoder.facts, meter.close()


def _shortfall(levels: Levels, audio: AudioFile) -> str | None:
    promised_s = audio.duration_seconds
    if promised_s is None or levels.duration_s >= promised_s - _MISSING_S:
        return None
    return f"{levels.duration_s:.1f} of {promised_s:.1f} s are there"


def _odd_type(download: Download) -> str | None:
    """Say so when a server calls sound something else; the bytes, not the label, decide."""
    served_as = download.served_as
    if not served_as or served_as.startswith(_SOUND_TYPES):
        return None
    return f"served as {served_as[:40]}"


async def _all_or_first_error(works: Iterable[Coroutine[Any, Any, None]]) -> None:
    """Finish every download even when one fails: each is paid for."""
    results: list[BaseException | None] = await asyncio.gather(*works, return_exceptions=True)
    for result in results:
        if isinstance(result, BaseException):
            raise result
