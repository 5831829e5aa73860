"""What a page of a board has been told, and the next patch to tell it."""

from __future__ import annotations

import time
from collections.abc import Callable, Iterable
from dataclasses import dataclass
from typing import Any

from musicnb.widgets._board_views import CardView, ClipView, pack_peaks


@dataclass(frozen=True, slots=True)
class Patch:
    """What changed since the patch before.

    Parameters
    ----------
    content, data
        The message and its buffer.
    arrived
        Clips that the page has not been told of before.
    """

    content: dict[str, Any]
    data: bytes
    arrived: tuple[ClipView, ...]


class Patches:
    """Numbered patches, each with only the fields that changed and each outline once.

    Parameters
    ----------
    cards
        Those that the page gets with its first state.
    pack
        Makes of a card what the page gets.
    """

    def __init__(
        self, cards: Iterable[CardView], pack: Callable[[CardView], dict[str, Any]]
    ) -> None:
        cards = list(cards)
        self._pack = pack
        self._sent = {card.card_id: pack(card) for card in cards}
        self._sent_peaks = {
            clip.clip_id: clip.peaks for card in cards for clip in card.clips if clip.peaks
        }
        self._changed: dict[str, CardView] = {}
        #: Of the last patch.
        self.number = 0

    def __bool__(self) -> bool:
        return bool(self._changed)

    def put(self, card: CardView) -> None:
        """Have a card in the next patch, as it was put last."""
        self._changed[card.card_id] = card

    def take(self) -> Patch:
        """Make the patch of all that was put, and count it as sent."""
        cards = list(self._changed.values())
        self._changed.clear()
        arrived = tuple(clip for card in cards for clip in self._new_clips(card))
        fresh = [
            clip
            for card in cards
            for clip in card.clips
            if clip.peaks and self._sent_peaks.get(clip.clip_id) != clip.peaks
        ]
        self._sent_peaks |= {clip.clip_id: clip.peaks for clip in fresh}
        index, data = pack_peaks(fresh)
        self.number += 1
        content = {
            "op": "patch",
            "number": self.number,
            "now": time.time(),
            "cards": [self._difference(card) for card in cards],
            "peaks": index,
        }
        return Patch(content, data, arrived)

    def _new_clips(self, card: CardView) -> list[ClipView]:
        told = {old["clip_id"] for old in self._sent.get(card.card_id, {}).get("clips", ())}
        return [clip for clip in card.clips if clip.clip_id not in told]

    def _difference(self, card: CardView) -> dict[str, Any]:
        """Give the fields that differ from those sent last, and remember them as sent."""
        before, after = self._sent.get(card.card_id, {}), self._pack(card)
        self._sent[card.card_id] = after
        return {"card_id": card.card_id} | {
            name: value for name, value in after.items() if before.get(name) != value
        }
