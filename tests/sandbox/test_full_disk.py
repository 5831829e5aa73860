"""A disk without room: what cannot be written down is not accepted."""

from __future__ import annotations

import json
import uuid
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any

import httpx
import pytest
from auditing import leftovers_in, problems_in
from loading import TEXT
from mediaserver import MediaServer, answer
from speaking import MINUTES, TEN_SECONDS, Service, tone
from victim import Victim

resource = pytest.importorskip("resource")
REFERENCE = "/v1/music/reference-audio-to-music"
SMALL_BYTES = 512 * 1024
pytestmark = pytest.mark.skipif(not hasattr(resource, "prlimit"), reason="needs Linux's prlimit")


@pytest.fixture
def victim(tmp_path: Path) -> Iterator[Victim]:
    """Return a running server whose disk can be filled; it fetches from this machine."""
    victim = Victim(tmp_path, options=["--allow-loopback-media"])
    victim.start()
    yield victim
    victim.stop()


def fill(victim: Victim, room_bytes: int = 0) -> None:
    """Let no process of the server write to any file, or behind its first bytes only."""
    for pid in victim.family():
        _, hard = resource.prlimit(pid, resource.RLIMIT_FSIZE)
        resource.prlimit(pid, resource.RLIMIT_FSIZE, (room_bytes, hard))


def empty(victim: Victim) -> None:
    """Give the server its disk back."""
    for pid in victim.family():
        _, hard = resource.prlimit(pid, resource.RLIMIT_FSIZE)
        resource.prlimit(pid, resource.RLIMIT_FSIZE, (hard, hard))


def fill_the_database(victim: Victim, http: httpx.Client) -> None:
    """Leave room for new files and none for the database, whose log is longer than they are."""
    log = victim.data / "sandbox.sqlite3-wal"
    while log.stat().st_size < 2 * SMALL_BYTES:
        http.post("/sandbox/wallet", json={"credits": "1"}).raise_for_status()
    fill(victim, SMALL_BYTES)


def falls() -> Callable[[dict[str, Any]], bool]:
    """Return what tells whether a task's progress is less than it was."""
    seen = [0.0]

    def told(task: dict[str, Any]) -> bool:
        seen.append(task["progress"]["percent"])
        return seen[-1] < max(seen)

    return told


def order(body: dict[str, Any]) -> dict[str, Any]:
    return {**body, "metadata": {"job": uuid.uuid4().hex}}


def test_create_without_room_is_refused_and_costs_nothing(victim: Victim) -> None:
    """No row, no 202: the answer is a retryable 5xx, and the same key works once there is room."""
    with victim.connect() as http:
        service = Service(victim, http)
        body = order(TEN_SECONDS)
        fill(victim)
        refused = [service.post(TEXT, body, **{"Idempotency-Key": "full"}) for _ in range(3)]
        upload = http.post("/v1/uploads", files={"file": ("a.wav", tone(6))})
        top_up = service.post("/sandbox/wallet", {"credits": "1"})
        assert {answer.status_code for answer in (*refused, upload, top_up)} == {500}
        assert all(answer.json()["error"]["retryable"] for answer in (*refused, upload, top_up))
        assert service.balance() == 10_000
        assert http.get("/v1/tasks").json()["data"] == []
        empty(victim)
        task = service.create(body, **{"Idempotency-Key": "full"})
        assert service.until(task["task_id"])["status"] == "succeeded"
        assert service.balance() == 10_000 - 50
        service.assert_sound_ledger()
    victim.kill()
    assert not problems_in(victim.data)


def test_task_that_meets_a_full_disk_ends_and_is_refunded(victim: Victim) -> None:
    """A task that can be neither stored nor failed at first is failed once there is room."""
    with victim.connect() as http:
        service = Service(victim, http)
        tasks = [service.create(order(TEN_SECONDS))["task_id"] for _ in range(3)]
        service.until(tasks[0], lambda task: task["status"] == "running")
        fill(victim)
        # its worker has given up once its progress falls
        service.until(tasks[0], falls())
        assert service.post(TEXT, order(MINUTES)).status_code == 500
        empty(victim)
        ends = {task_id: service.until(task_id)["status"] for task_id in tasks}
        assert set(ends.values()) <= {"failed", "succeeded"}
        paid = [task_id for task_id, status in ends.items() if status == "succeeded"]
        assert service.balance() == 10_000 - 50 * len(paid)
        assert service.make(order(TEN_SECONDS))["status"] == "succeeded"
        service.assert_sound_ledger()
    victim.stop()
    assert not problems_in(victim.data)
    assert not leftovers_in(victim.data)


def test_restart_on_a_full_disk_loses_nothing(victim: Victim) -> None:
    """A server killed while the disk was full takes up, with room, where its rows end."""
    with victim.connect() as http:
        service = Service(victim, http)
        task_id = service.create(order(TEN_SECONDS))["task_id"]
        fill(victim)
        assert service.post(TEXT, order(MINUTES)).status_code == 500
        victim.kill()
        assert not problems_in(victim.data)
        victim.start()
        assert service.until(task_id)["status"] == "succeeded"
        assert service.balance() == 10_000 - 50
    victim.stop()
    assert not leftovers_in(victim.data)


def test_upload_whose_commit_fails_keeps_its_file_until_the_next_start(victim: Victim) -> None:
    """SQLite's failure does not tell that there is no row; a row must never miss its file."""
    sounds, content = victim.data / "artifacts", tone(2)
    with victim.connect() as http:

        def upload() -> httpx.Response:
            files, headers = {"file": ("a.wav", content)}, {"Idempotency-Key": "full"}
            return http.post("/v1/uploads", files=files, headers=headers)

        fill_the_database(victim, http)
        assert upload().status_code == 500
        assert [path.read_bytes() for path in sounds.iterdir()] == [content]
        empty(victim)
        stored = upload().json()
        assert len(list(sounds.iterdir())) == 2
        victim.kill()
        assert not problems_in(victim.data)
        victim.start()
        assert [path.stem for path in sounds.iterdir()] == [stored["artifact_id"]]


def test_reference_whose_commit_fails_keeps_its_file_until_the_next_start(victim: Victim) -> None:
    """The same for a file that was fetched; the order costs nothing until it is taken."""
    sounds, content, key = victim.data / "artifacts", tone(7), {"Idempotency-Key": "full"}
    with victim.connect() as http, MediaServer() as media:
        media.answers["/a.wav"] = answer(content)
        service = Service(victim, http)
        url = {"type": "url", "url": f"http://127.0.0.1:{media.port}/a.wav"}
        body = {"model": "minimax-music-2.6", "prompt": "10 seconds techno", "reference_audio": url}
        fill_the_database(victim, http)
        before = service.balance()
        assert service.post(REFERENCE, body, **key).status_code == 500
        assert [path.read_bytes() for path in sounds.iterdir()] == [content]
        assert service.balance() == before
        empty(victim)
        created = service.post(REFERENCE, body, **key)
        assert created.status_code == 202, created.text
        assert service.until(created.json()["task_id"])["status"] == "succeeded"
        assert service.balance() == before - 50
        victim.stop()
        assert not problems_in(victim.data)
        victim.start()
        victim.stop()
        assert not leftovers_in(victim.data)


def test_clock_that_cannot_be_written_down_does_not_move(victim: Victim) -> None:
    """An advance that was refused has not happened, then and after the next one."""
    with victim.connect() as http:
        fill(victim)
        refused = [http.post("/sandbox/clock", json={"advance_s": 3600}) for _ in range(3)]
        assert {answer.status_code for answer in refused} == {500}
        assert http.get("/sandbox/clock").json()["ahead_s"] == 0
        empty(victim)
        assert http.post("/sandbox/clock", json={"advance_s": 60}).json()["ahead_s"] == 60
        victim.stop()
        victim.start()
        assert http.get("/sandbox/clock").json()["ahead_s"] == 60


def test_answer_tells_nothing_of_the_disk(victim: Victim) -> None:
    """The refusal names no path and no SQL."""
    with victim.connect() as http:
        fill(victim)
        answer = http.post(TEXT, json=order(TEN_SECONDS))
        text = json.dumps(answer.json())
        assert str(victim.data) not in text
        assert "sqlite" not in text.lower()
