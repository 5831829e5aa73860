"""What a sweep of 1,000 tasks costs its client, beside a plain gather of httpx calls.

The sandbox of a library runs in a process of its own; its tasks succeed as soon as they are taken
and bring no clip (the fault ``clips_odd`` with a count of 0), so that nothing is rendered, and
nothing downloaded. Each client is a process of its own and does a small sweep first, so that
imports and connections are not counted.

- ours is ``studio.sweep(...).run(max_credits=...).wait()``: a plan, an order in the journal before
  it is sent, its outcome in the journal, a task that can be waited for, the cap. The studio's own
  limit of 50 requests per second stands, so the time is not the point: processor time is.
- ``gather`` sends the same bodies with `httpx.AsyncClient`, four at a time, and polls each task
  every half second until it has ended; it remembers nothing.

Printed are milliseconds of processor time per task (user and system), requests as the sandbox
answered them, commits of the journal for each task with what one costs here, and by how much memory
has grown from after the first of two equal sweeps to after the second.

Run it with ``python benchmarks/sweeping.py [rounds] [--check]``; with ``--check`` a missed target
is an error. Figures are the medians of the rounds (default 3).
"""

from __future__ import annotations

import asyncio
import gc
import json
import os
import resource
import statistics
import subprocess
import sys
import tempfile
import time
import uuid
from pathlib import Path

ROUNDS = next((int(word) for word in sys.argv[1:] if word.isdigit()), 3)
TASKS, WARM = 1_000, 50
MODEL, PRICE = "minimax-music-2.6", 50
# SQLite keeps up to 2 MB of its pages in memory
TARGET_MS, TARGET_MIB = 8.0, 3.0
AT_ONCE, PAUSE_S = 4, 0.5


def cpu_s() -> float:
    """Return user and system time of this process, children not counted."""
    used = resource.getrusage(resource.RUSAGE_SELF)
    return used.ru_utime + used.ru_stime


def resident_mib() -> float:
    """Return how much memory this process has now."""
    pages = int(Path("/proc/self/statm").read_text().split()[1])
    return pages * os.sysconf("SC_PAGE_SIZE") / 2**20


def settled_mib() -> float:
    """Return how much memory is held, without what only waits to be collected."""
    gc.collect()
    return resident_mib()


# ------------------------------------------------------------------------------- the clients


def ours(folder: Path) -> dict[str, float]:
    """Run two equal sweeps; measure both."""
    from musicnb import Studio, TextToMusic  # noqa: PLC0415 - each client imports only its own

    brief = TextToMusic("{number} dream pop, warm drums", model=MODEL, instrumental=True)

    def sweep(name: str, count: int) -> float:
        before = cpu_s()
        axes = {"number": [f"take {number} of" for number in range(count)]}
        run = studio.sweep(name, brief, axes).run(max_credits=count * PRICE).wait()
        used = cpu_s() - before
        assert run.spent_credits == count * PRICE, str(run)
        return used

    with Studio(folder, quiet=True) as studio:
        studio.rehearse("clips_odd", on="create", count=0)
        service = studio._road.service  # noqa: SLF001 - the key for the wallet
        top_up(service.base_url, service.api_key.reveal(), 3 * TASKS * PRICE)
        sweep("warm", WARM)
        start = time.perf_counter()
        first = sweep("first", TASKS)
        seconds = time.perf_counter() - start
        grown = settled_mib()
        second = sweep("second", TASKS)
        grown = settled_mib() - grown
    return {"first": first, "second": second, "seconds": seconds, "mib": grown}


def plain(url: str, key: str) -> dict[str, float]:
    """Send and poll the same orders with bare httpx."""
    import httpx  # noqa: PLC0415 - each client imports only its own

    async def one(http: httpx.AsyncClient, slots: asyncio.Semaphore, number: int) -> None:
        prompt = f"take {number} of dream pop, warm drums"
        body = {"model": MODEL, "prompt": prompt, "instrumental": True}
        headers = {"Idempotency-Key": str(uuid.uuid4())}
        async with slots:
            answer = await http.post("/v1/music/text-to-music", json=body, headers=headers)
        task = answer.raise_for_status().json()
        while task["status"] not in ("succeeded", "failed"):
            await asyncio.sleep(PAUSE_S)
            async with slots:
                answer = await http.get(f"/v1/tasks/{task['task_id']}")
            task = answer.raise_for_status().json()
        assert task["status"] == "succeeded"

    async def sweep() -> dict[str, float]:
        headers = {"Authorization": f"Bearer {key}"}
        slots = asyncio.Semaphore(AT_ONCE)
        async with httpx.AsyncClient(base_url=url, headers=headers, timeout=30) as http:
            await asyncio.gather(*(one(http, slots, number) for number in range(WARM)))
            start, before = time.perf_counter(), cpu_s()
            await asyncio.gather(*(one(http, slots, number) for number in range(TASKS)))
            return {"first": cpu_s() - before, "seconds": time.perf_counter() - start}

    return asyncio.run(sweep())


def top_up(base_url: str, key: str, amount: int) -> None:
    """Put play money into the wallet."""
    import httpx  # noqa: PLC0415 - the other client imports only its own

    with httpx.Client(headers={"Authorization": f"Bearer {key}"}) as http:
        url = f"{base_url.removesuffix('/v1')}/sandbox/wallet"
        http.post(url, json={"credits": str(amount)}).raise_for_status()


# ---------------------------------------------------------------------------------- the rounds


def client(*arguments: str) -> dict[str, float]:
    """Run a client in a process of its own."""
    done = subprocess.run(
        [sys.executable, __file__, "--client", *arguments],
        capture_output=True, text=True, check=False,
    )  # fmt: skip
    assert done.returncode == 0, done.stderr[-3000:]
    return dict(json.loads(done.stdout.splitlines()[-1]))


def commit_ms(folder: Path) -> float:
    """Return the processor time of one commit of a journal's settings, in milliseconds."""
    import sqlite3  # noqa: PLC0415 - only here

    connection = sqlite3.connect(folder / "probe.sqlite", isolation_level=None)
    connection.execute("PRAGMA journal_mode=WAL")
    connection.execute("PRAGMA synchronous=FULL")
    connection.execute("CREATE TABLE rows (body TEXT)")
    count, before = 500, cpu_s()
    for _ in range(count):
        connection.execute("INSERT INTO rows VALUES ('x')")
    used = cpu_s() - before
    connection.close()
    return 1e3 * used / count


def main() -> None:
    """Measure in rounds, print each and the medians."""
    from musicnb.sandbox import SandboxProcess  # noqa: PLC0415 - clients start without it

    mine, theirs, grown = [], [], []
    for number in range(1, ROUNDS + 1):
        with tempfile.TemporaryDirectory(dir=Path.cwd()) as name:
            folder = Path(name)
            probe = commit_ms(folder)
            sweep = client("ours", str(folder / "library"))
            with SandboxProcess.start(
                folder / "sandbox", faults=["clips_odd:on=create,count=0"]
            ) as sandbox:
                top_up(sandbox.base_url, sandbox.api_key, 3 * TASKS * PRICE)
                root = sandbox.base_url.removesuffix("/v1")
                bare = client("plain", root, sandbox.api_key)
        mine.append(1e3 * (sweep["first"] + sweep["second"]) / 2 / TASKS)
        theirs.append(1e3 * bare["first"] / TASKS)
        grown.append(sweep["mib"])
        print(
            f"round {number}: sweep {mine[-1]:.2f} ms/task ({sweep['seconds']:.0f} s,"
            f" {sweep['mib']:+.1f} MiB), gather {theirs[-1]:.2f} ms/task ({bare['seconds']:.0f} s),"
            f" ratio {mine[-1] / theirs[-1]:.2f}; a commit is {probe:.2f} ms",
            flush=True,
        )
    cost, yardstick, mib = map(statistics.median, (mine, theirs, grown))
    ratio = statistics.median(ours / plain for ours, plain in zip(mine, theirs, strict=True))
    print(f"processor time of {TASKS:,} tasks: {cost:.2f} ms each (target {TARGET_MS:g})")
    print(f"plain gather of httpx calls:      {yardstick:.2f} ms each, ratio {ratio:.2f}")
    print(f"memory after a second sweep:      {mib:+.1f} MiB (target {TARGET_MIB:g})")
    if "--check" in sys.argv and (cost > TARGET_MS or mib > TARGET_MIB):
        raise SystemExit("a target is missed")


if __name__ == "__main__":
    if sys.argv[1:2] == ["--client"]:
        kind, *rest = sys.argv[2:]
        print(json.dumps(ours(Path(rest[0])) if kind == "ours" else plain(*rest)))
    else:
        main()
