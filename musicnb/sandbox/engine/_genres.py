"""The genres: what each one plays, how fast, on which sounds and in how large a room."""

from __future__ import annotations

from musicnb.sandbox.engine._genre import Genre
from musicnb.sandbox.engine._genres_electronic import ELECTRONIC
from musicnb.sandbox.engine._genres_played import PLAYED

GENRES: tuple[Genre, ...] = (*PLAYED, *ELECTRONIC)

BY_NAME: dict[str, Genre] = {genre.name: genre for genre in GENRES}

GENRE_NAMES: tuple[str, ...] = tuple(BY_NAME)

#: What an order without any genre word may become.
OPEN_CHOICE: tuple[str, ...] = ("pop", "lofi", "house", "folk", "synthwave", "dream_pop")


def _words() -> dict[str, str]:
    words: dict[str, str] = {}
    for genre in GENRES:
        words[genre.name.replace("_", " ")] = genre.name
        for alias in genre.aliases:
            words[alias] = genre.name
    return words


#: Every word for a genre, mapped to its name.
GENRE_WORDS: dict[str, str] = _words()
