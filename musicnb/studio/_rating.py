"""Ratings on their way: into the journal, and onto every board of this kernel."""

from __future__ import annotations

import weakref
from typing import TYPE_CHECKING, Final

from musicnb.errors import LibraryError

if TYPE_CHECKING:
    from musicnb.library import Journal, Rating, RatingChanges
    from musicnb.widgets import Board

_boards: Final[weakref.WeakKeyDictionary[Board, Journal]] = weakref.WeakKeyDictionary()


def keep_rated(board: Board, journal: Journal) -> None:
    """Have a board follow the ratings of a journal's clips, wherever they are given."""
    _boards[board] = journal


def rate(journal: Journal, clip_id: str, changes: RatingChanges) -> Rating:
    """Write a rating down, and show it on every board that follows.

    Raises
    ------
    InvalidInput
        Something of it cannot be kept.
    LibraryError
        The journal is closed, only read, or cannot be written.
    """
    try:
        rating = journal.rate(clip_id, **changes)
    except LibraryError as error:
        if error.code != "library_read_only":
            raise
        problem = error.with_facts(hint="Rate it in the process that works with the library")
    else:
        for board, followed in list(_boards.items()):
            if followed is journal:
                board.show_rating(clip_id, rating.stars, rating.tags, rating.note)
        return rating
    raise problem
