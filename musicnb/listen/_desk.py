"""What a listener is shown, and what is asked of whoever keeps the votes."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Literal, Protocol

Slot = Literal["A", "B"]


@dataclass(frozen=True, slots=True)
class BlindScreen:
    """Everything that a listener may know while a session is sealed; all of it reaches the page.

    Parameters
    ----------
    state
        ``"pair"`` to be voted on, ``"break"``, ``"done"`` (all votes given) or ``"revealed"``.
    token
        Random and new for each presentation, never a clip's id; empty where there is no pair.
    number
        Which pair this is, from 1.
    of
        Pairs that are planned.
    answered
        Votes of this listener that are kept.
    minutes_left
        Estimated time to the end, in minutes.
    seconds
        Length of both excerpts, in seconds.
    least_heard_s
        For how many seconds each must have been played before a vote counts.
    reasons
        Tags that are offered with a vote.
    remark
        Plain words for a break, the end, a session that is revealed, or a pair.
    """

    state: Literal["pair", "break", "done", "revealed"]
    token: str
    number: int
    of: int
    answered: int
    minutes_left: float
    seconds: float
    least_heard_s: float
    reasons: tuple[str, ...] = ()
    remark: str = ""


class BlindDesk(Protocol):
    """Asks for votes on pairs of sounds and keeps them; knows what is A and what is B."""

    def screen(self) -> BlindScreen:
        """Say what is to be shown now."""
        ...

    def vote(
        self,
        answer: str,
        *,
        token: str,
        reasons: Sequence[str] = (),
        note: str = "",
        heard_s: tuple[float, float] = (0.0, 0.0),
    ) -> BlindScreen:
        """Keep a vote for good before returning what comes next.

        Parameters
        ----------
        answer
            One of `musicnb.listen.ANSWERS`.
        token
            Of the pair that was heard. A vote given twice with one token counts once.
        reasons, note
            What the listener added.
        heard_s
            Seconds for which A and B were heard.

        Raises
        ------
        InvalidInput
            The token is not, or no longer, that of a pair; not enough was heard; or the answer is
            not known.
        """
        ...

    def undo(self) -> BlindScreen:
        """Take back this listener's last vote."""
        ...

    def sound(self, token: str, slot: Slot) -> bytes:
        """Give a WAV file that differs from its neighbour in nothing but its sound."""
        ...

    def resume(self) -> BlindScreen:
        """Go on after a break."""
        ...

    def reveal(self) -> object:
        """End the session: say which clip was which."""
        ...
