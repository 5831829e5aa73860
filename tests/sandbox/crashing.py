"""The crash test: a sandbox under load is killed again and again, and must never lose or repeat.

``python tests/sandbox/crashing.py 200`` kills it two hundred times and prints what was seen.
"""

from __future__ import annotations

import collections
import contextlib
import random
import sys
import tempfile
import threading
import time
from collections.abc import Callable, Iterator
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass, field
from decimal import Decimal
from pathlib import Path
from typing import Any

import httpx
from auditing import leftovers_in, problems_in, problems_with
from loading import Client, History, listed
from speaking import OVER
from victim import Victim

CLIENTS = 4
CREDITS = 1_000_000
_PATIENCE_S = 4.0
_DRAIN_S = 240.0


@dataclass
class Summary:
    """What a campaign saw."""

    kills: collections.Counter[str] = field(default_factory=collections.Counter)
    seen: collections.Counter[str] = field(default_factory=collections.Counter)
    problems: list[str] = field(default_factory=list)
    seconds: float = 0.0

    def __str__(self) -> str:
        parts = [f"{self.kills.total()} kills in {self.seconds:.0f} s"]
        parts += [f"  killed {name}: {count}" for name, count in sorted(self.kills.items())]
        parts += [f"{name}: {count}" for name, count in sorted(self.seen.items())]
        parts += [f"problems: {len(self.problems)}", *(f"  {line}" for line in self.problems)]
        return "\n".join(parts)


class Campaign:
    """Kills a sandbox under load, and looks at what is left each time.

    Parameters
    ----------
    folder
        An empty folder.
    seed
        Of the clients' choices and the moments; the machine's scheduling does the rest.
    """

    def __init__(self, folder: Path, seed: int) -> None:
        self._victim = Victim(folder)
        self._chance = random.Random(seed)  # noqa: S311 - choices, not secrets
        self._history = History()
        self._summary = Summary()
        self._moments: dict[str, Callable[[], object]] = {
            "at any time": lambda: time.sleep(self._chance.uniform(0, 1.5)),
            "a create is sent": lambda: self._history.wait("create sent", _PATIENCE_S),
            "a create is accepted": lambda: self._history.wait("accepted", _PATIENCE_S),
            "a cancel is sent": lambda: self._history.wait("cancel sent", _PATIENCE_S),
            "an upload is sent": lambda: self._history.wait("upload sent", _PATIENCE_S),
            "in the middle of rendering": lambda: self._await_stage("rendering"),
            "in the middle of encoding": lambda: self._await_stage("encoding"),
            "a file is being written": lambda: self._await_file("incoming"),
            "between file and row": lambda: self._await_file("artifacts"),
            "while it starts": self._cut_a_start_short,
        }

    def run(self, kills: int) -> Summary:
        """Kill the server so many times, let everything come to its end, and check it all."""
        begin = time.monotonic()
        try:
            self._victim.start()
            with self._victim.connect() as http:
                http.post("/sandbox/wallet", json={"credits": CREDITS}).raise_for_status()
            with self._load():
                for kill in range(kills):
                    self._kill_once(list(self._moments)[kill % len(self._moments)])
            self._finish()
        finally:
            self._victim.stop()
        self._look("after the end")
        self._summary.problems += [f"left: {name}" for name in leftovers_in(self._victim.data)]
        self._summary.problems += [f"orphan {pid}" for pid in self._victim.orphans()]
        self._summary.problems += self._history.problems
        self._summary.problems += self._victim.complaints()
        self._summary.seen.update(self._history.counts)
        self._summary.seconds = time.monotonic() - begin
        return self._summary

    @contextlib.contextmanager
    def _load(self) -> Iterator[None]:
        """Let clients work; at the end each of them repeats what was not answered."""
        over = threading.Event()
        with ThreadPoolExecutor(CLIENTS) as pool:
            works = [
                pool.submit(
                    Client(self._victim, self._history, self._chance.randrange(2**32)).work, over
                )
                for _ in range(CLIENTS)
            ]
            try:
                yield
            finally:
                over.set()
            for work in works:
                work.result()

    def _kill_once(self, moment: str) -> None:
        if self._moments[moment]() is False:
            moment = "in vain for another moment"
        time.sleep(self._chance.choice((0, 0, 0.001, 0.003, 0.01, 0.03)) * self._chance.random())
        self._victim.kill()
        self._summary.kills[moment] += 1
        self._look(f"killed {moment}")
        self._victim.start()

    def _cut_a_start_short(self) -> None:
        self._victim.kill()
        self._victim.spawn()
        time.sleep(self._chance.uniform(0.1, 0.9))

    def _await_stage(self, stage: str) -> bool:
        deadline = time.monotonic() + _PATIENCE_S
        with self._victim.connect() as http:
            while time.monotonic() < deadline:
                running = http.get("/v1/tasks", params={"status": "running"}).json()["data"]
                for row in running:
                    task = http.get(f"/v1/tasks/{row['task_id']}").json()
                    if task["progress"]["stage"] == stage:
                        return True
        return False

    def _await_file(self, folder: str) -> bool:
        deadline = time.monotonic() + _PATIENCE_S
        path = self._victim.data / folder
        before = set(path.glob("*.mp3"))
        while set(path.glob("*.mp3")) <= before:
            if time.monotonic() > deadline:
                return False
            time.sleep(0.0005)
        return True

    def _look(self, moment: str) -> None:
        found = problems_in(self._victim.data)
        self._summary.problems += [f"{moment}: {problem}" for problem in found]

    def _finish(self) -> None:
        """Wait until every task is over, then check every claim from the client's side."""
        with self._victim.connect() as http:
            deadline = time.monotonic() + _DRAIN_S
            while any(task["status"] not in OVER for task in listed(http)):
                assert time.monotonic() < deadline, "tasks do not come to their end"
                time.sleep(0.1)
            transfers = http.get("/sandbox/ledger").json()["data"]
            tasks = list(listed(http))
            self._summary.problems += problems_with(tasks, transfers)
            self._check_accounts(http, tasks)
            Client(self._victim, self._history, 0).check_ends({t["task_id"]: t for t in tasks})

    def _check_accounts(self, http: httpx.Client, tasks: list[dict[str, Any]]) -> None:
        wallet = http.get("/sandbox/wallet").json()
        spent = sum(
            Decimal(task["billing"]["charged_credits"])
            - Decimal(task["billing"]["refunded_credits"])
            for task in tasks
        )
        if Decimal(wallet["balance_credits"]) != 10_000 + CREDITS - spent:
            self._summary.problems.append(f"{wallet} after {spent} credits were spent")
        self._summary.seen.update(f"tasks {task['status']}" for task in tasks)


def campaign(kills: int, seed: int) -> Summary:
    """Run a campaign in a folder of its own, which is gone afterwards."""
    with tempfile.TemporaryDirectory() as folder:
        return Campaign(Path(folder), seed).run(kills)


if __name__ == "__main__":
    result = campaign(int(sys.argv[1]) if len(sys.argv) > 1 else 200, seed=time.time_ns())
    sys.stdout.write(f"{result}\n")
    sys.exit(1 if result.problems else 0)
