"""A comparison's kernel side: who is called what, and what never leaves Python."""

from __future__ import annotations

import json
from pathlib import Path
from typing import Any

import pytest

from musicnb.errors import InvalidInput
from musicnb.widgets import ClipView, Comparison

SECRET = ("tsk_77", "Slow Light", "slow-light", "44.1 kHz", "suno")


def clip(number: int, **facts: Any) -> ClipView:
    known: dict[str, Any] = {"loudness_lufs": -14.0 - number} | facts
    return ClipView(
        f"tsk_77{number}-suno",
        f"Slow Light {number}",
        60.0 + number,
        "audio/mpeg",
        1000 + number,
        bytes([200, 56]) * 1000,
        f"library/slow-light-{number}.mp3",
        facts=("44.1 kHz stereo",),
        **known,
    )


def swap(clips: list[ClipView]) -> None:
    """Draw lots that always fall the same way: last first."""
    clips.reverse()


def test_named_comparison_keeps_order_and_names() -> None:
    """Without blindness it is a board of its clips, in the order they were given."""
    comparison = Comparison([clip(1), clip(2)], locate=Path)
    state = comparison.board.full_state()
    assert comparison.board.compare
    assert [packed["title"] for packed in state["cards"][0]["clips"]] == [
        "Slow Light 1",
        "Slow Light 2",
    ]
    assert comparison.reveal() == {"A": "Slow Light 1", "B": "Slow Light 2"}


def test_blind_comparison_tells_the_page_nothing_but_letters_and_lengths() -> None:
    """Neither the state, nor its copies, nor its text holds an id, a title, a file or a fact."""
    comparison = Comparison([clip(1), clip(2), clip(3)], locate=Path, blind=True)
    board = comparison.board
    state = board.get_state()
    assert state["state"]["peaks"] == {"index": [], "data": b""}
    del state["state"]["peaks"], state["_esm"], state["_css"]
    told = json.dumps(state, default=str) + board.static_html() + board.text() + repr(comparison)
    assert [word for word in SECRET if word in told] == []
    clips = state["state"]["cards"][0]["clips"]
    assert [packed["clip_id"] for packed in clips] == ["A", "B", "C"]
    assert {packed["size_bytes"] for packed in clips} == {0}
    # levels can be matched, yet no loudness is a measured one
    assert sorted(packed["loudness_lufs"] for packed in clips) == [0.0, 1.0, 2.0]


def test_blind_comparison_is_in_an_order_drawn_by_lot_and_serves_the_right_files() -> None:
    """A is whatever the lots say, and its sound is that clip's."""
    asked: list[str] = []

    def locate(clip_id: str) -> Path:
        asked.append(clip_id)
        return Path(__file__)

    comparison = Comparison([clip(1), clip(2)], locate=locate, blind=True, draw=swap)
    board, sent = comparison.board, []
    board.send = lambda content, _=None: sent.append(content)
    board._on_message(board, {"op": "get", "id": "A", "offset": 0}, [])
    assert asked == ["tsk_772-suno"]
    assert sent[0]["id"] == "A"
    assert sent[0]["type"] == "application/octet-stream"


def test_reveal_names_the_clips_here_and_on_the_page() -> None:
    """The letters stay, so that notes remain true; titles and pictures join them."""
    comparison = Comparison([clip(1), clip(2)], locate=Path, blind=True, draw=swap)
    assert "withheld" in repr(comparison)
    assert comparison.reveal() == {"A": "Slow Light 2", "B": "Slow Light 1"}
    state = comparison.board.full_state()
    assert [packed["title"] for packed in state["cards"][0]["clips"]] == [
        "A · Slow Light 2",
        "B · Slow Light 1",
    ]
    assert state["peaks"]["index"] == [["A", 1000], ["B", 1000]]
    assert "withheld" not in repr(comparison)


def test_clips_of_unknown_loudness_can_be_compared_blind() -> None:
    """Nothing is matched, and nothing fails."""
    comparison = Comparison(
        [clip(1, loudness_lufs=None), clip(2, loudness_lufs=None)], locate=Path, blind=True
    )
    (card,) = comparison.board.full_state()["cards"]
    assert [packed["loudness_lufs"] for packed in card["clips"]] == [None, None]


@pytest.mark.parametrize("count", [0, 1, 9])
def test_comparison_of_too_few_or_too_many_is_refused(count: int) -> None:
    """One cannot be compared; nine have no keys and might not fit into a page's memory."""
    with pytest.raises(InvalidInput, match="2 to 8 clips"):
        Comparison([clip(i) for i in range(count)], locate=Path)
