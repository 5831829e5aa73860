"""Answers that are remembered, so that a repeated request is not a second one."""

from __future__ import annotations

import hashlib
import sqlite3
from dataclasses import dataclass
from typing import Final

from musicnb.sandbox._refusals import Refusal

LIFETIME_US: Final = 24 * 3600 * 1_000_000
_MAX_KEY: Final = 64


@dataclass(frozen=True, slots=True)
class Answer:
    """An answer as it was, or will be, sent."""

    status: int
    body: bytes
    replayed: bool = False


@dataclass(frozen=True, slots=True)
class Ticket:
    """What tells a repeated request from another one under the same key.

    Parameters
    ----------
    tenant
        Whose key it is; two tenants may use the same words.
    key
        The Idempotency-Key, or None when none was sent.
    fingerprint
        SHA-256 over method, path and body.
    """

    tenant: str
    key: str | None
    fingerprint: bytes

    @classmethod
    def of(cls, tenant: str, key: str | None, method: str, path: str, body: bytes) -> Ticket:
        """Take the fingerprint of a request.

        Raises
        ------
        Refusal
            422: the key is empty, too long, or not printable ASCII.
        """
        valid = key is None or (0 < len(key) <= _MAX_KEY and key.isascii() and key.isprintable())
        if not valid:
            raise Refusal(
                "invalid_request",
                f"Idempotency-Key must be 1 to {_MAX_KEY} printable ASCII characters, like a UUID",
            )
        head = f"{method} {path}\n".encode("utf-8", "surrogateescape")
        return cls(tenant, key, hashlib.sha256(head + body).digest())

    def recall(self, connection: sqlite3.Connection, *, now: int) -> Answer | None:
        """Return the answer the same request had within the last 24 hours.

        Raises
        ------
        Refusal
            409: the key was used for another request.
        """
        if self.key is None:
            return None
        row = connection.execute(
            "SELECT * FROM idempotency WHERE tenant = ? AND key = ? AND created_at > ?",
            (self.tenant, self.key, now - LIFETIME_US),
        ).fetchone()
        if row is None:
            return None
        if row["fingerprint"] != self.fingerprint:
            raise Refusal(
                "idempotency_conflict",
                "this Idempotency-Key was used for another request in the last 24 hours;"
                " nothing was done. Use a new key for a new request",
            )
        return Answer(row["status"], row["body"], replayed=True)

    def remember(self, connection: sqlite3.Connection, answer: Answer, *, now: int) -> None:
        """Keep an answer, and forget those older than 24 hours."""
        if self.key is None:
            return
        connection.execute("DELETE FROM idempotency WHERE created_at <= ?", (now - LIFETIME_US,))
        connection.execute(
            "INSERT INTO idempotency VALUES (?, ?, ?, ?, ?, ?)",
            (self.tenant, self.key, self.fingerprint, answer.status, answer.body, now),
        )
