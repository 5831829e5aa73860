"""Heads meant to get past the door or to break it: hosts, origins, keys, paths, and broken HTTP."""

from __future__ import annotations

import hashlib
import json

import pytest
from speaking import TEN_SECONDS
from traces import Quiet, httpx_of

MUSIC = "/v1/music/text-to-music"
PATHS = ["/v1/health", "/v1/tasks", "/sandbox", "/sandbox/wallet", "/files/art_1"]
HOSTS = [
    "evil.example", "127.0.0.1.evil.example", "localhost.evil.example", "evil.example:80",
    "127.0.0.1@evil.example", "evil.example@127.0.0.1", "[::1", "::1", "[::2]",
    "0.0.0.0",  # noqa: S104
    "127.0.0.2", "127.1", "2130706433", "localhost.", "localhost:", "localhost:x",
    "127.0.0.1:80:80",
    "127.0.0.1/", "127.0.0.1 evil", "127.0.0.1,evil.example", "LOCALHOST\t.evil", "",
]  # fmt: skip
ORIGINS = [
    "https://evil.example", "http://evil.example:80", "null", "", "http://127.0.0.1.evil.example",
    "http://127.0.0.1@evil.example", "http://[::2]", "file://", "localhost", "//localhost",
    "chrome-extension://localhost", "javascript:alert(1)", "http://localhost http://evil.example",
]  # fmt: skip


@pytest.mark.parametrize("path", PATHS)
@pytest.mark.parametrize("host", HOSTS)
def test_foreign_host_is_refused_everywhere(quiet: Quiet, host: str, path: str) -> None:
    """A name that was made to lead to loopback opens nothing, with or without a key."""
    answer = quiet.raw(f"GET {path} HTTP/1.1", f"Host: {host}", "Connection: close")
    quiet.refuses(answer, 403, "forbidden")


@pytest.mark.parametrize("path", PATHS)
@pytest.mark.parametrize("origin", ORIGINS)
def test_foreign_origin_is_refused_everywhere(quiet: Quiet, origin: str, path: str) -> None:
    """A page from elsewhere gets nothing, with or without a key."""
    answer = quiet.raw(f"GET {path} HTTP/1.1", f"Origin: {origin}", "Connection: close")
    quiet.refuses(answer, 403, "forbidden")


@pytest.mark.parametrize("origin", ["http://localhost:8888", "http://127.0.0.1", "https://[::1]:1"])
def test_page_of_this_machine_is_answered(quiet: Quiet, origin: str) -> None:
    """Jupyter's own pages come from loopback too."""
    assert quiet.service.http.get("/v1/models", headers={"Origin": origin}).status_code == 200


KEYS: dict[str, tuple[list[bytes], str]] = {
    "none": ([b"X: y"], "unauthorized"),
    "empty": ([b"Authorization:"], "invalid_api_key"),
    "scheme alone": ([b"Authorization: Bearer"], "invalid_api_key"),
    "another scheme": ([b"Authorization: Basic KEY"], "invalid_api_key"),
    "no scheme": ([b"Authorization: KEY"], "invalid_api_key"),
    "wrong": ([b"Authorization: Bearer sk-" + b"a" * 32], "invalid_api_key"),
    "half": ([b"Authorization: Bearer HALF"], "invalid_api_key"),
    "one more letter": ([b"Authorization: Bearer KEYx"], "invalid_api_key"),
    "upper case": ([b"Authorization: Bearer UPPER"], "invalid_api_key"),
    "two headers": ([b"Authorization: Bearer KEY", b"Authorization: Bearer KEY"], "unauthorized"),
    "two keys": ([b"Authorization: Bearer KEY, KEY"], "invalid_api_key"),
    "word before": ([b"Authorization: x Bearer KEY"], "invalid_api_key"),
    "not ascii": ([b"Authorization: Bearer \xff\xfe"], "invalid_api_key"),
    "quoted": ([b'Authorization: Bearer "KEY"'], "invalid_api_key"),
    "percent": ([b"Authorization: Bearer %73k-"], "invalid_api_key"),
    "injection": ([b"Authorization: Bearer ' OR 1=1 --"], "invalid_api_key"),
    "20 KB": ([b"Authorization: Bearer " + b"k" * 20_000], "invalid_api_key"),
    "hash": ([b"Authorization: Bearer HASH"], "invalid_api_key"),
    "elsewhere": ([b"X-Api-Key: KEY"], "unauthorized"),
    "cookie": ([b"Cookie: key=KEY"], "unauthorized"),
}


@pytest.mark.parametrize("name", KEYS)
def test_request_without_the_key_gets_nothing(quiet: Quiet, name: str) -> None:
    """401 with a challenge, before the body is looked at."""
    key = quiet.service.process.api_key.encode()
    lines, code = KEYS[name]
    digest = hashlib.sha256(key).hexdigest().encode()
    texts = [
        line.replace(b"KEY", key).replace(b"HALF", key[:20]).replace(b"UPPER", key.upper())
        .replace(b"HASH", digest)
        for line in lines
    ]  # fmt: skip
    host = quiet.service.process.base_url.split("/")[2].encode()
    head = [b"POST /v1/music/text-to-music HTTP/1.1", b"Host: " + host, b"Content-Length: 0",
            b"Connection: close", *texts]  # fmt: skip
    answer = httpx_of(quiet.bytes(b"\r\n".join(head) + b"\r\n\r\n"))
    assert answer.headers["www-authenticate"] == "Bearer"
    quiet.refuses(answer, 401, code)


HEADERS: dict[str, tuple[list[str], int, str]] = {
    "text": (["Content-Type: text/plain"], 415, "unsupported_media_type"),
    "no type": (["Content-Type:"], 415, "unsupported_media_type"),
    "form": (["Content-Type: multipart/form-data"], 415, "unsupported_media_type"),
    "another charset": (["Content-Type: application/json; charset=utf-16"], 415,
                        "unsupported_media_type"),
    "json and more": (["Content-Type: application/json-seq"], 415, "unsupported_media_type"),
    "gzip": (["Content-Type: application/json", "Content-Encoding: gzip"], 415,
             "unsupported_media_type"),
    "two encodings": (["Content-Type: application/json", "Content-Encoding: identity, br"], 415,
                      "unsupported_media_type"),
    "long key": (["Idempotency-Key: " + "x" * 65], 422, "invalid_request"),
    "very long key": (["Idempotency-Key: " + "x" * 5000], 422, "invalid_request"),
    "empty key": (["Idempotency-Key:"], 422, "invalid_request"),
    "key not ascii": (["Idempotency-Key: schlüssel"], 422, "invalid_request"),
    "key with tab": (["Idempotency-Key: a\tb"], 422, "invalid_request"),
    "two idempotency keys": (["Idempotency-Key: a", "Idempotency-Key: a"], 422, "invalid_request"),
    "32 KB of headers": ([f"X-{n}: " + "y" * 1000 for n in range(40)], 431, "payload_too_large"),
}  # fmt: skip


@pytest.mark.parametrize("name", HEADERS)
def test_hostile_header_is_refused_for_free(quiet: Quiet, name: str) -> None:
    """An order that came with an odd header is not taken."""
    lines, status, code = HEADERS[name]
    address = quiet.service.process.base_url.split("/")[2]
    body = json.dumps(TEN_SECONDS).encode()
    head = [f"POST {MUSIC} HTTP/1.1", f"Host: {address}", f"Content-Length: {len(body)}",
            f"Authorization: Bearer {quiet.service.process.api_key}", "Connection: close",
            *lines]  # fmt: skip
    data = "\r\n".join(head).encode() + b"\r\n\r\n" + body
    quiet.refuses(httpx_of(quiet.bytes(data)), status, code)


PLACES: dict[str, tuple[int, str]] = {
    "/v1/tasks/..%2f..%2fetc%2fpasswd": (404, "not_found"),
    "/v1/tasks/%00": (404, "task_not_found"),
    "/v1/tasks/%ff%fe": (404, "task_not_found"),
    "/v1/tasks/" + "x" * 8000: (404, "task_not_found"),
    "/v1/tasks/'%20OR%201=1%20--": (404, "task_not_found"),
    "/v1/tasks/tsk_1?x=1": (422, "invalid_request"),
    "/v1/../files/x": (404, "not_found"),
    "/v1//tasks": (404, "not_found"),
    "//v1/tasks": (404, "not_found"),
    "/v1/tasks/": (404, "not_found"),
    "/V1/tasks": (404, "not_found"),
    "/v1/tasks?limit=0": (422, "invalid_request"),
    "/v1/tasks?limit=1&limit=2": (422, "invalid_request"),
    "/v1/tasks?limit=99999999999999999999": (422, "invalid_request"),
    "/v1/tasks?cursor=%00%ff": (422, "invalid_request"),
    "/v1/tasks?tenant=other": (422, "invalid_request"),
    "/v1/tasks?expand=__class__": (422, "invalid_request"),
    "/v1/tasks?created_after=now": (422, "invalid_request"),
    "/sandbox/ledger?account=revenue": (422, "invalid_request"),
    "/files/..%2fsandbox.sqlite3?expires=1&signature=1": (404, "not_found"),
    "/files/%2e%2e/sandbox.sqlite3": (404, "not_found"),
    "/files/art_%00?expires=%00&signature=%ff": (403, "forbidden"),
    "/files/x?expires=99999999999999999999&signature=x": (403, "forbidden"),
    "/files/x?expires=-1&signature=": (403, "forbidden"),
    "/files/x?expires=1&expires=2": (422, "invalid_request"),
    "/files/x": (403, "forbidden"),
    "/files/": (404, "not_found"),
    "/incoming/x": (404, "not_found"),
    "http://evil.example/v1/tasks/x": (404, "not_found"),
}


@pytest.mark.parametrize("place", PLACES)
def test_odd_path_leads_nowhere(quiet: Quiet, place: str) -> None:
    """Path tricks end in an ordinary refusal."""
    answer = quiet.raw(f"GET {place} HTTP/1.1", "Connection: close")
    error = answer.json()["error"]
    assert "sandbox.sqlite3" not in json.dumps(error.get("details", ""))
    quiet.refuses(answer, *PLACES[place], error.get("param"))


BROKEN = {
    "no host": b"GET /v1/health HTTP/1.1\r\n\r\n",
    "two hosts": b"GET /v1/health HTTP/1.1\r\nHost: a\r\nHost: 127.0.0.1\r\n\r\n",
    "host of raw bytes": b"GET /v1/health HTTP/1.1\r\nHost: \xff\r\n\r\n",
    "nul bytes": b"\0\0\0\0\r\n\r\n",
    "TLS": b"\x16\x03\x01\x02\0\x01\0\x01\xfc\x03\x03\r\n\r\n",
    "HTTP/2": b"PRI * HTTP/2.0\r\n\r\nSM\r\n\r\n",
    "no version": b"GET /\r\n\r\n",
    "nul in path": b"GET /\0 HTTP/1.1\r\nHost: 127.0.0.1\r\n\r\n",
    "raw path": b"GET /\xff HTTP/1.1\r\nHost: 127.0.0.1\r\n\r\n",
    "space in name": b"GET / HTTP/1.1\r\nHost : 127.0.0.1\r\n\r\n",
    "no colon": b"GET / HTTP/1.1\r\nHost 127.0.0.1\r\n\r\n",
    "no name": b"GET / HTTP/1.1\r\n: x\r\nHost: 127.0.0.1\r\n\r\n",
    "nul in value": b"GET / HTTP/1.1\r\nHost: 127.0.0.1\r\nX: a\0b\r\n\r\n",
    "minus length": b"POST /v1/uploads HTTP/1.1\r\nHost: 127.0.0.1\r\nContent-Length: -5\r\n\r\n",
    "two lengths": b"POST / HTTP/1.1\r\nHost: a\r\nContent-Length: 1\r\nContent-Length: 2\r\n\r\n",
    "length of words": b"POST / HTTP/1.1\r\nHost: a\r\nContent-Length: ten\r\n\r\n",
    "endless length": b"POST / HTTP/1.1\r\nHost: a\r\nContent-Length: " + b"9" * 99 + b"\r\n\r\n",
    "odd transfer": b"POST / HTTP/1.1\r\nHost: a\r\nTransfer-Encoding: gzip\r\n\r\n",
    "two transfers": b"POST / HTTP/1.1\r\nHost: a\r\nTransfer-Encoding: chunked, chunked\r\n\r\n",
    "head of 100 KB": b"GET / HTTP/1.1\r\nHost: 127.0.0.1\r\nX: " + b"x" * 100_000,
    "method of 100 KB": b"G" * 100_000,
    "bare newlines": b"\r\n" * 5000 + b"x\r\n\r\n",
}


@pytest.mark.parametrize("name", BROKEN)
def test_broken_http_gets_an_envelope_and_a_closed_door(quiet: Quiet, name: str) -> None:
    """What is no request is 400 or 403, as JSON like every error."""
    data = BROKEN[name]
    if b"\r\n\r\n" in data:
        data = data.replace(b"\r\n\r\n", b"\r\nConnection: close\r\n\r\n", 1)
    answer = httpx_of(quiet.bytes(data))
    expected = {400: "invalid_request", 403: "forbidden"}
    quiet.refuses(answer, answer.status_code, expected.get(answer.status_code, "no other status"))
