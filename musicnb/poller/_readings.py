"""What a reading of a task says: its times, what is new in it, and whether it is the last word."""

from __future__ import annotations

from datetime import UTC, datetime
from typing import Final

from musicnb.wire import TaskEnvelope

# What tells when a task ended tells nothing about how long one takes if somebody stopped it.
_TELLING: Final = frozenset({"succeeded", "failed"})


def epoch_s(moment: datetime | None) -> float | None:
    """Return seconds since the epoch; a time without a zone is read as UTC."""
    if moment is None:
        return None
    return (moment if moment.tzinfo else moment.replace(tzinfo=UTC)).timestamp()


def duration_s(envelope: TaskEnvelope) -> float | None:
    """Return how long a task took in seconds, by the service's own clock; None if unknown."""
    begin = epoch_s(envelope.created_at or envelope.started_at)
    end = epoch_s(envelope.completed_at)
    if envelope.status not in _TELLING or begin is None or end is None:
        return None
    return end - begin


def is_last_word(summary: TaskEnvelope) -> bool:
    """Whether an ended task's summary holds all that the end is about: what, why, at what cost.

    A service may ignore that it was asked for more than the bare summary, and reports no reason of
    a failure in a list.
    """
    if summary.billing is None:
        return False
    if summary.status == "succeeded":
        return summary.output is not None
    return summary.status == "canceled" or summary.error is not None


def joined(known: TaskEnvelope | None, reading: TaskEnvelope) -> TaskEnvelope:
    """Return a reading with what was known before where it is silent.

    Returns
    -------
    TaskEnvelope
        `known` itself when the reading says nothing new.
    """
    if known is None:
        return reading
    said = {name: getattr(reading, name) for name in reading.model_fields_set}
    if all(getattr(known, name, None) == value for name, value in said.items()):
        return known
    if reading.status != known.status:
        said.setdefault("progress", None)  # that of the status before
    return known.model_copy(update=said) if known.model_fields_set - said.keys() else reading
