"""Errors in the contract's envelope, with every fault named."""

from __future__ import annotations

from typing import Any

import httpx
import pytest
from speaking import TEN_SECONDS, Service

MUSIC = "/v1/music/text-to-music"


def error_of(answer: httpx.Response) -> dict[str, Any]:
    """Check the envelope and return what is in it."""
    assert answer.headers["content-type"] == "application/json"
    error: dict[str, Any] = answer.json()["error"]
    assert {"code", "message", "retryable", "request_id"} <= set(error)
    assert error["request_id"] == answer.headers["x-request-id"]
    return error


@pytest.mark.parametrize(
    ("path", "body", "status", "code", "param"),
    [
        (MUSIC, {**TEN_SECONDS, "model": "suno-9"}, 400, "unsupported_model", "/model"),
        (MUSIC, {"prompt": "techno"}, 422, "invalid_request", "/model"),
        (MUSIC, {"model": "suno-5.5"}, 422, "invalid_request", "/prompt"),
        (MUSIC, {"model": "suno-5.5", "prompt": ""}, 422, "invalid_request", "/prompt"),
        (MUSIC, {"model": "suno-5.5", "prompt": "x" * 501}, 422, "invalid_request", "/prompt"),
        (MUSIC, {**TEN_SECONDS, "callback_url": "https://x"}, 422, "invalid_request",
         "/callback_url"),
        (MUSIC, {**TEN_SECONDS, "prompt": 5}, 422, "invalid_request", "/prompt"),
        (MUSIC, {**TEN_SECONDS, "metadata": {"a": 1}}, 422, "invalid_request", "/metadata/a"),
        (MUSIC, {**TEN_SECONDS, "model_options": {"minimax": {"tempo/bpm": 5}}}, 422,
         "unsupported_option", "/model_options/minimax/tempo~1bpm"),
        (MUSIC, {**TEN_SECONDS, "model_options": {"suno": {}}}, 422, "unsupported_option",
         "/model_options/suno"),
        ("/v1/music/video", TEN_SECONDS, 400, "unsupported_capability", None),
        ("/v1/music/reference-audio-to-music", TEN_SECONDS, 422, "invalid_request",
         "/reference_audio"),
        ("/v1/music/reference-audio-to-music",
         {"model": "suno-5.5", "prompt": "techno",
          "reference_audio": {"type": "artifact", "artifact_id": "art_no"}},
         404, "artifact_not_found", "/reference_audio/artifact_id"),
        ("/v1/music/reference-audio-to-music",
         {"model": "suno-5.5", "prompt": "techno",
          "reference_audio": {"type": "url", "url": "https://nothing.invalid/a.mp3"}},
         422, "media_download_failed", "/reference_audio/url"),
        ("/v1/music/reference-audio-to-music",
         {"model": "suno-5.5", "prompt": "techno", "reference_audio": {"type": "artifact"}},
         422, "invalid_request", "/reference_audio/artifact_id"),
        ("/v1/tasks/tsk_none/cancel", {}, 404, "task_not_found", None),
        ("/v1/tasks/tsk_none/cancel", {"why": "x"}, 422, "invalid_request", "/why"),
        ("/v1/nothing", {}, 404, "not_found", None),
        ("/v1/models", {}, 405, "invalid_request", None),
    ],
)  # fmt: skip
def test_faulty_request_is_refused_for_free(
    service: Service, path: str, body: Any, *, status: int, code: str, param: str | None
) -> None:
    """Status, code and pointer are the contract's, and the wallet is untouched."""
    before = service.balance()
    answer = service.post(path, body)
    error = error_of(answer)
    assert (answer.status_code, error["code"], error.get("param")) == (status, code, param)
    assert error["retryable"] is False
    assert service.balance() == before


def test_all_faults_are_named_at_once(service: Service) -> None:
    """One answer lists every field at fault, and the options that are not supported."""
    answer = service.post(
        MUSIC,
        {
            "model": "suno-5.5",
            "prompt": "",
            "title": "x" * 81,
            "model_options": {"suno": {"custom_mode": True, "style_weight": 2, "drums": 1}},
        },
    )
    error = error_of(answer)
    assert error["code"] == "unsupported_option"
    assert error["details"]["unsupported_fields"] == ["/model_options/suno/drums"]
    assert {fault["param"] for fault in error["details"]["errors"]} == {
        "/prompt",
        "/lyrics",
        "/title",
        "/model_options/suno/style_weight",
        "/model_options/suno/drums",
    }


@pytest.mark.parametrize(
    ("header", "code"),
    [
        (None, "unauthorized"),
        (b"", "invalid_api_key"),
        (b"Bearer", "invalid_api_key"),
        (b"Bearer sk-" + b"a" * 32, "invalid_api_key"),
        (b"Basic dXNlcjpwYXNz", "invalid_api_key"),
        ("Bearer sk-schlüssel".encode(), "invalid_api_key"),
        (b"Bearer \xff\xfe", "invalid_api_key"),
    ],
)
def test_request_without_the_key_is_refused(
    service: Service, header: bytes | None, code: str
) -> None:
    """401 with a challenge, before anything else is looked at."""
    headers = [] if header is None else [(b"authorization", header)]
    url = service.process.base_url + "/music/text-to-music"
    answer = httpx.post(url, content=b"not json", headers=headers)
    assert answer.status_code == 401
    assert error_of(answer)["code"] == code
    assert answer.headers["www-authenticate"] == "Bearer"


def test_request_id_is_echoed_when_it_is_harmless(service: Service) -> None:
    """An acceptable X-Request-Id comes back, an odd one is replaced."""
    kept = service.http.get("/v1/models", headers={"X-Request-Id": "my-id.1"})
    odd = service.http.get("/v1/models", headers={"X-Request-Id": 'a"b c'})
    assert kept.headers["x-request-id"] == "my-id.1"
    assert odd.headers["x-request-id"].startswith("req_")


@pytest.mark.parametrize(
    "headers",
    [
        {"Host": "evil.example"},
        {"Host": "127.0.0.1.evil.example:80"},
        {"Host": "[::1"},
        {"Host": "user@evil.example"},
        {"Origin": "https://evil.example"},
        {"Origin": "null"},
    ],
)
def test_web_pages_from_elsewhere_are_kept_out(service: Service, headers: dict[str, str]) -> None:
    """A foreign Host or Origin is 403, also where no key is needed."""
    answer = service.http.get("/v1/health", headers=headers)
    assert answer.status_code == 403
    assert error_of(answer)["code"] == "forbidden"


def test_other_methods_and_head_behave(service: Service) -> None:
    """HEAD works wherever GET does, and 405 says what would."""
    assert service.http.head("/v1/models").status_code == 200
    answer = service.http.delete("/v1/tasks/tsk_x")
    assert answer.status_code == 405
    assert "GET" in answer.headers["allow"]
