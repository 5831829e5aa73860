"""What was learned of durations, and what a look at a task is worth."""

import math

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from musicnb.poller import Durations

SECONDS = st.floats(1e-3, 86_400.0)
AGES = st.floats(0.0, 1e6)


def regret(durations, seen_s, now_s, model="m"):
    """Return the regret of one task."""
    curve = durations.curve(model)
    return float(curve.regret_s(curve.seen(np.array([seen_s])), np.array([now_s]))[0])


def test_last_256_durations_of_each_model_are_remembered():
    """The service changes; what it did long ago makes room."""
    durations = Durations({"a": range(1, 301), "b": [5.0]})
    assert durations.of("a") == tuple(range(45, 301))
    assert durations.of("b") == (5.0,)
    assert durations.of("c") == ()


@pytest.mark.parametrize("seconds", [0.0, -1.0, math.nan, math.inf, 90_000.0])
def test_impossible_duration_is_not_learned(seconds):
    """A clock that was put forward is not work."""
    durations = Durations({"a": [seconds]})
    assert not durations.learn("a", seconds)
    assert durations.of("a") == ()


def test_regret_is_the_expected_time_since_the_end():
    """Of durations from 2 to 6 s, at 4 s half have ended, on average 1 s ago."""
    durations = Durations({"m": [2 + 4 * (place + 0.5) / 256 for place in range(256)]})
    assert regret(durations, 0.0, 2.0) < 0.01
    assert regret(durations, 0.0, 4.0) == pytest.approx(0.5, abs=0.02)
    assert regret(durations, 4.0, 5.0) == pytest.approx(0.25, abs=0.02)


def test_unknown_model_is_expected_to_last_as_long_again():
    """Known is nothing: the older a task has become, the less is lost by a second more."""
    losses = [regret(Durations(), age, age + 1.0) for age in (0.0, 1.0, 10.0, 100.0, 1_000.0)]
    assert losses == sorted(losses, reverse=True)
    assert losses[0] == pytest.approx(0.13, abs=0.02)
    assert losses[-1] > 0


def test_task_older_than_anything_learned_is_not_given_up():
    """What never happened yet can happen: the regret goes on to rise."""
    durations = Durations({"m": [3.0] * 256})
    assert regret(durations, 60.0, 70.0) > 0.5


def test_equal_durations_are_expected_again():
    """A service that always takes 30 s is asked about then, not before."""
    durations = Durations({"m": [30.0] * 20})
    assert regret(durations, 0.0, 28.0) < 0.6
    assert regret(durations, 0.0, 32.0) > 1.0


@given(st.lists(SECONDS, max_size=40), AGES, st.floats(0.0, 1e4), st.floats(0.0, 1e4))
def test_regret_rises_with_time_and_never_beyond_it(seconds, seen_s, pause_s, more_s):
    """Whatever was learned, a task was missed for no longer than it was not looked at."""
    durations = Durations({"m": seconds})
    sooner = regret(durations, seen_s, seen_s + pause_s)
    later = regret(durations, seen_s, seen_s + pause_s + more_s)
    slack = 1e-6 * (1 + seen_s)
    assert 0 <= sooner <= later + slack
    assert sooner <= pause_s + slack


def test_what_is_usual_is_known_after_three():
    """One or two are no habit; then it is the middle one, which an outlier does not move."""
    durations = Durations({"a": [10.0, 12.0]})
    assert durations.usual_s("a") is None
    durations.learn("a", 900.0)
    assert durations.usual_s("a") == 12.0
    assert durations.usual_s("b") is None
