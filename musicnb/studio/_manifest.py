"""A run written down as a manifest, and what a manifest is good for later."""

from __future__ import annotations

import itertools
import math
import os
import platform
import time
from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass
from datetime import UTC, datetime
from decimal import Decimal
from pathlib import Path
from typing import TYPE_CHECKING, Any, Final, Literal

from musicnb import __version__
from musicnb.briefs import public_text
from musicnb.catalogue import amount_text
from musicnb.errors import Fault, InvalidInput, LibraryError
from musicnb.library import ClipRecord, Job, Library, slug
from musicnb.settings import SANDBOX
from musicnb.sound import named_path, new_file
from musicnb.studio._clip import Clip
from musicnb.studio._clips import Clips
from musicnb.sweep import (
    AxisEntry,
    Cell,
    CellEntry,
    ClipEntry,
    Costs,
    Manifest,
    OrderEntry,
    Plan,
    ServiceEntry,
    credits_text,
    line_of,
    read_manifest,
)

if TYPE_CHECKING:
    from musicnb.studio._pieces import Piece
    from musicnb.studio._run import Run

_MOST_NAMES: Final = 10_000
_DEEPEST: Final = 6
_LARGEST: Final = 10**15


# ------------------------------------------------------------------------------------ writing


def write_manifest(run: Run, path: str | os.PathLike[str] | None, library: Library) -> Path:
    """Write a run down; see `musicnb.studio.Run.manifest`."""
    text = manifest_of(run, library).model_dump_json(indent=1) + "\n"
    problem = ""
    taken = Path()
    for taken in _names(run.plan.name, path, library.folder):
        if path is None and not taken.parent.is_dir() and taken.parent.exists():
            problem = f"{taken.parent} is a file"
            break
        try:
            if path is None:
                taken.parent.mkdir(exist_ok=True)
            with new_file(taken) as file:
                file.write(text.encode())
        except FileExistsError:
            continue
        except (OSError, ValueError) as error:
            problem = f"{taken.parent} cannot be written ({error!s:.200})"
            break
        return taken
    if problem:
        raise LibraryError(problem, hint="Make room, or choose another path")
    raise _invalid("path", f"{taken.name!r:.80} exists already; choose another name")


def _names(sweep: str, path: str | os.PathLike[str] | None, folder: Path) -> Iterator[Path]:
    if path is None:
        stem = folder / "manifests" / slug(sweep)
        yield stem.with_name(f"{stem.name}.json")
        for number in range(2, _MOST_NAMES):
            yield stem.with_name(f"{stem.name}-{number}.json")
    else:
        yield named_path(path)


def manifest_of(run: Run, library: Library) -> Manifest:
    """Gather what a manifest holds of a run as it stands now."""
    plan, service = run.plan, run.service
    orders = [piece.task.job for piece in run.pieces if piece.task is not None]
    shown = {job.job_id for job in orders}
    earlier = [
        job for job in library.journal.jobs(service.identity, plan.name) if job.job_id not in shown
    ]
    by_job: dict[str, list[ClipRecord]] = {}
    for clip in sorted(library.journal.clips(), key=lambda clip: clip.position):
        by_job.setdefault(clip.job_id, []).append(clip)
    pieces = {
        number: list(group)
        for number, group in itertools.groupby(run.pieces, key=lambda piece: piece.cell.number)
    }
    is_sandbox = service.identity == SANDBOX
    kind: Literal["sandbox", "local", "hosted"]
    kind = "sandbox" if is_sandbox else "local" if service.serves_loopback else "hosted"
    return Manifest(
        name=plan.name,
        made_at=moment(time.time()) or "",
        musicnb=__version__,
        python=platform.python_version(),
        service=ServiceEntry(kind=kind, is_sandbox=is_sandbox),
        plan_digest=plan.digest,
        brief=None if plan.brief is None else without_secrets(_plain(plan.brief.draft()))[0],
        axes=tuple(AxisEntry(name=axis, labels=_labels(plan, axis)) for axis in plan.axes),
        cells=tuple(_cell(cell, pieces.get(cell.number, []), by_job) for cell in plan.cells),
        earlier_orders=tuple(_order(1, job, by_job) for job in earlier),
        costs=_costs([*orders, *earlier], library.journal.cap(service.identity, plan.name)),
    )


def _labels(plan: Plan, axis: str) -> tuple[str, ...]:
    return tuple(dict.fromkeys(line_of(cell.labels[axis]) for cell in plan.cells))


def _cell(cell: Cell, pieces: Sequence[Piece], by_job: dict[str, list[ClipRecord]]) -> CellEntry:
    request: dict[str, Any] | None = None
    withheld: tuple[str, ...] = ()
    if cell.can_run:
        request, withheld = without_secrets(cell.brief.request().body())
    orders = tuple(
        _order(piece.repeat, piece.task.job, by_job)
        if piece.task is not None
        else OrderEntry(repeat=piece.repeat, status=piece.not_run[:200] or "not run")
        for piece in pieces
    )
    return CellEntry(
        number=cell.number,
        labels={axis: line_of(label) for axis, label in cell.labels.items()},
        repeats=cell.repeats,
        problem=public_text(line_of(cell.problem)),
        capability=cell.brief.capability,
        request=request,
        withheld=withheld,
        orders=orders,
    )


def _order(repeat: int, job: Job, by_job: dict[str, list[ClipRecord]]) -> OrderEntry:
    return OrderEntry(
        repeat=repeat,
        status=job.state,
        job_id=job.job_id,
        task_id=job.task_id,
        model=job.model,
        expected_credits=credits_text(job.expected_credits),
        charged_credits=_reported(job.charged_credits),
        refunded_credits=_reported(job.refunded_credits),
        planned_at=moment(job.planned_at),
        sent_at=moment(job.sent_at),
        ended_at=moment(job.ended_at),
        clips=tuple(
            ClipEntry(**{name: getattr(clip, name) for name in ClipEntry.model_fields})
            for clip in by_job.get(job.job_id, [])
        ),
    )


def _costs(jobs: Sequence[Job], cap: Decimal | None) -> Costs:
    def total(amounts: Iterator[Decimal | None]) -> str:
        return credits_text(sum((amount or Decimal(0) for amount in amounts), Decimal(0)))

    return Costs(
        expected_credits=total(job.expected_credits for job in jobs),
        charged_credits=total(job.charged_credits for job in jobs),
        refunded_credits=total(job.refunded_credits for job in jobs),
        spent_credits=total(job.spent_credits for job in jobs),
        held_credits=total(job.held_credits for job in jobs),
        max_credits=_reported(cap),
        orders_without_reported_charge=sum(job.charged_credits is None for job in jobs),
    )


def without_secrets(body: dict[str, Any]) -> tuple[dict[str, Any], tuple[str, ...]]:
    """Cut what may be a signature off an address of reference audio; say where."""
    audio = body.get("reference_audio")
    if not isinstance(audio, dict):
        return body, ()
    url = audio.get("url")
    if not isinstance(url, str) or (public := public_text(url)) == url:
        return body, ()
    return {**body, "reference_audio": {**audio, "url": public}}, ("/reference_audio/url",)


def _plain(value: Any, depth: int = 0) -> Any:
    """Turn what an axis may have put into a brief into JSON that can be read back."""
    if isinstance(value, dict) and depth < _DEEPEST:
        return {line_of(_text(name)): _plain(part, depth + 1) for name, part in value.items()}
    if isinstance(value, (list, tuple)) and depth < _DEEPEST:
        return [_plain(part, depth + 1) for part in value]
    if isinstance(value, float) and math.isfinite(value):
        return value
    if value is None or (isinstance(value, int) and abs(value) < _LARGEST):
        return value
    return line_of(_text(value))


def _text(value: object) -> str:
    try:
        return str(value)
    except (ValueError, RecursionError):  # an integer of thousands of digits, a list in itself
        return f"a {type(value).__name__} that is too large to be written"


def _reported(amount: Decimal | None) -> str | None:
    return None if amount is None else credits_text(amount)


def moment(seconds: float | None) -> str | None:
    if seconds is None:
        return None
    text = datetime.fromtimestamp(seconds, UTC).isoformat(timespec="milliseconds")
    return text.removesuffix("+00:00") + "Z"


# ------------------------------------------------------------------------------------ opening


@dataclass(frozen=True)
class Reopened:
    """The clips of a manifest, as far as this library has their very bytes.

    Parameters
    ----------
    clips
        Those whose file has the hash that the manifest says.
    missing
        Those whose file has gone.
    altered
        Those whose file has other bytes now.
    strange
        Those that this library has never had.
    """

    clips: Clips
    missing: tuple[ClipEntry, ...] = ()
    altered: tuple[ClipEntry, ...] = ()
    strange: tuple[ClipEntry, ...] = ()

    @property
    def ok(self) -> bool:
        """Whether every clip is there, byte for byte."""
        return not (self.missing or self.altered or self.strange)

    def __str__(self) -> str:
        lines = [f"{len(self.clips)} clips with the bytes of the manifest"]
        for what, entries in (
            ("missing", self.missing),
            ("altered", self.altered),
            ("not of this library", self.strange),
        ):
            lines += [f"  {what}: {entry.file!r}" for entry in entries[:10]]
            if len(entries) > 10:  # noqa: PLR2004 - as many as are named
                lines.append(f"  … and {len(entries) - 10} more {what}")
        return "\n".join(lines)

    __repr__ = __str__


@dataclass(frozen=True)
class OpenedManifest:
    """A manifest that was read and checked. Made by `musicnb.Studio.open_manifest`.

    It does two things that have nothing to do with each other: `clips` opens again what was made,
    for nothing; `plan` makes a new plan of the same requests, which costs what it says once it is
    run.

    Parameters
    ----------
    record
        What the file says.
    """

    record: Manifest
    library: Library
    service: str
    bound: Callable[[Plan], Plan]

    def clips(self) -> Reopened:
        """Find the same bytes in this library, by their hash; shows a bar in a terminal.

        Names in the manifest lead nowhere: only files that the library's own journal knows are
        read.

        Returns
        -------
        Reopened
            The clips that are there, and which are missing, altered, or not of this library.
        """
        journal = self.library.journal
        known: dict[str, list[ClipRecord]] = {}
        for clip in journal.clips():
            known.setdefault(clip.sha256, []).append(clip)
        pairs = [
            (entry, next((clip for clip in same if clip.clip_id == entry.clip_id), same[0]))
            for entry in self.record.clips
            if (same := known.get(entry.sha256))
        ]
        checked = self.library.verify({clip.clip_id: clip for _, clip in pairs}.values())
        gone = {clip.clip_id for clip in checked.missing}
        changed = {clip.clip_id for clip in checked.altered}
        jobs = {job.job_id: job for job in journal.jobs()} if pairs else {}
        return Reopened(
            Clips(
                self._clip(clip, jobs[clip.job_id])
                for _, clip in pairs
                if clip.clip_id not in gone | changed
            ),
            missing=tuple(entry for entry, clip in pairs if clip.clip_id in gone),
            altered=tuple(entry for entry, clip in pairs if clip.clip_id in changed),
            strange=tuple(e for e in self.record.clips if e.sha256 not in known),
        )

    def _clip(self, clip: ClipRecord, job: Job) -> Clip:
        sandbox = job.service == SANDBOX
        return Clip(clip, job, self.library.folder / clip.file, sandbox=sandbox)

    def plan(self, name: str) -> Plan:
        """Plan the same requests anew, under a new name and at today's prices; sends nothing.

        Parameters
        ----------
        name
            Of the new sweep; none that has orders in this library.

        Returns
        -------
        musicnb.sweep.Plan
            As of `musicnb.Studio.sweep`: it shows its price, and ``.run(max_credits=...)`` runs it.

        Raises
        ------
        InvalidInput
            The name is taken or cannot be one, or a request cannot be sent as it was.
        """
        plan = self.record.plan(name)
        if self.library.journal.jobs(self.service, plan.name):
            raise _invalid("name", f"{plan.name!r} has orders in this library; choose another")
        return self.bound(plan)

    def __str__(self) -> str:
        record = self.record
        counts = f"{len(record.cells)} cells, {len(record.clips)} clips"
        spent = amount_text(Decimal(record.costs.spent_credits))
        where = "the sandbox" if record.service.is_sandbox else f"a {record.service.kind} service"
        return (
            f"<Manifest of {record.name!r}: {counts}, {spent} credits spent at {where},"
            f" written {record.made_at[:10]}; .clips() opens what was made,"
            " .plan(name) orders it anew>"
        )

    __repr__ = __str__


def open_manifest(
    path: str | os.PathLike[str], library: Library, service: str, bound: Callable[[Plan], Plan]
) -> OpenedManifest:
    """Read a manifest; see `musicnb.Studio.open_manifest`."""
    return OpenedManifest(read_manifest(named_path(path)), library, service, bound)


def _invalid(field: str, message: str) -> InvalidInput:
    return InvalidInput.from_faults([Fault(field, "", message)])
