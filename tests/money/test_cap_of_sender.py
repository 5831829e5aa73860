"""The cap with the real sender against the real sandbox, whatever happens to its requests."""

from __future__ import annotations

import contextlib
from collections.abc import Callable

import pytest
from capping import AT_ONCE, MISHAPS, Scenario, live
from household import Household
from hypothesis import HealthCheck, Phase, given, settings
from hypothesis import strategies as st

scenarios = st.builds(
    Scenario,
    at_once=st.sampled_from(AT_ONCE),
    cap=st.integers(0, 40).map(lambda tens: 10 * tens),
    pieces=st.integers(1, 3),
    shared=st.integers(0, 1),
    mishaps=st.lists(
        st.tuples(st.integers(0, len(MISHAPS) - 1), st.sampled_from((0.2, 0.5))),
        max_size=4, unique_by=lambda mishap: mishap[0],
    ).map(tuple),
    seed=st.integers(0, 100_000),
)  # fmt: skip


@settings(
    max_examples=8,
    deadline=None,
    # a shrunk example would be run a hundred times: each takes seconds
    phases=(Phase.explicit, Phase.reuse, Phase.generate),
    suppress_health_check=[HealthCheck.function_scoped_fixture, HealthCheck.too_slow],
)
@given(scenario=scenarios)
def test_cap_is_never_exceeded_in_the_services_own_ledger(
    move_in: Callable[[], Household], scenario: Scenario
) -> None:
    """Settled, in flight and unknown together, at every moment and at the end."""
    with contextlib.closing(move_in()) as household:
        assert live(household, scenario).problem == ""


@pytest.mark.parametrize("at_once", AT_ONCE)
def test_cap_is_filled_while_every_other_answer_is_lost(
    move_in: Callable[[], Household], at_once: int
) -> None:
    """Three pieces by two models need 390 of 330: the third 80 does not fit, the last 50 does."""
    lost = ((0, 0.5), (2, 0.3))
    scenario = Scenario(at_once, cap=330, pieces=3, shared=3, mishaps=lost, seed=at_once)
    with contextlib.closing(move_in()) as household:
        seen = live(household, scenario)
        assert (seen.problem, seen.debits) == ("", 310)
        assert seen.looks > 1


@pytest.mark.parametrize("at_once", AT_ONCE)
def test_refunds_of_failed_orders_make_no_room_for_their_repeats(
    move_in: Callable[[], Household], at_once: int
) -> None:
    """Every order fails and is wanted again: 130 of 150 are debited, and no more."""
    scenario = Scenario(at_once, cap=150, pieces=2, shared=2, mishaps=((11, 1.0),), seed=0)
    with contextlib.closing(move_in()) as household:
        seen = live(household, scenario)
        assert (seen.problem, seen.debits) == ("", 130)
