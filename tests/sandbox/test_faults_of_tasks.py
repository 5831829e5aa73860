"""Faults of the work itself: tasks that fail, hang, are canceled too late, or deliver oddly."""

from __future__ import annotations

import os
import signal
import sqlite3
import time
from collections.abc import Callable
from decimal import Decimal
from pathlib import Path
from typing import Any

import pytest
from faulting import advance, arm, armed
from speaking import MINUTES, TEN_SECONDS, Service, connect

from musicnb.sandbox import SandboxProcess

HOUR = 3600


@pytest.fixture(scope="module")
def own(tmp_path_factory: pytest.TempPathFactory) -> Any:
    """Return a sandbox whose clock these tests may move."""
    folder = tmp_path_factory.mktemp("tasks")
    with SandboxProcess.start(folder) as process, connect(process) as http:
        yield Service(process, http)


@pytest.fixture(autouse=True)
def nothing_left(own: Service) -> Any:
    """Disarm everything and look at the money after each test."""
    yield
    own.http.delete("/sandbox/faults")
    own.assert_sound_ledger()


def running(task: dict[str, Any]) -> bool:
    return task["status"] == "running"


def refunded(task: dict[str, Any]) -> Decimal:
    return Decimal(task["billing"]["refunded_credits"])


@pytest.mark.parametrize(
    ("code", "retryable"),
    [("generation_failed", True), ("content_rejected", False), ("timed_out", True)],
)
def test_failed_task_is_refunded_at_once(own: Service, code: str, *, retryable: bool) -> None:
    """It fails with the code it was told, and its money is back in the same moment."""
    before = own.balance()
    with armed(own, "task_failed", code=code, times=1) as fired:
        task = own.make(TEN_SECONDS)
        assert fired() == 1
    assert task["status"] == "failed"
    assert (task["error"]["code"], task["error"]["retryable"]) == (code, retryable)
    assert task["output"] is None
    assert refunded(task) == 50
    assert own.kinds(task["task_id"]) == ["debit", "refund"]
    assert own.balance() == before


def test_late_refund_is_booked_once_when_its_time_has_come(own: Service) -> None:
    """Failed and still charged; an hour of the clock later the money is back, and only once."""
    before = own.balance()
    with armed(own, "task_failed", seconds=HOUR, times=1):
        task = own.make(TEN_SECONDS)
    task_id = task["task_id"]
    assert task["status"] == "failed"
    assert refunded(task) == 0
    assert task["usage"]["credits"] == "50.0000"
    assert own.balance() == before - 50
    own.http.post(f"/v1/tasks/{task_id}/cancel")
    advance(own, HOUR - 60)
    assert own.kinds(task_id) == ["debit"]
    advance(own, 60)
    assert refunded(own.task(task_id)) == 50
    assert own.task(task_id)["usage"]["credits"] == "0.0000"
    for _ in range(2):
        advance(own, HOUR)
        assert own.kinds(task_id) == ["debit", "refund"]
    assert own.balance() == before


def test_late_refund_comes_by_itself(own: Service) -> None:
    """Nobody has to move the clock for it."""
    with armed(own, "task_failed", seconds=0.3, times=1):
        task = own.make(TEN_SECONDS)
    assert refunded(task) == 0
    task_id = task["task_id"]
    deadline = time.monotonic() + 10
    while refunded(own.task(task_id)) != 50:
        assert time.monotonic() < deadline
        time.sleep(0.02)
    assert own.kinds(task_id) == ["debit", "refund"]


def test_late_refund_and_stuck_task_survive_kill_9(
    tmp_path: Path, start: Callable[..., Service]
) -> None:
    """What was owed is paid by the next server, once; what was stuck is still stuck."""
    first = start(tmp_path, faults=["task_failed:seconds=3600,times=1", "task_stuck:after=1"])
    failed = first.make(TEN_SECONDS)["task_id"]
    stuck = first.create(TEN_SECONDS)["task_id"]
    first.until(stuck, running)
    advance(first, 60)
    os.kill(first.process.pid, signal.SIGKILL)

    second = start(tmp_path)
    assert second.http.get("/sandbox/faults").json()["data"] == []
    assert second.task(stuck)["status"] == "running"
    assert refunded(second.task(failed)) == 0
    advance(second, HOUR)
    assert second.kinds(failed) == ["debit", "refund"]
    assert second.until(stuck)["error"]["code"] == "timed_out"
    assert second.balance() == 10_000
    second.assert_sound_ledger()


def test_stuck_task_is_ended_by_the_clock(own: Service) -> None:
    """It runs for ever to those who only wait, and times out with a refund."""
    before = own.balance()
    with armed(own, "task_stuck", times=1):
        task_id = own.create(TEN_SECONDS)["task_id"]
    assert own.until(task_id, running)["status"] == "running"
    advance(own, HOUR - 60)
    assert own.task(task_id)["status"] == "running"
    advance(own, 60)
    task = own.until(task_id)
    assert (task["status"], task["error"]["code"]) == ("failed", "timed_out")
    assert own.kinds(task_id) == ["debit", "refund"]
    assert own.balance() == before


def test_stuck_task_is_ended_by_a_cancel(own: Service) -> None:
    """A cancel frees it and its money."""
    before = own.balance()
    with armed(own, "task_stuck", times=1):
        task_id = own.create(TEN_SECONDS)["task_id"]
    own.until(task_id, running)
    own.drop(task_id)
    assert own.kinds(task_id) == ["debit", "refund"]
    assert own.balance() == before


def test_stuck_tasks_hold_up_nobody(own: Service) -> None:
    """Others are made while ten are stuck."""
    with armed(own, "task_stuck", times=10):
        stuck = [own.create(TEN_SECONDS)["task_id"] for _ in range(10)]
    assert own.make(TEN_SECONDS)["status"] == "succeeded"
    own.drop(*stuck)


def test_slow_task_succeeds_later(own: Service) -> None:
    """It runs until the clock has moved on, and is then made as ever."""
    with armed(own, "task_slow", seconds=HOUR, times=1):
        task_id = own.create(TEN_SECONDS)["task_id"]
    own.until(task_id, running)
    advance(own, HOUR)
    assert own.until(task_id)["status"] == "succeeded"
    assert own.kinds(task_id) == ["debit"]


@pytest.mark.parametrize("count", [0, 1, 3])
def test_odd_number_of_clips_is_delivered_and_charged(own: Service, count: int) -> None:
    """The task has succeeded and stays paid, whatever it delivers."""
    before = own.balance()
    model = "suno-5.5" if count == 1 else TEN_SECONDS["model"]
    with armed(own, "clips_odd", count=count, times=1):
        task = own.make({**TEN_SECONDS, "model": model})
    assert task["status"] == "succeeded"
    assert len(task["output"]["clips"]) == count
    assert len({clip["audio"]["artifact_id"] for clip in task["output"]["clips"]}) == count
    assert refunded(task) == 0
    assert own.kinds(task["task_id"]) == ["debit"]
    assert before - own.balance() == Decimal(task["billing"]["charged_credits"])


@pytest.mark.parametrize("begun", [False, True])
def test_cancel_that_comes_too_late(own: Service, *, begun: bool) -> None:
    """The cancel is accepted, the task succeeds all the same, and is paid and not refunded."""
    before = own.balance()
    with armed(own, "task_slow", seconds=HOUR, times=1):
        task_id = own.create(TEN_SECONDS)["task_id"]
    if begun:
        own.until(task_id, running)
    with armed(own, "cancel_late", times=1) as fired:
        answer = own.http.post(f"/v1/tasks/{task_id}/cancel")
        assert fired() == 1
    assert answer.status_code == 200
    assert answer.json()["cancel_requested_at"]
    assert answer.json()["status"] in ("queued", "running")
    advance(own, HOUR)
    task = own.until(task_id)
    assert task["status"] == "succeeded"
    assert task["cancel_requested_at"]
    assert len(task["output"]["clips"]) == 1
    assert own.kinds(task_id) == ["debit"]
    assert own.balance() == before - 50


def test_late_cancel_of_a_waiting_task_lets_it_be_made(own: Service) -> None:
    """A task in the ordinary queue goes on through it too."""
    busy = [own.create(MINUTES)["task_id"] for _ in range(4)]
    last = own.create(TEN_SECONDS)["task_id"]
    with armed(own, "cancel_late", times=1):
        task = own.http.post(f"/v1/tasks/{last}/cancel").json()
    assert task["status"] == "queued"
    own.drop(*busy)
    assert own.until(last)["status"] == "succeeded"
    assert own.kinds(last) == ["debit"]


def test_second_cancel_may_still_come_in_time(own: Service) -> None:
    """Only the struck cancel was too late."""
    with armed(own, "task_stuck", times=1):
        task_id = own.create(TEN_SECONDS)["task_id"]
    own.until(task_id, running)
    with armed(own, "cancel_late", times=1):
        own.http.post(f"/v1/tasks/{task_id}/cancel")
    assert own.task(task_id)["status"] == "running"
    own.drop(task_id)
    assert own.kinds(task_id) == ["debit", "refund"]


def test_replay_and_refusal_meet_no_fault_of_tasks(own: Service) -> None:
    """Only tasks that are really created count."""
    key = {"Idempotency-Key": "once"}
    first = own.create(TEN_SECONDS, **key)["task_id"]
    with armed(own, "task_failed") as fired:
        assert own.create(TEN_SECONDS, **key)["task_id"] == first
        own.post("/v1/music/text-to-music", {"model": "none"})
        assert fired() == 0
    assert own.until(first)["status"] == "succeeded"


def test_two_faults_strike_one_task(own: Service) -> None:
    """It is slow, and then it fails."""
    arm(own, "task_slow", seconds=HOUR, times=1)
    arm(own, "task_failed", code="content_rejected", times=1)
    task_id = own.create(TEN_SECONDS)["task_id"]
    own.until(task_id, running)
    advance(own, HOUR)
    assert own.until(task_id)["error"]["code"] == "content_rejected"
    assert own.kinds(task_id) == ["debit", "refund"]


def test_database_refunds_only_what_has_failed(
    tmp_path: Path, start: Callable[..., Service]
) -> None:
    """No code can refund a task that was, or may yet be, delivered."""
    service = start(tmp_path)
    task_id = service.make(TEN_SECONDS)["task_id"]
    service.process.stop()
    with sqlite3.connect(tmp_path / "sandbox.sqlite3") as connection:
        statement = "INSERT INTO transfers (kind, task_id, created_at) VALUES ('refund', ?, 1)"
        with pytest.raises(sqlite3.IntegrityError, match="is refunded"):
            connection.execute(statement, (task_id,))
    connection.close()
