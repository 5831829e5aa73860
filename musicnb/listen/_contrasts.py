r"""Whether one model, prompt or setting makes better clips than another.

Of each draw of strengths, the clusters of a label have means :math:`m_k`, one a task, however many
clips the task gave. With :math:`K` clusters, :math:`G` labels and the pooled variance
:math:`S^2 = \sum (m_k - \bar m_{g(k)})^2 / (K - G)` the difference between two labels is drawn from

.. math::

   \bar m_a - \bar m_b + t_{K - G}\, S \sqrt{1 / K_a + 1 / K_b},

its posterior under a flat prior if the means were known (Student's; Box and Tiao 1973, chapter 2).
Twins that are counted as two would halve the variance that further tasks really have.

References
----------
G. E. P. Box, G. C. Tiao: Bayesian inference in statistical analysis. Addison-Wesley, 1973.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from itertools import combinations

import numpy as np

from musicnb.errors import InvalidInput
from musicnb.listen._model import Floats


@dataclass(frozen=True, slots=True)
class Contrast:
    """How much stronger the clips of one label are than those of another.

    Parameters
    ----------
    label, other
        What is compared.
    difference
        Mean strength of ``label`` less that of ``other``.
    low, high
        The ends of the 95 % interval for further tasks; None where there is only one task of
        every label, so that nothing tells how much tasks differ.
    tasks
        How many clusters each of the two has.
    """

    label: str
    other: str
    difference: float
    low: float | None
    high: float | None
    tasks: tuple[int, int]

    @property
    def is_shown(self) -> bool:
        """Whether the interval leaves out 0."""
        return self.low is not None and self.high is not None and self.low * self.high > 0

    def __str__(self) -> str:
        who = f"{self.label} against {self.other}"
        if self.low is None:
            return f"{who}: no difference shown (one task each)"
        if not self.is_shown:
            return f"{who}: no difference shown [{self.low:+.2f}, {self.high:+.2f}]"
        return f"{who}: {self.difference:+.2f} [{self.low:+.2f}, {self.high:+.2f}]"


def contrasts(
    strengths: Floats,
    labels: Sequence[str | None],
    clusters: Sequence[str],
    chance: np.random.Generator,
) -> tuple[Contrast, ...]:
    """Compare every two labels.

    Parameters
    ----------
    strengths
        (draws, clips).
    labels, clusters
        Of each clip; None is left out.
    chance
        For the draws of Student's t.

    Raises
    ------
    InvalidInput
        Fewer than two labels are in use.
    """
    units: dict[tuple[str, str], list[int]] = {}
    for place, (label, cluster) in enumerate(zip(labels, clusters, strict=True)):
        if label is not None:
            units.setdefault((label, cluster), []).append(place)
    tasks: dict[str, list[Floats]] = {}
    for (label, _), places in units.items():
        tasks.setdefault(label, []).append(strengths[:, places].mean(axis=1))
    if len(tasks) < 2:  # noqa: PLR2004
        raise InvalidInput("there must be two labels to compare")
    means = {label: np.mean(many, axis=0) for label, many in tasks.items()}
    freedom = len(units) - len(tasks)
    student = chance.standard_t(freedom, len(strengths)) if freedom else None
    squares = sum((one - means[label]) ** 2 for label, many in tasks.items() for one in many)
    found = []
    for label, other in combinations(tasks, 2):
        counts = len(tasks[label]), len(tasks[other])
        difference, low, high = means[label] - means[other], None, None
        if student is not None:
            error = np.sqrt(squares / freedom * (1 / counts[0] + 1 / counts[1]))
            low, high = map(float, np.quantile(difference + student * error, (0.025, 0.975)))
        found.append(Contrast(label, other, float(difference.mean()), low, high, counts))
    return tuple(found)
