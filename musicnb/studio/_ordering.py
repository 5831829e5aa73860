"""Orders of a sweep, and what waits to be taken up: from the journal onto the road."""

from __future__ import annotations

from collections.abc import Callable, Iterator, Mapping, Sequence
from dataclasses import replace
from decimal import Decimal
from itertools import zip_longest
from typing import Any

from musicnb.briefs import Brief
from musicnb.library import Job, Library, Planned
from musicnb.studio._road import Road
from musicnb.studio._run import Run
from musicnb.studio._summaries import checked_sweep, sweep_text
from musicnb.studio._task import Task
from musicnb.studio._tasks import Tasks
from musicnb.sweep import Plan


def order_sweep(
    road: Road,
    briefs: Sequence[Brief],
    *,
    sweep: str,
    max_credits: Decimal | None,
    balance: Decimal | None = None,
) -> tuple[Planned, Tasks]:
    """Write a sweep down and send what of it is new, each model's orders in turns.

    Raises
    ------
    InsufficientBalance
        The wallet does not hold what is new. Nothing was written down.
    """
    planned = road.library.journal.plan_sweep(
        briefs,
        service=road.service.identity,
        sweep=sweep,
        max_credits=max_credits,
        balance=balance,
    )
    gone = {clip.job_id for clip in road.library.missing_clips()}
    jobs = [job for job, _ in planned.orders]
    tasks: dict[int, Task] = {}
    for place in _in_turns([job.model for job in jobs]):
        job = jobs[place]
        at_rest = job.has_ended and job.job_id not in gone
        tasks[place] = road.at_rest(job) if at_rest else road.travel(job)
    ordered = Tasks(tasks[place] for place in range(len(jobs)))
    ordered.left_out = planned.left_out
    ordered.said = sweep_text(sweep, planned)
    return planned, ordered


def run_plan(road: Road, plan: Plan, max_credits: object, *, balance: Decimal | None) -> Run:
    """Order a plan; see `musicnb.sweep.Plan.run`."""
    briefs, sweep, cap = checked_sweep(plan.briefs, plan.name, max_credits)
    planned, tasks = order_sweep(road, briefs, sweep=sweep, max_credits=cap, balance=balance)
    return Run.of(plan, planned, tasks, road, tasks.said)


def bound(
    plan: Plan,
    *,
    balance: Decimal | None,
    durations_s: Mapping[str, Sequence[float]],
    runner: Callable[..., Any],
) -> Plan:
    """Add to a plan what only a studio knows: the wallet, how long models take, who runs it."""
    usual = {
        model: sorted(seconds)[int(0.9 * (len(seconds) - 1))]
        for model, seconds in durations_s.items()
        if seconds
    }
    return replace(plan, balance_credits=balance, usual_s=usual, runner=runner)


def waiting(library: Library, road: Road) -> list[Job]:
    """List the orders that `Studio.resume` would take up, oldest first."""
    running = {task.job.job_id for task in road.travelling}
    gone = {clip.job_id for clip in library.missing_clips()}
    return [
        job
        for job in library.journal.jobs(road.service.identity)
        if job.job_id not in running and (not job.has_ended or job.job_id in gone)
    ]


def _in_turns(models: Sequence[str]) -> Iterator[int]:
    """Yield the place of one order of each model after the other.

    So none waits for all of another's, though all are reserved in the plan's order.
    """
    queues: dict[str, list[int]] = {}
    for place, model in enumerate(models):
        queues.setdefault(model, []).append(place)
    for turn in zip_longest(*queues.values()):
        yield from (place for place in turn if place is not None)
