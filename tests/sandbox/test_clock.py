"""The clock: hours pass at once for everything that asks the time, and never backwards."""

from __future__ import annotations

import time
from collections.abc import Callable
from concurrent.futures import ThreadPoolExecutor
from datetime import datetime, timedelta
from pathlib import Path
from typing import Any

import pytest
from faulting import CREATE, advance, fetch
from speaking import TEN_SECONDS, Service, connect

from musicnb.sandbox import SandboxProcess

HOUR = 3600
DAY = 24 * HOUR


@pytest.fixture(scope="module")
def own(tmp_path_factory: pytest.TempPathFactory) -> Any:
    """Return a sandbox whose clock these tests may move."""
    folder = tmp_path_factory.mktemp("clock")
    with SandboxProcess.start(folder) as process, connect(process) as http:
        yield Service(process, http)


def now(service: Service) -> datetime:
    return datetime.fromisoformat(service.http.get("/sandbox/clock").json()["now"])


def test_clock_agrees_with_the_machine_until_it_is_moved(
    tmp_path: Path, start: Callable[..., Service]
) -> None:
    """A new folder's clock is not ahead."""
    service = start(tmp_path, workers=0)
    shown = service.http.get("/sandbox/clock").json()
    assert (shown["object"], shown["ahead_s"]) == ("clock", 0)
    assert abs(now(service).timestamp() - time.time()) < 5


def test_hours_pass_at_once(own: Service) -> None:
    """The clock, and the times of new tasks, are that much later."""
    before = now(own)
    answer = own.post("/sandbox/clock", {"advance_s": 5 * HOUR}).json()
    assert datetime.fromisoformat(answer["now"]) - before >= timedelta(hours=5)
    task = own.make(TEN_SECONDS)
    for name in ("created_at", "started_at", "completed_at"):
        assert datetime.fromisoformat(task[name]) - before >= timedelta(hours=5)


def test_every_advance_counts_when_many_come_at_once(own: Service) -> None:
    """Those that share a commit add up, and no answer shows less than its own."""
    before = own.http.get("/sandbox/clock").json()["ahead_s"]

    def move(seconds: int) -> float:
        ahead: float = own.post("/sandbox/clock", {"advance_s": seconds}).json()["ahead_s"]
        return ahead - seconds

    with ThreadPoolExecutor(16) as pool:
        assert min(pool.map(move, range(1, 65))) >= before
    assert own.http.get("/sandbox/clock").json()["ahead_s"] == before + sum(range(1, 65))


def test_key_is_remembered_for_a_day(own: Service) -> None:
    """Within 24 hours a repeat is a replay; after them it is a new task, with its own debit."""
    before, key = own.balance(), {"Idempotency-Key": "a day"}
    first = own.post(CREATE, TEN_SECONDS, **key)
    advance(own, DAY - 60)
    second = own.post(CREATE, TEN_SECONDS, **key)
    assert second.content == first.content
    assert second.headers["idempotency-replayed"] == "true"
    assert own.balance() == before - 50
    advance(own, 120)
    third = own.post(CREATE, TEN_SECONDS, **key)
    assert third.status_code == 202
    assert third.json()["task_id"] != first.json()["task_id"]
    assert own.balance() == before - 100
    own.assert_sound_ledger()


def test_link_expires_after_a_day_and_is_made_anew(own: Service) -> None:
    """The old URL is 403 after 25 hours; reading the task again gives one that works."""
    task = own.make(TEN_SECONDS)
    old = task["output"]["clips"][0]["audio"]["url"]
    advance(own, 23 * HOUR)
    assert fetch(old).status_code == 200
    advance(own, 2 * HOUR)
    assert fetch(old).status_code == 403
    new = own.task(task["task_id"])["output"]["clips"][0]["audio"]["url"]
    assert fetch(new).status_code == 200


def test_list_window_follows_the_clock(own: Service) -> None:
    """What was created after a moment of the clock is found by that moment."""
    advance(own, HOUR)
    moment = now(own).isoformat()
    task_id = own.create(TEN_SECONDS)["task_id"]
    page = own.http.get("/v1/tasks", params={"created_after": moment}).json()
    assert [task["task_id"] for task in page["data"]] == [task_id]


def test_clock_goes_on_after_a_restart(tmp_path: Path, start: Callable[..., Service]) -> None:
    """The next server of a folder is as far ahead, so that no row lies in its future."""
    first = start(tmp_path, workers=0)
    advance(first, 3 * DAY)
    task = first.create(TEN_SECONDS)
    first.process.stop()
    second = start(tmp_path, workers=0)
    assert second.http.get("/sandbox/clock").json()["ahead_s"] == 3 * DAY
    later = second.create(TEN_SECONDS)
    assert later["created_at"] > task["created_at"]
    assert later["task_id"] > task["task_id"]


@pytest.mark.parametrize(
    "body",
    [{}, {"advance_s": -1}, {"advance_s": "1"}, {"advance_s": True}, {"advance_s": 1e10},
     {"advance_s": 1, "now": 5}, {"advance_s": None}],
)  # fmt: skip
def test_clock_moves_forward_by_a_number_of_seconds_only(
    own: Service, body: dict[str, Any]
) -> None:
    """Anything else is 422 and leaves it where it was."""
    before = own.http.get("/sandbox/clock").json()["ahead_s"]
    assert own.post("/sandbox/clock", body).status_code == 422
    assert own.http.get("/sandbox/clock").json()["ahead_s"] == before


def test_clock_is_at_most_a_hundred_years_ahead(
    tmp_path: Path, start: Callable[..., Service]
) -> None:
    """Beyond that dates and links would not hold it."""
    service = start(tmp_path, workers=0)
    century = 100 * 365 * DAY
    assert service.post("/sandbox/clock", {"advance_s": century}).status_code == 200
    assert service.create(TEN_SECONDS)["created_at"] > "2120"
    refused = service.post("/sandbox/clock", {"advance_s": 1})
    assert refused.status_code == 422
    assert refused.json()["error"]["param"] == "/advance_s"
    assert service.http.get("/sandbox/clock").json()["ahead_s"] == century
