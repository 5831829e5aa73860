"""Whether a listener says the same twice, and whether listeners agree: counts, not verdicts."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass
from itertools import combinations

from musicnb.listen._votes import Answer, Vote, listeners_of


@dataclass(frozen=True, slots=True)
class Agreement:
    """How often two answers about the same pair were the same.

    Parameters
    ----------
    listeners
        Whose answers: one name for repeats, two for a comparison.
    same
        Same answers.
    opposite
        Once this clip, once the other.
    total
        All comparisons, with those between a preference and none.
    """

    listeners: tuple[str, ...]
    same: int
    opposite: int
    total: int

    @property
    def share(self) -> float | None:
        """Share of same answers, 0 to 1; None where nothing could be compared."""
        return self.same / self.total if self.total else None

    def __str__(self) -> str:
        who = " and ".join(self.listeners)
        if not self.total:
            return f"{who}: nothing to compare"
        return f"{who}: {self.same} of {self.total} the same, {self.opposite} opposite"


def consistency(votes: Iterable[Vote]) -> tuple[Agreement, ...]:
    """Return by listener how often a hidden repeat got the answer that its pair had got before.

    A repeat is compared with the last earlier vote of the same listener about the same pair; one
    whose earlier vote is missing does not count.
    """
    listed = list(votes)
    found = []
    for name in listeners_of(listed):
        earlier: dict[frozenset[str], Vote] = {}
        compared = []
        for vote in listed:
            if vote.listener != name:
                continue
            if vote.is_repeat and vote.pair in earlier:
                compared.append((_preference(earlier[vote.pair]), _preference(vote)))
            earlier[vote.pair] = vote
        found.append(_agreement((name,), compared))
    return tuple(found)


def agreement(votes: Iterable[Vote]) -> tuple[Agreement, ...]:
    """Return for every two listeners how often they agree on the pairs that both have heard.

    Of several votes of one listener about a pair the first counts; the others are repeats.
    """
    listed = list(votes)
    first: dict[str, dict[frozenset[str], Vote]] = {name: {} for name in listeners_of(listed)}
    for vote in listed:
        first[vote.listener].setdefault(vote.pair, vote)
    return tuple(
        _agreement(
            (one, other),
            [
                (_preference(vote), _preference(first[other][pair]))
                for pair, vote in first[one].items()
                if pair in first[other]
            ],
        )
        for one, other in combinations(first, 2)
    )


def _preference(vote: Vote) -> str | Answer:
    """Return the clip that was preferred, or the answer where none was."""
    return {"A": "clip " + vote.left, "B": "clip " + vote.right}.get(vote.answer, vote.answer)


def _agreement(
    listeners: tuple[str, ...], compared: list[tuple[str | Answer, str | Answer]]
) -> Agreement:
    undecided = {"tie", "both_unusable"}
    return Agreement(
        listeners=listeners,
        same=sum(one == other for one, other in compared),
        opposite=sum(one != other and not {one, other} & undecided for one, other in compared),
        total=len(compared),
    )
