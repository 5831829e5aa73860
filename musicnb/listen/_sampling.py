r"""Draws from the posterior itself, where the normal approximation is too narrow.

A clip that has hardly lost has a skewed posterior, and intervals from Laplace's method hold the
truth too seldom. So one Student's t around the approximation, wider than it, gives a pool of draws;
of these many are chosen by their importance (Rubin 1988), and each is the start of a short chain
that moves by elliptical slice sampling (Murray, Adams and MacKay 2010) with the same t in the
place of the prior (Nishihara, Murray and Adams 2014). That has no step size to be tuned.

References
----------
I. Murray, R. P. Adams, D. J. C. MacKay: Elliptical slice sampling. AISTATS 2010.
R. Nishihara, I. Murray, R. P. Adams: Parallel MCMC with generalized elliptical slice sampling.
J. Mach. Learn. Res. 15, 2014.
D. B. Rubin: Using the SIR algorithm to simulate posterior distributions. Bayesian Statistics 3,
1988.
"""

from __future__ import annotations

from typing import Final

import numpy as np

from musicnb.listen._model import Floats
from musicnb.listen._posterior import Ballots, Draws, Mixture, Posterior, approximate

_POOL: Final = 4_000
_CHAINS: Final = 400
_THROWN_AWAY: Final = 5
_KEPT: Final = 10
_FREEDOM: Final = 5.0
_WIDER: Final = 1.5
"""Of the variance: chains come back from afar, but slowly go where the t is not."""
_SHRINKINGS: Final = 60


def sample(ballots: Ballots, chance: np.random.Generator) -> Draws:
    """Return 4,000 draws from the posterior."""
    posterior = Posterior(ballots)
    chains = _Chains(posterior, approximate(posterior))
    places = chains.start(chance)
    kept = []
    for turn in range(_THROWN_AWAY + _KEPT):
        places = chains.move(places, chance)
        if turn >= _THROWN_AWAY:
            kept.append(places)
    return Draws.of(np.concatenate(kept), ballots.clips)


class _Chains:
    """Many chains that move at once, around the middle of the approximation."""

    def __init__(self, posterior: Posterior, mixture: Mixture) -> None:
        self._posterior = posterior
        self._middle, covariance = mixture.moments()
        self._root = np.linalg.cholesky(covariance * _WIDER)
        self._unroot = np.linalg.inv(self._root)

    def start(self, chance: np.random.Generator) -> Floats:
        """Choose places from a pool by their importance."""
        scale = _FREEDOM / chance.chisquare(_FREEDOM, _POOL)
        pool = self._middle + self._noise(scale, chance)
        heights = self._height(pool)
        shares = np.exp(heights - heights.max()).cumsum()
        marks = (np.arange(_CHAINS) + chance.random()) / _CHAINS * shares[-1]
        return np.asarray(pool[np.minimum(np.searchsorted(shares, marks), _POOL - 1)])

    def move(self, places: Floats, chance: np.random.Generator) -> Floats:
        """Return the places after one round, in which every chain moves."""
        far = places - self._middle
        # given the place, the t is a normal whose variance is scaled by an inverse gamma
        freedom = _FREEDOM + places.shape[1]
        scale = (_FREEDOM + self._squares(far)) / chance.chisquare(freedom, len(places))
        toward = self._noise(scale, chance)
        level = self._height(places) + np.log(chance.random(len(places)))
        angle = chance.uniform(0, 2 * np.pi, len(places))
        low, high = angle - 2 * np.pi, angle.copy()
        moved, left = places.copy(), np.arange(len(places))
        for _ in range(_SHRINKINGS):
            turn = angle[left, None]
            tried = self._middle + far[left] * np.cos(turn) + toward[left] * np.sin(turn)
            there = self._height(tried) > level[left]
            moved[left[there]] = tried[there]
            left = left[~there]
            if not len(left):
                break
            below = angle[left] < 0
            low[left[below]] = angle[left[below]]
            high[left[~below]] = angle[left[~below]]
            angle[left] = chance.uniform(low[left], high[left])
        return moved

    def _noise(self, scale: Floats, chance: np.random.Generator) -> Floats:
        normal = chance.standard_normal((len(scale), len(self._middle)))
        return np.asarray(np.sqrt(scale)[:, None] * (normal @ self._root.T))

    def _squares(self, far: Floats) -> Floats:
        return np.asarray(((far @ self._unroot.T) ** 2).sum(axis=1))

    def _height(self, places: Floats) -> Floats:
        """Return the log of the posterior less that of the t, up to a constant."""
        squares = self._squares(places - self._middle)
        student = -(_FREEDOM + places.shape[1]) / 2 * np.log1p(squares / _FREEDOM)
        return np.asarray(self._posterior.height(places) - student)
