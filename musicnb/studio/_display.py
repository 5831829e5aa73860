"""Tasks and clips as the view records that the widgets draw."""

from __future__ import annotations

import contextlib
from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from pathlib import Path

from musicnb.catalogue import amount_text, candidates, known_models, price_of
from musicnb.errors import LibraryError
from musicnb.library import Job, Rating, RatingChanges
from musicnb.studio._clip import Clip
from musicnb.studio._endings import what_now
from musicnb.studio._facts import shown_path, sound_facts
from musicnb.studio._loop import shared_loop
from musicnb.studio._money import charge_text, credits_text
from musicnb.studio._rating import keep_rated
from musicnb.studio._task import Task
from musicnb.widgets import Board, CardView, Choice, ClipView, Comparison

# running an old cell again would order again, so a saved copy must not ask for that
_AGAIN = "studio.clips() plays them again, at no cost."


@dataclass(frozen=True, slots=True)
class Seat:
    """Where a task stands in the grid of a sweep.

    Parameters
    ----------
    name
        What its card is called.
    place, repeat
        See `musicnb.widgets.CardView`.
    """

    name: str
    place: tuple[str, ...]
    repeat: int


class TaskBoard:
    """A board that follows some tasks.

    Parameters
    ----------
    label
        What a screen reader calls it.
    newest_first
        Whether new cards go on top.
    axes
        Names of what was varied, for a grid.
    clips
        Clips of orders that are over, the oldest first.
    at_rest
        Orders that came to nothing, or wait for a decision, to begin with.
    tray
        Whether picked clips are gathered in a tray.
    """

    def __init__(
        self,
        *,
        label: str,
        newest_first: bool = False,
        axes: Sequence[str] = (),
        clips: Iterable[Clip] = (),
        at_rest: Iterable[Task] = (),
        tray: bool = False,
    ) -> None:
        self._clips = {clip.clip_id: clip for clip in clips}
        self._tasks: dict[str, Task] = {task.job.job_id: task for task in at_rest}
        cards = [*_cards_of_clips(self._clips.values()), *map(card_of, self._tasks.values())]
        self._seats: dict[str, Seat | None] = {}
        self.board = Board(
            label=label,
            cards=sorted(cards, key=lambda card: card.submitted_at or 0.0),
            locate=self._locate,
            cancel=self._cancel,
            choose=self._choose,
            rate=self._rate,
            axes=axes,
            newest_first=newest_first,
            tray=tray,
            copy_note=_AGAIN,
            schedule=shared_loop().later,
        )
        for task in self.tasks:
            self._follow(task, None)

    @property
    def tasks(self) -> list[Task]:
        """The tasks on the board, in the order they were added."""
        return list(self._tasks.values())

    def add(self, task: Task, seat: Seat | None = None) -> None:
        """Put a task on the board and keep its card up to date."""
        self._follow(task, seat)
        self._put(task)

    def _follow(self, task: Task, seat: Seat | None) -> None:
        self._tasks[task.job.job_id] = task
        self._seats[task.job.job_id] = seat
        keep_rated(self.board, task.journal)
        task.shown_on(self.board)
        task.subscribe(self._put)

    def _put(self, task: Task) -> None:
        self.board.put(card_of(task, self._seats[task.job.job_id]))

    def _locate(self, clip_id: str) -> Path:
        return self._clip(clip_id).path

    def _rate(self, clip_id: str, changes: RatingChanges) -> Rating:
        return self._clip(clip_id).rate(**changes).rating

    def _clip(self, clip_id: str) -> Clip:
        for task in list(self._tasks.values()):
            for clip in task.clips:
                if clip.clip_id == clip_id:
                    return clip
        if clip_id not in self._clips:
            raise FileNotFoundError(clip_id)
        return self._clips[clip_id]

    def _cancel(self, card_id: str) -> None:
        if card_id in self._tasks:
            self._tasks[card_id].request_cancel()

    def _choose(self, card_id: str, choice: str) -> None:
        task = self._tasks[card_id]
        match choice:
            case "resume":
                task.resume()
            case "send_again":
                self.add(task.send_again(), self._seats[card_id])
            case "withdraw":
                task.request_cancel()


def choices_for(task: Task) -> tuple[Choice, ...]:
    """Say what a person can decide about a task that has come to rest before its end."""
    if not task.can_resume:
        return ()
    price = credits_text(task.job.expected_credits)
    if task.is_unknown:
        return (
            Choice("resume", "Check again"),
            Choice("send_again", "Send again…", f"Order it anew? It may charge {price} once more"),
            Choice("withdraw", "Give up…", "Give up? What it may have cost is not claimed"),
        )
    if task.task_id is None:
        return (Choice("resume", "Send now"), Choice("withdraw", "Withdraw"))
    return (Choice("resume", "Go on"),)


def show_tasks(tasks: Iterable[Task]) -> None:
    """Display tasks as one board."""
    board = TaskBoard(label="Tasks")
    for task in tasks:
        board.add(task)
    board.board.show()


def show_clips(clips: Sequence[Clip]) -> None:
    """Display clips as one board, a card for each task they came from."""
    by_id = {clip.clip_id: clip for clip in clips}
    board = Board(
        label="Clips",
        cards=_cards_of_clips(clips),
        locate=lambda clip_id: by_id[clip_id].path,
        rate=lambda clip_id, changes: by_id[clip_id].rate(**changes).rating,
        copy_note=_AGAIN,
    )
    for journal in {id(clip.journal): clip.journal for clip in clips if clip.journal}.values():
        keep_rated(board, journal)
    board.show()


def comparison_of(clips: Sequence[Clip], *, blind: bool) -> Comparison:
    """Put clips under one playhead."""
    paths = {clip.clip_id: clip.path for clip in clips}
    return Comparison(
        [_clip_view(clip) for clip in clips],
        locate=paths.__getitem__,
        blind=blind,
        copy_note=_AGAIN,
    )


def card_of(task: Task, seat: Seat | None = None) -> CardView:
    """Make a task's card, called by its title where it has no seat in a grid."""
    state, request, error = task.state, task.job.request, task.state.error
    model = task.job.resolved_model or str(request["model"])
    return CardView(
        card_id=task.job.job_id,
        model=model,
        title=seat.name if seat else str(request.get("title") or ""),
        prompt=str(request["prompt"]),
        status=state.status,
        stage=state.stage,
        percent=state.percent,
        submitted_at=state.submitted_at,
        ended_at=state.ended_at,
        price=price_text(model),
        charge=_charge(task),
        clips_expected=max(candidate.clips for candidate in candidates(model))
        if _in_catalogue(model)
        else 1,
        clips=tuple(map(_clip_view, state.clips)),
        problem=error.message if error else "",
        hint=what_now(error, task.charged_credits, task.refunded_credits) if error else "",
        can_cancel=state.ended_at is None,
        choices=choices_for(task),
        note=" ".join(text if text[-1:] in ".!?" else f"{text}." for text in state.warnings),
        badge="sandbox" if task.is_sandbox else "",
        place=seat.place if seat else (),
        repeat=seat.repeat if seat else 0,
        credits=_credits(task.job),
        usual_s=None if state.ended_at else task.usual_s,
        cancel_note="" if state.ended_at else _cancel_note(task),
    )


def _cancel_note(task: Task) -> str:
    if task.job.sent_at is None:
        return "Costs nothing while it has not been sent"
    price = amount_text(task.charged_credits or task.job.expected_credits)
    return f"{price} credits come back if the service stops it before it is done"


def _charge(task: Task) -> str:
    if task.state.ended_at is None:
        return ""
    if task.is_unknown:
        return f"{amount_text(task.job.held_credits)} credits held"
    return charge_text(task.charged_credits, task.refunded_credits, task.error)


def _credits(job: Job) -> float:
    """Say what an order has cost, less refunds, or will cost: to sort by."""
    if job.charged_credits is None:
        return float(job.expected_credits)
    return float(job.charged_credits - (job.refunded_credits or 0))


def _cards_of_clips(clips: Iterable[Clip]) -> list[CardView]:
    """Make a card for each task that the clips came from."""
    by_job: dict[str, list[Clip]] = {}
    for clip in clips:
        by_job.setdefault(clip.job.job_id, []).append(clip)
    return [_card_of_clips(group) for group in by_job.values()]


def _card_of_clips(clips: Sequence[Clip]) -> CardView:
    job = clips[0].job
    request = job.request
    return CardView(
        card_id=job.job_id,
        model=clips[0].model,
        title=str(request.get("title") or ""),
        prompt=str(request["prompt"]),
        status="succeeded",
        submitted_at=job.planned_at,
        ended_at=job.ended_at or clips[0].record.saved_at,
        price=price_text(clips[0].model),
        charge=charge_text(job.charged_credits, job.refunded_credits, None),
        clips_expected=len(clips),
        clips=tuple(map(_clip_view, clips)),
        badge="sandbox" if clips[0].sandbox else "",
        credits=_credits(job),
    )


def _clip_view(clip: Clip) -> ClipView:
    record, rating = clip.record, Rating(clip.clip_id)
    with contextlib.suppress(LibraryError):  # a closed studio's clips can still be looked at
        rating = clip.rating
    return ClipView(
        clip_id=record.clip_id,
        title=record.title,
        duration_s=record.duration_s,
        media_type=record.media_type,
        size_bytes=record.size_bytes,
        peaks=record.outline,
        file=shown_path(clip.path),
        loudness_lufs=record.loudness_lufs,
        facts=tuple(sound_facts(record)),
        stars=rating.stars,
        tags=rating.tags,
        note=rating.note,
    )


def price_text(model: str) -> str:
    """Write what a task of a model costs; nothing for one that is not known."""
    if not _in_catalogue(model):
        return ""
    price = price_of(model)
    if price.credits_low == price.credits_high:
        return credits_text(price.credits_high)
    return str(price).partition(",")[0]


def _in_catalogue(model: str) -> bool:
    """Whether a model is one we know; the service may resolve to one we do not."""
    return model in known_models()
