"""Folders of an earlier version: opened, brought up to date, and worked on."""

from __future__ import annotations

import hashlib
import sqlite3
import time
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest
from auditing import leftovers_in, problems_in
from faulting import fetch
from loading import TEXT
from speaking import MINUTES, TEN_SECONDS, Service, tone

from musicnb.errors import ConfigurationError
from musicnb.sandbox._schema import SCHEMA_VERSION
from musicnb.sandbox.store import open_connection

OLD = (Path(__file__).parent / "version_1.sql").read_text()
UPLOAD = "art_01M8BV57QH0R5518R2K5ZSFD1B"
CLIP = "art_01M8BV57R9ZTWY7ZXJR17CCYWQ"
SUCCEEDED, CANCELED, RUNNING, FROM_REFERENCE = (
    "tsk_01M8BV57R2M7MGXMZAM17XVC39",
    "tsk_01M8BV5B42M6DQSACACDES9Q4N",
    "tsk_01M8BV5BF74Y3VB7S0B78MPYMH",
    "tsk_01M8BV5BFV23BA9BH0V894V3W7",
)
ORDER = b'{"model":"minimax-music-2.6","prompt":"10 seconds techno","instrumental":true}'
SOUND = tone(7)


@pytest.fixture
def folder(tmp_path: Path) -> Path:
    """Return the data folder of a killed server of version 1; its sounds are ours."""
    (tmp_path / "artifacts").mkdir()
    (tmp_path / "incoming").mkdir()
    connection = sqlite3.connect(tmp_path / "sandbox.sqlite3", isolation_level=None)
    connection.execute("PRAGMA journal_mode=WAL")
    connection.executescript(OLD)
    for (name,) in connection.execute("SELECT file_name FROM artifacts").fetchall():
        (tmp_path / "artifacts" / name).write_bytes(SOUND)
    connection.execute(
        "UPDATE artifacts SET size_bytes = ?, sha256 = ?",
        (len(SOUND), hashlib.sha256(SOUND).hexdigest()),
    )
    connection.execute("UPDATE idempotency SET created_at = ?", (time.time_ns() // 1000,))
    connection.close()
    return tmp_path


def rows_of(connection: sqlite3.Connection) -> dict[str, list[dict[str, Any]]]:
    """Return every row of every table by column, so that new columns do not matter."""
    connection.row_factory = sqlite3.Row
    tables = "SELECT name FROM sqlite_master WHERE type = 'table' ORDER BY name"
    return {
        name: [dict(row) for row in connection.execute(f"SELECT * FROM {name} ORDER BY rowid")]  # noqa: S608
        for (name,) in connection.execute(tables).fetchall()
    }


def schema_of(connection: sqlite3.Connection) -> dict[str, object]:
    """Return what a database consists of; the order of a table's columns does not count."""
    found: dict[str, object] = {}
    objects = "SELECT type, name, sql FROM sqlite_master"
    for kind, name, sql in connection.execute(objects).fetchall():
        if kind == "table":
            columns = connection.execute(f"PRAGMA table_info({name})").fetchall()
            keys = connection.execute(f"PRAGMA foreign_key_list({name})").fetchall()
            found[name] = ({tuple(row)[1:] for row in columns}, {tuple(row)[2:] for row in keys})
        else:
            found[name] = sql
    return found


def test_database_of_version_1_keeps_every_row(folder: Path) -> None:
    """Opened by this version it holds what it held, and knows the reference of each order."""
    old = sqlite3.connect(folder / "sandbox.sqlite3")
    before = rows_of(old)
    old.close()
    connection = open_connection(folder / "sandbox.sqlite3")
    after = rows_of(connection)
    assert connection.execute("PRAGMA user_version").fetchone()[0] == SCHEMA_VERSION
    assert not connection.execute("PRAGMA foreign_key_check").fetchall()
    connection.close()
    references = {row["task_id"]: row.pop("reference_artifact") for row in after["tasks"]}
    assert references == {**dict.fromkeys((SUCCEEDED, CANCELED, RUNNING)), FROM_REFERENCE: UPLOAD}
    assert after.pop("task_faults") == []
    assert after == before


def test_database_of_version_1_becomes_like_a_new_one(folder: Path, tmp_path: Path) -> None:
    """Columns, keys, indexes and triggers are those of a folder that was made today."""
    connections = [
        open_connection(path) for path in (folder / "sandbox.sqlite3", tmp_path / "new.sqlite3")
    ]
    migrated, new = (schema_of(connection) for connection in connections)
    for connection in connections:
        connection.close()
    assert migrated == new


def test_migration_that_fails_leaves_version_1(folder: Path) -> None:
    """Half a migration does not remain: the earlier version still opens the folder."""
    old = sqlite3.connect(folder / "sandbox.sqlite3")
    old.execute("CREATE TABLE task_faults (in_the_way)")
    before, schema = rows_of(old), schema_of(old)
    old.close()
    with pytest.raises(ConfigurationError, match="already exists"):
        open_connection(folder / "sandbox.sqlite3")
    again = sqlite3.connect(folder / "sandbox.sqlite3")
    assert again.execute("PRAGMA user_version").fetchone()[0] == 1
    assert (rows_of(again), schema_of(again)) == (before, schema)
    again.close()


def test_server_goes_on_where_version_1_was(folder: Path, start: Callable[..., Service]) -> None:
    """Money, answers and sounds are there; what ran is finished; new work is taken and ends."""
    service = start(folder)
    headers = {"Idempotency-Key": "k1", "Content-Type": "application/json"}
    replay = service.http.post(TEXT, content=ORDER, headers=headers)
    assert (replay.status_code, replay.headers["idempotency-replayed"]) == (202, "true")
    assert replay.json()["task_id"] == SUCCEEDED
    assert service.balance() == 10_000 - 150
    (clip,) = service.task(SUCCEEDED)["output"]["clips"]
    assert clip["audio"]["artifact_id"] == CLIP
    assert fetch(clip["audio"]["url"]).content == SOUND
    assert service.task(CANCELED)["billing"]["refunded_credits"] == "50.0000"
    assert service.kinds(CANCELED) == ["debit", "refund"]
    for task_id in (RUNNING, FROM_REFERENCE):
        assert service.until(task_id)["status"] == "succeeded"
    assert service.make(TEN_SECONDS)["status"] == "succeeded"
    service.drop(service.create(MINUTES)["task_id"])
    assert service.balance() == 10_000 - 200
    page = service.http.get("/v1/tasks").json()["data"]
    assert [task["task_id"] for task in page][-4:] == [
        FROM_REFERENCE, RUNNING, CANCELED, SUCCEEDED,
    ]  # fmt: skip
    service.assert_sound_ledger()
    service.process.stop()
    # version 1 kept no scores
    assert problems_in(folder) == [f"{CLIP}.mid is no whole score"]
    assert not leftovers_in(folder)
