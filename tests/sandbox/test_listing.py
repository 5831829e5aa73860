"""GET /v1/tasks: pages, filters, order, expansion."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any

import pytest
from speaking import TEN_SECONDS, Service, connect

from musicnb.sandbox import SandboxProcess

SUMMARY = {
    "object", "task_id", "status", "capability", "model", "resolved_model",
    "created_at", "started_at", "completed_at", "cancel_requested_at",
}  # fmt: skip


@pytest.fixture(scope="module")
def seven(tmp_path_factory: pytest.TempPathFactory) -> Iterator[tuple[Service, list[str]]]:
    """Return a sandbox with seven tasks, oldest first: one succeeded, six canceled."""
    with (
        SandboxProcess.start(tmp_path_factory.mktemp("seven")) as process,
        connect(process) as http,
    ):
        own = Service(process, http)
        ids = [
            own.create({**TEN_SECONDS, "metadata": {"n": str(number)}})["task_id"]
            for number in range(7)
        ]
        for task_id in ids[1:]:
            own.http.post(f"/v1/tasks/{task_id}/cancel")
        for task_id in ids:
            own.until(task_id)
        yield own, ids


def page(own: Service, **query: object) -> dict[str, Any]:
    answer = own.http.get("/v1/tasks", params={key: str(value) for key, value in query.items()})
    assert answer.status_code == 200, answer.text
    body: dict[str, Any] = answer.json()
    return body


def ids_of(body: dict[str, Any]) -> list[str]:
    return [task["task_id"] for task in body["data"]]


@pytest.mark.parametrize("order", ["asc", "desc"])
def test_pages_join_to_the_whole(seven: tuple[Service, list[str]], order: str) -> None:
    """Following the cursors gives every task once, in order."""
    own, ids = seven
    found: list[str] = []
    query: dict[str, Any] = {"limit": 3, "order": order}
    body = page(own, **query)
    found += ids_of(body)
    while body["has_more"]:
        body = page(own, **query, cursor=body["next_cursor"])
        found += ids_of(body)
    assert found == (ids if order == "asc" else ids[::-1])
    assert body["next_cursor"] is None


def test_newest_first_and_summaries_by_default(seven: tuple[Service, list[str]]) -> None:
    """Without parameters the newest come first, with their summary only."""
    own, ids = seven
    body = page(own)
    assert body["object"] == "list"
    assert ids_of(body) == ids[::-1]
    assert set(body["data"][0]) == SUMMARY


def test_filters_by_status_and_capability(seven: tuple[Service, list[str]]) -> None:
    """Only what matches comes back."""
    own, ids = seven
    assert ids_of(page(own, status="succeeded")) == ids[:1]
    assert len(ids_of(page(own, status="canceled"))) == 6
    assert ids_of(page(own, capability="reference_audio_to_music")) == []


def test_filters_by_time_of_creation(seven: tuple[Service, list[str]]) -> None:
    """Both bounds are exclusive, and zones are understood."""
    own, ids = seven
    times = [task["created_at"] for task in page(own, order="asc")["data"]]
    between = page(own, created_after=times[1], created_before=times[5], order="asc")
    assert ids_of(between) == ids[2:5]
    assert ids_of(page(own, created_after="2001-01-01T00:00:00+02:00")) == ids[::-1]


def test_expand_adds_what_was_asked_for(seven: tuple[Service, list[str]]) -> None:
    """A lost task is found again by the job id in its metadata."""
    own, ids = seven
    (first, *_) = page(own, expand="input,billing", order="asc", limit=1)["data"]
    assert first["metadata"] == {"n": "0"}
    assert first["input"]["prompt"] == TEN_SECONDS["prompt"]
    assert first["billing"]["charged_credits"] == "50.0000"
    assert "output" not in first
    (everything, *_) = page(own, expand="all", order="asc", limit=1)["data"]
    assert everything["output"] == own.task(ids[0])["output"]


@pytest.mark.parametrize(
    ("name", "value"),
    [
        ("status", "done"),
        ("status", "queued,running"),
        ("capability", "video"),
        ("order", "up"),
        ("expand", "output,everything"),
        ("limit", "0"),
        ("limit", "101"),
        ("limit", "-1"),
        ("limit", "٣"),
        ("limit", "9" * 5000),
        ("created_after", "yesterday"),
        ("created_after", "2026-01-01T00:00:00"),
        ("created_before", "99999-01-01T00:00:00Z"),
        ("cursor", "abc"),
        ("cursor", "💥"),
        ("cursor", "OTk5OTk5OTk5OTk5OTk5OTk5OTk5OTk6YWJj"),
        ("page", "2"),
    ],
)
def test_odd_queries_are_refused(service: Service, name: str, value: str) -> None:
    """422 names the parameter at fault."""
    answer = service.http.get("/v1/tasks", params={name: value})
    assert answer.status_code == 422
    assert answer.json()["error"]["param"] == f"/{name}"


def test_cursor_belongs_to_its_filters(seven: tuple[Service, list[str]]) -> None:
    """A cursor taken to another list is refused rather than silently wrong."""
    own, _ = seven
    cursor = page(own, limit=2)["next_cursor"]
    answer = own.http.get("/v1/tasks", params={"cursor": cursor, "order": "asc"})
    assert answer.status_code == 422
