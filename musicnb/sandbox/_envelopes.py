"""Tasks as their owners see them: rows become the contract's envelopes."""

from __future__ import annotations

import json
import sqlite3
from collections.abc import Sequence
from decimal import Decimal
from typing import Any, Final

from musicnb.catalogue import usd
from musicnb.sandbox._clock import to_datetime
from musicnb.sandbox._links import UrlSigner
from musicnb.sandbox._money import to_credits
from musicnb.sandbox._phases import FINISHED, QUEUED, Phase
from musicnb.wire import (
    AudioFile,
    Billing,
    Output,
    OutputClip,
    Progress,
    TaskEnvelope,
    TaskError,
    TaskWarning,
)

__all__ = ["ENGINE", "envelope"]

ENGINE: Final = "musicnb-sandbox"


def envelope(
    connection: sqlite3.Connection, row: sqlite3.Row, signer: UrlSigner, phase: Phase
) -> TaskEnvelope:
    """Show a task as the contract's envelope.

    Parameters
    ----------
    phase
        Where the workers are with it; ignored unless it is running.
    """
    clips = _clips(connection, row["task_id"]) if row["status"] == "succeeded" else []
    request = json.loads(row["request"])
    refunded = _refunded(connection, row)
    shown = [_clip(clip, signer) for clip in clips]
    self_link = f"{signer.base_url}/v1/tasks/{row['task_id']}"
    # model_construct: what we have written ourselves needs no check, which took 60 % of the time
    return TaskEnvelope.model_construct(
        task_id=row["task_id"],
        status=row["status"],
        capability=row["capability"],
        model=row["model"],
        resolved_model=row["resolved_model"],
        metadata=request.get("metadata", {}),
        input=request,
        progress=_progress(row, phase, refunded),
        output=Output.model_construct(clips=shown) if row["status"] == "succeeded" else None,
        warnings=[TaskWarning.model_construct(**item) for item in json.loads(row["warnings"])],
        error=TaskError.model_validate_json(row["error"]) if row["error"] else None,
        usage=_usage(row, clips, refunded),
        billing=_billing(row, refunded),
        created_at=to_datetime(row["created_at"]),
        started_at=to_datetime(row["started_at"]),
        completed_at=to_datetime(row["completed_at"]),
        cancel_requested_at=to_datetime(row["cancel_requested_at"]),
        links={"self": self_link, "cancel": f"{self_link}/cancel"},
    )


def _clips(connection: sqlite3.Connection, task_id: str) -> list[sqlite3.Row]:
    query = "SELECT * FROM clips JOIN artifacts USING (artifact_id) WHERE task_id = ? ORDER BY take"
    return connection.execute(query, (task_id,)).fetchall()


def _refunded(connection: sqlite3.Connection, row: sqlite3.Row) -> Decimal:
    """Return what the ledger says was given back for a task."""
    if row["status"] not in ("failed", "canceled"):
        return to_credits(0)
    query = "SELECT 1 FROM transfers WHERE task_id = ? AND kind = 'refund'"
    found = connection.execute(query, (row["task_id"],)).fetchone()
    return to_credits(row["price"] if found else 0)


def _progress(row: sqlite3.Row, phase: Phase, refunded: Decimal) -> Progress:
    status = row["status"]
    if status == "queued":
        phase = QUEUED
    elif status == "succeeded":
        phase = FINISHED
    elif status != "running":
        message = f"{status} and refunded" if refunded else status
        return Progress.model_construct(percent=100, stage=status, message=message)
    return Progress.model_construct(percent=phase.percent, stage=phase.stage, message=phase.message)


def _clip(row: sqlite3.Row, signer: UrlSigner) -> OutputClip:
    return OutputClip.model_construct(
        audio=AudioFile.model_construct(
            url=signer.url(row["artifact_id"]),
            artifact_id=row["artifact_id"],
            duration_seconds=round(row["frames"] / row["sample_rate"], 3),
            mime_type=row["media_type"],
            size_bytes=row["size_bytes"],
        ),
        title=row["title"],
        lyrics=row["lyrics"],
        tags=row["tags"],
    )


def _usage(row: sqlite3.Row, clips: Sequence[sqlite3.Row], refunded: Decimal) -> dict[str, Any]:
    charged = to_credits(row["price"]) - refunded
    line = {"model": row["resolved_model"], "unit": "task", "quantity": 1}
    return {
        "engine": ENGINE,
        "audio_seconds": round(sum(clip["frames"] / clip["sample_rate"] for clip in clips), 3),
        "lines": [line | {"credits": f"{charged:.4f}"}],
        "credits": f"{charged:.4f}",
        "credits_usd_reference": f"{usd(charged):.4f}",
    }


def _billing(row: sqlite3.Row, refunded: Decimal) -> Billing:
    charged = to_credits(row["price"])
    return Billing.model_construct(
        charged_credits=charged,
        refunded_credits=refunded,
        charged_credits_usd_reference=usd(charged),
        refunded_credits_usd_reference=usd(refunded),
        currency="USD",
    )
