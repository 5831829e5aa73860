"""What is said, in one line, about many orders; and what a sweep must be."""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterable, Sequence
from decimal import Decimal, InvalidOperation
from typing import Final

from musicnb._given import shown
from musicnb.briefs import Brief
from musicnb.catalogue import amount_text
from musicnb.errors import Fault, InvalidInput
from musicnb.library import Planned
from musicnb.studio._task import Task
from musicnb.sweep import faults_of_name

_MOST_CREDITS: Final = 10**12


def account_of(tasks: Sequence[Task]) -> str:
    """Say what became of orders taken up: ``4 recovered, 1 unknown (80 held), 1 not sent``."""
    if not tasks:
        return "nothing to resume"
    kinds = Counter(_kind(task) for task in tasks)
    held = sum((task.job.held_credits for task in tasks if _kind(task) == "unknown"), Decimal(0))
    parts = []
    for kind in _KINDS:
        if kinds[kind]:
            money = f" ({amount_text(held)} held)" if kind == "unknown" else ""
            parts.append(f"{kinds[kind]} {kind}{money}")
    return ", ".join(parts)


_KINDS: Final = (
    "recovered",
    "failed",
    "canceled",
    "without all clips yet",
    "unknown",
    "not sent",
    "still running",
)


def _kind(task: Task) -> str:
    state = task.job.state
    if not task.done:
        return "still running"
    if task.error is None:
        return "recovered"
    if state in ("failed", "canceled", "unknown"):
        return state
    if state in ("planned", "sending"):
        return "not sent"
    # paid for, at the service, and to be asked for again
    downloaded = task.error.code == "wait_timeout"
    return "still running" if downloaded else "without all clips yet"


def sweep_text(sweep: str, planned: Planned) -> str:
    """Say what of a sweep is ordered now, what was before, and what does not fit its cap."""
    new = [job for job, is_new in planned.orders if is_new]
    old = Counter(job.state for job, is_new in planned.orders if not is_new)
    price = sum((job.expected_credits for job in new), Decimal(0))
    parts = [f"{len(new)} ordered for {amount_text(price)} credits" if new else "nothing new sent"]
    if old:
        states = ", ".join(f"{count} {state}" for state, count in old.items())
        parts.append(f"{old.total()} ordered before ({states})")
    reasons = Counter(map(str, planned.left_out))
    parts += [f"{count} {reason}" for reason, count in reasons.items()]
    return f"sweep {sweep!r}: {'; '.join(parts)}"


def checked_sweep(
    briefs: object, sweep: object, max_credits: object
) -> tuple[list[Brief], str, Decimal | None]:
    """Refuse a sweep that cannot be ordered, naming everything that is wrong with it.

    Returns
    -------
    tuple
        The briefs, the name without spaces around it, and the cap in credits or None.

    Raises
    ------
    InvalidInput
        A brief, the name or the cap is wrong.
    """
    faults = faults_of_name(sweep)
    name = sweep.strip() if isinstance(sweep, str) else ""
    cap = None
    if max_credits is not None:
        try:
            cap = Decimal(str(max_credits))
        except (InvalidOperation, ValueError):  # an integer of thousands of digits is no text
            cap = Decimal("NaN")
        if not cap.is_finite() or not 0 <= cap <= _MOST_CREDITS or isinstance(max_credits, bool):
            faults.append(
                Fault("max_credits", "", f"is {shown(max_credits)}; give credits, such as 750")
            )
    if isinstance(briefs, Brief) or not isinstance(briefs, Iterable):
        text = f"is one {type(briefs).__name__}; give a list of TextToMusic(...)"
        raise InvalidInput.from_faults([*faults, Fault("briefs", "", text)])
    given = list(briefs)
    faults += _faults_of(given)
    if faults:
        raise InvalidInput.from_faults(faults)
    return given, name, cap


def _faults_of(briefs: Sequence[object]) -> list[Fault]:
    faults = []
    if not briefs:
        faults.append(Fault("briefs", "", "is empty; give at least one TextToMusic(...)"))
    for number, brief in enumerate(briefs):
        name = f"briefs[{number}]"
        if not isinstance(brief, Brief):
            kind = type(brief).__name__
            faults.append(Fault(name, "", f"must be a TextToMusic(...), not {kind}"))
            continue
        try:
            brief.request()
        except InvalidInput as error:
            faults += [
                Fault(f"{name}.{fault.field}", fault.pointer, fault.message, fault.code)
                for fault in error.faults
            ]
    return faults
