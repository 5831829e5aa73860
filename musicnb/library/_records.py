"""Rows of the journal, as frozen records."""

from __future__ import annotations

import json
from dataclasses import dataclass
from decimal import Decimal
from typing import Any, Final

from musicnb.briefs import Brief
from musicnb.catalogue import Capability, amount_text

_UNDELIVERED: Final = ("failed", "canceled")
#: States of an order that has come to its end.
FINISHED: Final = ("succeeded", *_UNDELIVERED)


@dataclass(frozen=True, slots=True)
class Job:
    """One order: written down before it is sent, kept for ever.

    Parameters
    ----------
    job_id
        Ours; it travels in the request's metadata so that the task can be found again.
    service
        Which service and account it belongs to.
    body
        The exact bytes that are sent, and sent again.
    idempotency_key
        The same for every attempt, so that the service charges the order once.
    state
        ``planned``, ``sending``, ``accepted``, ``succeeded``, ``failed``, ``canceled`` or
        ``unknown`` (sent, but no answer came).
    expected_credits
        The highest price it may have, in credits.
    charged_credits, refunded_credits
        As the service reported them; None while it has not.
    planned_at, sent_at, ended_at
        Seconds since the epoch; ``sent_at`` is when it was first sent, and None while no attempt
        can have reached the service.
    sweep
        The name it was ordered under with others; empty for one ordered alone.
    """

    job_id: str
    service: str
    capability: Capability
    body: bytes
    idempotency_key: str
    state: str
    expected_credits: Decimal
    planned_at: float
    task_id: str | None = None
    resolved_model: str | None = None
    charged_credits: Decimal | None = None
    refunded_credits: Decimal | None = None
    ended_at: float | None = None
    problem: str | None = None
    sent_at: float | None = None
    sweep: str = ""

    @property
    def model(self) -> str:
        """The model that does the work, as far as known: ``auto`` resolves to one."""
        return self.resolved_model or str(self.request["model"])

    @property
    def spent_credits(self) -> Decimal:
        """Credits that were paid for what was delivered, less refunds."""
        return self._net if self.state == "succeeded" and self._net is not None else Decimal(0)

    @property
    def held_credits(self) -> Decimal:
        """Credits that are, or may be, gone with nothing delivered for them yet.

        The price of an order that is under way or without an answer, and the charge of a failed one
        until its refund is reported. ``charged - refunded = spent + held`` wherever a charge has
        been reported.
        """
        if self.state == "planned" or (self.state in _UNDELIVERED and self.task_id is None):
            return Decimal(0)
        if self._net is None:
            return self.expected_credits
        return Decimal(0) if self.state == "succeeded" else max(self._net, Decimal(0))

    @property
    def committed_credits(self) -> Decimal:
        """Credits that count against a cap: what was charged, refunded or not, or may still be."""
        if self.charged_credits is not None:
            return self.charged_credits
        never = self.state in _UNDELIVERED and self.task_id is None
        return Decimal(0) if never else self.expected_credits

    @property
    def has_ended(self) -> bool:
        """Whether it succeeded, failed or was canceled."""
        return self.state in FINISHED

    @property
    def _net(self) -> Decimal | None:
        if self.charged_credits is None:
            return None
        return self.charged_credits - (self.refunded_credits or 0)

    @property
    def request(self) -> dict[str, Any]:
        """The request as JSON values."""
        return dict(json.loads(self.body))


@dataclass(frozen=True, slots=True)
class ClipRecord:
    """One finished clip on disk.

    Parameters
    ----------
    clip_id
        ``<task id>-<position>``, counted from 1.
    file
        Path relative to the library folder, with forward slashes.
    loudness_lufs, peak_dbfs, rms_dbfs
        See `musicnb.measure.Levels`.
    outline
        1,000 (lowest, highest) int8 pairs.
    problem
        What is wrong with the file, where it could be decoded in part only.
    """

    clip_id: str
    job_id: str
    position: int
    title: str
    artifact_id: str | None
    file: str
    media_type: str
    size_bytes: int
    sha256: str
    duration_s: float
    sample_rate_hz: int
    channels: int
    loudness_lufs: float
    peak_dbfs: float
    rms_dbfs: float
    outline: bytes
    saved_at: float
    problem: str | None = None


@dataclass(frozen=True, slots=True)
class LeftOut:
    """A brief that was not ordered because it does not fit what its sweep may cost.

    Parameters
    ----------
    place
        Which of the briefs it is, from 0.
    needs_credits, left_credits
        Its price, and what of the cap was left at its turn.
    """

    brief: Brief
    place: int
    needs_credits: Decimal
    left_credits: Decimal

    def __str__(self) -> str:
        needs, left = amount_text(self.needs_credits), amount_text(self.left_credits)
        return f"not run: needs {needs}, {left} left"


@dataclass(frozen=True, slots=True)
class Planned:
    """A sweep as it stands in the journal.

    Parameters
    ----------
    orders
        Each order, in the order of the briefs, and whether it was written down just now.
    left_out
        What does not fit the cap.
    """

    orders: tuple[tuple[Job, bool], ...]
    left_out: tuple[LeftOut, ...]


@dataclass(frozen=True, slots=True)
class Take:
    """A clip with the order it came from; a row of the table. An order without clips has none."""

    job: Job
    clip: ClipRecord | None
    clips_of_task: int
