"""The model of a listener, held against drawing noise and against scipy."""

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st
from scipy.optimize import minimize
from voting import CLIPS, heard

from musicnb.listen._model import SLIP, answer_chances, answer_slopes, told_chances
from musicnb.listen._posterior import LINE, LOG_ETA, SPREADS, Ballots, Posterior, approximate

NUMBER = st.floats(-40, 40)


@given(NUMBER, NUMBER, NUMBER, st.floats(-8, 4))
def test_answers_to_any_strengths_are_chances(first, second, line, log_eta):
    """However extreme, they sum to 1 and none is impossible."""
    chances = answer_chances(*map(np.array, (first, second, line, log_eta)))
    assert chances.sum() == pytest.approx(1)
    assert (chances >= SLIP / 4 - 1e-12).all()
    assert np.isfinite(answer_slopes(*map(np.array, (first, second, line, log_eta)))).all()


@pytest.mark.parametrize(
    "place", [(0.7, 0.2, -0.5, 0.4), (-1.0, 1.0, 0.3, 0.1), (0.0, 0.0, 1.0, 1.0)]
)
def test_answers_are_those_of_perceptions_with_gumbel_noise(place):
    """The integrals are what drawing the noise gives."""
    first, second, line, eta = place
    chance = np.random.default_rng(1)
    one, other = (strength + chance.gumbel(size=200_000) for strength in (first, second))
    unusable = np.maximum(one, other) < line
    a, b = ~unusable & (one > other + eta), ~unusable & (other > one + eta)
    drawn = [a.mean(), b.mean(), (~(a | b | unusable)).mean(), unusable.mean()]
    chances = answer_chances(*map(np.array, (first, second, line, np.log(eta))))
    assert (chances - SLIP / 4) / (1 - SLIP) == pytest.approx(drawn, abs=0.005)


def test_without_line_and_ties_the_model_is_bradleys_and_terrys():
    """A is preferred with the logistic function of the difference."""
    chances = answer_chances(*map(np.array, (0.9, -0.3, -25.0, -20.0)))
    assert (chances[0] - SLIP / 4) / (1 - SLIP) == pytest.approx(1 / (1 + np.exp(-1.2)))


def test_chances_of_given_answers_are_those_of_all_answers():
    """The short way to one answer's chance ends where the long one does."""
    sides = np.random.default_rng(3).normal(size=(2, 5, 40))
    shared = np.random.default_rng(4).normal(size=(2, 5, 1))
    place = (*sides, *shared)
    told = np.arange(40) % 4
    chances = answer_chances(*place)[:, np.arange(40), told]
    assert told_chances(told, *place) == pytest.approx(chances)


def test_slopes_are_those_of_the_chances():
    """Central differences say the same."""
    chance = np.random.default_rng(2)
    place = chance.normal(size=(4, 50)) - np.array([[0], [0], [0.5], [0.5]])
    slopes = answer_slopes(*place)
    for column in range(4):
        step = np.zeros((4, 1))
        step[column] = 1e-5
        rise = answer_chances(*(place + step)) - answer_chances(*(place - step))
        assert slopes[..., column] == pytest.approx(rise / 2e-5, abs=1e-8)


def test_modes_are_where_scipy_finds_them():
    """A general minimiser that knows nothing of slopes ends at the same strengths."""
    _, votes = heard(CLIPS, 40, seed=5)
    ballots = Ballots.of(votes, CLIPS)
    mixture = approximate(Posterior(ballots))
    for place in (0, 2, 4):

        def unlikely(unknown, spread=SPREADS[place]):
            strengths, line, log_eta = unknown[:-2], unknown[-2], unknown[-1]
            chances = answer_chances(
                strengths[ballots.first], strengths[ballots.second], line, log_eta
            )
            told = chances[np.arange(len(votes)), ballots.answer]
            apart = (strengths**2).sum() / spread**2
            apart += ((line - LINE[0]) / LINE[1]) ** 2 + ((log_eta - LOG_ETA[0]) / LOG_ETA[1]) ** 2
            return apart / 2 - np.log(told).sum()

        found = minimize(unlikely, np.zeros(len(CLIPS) + 2), method="BFGS").x
        assert mixture.modes[place] == pytest.approx(found, abs=2e-3)


def test_modes_are_reached_where_whole_steps_would_overshoot_for_ever():
    """Expected information may be half of the votes' own: then each step ends beyond the crest."""
    _, votes = heard(CLIPS, 16, seed=11)  # one of forty on which whole steps never arrive
    posterior = Posterior(Ballots.of(votes, CLIPS))
    mixture = approximate(posterior)
    uphill, _ = posterior.slopes(mixture.modes)
    uphill -= posterior.precision * (mixture.modes - posterior.mean)
    steps = np.linalg.solve(mixture.precisions, uphill[..., None])[..., 0]
    assert (uphill * steps).sum(axis=1).max() < 1e-6
