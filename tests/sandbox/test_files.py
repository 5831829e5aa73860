"""Signed URLs: ranges, HEAD, and what happens to a URL that was tampered with."""

from __future__ import annotations

import io
import time
from typing import Any
from urllib.parse import parse_qs, urlsplit

import httpx
import mido
import pytest
from speaking import Service

from musicnb.sandbox._links import UrlSigner
from musicnb.sandbox._refusals import Refusal


@pytest.fixture
def url(techno: dict[str, Any]) -> str:
    return str(techno["output"]["clips"][0]["audio"]["url"])


def test_file_needs_no_key_and_says_what_it_is(url: str) -> None:
    """The whole file comes with its length and type, to anybody with the URL."""
    answer = httpx.get(url)
    assert answer.status_code == 200
    assert answer.headers["content-type"] == "audio/mpeg"
    assert int(answer.headers["content-length"]) == len(answer.content)
    assert answer.headers["accept-ranges"] == "bytes"


def test_head_has_the_headers_only(url: str) -> None:
    """HEAD tells the size without the bytes."""
    answer = httpx.head(url)
    assert answer.content == b""
    assert int(answer.headers["content-length"]) == len(httpx.get(url).content)


@pytest.mark.parametrize(
    ("asked", "part"),
    [
        ("bytes=0-99", slice(0, 100)),
        ("bytes=1000-", slice(1000, None)),
        ("bytes=-50", slice(-50, None)),
    ],
)
def test_ranges_are_served(url: str, asked: str, part: slice) -> None:
    """A broken download can go on where it stopped."""
    whole = httpx.get(url).content
    answer = httpx.get(url, headers={"Range": asked})
    assert answer.status_code == 206
    assert answer.content == whole[part]
    assert answer.headers["content-range"].endswith(f"/{len(whole)}")


def test_score_lies_beside_its_clip(service: Service, techno: dict[str, Any]) -> None:
    """Every clip's score is a MIDI file as long as its sound, for the holder of the key."""
    for clip in techno["output"]["clips"]:
        audio = clip["audio"]
        path = f"/sandbox/scores/{audio['artifact_id']}"
        answer = service.http.get(path)
        assert answer.status_code == 200
        assert answer.headers["content-type"] == "audio/midi"
        score = mido.MidiFile(file=io.BytesIO(answer.content))
        assert score.length == pytest.approx(audio["duration_seconds"], abs=0.01)
        assert httpx.get(f"{service.process.base_url.removesuffix('/v1')}{path}").status_code == 401


def test_score_of_what_is_no_clip_is_not_found(service: Service) -> None:
    """An unknown artifact has no score, and neither has an upload."""
    answer = service.http.get("/sandbox/scores/art_nothing")
    assert answer.status_code == 404
    assert answer.json()["error"]["code"] == "artifact_not_found"


def test_range_beyond_the_end_is_416(url: str) -> None:
    """There is nothing after the end."""
    assert httpx.get(url, headers={"Range": "bytes=999999999-"}).status_code == 416


@pytest.mark.parametrize("what", ["signature", "expires", "artifact", "no signature", "no query"])
def test_tampered_url_is_refused(url: str, what: str, service: Service) -> None:
    """Any change to a URL makes it 403, also for the holder of the key."""
    parts = urlsplit(url)
    query = {name: values[0] for name, values in parse_qs(parts.query).items()}
    path = parts.path
    if what == "signature":
        query["signature"] = query["signature"][:-1] + (
            "0" if query["signature"][-1] != "0" else "1"
        )
    elif what == "expires":
        query["expires"] = str(int(query["expires"]) + 1)
    elif what == "artifact":
        path = path[:-1] + ("0" if path[-1] != "0" else "1")
    elif what == "no signature":
        del query["signature"]
    else:
        query = {}
    answer = service.http.get(path, params=query)
    assert answer.status_code == 403
    assert answer.json()["error"]["code"] == "forbidden"


def test_url_expires_after_a_day() -> None:
    """A URL is made for 24 to 25 hours; one whose time is over is refused."""
    signer = UrlSigner("http://127.0.0.1:1", b"secret")
    expires = int(parse_qs(urlsplit(signer.url("art_1")).query)["expires"][0])
    assert 24 * 3600 <= expires - time.time() <= 25 * 3600
    past = str(int(time.time()) - 1)
    with pytest.raises(Refusal, match="expired"):
        signer.check("art_1", expires=past, signature=signer._sign("art_1", past))


def test_url_is_the_same_at_every_poll(service: Service, techno: dict[str, Any]) -> None:
    """Reading a task again within the hour shows the same URL."""

    def read_twice() -> tuple[Any, Any]:
        first, again = (service.task(techno["task_id"])["output"] for _ in range(2))
        return first, again

    hour = time.time() // 3600
    first, again = read_twice()
    if time.time() // 3600 != hour:
        first, again = read_twice()
    assert again == first
