"""The pool: what dies or hangs takes nothing with it."""

from __future__ import annotations

import asyncio
import functools
import json
import os
import signal
import subprocess
import sys
import time
from collections.abc import Callable
from pathlib import Path

import httpx
import numpy as np
import pytest
from children import workers_of
from speaking import MINUTES, Service

from musicnb import sound
from musicnb.sandbox._workers import WorkerDied, Workers


def test_crash_and_overtime_end_one_job_and_the_next_finds_new_processes() -> None:
    """A worker that ends itself, or sleeps too long, is an error of its job alone."""

    async def work() -> tuple[int | None, int | None]:
        workers = Workers(1, renders=False)
        try:
            first = await workers.run(lambda _: os.getpid)
            with pytest.raises(WorkerDied):
                await workers.run(lambda _: functools.partial(os._exit, 3))
            with pytest.raises(WorkerDied):
                await workers.run(lambda _: functools.partial(time.sleep, 60), limit_s=0.2)
            return first, await workers.run(lambda _: os.getpid)
        finally:
            workers.close()

    first, last = asyncio.run(work())
    assert first is not None
    assert first != last != os.getpid()


def test_killed_worker_takes_only_its_own_job_along() -> None:
    """Of two jobs at once, the one whose process is killed fails and the other ends well."""

    async def work() -> tuple[list[object], int | None, int]:
        workers = Workers(2, renders=False)
        try:
            jobs = [
                asyncio.create_task(workers.run(lambda _: functools.partial(os._exit, 9))),
                asyncio.create_task(workers.run(lambda _: functools.partial(time.sleep, 1.0))),
            ]
            outcomes = await asyncio.gather(*jobs, return_exceptions=True)
            return outcomes, await workers.run(lambda _: os.getpid), workers.count
        finally:
            workers.close()

    (killed, other), pid, count = asyncio.run(work())
    assert isinstance(killed, WorkerDied)
    assert other is None  # what sleep returns
    assert pid is not None
    assert count == 2


def test_worker_that_died_idle_costs_no_job() -> None:
    """A process that is killed between two jobs is replaced, and the next job does not notice."""

    async def work() -> tuple[int, int]:
        workers = Workers(1, renders=False)
        try:
            first = await workers.run(lambda _: os.getpid)
            assert first is not None
            os.kill(first, signal.SIGKILL)
            while _alive(first):  # noqa: ASYNC110 - another process tells nobody
                await asyncio.sleep(0.01)
            await asyncio.sleep(0.1)  # until the pool has seen it too
            second = await workers.run(lambda _: os.getpid)
            assert second is not None
            return first, second
        finally:
            workers.close()

    first, second = asyncio.run(work())
    assert first != second


def test_killed_worker_fails_one_of_many_tasks(
    start: Callable[..., Service], tmp_path: Path
) -> None:
    """One task has failed and is refunded; those beside and behind it succeed."""
    own = start(tmp_path, workers=2)
    before = own.balance()
    ids = [own.create(MINUTES)["task_id"] for _ in range(2)]
    for task_id in ids:
        own.until(task_id, lambda task: task["progress"]["stage"] == "rendering")
    ids.append(own.create({**MINUTES, "prompt": "10 seconds techno"})["task_id"])
    busy = max(workers_of(own.process.pid), key=processor_ticks)
    os.kill(busy, signal.SIGKILL)
    ends = [own.until(task_id) for task_id in ids]
    assert sorted(task["status"] for task in ends) == ["failed", "succeeded", "succeeded"]
    (failed,) = [task for task in ends if task["status"] == "failed"]
    assert failed["error"]["code"] == "generation_failed"
    assert failed["billing"]["refunded_credits"] == "50.0000"
    assert own.balance() == before - 100
    own.assert_sound_ledger()


def test_without_workers_orders_wait(start: Callable[..., Service], tmp_path: Path) -> None:
    """A server that holds rendering back takes orders, shows them and cancels them."""
    own = start(tmp_path, workers=0)
    task = own.create(MINUTES)
    assert own.task(task["task_id"])["status"] == "queued"
    assert workers_of(own.process.pid) == []
    own.drop(task["task_id"])
    assert own.kinds(task["task_id"]) == ["debit", "refund"]


def test_encoding_ends_when_it_is_told_to() -> None:
    """What the progress callable raises ends the encoding; the shares it is told rise."""
    shares: list[float] = []

    def stop(share: float) -> None:
        shares.append(share)
        if len(shares) == 3:
            raise InterruptedError

    with pytest.raises(InterruptedError):
        sound.encode(np.zeros((441_000, 2), np.float32), 44_100, progress=stop)
    assert shares == sorted(set(shares))
    assert shares[0] == 0.0
    assert shares[-1] < 1.0


def processor_ticks(pid: int) -> int:
    """Return how much a process has computed."""
    fields = Path(f"/proc/{pid}/stat").read_text().rpartition(")")[2].split()
    return int(fields[11]) + int(fields[12])


def _alive(pid: int) -> bool:
    try:
        return Path(f"/proc/{pid}/stat").read_text().rpartition(")")[2].split()[0] != "Z"
    except FileNotFoundError:
        return False


def test_full_queue_is_refused_before_anything_is_charged(tmp_path: Path) -> None:
    """One worker, one place to wait: what does not fit is a 429 that costs nothing."""
    command = [
        sys.executable, "-m", "musicnb.sandbox", "--json", "--exit-with-parent", "--port", "0",
        "--data", str(tmp_path), "--workers", "1", "--longest-queue", "1",
    ]  # fmt: skip
    with subprocess.Popen(
        command, stdin=subprocess.PIPE, stdout=subprocess.PIPE, text=True
    ) as server:
        assert server.stdin is not None
        assert server.stdout is not None
        facts = json.loads(server.stdout.readline())
        headers = {"Authorization": f"Bearer {facts['api_key']}"}
        with httpx.Client(base_url=facts["base_url"], headers=headers) as http:
            path = f"{facts['base_url']}/music/text-to-music"
            # two are worked on, one waits
            answers = [http.post(path, json=MINUTES) for _ in range(4)]
            wallet = http.get(facts["base_url"].removesuffix("/v1") + "/sandbox/wallet").json()
        server.stdin.close()
    assert [answer.status_code for answer in answers] == [202, 202, 202, 429]
    assert answers[-1].json()["error"]["code"] == "rate_limited"
    assert answers[-1].headers["Retry-After"] == "5"
    assert wallet["balance_credits"] == "9850.0000"
