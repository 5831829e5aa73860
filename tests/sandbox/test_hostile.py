"""Requests meant to break something: an orderly refusal each, and not a credit moves."""

from __future__ import annotations

import json
from typing import Any

import pytest
from speaking import TEN_SECONDS, Service
from traces import Quiet

MUSIC = "/v1/music/text-to-music"


def with_field(name: str, raw: str) -> bytes:
    """Return the body of an order with one field as raw JSON text."""
    body = json.dumps({key: value for key, value in TEN_SECONDS.items() if key != name})
    return f'{body[:-1]},"{name}":{raw}}}'.encode("utf-8", "surrogatepass")


BODIES = {
    "empty": b"",
    "blank": b"   ",
    "nul bytes": b"\0" * 64,
    "no json": b"model=suno-5.5",
    "an array": b"[]",
    "a string": b'"suno-5.5"',
    "a number": b"7",
    "null": b"null",
    "cut off": b'{"model":"suno-5.5","prompt":"x',
    "two values": b'{"model":"suno-5.5"}{"prompt":"x"}',
    "bad utf-8": b'{"model":"suno-5.5","prompt":"\xff\xfe"}',
    "overlong utf-8": b'{"model":"suno-5.5","prompt":"\xc0\xaf"}',
    "utf-16": json.dumps(TEN_SECONDS).encode("utf-16"),
    "byte order mark": b"\xef\xbb\xbf" + json.dumps(TEN_SECONDS).encode(),
    "surrogate escape": with_field("prompt", r'"\ud800"'),
    "surrogate as key": with_field(r"\udfff", '"x"'),
    "surrogate in metadata": with_field("metadata", r'{"\ud800":"a"}'),
    "raw surrogate": with_field("prompt", '"\ud800"'),
    "deep arrays": b"[" * 100_000,
    "deep objects": b'{"a":' * 50_000,
    "deep and closed": b"[" * 1000 + b"]" * 1000,
    "deep options": with_field("model_options", '{"minimax":{"x":' + "[" * 40 + "]" * 40 + "}}"),
    "many quotes": b'"\\"' * 60_000,
    "nan": with_field("model_options", '{"minimax":{"x":NaN}}'),
    "infinity": with_field("model_options", '{"minimax":{"x":Infinity}}'),
    "minus infinity": with_field("model_options", '{"minimax":{"x":-Infinity}}'),
    "beyond float64": with_field("model_options", '{"minimax":{"x":1e999}}'),
    "5,000 digits": with_field("model_options", '{"minimax":{"x":' + "9" * 5000 + "}}"),
    "5,000 digits as prompt": with_field("prompt", "9" * 5000),
    "key twice": with_field("prompt", '"a","prompt":"b"'),
    "prompt is a list": with_field("prompt", '["techno"]'),
    "prompt is null": with_field("prompt", "null"),
    "model is a list": with_field("model", '["suno-5.5"]'),
    "model is an object": with_field("model", "{}"),
    "instrumental is text": with_field("instrumental", '"true"'),
    "instrumental is 1": with_field("instrumental", "1"),
    "metadata is a list": with_field("metadata", "[]"),
    "metadata of objects": with_field("metadata", '{"a":{"b":"c"}}'),
    "options are text": with_field("model_options", '"suno"'),
    "namespace is a list": with_field("model_options", '{"minimax":[]}'),
    "odd namespace": with_field("model_options", '{"../suno":{}}'),
    "dunder field": with_field("__class__", '"x"'),
    "very long field name": with_field("x" * 20_000, "1"),
    "very long model": with_field("model", '"' + "m" * 20_000 + '"'),
    "many unknown fields": b'{"a1":1' + b"".join(b',"b%d":1' % n for n in range(9000)) + b"}",
    "too large": b'{"prompt":"' + b"x" * 300_000 + b'"}',
    "far too large": b'{"prompt":"' + b"x" * 5_000_000 + b'"}',
}


# where the code is not the usual one: too much, or a name that the catalogue does not have
CODES = {
    "too large": (413, "payload_too_large"),
    "far too large": (413, "payload_too_large"),
    "very long model": (400, "unsupported_model"),
    "nan": (422, "invalid_request"),
    "odd namespace": (422, "unsupported_option"),
}


@pytest.mark.parametrize("name", BODIES)
def test_hostile_body_is_refused_for_free(quiet: Quiet, name: str) -> None:
    """Every body gets its code in the envelope; nothing is charged, made or kept."""
    answer = quiet.service.http.post(
        MUSIC, content=BODIES[name], headers={"Content-Type": "application/json"}
    )
    status, code = CODES.get(name, (422, "invalid_request"))
    quiet.refuses(answer, status, code, answer.json()["error"].get("param"))
    assert answer.json()["error"]["retryable"] is False


@pytest.mark.parametrize("name", [name for name in BODIES if name not in ("empty", "blank")])
@pytest.mark.parametrize("path", ["/v1/tasks/tsk_1/cancel", "/sandbox/wallet"])
def test_hostile_body_is_refused_everywhere(quiet: Quiet, name: str, path: str) -> None:
    """Every endpoint with a JSON body reads it with the same care."""
    answer = quiet.service.http.post(
        path, content=BODIES[name], headers={"Content-Type": "application/json"}
    )
    status, code = CODES.get(name, (422, "invalid_request"))
    if status != 413:
        status, code = 422, "invalid_request"
    quiet.refuses(answer, status, code, answer.json()["error"].get("param"))


@pytest.mark.parametrize("field", ["prompt", "title", "metadata"])
@pytest.mark.parametrize("control", ["\0", "\x07", "\x1b[31m", "\x7f"])
def test_control_characters_are_refused_by_name(quiet: Quiet, field: str, control: str) -> None:
    """No text of a person holds them, and terminals and tags would obey them."""
    text: Any = {"key": control} if field == "metadata" else f"word{control}word"
    answer = quiet.service.post("/v1/music/text-to-music", {**TEN_SECONDS, field: text})
    quiet.refuses(answer, 422, "invalid_request", f"/{field}")


def test_hostile_words_survive_as_words(service: Service) -> None:
    """Directions, emoji, markup and empty words are kept, and make music all the same."""
    body: dict[str, Any] = {
        **TEN_SECONDS,
        "title": "[31m<b>🎵</b>\u202e'; DROP TABLE tasks; --",
        "metadata": {"\u200b": "\U0010ffff", "": ""},
    }
    task = service.make(body)
    assert task["status"] == "succeeded"
    assert task["metadata"] == body["metadata"]
    assert task["input"]["title"] == body["title"]
