"""Rows of the journal, as frozen records."""

from __future__ import annotations

import json
from dataclasses import dataclass
from decimal import Decimal
from typing import Any

from musicnb.catalogue import Capability


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
    planned_at, ended_at
        Seconds since the epoch.
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
        See `musicnb.measure.Measures`.
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
class Take:
    """A clip with the order it came from; a row of the table. An order without clips has none."""

    job: Job
    clip: ClipRecord | None
    clips_of_task: int
