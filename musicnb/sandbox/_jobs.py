"""What happens inside a worker process: one clip from order to file, or one file examined.

Nothing heavy is imported at the top: a worker loads the engine after it has set up its limits, and
the server, which imports this module too, never does.
"""

from __future__ import annotations

import contextlib
import hashlib
import os
import signal
import threading
from ctypes import c_int
from dataclasses import dataclass
from multiprocessing import parent_process
from pathlib import Path
from typing import TYPE_CHECKING, Any, Final

from musicnb.sandbox._folder import clip_names, publish
from musicnb.sandbox._phases import number_of

if TYPE_CHECKING:
    from musicnb.sandbox.engine import Brief, Order, Score
    from musicnb.sound import AudioFacts

_WATCH_S: Final = 0.25
_NICENESS: Final = 5
_TITLE_WORDS: Final = 5
_MAX_TAGS: Final = 200
_EXAMINER_BYTES: Final = 4 * 1024**3


@dataclass(frozen=True, slots=True)
class Channel:
    """Memory that the server shares with one worker: cheaper than any message.

    Parameters
    ----------
    phase
        The number of the phase the worker is in; written by the worker.
    canceled
        1 when its work is not wanted any more; written by the server.
    closing
        1 tells the worker to end at once.
    """

    phase: c_int
    canceled: c_int
    closing: c_int


@dataclass(frozen=True, slots=True)
class RenderJob:
    """One clip to be made.

    Parameters
    ----------
    order
        The fields of `musicnb.sandbox.engine.Order`, without the reference.
    seed, take
        What makes this task, and this clip of it, different from all others.
    artifact_id
        Id of the clip to be made, and the name of its files.
    incoming, artifacts
        Folders: where the file is written, and where it goes once it is whole.
    reference
        File with reference audio.
    """

    order: dict[str, Any]
    seed: int
    take: int
    artifact_id: str
    incoming: Path
    artifacts: Path
    reference: Path | None = None


@dataclass(frozen=True, slots=True)
class FinishedClip:
    """One rendered clip whose file is on disk."""

    artifact_id: str
    file_name: str
    size_bytes: int
    sha256: str
    frames: int
    sample_rate: int
    title: str
    tags: str
    lyrics: str
    score_digest: str
    warnings: tuple[str, ...]


class _Worker:
    """The one worker this process is."""

    channel: Channel | None = None


def begin(channel: Channel, *, renders: bool) -> None:
    """Set up a worker process: limits, end with the server, and the imports it will need."""
    signal.signal(signal.SIGINT, signal.SIG_IGN)  # Ctrl-C goes to the server, which tells us
    for name in ("OPENBLAS_NUM_THREADS", "OMP_NUM_THREADS", "MKL_NUM_THREADS"):
        os.environ[name] = "1"  # before numpy loads; one process per core already
    if hasattr(os, "nice"):
        os.nice(_NICENESS)  # polls and creates come first
    _Worker.channel = channel
    threading.Thread(target=_end_with_server, args=(channel,), daemon=True).start()
    import musicnb.sound  # noqa: PLC0415

    if not renders:
        _limit_memory()
    else:
        import musicnb.sandbox.engine  # noqa: F401, PLC0415


def _limit_memory() -> None:
    """Let a file that asks for a terabyte end its reader and not the machine."""
    with contextlib.suppress(ImportError, OSError, ValueError):  # not on Windows
        import resource  # noqa: PLC0415

        resource.setrlimit(resource.RLIMIT_AS, (_EXAMINER_BYTES, _EXAMINER_BYTES))


def _end_with_server(channel: Channel) -> None:
    server = parent_process()
    while server is not None:
        server.join(_WATCH_S)
        if channel.closing.value or not server.is_alive():
            os._exit(0)  # nothing here is worth finishing: files without a row are swept


def ready() -> int:
    """Return this worker's process id; asked once to make the pool start it."""
    return os.getpid()


def examine(path: Path, max_seconds: float) -> AudioFacts:
    """Decode an untrusted file to its end; a crash of the decoder ends this process alone."""
    from musicnb import sound  # noqa: PLC0415

    return sound.examine(path, max_seconds=max_seconds)


def render_clip(job: RenderJob) -> FinishedClip | None:
    """Make one clip and put its file in place.

    Returns
    -------
    FinishedClip or None
        None when it was canceled on the way.
    """
    from musicnb import sound  # noqa: PLC0415
    from musicnb.sandbox import engine  # noqa: PLC0415

    channel = _Worker.channel
    assert channel is not None

    def report(stage: str, share: float = 0.0) -> None:
        channel.phase.value = max(channel.phase.value, number_of(stage, share))

    def canceled() -> bool:
        return bool(channel.canceled.value)

    def go_on(_: float) -> None:
        if canceled():  # encoding takes longer than rendering, so it is left as readily
            raise engine.Canceled

    report("composing")
    brief = engine.read_brief(_order(job), seed=job.seed, take=job.take)
    score = engine.compose(brief)
    report("rendering")
    with contextlib.suppress(engine.Canceled):
        samples = engine.render(score, progress=report, cancelled=canceled)
        if not canceled():
            report("encoding")
            title = job.order["title"] or _title_from(job.order["prompt"])
            tags = {
                "title": title,
                "comment": f"Made by the musicnb sandbox with its own engine, not by"
                f" {job.order['model']}.",
            }
            data = sound.encode(
                samples, engine.SAMPLE_RATE, format="MP3", tags=tags, progress=go_on
            )
            if not canceled():
                report("storing")
                return _stored(
                    job, data, title=title, frames=len(samples), brief=brief, score=score
                )
    return None


def _order(job: RenderJob) -> Order:
    from musicnb import sound  # noqa: PLC0415
    from musicnb.sandbox import engine  # noqa: PLC0415

    reference = None
    if job.reference is not None:
        heard = sound.read(job.reference)
        reference = engine.hear_reference(heard.samples, heard.sample_rate)
    return engine.Order(**job.order, reference=reference)


def _stored(
    job: RenderJob, data: bytes, *, title: str, frames: int, brief: Brief, score: Score
) -> FinishedClip:
    from musicnb.sandbox import engine  # noqa: PLC0415

    sound_name, score_name = clip_names(job.artifact_id)
    for name, content in ((score_name, engine.to_midi(score)), (sound_name, data)):
        (job.incoming / name).write_bytes(content)
        publish(job.incoming / name, job.artifacts / name)
    return FinishedClip(
        artifact_id=job.artifact_id,
        file_name=sound_name,
        size_bytes=len(data),
        sha256=hashlib.sha256(data).hexdigest(),
        frames=frames,
        sample_rate=engine.SAMPLE_RATE,
        title=title,
        tags=" ".join(job.order["prompt"].split())[:_MAX_TAGS],
        lyrics=brief.lyrics if brief.vocal else "",
        score_digest=score.digest(),
        warnings=tuple(dict.fromkeys((*brief.warnings, *score.warnings))),
    )


def _title_from(prompt: str) -> str:
    return " ".join(prompt.split()[:_TITLE_WORDS])[:80].strip(" ,.;:") or "Untitled"
