"""What makes an order the one it is: the same intention always has the same id and key."""

from __future__ import annotations

import sqlite3
import uuid
from collections.abc import Callable
from dataclasses import dataclass
from decimal import Decimal
from typing import Any, Final

from musicnb.library._database import Database
from musicnb.library._records import Job
from musicnb.library._rows import JOB_COLUMNS, job_of, units
from musicnb.wire import canonical_bytes

JOB_ID_FIELD: Final = "musicnb_job"
_NAMESPACE: Final = uuid.UUID("6d757369-636e-5062-8000-6a6f75726e61")
_WHERE: Final = "WHERE service = ? AND sweep = ? AND brief_digest = ? AND cell = ?"


@dataclass(frozen=True, slots=True)
class Intent:
    """What somebody wants, however often it is written down.

    Parameters
    ----------
    service, sweep
        Where, and under which name; an empty one for an order of its own.
    digest
        Of the brief.
    cell
        Which of equal briefs of a sweep it is, from 0.
    """

    service: str
    sweep: str
    digest: str
    cell: int

    @property
    def values(self) -> tuple[str, str, str, int]:
        """What its orders have in their columns."""
        return self.service, self.sweep, self.digest, self.cell


class Intents:
    """Writes intentions down as orders.

    Parameters
    ----------
    database
        The journal's.
    library_id
        Part of every key: two libraries want the same twice.
    clock
        Seconds since the epoch.
    """

    def __init__(self, database: Database, library_id: str, clock: Callable[[], float]) -> None:
        self._db, self._library_id, self._clock = database, library_id, clock

    def newest(self, intent: Intent) -> Job | None:
        """Return the order that was written down last for an intention."""
        query = f"SELECT {JOB_COLUMNS} FROM jobs {_WHERE} ORDER BY generation DESC"  # noqa: S608
        row = self._db.one(query, *intent.values)
        return None if row is None else job_of(row)

    def write(
        self,
        db: sqlite3.Connection,
        intent: Intent,
        capability: str,
        body: dict[str, Any],
        expected_credits: Decimal,
    ) -> str:
        """Write an intention down once more, in the running transaction; return the order's id.

        The key is derived from service, library, brief and how often the same was wanted before,
        so that it is the same key even in a journal that was restored from a copy.
        """
        values = intent.values
        generation = 1 + self._db.one(f"SELECT count(*) FROM jobs {_WHERE}", *values)[0]  # noqa: S608
        named = [intent.sweep, str(intent.cell)] if intent.sweep else []
        parts = [intent.service, self._library_id, *named, intent.digest, str(generation)]
        seed = "\n".join(parts)
        job_id = str(uuid.uuid5(_NAMESPACE, f"job\n{seed}"))
        body = {**body, "metadata": {**body.get("metadata", {}), JOB_ID_FIELD: job_id}}
        columns: dict[str, Any] = {
            "job_id": job_id,
            "service": intent.service,
            "sweep": intent.sweep,
            "cell": intent.cell,
            "capability": capability,
            "brief_digest": intent.digest,
            "generation": generation,
            "body": canonical_bytes(body),
            "idempotency_key": str(uuid.uuid5(_NAMESPACE, f"key\n{seed}")),
            "state": "planned",
            "expected": units(expected_credits),
            "planned_at": self._clock(),
        }
        db.execute(
            f"INSERT INTO jobs ({', '.join(columns)})"  # noqa: S608
            f" VALUES ({', '.join('?' * len(columns))})",
            tuple(columns.values()),
        )
        self._db.seal("jobs", job_id)
        return job_id
