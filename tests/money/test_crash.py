"""Killed at one exact moment after another, the client pays once and gets everything."""

from __future__ import annotations

from campaigning import campaign

POINTS = 24


def test_client_killed_at_exact_moments_pays_each_order_once_and_gets_every_clip() -> None:
    """After kills at 24 points none was charged twice, no clip is missing, and the books agree."""
    summary = campaign(POINTS, seed=1, pieces=12)
    assert not summary.problems, str(summary)
    assert len(summary.points) == POINTS
    assert len(summary.deaths) > POINTS / 4, str(summary)
    assert summary.seen["clips on disk"] > 0
