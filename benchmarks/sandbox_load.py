"""What the sandbox server stands: creates and polls with 64 clients, beside their yardsticks.

Prints, from one run on this machine, in rounds (an fsync can cost ten times as much a minute
later, so each round measures everything once and the ratios are taken within a round):

- an fsync probe, and bare SQLite commits/s: WAL, ``synchronous=FULL``, one row each, same disk;
- the same with what a create writes (a task, a debit of two entries, a remembered answer, with
  their keys and triggers) by the sandbox's own functions, without a server: what durable creates
  one at a time would reach;
- creates/s with 64 clients, each answered after its debit and its task are on disk, and the ratios
  to both;
- requests/s of a bare Starlette handler on the same uvicorn and parser that answers a finished
  task's bytes, polls/s of the sandbox with 64 clients, and their ratio;
- then 1,000 tasks in flight, polled and listed: errors, p50, p99.

Nothing is rendered: the server runs with ``--workers 0``. The clients are raw sockets in a process
of their own; its processor time per request is printed, so that one sees what it takes away.

Run it with ``python benchmarks/sandbox_load.py [rounds]``.
"""

from __future__ import annotations

import asyncio
import json
import os
import sqlite3
import statistics
import subprocess
import sys
import tempfile
import time
import uuid
from collections.abc import Iterator
from dataclasses import dataclass, field
from decimal import Decimal
from itertools import cycle
from pathlib import Path
from urllib.parse import urlsplit

ROUNDS = int(sys.argv[1]) if len(sys.argv) > 1 and sys.argv[1].isdigit() else 5
CLIENTS = 64
SECONDS = 3.0
IN_FLIGHT = 1_000
CREATES_TARGET, POLLS_TARGET = 1 / 3, 1 / 2
ORDER = {"model": "minimax-music-2.6", "prompt": "dream pop, warm drums", "instrumental": True}

BARE_SERVER = """
import socket, sys, uvicorn
from starlette.applications import Starlette
from starlette.responses import Response
from starlette.routing import Route
body = sys.stdin.buffer.read()
async def answer(request):
    return Response(body, media_type="application/json")
app = Starlette(routes=[Route("/v1/tasks/{task_id}", answer)])
listener = socket.socket(socket.AF_INET, socket.SOCK_STREAM, socket.IPPROTO_TCP)
listener.bind(("127.0.0.1", 0))
print(listener.getsockname()[1], flush=True)
config = uvicorn.Config(app, access_log=False, log_level="error", ws="none", http="httptools")
uvicorn.Server(config).run(sockets=[listener])
"""


@dataclass
class Load:
    """One run of the clients: how many requests, how fast, how well."""

    seconds: float
    latencies_ms: list[float] = field(default_factory=list)
    statuses: dict[str, int] = field(default_factory=dict)
    task_ids: list[str] = field(default_factory=list)
    client_cpu_s: float = 0.0

    @property
    def per_second(self) -> float:
        """Requests answered per second."""
        return len(self.latencies_ms) / self.seconds

    def __str__(self) -> str:
        p50, p99 = (percentile(self.latencies_ms, share) for share in (0.5, 0.99))
        cost = 1e6 * self.client_cpu_s / max(1, len(self.latencies_ms))
        return (
            f"{self.per_second:8,.0f}/s  p50 {p50:5.1f} ms  p99 {p99:6.1f} ms"
            f"  (clients: {cost:.0f} µs each, {self.client_cpu_s / self.seconds:.0%} of a core)"
        )


def percentile(values: list[float], share: float) -> float:
    """Return the value below which a share of all lie."""
    return sorted(values)[min(len(values) - 1, int(share * len(values)))]


# ------------------------------------------------------------------------------- the clients


class Client(asyncio.Protocol):
    """One connection that sends its next request when it has the answer to the last."""

    def __init__(self, requests: Iterator[bytes], load: Load) -> None:
        self._requests, self._load = requests, load
        self._data = b""
        self.finished: asyncio.Future[None] = asyncio.get_running_loop().create_future()

    def connection_made(self, transport: asyncio.BaseTransport) -> None:
        """Send the first request."""
        assert isinstance(transport, asyncio.Transport)
        self._transport = transport
        self._send()

    def data_received(self, data: bytes) -> None:
        """Collect one answer, and go on once it is whole."""
        self._data += data
        head = self._data.find(b"\r\n\r\n")
        if head < 0:
            return
        start = self._data.find(b"content-length: ") + 16
        length = int(self._data[start : self._data.find(b"\r", start)])
        if len(self._data) < head + 4 + length:
            return
        self._load.latencies_ms.append(1e3 * (time.perf_counter() - self._sent))
        status = self._data[9:12].decode()
        self._load.statuses[status] = self._load.statuses.get(status, 0) + 1
        if status == "202":
            found = self._data.find(b'"tsk_') + 1
            self._load.task_ids.append(self._data[found : found + 30].decode())
        self._data = b""
        self._send()

    def connection_lost(self, _: Exception | None) -> None:
        """End; an answer that is missing counts as an error."""
        if not self.finished.done():
            self._load.statuses["lost"] = self._load.statuses.get("lost", 0) + 1
            self.finished.set_result(None)

    def _send(self) -> None:
        request = next(self._requests, None)
        if request is None:
            self.finished.set_result(None)
            self._transport.close()
            return
        self._sent = time.perf_counter()
        self._transport.write(request)


def requests_of(plan: dict[str, object]) -> Iterator[bytes]:
    """Yield requests until the plan's time, or its number, is over."""
    head = f"Host: {plan['host']}\r\nAuthorization: Bearer {plan['key']}\r\n"
    end = time.perf_counter() + float(str(plan["seconds"]))
    paths = cycle(list(plan["paths"]) if isinstance(plan["paths"], list) else [])
    left = int(str(plan["number"]))
    body = json.dumps(ORDER)
    while left and time.perf_counter() < end:
        left -= 1
        path = next(paths)
        if plan["method"] == "GET":
            yield f"GET {path} HTTP/1.1\r\n{head}\r\n".encode()
        else:
            yield (
                f"POST {path} HTTP/1.1\r\n{head}Content-Type: application/json\r\n"
                f"Idempotency-Key: {uuid.uuid4()}\r\nContent-Length: {len(body)}\r\n\r\n{body}"
            ).encode()


async def run_clients(plan: dict[str, object]) -> Load:
    """Send the plan's requests over all connections at once."""
    loop, load = asyncio.get_running_loop(), Load(0.0)
    host, _, port = str(plan["host"]).partition(":")
    requests = requests_of(plan)
    cpu, start = time.process_time(), time.perf_counter()
    clients = [
        await loop.create_connection(lambda: Client(requests, load), host, int(port))
        for _ in range(CLIENTS)
    ]
    await asyncio.gather(*(client.finished for _, client in clients))
    load.seconds, load.client_cpu_s = time.perf_counter() - start, time.process_time() - cpu
    return load


def load_on(base: str, method: str, paths: list[str], *, key: str = "", number: int = -1) -> Load:
    """Run the clients in a process of their own."""
    plan = {"host": urlsplit(base).netloc, "key": key, "method": method, "paths": paths}
    plan |= {"number": number, "seconds": SECONDS if number < 0 else 600.0}
    done = subprocess.run(
        [sys.executable, __file__, "--clients"],
        input=json.dumps(plan), capture_output=True, text=True, check=True,
    )  # fmt: skip
    return Load(**json.loads(done.stdout))


# ---------------------------------------------------------------------------- the yardsticks


def fsyncs(folder: Path) -> tuple[float, float]:
    """Append 4 KB and fsync, again and again; return p50 and p99 in milliseconds."""
    times_ms = []
    end = time.perf_counter() + SECONDS / 3
    with (folder / "probe").open("wb") as file:
        while time.perf_counter() < end:
            start = time.perf_counter()
            file.write(b"x" * 4096)
            file.flush()
            os.fsync(file.fileno())
            times_ms.append(1e3 * (time.perf_counter() - start))
    return percentile(times_ms, 0.5), percentile(times_ms, 0.99)


def bare_commits(folder: Path) -> float:
    """Commit single rows to a database of the sandbox's settings; return commits per second."""
    connection = sqlite3.connect(folder / "bare.sqlite3", isolation_level=None)
    connection.execute("PRAGMA journal_mode=WAL")
    connection.execute("PRAGMA synchronous=FULL")
    connection.execute("CREATE TABLE IF NOT EXISTS rows (id INTEGER PRIMARY KEY, body TEXT)")
    body, count, start = json.dumps(ORDER), 0, time.perf_counter()
    while time.perf_counter() < start + SECONDS:
        connection.execute("INSERT INTO rows (body) VALUES (?)", (body,))
        count += 1
    seconds = time.perf_counter() - start
    connection.close()
    return count / seconds


def bare_creates(folder: Path) -> float:
    """Commit what a create writes, one after another and without a server; return their rate."""
    from musicnb.catalogue import TEXT_TO_MUSIC  # noqa: PLC0415 - the clients' process is small
    from musicnb.sandbox import tasks, wallet  # noqa: PLC0415
    from musicnb.sandbox._idempotency import Answer, Ticket  # noqa: PLC0415
    from musicnb.sandbox._keys import Project  # noqa: PLC0415
    from musicnb.sandbox._orders import read_order  # noqa: PLC0415
    from musicnb.sandbox.store import open_connection  # noqa: PLC0415

    connection = open_connection(folder / "creates.sqlite3")
    project = Project("bench", b"k" * 32, Decimal(999_999_999))
    wallet.enrol(connection, [project], now=0)
    body, answer = json.dumps(ORDER).encode(), Answer(202, b"x" * 1_500)
    order, count, start = read_order(TEXT_TO_MUSIC, body), 0, time.perf_counter()
    while (now := time.perf_counter()) < start + SECONDS:
        ticket = Ticket.of(project.name, str(uuid.uuid4()), "POST", "/", body)
        connection.execute("BEGIN")
        tasks.create(connection, project.name, order, folder_seed=1, now=int(1e6 * now))
        ticket.remember(connection, answer, now=int(1e6 * now))
        connection.execute("COMMIT")
        count += 1
    seconds = time.perf_counter() - start
    connection.close()
    return count / seconds


def main() -> None:
    """Measure everything and print it."""
    import httpx  # noqa: PLC0415 - the clients' process shall be small

    from musicnb.sandbox import SandboxProcess  # noqa: PLC0415

    with tempfile.TemporaryDirectory(dir=Path.cwd()) as name:
        folder = Path(name)
        with SandboxProcess.start(folder / "sandbox", workers=0) as sandbox:
            root, key = sandbox.base_url.removesuffix("/v1"), sandbox.api_key
            http = httpx.Client(headers={"Authorization": f"Bearer {key}"}, base_url=root)
            http.post("/sandbox/wallet", json={"credits": 999_999_999}).raise_for_status()
            ids = load_on(root, "POST", ["/v1/music/text-to-music"], key=key, number=500).task_ids
            polls = [f"/v1/tasks/{task_id}" for task_id in ids]
            with subprocess.Popen(
                [sys.executable, "-c", BARE_SERVER], stdin=subprocess.PIPE, stdout=subprocess.PIPE
            ) as bare:
                assert bare.stdin is not None
                assert bare.stdout is not None
                bare.stdin.write(http.get(polls[0]).content)
                bare.stdin.close()
                bare_root = f"http://127.0.0.1:{int(bare.stdout.readline())}"
                rounds(folder, root, bare_root, key, polls)
                bare.terminate()
            in_flight(root, key)


def rounds(folder: Path, root: str, bare_root: str, key: str, polls: list[str]) -> None:
    """Measure in rounds; print each, and the medians of the ratios."""
    create_ratios, equal_ratios, poll_ratios = [], [], []
    for number in range(1, ROUNDS + 1):
        p50, p99 = fsyncs(folder)
        commits, bare = bare_commits(folder), bare_creates(folder)
        creates = load_on(root, "POST", ["/v1/music/text-to-music"], key=key)
        handler = load_on(bare_root, "GET", polls)
        polled = load_on(root, "GET", polls, key=key)
        assert set(creates.statuses) == {"202"}, creates.statuses
        assert set(polled.statuses) == {"200"}, polled.statuses
        create_ratios.append(creates.per_second / commits)
        equal_ratios.append(creates.per_second / bare)
        poll_ratios.append(polled.per_second / handler.per_second)
        print(f"round {number}: fsync p50 {p50:.2f} ms, p99 {p99:.2f} ms")
        print(f"  bare SQLite commits  {commits:8,.0f}/s")
        print(f"  a create's rows      {bare:8,.0f}/s")
        ratios = f"{create_ratios[-1]:.2f}, {equal_ratios[-1]:.2f}"
        print(f"  creates              {creates}  ratios {ratios}")
        print(f"  bare handler         {handler}")
        print(f"  polls                {polled}  ratio {poll_ratios[-1]:.2f}")
    print(f"creates / bare commits, median of {ROUNDS}: {statistics.median(create_ratios):.2f}"
          f" (target {CREATES_TARGET:.2f})")  # fmt: skip
    print(f"creates / commits of a create's rows, median: {statistics.median(equal_ratios):.2f}")
    print(f"polls / bare handler, median of {ROUNDS}:   {statistics.median(poll_ratios):.2f}"
          f" (target {POLLS_TARGET:.2f})")  # fmt: skip


def in_flight(root: str, key: str) -> None:
    """Have 1,000 tasks of this run in flight; poll each, and list them, five times over."""
    made = load_on(root, "POST", ["/v1/music/text-to-music"], key=key, number=IN_FLIGHT)
    polls = [f"/v1/tasks/{task_id}" for task_id in made.task_ids]
    polled = load_on(root, "GET", polls, key=key, number=5 * IN_FLIGHT)
    listed = load_on(root, "GET", ["/v1/tasks?limit=100"], key=key, number=IN_FLIGHT // 10)
    errors = sum(
        count
        for load in (made, polled, listed)
        for status, count in load.statuses.items()
        if status not in ("200", "202")
    )
    print(f"{len(made.task_ids):,} tasks in flight: {errors} errors")
    print(f"  creates              {made}")
    print(f"  polls                {polled}")
    print(f"  lists of 100         {listed}")


if __name__ == "__main__":
    if sys.argv[1:] == ["--clients"]:
        print(json.dumps(vars(asyncio.run(run_clients(json.loads(sys.stdin.read()))))))
    else:
        main()
