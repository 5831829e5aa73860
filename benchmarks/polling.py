"""How soon an ended task is known, and for how many requests: our poller beside two SDKs' loops.

A loopback server in a process of its own answers with a round trip of 50 ms; tasks take 2 to 6 s,
evenly spread. Every row comes from a client in a process of its own, all in one run:

- ours is the real ``Poller`` over the real ``Client`` (httpx). Its first runs know nothing of the
  durations and are printed as such; what the server reported to them is handed to the later ones,
  as the library does between two runs;
- ``0.5 s`` polls each task by itself as replicate does (httpx's 100 connections, ten attempts
  at 429 and 503); ``6 ± 1.5 s`` as runwayml does (1,000 connections, three attempts). Only the
  loops are rebuilt here, not the rest of these SDKs, so their rows flatter them.

Printed are, for 1, 100 and 1,000 tasks in flight: requests per task as the server counts them (a
page of the list is one), the mean and 95 % of the delay from a task's end to the moment the one who
waits for it goes on, CPU seconds of the client, its peak memory above what it had before, and tasks
that were lost to an error or to the end of a minute. "1 task" is the mean of many clients with one
task each, so its CPU and memory are those of one. Then the same against a server that takes 10
requests in any second and answers 429 beyond.

Our targets stand below our numbers; those of CPU are meant for a quiet machine. As their yardstick
stands there what the list requests for 100 tasks cost alone: sent, received and parsed by the same
client, without a poller.

Run it with ``python benchmarks/polling.py [rounds] [--check]``; with ``--check`` a missed target
is an error. Rows are the medians of the rounds (default 3).
"""

from __future__ import annotations

import asyncio
import gc
import json
import random
import resource
import statistics
import subprocess
import sys
import time
from collections.abc import Awaitable, Callable
from dataclasses import asdict, dataclass, field
from datetime import UTC, datetime
from pathlib import Path
from typing import Any
from urllib.parse import urlsplit

from polling_service import LIMIT_PER_S, LONGEST_S, ROUND_TRIP_S, SHORTEST_S

ROUNDS = next((int(word) for word in sys.argv[1:] if word.isdigit()), 3)
END_S = 60.0
SINGLES = 40
BARE = 28


@dataclass
class Row:
    """One client's run."""

    number: int
    requests: float = 0.0
    refusals: float = 0.0
    mean_s: float = 0.0
    p95_s: float = 0.0
    cpu_s: float = 0.0
    memory_mib: float = 0.0
    lost: float = 0.0
    learned: list[float] = field(default_factory=list)

    def __str__(self) -> str:
        return (
            f"{self.requests:7.3f} · {self.mean_s:6.3f} s · {self.p95_s:6.3f} s"
            f" · {self.cpu_s:6.3f} s · {self.memory_mib:+5.1f} MiB"
            + (f" · {self.lost:.0f} lost" if self.lost else "")
            + (f" · {self.refusals:.0f} × 429" if self.refusals else "")
        )


# ------------------------------------------------------------------------------- the clients

Waiter = Callable[[str, float], Awaitable[None]]


async def ours(
    plan: dict[str, Any], row: Row
) -> tuple[list[Waiter], Callable[[], Awaitable[None]]]:
    """Make waiters on our poller: one poller for all tasks, or one for each single task."""
    from musicnb.client import Client  # noqa: PLC0415 - each client imports only its own
    from musicnb.poller import Durations, Poller  # noqa: PLC0415
    from musicnb.settings import ApiKey  # noqa: PLC0415

    pairs = []
    for _ in range(plan["copies"]):
        client = Client(f"{plan['root']}/v1", ApiKey("sk-" + "0" * 32))
        await client.health()  # the first request imports what it needs
        durations = Durations({"m": plan["learned"]})
        poller = Poller(
            client,
            durations=durations,
            learned=lambda _, seconds: row.learned.append(seconds),
            rate_per_s=plan["rate_per_s"],
        )
        pairs.append((client, poller))

    def waiter(poller: Poller) -> Waiter:
        async def wait(task_id: str, born: float) -> None:
            end = await poller.watch(task_id, model="m", created=born, report=lambda _: None)
            assert end.output is not None
            assert end.billing is not None

        return wait

    async def close() -> None:
        for client, poller in pairs:
            await poller.close()
            await client.close()

    return [waiter(poller) for _, poller in pairs], close


async def theirs(
    plan: dict[str, Any], pause: Callable[[], float], attempts: int, connections: int, retry: float
) -> tuple[list[Waiter], Callable[[], Awaitable[None]]]:
    """Make a waiter that polls a task by itself with a fixed pause, on one plain httpx client."""
    import httpx  # noqa: PLC0415

    timeout = httpx.Timeout(5.0, read=30.0, write=30.0, pool=10.0)
    limits = httpx.Limits(max_connections=connections)
    clients = [
        httpx.AsyncClient(base_url=plan["root"], timeout=timeout, limits=limits)
        for _ in range(plan["copies"])
    ]
    for http in clients:
        await http.get("/v1/health")

    async def read(http: httpx.AsyncClient, task_id: str) -> str:
        for attempt in range(attempts):
            response = await http.get(f"/v1/tasks/{task_id}")
            if response.status_code != 429:
                break
            await asyncio.sleep(float(response.headers.get("retry-after", retry * 2**attempt)))
        return str(response.raise_for_status().json()["status"])

    def waiter(http: httpx.AsyncClient) -> Waiter:
        async def wait(task_id: str, _: float) -> None:
            while await read(http, task_id) != "succeeded":  # noqa: ASYNC110 - so do they
                await asyncio.sleep(pause())

        return wait

    async def close() -> None:
        for http in clients:
            await http.aclose()

    return [waiter(http) for http in clients], close


async def run_bare(plan: dict[str, Any]) -> Row:
    """Send as many list requests as watching 100 tasks takes, and do nothing with the answers."""
    from musicnb.client import Client  # noqa: PLC0415
    from musicnb.settings import ApiKey  # noqa: PLC0415

    row = Row(plan["number"])
    async with Client(f"{plan['root']}/v1", ApiKey("sk-" + "0" * 32)) as client:
        await client.health()
        started = await ask(plan["root"], f"/start?number={plan['number']}&limited=0&every_s=0")
        after = datetime.fromtimestamp(started["born"][0] - 1.0, UTC)
        await asyncio.sleep(SHORTEST_S)
        cpu = time.process_time()
        for _ in range(BARE):
            await client.page(created_after=after, expand="output,billing")
            await asyncio.sleep((LONGEST_S - SHORTEST_S) / BARE - ROUND_TRIP_S)
        row.cpu_s = time.process_time() - cpu
    row.requests = BARE / plan["number"]
    return row


async def run_client(plan: dict[str, Any]) -> Row:
    """Start the tasks, wait for all of them, and measure."""
    if plan["who"] == "bare":
        return await run_bare(plan)
    row = Row(plan["number"])
    if plan["who"] == "ours":
        waiters, close = await ours(plan, row)
    elif plan["who"] == "0.5 s":
        waiters, close = await theirs(plan, lambda: 0.5, 10, 100, 0.1)
    else:
        waiters, close = await theirs(
            plan, lambda: 6.0 + random.uniform(-1.5, 1.5), 3, 1000, 0.5  # noqa: S311
        )  # fmt: skip
    total = plan["number"] * plan["copies"]
    gc.collect()
    before_mib, cpu = resident_mib(), time.process_time()
    every_s = 0.1 if plan["copies"] > 1 else 1e-6  # singles would otherwise be in each other's way
    started = await ask(
        plan["root"], f"/start?number={total}&limited={int(plan['limited'])}&every_s={every_s}"
    )
    delays = []

    async def one(place: int) -> None:
        waiter = waiters[place % len(waiters)]
        await asyncio.sleep(started["born"][place] - time.time())
        await waiter(started["ids"][place], started["born"][place])
        delays.append(time.time() - started["ends"][place])

    waits = [asyncio.create_task(one(place)) for place in range(total)]
    await asyncio.wait(waits, timeout=END_S)
    row.cpu_s = (time.process_time() - cpu) / plan["copies"]
    row.memory_mib = (peak_mib() - before_mib) / plan["copies"]
    for wait in waits:
        wait.cancel()
    await asyncio.gather(*waits, return_exceptions=True)
    counts = await ask(plan["root"], "/count")
    await close()
    row.requests, row.refusals = counts["requests"] / total, counts["refusals"]
    row.lost = total - len(delays)
    if delays:
        row.mean_s = statistics.mean(delays)
        row.p95_s = sorted(delays)[int(0.95 * len(delays))]
    return row


async def ask(root: str, target: str) -> dict[str, Any]:
    """Ask the server something about itself; not counted."""
    parts = urlsplit(root)
    reader, writer = await asyncio.open_connection(parts.hostname, parts.port)
    writer.write(f"GET {target} HTTP/1.1\r\nHost: x\r\n\r\n".encode())
    head = await reader.readuntil(b"\r\n\r\n")
    length = int(head.lower().partition(b"content-length: ")[2].partition(b"\r")[0])
    answer: dict[str, Any] = json.loads(await reader.readexactly(length))
    writer.close()
    return answer


def resident_mib() -> float:
    """Return the memory this process has now; what it has had at most where that is unknown."""
    status = Path("/proc/self/status")
    if not status.exists():
        return peak_mib()
    line = next(line for line in status.read_text().splitlines() if line.startswith("VmRSS"))
    return int(line.split()[1]) / 1024


def peak_mib() -> float:
    """Return the most memory this process has had."""
    unit = 1024 * 1024 if sys.platform == "darwin" else 1024
    return resource.getrusage(resource.RUSAGE_SELF).ru_maxrss / unit


# ---------------------------------------------------------------------------------- the rows


def measured(root: str, who: str, number: int, *, rounds: int = 1, **plan: Any) -> Row:
    """Run clients in processes of their own; return the medians of the rounds."""
    plan = {"limited": False, "learned": [], "rate_per_s": 8.0, **plan}
    plan |= {"root": root, "who": who, "number": number, "copies": SINGLES if number == 1 else 1}
    rows = []
    for _ in range(rounds):
        done = subprocess.run(
            [sys.executable, __file__, "--client"],
            input=json.dumps(plan), capture_output=True, text=True, check=True,
        )  # fmt: skip
        rows.append(Row(**json.loads(done.stdout)))
    middle = Row(number, learned=[seconds for row in rows for seconds in row.learned])
    for name in ("requests", "refusals", "mean_s", "p95_s", "cpu_s", "memory_mib", "lost"):
        setattr(middle, name, statistics.median(getattr(row, name) for row in rows))
    return middle


def shown(who: str, row: Row, missed: list[str], **targets: float) -> None:
    """Print a row, and its targets below it; add those that are missed."""
    print(f"  {who:<22} {row}", flush=True)
    if not targets:
        return
    words = []
    for name, most in targets.items():
        is_met = getattr(row, name) <= most
        words.append(f"{name} <= {most:g}{'' if is_met else ' MISSED'}")
        if not is_met:
            missed.append(f"{row.number} tasks, {who}: {name} {getattr(row, name):.3f} > {most:g}")
    print(f"  {'':<22} targets: {', '.join(words)}", flush=True)


def main() -> None:
    """Measure everything and print it."""
    missed: list[str] = []
    with subprocess.Popen(
        [sys.executable, str(Path(__file__).with_name("polling_service.py"))],
        stdout=subprocess.PIPE,
        text=True,
    ) as server:
        try:
            assert server.stdout is not None
            compare(f"http://127.0.0.1:{int(server.stdout.readline())}", missed)
        finally:
            server.terminate()
    print("\n".join(["", "missed:", *missed]) if missed else "\nall targets met")
    if missed and "--check" in sys.argv:
        raise SystemExit(1)


def compare(root: str, missed: list[str]) -> None:
    """Print the rows of every size, ours first."""
    print("requests per task · mean delay · 95 % · CPU · memory")
    print("nothing learned yet")
    cold = measured(root, "ours", 100, rounds=ROUNDS)
    shown("ours, 100 tasks", cold, missed)
    learned = {"learned": cold.learned[-256:], "rounds": ROUNDS}
    print("1 task")
    shown("ours", measured(root, "ours", 1, **learned), missed, requests=4.0, mean_s=0.33, lost=0)
    for who in ("0.5 s", "6 ± 1.5 s"):
        shown(who, measured(root, who, 1), missed)
    print("100 tasks")
    shown("ours", measured(root, "ours", 100, **learned), missed,
          requests=0.30, mean_s=0.12, p95_s=0.20, cpu_s=0.2, lost=0)  # fmt: skip
    bare = measured(root, "bare", 100, rounds=ROUNDS)
    print(f"  {f'{BARE} bare list requests':<22} {bare.requests:7.3f} · CPU {bare.cpu_s:.3f} s")
    for who in ("0.5 s", "6 ± 1.5 s"):
        shown(who, measured(root, who, 100), missed)
    print("1,000 tasks")
    shown("ours, 10 requests/s", measured(root, "ours", 1000, rate_per_s=10.0, **learned), missed,
          requests=0.07, mean_s=0.55, cpu_s=0.5, memory_mib=12, lost=0)  # fmt: skip
    for who in ("0.5 s", "6 ± 1.5 s"):
        shown(who, measured(root, who, 1000), missed)
    print(f"100 tasks, server limited to {LIMIT_PER_S} requests/s")
    shown("ours", measured(root, "ours", 100, limited=True, **learned), missed,
          refusals=3, lost=0)  # fmt: skip
    for who in ("0.5 s", "6 ± 1.5 s"):
        shown(who, measured(root, who, 100, limited=True), missed)


if __name__ == "__main__":
    if sys.argv[1:] == ["--client"]:
        print(json.dumps(asdict(asyncio.run(run_client(json.loads(sys.stdin.read()))))))
    else:
        main()
