"""How orders end, or come to rest before, in plain words: what happened, the money, what to do."""

from __future__ import annotations

from decimal import Decimal
from typing import Any

from musicnb.catalogue import amount_text
from musicnb.errors import MusicnbError, OutcomeUnknown, TaskCanceled, TaskFailed, WaitTimeout
from musicnb.library import Job
from musicnb.wire import TaskEnvelope


def past_end(job: Job) -> MusicnbError:
    """Make the error of an order that ended in an earlier run, from what the journal kept of it."""
    kind = TaskCanceled if job.state == "canceled" else TaskFailed
    return kind(
        job.problem or f"the order was {job.state} earlier",
        task_id=job.task_id,
        charged=bool(job.held_credits),
    )


def unhappy_end(envelope: TaskEnvelope) -> MusicnbError:
    """Make the error of an order that the service has ended without a clip."""
    billing = envelope.billing
    refunded = billing.refunded_credits if billing else None
    charged = billing.charged_credits if billing else None
    kept = None if charged is None or refunded is None else charged > refunded
    money = f"{amount_text(refunded)} credits were refunded" if refunded else None
    facts: dict[str, Any] = {"task_id": envelope.task_id, "charged": kept}
    if envelope.status == "canceled":
        return TaskCanceled("the task was canceled", hint=money, **facts)
    error = envelope.error
    return TaskFailed(
        (error.message if error and error.message else "the service gave no reason"),
        code=error.code if error else None,
        retryable=bool(error and error.retryable),
        hint=money or "Whether it was refunded is not reported yet",
        **facts,
    )


def no_end(job: Job) -> MusicnbError:
    """Make the error of an order that was left before its end in an earlier run."""
    if job.sent_at is None:
        return WaitTimeout(
            "it has not been sent", hint="Send it now, or withdraw it", charged=False
        )
    return OutcomeUnknown(
        "no answer came when it was sent",
        hint="Check again: the service tells whether it has it, and nothing is charged twice",
    )


def interruption(task_id: str | None, *, has_service: bool) -> MusicnbError:
    """Make the error of an order that is left because its studio or its service ends."""
    return WaitTimeout(
        "the studio was closed before the task ended"
        if has_service
        else "the sandbox has ended before the task did",
        hint="Nothing is lost: studio.resume() takes it up again",
        task_id=task_id,
        charged=None,
    )


def broken_end(error: Exception, task_id: str | None) -> MusicnbError:
    """Make the error of an order that our own fault has stopped."""
    return MusicnbError(
        f"musicnb itself failed ({type(error).__name__}: {error})",
        code="internal",
        hint="Please report this; the order is in the journal: studio.resume()",
        task_id=task_id,
        charged=None,
    )


def what_now(error: MusicnbError, charged: Decimal | None, refunded: Decimal | None) -> str:
    """Say of an order that came to nothing what became of its money, and what to do next.

    Parameters
    ----------
    error
        Why it came to nothing.
    charged, refunded
        Credits, as reported; None while that is not known.
    """
    if not isinstance(error, TaskFailed | TaskCanceled):
        return error.hint or ""
    return " ".join(filter(None, [_money(error, charged, refunded), _next(error)]))


def _money(error: MusicnbError, charged: Decimal | None, refunded: Decimal | None) -> str:
    if not charged:
        if error.charged is None:
            return "Whether it was charged is not known yet."
        return "It was charged." if error.charged else "Nothing was charged."
    amount = amount_text(charged)
    if not refunded:
        return f"{amount} credits were charged; a refund is not reported yet."
    if refunded >= charged:
        return f"{amount} credits were charged, and all of them refunded."
    return f"{amount} credits were charged, and {amount_text(refunded)} of them refunded."


def _next(error: MusicnbError) -> str:
    if isinstance(error, TaskCanceled):
        return ""
    if error.retryable:
        return "The same again may work: press Generate once more."
    if error.code == error.default_code:  # why it failed is not told, or not known any more
        return "Ordering it again is a new order, at its full price."
    return "Change the request before you order it again."
