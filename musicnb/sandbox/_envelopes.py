"""Tasks as their owners see them: rows become the contract's envelopes."""

from __future__ import annotations

import functools
import json
import sqlite3
from collections.abc import Sequence
from typing import Any, Final

from musicnb.catalogue import usd
from musicnb.sandbox._clock import rfc3339
from musicnb.sandbox._links import UrlSigner
from musicnb.sandbox._money import to_credits
from musicnb.sandbox._phases import FINISHED, QUEUED, Phase

__all__ = ["ENGINE", "Envelope", "Row", "envelope"]

ENGINE: Final = "musicnb-sandbox"

Row = sqlite3.Row | dict[str, Any]
"""A task as it is stored."""
Envelope = dict[str, Any]
"""A task as JSON values, with every field of `musicnb.wire.TaskEnvelope`.

The records are for those who read what others wrote: to build them here took four times as long.
"""


def envelope(connection: sqlite3.Connection, row: Row, signer: UrlSigner, phase: Phase) -> Envelope:
    """Show a task as the contract's envelope.

    Parameters
    ----------
    phase
        Where the workers are with it; ignored unless it is running.
    """
    succeeded = row["status"] == "succeeded"
    clips = _clips(connection, row["task_id"]) if succeeded else []
    request = json.loads(row["request"])
    refunded = _refunded(connection, row)
    self_link = f"{signer.base_url}/v1/tasks/{row['task_id']}"
    return {
        "object": "task",
        "task_id": row["task_id"],
        "status": row["status"],
        "capability": row["capability"],
        "model": row["model"],
        "resolved_model": row["resolved_model"],
        "metadata": request.get("metadata", {}),
        "input": request,
        "progress": _progress(row, phase, refunded),
        "output": {"clips": [_clip(clip, signer) for clip in clips]} if succeeded else None,
        "warnings": _warnings(row["warnings"]),
        "error": json.loads(row["error"]) if row["error"] else None,
        "usage": _usage(row, clips, refunded),
        "billing": _billing(row, refunded),
        "callback": None,
        "created_at": rfc3339(row["created_at"]),
        "started_at": rfc3339(row["started_at"]),
        "completed_at": rfc3339(row["completed_at"]),
        "cancel_requested_at": rfc3339(row["cancel_requested_at"]),
        "links": {"self": self_link, "cancel": f"{self_link}/cancel"},
    }


def _clips(connection: sqlite3.Connection, task_id: str) -> list[sqlite3.Row]:
    query = "SELECT * FROM clips JOIN artifacts USING (artifact_id) WHERE task_id = ? ORDER BY take"
    return connection.execute(query, (task_id,)).fetchall()


def _refunded(connection: sqlite3.Connection, row: Row) -> int:
    """Return the units that the ledger says were given back for a task."""
    if row["status"] not in ("failed", "canceled"):
        return 0
    query = "SELECT 1 FROM transfers WHERE task_id = ? AND kind = 'refund'"
    found = connection.execute(query, (row["task_id"],)).fetchone()
    return int(row["price"]) if found else 0


def _progress(row: Row, phase: Phase, refunded: int) -> dict[str, Any]:
    status = row["status"]
    if status == "queued":
        phase = QUEUED
    elif status == "succeeded":
        phase = FINISHED
    elif status != "running":
        message = f"{status} and refunded" if refunded else status
        return {"percent": 100, "stage": status, "message": message}
    return {"percent": phase.percent, "stage": phase.stage, "message": phase.message}


def _clip(row: sqlite3.Row, signer: UrlSigner) -> dict[str, Any]:
    return {
        "audio": {
            "url": signer.url(row["artifact_id"]),
            "artifact_id": row["artifact_id"],
            "duration_seconds": round(row["frames"] / row["sample_rate"], 3),
            "mime_type": row["media_type"],
            "size_bytes": row["size_bytes"],
        },
        "title": row["title"],
        "lyrics": row["lyrics"],
        "tags": row["tags"],
    }


def _usage(row: Row, clips: Sequence[sqlite3.Row], refunded: int) -> dict[str, Any]:
    charged, charged_usd = _amounts(row["price"] - refunded)
    return {
        "engine": ENGINE,
        "audio_seconds": round(sum(clip["frames"] / clip["sample_rate"] for clip in clips), 3),
        "lines": [
            {"model": row["resolved_model"], "unit": "task", "quantity": 1, "credits": charged}
        ],
        "credits": charged,
        "credits_usd_reference": charged_usd,
    }


def _billing(row: Row, refunded: int) -> dict[str, Any]:
    charged, charged_usd = _amounts(row["price"])
    given_back, given_back_usd = _amounts(refunded)
    return {
        "charged_credits": charged,
        "refunded_credits": given_back,
        "charged_credits_usd_reference": charged_usd,
        "refunded_credits_usd_reference": given_back_usd,
        "currency": "USD",
    }


@functools.lru_cache  # nearly all are the same
def _warnings(stored: str) -> Sequence[dict[str, Any]]:
    return tuple({"field": None, **item} for item in json.loads(stored))


@functools.lru_cache  # there are few prices
def _amounts(units: int) -> tuple[str, str]:
    """Write units as credits, and as the USD that are shown beside them."""
    amount = to_credits(units)
    return f"{amount:.4f}", f"{usd(amount):.4f}"
