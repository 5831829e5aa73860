"""Blind listening in the journal: what is compared, and every vote as soon as it is given."""

from __future__ import annotations

import json
import sqlite3
from collections.abc import Callable, Iterable, Mapping
from dataclasses import dataclass, field
from typing import Any, Final

from musicnb.errors import Fault, InvalidInput
from musicnb.library._database import Database

_VOTE: Final = (
    "vote_id, session, listener, left_clip, right_clip, answer, is_repeat, reasons, note,"
    " heard_a_s, heard_b_s, voted_at, withdrawn_at"
)


@dataclass(frozen=True, slots=True)
class KeptSession:
    """A session as the journal has it.

    Parameters
    ----------
    name
        How it is found again.
    secret
        Hexadecimal; names that say nothing are made of it.
    clips
        Ids of what is compared.
    settings
        Numbers and words of whoever keeps the session.
    made_at, revealed_at
        Seconds since the epoch; the second None while it goes on.
    """

    name: str
    secret: str = field(repr=False)
    clips: tuple[str, ...]
    settings: Mapping[str, Any]
    made_at: float = 0.0
    revealed_at: float | None = None


@dataclass(frozen=True, slots=True)
class KeptVote:
    """A vote as the journal has it; see `musicnb.listen.Vote`.

    Parameters
    ----------
    vote_id
        Drawn by lot for the pair as it was shown: the same vote twice is one.
    session
        Name of the session.
    voted_at, withdrawn_at
        Seconds since the epoch; the second None for one that counts.
    """

    vote_id: str
    session: str
    listener: str
    left: str
    right: str
    answer: str
    is_repeat: bool = False
    reasons: tuple[str, ...] = ()
    note: str = ""
    heard_s: tuple[float, float] = (0.0, 0.0)
    voted_at: float = 0.0
    withdrawn_at: float | None = None


class Sessions:
    """The journal's tables of sessions and votes.

    Parameters
    ----------
    db
        The journal's file.
    clock
        Seconds since the epoch.
    """

    def __init__(self, db: Database, clock: Callable[[], float]) -> None:
        self._db, self._clock = db, clock

    def start(self, session: KeptSession) -> KeptSession:
        """Write a new session down; its time is set here.

        Raises
        ------
        InvalidInput
            There is one of this name.
        """
        with self._db.transaction(charged=False) as db:
            if self.find(session.name) is not None:
                message = f"{session.name!r:.80} is taken; choose another"
                raise InvalidInput.from_faults([Fault("name", "", message)])
            db.execute(
                "INSERT INTO sessions (name, secret, clips, settings, made_at)"
                " VALUES (?,?,?,?,?)",
                (session.name, session.secret, json.dumps(session.clips),
                 json.dumps(dict(session.settings)), self._clock()),
            )  # fmt: skip
            self._db.seal("sessions", session.name)
        kept = self.find(session.name)
        assert kept is not None
        return kept

    def find(self, name: str) -> KeptSession | None:
        """Read the session of a name, or None."""
        return next((session for session in self.all() if session.name == name), None)

    def all(self) -> list[KeptSession]:
        """Read every session, oldest first."""
        rows = self._db.all(
            "SELECT name, secret, clips, settings, made_at, revealed_at FROM sessions"
            " ORDER BY made_at, name"
        )
        return [
            KeptSession(name, secret, tuple(json.loads(clips)), json.loads(settings), *times)
            for name, secret, clips, settings, *times in rows
        ]

    def reveal(self, name: str) -> None:
        """Write down that a session is over; the first time counts."""
        with self._db.transaction(charged=False) as db:
            db.execute(
                "UPDATE sessions SET revealed_at = ? WHERE name = ? AND revealed_at IS NULL",
                (self._clock(), name),
            )
            self._db.seal("sessions", name)

    def keep(self, vote: KeptVote) -> bool:
        """Write a vote down, durably; return whether it is new.

        A vote without a time gets the present one.
        """
        return self.keep_all([vote]) == 1

    def keep_all(self, votes: Iterable[KeptVote]) -> int:
        """Write votes down, all or none; return how many are new."""
        with self._db.transaction(charged=False) as db:
            return sum(self._keep(db, vote) for vote in votes)

    def _keep(self, db: sqlite3.Connection, vote: KeptVote) -> bool:
        if self._db.one("SELECT 1 FROM votes WHERE vote_id = ?", vote.vote_id) is not None:
            return False
        db.execute(
            f"INSERT INTO votes ({_VOTE}) VALUES (?,?,?,?,?,?,?,?,?,?,?,?,?)",  # noqa: S608
            (vote.vote_id, vote.session, vote.listener, vote.left, vote.right, vote.answer,
             int(vote.is_repeat), json.dumps(vote.reasons), vote.note, *vote.heard_s,
             vote.voted_at or self._clock(), vote.withdrawn_at),
        )  # fmt: skip
        self._db.seal("votes", vote.vote_id)
        return True

    def withdraw(self, vote_id: str) -> None:
        """Write down that a vote was taken back; it stays, and counts no more."""
        with self._db.transaction(charged=False) as db:
            db.execute(
                "UPDATE votes SET withdrawn_at = ? WHERE vote_id = ? AND withdrawn_at IS NULL",
                (self._clock(), vote_id),
            )
            self._db.seal("votes", vote_id)

    def votes(self, session: str, *, withdrawn: bool = False) -> list[KeptVote]:
        """Read the votes of a session in the order they were kept, also those taken back or not."""
        rows = self._db.all(
            f"SELECT {_VOTE} FROM votes WHERE session = ? ORDER BY number",  # noqa: S608
            session,
        )
        kept = [_vote_of(row) for row in rows]
        return [vote for vote in kept if withdrawn or vote.withdrawn_at is None]


def _vote_of(row: tuple[Any, ...]) -> KeptVote:
    vote_id, session, listener, left, right, answer, is_repeat, reasons, note, a_s, b_s, *times = (
        row
    )
    return KeptVote(
        vote_id, session, listener, left, right, answer, bool(is_repeat),
        tuple(json.loads(reasons)), note, (a_s, b_s), *times,
    )  # fmt: skip
