"""Ratings between page and owner: kept, refused, shown from elsewhere. No browser."""

from __future__ import annotations

from dataclasses import replace
from pathlib import Path
from typing import Any

import pytest

from musicnb.errors import Fault, InvalidInput, LibraryError
from musicnb.library import Rating
from musicnb.widgets import Board, CardView, ClipView

CLIP = ClipView("c", "Take", 61.9, "audio/mpeg", 10, b"", "lib/a.mp3")
CARD = CardView("t", "suno-5.5", "Song", "dream pop", "succeeded", clips=(CLIP,))
ASK = {"op": "rate", "id": "c", "changes": {"stars": 4}, "number": 7}


def board_with(**options: Any) -> tuple[Board, list[dict[str, Any]]]:
    board = Board(cards=[CARD], locate=Path, schedule=lambda _delay, _do: None, **options)
    sent: list[dict[str, Any]] = []
    board.send = lambda content, _buffers=None: sent.append(content)
    return board, sent


def test_rating_is_handed_over_and_answered_with_what_is_kept() -> None:
    """The answer has the question's number, so that the page can tell it from a later one."""
    asked = []

    def rate(clip_id: str, changes: Any) -> Rating:
        asked.append((clip_id, changes))
        return Rating(clip_id, 4, ("hook",), "a note", 1.0)

    board, sent = board_with(rate=rate)
    board._on_message(board, ASK, [])
    assert asked == [("c", {"stars": 4})]
    kept = {"stars": 4, "tags": ["hook"], "note": "a note"}
    assert sent == [{"op": "rated", "id": "c", "number": 7, "rating": kept}]


@pytest.mark.parametrize(
    ("error", "why"),
    [
        (InvalidInput.from_faults([Fault("stars", "", "is 9; give 1 to 5")]), "stars: is 9; give"),
        (LibraryError("it is only read", hint="Rate it there"), "it is only read. Rate it there"),
        (RuntimeError("secret"), "something went wrong"),
    ],
)
def test_rating_that_cannot_be_kept_is_answered_with_the_reason(error: Exception, why: str) -> None:
    """In plain words, and what only we should see stays here."""

    def refuse(*_: object) -> Rating:
        raise error

    board, sent = board_with(rate=refuse)
    board._on_message(board, ASK, [])
    (answer,) = sent
    assert answer["number"] == 7
    assert answer["why"].startswith(why)


def test_board_that_keeps_no_ratings_says_so_to_its_page_and_ignores_them() -> None:
    """The page then shows no stars."""
    board, sent = board_with()
    assert not board.can_rate
    board._on_message(board, ASK, [])
    assert sent == []


def test_rating_from_elsewhere_reaches_the_page_the_copy_and_the_text() -> None:
    """Only the clip's card travels, and a clip that is not here changes nothing."""
    board, sent = board_with()
    board.show_rating("another", 5, (), "")
    assert sent == []
    board.show_rating("c", 5, ("hook",), "keep <b>this</b>")
    (patch,) = sent
    (clip,) = patch["cards"][0]["clips"]
    assert (clip["stars"], clip["tags"], clip["note"]) == (5, ["hook"], "keep <b>this</b>")
    assert "★★★★★ #hook “keep &lt;b&gt;this&lt;/b&gt;”" in board.static_html()
    assert "★★★★★ #hook “keep <b>this</b>”" in board.text()


def test_unrated_clip_travels_without_stars_tags_and_note() -> None:
    """Ten thousand clips are not sent thirty thousand empty fields."""
    board, _ = board_with()
    (packed,) = board.full_state()["cards"]
    assert {"stars", "tags", "note"}.isdisjoint(packed["clips"][0])


def test_copy_of_a_grid_has_a_heading_for_each_line() -> None:
    """Labels of the leading axes once, escaped; the cards below keep their whole names."""
    cards = [
        replace(CARD, card_id=f"{mood}{model}", clips=(), place=(mood, "90 bpm", model))
        for mood in ("calm", "<b>dark")
        for model in ("suno", "minimax")
    ]
    board = Board(cards=cards, locate=Path, axes=("mood", "tempo", "model"))
    text = board.static_html()
    assert text.count("calm · 90 bpm") == 1
    assert text.count("&lt;b&gt;dark · 90 bpm") == 1
    assert board.axes == ["mood", "tempo", "model"]


@pytest.mark.parametrize("status", ["not run", "excluded", "invalid"])
def test_cell_that_is_no_task_is_not_waited_for(status: str) -> None:
    """It is at rest from the beginning."""
    board = Board(cards=[replace(CARD, status=status, clips=())], locate=Path)
    assert "not finished" not in board.text()
    assert board.full_state()["cards"][0]["over"]
