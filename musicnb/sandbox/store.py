"""The sandbox's memory: one SQLite connection, owned by one thread that commits in groups."""

from __future__ import annotations

import asyncio
import contextlib
import itertools
import queue
import secrets
import sqlite3
import threading
from collections.abc import Callable
from dataclasses import dataclass
from pathlib import Path
from typing import Any, Final, TypeVar

from musicnb.errors import ConfigurationError
from musicnb.sandbox._schema import MIGRATIONS, SCHEMA, SCHEMA_VERSION

__all__ = ["Store", "open_connection", "setting"]

T = TypeVar("T")

# Waiting requests that share one fsync: tripled the rate of writes on a fast disk, ×30 on a slow.
_GROUP: Final = 64
# A predecessor that is just being ended may hold the file a moment longer.
_BUSY_S: Final = 1.0


@dataclass(slots=True)
class _Job:
    work: Callable[[sqlite3.Connection], Any]
    answer: asyncio.Future[Any]
    loop: asyncio.AbstractEventLoop


_Outcome = tuple[_Job, Any, BaseException | None]


class Store:
    """The database; all access goes through `run`.

    There is exactly one connection: SQLite before 3.51.3 can lose commits in WAL mode with two.

    Parameters
    ----------
    path
        The database file; it is created when missing.

    Raises
    ------
    ConfigurationError
        Another sandbox uses the same folder, or the file is not one of ours.
    """

    def __init__(self, path: Path) -> None:
        self._connection = open_connection(path)
        self._jobs: queue.SimpleQueue[_Job | None] = queue.SimpleQueue()
        self._thread = threading.Thread(target=self._serve, name="sandbox-store", daemon=True)
        self._thread.start()

    async def run(self, work: Callable[[sqlite3.Connection], T]) -> T:
        """Run a function in a transaction of its own; return once that is on disk.

        Parameters
        ----------
        work
            Takes the connection. What it changed is undone when it raises, whatever else shares
            the commit.
        """
        loop = asyncio.get_running_loop()
        answer: asyncio.Future[T] = loop.create_future()
        # at the loop's next turn, with all that this one brings: two threads that wake each other
        # get little done
        loop.call_soon(self._jobs.put, _Job(work, answer, loop))
        return await answer

    def close(self) -> None:
        """Finish what is waiting and close the file."""
        self._jobs.put(None)
        self._thread.join()
        self._connection.close()

    def _serve(self) -> None:
        while True:
            group: list[_Job] = []
            job = self._jobs.get()
            while job is not None:
                group.append(job)
                if len(group) >= _GROUP:
                    break
                try:
                    job = self._jobs.get_nowait()
                except queue.Empty:
                    break
            if group:
                self._commit(group)
            if job is None:
                return

    def _commit(self, group: list[_Job]) -> None:
        outcomes: list[_Outcome] = []
        try:
            self._connection.execute("BEGIN")
            for job in group:
                outcomes.append(self._attempt(job))  # noqa: PERF401 - kept when a later one raises
            self._connection.execute("COMMIT")
        except sqlite3.Error as error:
            with contextlib.suppress(sqlite3.Error):
                self._connection.execute("ROLLBACK")
            if len(group) > 1:
                # what cannot be written takes nobody along, least of all those who only read
                for job in group:
                    self._commit([job])
                return
            outcomes = [(job, None, error) for job in group]
        # at once: each call wakes the loop
        for loop, settled in itertools.groupby(outcomes, key=lambda outcome: outcome[0].loop):
            with contextlib.suppress(RuntimeError):  # the loop was closed meanwhile
                loop.call_soon_threadsafe(_settle, list(settled))

    def _attempt(self, job: _Job) -> _Outcome:
        self._connection.execute("SAVEPOINT job")
        try:
            result = job.work(self._connection)
        except Exception as error:  # noqa: BLE001 - it belongs to whoever asked
            self._connection.execute("ROLLBACK TO job")
            self._connection.execute("RELEASE job")
            return job, None, error
        self._connection.execute("RELEASE job")
        return job, result, None


def _settle(outcomes: list[_Outcome]) -> None:
    for job, result, failure in outcomes:
        if job.answer.done():  # whoever asked has gone
            continue
        if failure is None:
            job.answer.set_result(result)
        else:
            job.answer.set_exception(failure)


def open_connection(path: Path) -> sqlite3.Connection:
    """Open the database for this process alone, creating its tables when it is new.

    Raises
    ------
    ConfigurationError
        Another sandbox uses it, or it is not a database of this version.
    """
    connection = sqlite3.connect(
        path, isolation_level=None, check_same_thread=False, timeout=_BUSY_S
    )
    connection.row_factory = sqlite3.Row
    problem = ""
    try:
        # exclusive, set before WAL: the file lock is the guard against a second server
        connection.execute("PRAGMA locking_mode=EXCLUSIVE")
        connection.execute("PRAGMA journal_mode=WAL")
        connection.execute("PRAGMA synchronous=FULL")
        connection.execute("PRAGMA foreign_keys=ON")
        _prepare(connection)
    except sqlite3.Error as error:
        problem = "is in use" if "locked" in str(error) else f"cannot be opened ({error})"
    version = 0 if problem else connection.execute("PRAGMA user_version").fetchone()[0]
    if not problem and version != SCHEMA_VERSION:
        problem = f"has version {version}, this sandbox writes {SCHEMA_VERSION}"
    if problem:
        connection.close()
        raise ConfigurationError(
            f"the sandbox's database {path} {problem}",
            hint="Stop the other sandbox, or give another --data folder",
        )
    return connection


def _prepare(connection: sqlite3.Connection) -> None:
    connection.execute("BEGIN EXCLUSIVE")
    version = connection.execute("PRAGMA user_version").fetchone()[0]
    while version in MIGRATIONS:
        for statement in MIGRATIONS[version]:
            connection.execute(statement)
        version += 1
        connection.execute(f"PRAGMA user_version={version}")
    if version == 0:
        # executescript would commit by itself; a half-made database must not remain
        statement = ""
        for line in SCHEMA.splitlines(keepends=True):
            statement += line
            if sqlite3.complete_statement(statement):
                connection.execute(statement)
                statement = ""
        connection.execute(f"PRAGMA user_version={SCHEMA_VERSION}")
        connection.execute(
            "INSERT INTO settings VALUES ('url_secret', ?)", (secrets.token_hex(32),)
        )
    connection.execute("COMMIT")


def setting(connection: sqlite3.Connection, name: str) -> str | None:
    """Read one value of the folder's own settings."""
    row = connection.execute("SELECT value FROM settings WHERE name = ?", (name,)).fetchone()
    return None if row is None else str(row["value"])
