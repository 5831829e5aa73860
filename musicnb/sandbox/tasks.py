"""Tasks: created with their debit, moved forward only, refunded once, and shown as envelopes."""

from __future__ import annotations

import hashlib
import json
import sqlite3
from collections.abc import Sequence
from typing import Any, Final

from musicnb.sandbox import wallet
from musicnb.sandbox._envelopes import ENGINE, envelope
from musicnb.sandbox._fault_tasks import due_refunds, outlives_cancel, owe_refund
from musicnb.sandbox._ids import new_task_id
from musicnb.sandbox._jobs import FinishedClip
from musicnb.sandbox._money import Units, to_units
from musicnb.sandbox._orders import PlacedOrder
from musicnb.sandbox._refusals import Refusal
from musicnb.wire import canonical_bytes

__all__ = [
    "ENGINE",
    "cancel",
    "create",
    "envelope",
    "fail",
    "find",
    "is_over",
    "pay_due",
    "start",
    "succeed",
    "unfinished",
    "wanted",
]

_SANDBOX_WARNING: Final = {
    "code": "sandbox",
    "message": "This is the musicnb sandbox: music by its own small engine, paid with play money,"
    " not by the model named here.",
}
_SANDBOX_WARNINGS: Final = json.dumps([_SANDBOX_WARNING])
_OVER: Final = ("succeeded", "failed", "canceled")
# by name: a migrated database has its columns in another order
_INSERT: Final = """
    INSERT INTO tasks (ordinal, task_id, tenant, capability, model, resolved_model, request,
                       reference_artifact, price, seed, status, warnings, created_at)
    VALUES (:ordinal, :task_id, :tenant, :capability, :model, :resolved_model, :request,
            :reference_artifact, :price, :seed, :status, :warnings, :created_at)
"""


def seed_for(folder_seed: int, ordinal: int) -> int:
    """Combine the folder's seed with a task's number to 63 bits, so that each task differs."""
    digest = hashlib.sha256(f"{folder_seed}:{ordinal}".encode()).digest()
    return int.from_bytes(digest[:8], "big") >> 1


def create(
    connection: sqlite3.Connection, tenant: str, order: PlacedOrder, *, folder_seed: int, now: int
) -> dict[str, Any]:
    """Create a task, debit its price, and return its row.

    Raises
    ------
    Refusal
        402: the wallet holds too little.
    """
    task_id = new_task_id()
    price = to_units(order.model.credits)
    wallet.debit(connection, tenant, price, task_id=task_id, now=now)
    # the seed comes from the number, so that is chosen here; no task is ever deleted
    last = connection.execute("SELECT max(ordinal) AS ordinal FROM tasks").fetchone()
    ordinal = (last["ordinal"] or 0) + 1
    row = {
        "ordinal": ordinal,
        "task_id": task_id,
        "tenant": tenant,
        "capability": order.capability,
        "model": order.request.model,
        "resolved_model": order.model.id,
        "request": canonical_bytes(order.body).decode(),
        "reference_artifact": order.artifact_id,
        "price": price,
        "seed": seed_for(folder_seed, ordinal),
        "status": "queued",
        "warnings": _SANDBOX_WARNINGS,
        "error": None,
        "created_at": now,
        "started_at": None,
        "completed_at": None,
        "cancel_requested_at": None,
    }
    connection.execute(_INSERT, row)
    return row


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


def unfinished(connection: sqlite3.Connection) -> list[tuple[str, str]]:
    """Return the ids and models of the tasks that are not over, oldest first."""
    rows = connection.execute(
        f"SELECT task_id, resolved_model FROM tasks WHERE status NOT IN {_OVER} ORDER BY ordinal"  # noqa: S608
    )
    return [(row["task_id"], row["resolved_model"]) for row in rows]


def start(connection: sqlite3.Connection, task_id: str, *, now: int) -> bool:
    """Mark a task as running; False when it is over or somebody wants it canceled."""
    row = connection.execute("SELECT * FROM tasks WHERE task_id = ?", (task_id,)).fetchone()
    if row["status"] in _OVER or not wanted(connection, row):
        return False
    connection.execute(
        """
        UPDATE tasks SET status = 'running', started_at = ?
        WHERE task_id = ? AND status = 'queued'
        """,
        (now, task_id),
    )
    return True


def wanted(connection: sqlite3.Connection, row: sqlite3.Row) -> bool:
    """Tell whether no cancel was accepted, or only one that came too late."""
    return row["cancel_requested_at"] is None or outlives_cancel(connection, row["task_id"])


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
    if not wanted(connection, row):
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
    connection: sqlite3.Connection,
    task_id: str,
    *,
    code: str,
    message: str,
    now: int,
    refund_s: float = 0.0,
) -> None:
    """Mark a task as failed and refund it; a task that is over stays as it is.

    Parameters
    ----------
    refund_s
        How much later, in seconds, its refund is due; `pay_due` books it.
    """
    row = connection.execute("SELECT * FROM tasks WHERE task_id = ?", (task_id,)).fetchone()
    if row["status"] in _OVER:
        return
    retryable = code != "content_rejected"
    error = json.dumps({"code": code, "message": message, "retryable": retryable})
    connection.execute("UPDATE tasks SET error = ? WHERE task_id = ?", (error, task_id))
    _end(connection, row, "failed", now=now, refunded=not refund_s)
    if refund_s:
        owe_refund(connection, task_id, due=now + round(refund_s * 1e6))


def pay_due(connection: sqlite3.Connection, *, now: int) -> None:
    """Book the late refunds whose time has come, each once."""
    for task_id in due_refunds(connection, now=now):
        row = connection.execute("SELECT * FROM tasks WHERE task_id = ?", (task_id,)).fetchone()
        _refund(connection, row, "failed, late", now=now)


def cancel(
    connection: sqlite3.Connection, tenant: str, task_id: str, *, now: int, late: bool = False
) -> sqlite3.Row:
    """Cancel a task: at once while it waits, else as soon as its worker notices.

    Parameters
    ----------
    late
        Whether it is accepted and changes nothing.

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
    if row["status"] == "queued" and not late:
        _end(connection, row, "canceled", now=now)
    return find(connection, tenant, task_id)


def acknowledge_cancel(connection: sqlite3.Connection, task_id: str, *, now: int) -> None:
    """Mark a running task, whose worker has stopped, as canceled and refund it."""
    row = connection.execute("SELECT * FROM tasks WHERE task_id = ?", (task_id,)).fetchone()
    if row["status"] not in _OVER:
        _end(connection, row, "canceled", now=now)


def is_over(row: sqlite3.Row) -> bool:
    """Tell whether a task has come to its end."""
    return row["status"] in _OVER


def _end(
    connection: sqlite3.Connection,
    row: sqlite3.Row,
    status: str,
    *,
    now: int,
    refunded: bool = True,
) -> None:
    """End a task that delivers nothing, with its refund, in the same transaction."""
    connection.execute(
        "UPDATE tasks SET status = ?, completed_at = ? WHERE task_id = ?",
        (status, now, row["task_id"]),
    )
    if refunded:
        _refund(connection, row, status, now=now)


def _refund(connection: sqlite3.Connection, row: sqlite3.Row, note: str, *, now: int) -> None:
    wallet.refund(
        connection,
        row["tenant"],
        Units(row["price"]),
        task_id=row["task_id"],
        now=now,
        note=note,
    )
