"""A cap that many reach for at once is never exceeded."""

from __future__ import annotations

import sys
from collections.abc import Iterator
from concurrent.futures import ThreadPoolExecutor
from decimal import Decimal
from pathlib import Path
from threading import Barrier

import pytest
from ordering import piece

from musicnb.library import Journal

PRICE, FIT, AT_ONCE, ROUNDS = 50, 3, 8, 10


@pytest.fixture
def impatient_threads() -> Iterator[None]:
    """Let threads take turns as often as they can."""
    usual = sys.getswitchinterval()
    sys.setswitchinterval(1e-6)
    yield
    sys.setswitchinterval(usual)


@pytest.mark.usefixtures("impatient_threads")
def test_cap_that_many_reach_for_at_once_is_filled_and_never_exceeded(tmp_path: Path) -> None:
    """Eight plan under one name in the same moment; three orders fit, in every round."""
    journal = Journal(tmp_path / "journal.sqlite")
    for number in range(ROUNDS):
        begin = Barrier(AT_ONCE)

        def plan(which: int, sweep: str = f"sweep {number}", begin: Barrier = begin) -> int:
            begin.wait()
            planned = journal.plan_sweep(
                [piece(which)], service="s", sweep=sweep, max_credits=Decimal(PRICE * FIT)
            )
            return len(planned.orders)

        with ThreadPoolExecutor(AT_ONCE) as pool:
            assert sum(pool.map(plan, range(AT_ONCE))) == FIT
    journal.close()
