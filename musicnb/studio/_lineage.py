"""The way from an order to a delivered file: task, clip, votes, file, with what each step cost."""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Sequence

from musicnb.deliver import Edge
from musicnb.library import KeptVote
from musicnb.studio._clip import Clip
from musicnb.studio._deliverables import Deliverable
from musicnb.sweep import credits_text

_SIDES = {"A": "left", "B": "right"}


def lineage_of(clips: Sequence[Clip], files: Iterable[Deliverable]) -> Iterator[Edge]:
    """Yield every step once, the first ones first: their credits add up to what was paid.

    Votes of a session that is still blind are counted, and not told.
    """
    ordered = set()
    for clip in clips:
        job = clip.job
        task = f"task {job.task_id or job.job_id}"
        source = f"sweep {job.sweep}" if job.sweep else f"order {job.job_id}"
        cost = None if clip.credits is None else credits_text(clip.credits)
        if task not in ordered:  # by another clip of it
            yield Edge(source=source, target=task, step="ordered", credits=cost)
        ordered.add(task)
        yield Edge(source=task, target=_name(clip), step="made", credits="0")
    judged = {clip.clip_id: list(_judgements(clip)) for clip in clips}
    for clip in clips:
        for source, step in judged[clip.clip_id]:
            yield Edge(source=_name(clip), target=source, step=step, credits="0")
    for file in files:
        target = f"file {file.name}"
        for source in [name for name, _ in judged[file.clip.clip_id]] or [_name(file.clip)]:
            yield Edge(source=source, target=target, step=_step(file), credits="0")


def _name(clip: Clip) -> str:
    return f"clip {clip.clip_id}"


def _step(file: Deliverable) -> str:
    cut = "" if file.cut is None else f"cut to {file.cut.seconds:g} s, "
    loop = "" if file.loop is None else f"looped over {file.loop.bars} bars, "
    return f"{cut}{loop}conformed to {file.profile.name}"


def _judgements(clip: Clip) -> Iterator[tuple[str, str]]:
    """Yield each session that a clip was heard in, by a name of the clip's own, and what came."""
    if clip.journal is None:
        return
    for session in clip.journal.sessions.all():
        heard = [
            vote
            for vote in clip.journal.sessions.votes(session.name)
            if clip.clip_id in (vote.left, vote.right)
        ]
        if heard:
            told = f"heard in {len(heard)} votes"
            if session.revealed_at is not None:
                won = sum(_won(vote, clip.clip_id) for vote in heard)
                told = f"preferred in {won} of {len(heard)} votes"
            yield f"votes {session.name} on {clip.clip_id}", told


def _won(vote: KeptVote, clip_id: str) -> bool:
    side = _SIDES.get(vote.answer)
    return side is not None and getattr(vote, side) == clip_id
