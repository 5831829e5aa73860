"""What a card says of an order that came to nothing."""

from __future__ import annotations

from decimal import Decimal

import pytest

from musicnb.errors import InsufficientBalance, MusicnbError, TaskCanceled, TaskFailed
from musicnb.studio._endings import what_now

D = Decimal


@pytest.mark.parametrize(
    ("error", "charged", "refunded", "said"),
    [
        (
            TaskFailed("no", code="overloaded", retryable=True), D(80), D(80),
            ("80 credits were charged, and all of them refunded."
            " The same again may work: press Generate once more."),
        ),
        (
            TaskFailed("no", code="content_rejected"), D(80), D(30),
            ("80 credits were charged, and 30 of them refunded."
            " Change the request before you order it again."),
        ),
        (
            TaskFailed("no"), D(80), None,
            ("80 credits were charged; a refund is not reported yet."
            " Ordering it again is a new order, at its full price."),
        ),
        (
            TaskFailed("no", code="x", charged=None), None, None,
            ("Whether it was charged is not known yet."
            " Change the request before you order it again."),
        ),
        (TaskCanceled("stopped", charged=False), None, None, "Nothing was charged."),
        (TaskCanceled("stopped", charged=True), None, None, "It was charged."),
        (InsufficientBalance("12 credits left", hint="Top up"), None, None, "Top up"),
    ],
)  # fmt: skip
def test_failure_says_where_the_money_is_and_what_to_do(
    error: MusicnbError, charged: Decimal | None, refunded: Decimal | None, said: str
) -> None:
    """Charged, refunded or not known, each in a sentence; then what helps, where something does."""
    assert what_now(error, charged, refunded) == said
