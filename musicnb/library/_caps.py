"""What may be ordered at all: within a wallet's balance."""

from __future__ import annotations

from collections.abc import Iterable
from decimal import Decimal

from musicnb.catalogue import amount_text
from musicnb.errors import InsufficientBalance
from musicnb.library._records import Job


def require_balance(jobs: Iterable[Job], balance: Decimal | None) -> None:
    """Refuse what a wallet cannot pay for, before the first request.

    Parameters
    ----------
    jobs
        Orders of one call; those that have left already are paid for.
    balance
        Credits in the wallet; None where the service does not tell.

    Raises
    ------
    InsufficientBalance
        It says which sum is missing.
    """
    if balance is None:
        return
    needed = sum((job.expected_credits for job in jobs if job.state == "planned"), Decimal(0))
    if needed > balance:
        need, held, missing = map(amount_text, (needed, balance, needed - balance))
        raise InsufficientBalance(
            f"this needs {need} credits and the wallet holds {held}: {missing} are missing",
            hint="Nothing was ordered. Top up, or give a smaller max_credits",
            charged=False,
        )
