"""Intervals for few tasks, whose clips are not independent: two of a task share its luck.

So the task is what is counted (a cluster, in the words of surveys), and not the clip.
"""

from __future__ import annotations

import math
from collections.abc import Callable, Sequence
from functools import lru_cache
from typing import Final, TypeAlias

import numpy as np
from numpy.typing import NDArray

#: Of fewer tasks nothing is said but what they gave.
LEAST_TASKS: Final = 5
_TAIL: Final = 0.025
_NOTHING: Final = (math.nan, math.nan)

Numbers: TypeAlias = Sequence[float] | NDArray[np.float64]


def ratio_interval(amounts: Numbers, counts: Numbers) -> tuple[float, float]:
    """Return a 95 % interval for what one costs, such as credits a clip.

    The ratio of two sums over tasks, with the variance of its residuals and Student's t with a
    degree of freedom less than there are tasks (W. G. Cochran, Sampling Techniques, 3rd ed. 1977,
    2.11 and 6.4). A fixed price has no residuals: the interval is that price.

    Parameters
    ----------
    amounts, counts
        Of each task.

    Returns
    -------
    tuple of float
        NaN where there are too few tasks, or nothing to be counted.
    """
    costs, pieces = np.asarray(amounts, np.float64), np.asarray(counts, np.float64)
    tasks, total = len(costs), pieces.sum()
    if tasks < LEAST_TASKS or total <= 0:
        return _NOTHING
    ratio = costs.sum() / total
    residuals = costs - ratio * pieces
    spread = math.sqrt(tasks / (tasks - 1) * float(residuals @ residuals)) / total
    reach = student_quantile(1 - _TAIL, tasks - 1) * spread
    return max(0.0, float(ratio - reach)), float(ratio + reach)


def share_interval(hits: Numbers, counts: Numbers) -> tuple[float, float]:
    """Return a 95 % interval for a share of clips, such as that of the usable ones.

    Clopper and Pearson's exact interval for as many independent clips as the clips of these tasks
    are worth (E. L. Korn, B. I. Graubard: Confidence intervals for proportions with small expected
    number of positive counts estimated from survey data, Survey Methodology 24, 1998, 193-201). It
    stays within 0 and 1 and holds for shares near both, where intervals from a standard error, and
    from the bootstrap, shrink to nothing.

    How much a clip is worth is estimated from how the tasks differ, with few degrees of freedom, so
    it is kept between what full agreement within tasks would leave (Kish's effective sample size)
    and the number of clips; where all or none are hits, it is the former.

    Parameters
    ----------
    hits, counts
        Of each task; a task without clips says nothing.

    Returns
    -------
    tuple of float
        NaN where there are too few tasks with clips.
    """
    sizes = np.asarray(counts, np.float64)
    found = np.asarray(hits, np.float64)[sizes > 0]
    sizes = sizes[sizes > 0]
    tasks, clips = len(sizes), float(sizes.sum())
    if tasks < LEAST_TASKS:
        return _NOTHING
    share = float(found.sum()) / clips
    least = clips**2 / float(sizes @ sizes)
    residuals = found - share * sizes
    variance = tasks / (tasks - 1) * float(residuals @ residuals) / clips**2
    worth = least if share in (0.0, 1.0) else clips
    if variance > 0:
        exact, few = (student_quantile(1 - _TAIL, size - 1) for size in (clips, tasks))
        worth = share * (1 - share) / variance * (exact / few) ** 2
        worth = min(max(worth, least), clips)
    good, bad = share * worth, (1 - share) * worth
    return (
        beta_quantile(_TAIL, good, bad + 1) if good > 0 else 0.0,
        beta_quantile(1 - _TAIL, good + 1, bad) if bad > 0 else 1.0,
    )


@lru_cache(maxsize=256)
def student_quantile(probability: float, freedom: float) -> float:
    """Return Student's t below which a share of more than a half lies."""
    # F(t) = 1 - I(freedom / (freedom + t²); freedom / 2, 1 / 2) / 2, DLMF 8.17
    part = beta_quantile(2 * (1 - probability), freedom / 2, 0.5)
    return math.sqrt(freedom * (1 - part) / part)


@lru_cache(maxsize=256)
def beta_quantile(probability: float, a: float, b: float) -> float:
    """Return the quantile of the beta distribution."""
    return _where(lambda x: incomplete_beta(x, a, b) < probability)


def incomplete_beta(x: float, a: float, b: float) -> float:
    """Return the regularised incomplete beta function I(x; a, b)."""
    if x <= 0 or x >= 1:
        return min(max(x, 0.0), 1.0)
    if x > (a + 1) / (a + b + 2):  # there the fraction converges slowly
        return 1 - incomplete_beta(1 - x, b, a)
    front = math.exp(
        math.lgamma(a + b) - math.lgamma(a) - math.lgamma(b)
        + a * math.log(x) + b * math.log1p(-x)
    ) / a  # fmt: skip
    return front / _fraction(x, a, b)


def _fraction(x: float, a: float, b: float) -> float:
    """Return the continued fraction of DLMF 8.17.22, from its tail."""
    value = 1.0
    # it converges within some square roots of its parameters
    for step in range(40 + int(4 * math.sqrt(a + b)), 0, -1):
        m = step // 2
        if step % 2:
            term = -(a + m) * (a + b + m) * x / ((a + 2 * m) * (a + 2 * m + 1))
        else:
            term = m * (b - m) * x / ((a + 2 * m - 1) * (a + 2 * m))
        value = 1 + term / value
    return value


def _where(is_below: Callable[[float], bool]) -> float:
    """Return the place between 0 and 1 where something ceases to hold."""
    low, high = 0.0, 1.0
    for _ in range(60):
        middle = (low + high) / 2
        low, high = (middle, high) if is_below(middle) else (low, middle)
    return (low + high) / 2
