"""The wallet: a double-entry ledger whose rows never change.

Every movement is one transfer with two entries that sum to zero. A balance is the sum of an
account's entries; the database keeps it and refuses to let a wallet fall below nothing.
"""

from __future__ import annotations

import sqlite3
from collections.abc import Sequence
from dataclasses import dataclass
from decimal import Decimal
from typing import Any, Final, Literal

from musicnb.catalogue import usd
from musicnb.sandbox._keys import Project
from musicnb.sandbox._money import Units, to_credits, to_units
from musicnb.sandbox._refusals import Refusal

__all__ = [
    "INITIAL_CREDITS",
    "balance",
    "debit",
    "enrol",
    "ledger",
    "refund",
    "top_up",
]

INITIAL_CREDITS: Final = Decimal(10_000)
_REVENUE: Final = "revenue"
_ISSUED: Final = "issued"

Kind = Literal["top_up", "debit", "refund"]


@dataclass(frozen=True, slots=True)
class _Movement:
    kind: Kind
    source: str
    target: str
    amount: Units
    task_id: str | None
    note: str


def open_wallet(
    connection: sqlite3.Connection,
    tenant: str,
    *,
    now: int,
    initial: Decimal = INITIAL_CREDITS,
) -> None:
    """Create a tenant's account with the initial credits, unless it exists."""
    for name, kind in ((_REVENUE, "revenue"), (_ISSUED, "issued")):
        connection.execute(
            "INSERT OR IGNORE INTO accounts (name, kind) VALUES (?, ?)", (name, kind)
        )
    made = connection.execute(
        "INSERT OR IGNORE INTO accounts (name, kind) VALUES (?, 'wallet')", (_wallet(tenant),)
    )
    if made.rowcount and initial:
        top_up(connection, tenant, to_units(initial), now=now, note="initial balance")


def enrol(connection: sqlite3.Connection, projects: Sequence[Project], *, now: int) -> None:
    """Give every project its key and its wallet; whoever is not among them has no key any more."""
    # first all keys become nobody's, so that two projects can also swap theirs
    connection.execute("UPDATE tenants SET key_hash = randomblob(32)")
    for project in projects:
        connection.execute(
            """
            INSERT INTO tenants VALUES (?, ?)
            ON CONFLICT (id) DO UPDATE SET key_hash = excluded.key_hash
            """,
            (project.name, project.key_hash),
        )
        initial = INITIAL_CREDITS if project.credits is None else project.credits
        open_wallet(connection, project.name, now=now, initial=initial)


def balance(connection: sqlite3.Connection, tenant: str) -> Units:
    """Return what a tenant's wallet holds."""
    row = connection.execute(
        "SELECT balance FROM accounts WHERE name = ?", (_wallet(tenant),)
    ).fetchone()
    return Units(row["balance"])


def top_up(
    connection: sqlite3.Connection, tenant: str, amount: Units, *, now: int, note: str = ""
) -> None:
    """Put credits into a wallet."""
    _post(connection, _Movement("top_up", _ISSUED, _wallet(tenant), amount, None, note), now)


def debit(
    connection: sqlite3.Connection, tenant: str, amount: Units, *, task_id: str, now: int
) -> None:
    """Take a task's price out of a wallet.

    Raises
    ------
    Refusal
        402 ``insufficient_balance``; it says what is missing, and nothing is taken.
    """
    held = balance(connection, tenant)
    if held < amount:
        price, have, missing = (to_credits(units) for units in (amount, held, amount - held))
        raise Refusal(
            "insufficient_balance",
            f"this task costs {price} credits and the wallet holds {have}; {missing} are missing."
            " Nothing was charged. Top up and send the same request again",
            details={
                "required_credits": f"{price}",
                "balance_credits": f"{have}",
                "missing_credits": f"{missing}",
            },
        )
    movement = _Movement("debit", _wallet(tenant), _REVENUE, amount, task_id, "")
    _post(connection, movement, now)


def refund(
    connection: sqlite3.Connection, tenant: str, amount: Units, *, task_id: str, now: int, note: str
) -> None:
    """Give a task's price back.

    Raises
    ------
    sqlite3.IntegrityError
        It was given back before.
    """
    movement = _Movement("refund", _REVENUE, _wallet(tenant), amount, task_id, note)
    _post(connection, movement, now)


def account(connection: sqlite3.Connection, tenant: str) -> dict[str, Any]:
    """Return the answer of ``GET /sandbox/wallet``."""
    held = to_credits(balance(connection, tenant))
    return {
        "object": "wallet",
        "balance_credits": f"{held:.4f}",
        "balance_credits_usd_reference": f"{usd(held):.4f}",
        "currency": "USD",
    }


def ledger(connection: sqlite3.Connection, tenant: str) -> dict[str, Any]:
    """Return the answer of ``GET /sandbox/ledger``: every transfer of a wallet, oldest first."""
    rows = connection.execute(
        """
        SELECT transfers.*, entries.account, entries.amount FROM transfers
        JOIN entries ON entries.transfer_id = transfers.id
        WHERE transfers.id IN (SELECT transfer_id FROM entries WHERE account = ?)
        ORDER BY transfers.id, entries.id
        """,
        (_wallet(tenant),),
    ).fetchall()
    transfers: dict[int, dict[str, Any]] = {}
    for row in rows:
        transfer = transfers.setdefault(
            row["id"],
            {
                "id": row["id"],
                "kind": row["kind"],
                "task_id": row["task_id"],
                "note": row["note"],
                "entries": [],
            },
        )
        entry = {"account": row["account"], "credits": f"{to_credits(row['amount']):.4f}"}
        transfer["entries"].append(entry)
    return {"object": "list", "data": list(transfers.values())}


def _post(connection: sqlite3.Connection, movement: _Movement, now: int) -> None:
    if movement.amount <= 0:
        raise ValueError("a transfer moves more than nothing")
    cursor = connection.execute(
        "INSERT INTO transfers (kind, task_id, created_at, note) VALUES (?, ?, ?, ?)",
        (movement.kind, movement.task_id, now, movement.note),
    )
    transfer, amount = cursor.lastrowid, movement.amount
    connection.execute(
        "INSERT INTO entries (transfer_id, account, amount) VALUES (?, ?, ?), (?, ?, ?)",
        (transfer, movement.source, -amount, transfer, movement.target, amount),
    )


def _wallet(tenant: str) -> str:
    return f"wallet:{tenant}"
