"""Clips compared on one playhead, with their names or without."""

from __future__ import annotations

import random
from collections.abc import Callable, Mapping, Sequence
from dataclasses import replace
from pathlib import Path
from typing import Final

from musicnb.errors import Fault, InvalidInput
from musicnb.widgets._board import Board
from musicnb.widgets._board_views import CardView, ClipView

__all__ = ["MOST_COMPARED", "Comparison"]

#: What one hand's keys reach, and what a page can hold decoded.
MOST_COMPARED: Final = 8
_CARD: Final = "comparison"
_lots: Final = random.SystemRandom()


class Comparison:
    """Two to eight clips under one playhead, of which one is heard; shows itself in a notebook.

    Blind, the clips are called A, B, C … in an order drawn by lot, and nothing else of them but
    their files' bytes and their length leaves Python: no id, title, file name, picture or fact.
    Tags inside a file stay in its bytes: the page shows none, but who looks for them finds them.

    Parameters
    ----------
    clips
        What is compared.
    locate
        Gives the file with a clip's bytes, by the id in its `ClipView`. Called on any thread.
    blind
        Whether to withhold which clip is which until `reveal`.
    copy_note
        What a copy without its kernel says.
    draw
        Puts a list into a random order in place.

    Raises
    ------
    InvalidInput
        Fewer than two clips, or more than eight.
    """

    def __init__(
        self,
        clips: Sequence[ClipView],
        *,
        locate: Callable[[str], Path],
        blind: bool = False,
        copy_note: str = "A copy without sound.",
        draw: Callable[[list[ClipView]], None] = _lots.shuffle,
    ) -> None:
        if not 2 <= len(clips) <= MOST_COMPARED:  # noqa: PLR2004 - one alone is no comparison
            raise InvalidInput.from_faults(
                [Fault("clips", "", f"must be 2 to {MOST_COMPARED} clips, not {len(clips)}")]
            )
        order = list(clips)
        if blind:
            draw(order)
        self._clips = order
        self._hidden = blind
        ids = {name: clip.clip_id for name, clip in zip(self._names, order, strict=True)}
        self.board = Board(
            label="Comparison",
            cards=[self._card()],
            locate=(lambda name: locate(ids[name])) if blind else locate,
            compare=True,
            blind=blind,
            copy_note=copy_note,
        )

    def reveal(self) -> Mapping[str, str]:
        """Name the clips, here and on the page.

        Returns
        -------
        Mapping[str, str]
            Title by letter, or by number where nothing was withheld.
        """
        if self._hidden:
            self._hidden = False
            self.board.put(self._card(named=True))
            self.board.settle()
        return {name: clip.title for name, clip in zip(self._names, self._clips, strict=True)}

    @property
    def _names(self) -> list[str]:
        return [chr(ord("A") + i) for i in range(len(self._clips))]

    def _card(self, *, named: bool = False) -> CardView:
        pairs = zip(self._names, self._clips, strict=True)
        clips = self._clips
        if named:
            clips = [replace(c, clip_id=name, title=f"{name} · {c.title}") for name, c in pairs]
        elif self._hidden:
            known = [c.loudness_lufs for c in clips if c.loudness_lufs is not None]
            clips = [_without_name(name, clip, min(known, default=0.0)) for name, clip in pairs]
        return CardView(_CARD, "", "", "", "succeeded", clips=tuple(clips))

    def _ipython_display_(self) -> None:
        self.board.show()

    def __repr__(self) -> str:
        return f"<Comparison of {len(self._clips)} clips{', names withheld' * self._hidden}>"


def _without_name(name: str, clip: ClipView, quietest_lufs: float) -> ClipView:
    # the page needs differences of loudness to match levels; the loudness itself is in tables
    level = None if clip.loudness_lufs is None else clip.loudness_lufs - quietest_lufs
    return ClipView(
        clip_id=name,
        title=name,
        duration_s=clip.duration_s,
        media_type="application/octet-stream",
        size_bytes=0,
        peaks=b"",
        file="",
        loudness_lufs=level,
    )
