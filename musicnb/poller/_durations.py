"""How long tasks take: learned per model, and what a look at a task is worth at some age."""

from __future__ import annotations

import math
import statistics
from collections import deque
from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from typing import Final

import numpy as np
from numpy.typing import NDArray

Array = NDArray[np.float64]

# So many durations of a model are remembered; older ones make room for newer ones.
REMEMBERED: Final = 256
# A longer one is a clock that was put forward, not work.
_LONGEST_S: Final = 86_400.0

# The prior is P(duration <= t) = t / (t + 3 s): half end within 3 s, and of those that have lasted
# t most last as long again. Its hazard 1 / (t + 3 s) makes pauses that grow with the root of the
# age, so that it serves a sandbox of seconds and a service of minutes.
_PRIOR_SCALE_S: Final = 3.0
# With fewer own durations than this the prior fills the gap, ...
_ENOUGH: Final = 8
# ... and even then it keeps the weight of half of one: what never happened yet can happen.
_PRIOR_KEEPS: Final = 0.5
# what is called usual must have happened more than once or twice
_SOME: Final = 3
_HORIZON_S: Final = 1e5
_PRIOR_KNOTS: Final = np.concatenate([[0.0], np.geomspace(0.1, _HORIZON_S, 80)])


@dataclass(frozen=True, slots=True)
class Seen:
    """Ages at which tasks were last seen unfinished, with what a curve says about them."""

    ages_s: Array
    beyond_s: Array
    ended: Array
    integral_s: Array


@dataclass(frozen=True, slots=True)
class Curve:
    """A distribution of durations: F, piecewise linear between its knots, and G, its integral.

    Parameters
    ----------
    knots_s
        Ages in seconds, rising from 0.
    ended
        F at the knots: the share of tasks that has ended by that age.
    integral_s
        G at the knots: the integral of F from 0, in seconds.
    slope
        The rise of F after each knot but the last, per second.
    """

    knots_s: Array
    ended: Array
    integral_s: Array
    slope: Array

    @classmethod
    def of(cls, durations_s: Iterable[float]) -> Curve:
        """Mix durations that were met with the prior."""
        met = np.sort(np.fromiter(durations_s, np.float64))
        weight = max(_ENOUGH - met.size, _PRIOR_KEEPS)
        prior = _PRIOR_KNOTS / (_PRIOR_KNOTS + _PRIOR_SCALE_S)
        if not met.size:
            return cls._through(_PRIOR_KNOTS, prior)
        # equal durations still differ by a little, and the next one by about their spacing
        spacing = max((met[-1] - met[0]) / max(met.size - 1, 1), 0.02 * met[0])
        met += np.arange(met.size) * 1e-6
        edges = np.concatenate([[max(met[0] - spacing, 0.0)], met, [met[-1] + spacing]])
        share = np.concatenate([[0.0], (np.arange(met.size) + 0.5) / met.size, [1.0]])
        knots = np.union1d(_PRIOR_KNOTS, edges)
        mixed = met.size * np.interp(knots, edges, share)
        mixed += weight * knots / (knots + _PRIOR_SCALE_S)
        return cls._through(knots, mixed / (met.size + weight))

    @classmethod
    def _through(cls, knots_s: Array, ended: Array) -> Curve:
        widths = np.diff(knots_s)
        integral = np.concatenate([[0.0], np.cumsum(widths * (ended[1:] + ended[:-1]) / 2)])
        return cls(knots_s, ended, integral, np.diff(ended) / widths)

    def regret_s(self, seen: Seen, now_s: Array) -> Array:
        """Return for how long tasks are expected to have been finished unseen.

        For a task that was unfinished at age x and is t old now that is, with F and G = ∫F,
        ``(G(t) − G(x) − F(x)(t − x)) / (1 − F(x))``.

        Parameters
        ----------
        seen
            What `seen` has made of the ages x.
        now_s
            The ages t in seconds, none below x.
        """
        now = np.minimum(now_s - seen.beyond_s, _HORIZON_S)
        _, integral = self._at(now)
        regret = integral - seen.integral_s - seen.ended * (now - seen.ages_s)
        return np.maximum(regret, 0.0) / (1.0 - seen.ended)

    def seen(self, ages_s: Array) -> Seen:
        """Look up the ages at which tasks were last seen unfinished, for any number of `regret_s`.

        Parameters
        ----------
        ages_s
            Seconds, not negative.
        """
        # far beyond all experience only the distance counts
        beyond = np.maximum(ages_s - _HORIZON_S / 2, 0.0)
        ages = ages_s - beyond
        return Seen(ages, beyond, *self._at(ages))

    def _at(self, ages_s: Array) -> tuple[Array, Array]:
        left = self.knots_s[1:-1].searchsorted(ages_s, side="right")
        beyond = ages_s - self.knots_s[left]
        before = self.ended[left]
        ended = before + self.slope[left] * beyond
        return ended, self.integral_s[left] + (before + ended) / 2 * beyond


class Durations:
    """What is known about how long each model takes.

    Parameters
    ----------
    seconds
        Durations met before, by model, the oldest first; unusable ones are left out.
    """

    def __init__(self, seconds: Mapping[str, Iterable[float]] | None = None) -> None:
        self._met: dict[str, deque[float]] = {}
        self._curves: dict[str, Curve] = {}
        for model, durations in (seconds or {}).items():
            for duration in durations:
                self.learn(model, duration)

    def learn(self, model: str, seconds: float) -> bool:
        """Take in one duration; return False when it cannot be one."""
        if not math.isfinite(seconds) or not 0 < seconds <= _LONGEST_S:
            return False
        self._met.setdefault(model, deque(maxlen=REMEMBERED)).append(seconds)
        self._curves.pop(model, None)
        return True

    def of(self, model: str) -> tuple[float, ...]:
        """Return the durations of a model in seconds, at most ``REMEMBERED``, the oldest first."""
        return tuple(self._met.get(model, ()))

    def usual_s(self, model: str) -> float | None:
        """Return the median of a model's durations in seconds; None under three of them."""
        met = self._met.get(model, ())
        return statistics.median(met) if len(met) >= _SOME else None

    def curve(self, model: str) -> Curve:
        """Return the distribution of a model's durations; the prior alone for an unknown one."""
        if model not in self._curves:
            self._curves[model] = Curve.of(self._met.get(model, ()))
        return self._curves[model]
