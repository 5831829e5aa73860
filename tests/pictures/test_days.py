"""Money day by day as a small picture."""

from __future__ import annotations

import numpy as np
import pytest
from pngs import indices_of

from musicnb.pictures import days_png


def test_highest_day_has_the_whole_height_and_the_others_their_share() -> None:
    """Spent at the foot, held on top of it, nothing where there was nothing."""
    image = indices_of(days_png([100.0, 0.0, 25.0], [100.0, 0.0, 0.0]))
    spent, held = (image == 1).sum(axis=0), (image == 2).sum(axis=0)
    left, middle, right = (slice(i * 640 // 3 + 10, (i + 1) * 640 // 3 - 10) for i in range(3))
    assert (spent[left].max(), held[left].max()) == (55, 55)
    assert (spent[middle].max(), held[middle].max()) == (0, 0)
    assert (spent[right].max(), held[right].max()) == (14, 0)


def test_little_money_is_still_seen() -> None:
    """A day of one credit beside one of ten thousand has a bar."""
    image = indices_of(days_png([10_000.0, 1.0], [0.0, 0.0]))
    assert (image[:, 320:] == 1).sum(axis=0).max() == 4


def test_picture_is_small() -> None:
    """It stays in a notebook."""
    random = np.random.default_rng(1)
    assert len(days_png(list(random.random(31)), list(random.random(31)))) < 1000


@pytest.mark.parametrize("days", [([], []), ([1.0], []), ([1.0] * 161, [0.0] * 161)])
def test_days_that_are_no_picture_are_refused(days: tuple[list[float], list[float]]) -> None:
    """None, too many, or not as many of one as of the other."""
    with pytest.raises(ValueError, match="no picture"):
        days_png(*days)
