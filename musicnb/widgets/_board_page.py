"""The board's page: its scripts and styles, joined without a build step."""

from __future__ import annotations

import re
from importlib.resources import files
from typing import Final

__all__ = ["SCRIPTS", "STYLES", "joined"]

#: The page's files, each after those it needs.
SCRIPTS: Final = (
    "_page.js",
    "_sound_store.js",
    "_controls.js",
    "_waveform.js",
    "_player_sound.js",
    "_rating.js",
    "_player_row.js",
    "_card.js",
    "_filter.js",
    "_filter_bar.js",
    "_grid.js",
    "_shelf.js",
    "_deck.js",
    "_compare.js",
    "_picks.js",
    "board.js",
)
#: Its styles.
STYLES: Final = (
    "_page.css",
    "board.css",
    "_player.css",
    "_rating.css",
    "_shelf.css",
    "_compare.css",
    "_tray.css",
)


def _without_comments(text: str) -> str:
    """Drop comments, indentation and empty lines: every saved widget state holds a copy.

    Knows block comments and lines that are nothing but a comment; our files have no others.
    """
    text = re.sub(r"/\*.*?\*/|^[ \t]*//[^\n]*$", "", text, flags=re.MULTILINE | re.DOTALL)
    return re.sub(r"\n\s+", "\n", text).lstrip()


def joined(names: tuple[str, ...]) -> str:
    """Join the page's files: browsers load a widget as one module, and we have no build step."""
    folder = files("musicnb.widgets")
    text = "\n".join(folder.joinpath(name).read_text(encoding="utf-8") for name in names)
    return _without_comments(text)
