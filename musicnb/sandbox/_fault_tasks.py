"""What is wrong with a task, kept beside it: a restart of the server mends nothing."""

from __future__ import annotations

import json
import sqlite3
from collections.abc import Iterable, Mapping
from typing import Any

from musicnb.sandbox._fault_spec import FaultSpec
from musicnb.sandbox._fault_table import Stage, Value
from musicnb.sandbox.faults import Faults

__all__ = [
    "Marks",
    "all_marks",
    "due_refunds",
    "mark_canceled",
    "mark_created",
    "outlives_cancel",
    "owe_refund",
]

Marks = Mapping[str, Mapping[str, Value]]
"""The faults of one task: name → parameters."""

_CANCEL_LATE = "cancel_late"


def mark_created(faults: Faults, connection: sqlite3.Connection, task_id: str) -> Marks:
    """Let armed faults strike a task that is being created; write down and return which."""
    if not faults.armed:
        return {}
    return _mark(connection, task_id, faults.all("create", Stage.WORK))


def mark_canceled(faults: Faults, connection: sqlite3.Connection, task_id: str) -> bool:
    """Tell whether a cancel of an unfinished task comes too late, on command."""
    if not faults.armed:
        return False
    return bool(_mark(connection, task_id, faults.all("cancel", Stage.WORK)))


def outlives_cancel(connection: sqlite3.Connection, task_id: str) -> bool:
    """Tell whether a task succeeds although its cancel was accepted."""
    query = "SELECT 1 FROM task_faults WHERE task_id = ? AND fault = ?"
    return connection.execute(query, (task_id, _CANCEL_LATE)).fetchone() is not None


def all_marks(connection: sqlite3.Connection) -> dict[str, dict[str, dict[str, Any]]]:
    """Return the faults of all tasks that are not over, by task."""
    marks: dict[str, dict[str, dict[str, Any]]] = {}
    for row in connection.execute(
        """
        SELECT task_faults.* FROM task_faults JOIN tasks USING (task_id)
        WHERE status IN ('queued', 'running') AND fault <> ?
        """,
        (_CANCEL_LATE,),
    ):
        marks.setdefault(row["task_id"], {})[row["fault"]] = json.loads(row["parameters"])
    return marks


def owe_refund(connection: sqlite3.Connection, task_id: str, *, due: int) -> None:
    """Write down when a failed task's refund is to be booked."""
    connection.execute(
        "UPDATE task_faults SET refund_due = ? WHERE task_id = ? AND fault = 'task_failed'",
        (due, task_id),
    )


def due_refunds(connection: sqlite3.Connection, *, now: int | None = None) -> dict[str, int]:
    """Return when each owed refund is to be booked, by task; those of the past when `now` is set.

    What has been booked is not owed.
    """
    rows = connection.execute(
        """
        SELECT task_id, refund_due FROM task_faults
        WHERE refund_due <= ? AND task_id NOT IN
            (SELECT task_id FROM transfers WHERE kind = 'refund')
        """,
        (2**62 if now is None else now,),
    )
    return {row["task_id"]: row["refund_due"] for row in rows}


def _mark(connection: sqlite3.Connection, task_id: str, specs: Iterable[FaultSpec]) -> Marks:
    marks: dict[str, Mapping[str, Value]] = {}
    for spec in specs:
        marks.setdefault(spec.kind.name, spec.parameters)
    connection.executemany(
        "INSERT OR IGNORE INTO task_faults (task_id, fault, parameters) VALUES (?, ?, ?)",
        [(task_id, name, json.dumps(dict(given))) for name, given in marks.items()],
    )
    return marks
