"""How what a listener thinks of a clip gets from the page to whoever keeps it."""

from __future__ import annotations

import logging
from collections.abc import Callable, Mapping
from typing import Any, TypeAlias, cast

from musicnb.errors import MusicnbError
from musicnb.library import Rating, RatingChanges

__all__ = ["Rate", "RatingTaker"]

#: Keeps what is new of a clip's stars, tags and note, by the clip's id; gives what is kept now.
Rate: TypeAlias = Callable[[str, RatingChanges], Rating]

_log = logging.getLogger(__name__)


class RatingTaker:
    """Hands ratings over and tells the page what became of them.

    Parameters
    ----------
    rate
        Keeps a rating.
    send
        Sends a message to the page.
    """

    def __init__(self, rate: Rate, send: Callable[[dict[str, Any]], None]) -> None:
        self._rate, self._send = rate, send

    def take(self, content: Mapping[str, Any]) -> None:
        """Have a rating kept; the answer repeats the number of the question."""
        answer: dict[str, Any] = {"op": "rated", "id": content.get("id")}
        answer["number"] = content.get("number")
        try:
            changes = cast(
                "RatingChanges", content.get("changes") or {}
            )  # checked where it is kept
            rating = self._rate(str(answer["id"]), changes)
            kept = {"stars": rating.stars, "tags": list(rating.tags), "note": rating.note}
            answer["rating"] = kept
        except MusicnbError as error:
            answer["why"] = f"{error.message}. {error.hint}" if error.hint else error.message
        except Exception:  # noqa: BLE001 - the owner's callback; the page must get an answer
            _log.exception("the rating of clip %s could not be kept", answer["id"])
            answer["why"] = "something went wrong"
        self._send(answer)
