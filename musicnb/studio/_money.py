"""Money in words, the same words everywhere a person reads it."""

from __future__ import annotations

from decimal import Decimal

from musicnb.catalogue import amount_text, usd
from musicnb.errors import MusicnbError


def credits_text(credits: Decimal) -> str:  # noqa: A002 - the service's word
    """Write an amount as ``80 credits ($0.08)``."""
    return f"{amount_text(credits)} credits (${usd(credits):.2f})"


def charge_text(
    charged: Decimal | None, refunded: Decimal | None, error: MusicnbError | None
) -> str:
    """Say what an ended order has cost, and admit where that is not known."""
    if charged is None:
        if error is None or error.charged is None:
            return "charge not known yet"
        return "charged, amount not reported" if error.charged else "not charged"
    if refunded:
        kept = charged - refunded
        return f"{amount_text(refunded)} credits refunded" + (
            f", {amount_text(kept)} kept" if kept else ""
        )
    return f"{amount_text(charged)} credits charged"
