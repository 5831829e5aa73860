"""Credits as integers: the sandbox counts ten-thousandths of a credit and never uses floats."""

from __future__ import annotations

from decimal import Decimal
from typing import Final, NewType

Units = NewType("Units", int)
"""Ten-thousandths of a credit."""

UNITS_PER_CREDIT: Final = 10_000
_EXPONENT: Final = -4


def to_units(amount: Decimal) -> Units:
    """Convert credits to units.

    Raises
    ------
    ValueError
        The amount is not a finite number with at most four decimal places.
    """
    if not amount.is_finite():
        raise ValueError("an amount of credits must be finite")
    units = amount.scaleb(-_EXPONENT)
    if units != units.to_integral_value():
        raise ValueError("an amount of credits has at most four decimal places")
    return Units(int(units))


def to_credits(units: int) -> Decimal:
    """Convert units to credits with four decimal places."""
    return Decimal(units).scaleb(_EXPONENT)
