r"""Which pair to hear next: the one whose answer is expected to settle most of the goal.

With :math:`p_i` the chance that clip i is among the best k, :math:`\sum_i p_i (1 - p_i)` is what a
shortlist has yet to fear (the score of Brier 1950). Of a pair, the expected gain is how much less
of it there will be after the answer :math:`Y`,

.. math::

   \sum_i \operatorname{Var}(P(T_i \mid Y)), \quad T_i = \text{clip i is among the best k},

under the posterior: the value of sample information (Raiffa and Schlaifer 1961) where loss is
quadratic. The mutual information between :math:`T_i` and the answer (Lindley 1956; MacKay 1992) is
the same with a logarithmic loss. That pays as well for making the nearly certain more certain, and
needs more votes in simulation; the information about all strengths, whatever the goal, is hardly
better than pairs drawn by lot.

References
----------
G. W. Brier: Verification of forecasts expressed in terms of probability. Mon. Weather Rev. 78,
1950.
D. V. Lindley: On a measure of the information provided by an experiment. Ann. Math. Stat. 27, 1956.
D. J. C. MacKay: Information-based objective functions for active data selection. Neural Comput. 4,
1992.
H. Raiffa, R. Schlaifer: Applied statistical decision theory. Harvard University, 1961.
"""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from itertools import combinations
from numbers import Real
from typing import Any, Final

import numpy as np
from numpy.typing import NDArray

from musicnb._given import shown
from musicnb.errors import InvalidInput
from musicnb.listen._inputs import name, whole_seed
from musicnb.listen._model import Floats, answer_chances
from musicnb.listen._posterior import Ballots, Draws, quick_draws
from musicnb.listen._votes import TopK, Vote, check

_DRAWS: Final = (400, 1_200)
"""At least and at most: gains differ little between pairs, so few draws choose by their noise."""
_WEIGHED: Final = 100_000
"""Draws times pairs, where that is in between: 30 ms."""
_APART: Final = 3
"""Other pairs heard between a pair and its repeat, at least: it should not be remembered."""
_MOST_CLIPS: Final = 64
"""So many clips are paired with one another; of more, those nearest to the edge of the goal."""
_AT_ONCE: Final = 128
"""So many pairs are weighed at once: 5 MB at most for each array over draws, pairs, answers."""
_SELDOM: Final = 1e-6
_TOP_3: Final = TopK(3)


@dataclass(frozen=True, slots=True)
class Pair:
    """Two clips to hear: ``left`` as A, ``right`` as B; ``is_repeat`` stays hidden."""

    left: str
    right: str
    is_repeat: bool = False


def next_pair(
    votes: Iterable[Vote],
    clips: Iterable[str],
    *,
    goal: TopK = _TOP_3,
    seed: int = 0,
    listener: str = "me",
    repeats: float = 0.1,
) -> Pair:
    """Return what a listener should hear next.

    The same arguments give the same pair. No pair comes twice in a row, every clip is heard on
    both sides equally often as far as that goes, and one pair in ``1 / repeats``, at a random place
    of each such stretch, is an earlier one of the same listener with the sides exchanged.

    Of more than 64 clips only pairs of 64 are weighed, of those about which it is least clear
    whether they are among the best k: an answer about others hardly tells who is.

    Parameters
    ----------
    votes
        Those of all listeners so far, in their order.
    clips
        Ids of everything that is compared, in an order that stays the same.
    goal
        What the votes are for.
    seed
        Decides what chance decides; a whole number from 0.
    listener
        Who listens.
    repeats
        Share of hidden repeats: 0, or 0.000001 to 0.5.

    Raises
    ------
    InvalidInput
        Votes, clips and goal do not fit together, the share is out of range, or anything is not
        what it should be.
    """
    listed, clips = check(votes, clips, goal)
    seed, listener, repeats = whole_seed(seed), name("listener", listener), _share(repeats)
    own = [vote for vote in listed if vote.listener == listener]
    chance = np.random.default_rng([seed, len(listed), *listener.encode()])
    if repeats and _repeat_is_due(len(own), round(1 / repeats), seed):
        earlier = _repeatable(own)
        if earlier:
            vote = earlier[chance.integers(len(earlier))]
            return Pair(vote.right, vote.left, is_repeat=True)
    draws = quick_draws(Ballots.of(listed, clips), _draws_for(len(clips)), chance)
    pairs = list(combinations(_at_the_edge(draws, goal), 2))
    first, second = np.array(pairs).T
    taught = expected_gain(draws, first, second, goal)
    if own and len(pairs) > 1:
        taught[[{clips[one], clips[other]} == own[-1].pair for one, other in pairs]] = -np.inf
    one, other = pairs[int(np.argmax(taught))]
    return Pair(*_sides(clips[one], clips[other], own, chance))


def expected_gain(
    draws: Draws, first: NDArray[np.intp], second: NDArray[np.intp], goal: TopK
) -> Floats:
    """Return how much less doubt about who is among the best each pair is expected to leave."""
    inside = draws.in_top(goal.k).astype(float)
    parts = [
        _gain(draws, first[start : start + _AT_ONCE], second[start : start + _AT_ONCE], inside)
        for start in range(0, len(first), _AT_ONCE)
    ]
    return np.concatenate(parts)


def _gain(
    draws: Draws, first: NDArray[np.intp], second: NDArray[np.intp], inside: Floats
) -> Floats:
    chances = answer_chances(
        draws.strengths[:, first],
        draws.strengths[:, second],
        draws.line[:, None],
        draws.log_eta[:, None],
    )
    flat = chances.reshape(len(chances), -1)
    joint = inside.T @ flat / len(flat)  # (clips, pairs x answers)
    squares = (joint**2).sum(axis=0) / flat.mean(axis=0)
    before = (inside.mean(axis=0) ** 2).sum()
    return np.asarray(squares.reshape(chances.shape[1:]).sum(axis=-1) - before)


def _draws_for(clips: int) -> int:
    pairs = min(clips, _MOST_CLIPS) * (min(clips, _MOST_CLIPS) - 1) // 2
    return int(np.clip(_WEIGHED // pairs, *_DRAWS))


def _at_the_edge(draws: Draws, goal: TopK) -> list[int]:
    """Return places of clips, of many those that may as well be among the best k as not."""
    share = draws.in_top(goal.k).mean(axis=0)
    unclear = np.argsort(-share * (1 - share), kind="stable")
    return sorted(int(place) for place in unclear[:_MOST_CLIPS])


def _share(repeats: Any) -> float:
    number = isinstance(repeats, Real) and not isinstance(repeats, bool)
    if not number or not (repeats == 0 or _SELDOM <= repeats <= 1 / 2):
        raise InvalidInput(
            f"repeats must be a share, not {shown(repeats)}", hint=f"give 0, or {_SELDOM:f} to 0.5"
        )
    return float(repeats)


def _repeat_is_due(position: int, stretch: int, seed: int) -> bool:
    number, place = divmod(position, stretch)
    return place == int(np.random.default_rng([seed, number]).integers(stretch))


def _repeatable(own: Sequence[Vote]) -> list[Vote]:
    """Return votes whose pair has been heard once, and not just now."""
    heard = Counter(vote.pair for vote in own)
    recent = {vote.pair for vote in own[-_APART:]}
    return [vote for vote in own if heard[vote.pair] == 1 and vote.pair not in recent]


def _sides(
    one: str, other: str, own: Sequence[Vote], chance: np.random.Generator
) -> tuple[str, str]:
    """Put the clip on the left that has been there less often than its share."""
    lead = Counter({one: 0, other: 0})
    for vote in own:
        lead[vote.left] += 1
        lead[vote.right] -= 1
    if lead[one] == lead[other]:
        return (one, other) if chance.random() < 1 / 2 else (other, one)
    return (one, other) if lead[one] < lead[other] else (other, one)
