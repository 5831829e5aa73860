"""What a listener said about two clips, and what somebody wants to learn from it."""

from __future__ import annotations

import math
from collections.abc import Collection, Iterable, Sequence
from dataclasses import dataclass
from typing import Final, Literal, get_args

from musicnb.errors import InvalidInput

Answer = Literal["A", "B", "tie", "both_unusable"]

ANSWERS: Final[tuple[Answer, ...]] = get_args(Answer)
_MIRRORED: Final[dict[Answer, Answer]] = {
    "A": "B",
    "B": "A",
    "tie": "tie",
    "both_unusable": "both_unusable",
}


@dataclass(frozen=True, slots=True)
class Vote:
    """One answer of one listener to one pair of clips.

    Parameters
    ----------
    left, right
        Ids of the clips that were heard as A and as B.
    answer
        ``"A"``, ``"B"``, ``"tie"`` (equally good), or ``"both_unusable"``.
    listener
        Who listened.
    is_repeat
        Whether the pair had been answered before and came again, unannounced.
    reasons
        Tags the listener chose.
    note
        Free text.
    heard_s
        Seconds for which A and B were played.

    Raises
    ------
    InvalidInput
        A clip is compared with itself, or a field is not what it should be.
    """

    left: str
    right: str
    answer: Answer
    listener: str = "me"
    is_repeat: bool = False
    reasons: tuple[str, ...] = ()
    note: str = ""
    heard_s: tuple[float, float] = (0.0, 0.0)

    def __post_init__(self) -> None:
        for field in ("left", "right", "listener"):
            value = getattr(self, field)
            if not isinstance(value, str) or not value:
                raise InvalidInput(f"{field} of a vote must be a name, not {value!r}")
        if self.left == self.right:
            raise InvalidInput(f"clip {self.left!r} cannot be compared with itself")
        if self.answer not in ANSWERS:
            raise InvalidInput(
                f"answer {self.answer!r} is not known", hint=f"use one of {', '.join(ANSWERS)}"
            )
        if not isinstance(self.is_repeat, bool) or not isinstance(self.note, str):
            raise InvalidInput("is_repeat of a vote must be True or False, and its note a text")
        if not isinstance(self.reasons, tuple) or not all(isinstance(r, str) for r in self.reasons):
            raise InvalidInput(f"reasons must be a tuple of words, not {self.reasons!r}")
        if not _are_two_lengths(self.heard_s):
            raise InvalidInput(f"heard_s must be seconds of A and of B, not {self.heard_s!r}")

    @property
    def pair(self) -> frozenset[str]:
        """The two clips, whichever side they were on."""
        return frozenset((self.left, self.right))

    def mirrored(self) -> Vote:
        """Return the same statement with the sides exchanged."""
        return Vote(
            left=self.right,
            right=self.left,
            answer=_MIRRORED[self.answer],
            listener=self.listener,
            is_repeat=self.is_repeat,
            reasons=self.reasons,
            note=self.note,
            heard_s=(self.heard_s[1], self.heard_s[0]),
        )


@dataclass(frozen=True, slots=True)
class TopK:
    """The wish to know which ``k`` clips are the best.

    Parameters
    ----------
    k
        How many, at least 1.

    Raises
    ------
    InvalidInput
        ``k`` is not a whole number from 1.
    """

    k: int = 3

    def __post_init__(self) -> None:
        if isinstance(self.k, bool) or not isinstance(self.k, int) or self.k < 1:
            raise InvalidInput(f"the best k clips need a whole k from 1, not {self.k!r}")


def check(votes: Iterable[Vote], clips: Collection[str], goal: TopK) -> list[Vote]:
    """Return the votes as a list, if they, the clips and the goal fit together.

    Raises
    ------
    InvalidInput
        A goal that is none, fewer than two clips, a clip named twice, a goal that takes all of
        them, or a vote about a clip that is not among them.
    """
    if not isinstance(goal, TopK):
        raise InvalidInput(f"the goal must be a TopK, not {goal!r}")
    known = set(clips)
    if isinstance(clips, str) or len(known) < 2:  # noqa: PLR2004
        raise InvalidInput("there must be at least two clips to compare")
    if len(known) < len(clips):
        raise InvalidInput("a clip is named twice")
    if goal.k >= len(known):
        raise InvalidInput(
            f"the best {goal.k} of {len(known)} clips are all of them", hint="ask for fewer"
        )
    listed = list(votes)
    for vote in listed:
        if not isinstance(vote, Vote):
            raise InvalidInput(f"{vote!r} is not a Vote")
        for clip in (vote.left, vote.right):
            if clip not in known:
                raise InvalidInput(f"a vote is about clip {clip!r}, which is not among the clips")
    return listed


def _are_two_lengths(value: object) -> bool:
    return (
        isinstance(value, tuple)
        and len(value) == 2  # noqa: PLR2004
        and all(isinstance(part, (int, float)) and 0 <= part < math.inf for part in value)
    )


def listeners_of(votes: Sequence[Vote]) -> list[str]:
    """Return everybody who voted, in the order of the alphabet."""
    return sorted({vote.listener for vote in votes})
