"""Requests meant to break something: an orderly refusal each, and not a credit moves."""

from __future__ import annotations

import contextlib
import json
import socket
from typing import Any
from urllib.parse import urlsplit

import pytest
from speaking import TEN_SECONDS, Service

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


@pytest.mark.parametrize("name", BODIES)
def test_hostile_body_is_refused_for_free(service: Service, name: str) -> None:
    """Every body gets a 4xx in the envelope; the ledger does not move."""
    before = service.balance()
    answer = service.http.post(
        MUSIC, content=BODIES[name], headers={"Content-Type": "application/json"}
    )
    assert answer.status_code in (400, 413, 422), answer.text[:500]
    assert answer.json()["error"]["retryable"] is False
    assert len(answer.content) < 2_000_000
    assert service.balance() == before


@pytest.mark.parametrize(
    ("headers", "status"),
    [
        ({"Content-Type": "text/plain"}, 415),
        ({"Content-Type": "application/json; charset=latin-1"}, 415),
        ({"Content-Type": "multipart/form-data"}, 415),
        ({"Content-Type": ""}, 415),
        ({"Content-Type": "application/json", "Content-Encoding": "gzip"}, 415),
        ({"Content-Type": "application/json", "Idempotency-Key": "x" * 5000}, 422),
    ],
)
def test_hostile_headers_are_refused_for_free(
    service: Service, headers: dict[str, str], status: int
) -> None:
    """Only plain JSON is taken."""
    before = service.balance()
    answer = service.http.post(MUSIC, content=json.dumps(TEN_SECONDS), headers=headers)
    assert answer.status_code == status
    assert service.balance() == before


@pytest.mark.parametrize(
    "path",
    [
        "/v1/tasks/..%2f..%2fetc%2fpasswd",
        "/v1/tasks/%00",
        "/v1/tasks/%ff%fe",
        "/v1/tasks/" + "x" * 8000,
        "/v1/tasks/' OR 1=1 --",
        "/v1/../files/x",
        "/v1//tasks",
        "/v1/tasks/",
        "/files/..%2fsandbox.sqlite3?expires=1&signature=1",
        "/files/%2e%2e/sandbox.sqlite3",
        "/files/art_%00?expires=%00&signature=%ff",
        "/files/x?expires=99999999999999999999&signature=" + "é" * 10,
        "/files/x",
    ],
)
def test_odd_paths_lead_nowhere(service: Service, path: str) -> None:
    """Path tricks end in an ordinary refusal."""
    answer = service.http.get(path)
    assert answer.status_code in (403, 404, 422)
    assert answer.json()["error"]["request_id"]


@pytest.mark.parametrize(
    "raw",
    [
        b"GET / HTTP/1.1\r\n\r\n",
        b"GET /v1/health HTTP/1.0\r\n\r\n",
        b"GET /v1/health HTTP/1.1\r\nHost: a\r\nHost: 127.0.0.1\r\n\r\n",
        b"GET /v1/health HTTP/1.1\r\nHost: \xff\r\n\r\n",
        b"GET /v1/health HTTP/1.1\r\nHost: 127.0.0.1\r\nX: " + b"x" * 100_000 + b"\r\n\r\n",
        b"\0\0\0\0\r\n\r\n",
        b"POST /v1/uploads HTTP/1.1\r\nHost: 127.0.0.1\r\nContent-Length: -5\r\n\r\n",
    ],
)
def test_odd_bytes_on_the_socket_do_no_harm(service: Service, raw: bytes) -> None:
    """Broken HTTP gets a 4xx or a closed door, and the server goes on."""
    address = urlsplit(service.process.base_url)
    with socket.create_connection((address.hostname, address.port), timeout=5) as connection:
        answer = b""
        with contextlib.suppress(ConnectionError):  # a door that is shut while we still talk
            connection.sendall(raw)
            connection.shutdown(socket.SHUT_WR)
            answer = connection.recv(4096)
    assert answer == b"" or answer.split()[1].startswith(b"4"), answer
    assert service.http.get("/v1/health").status_code == 200


def test_hostile_words_survive_as_words(service: Service) -> None:
    """Controls, NUL, emoji and markup in texts are kept, and make music all the same."""
    body: dict[str, Any] = {
        **TEN_SECONDS,
        "title": "\0\x1b[31m<b>🎵</b>\u202e'; DROP TABLE tasks; --",
        "metadata": {"\0": "\U0010ffff", "": ""},
    }
    task = service.make(body)
    assert task["status"] == "succeeded"
    assert task["metadata"] == body["metadata"]
    assert task["input"]["title"] == body["title"]
