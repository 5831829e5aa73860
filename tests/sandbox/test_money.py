"""Debits, refunds and the ledger: every credit is somewhere, once."""

from __future__ import annotations

import os
import signal
from collections.abc import Callable
from decimal import Decimal
from pathlib import Path

import pytest
from children import workers_of
from speaking import MINUTES, TEN_SECONDS, Service, tone


def rendering(task: dict[str, dict[str, float]]) -> bool:
    return task["progress"]["percent"] >= 25


def test_wallet_begins_with_ten_dollars(tmp_path: Path, start: Callable[..., Service]) -> None:
    """A new folder holds 10,000 credits, as one transfer of the ledger."""
    own = start(tmp_path)
    wallet = own.http.get("/sandbox/wallet").json()
    assert wallet["balance_credits"] == "10000.0000"
    assert wallet["balance_credits_usd_reference"] == "10.0000"
    assert [move["kind"] for move in own.transfers()] == ["top_up"]


def test_price_is_debited_once_at_creation(service: Service) -> None:
    """The wallet falls by the model's price when the task is accepted, and not again later."""
    before = service.balance()
    task = service.create(TEN_SECONDS)
    assert service.balance() == before - 50
    assert service.until(task["task_id"])["status"] == "succeeded"
    assert service.balance() == before - 50
    assert service.kinds(task["task_id"]) == ["debit"]
    service.assert_sound_ledger()


def test_top_up_is_exact(service: Service) -> None:
    """A ten-thousandth of a credit arrives as such."""
    before = service.balance()
    answer = service.post("/sandbox/wallet", {"credits": "1000.0001"})
    assert Decimal(answer.json()["balance_credits"]) == before + Decimal("1000.0001")
    service.assert_sound_ledger()


def test_empty_wallet_refuses_says_what_is_missing_and_charges_nothing(
    tmp_path: Path, start: Callable[..., Service]
) -> None:
    """402 names the missing credits; after a top-up the same request with its key goes through."""
    own = start(tmp_path)
    order = {**MINUTES, "model": "suno-5.5"}
    created = [own.create(order)["task_id"] for _ in range(125)]
    assert own.balance() == 0
    refused = own.post("/v1/music/text-to-music", order, **{"Idempotency-Key": "again"})
    error = refused.json()["error"]
    assert refused.status_code == 402
    assert error["code"] == "insufficient_balance"
    assert error["details"]["missing_credits"] == "80.0000"
    assert error["retryable"] is False
    assert own.balance() == 0
    assert len(own.transfers()) == 126
    own.post("/sandbox/wallet", {"credits": "80"})
    created.append(own.create(order, **{"Idempotency-Key": "again"})["task_id"])
    own.drop(*created)
    assert own.balance() == 10_080
    own.assert_sound_ledger()


def test_cancel_of_a_waiting_task_refunds_once(service: Service) -> None:
    """A queued task is canceled at once; canceling it again changes nothing."""
    before = service.balance()
    busy = [service.create(MINUTES)["task_id"] for _ in range(4)]
    answer = service.http.post(f"/v1/tasks/{busy[-1]}/cancel", json={"reason": "enough"})
    task = answer.json()
    assert answer.status_code == 200
    assert task["status"] == "canceled"
    assert task["billing"]["refunded_credits"] == "50.0000"
    assert task["cancel_requested_at"] <= task["completed_at"]
    assert service.http.post(f"/v1/tasks/{busy[-1]}/cancel").json() == task
    service.drop(*busy)
    for task_id in busy:
        assert service.kinds(task_id) == ["debit", "refund"]
    assert service.balance() == before
    service.assert_sound_ledger()


def test_cancel_of_a_running_task_stops_it_and_refunds_once(service: Service) -> None:
    """A task in the middle of rendering ends as canceled, without clips, with its money back."""
    before = service.balance()
    task_id = service.create(MINUTES)["task_id"]
    assert service.until(task_id, rendering)["status"] == "running"
    for _ in range(3):
        assert service.http.post(f"/v1/tasks/{task_id}/cancel").json()["cancel_requested_at"]
    task = service.until(task_id)
    assert task["status"] == "canceled"
    assert task["output"] is None
    assert task["usage"]["credits"] == "0.0000"
    assert service.kinds(task_id) == ["debit", "refund"]
    assert service.balance() == before


def test_cancel_of_a_finished_task_changes_nothing(service: Service) -> None:
    """What has succeeded comes back as it is, and stays paid."""
    task = service.make(TEN_SECONDS)
    answer = service.http.post(f"/v1/tasks/{task['task_id']}/cancel")
    assert answer.status_code == 200
    assert answer.json() == task
    assert service.kinds(task["task_id"]) == ["debit"]


def test_killed_worker_fails_the_task_refunds_it_and_is_replaced(
    tmp_path: Path, start: Callable[..., Service]
) -> None:
    """After a worker is killed the task has failed and is refunded, and the next one succeeds."""
    own = start(tmp_path)
    task_id = own.create(MINUTES)["task_id"]
    assert own.until(task_id, rendering)["status"] == "running"
    for worker in workers_of(own.process.pid):
        os.kill(worker, signal.SIGKILL)
    task = own.until(task_id)
    assert task["status"] == "failed"
    assert task["error"]["code"] == "generation_failed"
    assert task["error"]["retryable"] is True
    assert task["billing"]["refunded_credits"] == "50.0000"
    assert own.kinds(task_id) == ["debit", "refund"]
    assert own.balance() == 10_000
    assert own.make(TEN_SECONDS)["status"] == "succeeded"
    own.assert_sound_ledger()


@pytest.mark.parametrize(
    "credits",
    [
        "0",
        "-1",
        "1e3",
        "NaN",
        "Infinity",
        "1.00001",
        "",
        "٣",
        " 5",
        True,
        None,
        1.5,
        [],
        "9" * 5000,
    ],
)
def test_odd_amounts_are_refused(service: Service, credits: object) -> None:  # noqa: A002 - as wire
    """Only positive decimal amounts with up to four places are money."""
    before = service.balance()
    answer = service.post("/sandbox/wallet", {"credits": credits})
    assert answer.status_code == 422
    assert answer.json()["error"]["param"] == "/credits"
    assert service.balance() == before


def test_engine_failure_fails_the_task_and_refunds_it(
    tmp_path: Path, start: Callable[..., Service]
) -> None:
    """A reference that has vanished from disk is our fault: failed, refunded, nothing leaked."""
    own = start(tmp_path)
    upload = own.http.post("/v1/uploads", files={"file": ("a.wav", tone(8))}).json()
    (file,) = (tmp_path / "artifacts").iterdir()
    file.unlink()
    created = own.post(
        "/v1/music/reference-audio-to-music",
        {
            "model": "suno-5.5",
            "prompt": "10 seconds techno",
            "reference_audio": {"type": "artifact", "artifact_id": upload["artifact_id"]},
        },
    )
    task = own.until(created.json()["task_id"])
    assert task["status"] == "failed"
    assert task["error"]["code"] == "generation_failed"
    assert str(tmp_path) not in str(task)
    assert own.kinds(task["task_id"]) == ["debit", "refund"]
    assert not list((tmp_path / "artifacts").iterdir())
