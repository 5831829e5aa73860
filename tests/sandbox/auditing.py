"""What must be true of a sandbox's folder at any moment, also right after a crash.

The checks read a copy of the database with SQL of their own: they share no code with what they
check.
"""

from __future__ import annotations

import hashlib
import json
import shutil
import sqlite3
import tempfile
from decimal import Decimal
from pathlib import Path
from typing import Any

from musicnb.catalogue import MODELS

REFUNDED = ("failed", "canceled")

# Each query finds what must not be there.
_NEVER = {
    "a transfer whose entries do not sum to zero": """
        SELECT transfer_id FROM entries GROUP BY transfer_id
        HAVING sum(amount) <> 0 OR count(*) <> 2""",
    "a transfer without entries": """
        SELECT id FROM transfers WHERE id NOT IN (SELECT transfer_id FROM entries)""",
    "a balance that is not the sum of its entries": """
        SELECT name FROM accounts WHERE balance <>
        (SELECT coalesce(sum(amount), 0) FROM entries WHERE account = name)""",
    "an overdrawn wallet": """
        SELECT name FROM accounts WHERE kind = 'wallet' AND balance < 0""",
    "a task moved money twice in one direction": """
        SELECT task_id, kind FROM transfers WHERE task_id IS NOT NULL
        GROUP BY task_id, kind HAVING count(*) > 1""",
    "a movement of money for no task": """
        SELECT id FROM transfers WHERE kind <> 'top_up'
        AND task_id NOT IN (SELECT task_id FROM tasks)""",
    "a task that was not charged its price": """
        SELECT task_id FROM tasks WHERE NOT EXISTS (
            SELECT 1 FROM transfers JOIN entries ON transfer_id = transfers.id
            WHERE transfers.task_id = tasks.task_id AND transfers.kind = 'debit'
            AND account = 'wallet:' || tenant AND amount = -price)""",
    "a failed or canceled task without its refund, or a refund of another one": """
        SELECT task_id FROM tasks WHERE (status IN ('failed', 'canceled')) <> EXISTS (
            SELECT 1 FROM transfers JOIN entries ON transfer_id = transfers.id
            WHERE transfers.task_id = tasks.task_id AND transfers.kind = 'refund'
            AND account = 'wallet:' || tenant AND amount = price)""",
    "clips of a task that has not succeeded": """
        SELECT task_id FROM clips JOIN tasks USING (task_id) WHERE status <> 'succeeded'""",
    "a clip that two tasks deliver": """
        SELECT artifact_id FROM clips GROUP BY artifact_id HAVING count(*) > 1""",
    "a delivered file that belongs to no task": """
        SELECT artifact_id FROM artifacts
        WHERE kind = 'clip' AND artifact_id NOT IN (SELECT artifact_id FROM clips)""",
    "a remembered answer about a task that does not exist": """
        SELECT key FROM idempotency WHERE json_extract(body, '$.task_id') IS NOT NULL
        AND json_extract(body, '$.task_id') NOT IN (SELECT task_id FROM tasks)""",
    "one job that was done as two tasks": """
        SELECT json_extract(request, '$.metadata.job') AS job FROM tasks
        WHERE job IS NOT NULL GROUP BY job HAVING count(*) > 1""",
}


def problems_in(folder: Path) -> list[str]:
    """Check the database and files of a folder whose server does not run.

    The database is copied with its log first: opening the original would repair it.
    """
    with tempfile.TemporaryDirectory() as name:
        for path in folder.glob("sandbox.sqlite3*"):
            shutil.copy(path, name)
        connection = sqlite3.connect(Path(name, "sandbox.sqlite3"))
        connection.row_factory = sqlite3.Row
        try:
            return _problems(connection, folder / "artifacts")
        finally:
            connection.close()


def leftovers_in(folder: Path) -> list[str]:
    """Return the files in a folder that no row of its database knows."""
    connection = sqlite3.connect(folder / "sandbox.sqlite3")
    known = {name for (name,) in connection.execute("SELECT file_name FROM artifacts")}
    known |= {f"{clip}.mid" for (clip,) in connection.execute("SELECT artifact_id FROM clips")}
    connection.close()
    files = [*(folder / "incoming").iterdir(), *(folder / "artifacts").iterdir()]
    return [str(path) for path in files if path.name not in known]


def _problems(connection: sqlite3.Connection, artifacts: Path) -> list[str]:
    if not connection.execute("PRAGMA user_version").fetchone()[0]:
        return []  # killed before its first commit: there is nothing yet
    found = [
        f"integrity: {row[0]}"
        for row in connection.execute("PRAGMA integrity_check")
        if row[0] != "ok"
    ]
    found += [
        f"foreign key: {tuple(row)}" for row in connection.execute("PRAGMA foreign_key_check")
    ]
    for claim, query in _NEVER.items():
        found += [f"{claim}: {tuple(row)}" for row in connection.execute(query)]
    if connection.execute("SELECT sum(amount) FROM entries").fetchone()[0]:
        found.append("the ledger does not sum to zero")
    for task in connection.execute("SELECT * FROM tasks WHERE status = 'succeeded'"):
        takes = connection.execute(
            "SELECT take FROM clips WHERE task_id = ? ORDER BY take", (task["task_id"],)
        ).fetchall()
        if [row["take"] for row in takes] != list(range(MODELS[task["resolved_model"]].clips)):
            found.append(f"{task['task_id']} has succeeded with {len(takes)} clips")
    for row in connection.execute("SELECT * FROM artifacts"):
        path = artifacts / row["file_name"]
        data = path.read_bytes() if path.is_file() else b""
        if hashlib.sha256(data).hexdigest() != row["sha256"]:
            found.append(f"{path.name} is not the file that was promised")
    for row in connection.execute("SELECT artifact_id FROM clips"):
        score = artifacts / f"{row['artifact_id']}.mid"
        if not score.is_file() or not score.read_bytes().endswith(b"\xff\x2f\x00"):
            found.append(f"{score.name} is no whole score")
    return found


def problems_with(tasks: list[dict[str, Any]], transfers: list[dict[str, Any]]) -> list[str]:
    """Check what a server says of its tasks, read after the ledger, against its ledger."""
    found = []
    ids = {task["task_id"] for task in tasks}
    moves: dict[str, list[str]] = {}
    for transfer in transfers:
        amounts = [Decimal(entry["credits"]) for entry in transfer["entries"]]
        if sum(amounts) != 0 or len(amounts) != 2:
            found.append(f"a transfer that is none: {json.dumps(transfer)}")
        if (transfer["kind"] == "top_up") != (transfer["task_id"] is None):
            found.append(f"a transfer for nothing: {json.dumps(transfer)}")
        elif transfer["task_id"] is not None:
            moves.setdefault(transfer["task_id"], []).append(transfer["kind"])
    found += [f"{task_id} moved money and is unknown" for task_id in moves.keys() - ids]
    for task in tasks:
        kinds = moves.get(task["task_id"], [])
        over = task["status"] in REFUNDED
        # the task was read later: it may have ended since, but not the other way round
        if kinds not in ((["debit", "refund"], ["debit"]) if over else (["debit"], [])):
            found.append(f"{task['task_id']} is {task['status']} and moved {kinds}")
        if over and task["output"] is not None:
            found.append(f"{task['task_id']} is {task['status']} and delivers")
        if (task["status"] == "succeeded") != (task["output"] is not None):
            found.append(f"{task['task_id']} is {task['status']}, output {task['output']}")
    return found
