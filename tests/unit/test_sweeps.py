"""Many orders under one name: each once, within a cap; and what orders add up to."""

from concurrent.futures import ThreadPoolExecutor
from decimal import Decimal

import pytest
from hypothesis import given
from hypothesis import strategies as st

from musicnb import TextToMusic
from musicnb.errors import InvalidInput
from musicnb.library import Job, Journal, sums, sums_by
from musicnb.wire import Billing

SUNO = TextToMusic("dream pop", model="suno-5.5")
MINIMAX = TextToMusic("techno", model="minimax-music-2.6", instrumental=True)


@pytest.fixture
def journal(tmp_path):
    """Open an empty journal."""
    journal = Journal(tmp_path / "journal.sqlite")
    yield journal
    journal.close()


def sweep(journal, briefs, cap=None, name="spring", service="s"):
    return journal.plan_sweep(
        briefs, service=service, sweep=name, max_credits=None if cap is None else Decimal(cap)
    )


def test_same_sweep_planned_twice_is_the_same_orders(journal):
    """Nothing new, the same keys, in the same order."""
    first = sweep(journal, [SUNO, MINIMAX, SUNO])
    again = sweep(journal, [SUNO, MINIMAX, SUNO])
    assert [is_new for _, is_new in first.orders] == [True] * 3
    assert [is_new for _, is_new in again.orders] == [False] * 3
    assert [job for job, _ in again.orders] == [job for job, _ in first.orders]
    assert len({job.idempotency_key for job, _ in first.orders}) == 3


def test_longer_list_orders_only_what_is_new(journal):
    """Adding a line to the cell costs that line."""
    sweep(journal, [SUNO])
    planned = sweep(journal, [SUNO, SUNO, MINIMAX])
    assert [is_new for _, is_new in planned.orders] == [False, True, True]


def test_another_name_or_service_is_another_sweep(journal):
    """The name is part of the intention."""
    jobs = [
        sweep(journal, [SUNO], name=name, service=service).orders[0][0]
        for name, service in (("a", "s"), ("b", "s"), ("a", "t"))
    ]
    assert len({job.idempotency_key for job in jobs}) == 3


def test_what_does_not_fit_the_cap_is_left_out_and_a_later_one_still_runs(journal):
    """As many as the money allows, in the order of the list."""
    planned = sweep(journal, [SUNO, SUNO, MINIMAX], cap=150)
    assert [job.model for job, _ in planned.orders] == ["suno-5.5", "minimax-music-2.6"]
    assert [str(left) for left in planned.left_out] == ["not run: needs 80, 70 left"]
    assert sweep(journal, [SUNO, SUNO, MINIMAX], cap=150).left_out[0].left_credits == 20


def test_cap_stays_when_a_later_call_does_not_name_one(journal):
    """Forgetting it must not lift it; naming a larger one does."""
    sweep(journal, [SUNO], cap=80)
    assert len(sweep(journal, [SUNO, SUNO]).left_out) == 1
    assert sweep(journal, [SUNO, SUNO], cap=160).left_out == ()


def test_refund_makes_no_room_under_the_cap(journal):
    """What came back is not silently spent again."""
    ((job, _),) = sweep(journal, [SUNO], cap=80).orders
    journal.sending(job.job_id)
    journal.accepted(job.job_id, "tsk_1")
    money = Billing(charged_credits=Decimal(80), refunded_credits=Decimal(80))
    journal.billed(job.job_id, money, None)
    journal.ended(job.job_id, "failed")
    assert len(sweep(journal, [SUNO, MINIMAX], cap=100).left_out) == 1


def test_refused_order_makes_room(journal):
    """What was turned away before it was charged has cost nothing."""
    ((job, _),) = sweep(journal, [SUNO], cap=80).orders
    journal.ended(job.job_id, "failed", "invalid")
    assert sweep(journal, [SUNO, MINIMAX], cap=80).left_out == ()


def test_cap_holds_when_many_plan_at_once(journal):
    """Reserving and writing down are one transaction."""
    briefs = [TextToMusic(f"piece {number}") for number in range(16)]
    with ThreadPoolExecutor(8) as pool:
        planned = list(pool.map(lambda brief: sweep(journal, [brief], cap=500), briefs))
    assert sum(len(plan.orders) for plan in planned) == 6
    assert sum(job.expected_credits for job in journal.jobs()) == 480


def test_wrong_brief_in_a_sweep_writes_nothing(journal):
    """All or nothing."""
    with pytest.raises(InvalidInput):
        sweep(journal, [SUNO, TextToMusic("")])
    assert journal.jobs() == []


def test_repeat_is_a_new_intention_and_a_rerun_finds_it(journal):
    """Send again means a new key; the sweep then goes on with the newer order."""
    ((job, _),) = sweep(journal, [SUNO]).orders
    repeat = journal.repeat(job)
    assert repeat.idempotency_key != job.idempotency_key
    assert repeat.request["metadata"] != job.request["metadata"]
    assert repeat.request["prompt"] == job.request["prompt"]
    assert [found for found, _ in sweep(journal, [SUNO]).orders] == [repeat]


def test_time_of_the_first_sending_is_kept_until_it_is_known_to_be_in_vain(tmp_path):
    """It tells whether the key still counts; a refusal before the wallet starts anew."""
    now = iter(range(100))
    journal = Journal(tmp_path / "journal.sqlite", clock=lambda: float(next(now)))
    job_id = journal.plan(SUNO, service="s").job_id
    journal.sending(job_id)
    first = journal.job(job_id).sent_at
    journal.unknown(job_id, "no answer")
    journal.sending(job_id)
    assert journal.job(job_id).sent_at == first
    journal.not_sent(job_id, "no money")
    assert journal.job(job_id).sent_at is None
    journal.close()


def test_durations_are_remembered_for_each_model_the_newest_only(journal):
    """Enough for the poller, and no more; they come with an order's end."""
    job = journal.plan(SUNO, service="s")
    many = [("suno-5.5", float(seconds)) for seconds in range(300)]
    journal.ended(job.job_id, "succeeded", durations=[*many, ("minimax-music-2.6", 7.5)])
    assert journal.durations()["suno-5.5"] == [float(seconds) for seconds in range(44, 300)]
    assert journal.durations()["minimax-music-2.6"] == [7.5]


STATES = ("planned", "sending", "accepted", "succeeded", "failed", "canceled", "unknown")
AMOUNTS = st.none() | st.sampled_from([Decimal(0), Decimal(50), Decimal(80)])


@st.composite
def jobs(draw):
    """Make any order there can be."""
    charged = draw(AMOUNTS)
    refunded = draw(AMOUNTS) if charged is not None else None
    if refunded is not None and refunded > charged:
        refunded = charged
    return Job(
        job_id="j",
        service="s",
        capability="text_to_music",
        body=b'{"model":"suno-5.5"}',
        idempotency_key="k",
        state=draw(st.sampled_from(STATES)) if charged is None else draw(
            st.sampled_from(STATES[2:])
        ),
        expected_credits=Decimal(80),
        planned_at=0.0,
        task_id="tsk" if charged is not None else draw(st.none() | st.just("tsk")),
        charged_credits=charged,
        refunded_credits=refunded,
        sweep=draw(st.sampled_from(["", "spring"])),
    )  # fmt: skip


@given(st.lists(jobs()))
def test_charged_less_refunded_is_spent_and_held(orders):
    """The conservation rule, for every order whose charge is reported; no sum loses an order."""
    known = sums(job for job in orders if job.charged_credits is not None)
    assert known.charged_credits - known.refunded_credits == (
        known.spent_credits + known.held_credits
    )
    everything = sums(orders)
    for by in ("model", "sweep", "day"):
        parts = sums_by(orders, by).values()
        assert sum(part.orders for part in parts) == everything.orders
        assert sum(part.held_credits for part in parts) == everything.held_credits


def test_order_without_an_answer_is_held_at_its_price(journal):
    """What may be gone is not shown as zero."""
    job = journal.plan(SUNO, service="s")
    assert job.held_credits == 0
    journal.sending(job.job_id)
    journal.unknown(job.job_id, "no answer")
    assert journal.job(job.job_id).held_credits == 80
    assert sums(journal.jobs()).charged_credits == 0


def test_sums_by_another_word_name_the_choices():
    """The error says what there is."""
    with pytest.raises(InvalidInput, match="model, sweep, day"):
        sums_by([], "colour")
