"""What a listener said about two clips, and what somebody wants to learn from it."""

from __future__ import annotations

import sys
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from typing import Any, Final, Literal, get_args

from musicnb._given import shown
from musicnb.errors import InvalidInput
from musicnb.listen._inputs import name

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
            name(f"{field} of a vote", getattr(self, field))
        if self.left == self.right:
            raise InvalidInput(f"clip {shown(self.left)} cannot be compared with itself")
        if not isinstance(self.answer, str) or self.answer not in ANSWERS:
            raise InvalidInput(
                f"answer {shown(self.answer)} is not known", hint=f"use one of {', '.join(ANSWERS)}"
            )
        if not isinstance(self.is_repeat, bool):
            raise InvalidInput(f"is_repeat must be True or False, not {shown(self.is_repeat)}")
        if not isinstance(self.note, str):
            raise InvalidInput(f"note must be a text, not {shown(self.note)}")
        if not isinstance(self.reasons, tuple) or not all(isinstance(r, str) for r in self.reasons):
            raise InvalidInput(f"reasons must be a tuple of words, not {shown(self.reasons)}")
        if not _are_two_lengths(self.heard_s):
            raise InvalidInput(f"heard_s must be seconds of A and of B, not {shown(self.heard_s)}")

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
            raise InvalidInput(f"the best k clips need a whole k from 1, not {shown(self.k)}")


def check(
    votes: Iterable[Vote], clips: Iterable[str], goal: TopK
) -> tuple[list[Vote], tuple[str, ...]]:
    """Return votes and clips, if they and the goal fit together.

    Raises
    ------
    InvalidInput
        A goal that is none, fewer than two clips, a clip named twice, a goal that takes all of
        them, or a vote about a clip that is not among them; clips without an order, or anything
        that is not what it should be.
    """
    if not isinstance(goal, TopK):
        raise InvalidInput(f"the goal must be a TopK, not {shown(goal)}", hint="give TopK(3)")
    named = _clips(clips)
    known = set(named)
    if goal.k >= len(known):
        raise InvalidInput(
            f"the best {shown(goal.k)} of {len(known)} clips are all of them",
            hint="ask for fewer",
        )
    listed = _listed("votes", votes)
    for vote in listed:
        if not isinstance(vote, Vote):
            raise InvalidInput(f"votes holds {shown(vote)}, which is not a Vote")
        for clip in (vote.left, vote.right):
            if clip not in known:
                raise InvalidInput(
                    f"a vote is about clip {shown(clip)}, which is not among the clips",
                    hint="leave the vote out, or add the clip",
                )
    return listed, named


def _clips(clips: Any) -> tuple[str, ...]:
    if isinstance(clips, (set, frozenset)):
        raise InvalidInput(
            f"clips must have an order, which a set has not: {shown(clips)}; the same seed would"
            " not ask for the same pair again",
            hint="give sorted(clips)",
        )
    if isinstance(clips, (str, bytes, Mapping)):
        raise InvalidInput(
            f"clips must be ids of at least two clips, not {shown(clips)}", hint="give a list"
        )
    named = tuple(name("each of clips", clip) for clip in _listed("clips", clips))
    if len(named) < 2:  # noqa: PLR2004
        raise InvalidInput(f"there must be at least two clips to compare, not {shown(named)}")
    if len(set(named)) < len(named):
        twice = next(clip for place, clip in enumerate(named) if clip in named[:place])
        raise InvalidInput(f"a clip is named twice: {shown(twice)}", hint="name it once")
    return named


def _listed(field: str, value: Any) -> list[Any]:
    if not isinstance(value, Iterable):
        raise InvalidInput(f"{field} must be a list, not {shown(value)}")
    return list(value)


def _are_two_lengths(value: object) -> bool:
    return (
        isinstance(value, tuple)
        and len(value) == 2  # noqa: PLR2004
        and all(
            isinstance(part, (int, float)) and 0 <= part <= sys.float_info.max for part in value
        )
    )


def listeners_of(votes: Sequence[Vote]) -> list[str]:
    """Return everybody who voted, in the order of the alphabet."""
    return sorted({vote.listener for vote in votes})
