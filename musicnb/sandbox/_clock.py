"""Time as the sandbox keeps it: microseconds since 1970, UTC."""

from __future__ import annotations

import time
from datetime import UTC, datetime, timedelta
from typing import Final

_EPOCH: Final = datetime(1970, 1, 1, tzinfo=UTC)


def now_us() -> int:
    """Return the present, in microseconds since 1970."""
    return time.time_ns() // 1000


def to_datetime(microseconds: int | None) -> datetime | None:
    """Convert stored microseconds to an aware UTC time; None stays None."""
    return None if microseconds is None else _EPOCH + timedelta(microseconds=microseconds)


def to_us(moment: datetime) -> int:
    """Convert an aware time to microseconds since 1970."""
    return (moment - _EPOCH) // timedelta(microseconds=1)
