"""Two accounts of the same money: the service's ledger and the client's journal.

The journal is read from a copy, with SQL of our own; the service is asked like any client asks it.
Nothing here shares code with what it checks.
"""

from __future__ import annotations

import hashlib
import json
import shutil
import sqlite3
import tempfile
from collections.abc import Iterator
from dataclasses import dataclass
from decimal import Decimal
from pathlib import Path
from typing import Any

import httpx

OVER = ("succeeded", "failed", "canceled")
REFUNDED = ("failed", "canceled")
_ATTEMPTS = 20
_UNITS = Decimal(10_000)


@dataclass(frozen=True)
class Entry:
    """An order as the journal has it, money in credits; None is what it does not know."""

    job_id: str
    state: str
    task_id: str | None
    expected: Decimal
    charged: Decimal | None
    refunded: Decimal | None
    sweep: str
    clips: tuple[sqlite3.Row, ...]

    @property
    def paid(self) -> Decimal:
        """What it has cost, as far as the service has said."""
        return (self.charged or Decimal()) - (self.refunded or Decimal())

    @property
    def doubtful(self) -> Decimal:
        """What it may have cost without anybody having said so."""
        never = self.state == "planned" or (self.state in REFUNDED and self.task_id is None)
        return Decimal() if never or self.charged is not None else self.expected


@dataclass(frozen=True)
class Order:
    """A task as the service has it, with what its ledger says of it."""

    task_id: str
    job_id: str
    status: str
    clips: tuple[dict[str, Any], ...]
    moves: tuple[str, ...]
    net: Decimal


def journal_of(library: Path, *, in_use: bool = False) -> dict[str, Entry]:
    """Read the journal of a library.

    Parameters
    ----------
    in_use
        Whether its owner lives; else a copy is read, as opening the file would mend it.
    """
    with tempfile.TemporaryDirectory() as name:
        folder = library
        if not in_use:
            folder = Path(name)
            for path in library.glob("journal.sqlite*"):
                shutil.copy(path, folder)
        connection = sqlite3.connect(f"{(folder / 'journal.sqlite').as_uri()}?mode=ro", uri=True)
        connection.row_factory = sqlite3.Row
        try:
            return _entries(connection)
        finally:
            connection.close()


def _entries(connection: sqlite3.Connection) -> dict[str, Entry]:
    if not connection.execute("PRAGMA user_version").fetchone()[0]:
        return {}  # killed before its first commit
    assert connection.execute("PRAGMA integrity_check").fetchone()[0] == "ok"
    connection.execute("BEGIN")  # both tables as they are at one moment
    clips: dict[str, list[sqlite3.Row]] = {}
    for row in connection.execute("SELECT * FROM clips ORDER BY position"):
        clips.setdefault(row["job_id"], []).append(row)
    return {
        row["job_id"]: Entry(
            row["job_id"],
            row["state"],
            row["task_id"],
            row["expected"] / _UNITS,
            None if row["charged"] is None else row["charged"] / _UNITS,
            None if row["refunded"] is None else row["refunded"] / _UNITS,
            row["sweep"],
            tuple(clips.get(row["job_id"], ())),
        )
        for row in connection.execute("SELECT * FROM jobs")
    }


def orders_of(http: httpx.Client) -> list[Order]:
    """Read every task an account has paid for, in spite of any faults.

    The ledger says which there are: it meets no fault, and a list may leave one out or show one
    twice.
    """
    moves: dict[str, list[tuple[str, Decimal]]] = {}
    for move in http.get("/sandbox/ledger").raise_for_status().json()["data"]:
        amounts = {entry["account"]: Decimal(entry["credits"]) for entry in move["entries"]}
        assert sum(amounts.values()) == 0
        if move["task_id"] is not None:
            moves.setdefault(move["task_id"], []).append((move["kind"], amounts["revenue"]))
    listed = {task["task_id"]: task for task in _listed(http)}
    tasks = {name: listed.get(name) or _asked(http, f"/v1/tasks/{name}") for name in moves}
    return [
        Order(
            name,
            tasks[name]["metadata"].get("musicnb_job", ""),
            tasks[name]["status"],
            tuple(tasks[name]["output"]["clips"]) if tasks[name]["output"] else (),
            tuple(kind for kind, _ in done),
            sum((amount for _, amount in done), Decimal()),
        )
        for name, done in moves.items()
    ]


def _listed(http: httpx.Client) -> Iterator[dict[str, Any]]:
    query: dict[str, Any] = {"order": "asc", "limit": 100, "expand": "all"}
    while True:
        try:
            page = _asked(http, "/v1/tasks", **query)
        except AssertionError:
            return  # whoever wants a task that was not listed has to read it alone
        yield from page["data"]
        if not page["has_more"]:
            return
        query["cursor"] = page["next_cursor"]


def _asked(http: httpx.Client, path: str, **query: Any) -> Any:
    """Ask until there is an answer that can be read."""
    problem: object = None
    for _ in range(_ATTEMPTS):
        try:
            answer = http.get(path, params=query)
            if answer.status_code == 200:
                return answer.json()
            problem = answer.text
        except (httpx.HTTPError, json.JSONDecodeError) as error:
            problem = error
    raise AssertionError(f"{path} cannot be read: {problem}")


# ------------------------------------------------------------------------------------- the claims


def problems_now(journal: dict[str, Entry], orders: list[Order]) -> list[str]:
    """Return what must not be at any moment, also right after a death."""
    found = []
    jobs: dict[str, list[Order]] = {}
    for order in orders:
        jobs.setdefault(order.job_id, []).append(order)
    for job_id, made in jobs.items():
        names = ", ".join(order.task_id for order in made)
        entry = journal.get(job_id)
        if len(made) > 1:
            found.append(f"charged twice: {job_id} is {names}")
        if entry is None:
            found.append(f"nobody wrote down {job_id!r}, which became {names}")
            continue
        net = sum((order.net for order in made), Decimal())
        if net > entry.paid + entry.doubtful:
            found.append(
                f"{names} took {net}; the journal has it as {entry.state}, with"
                f" {entry.paid} paid and {entry.doubtful} held"
            )
    found += [
        f"{order.task_id} moved {order.moves}"
        for order in orders
        if order.moves not in (("debit",), ("debit", "refund"))
    ]
    return found


def problems_at_the_end(
    library: Path, journal: dict[str, Entry], orders: list[Order], artifacts: Path
) -> list[str]:
    """Return what must not be once everything has come to its end."""
    found = problems_now(journal, orders)
    made = {order.job_id: order for order in orders}
    for entry in journal.values():
        order = made.get(entry.job_id)
        if entry.state not in OVER:
            found.append(f"{entry.job_id} is {entry.state} in the journal at the end")
        elif order is None and entry.paid:
            found.append(f"{entry.job_id} was paid for and never came to be")
        elif order is not None:
            found += _differences(library, entry, order, artifacts)
    found += [f"left over: {path.name}" for path in library.glob(".*.part")]
    known = {row["file"] for entry in journal.values() for row in entry.clips}
    there = {
        path.relative_to(library).as_posix()
        for path in (library / "clips").rglob("*")
        if path.is_file()
    }
    found += [f"left over: {name}" for name in sorted(there - known)]
    return found


def _differences(library: Path, entry: Entry, order: Order, artifacts: Path) -> list[str]:
    found = []
    if (entry.state, entry.task_id) != (order.status, order.task_id):
        found.append(f"{order.task_id} is {order.status}, in the journal {entry}")
    if entry.paid != order.net:
        found.append(f"{order.task_id} cost {order.net}, in the journal {entry.paid}")
    if len(entry.clips) != len(order.clips):
        found.append(
            f"a paid clip is missing: {order.task_id} has {len(order.clips)},"
            f" the journal {len(entry.clips)}"
        )
    for row, clip in zip(entry.clips, order.clips, strict=False):
        path = library / row["file"]
        data = path.read_bytes() if path.is_file() else b""
        digest = hashlib.sha256(data).hexdigest()
        if not digest == row["sha256"] == _sha256_of(artifacts, clip):
            found.append(f"a paid clip is missing: {path} is not what was made for {row['job_id']}")
        if not len(data) == row["size_bytes"] == clip["audio"]["size_bytes"]:
            found.append(f"{path.name} has {len(data)} bytes, announced were {clip['audio']}")
    return found


def _sha256_of(artifacts: Path, clip: dict[str, Any]) -> str:
    made = (artifacts / f"{clip['audio']['artifact_id']}.mp3").read_bytes()
    return hashlib.sha256(made).hexdigest()
