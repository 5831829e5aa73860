"""Clips are rated: in Python, on boards, in one kernel and across a restart."""

from dataclasses import replace

import pytest

from musicnb import TextToMusic
from musicnb.errors import InvalidInput, LibraryError
from musicnb.library import Library
from musicnb.studio._display import TaskBoard, card_of
from musicnb.studio._run_board import grid_of

BRIEF = TextToMusic("slow waltz, 3 s", model="minimax-music-2.6", instrumental=True)
PATIENCE_S = 240


@pytest.fixture(scope="module")
def task(studio):
    """One finished task."""
    task = studio.generate(BRIEF)
    task.result(PATIENCE_S)
    return task


def test_rating_stays_with_the_clip_whichever_handle_gave_it(studio, task):
    """Handles are many, the journal is one."""
    (clip,) = task.clips
    assert clip.rate(stars=4, tags=["hook"]) is clip
    clip.rate(note="keep")
    (again,) = (found for found in studio.clips() if found.clip_id == clip.clip_id)
    assert (again.stars, again.tags, again.note) == (4, ("hook",), "keep")
    assert studio.library.journal.ratings()[clip.clip_id] == again.rating
    with pytest.raises(InvalidInput, match="stars: is 6; give 1 to 5"):
        clip.rate(stars=6)
    clip.rate(stars=None, tags=(), note="")
    assert (clip.stars, clip.tags, clip.note) == (None, (), "")


def test_clip_rated_on_one_board_is_rated_on_the_others(task):
    """All boards of a kernel follow one journal; no page is asked."""
    boards = [TaskBoard(label=label) for label in ("One", "Two")]
    for board in boards:
        board.add(task)
    (clip,) = task.clips
    message = {"op": "rate", "id": clip.clip_id, "changes": {"stars": 2}, "number": 1}
    boards[0].board._on_message(boards[0].board, message, [])
    assert clip.stars == 2
    assert ["★★☆☆☆" in board.board.text() for board in boards] == [True, True]
    clip.rate(stars=3)
    assert ["★★★☆☆" in board.board.text() for board in boards] == [True, True]
    assert card_of(task).clips[0].stars == 3


def test_rating_in_a_library_that_is_only_read_says_where_to_give_it(studio, task):
    """It is shown here and given there: one process works with a library."""
    (clip,) = task.clips
    clip.rate(stars=5)
    reader = Library(studio.library.folder, read_only=True)
    read = replace(clip, journal=reader.journal)
    assert read.stars == 5
    with pytest.raises(LibraryError, match="in the process that works with") as caught:
        read.rate(stars=1)
    assert caught.value.code == "library_read_only"
    reader.close()
    with pytest.raises(LibraryError, match="belongs to no library"):
        replace(clip, journal=None).rate(stars=1)
    assert clip.stars == 5


def test_grid_of_a_run_has_a_tile_for_every_cell_and_repeat(studio):
    """What runs, what does not fit, what was excluded and what cannot be sent, in plan order."""
    plan = studio.sweep(
        "tiles",
        TextToMusic("{mood}, 3 s", instrumental=True),
        {"mood": ["calm", "dark", "x" * 5000], "model": {"minimax-music-2.6": 2, "suno-5.5": 1}},
        exclude={"mood": "dark", "model": "minimax-music-2.6"},
    )
    run = plan.run(max_credits=130, skip_invalid=True).wait(PATIENCE_S)
    board = grid_of(run).board
    cards = list(board._cards.values())
    assert board.axes == ["mood", "model"]
    assert [(card.place[0][:4], card.place[1], card.repeat, card.status) for card in cards] == [
        ("calm", "minimax-music-2.6", 1, "succeeded"),
        ("calm", "minimax-music-2.6", 2, "succeeded"),
        ("calm", "suno-5.5", 0, "not run"),
        ("dark", "minimax-music-2.6", 0, "excluded"),
        ("dark", "suno-5.5", 0, "not run"),
        ("xxxx", "minimax-music-2.6", 0, "invalid"),
        ("xxxx", "suno-5.5", 0, "invalid"),
    ]
    assert cards[2].problem == "needs 80, 30 left"
    assert "prompt" in cards[5].problem
    assert [card.credits for card in cards[:2]] == [50.0, 50.0]
    assert all(len(card.clips) == 1 for card in cards[:2])
