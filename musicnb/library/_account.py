"""Sums of money over orders."""

from __future__ import annotations

import time
from collections.abc import Callable, Iterable
from dataclasses import dataclass
from decimal import Decimal
from typing import Final, Literal

from musicnb.errors import Fault, InvalidInput
from musicnb.library._records import Job

By = Literal["model", "sweep", "day"]

_NAMES: Final[dict[str, Callable[[Job], str]]] = {
    "model": lambda job: job.model,
    "sweep": lambda job: job.sweep,
    "day": lambda job: time.strftime("%Y-%m-%d", time.localtime(job.sent_at or job.planned_at)),
}


@dataclass(frozen=True, slots=True)
class Sums:
    """What some orders have cost, in credits.

    Parameters
    ----------
    orders
        How many there are.
    charged_credits, refunded_credits
        As the service reported them.
    spent_credits
        Paid for what was delivered.
    held_credits
        Gone, or perhaps gone, with nothing delivered for it yet: under way, without an answer, or
        failed and not refunded. Wherever charges are reported,
        ``charged - refunded = spent + held``.
    """

    orders: int
    charged_credits: Decimal
    refunded_credits: Decimal
    spent_credits: Decimal
    held_credits: Decimal


def sums(jobs: Iterable[Job]) -> Sums:
    """Add orders up."""
    jobs = list(jobs)
    zero = Decimal(0)
    return Sums(
        len(jobs),
        sum((job.charged_credits or zero for job in jobs), zero),
        sum((job.refunded_credits or zero for job in jobs), zero),
        sum((job.spent_credits for job in jobs), zero),
        sum((job.held_credits for job in jobs), zero),
    )


def sums_by(jobs: Iterable[Job], by: By) -> dict[str, Sums]:
    """Add orders up by model, sweep or day.

    Returns
    -------
    dict
        Name to sums, in the order in which the names first appear. Days are local dates on which
        the order was sent; orders outside any sweep have the name ``""``.

    Raises
    ------
    InvalidInput
        `by` is another word.
    """
    name = _NAMES.get(by) if isinstance(by, str) else None
    if name is None:
        raise InvalidInput.from_faults(
            [Fault("by", "", f"is {by!r:.80}; choose one of {', '.join(_NAMES)}")]
        )
    groups: dict[str, list[Job]] = {}
    for job in jobs:
        groups.setdefault(name(job), []).append(job)
    return {key: sums(group) for key, group in groups.items()}
