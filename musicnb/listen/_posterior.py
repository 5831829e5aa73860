r"""What votes say about strengths: the posterior, and an approximation that is quickly found.

Strengths are :math:`s_i \sim N(0, \tau^2)`. Where several people listened, each hears a clip as
:math:`s_i + d_{li}` with a taste :math:`d_{li} \sim N(0, \omega^2)` of her own, so that votes of
one listener are not taken for the votes of many. The line is :math:`c \sim N(-2, 2^2)` and the
difference heard as a tie :math:`\log \eta \sim N(-1, 1)`. Over a grid of :math:`\tau` and
:math:`\omega`, all points of which are equally likely, the mode is found by Fisher scoring, and the
posterior is near the mixture of the normal distributions around the modes, weighed by Laplace's
approximation of the evidence (Tierney and Kadane 1986; over a grid it is the idea of INLA: Rue,
Martino and Chopin 2009).

References
----------
L. Tierney, J. B. Kadane: Accurate approximations for posterior moments and marginal densities.
J. Am. Stat. Assoc. 81, 1986.
H. Rue, S. Martino, N. Chopin: Approximate Bayesian inference for latent Gaussian models by using
integrated nested Laplace approximations. J. R. Stat. Soc. B 71, 2009.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Final

import numpy as np
from numpy.typing import NDArray

from musicnb.listen._model import Floats, answer_chances, answer_slopes, told_chances
from musicnb.listen._votes import ANSWERS, Vote, listeners_of

SPREADS: Final = (0.4, 0.7, 1.2, 2.0, 3.4)
TASTES: Final = (0.1, 0.4, 0.8, 1.6)
LINE: Final = (-2.0, 2.0)
LOG_ETA: Final = (-1.0, 1.0)

_STEPS = 50
_STILL = 1e-7
"""By this much of the log of the posterior a step should rise to be worth it."""
_SHORTENINGS = 8
_BEYOND = 0.7
_SHORTEST = 0.1


@dataclass(frozen=True)
class Ballots:
    """Votes as numbers.

    Parameters
    ----------
    first, second, answer, listener
        Places in clips, answers and listeners, one row a vote.
    clips, listeners
        How many there are.
    """

    first: NDArray[np.intp]
    second: NDArray[np.intp]
    answer: NDArray[np.intp]
    listener: NDArray[np.intp]
    clips: int
    listeners: int

    @classmethod
    def of(cls, votes: Sequence[Vote], clips: Sequence[str]) -> Ballots:
        """Return votes as numbers, in an order and on sides that hang on what they say alone."""
        places = {clip: place for place, clip in enumerate(clips)}
        names = listeners_of(votes)
        people = {name: place for place, name in enumerate(names)}
        rows = sorted(
            (places[v.left], places[v.right], ANSWERS.index(v.answer), people[v.listener])
            for v in (v if places[v.left] < places[v.right] else v.mirrored() for v in votes)
        )
        first, second, answer, listener = np.array(rows, np.intp).reshape(-1, 4).T
        return cls(first, second, answer, listener, len(clips), len(names))

    @property
    def unknowns(self) -> int:
        """Strengths, tastes where there is more than one listener, the line and the tie."""
        return self.clips * (1 + (self.listeners if self.listeners > 1 else 0)) + 2

    def design(self) -> Floats:
        """Return (votes, 4, unknowns): which unknowns add up to A, B, line and log eta."""
        rows = np.arange(len(self.first))
        design = np.zeros((len(rows), 4, self.unknowns))
        for side, places in enumerate((self.first, self.second)):
            design[rows, side, places] = 1
            if self.listeners > 1:
                design[rows, side, self.clips * (1 + self.listener) + places] = 1
        design[:, 2, -2] = design[:, 3, -1] = 1
        return design


@dataclass(frozen=True)
class Mixture:
    """Normal distributions: (many, unknowns) modes, their precisions, their shares."""

    modes: Floats
    precisions: Floats
    shares: Floats

    def moments(self) -> tuple[Floats, Floats]:
        """Return the mean and the covariance of all of them together."""
        middle = self.shares @ self.modes
        far = self.modes - middle
        within = np.tensordot(self.shares, np.linalg.inv(self.precisions), 1)
        return middle, within + (self.shares[:, None] * far).T @ far

    def spread_over(self, count: int) -> NDArray[np.intp]:
        """Return for each of so many draws which distribution it comes from."""
        ends = np.rint(np.cumsum(self.shares) * count).astype(int)
        return np.repeat(np.arange(len(ends)), np.diff(ends, prepend=0))


@dataclass(frozen=True)
class Draws:
    """Draws from the posterior.

    Parameters
    ----------
    strengths
        (draws, clips), of which each row has the mean 0.
    line
        (draws,): the acceptability line on the same scale.
    log_eta
        (draws,): logarithm of the difference that is heard as a tie.
    """

    strengths: Floats
    line: Floats
    log_eta: Floats

    @classmethod
    def of(cls, places: Floats, clips: int) -> Draws:
        """Take draws of all unknowns apart."""
        middle = places[:, :clips].mean(axis=1)
        return cls(places[:, :clips] - middle[:, None], places[:, -2] - middle, places[:, -1])

    def in_top(self, k: int) -> NDArray[np.bool_]:
        """Return (draws, clips): whether a clip is among the best k."""
        ranks = np.argsort(np.argsort(-self.strengths, axis=1), axis=1)
        return np.asarray(ranks < k)


class Posterior:
    """The posterior of all unknowns given votes.

    Parameters
    ----------
    ballots
        The votes.
    """

    def __init__(self, ballots: Ballots) -> None:
        self.ballots = ballots
        self._design = ballots.design()
        self._flat = self._design.reshape(-1, ballots.unknowns)
        self._sides = self._design[:, 0], self._design[:, 1]
        self._answered = ballots.answer[None, :, None]
        tastes = TASTES if ballots.listeners > 1 else TASTES[:1]
        grid = [(spread, taste) for taste in tastes for spread in SPREADS]
        self.mean = np.zeros(ballots.unknowns)
        deviation = np.empty((len(grid), ballots.unknowns))
        for row, (spread, taste) in zip(deviation, grid, strict=True):
            row[: ballots.clips], row[ballots.clips :] = spread, taste
        (self.mean[-2], deviation[:, -2]), (self.mean[-1], deviation[:, -1]) = LINE, LOG_ETA
        self.precision = 1 / deviation**2

    def chances(self, places: Floats) -> Floats:
        """Return (places, votes, answers)."""
        return answer_chances(*self._local(places))

    def likely(self, places: Floats) -> Floats:
        """Return the log likelihood of the votes at each place."""
        told = told_chances(self.ballots.answer, *self._local(places))
        return np.asarray(np.log(told).sum(axis=1))

    def height(self, places: Floats) -> Floats:
        """Return the log of the posterior at each place, up to a constant."""
        apart = (places - self.mean) ** 2 @ self.precision.T / 2
        priors = np.log(self.precision).sum(axis=1) / 2 - apart
        prior = np.logaddexp.reduce(priors, axis=1)
        return np.asarray(self.likely(places) + prior)

    def slopes(self, places: Floats) -> tuple[Floats, Floats]:
        """Return gradients of the log likelihood, and the information expected of the votes."""
        chances = self.chances(places)
        steep = answer_slopes(*self._local(places)) / np.sqrt(chances)[..., None]
        told = np.take_along_axis(steep, self._answered[..., None], axis=2)[:, :, 0]
        told = told / np.sqrt(np.take_along_axis(chances, self._answered, axis=-1))
        rows = (steep @ self._design).reshape(len(places), -1, places.shape[1])
        return told.reshape(len(places), -1) @ self._flat, np.swapaxes(rows, 1, 2) @ rows

    def _local(self, places: Floats) -> tuple[Floats, Floats, Floats, Floats]:
        """Return strengths of A and B (places, votes), line and log eta (places, 1)."""
        one, other = self._sides
        return places @ one.T, places @ other.T, places[:, -2:-1], places[:, -1:]


def approximate(posterior: Posterior) -> Mixture:
    """Return the normal distributions around the modes, one for each point of the grid."""
    modes, bends, heights = _climb(posterior)
    flatness = np.log(posterior.precision).sum(axis=1) - np.linalg.slogdet(bends)[1]
    evidence = heights + flatness / 2
    weights = np.exp(evidence - evidence.max())
    return Mixture(modes, bends, weights / weights.sum())


def quick_draws(ballots: Ballots, count: int, chance: np.random.Generator) -> Draws:
    """Return draws from the approximation; `sample` draws from the posterior itself."""
    mixture = approximate(Posterior(ballots))
    whose = mixture.spread_over(count)
    noise = chance.standard_normal((count, ballots.unknowns))
    places = mixture.modes[whose]
    for number, precision in enumerate(mixture.precisions):
        unroot = np.linalg.inv(np.linalg.cholesky(precision))
        places[whose == number] += noise[whose == number] @ unroot
    return Draws.of(places, ballots.clips)


def _climb(posterior: Posterior) -> tuple[Floats, Floats, Floats]:
    """Return modes, precisions there, and logs of the heights, for all points of the grid at once.

    Fisher scoring: Newton's method with the information expected of the votes, which is never
    negative. Where that is less than their own, steps go beyond the crest and come back for ever;
    the parabola through a step's two ends, and its slope at the first, says where the crest is.
    """
    mean, precision = posterior.mean, posterior.precision

    def heights(places: Floats) -> Floats:
        prior = -(precision * (places - mean) ** 2).sum(axis=1) / 2
        return np.asarray(posterior.likely(places) + prior)

    def bent(information: Floats) -> Floats:
        return np.asarray(information + precision[:, None] * np.eye(len(mean)))

    places = np.tile(mean, (len(precision), 1))
    levels = heights(places)
    for _ in range(_STEPS):
        uphill, information = posterior.slopes(places)
        uphill -= precision * (places - mean)
        steps = np.linalg.solve(bent(information), uphill[..., None])[..., 0]
        rise = (uphill * steps).sum(axis=1)
        steps[rise < _STILL] = 0
        if not steps.any():
            break
        for _ in range(_SHORTENINGS):
            reached = heights(places + steps)
            crest = rise / np.maximum(2 * (rise - reached + levels), _STILL)
            beyond = (crest < _BEYOND) & (rise >= _STILL)
            if not beyond.any():
                break
            shorter = np.maximum(crest[beyond], _SHORTEST)
            steps[beyond] *= shorter[:, None]
            rise[beyond] *= shorter
        else:
            reached = heights(places + steps)
        places, levels = places + steps, reached
    return places, bent(posterior.slopes(places)[1]), levels
