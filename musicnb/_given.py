"""What people give: numbers made Python's own, and any value written for an error.

A number may be Python's, numpy's or a fraction; True, NaN and what has no end are none.
"""

from __future__ import annotations

import math
import numbers
import operator
from typing import Any


def whole(value: object) -> int | None:
    """Return a whole number as Python's own; None for all else, True and 2.0 included."""
    if isinstance(value, bool):
        return None
    try:
        return operator.index(value)  # type: ignore[arg-type] # what is no number is told apart
    except TypeError:
        return None


def real(value: object) -> float | None:
    """Return a finite real number as Python's own; None for all else, True and text included."""
    if isinstance(value, bool) or not isinstance(value, numbers.Real):
        return None
    try:
        number = float(value)
    except (OverflowError, TypeError):  # hundreds of digits; numpy's time spans pass for integers
        return None
    return number if math.isfinite(number) else None


def plain(value: Any) -> Any:
    """Return a number as Python's own, and everything else as it is."""
    number = real(value) if whole(value) is None else whole(value)
    return value if number is None else number


def shown(value: object, most: int = 80) -> str:
    """Write any value in one short line."""
    try:
        text = repr(value)
    except Exception:  # noqa: BLE001 - of an integer with thousands of digits, or a caller's own
        return f"a {type(value).__name__} that cannot be shown"
    return text if len(text) <= most else f"{text[: most - 1]}…"
