"""Task envelopes as bytes, kept until the task changes: most polls meet what the last one saw."""

from __future__ import annotations

import sqlite3
import threading
from collections import OrderedDict
from dataclasses import dataclass
from typing import Final

from pydantic_core import to_json

from musicnb.sandbox import tasks
from musicnb.sandbox._envelopes import Envelope, Row
from musicnb.sandbox._links import UrlSigner
from musicnb.sandbox._phases import STARTING, Phase
from musicnb.sandbox._runner import Runner
from musicnb.sandbox.store import Store

__all__ = ["Shown"]

_MAX_BYTES: Final = 32 * 1024 * 1024

# An envelope shows a task's row, its clips (there before the row says so) and its refund.
_TRIGGERS: Final = (
    """
    CREATE TEMP TRIGGER IF NOT EXISTS task_seen AFTER UPDATE ON tasks BEGIN
        SELECT task_changed(NEW.task_id);
    END
    """,
    """
    CREATE TEMP TRIGGER IF NOT EXISTS refund_seen AFTER INSERT ON transfers
    WHEN NEW.kind = 'refund' BEGIN
        SELECT task_changed(NEW.task_id);
    END
    """,
)


@dataclass(frozen=True, slots=True)
class _Kept:
    """An envelope, and all it depends on besides the task's own rows."""

    tenant: str
    base_url: str
    expires: int
    phase: Phase | None  # None: no worker is at it
    body: bytes


class Shown:
    """Shows tasks.

    A trigger of the database itself tells which task changes, so no way of changing one can be
    overlooked. It runs in the store's thread, before the commit; a poll that finds nothing kept
    goes through the store too, and so comes after that commit.
    """

    def __init__(self, store: Store, runner: Runner) -> None:
        self._store = store
        self._runner = runner
        self._lock = threading.Lock()
        self._changes = 0
        self._kept: OrderedDict[str, _Kept] = OrderedDict()
        self._size = 0

    async def watch(self) -> None:
        """Begin to follow the changes; before that, nothing is kept."""

        def add_triggers(connection: sqlite3.Connection) -> None:
            connection.create_function("task_changed", 1, self._forget)
            for trigger in _TRIGGERS:
                connection.execute(trigger)

        await self._store.run(add_triggers)

    def envelope(self, connection: sqlite3.Connection, row: Row, signer: UrlSigner) -> Envelope:
        """Return a task's envelope as it is now."""
        return tasks.envelope(connection, row, signer, self._phase(row["task_id"], row["status"]))

    async def body(self, tenant: str, task_id: str, signer: UrlSigner) -> bytes:
        """Return a task's envelope as JSON.

        Raises
        ------
        Refusal
            404 ``task_not_found``.
        """
        kept = self._kept.get(task_id)
        if (
            kept is not None
            and (kept.tenant, kept.base_url) == (tenant, signer.base_url)
            and kept.expires == signer.expires()
            and (kept.phase is None or kept.phase is self._runner.phase_of(task_id))
        ):
            return kept.body

        def read(connection: sqlite3.Connection) -> tuple[_Kept, int]:
            changes = self._changes
            row = tasks.find(connection, tenant, task_id)
            expires = signer.expires()
            phase = self._phase(task_id, row["status"])
            body = to_json(tasks.envelope(connection, row, signer, phase))
            running = row["status"] == "running"
            shown = _Kept(tenant, signer.base_url, expires, phase if running else None, body)
            return shown, changes

        shown, changes = await self._store.run(read)
        self._keep(task_id, shown, changes)
        return shown.body

    def _phase(self, task_id: str, status: str) -> Phase:
        return self._runner.phase_of(task_id) if status == "running" else STARTING

    def _keep(self, task_id: str, kept: _Kept, changes: int) -> None:
        with self._lock:
            if changes != self._changes:  # something changed since it was read; perhaps this
                return
            earlier = self._kept.pop(task_id, None)
            self._kept[task_id] = kept
            self._size += len(kept.body) - (len(earlier.body) if earlier else 0)
            while self._size > _MAX_BYTES:
                self._size -= len(self._kept.popitem(last=False)[1].body)

    def _forget(self, task_id: str) -> None:
        with self._lock:
            self._changes += 1
            kept = self._kept.pop(task_id, None)
            self._size -= len(kept.body) if kept else 0
