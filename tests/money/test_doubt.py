"""Orders in doubt: what is said of their money is what the journal has."""

from __future__ import annotations

import contextlib
from pathlib import Path

from household import eventually, one_sandbox

from musicnb.errors import InsufficientBalance

MORE_THAN_ARE_SENT_AT_ONCE = 7


def test_order_in_doubt_is_asked_for_although_one_before_it_was_turned_away(
    tmp_path: Path,
) -> None:
    """An empty wallet turns the next away, but proves nothing about an order sent before."""
    with (
        one_sandbox(tmp_path, 1, credits_each=50) as move_in,
        contextlib.closing(move_in()) as household,
    ):
        with household.armed("answer_lost", on="create", when="before"):
            tasks = [household.order() for _ in range(MORE_THAN_ARE_SENT_AT_ONCE)]
            eventually(lambda: all(task.done for task in tasks))
        assert {household.entry(task).state for task in tasks} == {"unknown"}
        refused = [task for task in household.studio.resume() if task.error is not None]
        assert len(refused) == len(tasks) - 1
        for task in refused:
            assert isinstance(task.error, InsufficientBalance)
            assert (task.error.charged, household.entry(task).state) == (False, "planned")
        household.top_up(50 * len(refused))
        household.resume()
        household.check_at_the_end()
