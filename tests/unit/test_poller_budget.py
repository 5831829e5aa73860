"""How many requests may be sent, and when none."""

import math

import pytest
from hypothesis import given
from hypothesis import strategies as st

from musicnb.poller import Budget


def test_two_may_follow_at_once_then_eight_a_second():
    """The burst is small, the rate is steady."""
    budget, now, taken = Budget(8.0), 100.0, []
    while now < 103.0:
        assert budget.take(now)
        taken.append(now)
        now = budget.ready_at(now, write=False)
    assert taken[:2] == [100.0, 100.0]
    assert taken[2:4] == pytest.approx([100.125, 100.25])
    assert len(taken) == pytest.approx(26, abs=1)


def test_write_that_waits_goes_before_any_read():
    """A read has no turn while somebody wants to order."""
    budget = Budget(8.0)
    assert budget.take(0.0)
    assert budget.take(0.0)
    budget.write_waits(1)
    assert budget.ready_at(5.0, write=False) == math.inf
    assert not budget.take(5.0)
    assert budget.take(5.0, write=True)
    budget.write_waits(-1)
    assert budget.take(5.0)


def test_refusal_holds_reads_and_writes_and_halves_the_rate():
    """What the service asked for counts; then each success gives two per cent back."""
    budget = Budget(8.0)
    budget.refused(10.0, 7.0)
    assert budget.ready_at(10.0, write=False) == budget.ready_at(10.0, write=True) == 17.0
    assert budget.current_rate_per_s == 4.0
    budget.answered(18.0)
    assert budget.current_rate_per_s == pytest.approx(4.08)
    for _ in range(100):
        budget.answered(19.0)
    assert budget.current_rate_per_s == 8.0


def test_refusals_of_one_moment_count_once():
    """Four requests under way meet the same limit; the longest pause is kept."""
    budget = Budget(8.0)
    for pause in (1.0, 3.0, None, 2.0):
        budget.refused(10.0, pause)
    assert budget.current_rate_per_s == 4.0
    assert budget.ready_at(10.0, write=True) == 13.0


def test_refusal_without_a_pause_is_waited_out_longer_each_time():
    """A service that only says no gets 0.5 s, then more."""
    budget, now, pauses = Budget(8.0), 0.0, []
    for _ in range(8):
        budget.refused(now, None)
        pauses.append(budget.ready_at(now, write=True) - now)
        now += pauses[-1]
    assert pauses == [0.5, 1, 2, 4, 8, 16, 30, 30]


def test_outage_holds_reads_only_until_the_first_answer():
    """Somebody who orders wants to know now whether it works; its success frees the reads."""
    budget = Budget(8.0)
    for now in (0.0, 0.5, 1.5, 3.5):
        budget.lost(now)
    assert budget.ready_at(3.5, write=False) == 7.5
    assert budget.ready_at(3.5, write=True) == 3.5
    budget.answered(4.0)
    assert budget.ready_at(4.0, write=False) == 4.0
    budget.lost(5.0)
    assert budget.ready_at(5.0, write=False) == 5.5


EVENTS = st.lists(
    st.tuples(st.floats(0.0, 3.0), st.sampled_from(["take"] * 6 + ["ok", "no", "lost"])),
    max_size=120,
)


@given(EVENTS, st.sampled_from([1.0, 8.0, 20.0]))
def test_rate_is_never_exceeded_and_holds_are_obeyed(events, rate_per_s):
    """In any span no more requests than the burst and the rate allow, and none in a hold."""
    budget, now, taken, held_until = Budget(rate_per_s), 0.0, [], -math.inf
    for pause, event in events:
        now += pause
        if event == "ok":
            budget.answered(now)
        elif event == "no":
            budget.refused(now, 2.0)
            held_until = now + 2.0
        elif event == "lost":
            budget.lost(now)
        elif budget.take(now, write=True):
            assert now >= held_until
            taken.append(now)
    for place, start in enumerate(taken):
        for count, end in enumerate(taken[place:], 1):
            assert count <= 2 + rate_per_s * (end - start) + 1e-6
