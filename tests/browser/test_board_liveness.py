"""Many rows that change at once, over a wire that loses messages."""

from __future__ import annotations

from typing import Any

import pytest
from liveness import open_live_board, watch_changes
from playwright.sync_api import Page

ROWS = 300


@pytest.mark.parametrize("drop", [False, True], ids=["whole", "dropped"])
def test_300_rows_end_right_and_take_few_messages(
    lab: Any, page: Page, board_takes: str, *, drop: bool
) -> None:
    """One message a tick, however many rows change; what is lost is asked for again."""
    open_live_board(lab, page, board_takes, rows=ROWS)
    seen = watch_changes(lab, page, seconds=4.0, at_hz=5.0, drop=drop)
    assert (seen.cards, seen.right) == (ROWS, ROWS)
    # 5 a second for as long as it took, one at each end, and one that answers what was asked again
    assert seen.messages <= 5 * seen.seconds + 3
