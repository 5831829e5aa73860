"""Killed at one exact moment after another, the client pays once and gets everything."""

from __future__ import annotations

from campaigning import campaign

KILLS = 40


def test_client_killed_at_exact_moments_pays_each_order_once_and_gets_every_clip() -> None:
    """After 40 kills no order was charged twice, no paid clip is missing, and the books agree."""
    summary = campaign(KILLS, seed=1, pieces=16)
    assert not summary.problems, str(summary)
    assert summary.deaths.total() == KILLS
    assert len(summary.points) > KILLS / 2, str(summary)
    assert len(summary.deaths) > KILLS / 4, str(summary)
    assert summary.seen["clips on disk"] > 0
