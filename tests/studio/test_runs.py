"""Sweeps that run, on a real sandbox: the cap, the wallet, pausing, ending, failing, tables."""

import asyncio
from decimal import Decimal

import httpx
import pytest

from musicnb import Studio, TextToMusic
from musicnb.errors import InsufficientBalance, InvalidInput

BRIEF = TextToMusic("{mood} dream pop, {tempo}, 3 s", instrumental=True)
STORY = {
    "mood": ["calm", "bright", "dark"],
    "tempo": ["90 bpm", "120 bpm"],
    "model": {"suno-5.5": 1, "minimax-music-2.6": 2},
}
SMALL = {"mood": ["calm", "bright"], "tempo": ["90 bpm"], "model": ["minimax-music-2.6"]}
PATIENCE_S = 240


def spent_since(studio, before):
    return before - studio.balance


def test_capped_sweep_runs_what_fits_and_says_what_does_not(studio):
    """12 of 18 tasks for 720 of 750; the ledger, the card and the account agree."""
    before = studio.balance
    run = studio.sweep("story", BRIEF, STORY).run(max_credits=750).wait(PATIENCE_S)
    assert len(run.tasks) == 12
    assert [piece.not_run for piece in run.not_run] == 2 * [
        "not run: needs 80, 30 left",
        "not run: needs 50, 30 left",
        "not run: needs 50, 30 left",
    ]
    assert {task.status for task in run.tasks} == {"succeeded"}
    assert run.spent_credits == spent_since(studio, before) == Decimal(720)
    assert (run.held_credits, run.refunded_credits) == (0, 0)
    table = run.table()
    assert len(table) == 16 + 6
    assert table.loc["dark", "status"].eq("not run").all()
    assert table["clip_credits"].sum() == pytest.approx(720)
    summary = run.summary("model")
    assert summary["credits_per_clip"].to_dict() == {"suno-5.5": 40.0, "minimax-music-2.6": 50.0}
    assert summary["not_run"].to_dict() == {"suno-5.5": 2, "minimax-music-2.6": 4}
    assert "4 not run: needs 50, 30 left" in str(run)


def test_same_sweep_run_again_sends_nothing(studio):
    """The plan is made anew, as the cell that is run again makes it."""
    first = studio.sweep("again", BRIEF, SMALL).run().wait(PATIENCE_S)
    before = studio.balance
    second = studio.sweep("again", BRIEF, SMALL).run().wait(PATIENCE_S)
    assert "nothing new sent" in second.said
    assert studio.balance == before
    assert [t.task_id for t in second.tasks] == [t.task_id for t in first.tasks]


def test_run_can_be_awaited_and_its_tasks_may_fail(studio):
    """What became of each is in the run; nothing is raised."""
    studio.rehearse("task_failed", on="create", times=1)

    async def work():
        return await studio.sweep("awaited", BRIEF, SMALL).run()

    run = asyncio.run(work())
    assert sorted(task.status for task in run.tasks) == ["failed", "succeeded"]
    assert (run.spent_credits, run.refunded_credits) == (50, 50)
    run.retry_failed().wait(PATIENCE_S)
    assert {task.status for task in run.tasks} == {"succeeded"}


def test_failed_orders_are_not_retried_beyond_the_cap(studio):
    """A refund makes no room; a higher cap does."""
    plan = studio.sweep("tight", BRIEF, SMALL)
    studio.rehearse("task_failed", on="create", times=1)
    run = plan.run(max_credits=100).wait(PATIENCE_S)
    before = studio.balance
    run.retry_failed()
    assert sum("0 credits left, it needs 50" in piece.not_run for piece in run.pieces) == 1
    assert "1 not run again: the sweep's cap has 0 credits left, it needs 50" in str(run)
    assert studio.balance == before
    plan.run(max_credits=150)
    run.retry_failed().wait(PATIENCE_S)
    assert {task.status for task in run.tasks} == {"succeeded"}
    assert not any(piece.not_run for piece in run.pieces)


def test_wallet_that_does_not_suffice_is_told_before_the_first_request(tmp_path):
    """Balance 700 and cap 750: 720 would run, 20 are missing, and nothing is written down."""
    with Studio(tmp_path / "library", quiet=True) as studio:
        studio.rehearse("task_stuck", on="create")
        spend(studio, {"suno-5.5": 115, "minimax-music-2.6": 2})
        plan = studio.sweep("poor", BRIEF, STORY)
        assert (plan.balance_credits, plan.balance_after_credits) == (700, -380)
        assert "380 are missing" in str(plan)
        with pytest.raises(InsufficientBalance, match=r"720 .* 700: 20 are missing") as caught:
            plan.run(max_credits=750)
        assert caught.value.charged is False
        assert studio.balance == 700
        assert not studio.library.journal.jobs()


def spend(studio, orders):
    """Order behind the studio's back, so that its wallet holds less."""
    service = studio._road.service
    headers = {"Authorization": f"Bearer {service.api_key.reveal()}"}
    with httpx.Client(headers=headers) as http:
        for model, count in orders.items():
            for number in range(count):
                order = {"model": model, "prompt": f"tone {number}", "instrumental": True}
                http.post(f"{service.base_url}/music/text-to-music", json=order).raise_for_status()


def test_paused_sweep_sends_nothing_until_it_goes_on(studio):
    """What has not left costs nothing meanwhile."""
    plan = studio.sweep("paused", BRIEF, SMALL)
    studio._road.pause("paused", paused=True)
    before = studio.balance
    run = plan.run()
    run.wait(timeout_s=1.5)
    assert {task.status for task in run.tasks} == {"planned"}
    assert studio.balance == before
    run.go_on().wait(PATIENCE_S)
    assert {task.status for task in run.tasks} == {"succeeded"}


def test_canceled_sweep_withdraws_what_has_not_left(studio):
    """It costs nothing, and running the cell again does not order it behind one's back."""
    plan = studio.sweep("canceled", BRIEF, SMALL)
    studio._road.pause("canceled", paused=True)
    before = studio.balance
    run = plan.run().cancel()
    assert {task.status for task in run.tasks} == {"canceled"}
    assert studio.balance == before
    again = plan.run().wait(PATIENCE_S)
    assert {task.status for task in again.tasks} == {"canceled"}
    assert studio.balance == before


def test_canceling_what_runs_is_refunded(studio):
    """What the service had accepted is canceled there."""
    studio.rehearse("task_stuck", on="create", times=2)
    before = studio.balance
    run = studio.sweep("stuck", BRIEF, SMALL).run()
    while not all(task.task_id for task in run.tasks):
        run.wait(timeout_s=0.2)
    run.cancel(timeout_s=60)
    assert {task.status for task in run.tasks} == {"canceled"}
    assert studio.balance == before
    assert (run.spent_credits, run.refunded_credits) == (0, 100)


def test_invalid_cells_stop_a_run_unless_they_are_skipped(studio):
    """Nothing is sent while one of them is there."""
    axes = {**SMALL, "mood": ["calm", "x" * 2100]}
    plan = studio.sweep("invalid", BRIEF, axes)
    before = studio.balance
    with pytest.raises(InvalidInput):
        plan.run()
    assert studio.balance == before
    run = plan.run(skip_invalid=True).wait(PATIENCE_S)
    assert [task.status for task in run.tasks] == ["succeeded"]


def test_summary_refuses_what_is_no_axis(studio):
    """And names those that are."""
    run = studio.sweep("again", BRIEF, SMALL).run().wait(PATIENCE_S)
    with pytest.raises(InvalidInput, match="the axes are mood, tempo, model"):
        run.summary("volume")
    assert run.summary([])["tasks"].tolist() == [2]


def test_models_are_sent_in_turns(studio):
    """Nobody's orders wait for all of another's, though they are reserved in the plan's order."""
    axes = {"model": {"suno-5.5": 3, "minimax-music-2.6": 3}, "mood": ["calm"], "tempo": ["90 bpm"]}
    studio.rehearse("task_stuck", on="create", times=6)
    run = studio.sweep("turns", BRIEF, axes).run()
    while not all(task.task_id for task in run.tasks):
        run.wait(timeout_s=0.2)
    jobs = sorted((task.job for task in run.tasks), key=lambda job: job.sent_at)
    assert {job.model for job in jobs[:2]} == {"suno-5.5", "minimax-music-2.6"}
    run.cancel(timeout_s=60)


def test_watching_waits_for_task_tasks_run_and_studio_without_a_notebook(studio):
    """The cells that Google Colab needs work in a script, too, and raise nothing of the tasks."""
    plan = studio.sweep("watched", BRIEF, SMALL)

    async def watching():
        run = await plan.run(max_credits=100).watch()
        task = studio.generate(TextToMusic("ambient, 10 seconds", instrumental=True))
        await task.watch()
        other = studio.generate(TextToMusic("house, 10 seconds", instrumental=True))
        await studio.watch()
        return run, task, other

    run, task, other = asyncio.run(asyncio.wait_for(watching(), PATIENCE_S))
    assert {task.status for task in run.tasks} == {"succeeded"}
    assert task.status == other.status == "succeeded"
