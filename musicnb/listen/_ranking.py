"""The ranking: what votes tell about clips, and what they do not."""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, field
from typing import Final, Literal, get_args

import numpy as np

from musicnb._given import shown
from musicnb.errors import InvalidInput
from musicnb.listen._contrasts import Contrast, contrasts
from musicnb.listen._inputs import by_clip, whole_seed
from musicnb.listen._model import USABLE_MARGIN, Floats
from musicnb.listen._posterior import Ballots, Draws
from musicnb.listen._sampling import sample
from musicnb.listen._votes import TopK, Vote, check, listeners_of

Group = Literal["clear", "not separated", "reject"]

VOTES_A_CLIP: Final = 2
"""So many votes for each clip there must be before anything but counts is told."""

_SURE: Final = 0.95
_INTERVAL: Final = (0.025, 0.975)
_TOP_3: Final = TopK(3)


@dataclass(frozen=True, slots=True)
class Tally:
    """How often a clip was heard, and what was said; repeats count, too.

    Parameters
    ----------
    clip
        Its id.
    won, lost, tied, unusable
        Votes for it, for the other, for neither, against both.
    """

    clip: str
    won: int
    lost: int
    tied: int
    unusable: int

    @property
    def heard(self) -> int:
        """In how many votes it was heard."""
        return self.won + self.lost + self.tied + self.unusable


@dataclass(frozen=True, slots=True)
class Standing:
    """What is known about one clip.

    Parameters
    ----------
    clip
        Its id.
    group
        ``"clear"``: among the best k and usable, with 95 %. ``"reject"``: not, with 95 %.
        ``"not separated"``: more votes could still say either.
    strength
        Relative to the mean of all clips: one that is stronger by 1 is preferred in 73 % of the
        votes that prefer one, if ties are rare.
    low, high
        The ends of the strength's 95 % interval.
    in_top
        Probability, 0 to 1, that the clip is among the best k.
    usable
        Probability that it is heard as usable more often than not.
    """

    clip: str
    group: Group
    strength: float
    low: float
    high: float
    in_top: float
    usable: float


@dataclass(frozen=True)
class Ranking:
    """Clips in the order of their strengths, as far as the votes tell. Made by `rank`.

    Parameters
    ----------
    goal
        What the votes were for.
    tallies
        Counts, in the order in which the clips were given.
    standings
        The strongest first; empty while there are fewer than ``needed`` votes.
    votes, needed
        How many votes there are, and from how many on there are standings.
    listeners
        Who voted. With one listener all of this is about her ear; with several, about people like
        them.
    wins
        (clips, clips) counts: how often the clip of the row was preferred to that of the column.
    seed
        Of the draws from the posterior.
    """

    goal: TopK
    tallies: tuple[Tally, ...]
    standings: tuple[Standing, ...]
    votes: int
    needed: int
    listeners: tuple[str, ...]
    wins: tuple[tuple[int, ...], ...]
    seed: int
    _clusters: tuple[str, ...] = field(repr=False)
    _strengths: Floats | None = field(repr=False, compare=False)

    @property
    def shortlist(self) -> tuple[str, ...]:
        """The k clips that are most likely among the best k; empty while there are only counts."""
        ordered = sorted(self.standings, key=lambda standing: -standing.in_top)
        return tuple(standing.clip for standing in ordered[: self.goal.k])

    def group(self, name: Group) -> tuple[Standing, ...]:
        """Return the standings of one group, the strongest first.

        Raises
        ------
        InvalidInput
            There is no such group.
        """
        if not isinstance(name, str) or name not in get_args(Group):
            raise InvalidInput(
                f"group {shown(name)} is not known", hint=f"use one of {', '.join(get_args(Group))}"
            )
        return tuple(standing for standing in self.standings if standing.group == name)

    def compare(self, labels: Mapping[str, str]) -> tuple[Contrast, ...]:
        """Return the differences in mean strength between labels: models, prompts, any axis.

        A clip's own interval is about that clip, a difference is about further tasks, of which the
        clips of one task tell only once: intervals come from the spread between clusters.

        Parameters
        ----------
        labels
            By clip; clips without a label are left out.

        Raises
        ------
        InvalidInput
            There are only counts so far, labels are no names by clip, one is about an unknown
            clip, or fewer than two are in use.
        """
        clips = [tally.clip for tally in self.tallies]
        named = by_clip("labels", labels, clips)
        if self._strengths is None:
            raise InvalidInput(f"{self.votes} votes give counts only; {self.needed} are needed")
        return contrasts(
            self._strengths,
            [named.get(clip) for clip in clips],
            self._clusters,
            np.random.default_rng(self.seed),
        )

    def __str__(self) -> str:
        return self.text()

    def text(self, names: Mapping[str, str] | None = None) -> str:
        """Print the ranking, a line for each clip.

        Parameters
        ----------
        names
            What clips are called, by id; others by their id.
        """
        called = names or {}
        who = f"{len(self.listeners)} listener{'s' * (len(self.listeners) != 1)}"
        head = f"best {self.goal.k} of {len(self.tallies)} clips, {self.votes} votes of {who}"
        if not self.standings:
            rows = [
                f"  won {t.won:2} of {t.heard:2}  {called.get(t.clip, t.clip)}"
                for t in self.tallies
            ]
            return "\n".join((f"{head}; counts only before {self.needed} votes", *rows))
        rows = [_line(one, called.get(one.clip, one.clip)) for one in self.standings]
        return "\n".join((head, *rows))


def rank(
    votes: Iterable[Vote],
    clips: Iterable[str],
    *,
    clusters: Mapping[str, str] | None = None,
    goal: TopK = _TOP_3,
    seed: int = 0,
) -> Ranking:
    """Rank clips by paired comparisons.

    Paired comparison, because MUSHRA (ITU-R BS.1534-3) needs a reference, which generated music
    does not have; ITU-R BS.2132-0 does without one, but asks for marks of all clips at once on one
    scale, where a pair asks only which. The model and its sources stand in ``listen._model``, the
    prior in ``listen._posterior``; intervals are quantiles of draws from the posterior
    (``listen._sampling``).

    Parameters
    ----------
    votes
        In any order, of any number of listeners.
    clips
        Ids of everything that is compared, at least two.
    clusters
        By clip: what it has in common with others, usually its task. A clip that is not named
        stands for itself. Used by `Ranking.compare`.
    goal
        What the groups are about.
    seed
        Of the draws, a whole number from 0: the same votes and seed give the same numbers.

    Raises
    ------
    InvalidInput
        Votes, clips, clusters and goal do not fit together, or are not what they should be.
    """
    listed, clips = check(votes, clips, goal)
    seed = whole_seed(seed)
    named = {} if clusters is None else by_clip("clusters", clusters, clips)
    ballots = Ballots.of(listed, clips)
    needed = VOTES_A_CLIP * len(clips)
    draws = None
    if len(listed) >= needed:
        draws = sample(ballots, np.random.default_rng(seed))
    wins = _wins(ballots)
    return Ranking(
        goal=goal,
        tallies=_tallies(ballots, wins, clips),
        standings=_standings(draws, clips, goal) if draws else (),
        votes=len(listed),
        needed=needed,
        listeners=tuple(listeners_of(listed)),
        wins=tuple(tuple(int(count) for count in row) for row in wins),
        seed=seed,
        _clusters=tuple(named.get(clip, f"the clip {clip}") for clip in clips),
        _strengths=draws.strengths if draws else None,
    )


def _wins(ballots: Ballots) -> np.ndarray:
    wins = np.zeros((ballots.clips, ballots.clips), int)
    for answer, (better, worse) in enumerate(
        ((ballots.first, ballots.second), (ballots.second, ballots.first))
    ):
        told = ballots.answer == answer
        np.add.at(wins, (better[told], worse[told]), 1)
    return wins


def _tallies(ballots: Ballots, wins: np.ndarray, clips: Sequence[str]) -> tuple[Tally, ...]:
    tied, unusable = (
        np.bincount(ballots.first[told], minlength=len(clips))
        + np.bincount(ballots.second[told], minlength=len(clips))
        for told in (ballots.answer == 2, ballots.answer == 3)  # noqa: PLR2004
    )
    columns = wins.sum(axis=1), wins.sum(axis=0), tied, unusable
    return tuple(
        Tally(clip, *(int(column[place]) for column in columns)) for place, clip in enumerate(clips)
    )


def _standings(draws: Draws, clips: Sequence[str], goal: TopK) -> tuple[Standing, ...]:
    strengths = draws.strengths
    middle, (low, high) = strengths.mean(axis=0), np.quantile(strengths, _INTERVAL, axis=0)
    in_top = draws.in_top(goal.k)
    usable = strengths - draws.line[:, None] > USABLE_MARGIN
    wanted = (in_top & usable).mean(axis=0)
    return tuple(
        Standing(
            clip=clips[place],
            group=_group(float(wanted[place])),
            strength=float(middle[place]),
            low=float(low[place]),
            high=float(high[place]),
            in_top=float(in_top[:, place].mean()),
            usable=float(usable[:, place].mean()),
        )
        for place in np.argsort(-middle, kind="stable")
    )


def _group(wanted: float) -> Group:
    if wanted >= _SURE:
        return "clear"
    return "reject" if wanted <= 1 - _SURE else "not separated"


def _line(standing: Standing, name: str) -> str:
    return (
        f"  {standing.group:13}  {standing.strength:+.2f}"
        f" [{standing.low:+.2f}, {standing.high:+.2f}]"
        f"  in the top {standing.in_top:4.0%}, usable {standing.usable:4.0%}  {name}"
    )
