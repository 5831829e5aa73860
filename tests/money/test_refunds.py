"""The service's own books: what the database itself does not let happen, whatever the code does."""

from __future__ import annotations

import contextlib
import sqlite3
from pathlib import Path

import pytest
from faulting import armed
from speaking import TEN_SECONDS, Service, connect

from musicnb.sandbox import SandboxProcess


def test_database_takes_no_second_refund(tmp_path: Path) -> None:
    """A task that failed is refunded; the row of another refund is refused."""
    with SandboxProcess.start(tmp_path, workers=0) as process, connect(process) as http:
        service = Service(process, http)
        with armed(service, "task_failed"):
            task_id = service.make(TEN_SECONDS)["task_id"]
        assert service.kinds(task_id) == ["debit", "refund"]
    statement = "INSERT INTO transfers (kind, task_id, created_at) VALUES ('refund', ?, 1)"
    with (
        contextlib.closing(sqlite3.connect(tmp_path / "sandbox.sqlite3")) as connection,
        pytest.raises(sqlite3.IntegrityError, match="UNIQUE"),
    ):
        connection.execute(statement, (task_id,))
