"""The figures of a run: its clips, orders and money, handed to the pictures."""

from __future__ import annotations

import time
from collections.abc import Sequence
from dataclasses import dataclass
from typing import TYPE_CHECKING

import numpy as np

from musicnb.analysis import Progress
from musicnb.errors import Fault, InvalidInput
from musicnb.library import FINISHED, Job, Journal
from musicnb.measure import (
    Fingerprint,
    Measures,
    effective_number,
    near_duplicates,
    style_map,
    styles_of,
)
from musicnb.pictures import (
    Arm,
    Drawing,
    Heard,
    Movement,
    Span,
    plot_cost_variety,
    plot_similarity,
    plot_spend,
    plot_spread,
    plot_timeline,
    require_matplotlib,
)
from musicnb.studio._clip import Clip
from musicnb.studio._clips import Clips

if TYPE_CHECKING:
    from concurrent.futures import Executor

    from musicnb.studio._pieces import Piece
    from musicnb.studio._run import Run


@dataclass(frozen=True, slots=True)
class _Made:
    """One order with its clips, and which group it belongs to."""

    piece: Piece
    job: Job
    group: str
    clips: Clips


class RunFigures:
    """Figures of a run as it stands now; each shows itself in a notebook and can be saved.

    They need the extra ``plot``, and neither widgets nor a kernel later. Every one takes
    ``dark=True`` for light letters on a dark ground.
    """

    def __init__(self, run: Run, journal: Journal) -> None:
        self._run, self._journal = run, journal

    def __repr__(self) -> str:
        names = "cost_variety() spread() similarity() timeline() spend()"
        return f"<figures of {self._run.plan.name!r}: {names}>"

    def cost_variety(
        self,
        by: str = "model",
        *,
        executor: Executor | None = None,
        progress: Progress = True,
        dark: bool = False,
    ) -> Drawing:
        """Draw how many different clips each model gave for its credits, order after order.

        Parameters
        ----------
        by
            ``"model"``, or an axis.
        executor, progress
            As for `musicnb.studio.Clips.measure`: what was not measured yet is measured now.

        Returns
        -------
        musicnb.pictures.Drawing
            Shows itself; ``.save("variety.pdf")``.

        Raises
        ------
        ConfigurationError
            matplotlib is not installed.
        InvalidInput
            There is no such axis.
        """
        require_matplotlib()
        made = self._made(by)
        over = [one for one in made if one.job.has_ended and one.job.charged_credits is not None]
        bands = self._bands([clip for one in over for clip in one.clips], executor, progress)
        arms = []
        for group in dict.fromkeys(one.group for one in made):
            members = sorted(
                (one for one in over if one.group == group), key=lambda one: one.job.ended_at or 0
            )
            arms.append(_arm(group, members, bands))
        unknown = sum(not known for known in bands.values())
        return plot_cost_variety(
            self._run.plan.name,
            arms,
            by=by,
            note=_sentences(
                (len(made) - len(over), "order", "not over, or without a reported charge"),
                (unknown, "clip", "silent, or not measured: counted, and like nothing"),
            ),
            dark=dark,
        )

    def spread(self, by: str = "model", *, dark: bool = False) -> Drawing:
        """Draw loudness and duration of every clip, a row a model; see `cost_variety`.

        Measures nothing: both are known since the clip arrived.
        """
        made = self._made(by)
        clips = [
            Heard(one.group, clip.duration_s, clip.loudness_lufs)
            for one in made
            for clip in one.clips
        ]
        without = sum(not one.clips for one in made)
        note = _sentences((without, "order", "without clips"))
        return plot_spread(self._run.plan.name, clips, by=by, note=note, dark=dark)

    def similarity(
        self,
        by: str = "model",
        *,
        executor: Executor | None = None,
        progress: Progress = True,
        dark: bool = False,
    ) -> Drawing:
        """Draw a map of all clips: near each other what sounds alike; see `cost_variety`.

        Places are those of `musicnb.measure.style_map`. Clips that hold the same recording
        (`musicnb.measure.near_duplicates`) are joined by a line.
        """
        require_matplotlib()
        found = [(one, clip) for one in self._made(by) for clip in one.clips]
        prints = self._fingerprints([clip for _, clip in found], executor, progress)
        places = [place for place, known in enumerate(prints) if known is not None]
        same = near_duplicates([known for known in prints if known is not None])
        laid = style_map(styles_of([known.bands if known else b"" for known in prints]))
        return plot_similarity(
            self._run.plan.name,
            laid.places,
            [one.group for one, _ in found],
            [(places[pair.first], places[pair.second]) for pair in same],
            labels=[f"{one.piece.name}, clip {clip.record.position}" for one, clip in found],
            share=laid.share,
            dark=dark,
        )

    def timeline(self, *, dark: bool = False) -> Drawing:
        """Draw when each order waited, was at the service, and ended; see `cost_variety`.

        The dates are the journal's.
        """
        run = self._run
        tasks = [(piece, piece.task.job) for piece in run.pieces if piece.task is not None]
        start = min((job.planned_at for _, job in tasks), default=0.0)
        spans = [
            Span(
                piece.name,
                job.state,
                job.planned_at - start,
                _since(start, job.sent_at),
                _since(start, job.ended_at),
                tuple(clip.saved_at - start for clip in self._journal.clips(job.job_id)),
            )
            for piece, job in tasks
        ]
        return plot_timeline(
            run.plan.name,
            spans,
            now_s=_now([job for _, job in tasks]) - start,
            not_run=[piece.not_run for piece in run.not_run],
            dark=dark,
        )

    def spend(self, *, dark: bool = False) -> Drawing:
        """Draw what was charged, paid for what came, and given back, beside the cap.

        Every order under the run's name counts, attempts that were repeated since included, as
        they do for the cap; see `cost_variety`.
        """
        run, service = self._run, self._run.service.identity
        jobs = self._journal.jobs(service, run.plan.name)
        start = min((job.planned_at for job in jobs), default=0.0)
        movements = [movement for job in jobs for movement in _movements(job, start)]
        cap = self._journal.cap(service, run.plan.name)
        return plot_spend(
            run.plan.name,
            movements,
            now_s=_now(jobs) - start,
            cap=None if cap is None else float(cap),
            held=float(sum(job.held_credits for job in jobs)),
            dark=dark,
        )

    # ------------------------------------------------------------------------------ inside

    def _made(self, by: str) -> list[_Made]:
        axes = self._run.plan.axes
        if by != "model" and by not in axes:
            known = ", ".join(dict.fromkeys([*axes, "model"]))
            raise InvalidInput.from_faults([Fault("by", "", f"is {by!r:.60}; there are {known}")])
        return [
            _Made(
                piece,
                piece.task.job,
                piece.cell.labels[by] if by in axes else piece.task.job.model,
                piece.task.clips,
            )
            for piece in self._run.pieces
            if piece.task is not None
        ]

    def _fingerprints(
        self, clips: Sequence[Clip], executor: Executor | None, progress: Progress
    ) -> list[Fingerprint | None]:
        measured = Clips(clips).measure(executor=executor, progress=progress)
        return [one.fingerprint if isinstance(one, Measures) else None for one in measured]

    def _bands(
        self, clips: Sequence[Clip], executor: Executor | None, progress: Progress
    ) -> dict[str, bytes]:
        prints = self._fingerprints(clips, executor, progress)
        return {
            clip.clip_id: known.bands if known is not None else b""
            for clip, known in zip(clips, prints, strict=True)
        }


def _arm(group: str, members: Sequence[_Made], bands: dict[str, bytes]) -> Arm:
    spent, clips, different = [], [], []
    total, ids = 0.0, list[str]()
    for one in members:
        charged = one.job.charged_credits or 0
        total += float(charged - (one.job.refunded_credits or 0))
        ids += [clip.clip_id for clip in one.clips]
        styles = styles_of([bands[clip_id] for clip_id in ids])
        number = effective_number(styles) if ids else 0.0
        spent.append(total)
        clips.append(len(ids))
        different.append(0.0 if np.isnan(number) else number)
    return Arm(group, spent, clips, different)


def _movements(job: Job, start: float) -> list[Movement]:
    left = (job.sent_at or job.planned_at) - start
    ended = (job.ended_at or job.sent_at or job.planned_at) - start
    moved = [
        Movement(left, "charged", float(job.committed_credits)),
        Movement(ended, "delivered", float(job.spent_credits)),
        Movement(ended, "refunded", float(job.refunded_credits or 0)),
    ]
    return [movement for movement in moved if movement.credits]


def _now(jobs: Sequence[Job]) -> float:
    """Return where time ends: now while something goes on, else at the last end."""
    if any(job.state not in FINISHED for job in jobs):
        return time.time()
    return max((job.ended_at or job.planned_at for job in jobs), default=0.0)


def _since(start: float, moment: float | None) -> float | None:
    return None if moment is None else moment - start


def _sentences(*counts: tuple[int, str, str]) -> str:
    return " ".join(
        f"{count} {what if count == 1 else what + 's'} {why}."
        for count, what, why in counts
        if count
    )
