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
    return time.time_ns() // 1000 + _Ahead.microseconds


def ahead_s() -> float:
    """Return how many seconds the clock is ahead of the machine's."""
    return _Ahead.microseconds / 1e6


def take_up(connection: sqlite3.Connection) -> None:
    """Go on where an earlier server of the same folder was: its rows must not lie in the future."""
    row = connection.execute("SELECT value FROM settings WHERE name = ?", (_SETTING,)).fetchone()
    with _Ahead.lock:
        _Ahead.microseconds = max(_Ahead.microseconds, int(row["value"]) if row else 0)


def advance(connection: sqlite3.Connection, seconds: float) -> bool:
    """Put the clock forward, also for the servers that will use this folder later.

    Parameters
    ----------
    seconds
        0 or more: the clock never goes back.

    Returns
    -------
    bool
        False, and nothing happens, when it would be over a hundred years ahead.
    """
    with _Ahead.lock:
        ahead = _Ahead.microseconds + max(0, round(seconds * 1e6))
        if ahead > MAX_AHEAD_S * 1_000_000:
            return False
        connection.execute("INSERT OR REPLACE INTO settings VALUES (?, ?)", (_SETTING, str(ahead)))
        _Ahead.microseconds = ahead
    return True


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
