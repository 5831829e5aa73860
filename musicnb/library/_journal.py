"""The journal: what was ordered, what it cost, what came of it; durable before it matters."""

from __future__ import annotations

import sqlite3
import time
import uuid
from collections import Counter
from collections.abc import Callable, Iterable, Sequence
from dataclasses import astuple, fields
from decimal import Decimal
from pathlib import Path
from typing import Any, Final, Unpack

from musicnb.briefs import Brief
from musicnb.catalogue import amount_text
from musicnb.errors import Fault, InvalidInput, LibraryError
from musicnb.library._caps import require_balance
from musicnb.library._database import Database
from musicnb.library._intents import Intent, Intents
from musicnb.library._journal_reading import JournalReading
from musicnb.library._ratings import Rating, RatingChanges, Ratings
from musicnb.library._records import ClipRecord, Job, LeftOut, Planned
from musicnb.library._rows import (
    CLIP_COLUMNS,
    credits_of,
    digest_of,
    units,
)
from musicnb.library._sessions import Sessions
from musicnb.wire import Billing

#: The newest durations kept for each model: more tells the poller nothing new.
_DURATIONS_KEPT: Final = 256


class Journal(JournalReading):
    """Every order, before it is sent and after; see ``musicnb.library._database``.

    Parameters
    ----------
    path
        The file; made if it is not there.
    clock
        Seconds since the epoch.
    read_only
        Look only, while another process owns it.

    Attributes
    ----------
    sessions : Sessions
        Blind listening and its votes.

    Raises
    ------
    LibraryError
        The file is not a journal, is damaged, was written by a later version, or cannot be written.
    """

    def __init__(
        self, path: Path, *, clock: Callable[[], float] = time.time, read_only: bool = False
    ) -> None:
        self._clock = clock
        super().__init__(Database(path, read_only=read_only))
        self.library_id = self._own_id()
        self._intents = Intents(self._db, self.library_id, clock)
        self._ratings = Ratings(self._db, clock)
        self.sessions = Sessions(self._db, clock)

    def _own_id(self) -> str:
        query = "SELECT value FROM library WHERE name = 'id'"
        if self._db.one(query) is None:
            with self._db.transaction() as db:
                db.execute("INSERT INTO library VALUES ('id', ?)", (uuid.uuid4().hex,))
        return str(self._db.one(query)[0])

    def close(self) -> None:
        """Close the file."""
        self._db.close()

    # ------------------------------------------------------------------------------- orders

    def plan(self, brief: Brief, *, service: str) -> Job:
        """Write an order down before it is sent.

        The key is derived from service, library, brief and how often the brief was ordered before,
        so that the same intention has the same key even if it is written down twice.

        Raises
        ------
        InvalidInput
            The brief cannot be sent; nothing was written.
        """
        body = brief.request().body()
        digest = digest_of(brief.capability, body)
        self._require_file()
        with self._db.transaction(charged=False) as db:
            intent, price = Intent(service, "", digest, 0), brief.price.credits_high
            job = self.job(self._intents.write(db, intent, brief.capability, body, price))
        self._db.settle()
        return job

    def plan_sweep(
        self,
        briefs: Sequence[Brief],
        *,
        service: str,
        sweep: str,
        max_credits: Decimal | None,
        balance: Decimal | None = None,
    ) -> Planned:
        """Write many orders down under one name, each at most once, within a cap.

        All in one transaction: whatever happens, either every order that fits the cap is reserved
        or none. An order is recognised by the sweep's name, its brief, and which of equal briefs it
        is, so that planning the same again finds the same orders.

        Parameters
        ----------
        max_credits
            What the sweep may cost in all, in credits: what was charged and what is reserved. A
            refund does not make room, so that it is not silently spent again. None leaves the cap
            of an earlier call as it is.
        balance
            What the wallet holds; the orders that are new must not cost more. None is not known.

        Raises
        ------
        InvalidInput
            A brief cannot be sent; nothing was written.
        InsufficientBalance
            The wallet does not hold what is new; nothing was written.
        """
        bodies = [brief.request().body() for brief in briefs]
        self._require_file()
        seen: Counter[str] = Counter()
        found: list[tuple[Job, bool]] = []
        left_out: list[LeftOut] = []
        with self._db.transaction(charged=False) as db:
            db.execute(
                "INSERT INTO sweeps VALUES (?,?,?) ON CONFLICT DO UPDATE SET"
                " max_credits = coalesce(excluded.max_credits, max_credits)",
                (service, sweep, None if max_credits is None else units(max_credits)),
            )
            max_credits = self.cap(service, sweep)
            committed = self._committed(service, sweep)
            for place, (brief, body) in enumerate(zip(briefs, bodies, strict=True)):
                digest, price = digest_of(brief.capability, body), brief.price.credits_high
                intent = Intent(service, sweep, digest, seen[digest])
                seen[digest] += 1
                known = self._intents.newest(intent)
                if known is not None:
                    found.append((known, False))
                elif max_credits is not None and committed + price > max_credits:
                    left_out.append(LeftOut(brief, place, price, max_credits - committed))
                else:
                    job_id = self._intents.write(db, intent, brief.capability, body, price)
                    found.append((self.job(job_id), True))
                    committed += price
            require_balance(
                (job for job, _ in found), balance
            )  # inside: it undoes what was written
        self._db.settle()
        return Planned(tuple(found), tuple(left_out))

    def repeat(self, job: Job) -> Job:
        """Write an order down once more, as a new intention under a new key: it may cost again.

        Raises
        ------
        InvalidInput
            Its sweep's cap has no room for it, or it was repeated and that is not over yet.
        """
        self._require_file()
        with self._db.transaction(charged=False) as db:
            row = self._db.one("SELECT brief_digest, cell FROM jobs WHERE job_id = ?", job.job_id)
            intent = Intent(job.service, job.sweep, *row)
            if job.sweep:
                self._require_room(job, self._intents.newest(intent))
            price = job.expected_credits
            repeat = self.job(self._intents.write(db, intent, job.capability, job.request, price))
        self._db.settle()
        return repeat

    def _require_room(self, job: Job, newest: Job | None) -> None:
        """Refuse to repeat an order of a sweep twice at a time, or beyond its cap."""
        problem = ""
        if newest is not None and newest.job_id != job.job_id and not newest.has_ended:
            problem = "it was sent again already, and that order is not over"
        left = self.cap(job.service, job.sweep)
        if left is not None:
            left -= self._committed(job.service, job.sweep)
            if job.expected_credits > left:
                problem = (
                    f"the sweep's cap has {amount_text(max(left, Decimal(0)))} credits left, it"
                    f" needs {amount_text(job.expected_credits)}"
                )
        if problem:
            raise InvalidInput.from_faults([Fault("send_again", "", problem)])

    def cap(self, service: str, sweep: str) -> Decimal | None:
        """Return what a sweep may cost in all, in credits; None where nobody has said."""
        query = "SELECT max_credits FROM sweeps WHERE service = ? AND name = ?"
        row = self._db.one(query, service, sweep)
        return credits_of(row[0]) if row else None

    def services(self) -> list[str]:
        """List the services and accounts that have orders here."""
        return [row[0] for row in self._db.all("SELECT DISTINCT service FROM jobs")]

    def adopt(self, earlier: str, later: str, *, unsent_only: bool) -> int:
        """Move orders, and the caps of their sweeps, from one name of an account to another.

        Parameters
        ----------
        unsent_only
            Move only orders that have never left this machine.

        Returns
        -------
        int
            How many were moved; one that exists under both names stays where it is.
        """
        moved = [
            job.job_id
            for job in self.jobs(earlier)
            if not unsent_only or (job.state == "planned" and job.sent_at is None)
        ]
        with self._db.transaction() as db:
            db.execute(
                "INSERT OR IGNORE INTO sweeps SELECT ?, name, max_credits FROM sweeps"
                " WHERE service = ?",
                (later, earlier),
            )
            count = 0
            for job_id in moved:
                count += db.execute(
                    "UPDATE OR IGNORE jobs SET service = ? WHERE job_id = ?", (later, job_id)
                ).rowcount
                self._db.seal("jobs", job_id)
        return count

    def sending(self, job_id: str) -> None:
        """Note that the order is about to leave this machine."""
        self._require_file()
        first = self.job(job_id).sent_at
        self._change(job_id, state="sending", sent_at=self._clock() if first is None else first)

    def accepted(self, job_id: str, task_id: str) -> None:
        """Note that the service has taken the order."""
        self._change(job_id, state="accepted", task_id=task_id, problem=None)

    def not_sent(self, job_id: str, problem: str) -> None:
        """Note that no attempt has reached the wallet; the order may be sent as it is."""
        self._change(job_id, state="planned", problem=problem, sent_at=None)

    def unknown(self, job_id: str, problem: str) -> None:
        """Note that no answer came; the money is held until it is known."""
        self._change(job_id, state="unknown", problem=problem)

    def billed(self, job_id: str, billing: Billing | None, resolved_model: str | None) -> None:
        """Note what the service reports about money; what it leaves out stays as it was."""
        job = self.job(job_id)
        news: dict[str, Any] = {}
        if billing is not None and billing.charged_credits not in (None, job.charged_credits):
            news["charged"] = units(billing.charged_credits or Decimal(0))
        if billing is not None and billing.refunded_credits not in (None, job.refunded_credits):
            news["refunded"] = units(billing.refunded_credits or Decimal(0))
        if resolved_model not in (None, job.resolved_model):
            news["resolved_model"] = resolved_model
        if news:  # a commit for each of a thousand equal readings would cost more than the polls
            self._change(job_id, **news)

    def ended(
        self,
        job_id: str,
        state: str,
        problem: str | None = None,
        *,
        durations: Iterable[tuple[str, float]] = (),
    ) -> None:
        """Note an order's end: ``succeeded``, ``failed`` or ``canceled``.

        Parameters
        ----------
        durations
            Models and how long tasks of theirs took at the service, in seconds: remembered for
            the next session, in the same commit.
        """
        with self._db.transaction() as db:
            self._update(db, job_id, state=state, ended_at=self._clock(), problem=problem)
            for model, seconds in durations:
                _remember(db, model, seconds)

    # -------------------------------------------------------------------------------- clips

    def keep(self, clip: ClipRecord) -> None:
        """Write down a clip whose file is already durable."""
        marks = ",".join("?" * len(fields(ClipRecord)))
        with self._db.transaction() as db:
            db.execute(
                f"INSERT OR REPLACE INTO clips ({CLIP_COLUMNS}) VALUES ({marks})",  # noqa: S608
                astuple(clip),
            )
            self._db.seal("clips", clip.clip_id)

    # ------------------------------------------------------------------------------ ratings

    def rate(self, clip_id: str, **changes: Unpack[RatingChanges]) -> Rating:
        """Write down what a listener thinks of a clip: durable when this returns.

        Parameters
        ----------
        **changes
            ``stars`` (1 to 5, or None), ``tags``, ``note``: see `RatingChanges`. What is left out
            stays as it is.

        Raises
        ------
        InvalidInput
            There is no such clip, or something of it cannot be kept; nothing was changed.
        LibraryError
            It could not be written, or is only read.
        """
        return self._ratings.rate(clip_id, changes)

    def rating(self, clip_id: str) -> Rating:
        """Read one clip's rating; one without anything where it has none."""
        return self._ratings.of(clip_id)

    def ratings(self) -> dict[str, Rating]:
        """Read the ratings of all clips that have one, by clip; the latest last."""
        return self._ratings.all()

    # ------------------------------------------------------------------------------ plumbing

    def _committed(self, service: str, sweep: str) -> Decimal:
        """Sum what a sweep has cost or may still cost, in credits."""
        return sum((job.committed_credits for job in self.jobs(service, sweep)), Decimal(0))

    def _change(self, job_id: str, **columns: Any) -> None:
        with self._db.transaction() as db:
            self._update(db, job_id, **columns)

    def _update(self, db: sqlite3.Connection, job_id: str, **columns: Any) -> None:
        assignments = ", ".join(f"{name} = ?" for name in columns)
        changed = db.execute(
            f"UPDATE jobs SET {assignments} WHERE job_id = ?",  # noqa: S608
            (*columns.values(), job_id),
        ).rowcount
        if changed != 1:
            raise LibraryError(f"the journal has no order {job_id!r}")
        self._db.seal("jobs", job_id)

    def _require_file(self) -> None:
        """Refuse to order against a journal that nobody would ever find again."""
        if not self._db.path.exists():
            raise LibraryError(
                f"the library {self._db.path.parent} was removed while it was open",
                hint="Nothing was sent. Restart, or choose another folder: Studio(library=...)",
            )


def _remember(db: sqlite3.Connection, model: str, seconds: float) -> None:
    db.execute("INSERT INTO durations (model, seconds) VALUES (?,?)", (model, seconds))
    db.execute(
        "DELETE FROM durations WHERE model = ?1 AND id NOT IN"
        " (SELECT id FROM durations WHERE model = ?1 ORDER BY id DESC LIMIT ?2)",
        (model, _DURATIONS_KEPT),
    )
