"""Killed under load, again and again: nothing is lost, nothing happens twice."""

from __future__ import annotations

from crashing import campaign

KILLS = 15


def test_kill_9_at_chosen_moments_loses_and_repeats_nothing() -> None:
    """After 15 kills under load every accepted task has ended once, paid or refunded, and plays."""
    summary = campaign(KILLS, seed=1)
    assert not summary.problems, str(summary)
    assert summary.kills.total() == KILLS
    assert summary.seen["tasks succeeded"] > 0
    assert summary.seen["tasks canceled"] > 0
    assert summary.seen["clips played"] > 0
    assert summary.seen["answers lost"] > 0
