"""A piece of HTML that stands by itself: in a notebook's output, in a file, without script."""

from __future__ import annotations

import html
import os
from collections.abc import Callable
from pathlib import Path
from typing import Any, Self
from urllib.parse import quote

from musicnb.pictures._html import Html, element
from musicnb.pictures._scales import size_text

_LOOK = "body { margin: 24px; background: Canvas; color: CanvasText; color-scheme: light dark }"


class Page:
    """HTML without script, style or network, and what it says in plain text.

    In a notebook it shows itself; it needs no kernel later. In a script, `save` it or print it.

    Parameters
    ----------
    title
        What it is called.
    html
        A fragment; everything it shows is inside it.
    text
        The same in plain words.

    Attributes
    ----------
    links_from
        The folder that its links start from: where Python runs, as it is for a notebook.
    """

    def __init__(self, title: str, html: Html, text: str) -> None:
        self.title, self.html, self.text = title, html, text
        self.links_from = Path.cwd()

    @classmethod
    def sized(cls, title: str, draw: Callable[[str], Html], describe: Callable[[str], str]) -> Self:
        """Make a page that says how large it is.

        Parameters
        ----------
        title
            What it is called.
        draw, describe
            Given the size in words, return the fragment and its text.
        """
        size = size_text(len(draw("000 kB").encode()))
        return cls(title, draw(size), describe(size))

    @property
    def size_bytes(self) -> int:
        """What it adds to a notebook, in bytes."""
        return len(self.html.encode())

    def save(self, path: str | os.PathLike[str]) -> Path:
        """Write it as a file that any browser opens, offline too; its links still lead to files.

        Returns
        -------
        pathlib.Path
            The file.

        Raises
        ------
        OSError
            It cannot be written there.
        """
        file = Path(path)
        head = element(
            "head",
            Html('<meta charset="utf-8">'),
            *self._base(file.resolve().parent),
            Html('<meta name="viewport" content="width=device-width">'),
            element("title", self.title),
            element("style", Html(_LOOK)),
        )
        document = element("html", head, element("body", self.html), lang="en")
        file.write_text(f"<!doctype html>\n{document}\n", encoding="utf-8")
        return file

    def _base(self, folder: Path) -> list[Html]:
        """Say where links start from, if that is not the folder the page lies in."""
        if folder == self.links_from.resolve():
            return []
        try:
            way = os.path.relpath(self.links_from.resolve(), folder)
        except ValueError:  # another drive
            return []
        return [Html(f'<base href="{html.escape(quote(Path(way).as_posix()))}/">')]

    def __repr__(self) -> str:
        return self.text

    def _repr_mimebundle_(self, **_: Any) -> dict[str, str]:
        return {"text/html": str(self.html), "text/plain": self.text}
