"""Tasks: created with their debit, moved forward only, refunded once, and shown as envelopes."""

from __future__ import annotations

import hashlib
import json
import sqlite3
from collections.abc import Sequence
from typing import Any, Final

from musicnb.catalogue import usd
from musicnb.sandbox import wallet
from musicnb.sandbox._clock import to_datetime
from musicnb.sandbox._ids import new_task_id
from musicnb.sandbox._jobs import FinishedClip
from musicnb.sandbox._links import UrlSigner
from musicnb.sandbox._money import Units, to_credits, to_units
from musicnb.sandbox._orders import PlacedOrder
from musicnb.sandbox._phases import FINISHED, QUEUED, Phase
from musicnb.sandbox._refusals import Refusal
from musicnb.wire import (
    AudioFile,
    Billing,
    Output,
    OutputClip,
    Progress,
    TaskEnvelope,
    TaskError,
    TaskWarning,
    canonical_bytes,
)

__all__ = [
    "ENGINE",
    "cancel",
    "create",
    "envelope",
    "fail",
    "find",
    "start",
    "succeed",
    "unfinished",
]

ENGINE: Final = "musicnb-sandbox"
_SANDBOX_WARNING: Final = {
    "code": "sandbox",
    "message": "This is the musicnb sandbox: music by its own small engine, paid with play money,"
    " not by the model named here.",
}
_OVER: Final = ("succeeded", "failed", "canceled")


def seed_for(folder_seed: int, ordinal: int) -> int:
    """Combine the folder's seed with a task's number to 63 bits, so that each task differs."""
    digest = hashlib.sha256(f"{folder_seed}:{ordinal}".encode()).digest()
    return int.from_bytes(digest[:8], "big") >> 1


def create(
    connection: sqlite3.Connection, tenant: str, order: PlacedOrder, *, folder_seed: int, now: int
) -> sqlite3.Row:
    """Create a task and debit its price.

    Raises
    ------
    Refusal
        402: the wallet holds too little.
    """
    task_id = new_task_id()
    price = to_units(order.model.credits)
    wallet.debit(connection, tenant, price, task_id=task_id, now=now)
    cursor = connection.execute(
        """
        INSERT INTO tasks (task_id, tenant, capability, model, resolved_model, request, price,
                           status, warnings, created_at)
        VALUES (?, ?, ?, ?, ?, ?, ?, 'queued', ?, ?)
        """,
        (
            task_id,
            tenant,
            order.capability,
            order.request.model,
            order.model.id,
            canonical_bytes(order.body).decode(),
            price,
            json.dumps([_SANDBOX_WARNING]),
            now,
        ),
    )
    ordinal = cursor.lastrowid or 0
    connection.execute(
        "UPDATE tasks SET seed = ? WHERE ordinal = ?", (seed_for(folder_seed, ordinal), ordinal)
    )
    return find(connection, tenant, task_id)


def find(connection: sqlite3.Connection, tenant: str, task_id: str) -> sqlite3.Row:
    """Return a tenant's task.

    Raises
    ------
    Refusal
        404 ``task_not_found``.
    """
    row: sqlite3.Row | None = connection.execute(
        "SELECT * FROM tasks WHERE task_id = ? AND tenant = ?", (task_id, tenant)
    ).fetchone()
    if row is None:
        raise Refusal("task_not_found", f"there is no task {task_id[:80]!r}")
    return row


def unfinished(connection: sqlite3.Connection) -> list[sqlite3.Row]:
    """Return the tasks that are not over, oldest first."""
    return connection.execute(
        f"SELECT * FROM tasks WHERE status NOT IN {_OVER} ORDER BY ordinal"  # noqa: S608
    ).fetchall()


def start(connection: sqlite3.Connection, task_id: str, *, now: int) -> bool:
    """Mark a task as running; False when it is over or somebody wants it canceled."""
    connection.execute(
        """
        UPDATE tasks SET status = 'running', started_at = ?
        WHERE task_id = ? AND status = 'queued' AND cancel_requested_at IS NULL
        """,
        (now, task_id),
    )
    row = connection.execute(
        "SELECT status, cancel_requested_at FROM tasks WHERE task_id = ?", (task_id,)
    ).fetchone()
    return bool(row["status"] == "running" and row["cancel_requested_at"] is None)


def succeed(
    connection: sqlite3.Connection, task_id: str, clips: Sequence[FinishedClip], *, now: int
) -> bool:
    """Store a task's clips and mark it as succeeded.

    Returns
    -------
    bool
        False when it was canceled meanwhile: then it is refunded, and the files are nobody's.
    """
    row = connection.execute("SELECT * FROM tasks WHERE task_id = ?", (task_id,)).fetchone()
    if row["status"] in _OVER:
        return False
    if row["cancel_requested_at"] is not None:
        _end(connection, row, "canceled", now=now)
        return False
    for take, clip in enumerate(clips):
        connection.execute(
            """
            INSERT INTO artifacts (artifact_id, tenant, kind, format, file_name, media_type,
                                   size_bytes, sha256, frames, sample_rate, created_at)
            VALUES (?, ?, 'clip', 'MP3', ?, 'audio/mpeg', ?, ?, ?, ?, ?)
            """,
            (
                clip.artifact_id,
                row["tenant"],
                clip.file_name,
                clip.size_bytes,
                clip.sha256,
                clip.frames,
                clip.sample_rate,
                now,
            ),
        )
        connection.execute(
            "INSERT INTO clips VALUES (?, ?, ?, ?, ?, ?, ?)",
            (
                task_id,
                take,
                clip.artifact_id,
                clip.title,
                clip.tags,
                clip.lyrics or None,
                clip.score_digest,
            ),
        )
    messages = dict.fromkeys(message for clip in clips for message in clip.warnings)
    warnings = json.loads(row["warnings"]) + [
        {"code": "adjusted", "message": message, "field": "prompt"} for message in messages
    ]
    connection.execute(
        "UPDATE tasks SET status = 'succeeded', completed_at = ?, warnings = ? WHERE task_id = ?",
        (now, json.dumps(warnings), task_id),
    )
    return True


def fail(
    connection: sqlite3.Connection, task_id: str, *, code: str, message: str, now: int
) -> None:
    """Mark a task as failed and refund it; a task that is over stays as it is."""
    row = connection.execute("SELECT * FROM tasks WHERE task_id = ?", (task_id,)).fetchone()
    if row["status"] in _OVER:
        return
    error = json.dumps({"code": code, "message": message, "retryable": True})
    connection.execute("UPDATE tasks SET error = ? WHERE task_id = ?", (error, task_id))
    _end(connection, row, "failed", now=now)


def cancel(connection: sqlite3.Connection, tenant: str, task_id: str, *, now: int) -> sqlite3.Row:
    """Cancel a task: at once while it waits, else as soon as its worker notices.

    Raises
    ------
    Refusal
        404 ``task_not_found``.
    """
    row = find(connection, tenant, task_id)
    if row["status"] in _OVER:
        return row
    connection.execute(
        "UPDATE tasks SET cancel_requested_at = coalesce(cancel_requested_at, ?) WHERE task_id = ?",
        (now, task_id),
    )
    if row["status"] == "queued":
        _end(connection, row, "canceled", now=now)
    return find(connection, tenant, task_id)


def acknowledge_cancel(connection: sqlite3.Connection, task_id: str, *, now: int) -> None:
    """Mark a running task, whose worker has stopped, as canceled and refund it."""
    row = connection.execute("SELECT * FROM tasks WHERE task_id = ?", (task_id,)).fetchone()
    if row["status"] not in _OVER:
        _end(connection, row, "canceled", now=now)


def _end(connection: sqlite3.Connection, row: sqlite3.Row, status: str, *, now: int) -> None:
    """End a task that delivers nothing, with its refund, in the same transaction."""
    connection.execute(
        "UPDATE tasks SET status = ?, completed_at = ? WHERE task_id = ?",
        (status, now, row["task_id"]),
    )
    wallet.refund(
        connection,
        row["tenant"],
        Units(row["price"]),
        task_id=row["task_id"],
        now=now,
        note=status,
    )


def envelope(
    connection: sqlite3.Connection, row: sqlite3.Row, signer: UrlSigner, phase: Phase
) -> TaskEnvelope:
    """Show a task as the contract's envelope.

    Parameters
    ----------
    phase
        Where the workers are with it; ignored unless it is running.
    """
    clips = connection.execute(
        """
        SELECT * FROM clips JOIN artifacts USING (artifact_id)
        WHERE task_id = ? ORDER BY take
        """,
        (row["task_id"],),
    ).fetchall()
    request = json.loads(row["request"])
    self_link = f"{signer.base_url}/v1/tasks/{row['task_id']}"
    return TaskEnvelope(
        task_id=row["task_id"],
        status=row["status"],
        capability=row["capability"],
        model=row["model"],
        resolved_model=row["resolved_model"],
        metadata=request.get("metadata", {}),
        input=request,
        progress=_progress(row, phase),
        output=Output(clips=[_clip(clip, signer) for clip in clips]) if clips else None,
        warnings=[TaskWarning.model_validate(item) for item in json.loads(row["warnings"])],
        error=TaskError.model_validate_json(row["error"]) if row["error"] else None,
        usage=_usage(row, clips),
        billing=_billing(row),
        created_at=to_datetime(row["created_at"]),
        started_at=to_datetime(row["started_at"]),
        completed_at=to_datetime(row["completed_at"]),
        cancel_requested_at=to_datetime(row["cancel_requested_at"]),
        links={"self": self_link, "cancel": f"{self_link}/cancel"},
    )


def _progress(row: sqlite3.Row, phase: Phase) -> Progress:
    status = row["status"]
    if status == "queued":
        phase = QUEUED
    elif status == "succeeded":
        phase = FINISHED
    elif status != "running":
        return Progress(percent=100, stage=status, message=f"{status} and refunded")
    return Progress(percent=phase.percent, stage=phase.stage, message=phase.message)


def _clip(row: sqlite3.Row, signer: UrlSigner) -> OutputClip:
    return OutputClip(
        audio=AudioFile(
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


def _usage(row: sqlite3.Row, clips: Sequence[sqlite3.Row]) -> dict[str, Any]:
    charged = to_credits(0 if row["status"] in ("failed", "canceled") else row["price"])
    line = {"model": row["resolved_model"], "unit": "task", "quantity": 1}
    return {
        "engine": ENGINE,
        "audio_seconds": round(sum(clip["frames"] / clip["sample_rate"] for clip in clips), 3),
        "lines": [line | {"credits": f"{charged:.4f}"}],
        "credits": f"{charged:.4f}",
        "credits_usd_reference": f"{usd(charged):.4f}",
    }


def _billing(row: sqlite3.Row) -> Billing:
    charged = to_credits(row["price"])
    refunded = charged if row["status"] in ("failed", "canceled") else to_credits(0)
    return Billing(
        charged_credits=charged,
        refunded_credits=refunded,
        charged_credits_usd_reference=usd(charged),
        refunded_credits_usd_reference=usd(refunded),
        currency="USD",
    )
