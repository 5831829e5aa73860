r"""Draws from the posterior itself, where the normal approximation is too narrow.

A clip that has hardly lost has a skewed posterior, and intervals from Laplace's method hold the
truth in 89 % instead of 95 % (``benchmarks/ranking.py``). So the approximation is only where many
short chains start. Each moves by elliptical slice sampling (Murray, Adams and MacKay 2010) with its
normal, widened to Student's t, in the place of the prior (Nishihara, Murray and Adams 2014). It
has no step size to be tuned, and needs few rounds because it starts so near.

References
----------
I. Murray, R. P. Adams, D. J. C. MacKay: Elliptical slice sampling. AISTATS 2010.
R. Nishihara, I. Murray, R. P. Adams: Parallel MCMC with generalized elliptical slice sampling.
J. Mach. Learn. Res. 15, 2014.
"""

from __future__ import annotations

from typing import Final

import numpy as np

from musicnb.listen._model import Floats
from musicnb.listen._posterior import Ballots, Draws, Posterior, approximate

_CHAINS: Final = 400
_THROWN_AWAY: Final = 6
_KEPT: Final = 12
_FREEDOM: Final = 5.0
_SHRINKINGS: Final = 60


def sample(ballots: Ballots, chance: np.random.Generator) -> Draws:
    """Return 4,800 draws from the posterior."""
    posterior = Posterior(ballots)
    mixture = approximate(posterior)
    whose = mixture.spread_over(_CHAINS)
    chains = _Chains(posterior, mixture.modes[whose], np.linalg.cholesky(mixture.precisions)[whose])
    places = chains.around(chance)
    kept = []
    for turn in range(_THROWN_AWAY + _KEPT):
        places = chains.move(places, chance)
        if turn >= _THROWN_AWAY:
            kept.append(places)
    return Draws.of(np.concatenate(kept), ballots.clips)


class _Chains:
    """Chains that each move around a mode of their own."""

    def __init__(self, posterior: Posterior, modes: Floats, roots: Floats) -> None:
        self._posterior, self._modes, self._roots = posterior, modes, roots
        self._unroots = np.swapaxes(np.linalg.inv(roots), 1, 2)

    def around(self, chance: np.random.Generator) -> Floats:
        """Draw a place for each chain from its normal."""
        return self._modes + self._noise(chance)

    def move(self, places: Floats, chance: np.random.Generator) -> Floats:
        """Return the places after one round, in which every chain moves."""
        far = places - self._modes
        freedom = _FREEDOM + places.shape[1]
        # given the place, the t is a normal whose variance is scaled by an inverse gamma
        scale = (_FREEDOM + self._squares(far)) / chance.chisquare(freedom, len(places))
        toward = self._noise(chance) * np.sqrt(scale)[:, None]
        everyone = np.arange(len(places))
        level = self._height(places, everyone) + np.log(chance.random(len(places)))
        angle = chance.uniform(0, 2 * np.pi, len(places))
        low, high = angle - 2 * np.pi, angle.copy()
        moved, left = places.copy(), everyone
        for _ in range(_SHRINKINGS):
            turn = angle[left, None]
            tried = self._modes[left] + far[left] * np.cos(turn) + toward[left] * np.sin(turn)
            there = self._height(tried, left) > level[left]
            moved[left[there]] = tried[there]
            left = left[~there]
            if not len(left):
                break
            below = angle[left] < 0
            low[left[below]] = angle[left[below]]
            high[left[~below]] = angle[left[~below]]
            angle[left] = chance.uniform(low[left], high[left])
        return moved

    def _noise(self, chance: np.random.Generator) -> Floats:
        normal = chance.standard_normal(self._modes.shape)
        return np.asarray((self._unroots @ normal[..., None])[..., 0])

    def _squares(self, far: Floats, whose: Floats | slice = slice(None)) -> Floats:
        return np.asarray(((far[:, None] @ self._roots[whose])[:, 0] ** 2).sum(axis=1))

    def _height(self, places: Floats, whose: Floats) -> Floats:
        """Return log of the posterior less log of the t, up to a constant of each chain."""
        squares = self._squares(places - self._modes[whose], whose)
        student = -(_FREEDOM + places.shape[1]) / 2 * np.log1p(squares / _FREEDOM)
        return self._posterior.height(places) - student
