"""A run as the journal has it, to be reported without its notebook; no service is asked."""

from __future__ import annotations

import os
from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING, cast

from musicnb.briefs import brief_of, public_text
from musicnb.errors import InvalidInput
from musicnb.library import JOB_ID_FIELD, Job, Library
from musicnb.studio._clips import Clips, clips_of
from musicnb.studio._pieces import Piece
from musicnb.studio._run import Run
from musicnb.studio._task import Task
from musicnb.sweep import Cell, Plan, Setting, line_of
from musicnb.wire import canonical_bytes

if TYPE_CHECKING:
    from musicnb.studio._road import Road
    from musicnb.studio._session import Session

_fault = InvalidInput.about


@dataclass(frozen=True, slots=True)
class _Asked:
    """The service that orders went to."""

    identity: str


@dataclass(frozen=True, slots=True)
class _ClosedRoad:
    """What looking at a run needs of the road; nothing can be sent along it."""

    library: Library
    service: _Asked


def report_past(library: Library, name: str, path: str | os.PathLike[str]) -> Path:
    """Write the report of the session of a name, else of the run; see `Run.report`.

    The journal knows what was ordered, and not which axes a plan had: choices are told by prompt
    and by model.

    Parameters
    ----------
    library
        May be read only.
    name
        Of a session that was revealed, or of a sweep.

    Raises
    ------
    InvalidInput
        There is neither, the session is sealed, or compares clips of several runs or of none.
    FileExistsError
        There is something at the path.
    LibraryError
        It cannot be written.
    """
    clips = clips_of(library)
    if library.journal.sessions.find(name) is None:
        return _past_run(library, name, clips).report(path)
    session = _revealed(library, name, clips)
    sweeps = {(clip.job.service, clip.job.sweep) for clip in session.clips}
    if len(sweeps) != 1 or not next(iter(sweeps))[1]:
        raise _fault("name", f"{name!r:.80} compares clips of several runs, or of none")
    ((service, sweep),) = sweeps
    return _past_run(library, sweep, clips, service).report(path, session)


def _revealed(library: Library, name: str, clips: Clips) -> Session:
    from musicnb.studio._listening import reopen  # noqa: PLC0415 - only where there is a session

    session = reopen(library, clips, name, "me")
    if session.is_sealed:
        # not the run of the same name instead: its page plays the clips under their names
        raise _fault("name", f"{name!r:.80} is a session that is sealed; reveal it first")
    return session


def _past_run(library: Library, sweep: str, clips: Clips, service: str | None = None) -> Run:
    every = library.journal.jobs(service, sweep) if sweep else []
    if not every:
        runs = list(dict.fromkeys(job.sweep for job in library.journal.jobs() if job.sweep))
        known = [*runs, *(session.name for session in library.journal.sessions.all())]
        names = ", ".join(repr(one) for one in dict.fromkeys(known[-10:])) or "none"
        raise _fault("name", f"{sweep!r:.80} is no run or session here; there are: {names}")
    service = every[-1].service
    road = cast("Road", _ClosedRoad(library, _Asked(service)))
    cells: dict[bytes, list[Job]] = {}
    for job in library.journal.newest_of_sweep(service, sweep):
        cells.setdefault(canonical_bytes(_ordered(job)), []).append(job)
    groups = list(cells.values())
    planned = [_cell(number, jobs) for number, jobs in enumerate(groups, 1)]
    pieces = [
        Piece(cell, repeat, _at_rest(job, road, clips))
        for cell, jobs in zip(planned, groups, strict=True)
        for repeat, job in enumerate(jobs, 1)
    ]
    return Run(Plan(sweep, tuple(planned)), pieces, road)


def _ordered(job: Job) -> dict[str, object]:
    """Return the request as it was planned, without the mark by which its task is found."""
    body = job.request
    marks = {key: value for key, value in body.pop("metadata", {}).items() if key != JOB_ID_FIELD}
    return body | ({"metadata": marks} if marks else {})


def _cell(number: int, jobs: Sequence[Job]) -> Cell:
    brief = brief_of(jobs[0].capability, _ordered(jobs[0]))
    prompt = line_of(public_text(brief.prompt))
    settings = Setting("prompt", prompt, prompt), Setting("model", brief.model, brief.model)
    return Cell(number, settings, brief, len(jobs))


def _at_rest(job: Job, road: Road, clips: Clips) -> Task:
    task = Task(job, road)
    mine = sorted(
        (clip for clip in clips if clip.job.job_id == job.job_id),
        key=lambda clip: clip.record.position,
    )
    task.change(status=job.state, clips=Clips(mine), ended_at=job.ended_at)
    return task
