"""Reference audio from URLs through the whole service: fetched, kept and paid, or refused."""

from __future__ import annotations

import json
import socket
import threading
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest
from mediaserver import MediaServer, answer
from speaking import Service, connect, tone
from traces import traces_of

from musicnb.sandbox import SandboxProcess

REFERENCE = "/v1/music/reference-audio-to-music"


@pytest.fixture(scope="module")
def folder(tmp_path_factory: pytest.TempPathFactory) -> Path:
    return tmp_path_factory.mktemp("data")


@pytest.fixture(scope="module")
def switched(folder: Path, certificate: Path) -> Iterator[Service]:
    """Return a sandbox that may fetch from this machine, and trusts the test's certificate."""
    with pytest.MonkeyPatch.context() as patch:
        patch.setenv("SSL_CERT_FILE", str(certificate))
        process = SandboxProcess.start(folder, allow_loopback_media=True)
    with process, connect(process) as http:
        yield Service(process, http)


def order(url: str, **more: Any) -> dict[str, Any]:
    return {"model": "minimax-music-2.6", "prompt": "10 seconds techno",
            "reference_audio": {"type": "url", "url": url}, **more}  # fmt: skip


def test_reference_from_a_url_becomes_music(
    switched: Service, media: MediaServer, folder: Path
) -> None:
    """The file is kept as an artifact, the task is paid once, a repeat fetches nothing again."""
    media.answers["/seven.flac"] = answer(tone(7, format="FLAC"))
    media.requests.clear()
    url = f"https://localhost:{media.port}/seven.flac"
    before, key = switched.balance(), {"Idempotency-Key": "one"}
    created = switched.post(REFERENCE, order(url), **key)
    again = switched.post(REFERENCE, order(url), **key)
    assert created.status_code == 202, created.text
    assert again.content == created.content
    assert again.headers["idempotency-replayed"] == "true"
    assert len(media.requests) == 1
    task = switched.until(created.json()["task_id"])
    assert task["status"] == "succeeded"
    assert task["input"]["reference_audio"] == {"type": "url", "url": url}
    assert switched.balance() == before - 50
    kept = [file for file in (folder / "artifacts").iterdir() if file.suffix == ".flac"]
    assert [file.read_bytes() for file in kept] == [tone(7, format="FLAC")]
    assert not list((folder / "incoming").iterdir())


def test_switch_allows_plain_http(switched: Service) -> None:
    """Tests need no certificate."""
    with MediaServer() as plain:
        plain.answers["/x.wav"] = answer(tone(7))
        created = switched.post(REFERENCE, order(f"http://127.0.0.1:{plain.port}/x.wav"))
    assert created.status_code == 202, created.text
    switched.drop(created.json()["task_id"])


@pytest.mark.parametrize(
    ("content", "model", "code", "words"),
    [
        (tone(3), "minimax-music-2.6", "invalid_request", "lasts 3.0 s"),
        (tone(3), "auto", "invalid_request", "lasts 3.0 s"),
        (tone(7, format="OGG"), "suno-5.5", "invalid_request", "is OGG"),
        (b"<html>not found</html>", "suno-5.5", "media_download_failed", "not a WAV"),
        (b"fLaC" + b"\xff" * 200, "suno-5.5", "media_download_failed", "cannot be decoded"),
        (tone(7, format="FLAC")[:30_000], "suno-5.5", "media_download_failed", "damaged"),
        (b"", "suno-5.5", "media_download_failed", "empty"),
    ],
)
def test_unfit_file_is_refused_and_leaves_nothing(
    switched: Service, media: MediaServer, folder: Path, *,
    content: bytes, model: str, code: str, words: str,
) -> None:  # fmt: skip
    """What the model does not take, or is no whole sound, is refused before a credit moves."""
    media.answers["/x"] = answer(content)
    before = traces_of(switched, folder)
    given = switched.post(REFERENCE, order(f"https://localhost:{media.port}/x", model=model))
    error = given.json()["error"]
    assert (given.status_code, error["code"]) == (422, code)
    assert error["param"] == "/reference_audio/url"
    assert words in error["message"]
    assert traces_of(switched, folder) == before


def test_conflict_after_the_download_leaves_nothing(
    switched: Service, media: MediaServer, folder: Path
) -> None:
    """Two orders race under one key: the later one is refused, and its file is gone."""
    gate = threading.Event()

    def wait(connection: socket.socket) -> None:
        gate.wait(10)
        connection.sendall(answer(tone(7)))

    media.answers["/slow"] = wait
    url = f"https://localhost:{media.port}/slow"
    outcome: list[int] = []

    def ask() -> None:
        with connect(switched.process) as http:
            given = http.post(REFERENCE, json=order(url), headers={"Idempotency-Key": "race"})
            outcome.append(given.status_code)

    thread = threading.Thread(target=ask)
    thread.start()
    other = {"model": "minimax-music-2.6", "prompt": "10 seconds techno", "instrumental": True}
    won = switched.post("/v1/music/text-to-music", other, **{"Idempotency-Key": "race"})
    assert won.status_code == 202
    switched.drop(won.json()["task_id"])
    before = traces_of(switched, folder)
    gate.set()
    thread.join(20)
    assert outcome == [409]
    assert traces_of(switched, folder) == before


def test_downloads_are_few_at_a_time_and_hold_nobody_up(
    switched: Service, media: MediaServer
) -> None:
    """Two at a time for one project; meanwhile everything else is answered."""
    gate, arrived = threading.Event(), threading.Semaphore(0)

    def wait(connection: socket.socket) -> None:
        arrived.release()
        gate.wait(10)
        connection.sendall(answer(b"no sound"))

    media.answers["/slow"] = wait
    statuses: list[int] = []

    def ask() -> None:
        with connect(switched.process) as http:
            url = f"https://localhost:{media.port}/slow"
            statuses.append(http.post(REFERENCE, json=order(url)).status_code)

    threads = [threading.Thread(target=ask) for _ in range(5)]
    for thread in threads:
        thread.start()
    assert all(arrived.acquire(timeout=10) for _ in range(2))
    assert not arrived.acquire(timeout=0.5)
    assert switched.http.get("/v1/health").status_code == 200
    assert switched.http.get("/sandbox/wallet").status_code == 200
    gate.set()
    for thread in threads:
        thread.join(20)
    assert statuses == [422] * 5


def test_url_is_not_repeated_in_a_refusal(switched: Service) -> None:
    """A URL may be signed, so errors do not quote its path or query."""
    given = switched.post(REFERENCE, order("https://localhost:1/a?signature=secret"))
    assert given.status_code == 422
    assert "secret" not in json.dumps(given.json())
