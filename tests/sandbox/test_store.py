"""The store: what shares a commit does not share its fate."""

from __future__ import annotations

import asyncio
import functools
import sqlite3
from decimal import Decimal
from pathlib import Path

import pytest

from musicnb.errors import ConfigurationError
from musicnb.sandbox._money import to_credits, to_units
from musicnb.sandbox.store import Store


def insert(connection: sqlite3.Connection, name: str) -> None:
    connection.execute("INSERT INTO settings VALUES (?, 'x')", (name,))
    if name.startswith("bad"):
        raise ValueError(name)


def names(connection: sqlite3.Connection) -> set[str]:
    rows = connection.execute("SELECT name FROM settings WHERE value = 'x'").fetchall()
    return {row["name"] for row in rows}


def test_failed_work_is_undone_alone(tmp_path: Path) -> None:
    """Of a hundred jobs at once, each tenth fails and leaves no trace; the others stay."""
    store = Store(tmp_path / "a.sqlite3")

    async def work() -> list[object]:
        jobs = [f"{'bad' if n % 10 == 0 else 'good'}{n}" for n in range(100)]
        return await asyncio.gather(
            *(store.run(functools.partial(insert, name=job)) for job in jobs),
            return_exceptions=True,
        )

    outcomes = asyncio.run(work())
    store.close()
    assert sum(isinstance(outcome, ValueError) for outcome in outcomes) == 10
    again = Store(tmp_path / "a.sqlite3")
    kept = asyncio.run(again.run(names))
    again.close()
    assert len(kept) == 90
    assert not any(name.startswith("bad") for name in kept)


def test_newer_database_is_refused(tmp_path: Path) -> None:
    """A folder of a later version is not touched."""
    Store(tmp_path / "a.sqlite3").close()
    connection = sqlite3.connect(tmp_path / "a.sqlite3")
    connection.execute("PRAGMA user_version=99")
    connection.close()
    with pytest.raises(ConfigurationError, match="version 99"):
        Store(tmp_path / "a.sqlite3")


@pytest.mark.parametrize("text", ["0", "0.0001", "80", "9999.9999", "1000000000"])
def test_credits_survive_as_integers(text: str) -> None:
    """Credits to units and back is exact, with four places."""
    amount = Decimal(text)
    assert to_credits(to_units(amount)) == amount
    assert len(f"{to_credits(to_units(amount))}".rpartition(".")[2]) == 4


@pytest.mark.parametrize("text", ["0.00001", "NaN", "Infinity"])
def test_amounts_that_are_no_credits_are_refused(text: str) -> None:
    """Less than a ten-thousandth does not exist."""
    with pytest.raises(ValueError, match="credits"):
        to_units(Decimal(text))
