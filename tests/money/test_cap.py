"""A cap that many reach for at once is never exceeded."""

from __future__ import annotations

import random
import sys
import tempfile
from collections.abc import Iterator
from concurrent.futures import ThreadPoolExecutor
from decimal import Decimal
from pathlib import Path
from threading import Barrier

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from ordering import piece

from musicnb.errors import InvalidInput
from musicnb.library import Job, Journal
from musicnb.wire import Billing

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


@settings(max_examples=200, deadline=None)
@given(
    at_once=st.sampled_from([1, 4, 16]),
    cap=st.integers(0, 700),
    pieces=st.integers(1, 12),
    seed=st.integers(0, 2**32),
)
def test_cap_holds_whatever_becomes_of_the_orders(
    at_once: int, cap: int, pieces: int, seed: int
) -> None:
    """Orders that fail, get lost, are refunded or wanted again never commit more than the cap."""
    with tempfile.TemporaryDirectory() as folder:
        journal = Journal(Path(folder) / "journal.sqlite")

        def live(which: int) -> None:
            fate = random.Random(f"{seed} {which}")  # noqa: S311 - choices, not secrets
            briefs = [piece(fate.randrange(pieces)) for _ in range(pieces)]
            planned = journal.plan_sweep(
                briefs, service="s", sweep="spring", max_credits=Decimal(cap)
            )
            require_cap(journal, cap)
            for job, is_new in planned.orders:
                if is_new:
                    carry(journal, job, fate)
                    require_cap(journal, cap)

        with ThreadPoolExecutor(at_once) as pool:
            list(pool.map(live, range(at_once)))
        journal.close()


def carry(journal: Journal, job: Job, fate: random.Random) -> None:
    """Let an order come to some end; one that failed may be wanted once more."""
    journal.sending(job.job_id)
    match fate.choice(["lost", "refused", "failed", "refunded later", "done"]):
        case "lost":
            journal.unknown(job.job_id, "no answer")
        case "refused":
            journal.ended(job.job_id, "failed", "refused")
        case end:
            journal.accepted(job.job_id, f"tsk_{job.job_id}")
            if fate.random() < 0.7:
                charged = Billing(charged_credits=job.expected_credits)
                journal.billed(job.job_id, charged, None)
            if end == "done":
                journal.ended(job.job_id, "succeeded")
                return
            journal.ended(job.job_id, "failed", "no luck")
            if end == "refunded later":
                back = Billing(refunded_credits=job.expected_credits)
                journal.billed(job.job_id, back, None)
    if fate.random() < 0.5:
        try:
            carry(journal, journal.repeat(journal.job(job.job_id)), fate)
        except InvalidInput:  # no room, or somebody else wants it already
            return


def require_cap(journal: Journal, cap: int) -> None:
    """Add up, independently of the journal's own sum, what is or may be spent."""
    jobs = journal.jobs("s")
    charged = sum(job.charged_credits or 0 for job in jobs)
    open_ = sum(
        job.expected_credits
        for job in jobs
        if job.charged_credits is None and not (job.has_ended and job.task_id is None)
    )
    assert charged + open_ <= cap
