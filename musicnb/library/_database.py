"""The journal's file: opened with care, checked, kept in a second copy, written in transactions."""

from __future__ import annotations

import contextlib
import os
import sqlite3
import threading
from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from hashlib import blake2b
from pathlib import Path
from typing import Any, Final, NoReturn

from musicnb.errors import LibraryError
from musicnb.library._schema import MIGRATIONS, SEALED, TABLES, VERSION

#: A copy of the journal's last state that was found to be whole.
GOOD_COPY: Final = "journal.good.sqlite"
#: Code of the error about a journal that is damaged.
DAMAGED: Final = "journal_damaged"
#: Tables whose rows carry a seal, and their keys.
_SEALED: Final = {table: key for tables in SEALED.values() for table, key in tables.items()}
_SEAL_BYTES: Final = 16


class Database:
    """One SQLite file, one connection, any thread.

    One connection only: SQLite before 3.51.3 can lose commits in WAL mode when two write. A reader
    beside the owner neither writes nor checkpoints, so it is no second one in that sense. With
    ``synchronous=FULL`` a commit has survived 500 of 500 simulated power cuts, with ``NORMAL`` 41.

    Every row of money, clips or ratings carries a seal, a hash of its values: of 1,000 single
    flipped bits SQLite's own check saw 170, and both together 932.

    Parameters
    ----------
    path
        The file; made if it is not there.
    read_only
        Look only, while another process owns it.

    Raises
    ------
    LibraryError
        It is not a journal, is damaged, was written by a later version, or cannot be written.
        Nothing in it was changed.
    """

    def __init__(self, path: Path, *, read_only: bool = False) -> None:
        self.path, self.read_only = path, read_only
        self._lock = threading.RLock()
        self._closed = False
        self._seals: dict[str, str] = {}
        problem = ""
        try:
            self._db = self._open()
        except sqlite3.Error as error:
            problem = str(error)
        if problem:
            raise LibraryError(
                f"the journal {path.name} cannot be used ({problem})",
                code="journal_busy" if "locked" in problem else DAMAGED,
                hint=f"Nothing was changed. {self._way_back()}",
            )

    def close(self) -> None:
        """Keep a copy of the last good state, and close the file."""
        with self._lock:
            if not self.read_only and not self._closed:
                self._keep_good_copy()
            self._closed = True
            self._db.close()

    @contextmanager
    def transaction(self, *, charged: bool | None = None) -> Iterator[sqlite3.Connection]:
        """Commit what is done inside, or none of it.

        Parameters
        ----------
        charged
            What to say about money when it cannot be written.

        Raises
        ------
        LibraryError
            It could not be written, or is only read.
        """
        if self.read_only:
            raise LibraryError("the journal is only read here", code="library_read_only")
        with self._lock:
            self._require_open()
            problem = ""
            try:
                self._db.execute("BEGIN IMMEDIATE")
                yield self._db
                self._db.execute("COMMIT")
            except sqlite3.Error as error:
                problem = str(error)
                self._roll_back()
            except BaseException:
                self._roll_back()
                raise
        if problem:
            raise LibraryError(
                f"the journal could not be written ({problem})",
                hint="Nothing further is sent. Make room on the disk, then go on",
                charged=charged,
            )

    def settle(self) -> None:
        """Bring what is committed from the log into the file itself.

        A log that is lost or damaged is dropped by SQLite without a word, so what is about to cost
        money must not stand there alone.
        """
        with self._lock, contextlib.suppress(sqlite3.Error):
            self._db.execute("PRAGMA wal_checkpoint(PASSIVE)")

    def seal(self, table: str, key: str) -> None:
        """Renew the seal of a row that was written in the running transaction."""
        if table not in self._seals:  # its columns stay as they are while the file is open
            self._seals[table] = _seal_of(self._db, table)
        self._db.execute(
            f"UPDATE {table} SET seal = {self._seals[table]} WHERE {_SEALED[table]} = ?",  # noqa: S608
            (key,),
        )

    def one(self, query: str, *values: Any) -> Any:
        """Return the first row, or None."""
        return next(iter(self.all(query, *values)), None)

    def all(self, query: str, *values: Any) -> list[Any]:
        """Return all rows.

        Raises
        ------
        LibraryError
            The file cannot be read.
        """
        problem = ""
        with self._lock:
            self._require_open()
            try:
                return self._db.execute(query, values).fetchall()
            except sqlite3.Error as error:
                problem = str(error)
        raise LibraryError(
            f"the journal {self.path.name} cannot be read ({problem})",
            hint=f"Nothing was changed. {self._way_back()}",
            charged=None,
        )

    def _require_open(self) -> None:
        if self._closed:
            raise LibraryError(
                "this studio was closed",
                code="library_closed",
                hint="Make a new one: studio = musicnb.Studio()",
                charged=None,
            )

    # ------------------------------------------------------------------------------ opening

    def _open(self) -> sqlite3.Connection:
        good = self.path.with_name(GOOD_COPY)
        if good.exists() and not holds_something(self.path):
            self._refuse("it is gone or empty, and its last good state is not")
        if self.read_only or holds_something(self.path):
            # looked at by a connection that cannot write: closing one that can would fold the log
            # into a damaged file
            reader = connect(self.path, mode="ro")
            try:
                self._refuse_damage(reader)
            except BaseException:
                reader.close()
                raise
            if self.read_only:
                return reader
            reader.close()
        self._db = connect(self.path, mode="rwc")
        try:
            self._prepare()
        except BaseException:
            self._db.close()
            raise
        return self._db

    def _prepare(self) -> None:
        version = version_of(self._db)
        # foreign keys only after tables were made anew, or dropping one would empty the other
        self._db.execute("PRAGMA journal_mode=WAL")
        self._db.execute("PRAGMA synchronous=FULL")
        if version != VERSION:
            with contextlib.suppress(OSError, sqlite3.Error):
                self._copy_to(self.path.with_name(f"journal.v{version}.sqlite"), when=version > 0)
            self._db.execute("BEGIN IMMEDIATE")
            for statement in _statements(TABLES if version == 0 else _upgrade_from(version)):
                self._db.execute(statement)
            for table in _SEALED:
                self._db.execute(f"UPDATE {table} SET seal = {_seal_of(self._db, table)}")  # noqa: S608
            self._db.execute(f"PRAGMA user_version={VERSION}")
            self._db.execute("COMMIT")
        self._db.execute("PRAGMA foreign_keys=ON")
        self._keep_good_copy()

    def _refuse_damage(self, connection: sqlite3.Connection) -> None:
        version = version_of(connection)
        if version > VERSION:
            raise LibraryError(
                f"this library was written by a later musicnb (schema {version})",
                hint="Upgrade musicnb",
            )
        known = self._known_orders()
        if version == 0 and (known or _has_tables(connection)):
            self._refuse("it has lost its tables")
        if version < VERSION and self.read_only:
            raise LibraryError(
                f"this library is being used by an earlier musicnb (schema {version})",
                hint="Upgrade musicnb there, too",
            )
        if damage := damage_in(connection):
            self._refuse(damage)
        if version > 0 and (lost := known - _orders(connection)):
            self._refuse(f"{len(lost)} orders of its last good state are not in it")

    def _refuse(self, damage: str) -> NoReturn:
        raise LibraryError(
            f"the journal {self.path.name} is damaged ({damage:.200})",
            code=DAMAGED,
            hint=f"Nothing was changed. {self._way_back()}",
            charged=None,
        )

    def _known_orders(self) -> set[str]:
        """Return the orders in the good copy; none where it cannot be read."""
        good = self.path.with_name(GOOD_COPY)
        with contextlib.suppress(sqlite3.Error):
            if holds_something(good):
                copy = connect(good, mode="ro")
                try:
                    return _orders(copy)
                finally:
                    copy.close()
        return set()

    def _way_back(self) -> str:
        good = self.path.with_name(GOOD_COPY)
        if good.exists():
            return (
                f"{good.name} beside it is its last good state: `musicnb doctor --restore` moves"
                " the damaged one aside and goes on from there"
            )
        return "Restore it from a copy, or choose another library folder"

    # ------------------------------------------------------------------------- the good copy

    def _keep_good_copy(self) -> None:
        """Copy the journal if it is whole; a full disk must not keep anybody from working."""
        with contextlib.suppress(OSError, sqlite3.Error):
            if not damage_in(self._db):
                self._copy_to(self.path.with_name(GOOD_COPY))

    def _copy_to(self, target: Path, *, when: bool = True) -> None:
        if not when or not self.path.exists():
            return
        partial = target.with_name(f".{target.name}.part")
        partial.unlink(missing_ok=True)
        try:
            copy = sqlite3.connect(partial)
            try:
                self._db.backup(copy)
                copy.execute("PRAGMA journal_mode=DELETE")  # a copy is one file
            finally:
                copy.close()
            with partial.open("rb") as file:
                os.fsync(file.fileno())
            partial.replace(target)
        finally:
            partial.unlink(missing_ok=True)

    def _roll_back(self) -> None:
        if self._db.in_transaction:
            self._db.execute("ROLLBACK")


def connect(path: Path, *, mode: str) -> sqlite3.Connection:
    # a reader waits for nobody long: the owner's transactions are short
    connection = sqlite3.connect(
        f"{path.absolute().as_uri()}?mode={mode}",
        uri=True,
        isolation_level=None,
        check_same_thread=False,
        timeout=5.0,
    )
    connection.create_function("musicnb_seal", -1, _seal, deterministic=True)
    return connection


def _seal(*values: object) -> bytes:
    return blake2b(repr(values).encode(), digest_size=_SEAL_BYTES).digest()


def _seal_of(connection: sqlite3.Connection, table: str) -> str:
    """Write the SQL that computes a row's seal from all its other columns."""
    columns = [row[1] for row in connection.execute(f"PRAGMA table_info({table})")]
    return f"musicnb_seal({', '.join(name for name in columns if name != 'seal')})"


def damage_in(connection: sqlite3.Connection) -> str:
    """Say what is wrong with a journal; nothing when it is whole."""
    verdicts = [row[0] for row in connection.execute("PRAGMA integrity_check(3)")]
    if verdicts != ["ok"]:
        return "; ".join(verdicts)
    version = version_of(connection)
    sealed = [item for since in SEALED if since <= version for item in SEALED[since].items()]
    for table, key in sealed:
        broken = connection.execute(
            f"SELECT {key} FROM {table} WHERE seal IS NOT {_seal_of(connection, table)} LIMIT 1"  # noqa: S608
        ).fetchone()
        if broken:
            return f"the entry {broken[0]} of {table} was altered"
    return ""


def _orders(connection: sqlite3.Connection) -> set[str]:
    return {row[0] for row in connection.execute("SELECT job_id FROM jobs")}


def _has_tables(connection: sqlite3.Connection) -> bool:
    return connection.execute("SELECT 1 FROM sqlite_master").fetchone() is not None


def version_of(connection: sqlite3.Connection) -> int:
    return int(connection.execute("PRAGMA user_version").fetchone()[0])


def _upgrade_from(version: int) -> str:
    return "".join(MIGRATIONS[step] for step in range(version, VERSION))


def _statements(script: str) -> Sequence[str]:
    # executescript would commit by itself, and a half-made journal must not remain
    return [part for part in script.split(";") if part.strip()]


def holds_something(path: Path) -> bool:
    with contextlib.suppress(OSError):
        return path.stat().st_size > 0
    return False
