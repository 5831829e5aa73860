"""Faults of the line: answers lost, refused, cut, altered; and when and how often they strike."""

from __future__ import annotations

import email.utils
import time
from collections.abc import Callable
from pathlib import Path
from typing import Any

import httpx
import pytest
from faulting import CREATE, arm, armed, fetch
from speaking import TEN_SECONDS, Service, connect, tone

from musicnb.errors import ConfigurationError
from musicnb.sandbox import SandboxProcess


@pytest.fixture(scope="module")
def own(tmp_path_factory: pytest.TempPathFactory) -> Any:
    """Return a sandbox whose tasks only queue: what is asked here needs no music."""
    folder = tmp_path_factory.mktemp("faults")
    with SandboxProcess.start(folder, workers=0) as process, connect(process) as http:
        yield Service(process, http)


@pytest.fixture(autouse=True)
def nothing_left(own: Service) -> Any:
    """Disarm everything and look at the money after each test."""
    yield
    own.http.delete("/sandbox/faults")
    own.assert_sound_ledger()


@pytest.fixture
def clip_url(techno: dict[str, Any]) -> str:
    return str(techno["output"]["clips"][0]["audio"]["url"])


def count(service: Service) -> int:
    return len(service.http.get("/v1/tasks", params={"limit": 100}).json()["data"])


def ask(service: Service, operation: str, task_id: str) -> httpx.Response:
    """Send the plainest request of an operation."""
    http = service.http
    if operation == "create":
        return service.post(CREATE, TEN_SECONDS)
    if operation == "cancel":
        return http.post(f"/v1/tasks/{task_id}/cancel")
    if operation == "upload":
        return http.post("/v1/uploads", files={"file": ("a.wav", tone(1))})
    paths = {"poll": f"/v1/tasks/{task_id}", "list": "/v1/tasks", "models": "/v1/models"}
    return http.get(paths[operation])


OPERATIONS = ("create", "poll", "list", "cancel", "upload", "models")


# ----------------------------------------------------------------------------- lost answers


@pytest.mark.parametrize(("when", "charged"), [("before", 0), ("after", 50)])
def test_lost_answer_of_a_create_is_charged_only_when_it_was_done(
    own: Service, when: str, charged: int
) -> None:
    """The connection ends without an answer; the same key then finds or makes the one task."""
    before, tasks, key = own.balance(), count(own), {"Idempotency-Key": f"lost {when}"}
    with armed(own, "answer_lost", when=when, times=1) as fired:
        with pytest.raises(httpx.RemoteProtocolError):
            own.post(CREATE, TEN_SECONDS, **key)
        assert fired() == 1
        assert own.balance() == before - charged
        assert count(own) == tasks + (charged > 0)
        again = own.post(CREATE, TEN_SECONDS, **key)
    assert again.status_code == 202
    assert ("idempotency-replayed" in again.headers) is (when == "after")
    assert own.balance() == before - 50
    assert own.kinds(again.json()["task_id"]) == ["debit"]
    assert count(own) == tasks + 1


@pytest.mark.parametrize("operation", OPERATIONS)
@pytest.mark.parametrize("when", ["before", "after"])
def test_answer_of_any_operation_can_be_lost(own: Service, operation: str, when: str) -> None:
    """Every operation can lose its answer, and works at the next attempt."""
    task_id = own.create(TEN_SECONDS)["task_id"]
    with armed(own, "answer_lost", on="any", when=when, times=1):
        with pytest.raises((httpx.RemoteProtocolError, httpx.ReadError, httpx.WriteError)):
            ask(own, operation, task_id)
        done = operation == "cancel" and when == "after"
        assert own.task(task_id)["status"] == ("canceled" if done else "queued")
        assert ask(own, operation, task_id).is_success


def test_lost_download_comes_at_the_next_attempt(service: Service, clip_url: str) -> None:
    """A download can lose its answer too."""
    with armed(service, "answer_lost", on="download", times=1):
        with pytest.raises(httpx.RemoteProtocolError):
            fetch(clip_url)
        assert fetch(clip_url).status_code == 200


# -------------------------------------------------------------------------- error answers


@pytest.mark.parametrize(
    ("status", "code"),
    [
        (500, "internal_error"),
        (502, "upstream_unavailable"),
        (503, "upstream_unavailable"),
        (504, "upstream_timeout"),
    ],
)
@pytest.mark.parametrize(("when", "charged"), [("before", 0), ("after", 50)])
def test_server_error_before_or_after_the_commit(
    own: Service, status: int, code: str, when: str, charged: int
) -> None:
    """A retryable error in the contract's envelope; the debit stands only when it came after."""
    before = own.balance()
    with armed(own, "server_error", status=status, when=when):
        answer = own.post(CREATE, TEN_SECONDS)
    error = answer.json()["error"]
    assert (answer.status_code, error["code"], error["retryable"]) == (status, code, True)
    assert error["request_id"] == answer.headers["x-request-id"]
    assert own.balance() == before - charged


@pytest.mark.parametrize(("form", "given"), [("seconds", 7), ("date", 7), ("seconds", None)])
def test_rate_limit_comes_with_each_form_of_retry_after(
    own: Service, form: str, given: int | None
) -> None:
    """429 says when to come back: in seconds, as an HTTP date, or not at all."""
    before = own.balance()
    with armed(own, "rate_limited", on="create", form=form, retry_after=given, times=1):
        answer = own.post(CREATE, TEN_SECONDS)
        assert own.post(CREATE, TEN_SECONDS).status_code == 202
    assert (answer.status_code, answer.json()["error"]["code"]) == (429, "rate_limited")
    header = answer.headers.get("retry-after")
    if given is None:
        assert header is None
    elif form == "seconds":
        assert header == "7"
    else:
        moment = email.utils.parsedate_to_datetime(header).timestamp()
        assert time.time() < moment <= time.time() + 8
    assert own.balance() == before - 50


def test_twin_under_way_is_a_conflict_that_passes(own: Service) -> None:
    """409 idempotency_in_progress is retryable, and the repeat makes one task."""
    before = own.balance()
    with armed(own, "in_progress", times=2, retry_after=1):
        answers = [own.post(CREATE, TEN_SECONDS, **{"Idempotency-Key": "twin"}) for _ in range(3)]
    assert [answer.status_code for answer in answers] == [409, 409, 202]
    error = answers[0].json()["error"]
    assert (error["code"], error["retryable"]) == ("idempotency_in_progress", True)
    assert answers[0].headers["retry-after"] == "1"
    assert own.balance() == before - 50


def test_revoked_key_is_refused_from_then_on(own: Service) -> None:
    """401 for everything but the sandbox's own endpoints, until the fault is disarmed."""
    task_id = own.create(TEN_SECONDS)["task_id"]
    with armed(own, "key_revoked", on="any", after=1):
        assert ask(own, "poll", task_id).status_code == 200
        for operation in OPERATIONS:
            answer = ask(own, operation, task_id)
            assert answer.status_code == 401
            assert answer.json()["error"]["code"] == "invalid_api_key"
            assert answer.json()["error"]["retryable"] is False
        assert own.http.get("/v1/health").status_code == 200
    assert own.task(task_id)["status"] == "queued"


@pytest.mark.parametrize(("when", "status"), [("before", "queued"), ("after", "canceled")])
def test_refused_cancel_says_nothing_about_the_task(own: Service, when: str, status: str) -> None:
    """409 on a cancel; whether it was carried out shows in the task alone."""
    task_id = own.create(TEN_SECONDS)["task_id"]
    with armed(own, "cancel_refused", when=when):
        assert ask(own, "cancel", task_id).status_code == 409
    assert own.task(task_id)["status"] == status
    assert own.kinds(task_id) == ["debit", "refund"][: 2 if when == "after" else 1]


# --------------------------------------------------------------------------- broken bodies


@pytest.mark.parametrize("status", [502, 200])
@pytest.mark.parametrize(("when", "charged"), [("before", 0), ("after", 50)])
def test_html_page_in_place_of_an_answer(
    own: Service, status: int, when: str, charged: int
) -> None:
    """A gateway's page, honest about it or not."""
    before = own.balance()
    with armed(own, "html_page", status=status, when=when):
        answer = own.post(CREATE, TEN_SECONDS)
    assert answer.status_code == status
    assert answer.headers["content-type"].startswith("text/html")
    assert answer.text.startswith("<!DOCTYPE html>")
    assert own.balance() == before - charged


def test_broken_json_is_no_json(own: Service) -> None:
    """The body stops in the middle, and its length is right for that."""
    before = own.balance()
    with armed(own, "json_broken", on="create"):
        answer = own.post(CREATE, TEN_SECONDS)
    assert answer.status_code == 202
    with pytest.raises(ValueError, match=r"Unterminated|Expecting|delimiter"):
        answer.json()
    assert own.balance() == before - 50


def test_cut_body_is_shorter_than_announced(own: Service) -> None:
    """The connection ends before Content-Length is reached."""
    before = own.balance()
    with (
        armed(own, "cut_body", on="create"),
        pytest.raises(httpx.RemoteProtocolError, match="without sending complete"),
    ):
        own.post(CREATE, TEN_SECONDS)
    assert own.balance() == before - 50


def test_slow_body_arrives_whole(own: Service) -> None:
    """It drips, and is all there at the end."""
    task_id = own.create(TEN_SECONDS)["task_id"]
    parts = []
    with (
        armed(own, "slow_body", on="poll", seconds=0.2),
        own.http.stream("GET", f"/v1/tasks/{task_id}") as answer,
    ):
        parts = list(answer.iter_raw())
    assert len(parts) > 3
    assert b"".join(parts) == own.http.get(f"/v1/tasks/{task_id}").content


# ----------------------------------------------------------------------------- odd answers


def test_request_id_is_missing_from_header_and_error(own: Service) -> None:
    """Neither a success nor an error says its id."""
    with armed(own, "request_id_missing", on="any"):
        good, bad = own.http.get("/v1/tasks"), own.http.get("/v1/tasks/tsk_none")
    assert (good.status_code, bad.status_code) == (200, 404)
    assert "x-request-id" not in good.headers
    assert "x-request-id" not in bad.headers
    assert "request_id" not in bad.json()["error"]


@pytest.mark.parametrize("operation", ["create", "poll", "cancel"])
def test_envelope_without_billing(own: Service, operation: str) -> None:
    """Billing is not there, which is not zero; nothing else is touched."""
    task_id = own.create(TEN_SECONDS)["task_id"]
    with armed(own, "billing_missing", on=operation):
        task = ask(own, operation, task_id).json()
    assert "billing" not in task
    assert task["input"] == TEN_SECONDS
    assert "billing" in own.task(task_id)


def test_list_without_billing(own: Service) -> None:
    """Expanded list items lose it too."""
    own.create(TEN_SECONDS)
    with armed(own, "billing_missing", on="list"):
        page = own.http.get("/v1/tasks", params={"expand": "all"}).json()
    assert page["data"]
    assert all("billing" not in task and "input" in task for task in page["data"])


def test_unknown_fields_stand_everywhere(own: Service) -> None:
    """Every object of an answer has a field nobody knows."""
    task_id = own.create(TEN_SECONDS)["task_id"]
    with armed(own, "fields_unknown", on="poll"):
        task = own.task(task_id)
    assert task["x_unknown"]
    assert task["billing"]["x_unknown"]
    assert task["progress"]["x_unknown"]


def test_unknown_status_is_brief(own: Service) -> None:
    """Twice a word nobody knows, then the truth."""
    task_id = own.create(TEN_SECONDS)["task_id"]
    with armed(own, "status_unknown", on="poll", times=2, status="warming_up"):
        seen = [own.task(task_id)["status"] for _ in range(3)]
    assert seen == ["warming_up", "warming_up", "queued"]


def test_list_shows_a_task_twice_or_late(own: Service) -> None:
    """The last of a page is there twice; the newest is not there yet."""
    task_ids = [own.create(TEN_SECONDS)["task_id"] for _ in range(3)]
    query = {"limit": 3}

    def page() -> list[str]:
        return [task["task_id"] for task in own.http.get("/v1/tasks", params=query).json()["data"]]

    honest = page()
    assert honest == task_ids[::-1]
    with armed(own, "list_doubled"):
        assert page() == [*honest, honest[-1]]
    with armed(own, "list_late", times=1):
        assert [page(), page()] == [honest[1:], honest]


# ------------------------------------------------------------------------------- downloads


def test_expired_url(service: Service, clip_url: str) -> None:
    """403, and the next attempt works."""
    with armed(service, "url_expired", times=1):
        answers = [fetch(clip_url) for _ in range(2)]
    assert [answer.status_code for answer in answers] == [403, 200]
    assert answers[0].json()["error"]["code"] == "forbidden"


def test_cut_download_with_its_length_raises_and_without_looks_whole(
    service: Service, clip_url: str
) -> None:
    """Without Content-Length only a decoder or a hash can tell that half is missing."""
    whole = fetch(clip_url).content
    with armed(service, "cut_body", on="download"), pytest.raises(httpx.RemoteProtocolError):
        fetch(clip_url)
    with armed(service, "cut_body", on="download", length=False, share=0.25):
        answer = fetch(clip_url)
    assert answer.status_code == 200
    assert "content-length" not in answer.headers
    assert answer.content == whole[: len(whole) // 4]


def test_wrong_type_and_html_in_place_of_sound(service: Service, clip_url: str) -> None:
    """The right bytes under a wrong type; a page under a right status."""
    whole = fetch(clip_url).content
    with armed(service, "type_wrong", media_type="video/mp4"):
        answer = fetch(clip_url)
    assert (answer.headers["content-type"], answer.content) == ("video/mp4", whole)
    with armed(service, "html_page", on="download", status=200):
        answer = fetch(clip_url)
    assert (answer.status_code, answer.headers["content-type"][:9]) == (200, "text/html")


# ---------------------------------------------------------------------- when and how often


def statuses(service: Service, requests: int) -> list[int]:
    return [service.http.get("/v1/models").status_code for _ in range(requests)]


def test_times_and_after_count_the_requests_it_waits_for(own: Service) -> None:
    """It lets some pass, strikes as often as it was told, and is over."""
    with armed(own, "server_error", on="any", after=2, times=3) as fired:
        assert statuses(own, 7) == [200, 200, 503, 503, 503, 200, 200]
        assert fired() == 3


def test_chances_repeat(own: Service) -> None:
    """The same seed gives the same chances; another gives others; the share is about right."""
    runs = []
    for seed in (1, 1, 2):
        with armed(own, "server_error", on="any", probability=0.3, seed=seed):
            runs.append(statuses(own, 100))
    assert runs[0] == runs[1] != runs[2]
    assert 15 <= runs[0].count(503) <= 45


def test_first_armed_goes_first(own: Service) -> None:
    """Of two faults that answer instead, the later waits for the earlier to be over."""
    with (
        armed(own, "rate_limited", on="any", times=1),
        armed(own, "server_error", on="any", times=1),
    ):
        assert statuses(own, 3) == [429, 503, 200]


def test_faults_of_different_kinds_strike_together(own: Service) -> None:
    """A failed commit's answer can lack its billing and be lost as well."""
    before = own.balance()
    with (
        armed(own, "task_stuck") as stuck,
        armed(own, "billing_missing", on="create") as edited,
        armed(own, "answer_lost") as lost,
    ):
        with pytest.raises(httpx.RemoteProtocolError):
            own.post(CREATE, TEN_SECONDS)
        assert (stuck(), edited(), lost()) == (1, 1, 1)
    assert own.balance() == before - 50


def test_armed_faults_are_listed_and_disarmed(own: Service) -> None:
    """What is armed says what it is told and what it did; one or all can be taken away."""
    first, second = arm(own, "answer_lost", times=2), arm(own, "task_failed", seconds=5)
    shown = own.http.get("/sandbox/faults").json()["data"]
    assert [item["id"] for item in shown] == [first, second]
    assert shown[0] == {
        "object": "fault", "id": first, "fault": "answer_lost", "on": "create", "when": "after",
        "times": 2, "probability": 1.0, "after": 0, "seed": 0, "met": 0, "fired": 0,
    }  # fmt: skip
    assert own.http.delete(f"/sandbox/faults/{first}").json()["id"] == first
    assert own.http.delete(f"/sandbox/faults/{first}").status_code == 404
    assert [item["id"] for item in own.http.delete("/sandbox/faults").json()["data"]] == [second]
    assert own.http.get("/sandbox/faults").json()["data"] == []


@pytest.mark.parametrize(
    ("body", "param", "told"),
    [
        ({}, "/fault", "there are answer_lost, server_error"),
        ({"fault": "nope"}, "/fault", "'nope' is none"),
        ({"fault": ["x"]}, "/fault", "is none"),
        ({"fault": "task_failed", "on": "poll"}, "/on", "happens to create, any"),
        ({"fault": "url_expired", "on": "create"}, "/on", "happens to download, any"),
        ({"fault": "answer_lost", "seconds": 3}, "/seconds", "it has on, times"),
        ({"fault": "answer_lost", "times": 0}, "/times", "whole number from 1"),
        ({"fault": "answer_lost", "times": True}, "/times", "whole number"),
        ({"fault": "answer_lost", "after": -1}, "/after", "whole number from 0"),
        ({"fault": "answer_lost", "probability": 1.5}, "/probability", "a number, 0 to 1"),
        ({"fault": "answer_lost", "when": "now"}, "/when", "there are before, after"),
        ({"fault": "server_error", "status": 404}, "/status", "there are 500, 502"),
        ({"fault": "slow_body", "seconds": "long"}, "/seconds", "a number, 0 to 600"),
        ({"fault": "type_wrong", "media_type": "a\nb"}, "/media_type", "printable"),
        ({"fault": "cut_body", "length": 1}, "/length", "true or false"),
    ],
)
def test_wrong_fault_is_refused_and_says_what_there_is(
    own: Service, body: dict[str, Any], param: str, told: str
) -> None:
    """422 points at the part that is wrong, and nothing is armed."""
    answer = own.post("/sandbox/faults", body)
    assert answer.status_code == 422
    assert answer.json()["error"]["param"] == param
    assert told in answer.json()["error"]["message"]
    assert own.http.get("/sandbox/faults").json()["data"] == []


def test_faults_need_the_key(own: Service) -> None:
    """Nobody else arms, lists or disarms, and a request without the key meets no fault."""
    url = own.process.base_url.removesuffix("/v1")
    for method in ("GET", "POST", "DELETE"):
        answer = httpx.request(method, f"{url}/sandbox/faults", trust_env=False)
        assert answer.status_code == 401
    with armed(own, "server_error", on="any") as fired:
        assert httpx.get(f"{url}/v1/tasks", trust_env=False).status_code == 401
        assert fired() == 0


# ---------------------------------------------------------------------------- from the start


def test_faults_on_the_command_line(tmp_path: Path, start: Callable[..., Service]) -> None:
    """They are armed before the first request, as if they had been posted."""
    service = start(
        tmp_path,
        workers=0,
        faults=[
            "rate_limited:on=create,times=2,retry_after=3,form=seconds",
            "cut_body:on=download,length=false,probability=0.05",
            "key_revoked",
        ],
    )
    first, second, third = service.http.get("/sandbox/faults").json()["data"]
    assert (first["fault"], first["times"], first["retry_after"]) == ("rate_limited", 2, 3)
    assert (second["on"], second["length"], second["probability"]) == ("download", False, 0.05)
    assert third["times"] is None
    service.http.delete(f"/sandbox/faults/{third['id']}")
    assert [service.post(CREATE, TEN_SECONDS).status_code for _ in range(3)] == [429, 429, 202]


@pytest.mark.parametrize(
    ("text", "told"),
    [
        ("nope", "there are answer_lost"),
        ("task_failed:seconds", "name=value"),
        ("task_failed:seconds=1,seconds=2", "each name once"),
        ("task_failed:colour=red", "no parameter of task_failed"),
    ],
)
def test_wrong_fault_on_the_command_line_says_why(tmp_path: Path, text: str, told: str) -> None:
    """The server does not start."""
    with pytest.raises(ConfigurationError, match=told):
        SandboxProcess.start(tmp_path, faults=[text])
