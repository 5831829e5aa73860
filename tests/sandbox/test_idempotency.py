"""A repeated request is one request."""

from __future__ import annotations

from concurrent.futures import ThreadPoolExecutor
from typing import Any

import pytest
from speaking import TEN_SECONDS, Service, connect, tone


def key(name: str) -> dict[str, str]:
    return {"Idempotency-Key": name}


def test_replay_has_the_first_answer_and_costs_nothing(service: Service) -> None:
    """The same request with the same key gets the same bytes, marked as replayed."""
    before = service.balance()
    first = service.post("/v1/music/text-to-music", TEN_SECONDS, **key("replay"))
    service.until(first.json()["task_id"])
    second = service.post("/v1/music/text-to-music", TEN_SECONDS, **key("replay"))
    assert (second.status_code, second.content) == (202, first.content)
    assert "idempotency-replayed" not in first.headers
    assert second.headers["idempotency-replayed"] == "true"
    assert service.balance() == before - 50


def test_other_body_under_the_same_key_is_a_conflict(service: Service) -> None:
    """409 idempotency_conflict, not retryable, and nothing is charged."""
    service.create(TEN_SECONDS, **key("conflict"))
    before = service.balance()
    answer = service.post(
        "/v1/music/text-to-music", {**TEN_SECONDS, "prompt": "10 seconds waltz"}, **key("conflict")
    )
    assert answer.status_code == 409
    assert answer.json()["error"]["code"] == "idempotency_conflict"
    assert answer.json()["error"]["retryable"] is False
    assert service.balance() == before


def test_twenty_twins_at_once_create_one_task(service: Service) -> None:
    """Concurrent duplicates all get the one task."""
    before = service.balance()

    def create(_: int) -> str:
        with connect(service.process) as http:
            answer = http.post("/v1/music/text-to-music", json=TEN_SECONDS, headers=key("twins"))
            task: dict[str, Any] = answer.json()
            return str(task["task_id"])

    with ThreadPoolExecutor(20) as pool:
        ids = set(pool.map(create, range(20)))
    assert len(ids) == 1
    assert service.balance() == before - 50


def test_refusals_are_not_remembered(service: Service) -> None:
    """A key whose request was refused is free for the right one."""
    wrong = service.post("/v1/music/text-to-music", {"model": "none"}, **key("refused"))
    right = service.post("/v1/music/text-to-music", TEN_SECONDS, **key("refused"))
    assert (wrong.status_code, right.status_code) == (422, 202)


def test_upload_with_its_key_is_kept_once(service: Service) -> None:
    """The same file and words under one key are one artifact; another file is a conflict."""

    def upload(content: bytes) -> Any:
        return service.http.post(
            "/v1/uploads", files={"file": ("a.wav", content)}, headers=key("upload")
        )

    first, second, other = upload(tone(1)), upload(tone(1)), upload(tone(2))
    assert first.status_code == second.status_code == 201
    assert first.json()["artifact_id"] == second.json()["artifact_id"]
    assert second.headers["idempotency-replayed"] == "true"
    assert other.status_code == 409


@pytest.mark.parametrize("name", ["", "x" * 65, "ü", "a\tb"])
def test_odd_keys_are_refused(service: Service, name: str) -> None:
    """A key is 1 to 64 printable ASCII characters."""
    before = service.balance()
    answer = service.http.post(
        "/v1/music/text-to-music",
        json=TEN_SECONDS,
        headers=[(b"Idempotency-Key", name.encode("latin-1"))],
    )
    assert answer.status_code == 422
    assert service.balance() == before
