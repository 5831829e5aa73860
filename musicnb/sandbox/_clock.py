"""Time as the sandbox keeps it: microseconds since 1970, UTC, and ahead of the world on command.

Everything that is stored, compared or shown goes by this clock, so that a day can pass at once.
Only what is waited for in earnest (timeouts, dripping answers) goes by the machine's.
"""

from __future__ import annotations

import functools
import sqlite3
import threading
import time
from datetime import UTC, datetime, timedelta
from typing import Final

_EPOCH: Final = datetime(1970, 1, 1, tzinfo=UTC)
_SETTING: Final = "clock_ahead_us"
MAX_AHEAD_S: Final = 100 * 365 * 86_400


class _Ahead:
    """How far this process's clock is ahead of the machine's; it never shrinks."""

    microseconds = 0
    lock = threading.Lock()


def now_us() -> int:
    """Return the present, in microseconds since 1970."""
    return present_us(_Ahead.microseconds)


def present_us(ahead_us: int) -> int:
    """Return what a clock shows that is so many microseconds ahead of the machine's."""
    return time.time_ns() // 1000 + ahead_us


def ahead_s() -> float:
    """Return how many seconds the clock is ahead of the machine's."""
    return _Ahead.microseconds / 1e6


def take_up(connection: sqlite3.Connection) -> None:
    """Go on where an earlier server of the same folder was: its rows must not lie in the future."""
    put_forward(_written(connection))


def write_advance(connection: sqlite3.Connection, seconds: float) -> int | None:
    """Write down that the clock goes forward, also for the servers that use this folder later.

    It moves only when `put_forward` is called, once this is committed.

    Parameters
    ----------
    seconds
        0 or more: the clock never goes back.

    Returns
    -------
    int or None
        How many microseconds it is to be ahead of the machine's; None, and nothing is written, when
        that would be over a hundred years.
    """
    # from what is written, not from what this process shows: several may share a commit
    ahead = _written(connection) + max(0, round(seconds * 1e6))
    if ahead > MAX_AHEAD_S * 1_000_000:
        return None
    connection.execute("INSERT OR REPLACE INTO settings VALUES (?, ?)", (_SETTING, str(ahead)))
    return ahead


def put_forward(ahead_us: int) -> None:
    """Let the clock be so many microseconds ahead of the machine's, unless it is further."""
    with _Ahead.lock:
        _Ahead.microseconds = max(_Ahead.microseconds, ahead_us)


def _written(connection: sqlite3.Connection) -> int:
    row = connection.execute("SELECT value FROM settings WHERE name = ?", (_SETTING,)).fetchone()
    return int(row["value"]) if row else 0


def to_datetime(microseconds: int | None) -> datetime | None:
    """Convert stored microseconds to an aware UTC time; None stays None."""
    return None if microseconds is None else _EPOCH + timedelta(microseconds=microseconds)


def rfc3339(microseconds: int | None) -> str | None:
    """Write stored microseconds as the records of the wire write a time."""
    if microseconds is None:
        return None
    second, fraction = divmod(microseconds, 1_000_000)
    return f"{_to_the_second(second)}.{fraction:06}Z"


@functools.lru_cache  # what happens now happens in the same few seconds
def _to_the_second(seconds: int) -> str:
    return (_EPOCH + timedelta(seconds=seconds)).strftime("%Y-%m-%dT%H:%M:%S")


def to_us(moment: datetime) -> int:
    """Convert an aware time to microseconds since 1970."""
    return (moment - _EPOCH) // timedelta(microseconds=1)
