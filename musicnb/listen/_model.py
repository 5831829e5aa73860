r"""How likely each answer to a pair is: the model of a listener, with its derivatives.

A listener who hears clip :math:`i` perceives :math:`U_i = s_i + g`, its strength plus noise with
the standard Gumbel distribution, :math:`P(g < x) = \exp(-e^{-x})`, anew at every hearing. The
answer to a pair is

- *both unusable* if neither reaches the acceptability line, :math:`\max(U_i, U_j) < c`;
- otherwise *A* if :math:`U_i > U_j + \eta`, *B* if :math:`U_j > U_i + \eta`, else *tie*.

With :math:`x = e^{s_i - c}`, :math:`y = e^{s_j - c}`, :math:`\theta = e^\eta` and
:math:`h(w) = (1 - e^{-w}) / w` the integrals are

.. math::

   P(\text{both unusable}) = e^{-(x + y)}, \quad
   P(A) = x\,h(x + \theta y), \quad
   P(B) = y\,h(y + \theta x), \quad
   P(\text{tie}) = 1 - \text{the others}.

So *both unusable* says that both are below the line, and *A* says a little about A being above.
For :math:`c \to -\infty`, :math:`P(A) = \pi_i / (\pi_i + \theta \pi_j)` with
:math:`\pi_i = e^{s_i}`, the model of Rao and Kupper (1967), and without ties that of Bradley and
Terry (1952). Davidson (1970) gives ties another form that hardly differs on data; it has no noise
behind it to which a line could be drawn. One answer in 50 is taken as a slip and says nothing:
:math:`0.98\,P + 0.02 / 4`.

References
----------
R. A. Bradley, M. E. Terry: Rank analysis of incomplete block designs I. Biometrika 39, 1952.
P. V. Rao, L. L. Kupper: Ties in paired-comparison experiments. J. Am. Stat. Assoc. 62, 1967.
R. R. Davidson: On extending the Bradley-Terry model to accommodate ties. J. Am. Stat. Assoc. 65,
1970.
"""

from __future__ import annotations

from typing import Final

import numpy as np
from numpy.typing import NDArray

from musicnb.listen._votes import ANSWERS

Floats = NDArray[np.float64]

SLIP: Final = 0.02
USABLE_MARGIN: Final = float(np.log(np.log(2)))
"""A clip this far above the line is heard as usable every other time: 1 - exp(-e^m) = 1/2."""

_FAR: Final = 30.0
_LARGEST_LOG_ETA: Final = 3.0


def answer_chances(first: Floats, second: Floats, line: Floats, log_eta: Floats) -> Floats:
    """Return the chances of A, B, tie and both unusable along a new last axis.

    Parameters
    ----------
    first, second
        Strengths of A and B.
    line
        The acceptability line c.
    log_eta
        Logarithm of the difference that is still heard as a tie.
    """
    x, y, theta = _odds(first, second, line, log_eta)
    a, b = x * _h(x + theta * y), y * _h(y + theta * x)
    unusable = np.exp(-(x + y))
    tie = np.maximum(1 - a - b - unusable, 0)
    return (1 - SLIP) * np.stack((a, b, tie, unusable), axis=-1) + SLIP / 4


def told_chances(
    told: NDArray[np.intp], first: Floats, second: Floats, line: Floats, log_eta: Floats
) -> Floats:
    """Return the chance of the answer that was given to each pair of the last axis.

    The same as choosing from `answer_chances`, at a third of the cost.
    """
    x, y, theta = _odds(first, second, line, log_eta)
    chances = np.exp(-(x + y))
    for answer, (better, worse) in enumerate(((x, y), (y, x))):
        here = told == answer
        winner = better[..., here]
        chances[..., here] = winner * _h(winner + theta * worse[..., here])
    here = told == ANSWERS.index("tie")
    one, other = x[..., here], y[..., here]
    preferred = one * _h(one + theta * other) + other * _h(other + theta * one)
    chances[..., here] = np.maximum(1 - preferred - chances[..., here], 0)
    return (1 - SLIP) * chances + SLIP / 4


def answer_slopes(first: Floats, second: Floats, line: Floats, log_eta: Floats) -> Floats:
    """Return derivatives of the chances: (…, 4 answers, 4 of ``first second line log_eta``)."""
    x, y, theta = _odds(first, second, line, log_eta)
    over, under = x + theta * y, y + theta * x
    bend_over, bend_under = _h_slope(over), _h_slope(under)
    unusable = np.exp(-(x + y))
    slopes = np.zeros((*np.shape(x), 4, 4))
    slopes[..., 0, 0] = x * (_h(over) + x * bend_over)
    slopes[..., 0, 1] = y * x * theta * bend_over
    slopes[..., 0, 3] = x * y * bend_over
    slopes[..., 1, 0] = x * y * theta * bend_under
    slopes[..., 1, 1] = y * (_h(under) + y * bend_under)
    slopes[..., 1, 3] = x * y * bend_under
    slopes[..., 3, 0] = -x * unusable
    slopes[..., 3, 1] = -y * unusable
    slopes[..., :, 3] *= (theta * np.log(theta))[..., None]
    slopes[..., 2, :] = -slopes.sum(axis=-2)
    slopes[..., :, 2] = -(slopes[..., :, 0] + slopes[..., :, 1])
    return (1 - SLIP) * slopes


def _odds(
    first: Floats, second: Floats, line: Floats, log_eta: Floats
) -> tuple[Floats, Floats, Floats]:
    x = np.exp(np.clip(first - line, -_FAR, _FAR))
    y = np.exp(np.clip(second - line, -_FAR, _FAR))
    return x, y, np.exp(np.exp(np.clip(log_eta, -_FAR, _LARGEST_LOG_ETA)))


def _h(w: Floats) -> Floats:
    return -np.expm1(-w) / w


def _h_slope(w: Floats) -> Floats:
    # the difference of two nearly equal numbers, where w is small
    series = -1 / 2 + w / 3 - w * w / 8
    return np.where(w < 1e-3, series, (np.exp(-w) - _h(w)) / w)  # noqa: PLR2004
