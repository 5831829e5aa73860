"""The document describes the server: every answer to anything that may be sent is in it."""

from __future__ import annotations

import copy
import re
from collections import Counter
from html.parser import HTMLParser
from typing import Any

import httpx
import hypothesis
import pytest
import schemathesis
from jsonschema import Draft202012Validator
from schemathesis.checks import not_a_server_error
from schemathesis.specs.openapi.checks import (
    content_type_conformance,
    missing_required_header,
    negative_data_rejection,
    response_headers_conformance,
    response_schema_conformance,
    status_code_conformance,
)
from speaking import TEN_SECONDS, Service, connect, tone

from musicnb import catalogue
from musicnb.sandbox import SandboxProcess
from musicnb.sandbox._docs import page
from musicnb.sandbox._endpoints import ENDPOINTS
from musicnb.sandbox.openapi import document

DOCUMENT = document("http://127.0.0.1:1")
MUSIC = ("/v1/music/text-to-music", "/v1/music/reference-audio-to-music")
# What the schema says is promised; that what it allows is accepted is not: modes have their own
# limits, and most ids belong to nothing.
CHECKS = [
    not_a_server_error,
    status_code_conformance,
    content_type_conformance,
    response_schema_conformance,
    response_headers_conformance,
    negative_data_rejection,
    missing_required_header,
]


@pytest.fixture(scope="module")
def accepting(tmp_path_factory: pytest.TempPathFactory) -> Any:
    """Return a sandbox that accepts orders and makes nothing of them."""
    with (
        SandboxProcess.start(tmp_path_factory.mktemp("accepting"), workers=0) as process,
        connect(process) as http,
    ):
        yield Service(process, http)


def schema_of(name: str) -> dict[str, Any]:
    """Return a named schema that stands by itself."""
    schema = copy.deepcopy(DOCUMENT["components"]["schemas"][name])
    return schema | {"components": DOCUMENT["components"]}


def faults(schema: dict[str, Any], value: Any) -> list[str]:
    return [error.message for error in Draft202012Validator(schema).iter_errors(value)]


@pytest.mark.timeout(120)
def test_generated_requests_get_documented_answers(accepting: Service) -> None:
    """Forty requests to each endpoint, sound and odd: no server error, nothing undocumented."""
    schema = schemathesis.openapi.from_dict(accepting.http.get("/openapi.json").json())
    schema.config.update(base_url=accepting.process.base_url.removesuffix("/v1"))
    headers = {"Authorization": f"Bearer {accepting.process.api_key}"}
    operations = [operation.ok() for operation in schema.get_all_operations()]
    assert len(operations) == len(ENDPOINTS)
    answered: Counter[int] = Counter()
    for operation in operations:
        strategy = hypothesis.strategies.one_of(
            operation.as_strategy(generation_mode=mode)
            for mode in (
                schemathesis.GenerationMode.POSITIVE,
                schemathesis.GenerationMode.NEGATIVE,
            )
        )

        @hypothesis.seed(1)
        @hypothesis.settings(
            max_examples=40,
            deadline=None,
            database=None,
            suppress_health_check=list(hypothesis.HealthCheck),
            phases=(hypothesis.Phase.generate,),
        )
        @hypothesis.given(case=strategy)
        def send(case: Any) -> None:
            answer = case.call(headers=headers)
            if case.path == "/sandbox/faults":
                accepting.http.delete("/sandbox/faults")  # or it would strike the requests to come
            case.validate_response(answer, checks=CHECKS)
            answered[answer.status_code] += 1

        send()
    assert {200, 202, 404, 422} <= set(answered), answered


@pytest.mark.parametrize("name", ["MusicRequest", "ReferenceMusicRequest"])
@pytest.mark.parametrize(
    "wrong",
    [
        {"model": "suno-9"},
        {"model": None},
        {"prompt": ""},
        {"prompt": "x" * 2001},
        {"lyrics": "x" * 5001},
        {"title": "x" * 101},
        {"instrumental": 1},
        {"metadata": {"a": 1}},
        {"callback_url": "https://example.com"},
        {"model_options": {"udio": {}}},
        {"model_options": {"suno": {"style_weight": 1.01}}},
        {"model_options": {"suno": {"vocal_gender": "x"}}},
        {"model_options": {"suno": {"drums": True}}},
        {"model_options": {"minimax": {"lyrics_optimizer": "yes"}}},
    ],
)
def test_documented_request_is_as_strict_as_the_server(
    accepting: Service, name: str, wrong: dict[str, Any]
) -> None:
    """What the catalogue forbids in every mode, the document forbids too."""
    path = MUSIC[name == "ReferenceMusicRequest"]
    reference = {"reference_audio": {"type": "artifact", "artifact_id": "art_x"}}
    sound = TEN_SECONDS | (reference if path == MUSIC[1] else {})
    assert not faults(schema_of(name), sound)
    assert faults(schema_of(name), sound | wrong)
    assert accepting.post(path, sound | wrong).status_code in (400, 422)


def test_document_speaks_of_every_model_option_and_price() -> None:
    """The catalogue stands in the document, so that a new option is one edit."""
    properties = DOCUMENT["components"]["schemas"]["ReferenceMusicRequest"]["properties"]
    for model in catalogue.MODELS.values():
        assert str(catalogue.price_of(model.id)) in properties["model"]["description"]
        options = properties["model_options"]["anyOf"][0]["properties"][model.namespace]
        assert set(options["properties"]) == {
            option.name
            for option in model.options
            if option.capability in (None, catalogue.REFERENCE_TO_MUSIC)
        }
        assert options["additionalProperties"] is False
    text = DOCUMENT["components"]["schemas"]["MusicRequest"]["properties"]["model_options"]
    words_only = text["anyOf"][0]["properties"]
    assert "audio_weight" not in words_only["suno"]["properties"]
    assert "lyrics_optimizer" in words_only["minimax"]["properties"]


def test_envelope_of_a_new_task_has_every_field_of_the_contract(accepting: Service) -> None:
    """All keys are there from the beginning, also those that are null."""
    task = accepting.create(TEN_SECONDS | {"metadata": {"job": "1"}})
    assert not faults(schema_of("TaskEnvelope"), task)
    assert set(task) == {
        "object", "task_id", "status", "capability", "model", "resolved_model", "metadata",
        "input", "progress", "output", "warnings", "error", "usage", "billing", "callback",
        "created_at", "started_at", "completed_at", "cancel_requested_at", "links",
    }  # fmt: skip
    assert task["callback"] is task["output"] is task["error"] is None
    assert set(task["progress"]) == {"percent", "stage", "message"}
    assert {"audio_seconds", "lines", "credits", "credits_usd_reference"} <= set(task["usage"])
    assert task["usage"]["lines"][0]["credits"] == task["billing"]["charged_credits"] == "50.0000"
    assert set(task["links"]) == {"self", "cancel"}
    assert accepting.task(task["task_id"]) == task
    assert accepting.http.get(task["links"]["self"]).json() == task


def test_kept_envelope_follows_its_task(accepting: Service) -> None:
    """Whatever was polled before, a poll after a change shows the change."""
    task = accepting.create(TEN_SECONDS)
    for _ in range(2):
        assert accepting.task(task["task_id"])["status"] == "queued"
    canceled = accepting.post(f"/v1/tasks/{task['task_id']}/cancel", {}).json()
    for _ in range(2):
        assert accepting.task(task["task_id"]) == canceled
    assert canceled["billing"]["refunded_credits"] == "50.0000"


def test_list_items_are_described_and_agree_with_the_task(accepting: Service) -> None:
    """A summary holds the same values, written the same, as the whole task."""
    task = accepting.create(TEN_SECONDS)
    for query in ("limit=1", "limit=1&expand=all"):
        listed = accepting.http.get(f"/v1/tasks?{query}").json()
        assert not faults(schema_of("TaskList"), listed)
        (item,) = listed["data"]
        assert item == {name: task[name] for name in item}


def test_upload_answers_as_described(service: Service) -> None:
    """Everything that is known of the file comes back."""
    answer = service.http.post("/v1/uploads", files={"file": ("a.wav", tone(1.0))})
    assert answer.status_code == 201
    assert not faults(schema_of("StoredFile"), answer.json())


@pytest.mark.parametrize(
    ("method", "path", "status"),
    [("GET", "/nothing", 404), ("PUT", "/v1/models", 405), ("GET", "/docs", 200)],
)
def test_every_answer_has_a_request_id(
    service: Service, method: str, path: str, status: int
) -> None:
    """Also where no endpoint is, and where no key is needed."""
    answer = service.http.request(method, path)
    assert answer.status_code == status
    assert answer.headers["x-request-id"].startswith("req_")


def test_document_and_page_need_no_key(service: Service) -> None:
    """Both say nothing secret; the document is about the server that was asked."""
    root = service.process.base_url.removesuffix("/v1")
    answer = httpx.get(f"{root}/openapi.json")
    assert answer.json()["servers"] == [{"url": root}]
    shown = httpx.get(f"{root}/docs")
    assert shown.headers["content-type"] == "text/html; charset=utf-8"
    assert "default-src 'none'" in shown.headers["content-security-policy"]
    assert service.process.api_key not in answer.text + shown.text


def test_page_is_whole_escaped_and_fetches_nothing() -> None:
    """It names every endpoint, has no script and no address elsewhere, and escapes all text."""
    odd = copy.deepcopy(DOCUMENT)
    odd["info"]["title"] = "<script>alert(1)</script>"
    odd["components"]["schemas"]["TaskError"]["description"] = '"><img src=x onerror=y>'
    found: list[tuple[str, str | None]] = []

    class Reader(HTMLParser):
        def handle_starttag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
            found.append((tag, dict(attrs).get("href")))

    html = page(odd)
    Reader().feed(html)
    assert not {"script", "img", "iframe", "object"} & {tag for tag, _ in found}
    targets = [href for tag, href in found if tag in ("a", "link") and href]
    assert all(re.match(r"#|/openapi\.json$", href) for href in targets)
    anchors = set(re.findall(r'id="([^"]+)"', html))
    assert {href[1:] for href in targets if href.startswith("#")} <= anchors
    for endpoint in ENDPOINTS:
        assert f"{endpoint.method} {endpoint.path}" in html
