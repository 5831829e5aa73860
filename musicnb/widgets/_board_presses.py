"""How a press on a card, to cancel or to choose, gets from the page to the board's owner."""

from __future__ import annotations

import logging
from collections.abc import Callable
from typing import Any

from musicnb.errors import MusicnbError
from musicnb.widgets._board_views import CardView, pack_card

__all__ = ["Presses"]

_log = logging.getLogger(__name__)


class Presses:
    """Hands presses over, and tells the page why where that fails.

    Parameters
    ----------
    cancel, choose
        As of `musicnb.widgets.Board`.
    send
        Sends a message to the page.
    """

    def __init__(
        self,
        cancel: Callable[[str], None] | None,
        choose: Callable[[str, str], None] | None,
        send: Callable[[dict[str, Any]], None],
    ) -> None:
        self._cancel, self._choose, self._send = cancel, choose, send

    def pack(self, card: CardView) -> dict[str, Any]:
        """Make of a card what the page gets, without buttons that nobody answers."""
        packed = pack_card(card)
        packed["can_cancel"] = card.can_cancel and self._cancel is not None
        return packed if self._choose is not None else packed | {"choices": []}

    def cancel(self, card: CardView) -> None:
        """Have an order canceled, if its card offers that."""
        if card.can_cancel and (cancel := self._cancel) is not None:
            self._try(card.card_id, "Not canceled", lambda: cancel(card.card_id))

    def choose(self, card: CardView, name: object) -> None:
        """Have done what somebody has chosen, if the card offers it."""
        if (choose := self._choose) is None:
            return
        if any(choice.name == name for choice in card.choices):
            self._try(card.card_id, "Not done", lambda: choose(card.card_id, str(name)))

    def _try(self, card_id: str, verdict: str, action: Callable[[], None]) -> None:
        """Call the owner, and let the page say why when that fails."""
        try:
            action()
        except Exception as error:  # noqa: BLE001 - the owner's callback; the page must be told
            _log.exception("%s: what was asked of it failed", card_id)
            why = error.message if isinstance(error, MusicnbError) else "something went wrong"
            self._send({"op": "refused", "card_id": card_id, "why": f"{verdict}: {why}"})
