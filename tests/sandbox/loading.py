"""Clients that load a sandbox which may die at any moment, and what they remember of it."""

from __future__ import annotations

import collections
import json
import random
import threading
import time
import uuid
from collections.abc import Iterator
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass, field
from typing import TYPE_CHECKING, Any

import httpx
import soundfile as sf
from speaking import OVER, decoded, tone

if TYPE_CHECKING:
    from victim import Victim

TEXT = "/v1/music/text-to-music"
REFERENCE = "/v1/music/reference-audio-to-music"
RANKS = {"queued": 0, "running": 1} | dict.fromkeys(OVER, 2)
_OPEN_TASKS = 6
_GIVE_UP_S = 90.0
_IMPATIENCE_S = (0.001, 0.003, 0.01, 0.03)


@dataclass
class Job:
    """One order: what is sent, under which key, and every answer it got."""

    path: str
    body: bytes
    key: str = field(default_factory=lambda: str(uuid.uuid4()))
    answers: set[bytes] = field(default_factory=set)

    @property
    def task_id(self) -> str:
        """Return the task it became."""
        (answer,) = self.answers
        return str(json.loads(answer)["task_id"])


class History:
    """What all clients have seen; it notices what contradicts what was seen before."""

    def __init__(self) -> None:
        self.jobs: list[Job] = []
        self.artifacts: list[str] = []
        self.problems: list[str] = []
        self.counts: collections.Counter[str] = collections.Counter()
        self._tasks: dict[str, dict[str, Any]] = {}
        self._changed = threading.Condition()

    def tell(self, event: str) -> None:
        """Count an event, and wake who waits for it."""
        with self._changed:
            self.counts[event] += 1
            self._changed.notify_all()

    def wait(self, event: str, patience_s: float) -> bool:
        """Wait until an event happens once more."""
        with self._changed:
            before = self.counts[event]
            return self._changed.wait_for(lambda: self.counts[event] > before, patience_s)

    def known(self, task_id: str) -> dict[str, Any] | None:
        """Return how a task was seen last."""
        return self._tasks.get(task_id)

    def open_tasks(self) -> list[str]:
        """Return the tasks that nobody has seen at their end."""
        with self._changed:
            return [name for name, task in self._tasks.items() if task["status"] not in OVER]

    def ids(self) -> list[str]:
        """Return every task that was seen."""
        with self._changed:
            return list(self._tasks)

    def note(self, task: dict[str, Any], before: dict[str, Any] | None) -> None:
        """Remember a task, read after it was seen as `before`."""
        if before is not None:
            if RANKS[task["status"]] < RANKS[before["status"]]:
                self.problem(f"{task['task_id']} was {before['status']}, is {task['status']}")
            if before["status"] in OVER and settled(task) != settled(before):
                self.problem(f"a finished task changed: {before} became {task}")
        with self._changed:
            now = self._tasks.get(task["task_id"])
            if now is None or RANKS[now["status"]] <= RANKS[task["status"]]:
                self._tasks[task["task_id"]] = task

    def problem(self, text: str) -> None:
        """Write down what must not be."""
        self.problems.append(text)


class Client:
    """One client: it orders, polls, cancels and uploads, and repeats what was not answered.

    Parameters
    ----------
    victim
        The server; it may be away.
    history
        Shared by all clients.
    seed
        Of its choices.
    """

    def __init__(self, victim: Victim, history: History, seed: int) -> None:
        self._victim = victim
        self._history = history
        self._chance = random.Random(seed)  # noqa: S311 - choices, not secrets

    def work(self, over: threading.Event) -> None:
        """Do one thing after another until told to stop."""
        actions = [self._order] * 4 + [self._poll] * 4 + [self._cancel, self._replay, self._upload]
        actions += [self._twins]
        while not over.is_set():
            action = self._chance.choice(actions)
            if len(self._history.open_tasks()) >= _OPEN_TASKS and action in actions[:4]:
                action = self._chance.choice((self._poll,) * 7 + (self._cancel,))
            action()
            time.sleep(self._chance.uniform(0, 0.05))

    def check_ends(self, tasks: dict[str, dict[str, Any]]) -> None:
        """Check every order against the tasks there are: its answers, its money, its sound."""
        for task_id in self._history.ids():
            if task_id not in tasks:
                self._history.problem(f"the accepted task {task_id} is lost")
        for job in self._history.jobs:
            self._send(job)
            task = tasks.pop(job.task_id, {})
            if task.get("input") != json.loads(job.body):
                self._history.problem(f"{job.task_id} is not what was ordered")
            self._read(job.task_id)
        self._history.problems += [f"nobody ordered {task_id}" for task_id in tasks]
        for task_id in self._history.ids():
            task = self._history.known(task_id)
            for clip in ((task or {}).get("output") or {}).get("clips", []):
                self._listen(clip["audio"])

    def _order(self) -> None:
        """Order something; sometimes without waiting for the answer at first."""
        body: dict[str, Any] = {
            "model": self._chance.choice(("minimax-music-2.6", "minimax-music-2.6", "suno-5.5")),
            "prompt": self._chance.choice(("10 seconds techno", "10 seconds ambient drone")),
            "metadata": {"job": uuid.uuid4().hex},
        }
        path = TEXT
        if self._history.artifacts and self._chance.random() < 0.2:
            path = REFERENCE
            reference = {
                "type": "artifact",
                "artifact_id": self._chance.choice(self._history.artifacts),
            }
            body |= {"model": "suno-5.5", "reference_audio": reference}
        else:
            body["instrumental"] = True
        job = Job(path, json.dumps(body).encode())
        if self._chance.random() < 0.2:
            self._send_impatiently(job)
        self._send(job)
        self._history.jobs.append(job)

    def _twins(self) -> None:
        """Send an order twice at once."""
        body = {
            "model": "minimax-music-2.6",
            "prompt": "10 seconds waltz",
            "instrumental": True,
            "metadata": {"job": uuid.uuid4().hex},
        }
        job = Job(TEXT, json.dumps(body).encode())
        with ThreadPoolExecutor(2) as pool:
            list(pool.map(self._send, (job, job)))
        self._history.jobs.append(job)

    def _replay(self) -> None:
        if self._history.jobs:
            self._send(self._chance.choice(self._history.jobs))
            self._history.tell("replayed")

    def _poll(self) -> None:
        open_tasks = self._history.open_tasks()
        if open_tasks:
            self._read(self._chance.choice(open_tasks))

    def _cancel(self) -> None:
        ids = self._history.open_tasks() or self._history.ids()
        if not ids:
            return
        task_id = self._chance.choice(ids)
        before = self._history.known(task_id)
        self._history.tell("cancel sent")
        answer = self._ask("POST", f"/v1/tasks/{task_id}/cancel")
        if answer.status_code != 200:
            self._history.problem(f"a cancel was answered {answer.status_code}: {answer.text}")
        self._history.note(answer.json(), before)

    def _upload(self) -> None:
        self._history.tell("upload sent")
        answer = self._ask(
            "POST",
            "/v1/uploads",
            files={"file": ("a.wav", tone(6 + self._chance.random()))},
            headers={"Idempotency-Key": str(uuid.uuid4())},
        )
        if answer.status_code != 201:
            self._history.problem(f"an upload was answered {answer.status_code}: {answer.text}")
        self._history.artifacts.append(answer.json()["artifact_id"])

    def _read(self, task_id: str) -> None:
        before = self._history.known(task_id)
        answer = self._ask("GET", f"/v1/tasks/{task_id}")
        if answer.status_code == 200:
            self._history.note(answer.json(), before)
        else:
            self._history.problem(f"{task_id} was answered {answer.status_code}: {answer.text}")

    def _send_impatiently(self, job: Job) -> None:
        """Send an order and go away before the answer can have come."""
        with self._victim.connect() as http:
            try:
                http.post(
                    job.path,
                    content=job.body,
                    headers=_headers(job),
                    timeout=self._chance.choice(_IMPATIENCE_S),
                )
            except httpx.TransportError:
                self._history.tell("answer not waited for")

    def _send(self, job: Job) -> None:
        """Send an order until there is an answer; it must be the one of every time before."""
        self._history.tell("create sent")
        answer = self._ask("POST", job.path, content=job.body, headers=_headers(job))
        if answer.status_code != 202:
            self._history.problem(f"an order was answered {answer.status_code}: {answer.text}")
            return
        self._history.tell("accepted")
        job.answers.add(answer.content)
        if len(job.answers) != 1:
            self._history.problem(f"one order, different answers: {job.answers}")
        if self._history.known(job.task_id) is None:
            self._history.note(answer.json(), None)

    def _listen(self, audio: dict[str, Any]) -> None:
        content = httpx.get(audio["url"], trust_env=False).content
        if len(content) != audio["size_bytes"]:
            self._history.problem(f"{audio} came with {len(content)} bytes")
        try:
            samples, rate = decoded(content)
        except sf.LibsndfileError as error:
            self._history.problem(f"{audio} does not play: {error}")
            return
        if abs(len(samples) / rate - audio["duration_seconds"]) > 0.1:
            self._history.problem(f"{audio} lasts {len(samples) / rate:.3f} s")
        self._history.tell("clips played")

    def _ask(self, method: str, path: str, **request: Any) -> httpx.Response:
        """Send the same bytes until they are answered, while the server comes and goes."""
        deadline = time.monotonic() + _GIVE_UP_S
        with self._victim.connect() as http:
            while True:
                try:
                    answer = http.request(method, path, **request)
                except httpx.ConnectError:
                    assert time.monotonic() < deadline, "the server does not come back"
                except httpx.TransportError:
                    self._history.tell("answers lost")
                else:
                    self._history.tell("answers")
                    return answer
                time.sleep(self._chance.uniform(0.01, 0.05))


def listed(http: httpx.Client) -> Iterator[dict[str, Any]]:
    """Read every task there is, page by page, oldest first."""
    query = {"order": "asc", "limit": "100", "expand": "all"}
    while True:
        page = http.get("/v1/tasks", params=query).json()
        yield from page["data"]
        if not page["has_more"]:
            return
        query["cursor"] = page["next_cursor"]


def settled(task: dict[str, Any]) -> dict[str, Any]:
    """Return what of a finished task never changes: all but the signatures of its URLs."""
    text = json.dumps(task, sort_keys=True)
    task = json.loads(text)
    for clip in (task.get("output") or {}).get("clips", []):
        clip["audio"]["url"] = clip["audio"]["url"].partition("?")[0]
    return task


def _headers(job: Job) -> dict[str, str]:
    return {"Idempotency-Key": job.key, "Content-Type": "application/json"}
