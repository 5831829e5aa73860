"""A campaign against the client: it dies at one exact moment after another, on the same library."""

from __future__ import annotations

import collections
import json
import os
import random
import subprocess
import sys
import tempfile
import time
import uuid
from collections.abc import Iterator
from dataclasses import dataclass, field
from decimal import Decimal
from pathlib import Path
from typing import Any

import httpx
from bookkeeping import journal_of, orders_of, problems_at_the_end, problems_now
from victim import ROOT, Victim

PIECES = 60
CREDITS = 10_000
_HERE = Path(__file__).resolve().parent
_SWEEPS = 200
_LIVES_PER_SWEEP = 2_000
_KILLED = -9
# so much goes wrong on the way, whoever dies when
FAULTS: tuple[dict[str, Any], ...] = (
    {"fault": "answer_lost", "on": "create", "probability": 0.05, "when": "after"},
    {"fault": "answer_lost", "on": "any", "probability": 0.02, "when": "before"},
    {"fault": "server_error", "on": "create", "probability": 0.05, "when": "after", "status": 504},
    {"fault": "server_error", "on": "any", "probability": 0.02},
    {"fault": "html_page", "on": "create", "probability": 0.02, "when": "after"},
    {"fault": "cut_body", "on": "any", "probability": 0.02},
    {"fault": "cut_body", "on": "download", "probability": 0.03, "length": False},
    {"fault": "url_expired", "on": "download", "probability": 0.02},
    {"fault": "rate_limited", "on": "any", "probability": 0.03},
    {"fault": "key_revoked", "on": "create", "probability": 0.01},
    {"fault": "task_failed", "on": "create", "probability": 0.05},
)
# the moments every long campaign must have died at; more are met by the way
MOMENTS = (
    *(
        f"{side} commit of {name}"
        for name in ("plan_sweep", "sending", "accepted", "unknown", "billed", "keep", "ended")
        for side in ("before", "after")
    ),
    *(
        moment
        for name in ("create", "poll", "list", "download")
        for moment in (
            f"before a {name}",
            f"a {name} is sent",
            f"a {name} is being answered",
            f"a {name} is answered",
        )
    ),
    *(
        f"{side} {step}"
        for step in ("fsync of a download", "rename of a clip", "fsync of the clips folder")
        for side in ("before", "after")
    ),
)


@dataclass
class Summary:
    """What a campaign saw."""

    deaths: collections.Counter[str] = field(default_factory=collections.Counter)
    points: set[str] = field(default_factory=set)
    seen: collections.Counter[str] = field(default_factory=collections.Counter)
    problems: list[str] = field(default_factory=list)
    seconds: float = 0.0

    def __str__(self) -> str:
        points = f"{len(self.points)} distinct points"
        parts = [f"{self.deaths.total()} kills at {points} in {self.seconds:.0f} s"]
        parts += [f"  killed {name}: {count}" for name, count in sorted(self.deaths.items())]
        parts += [f"{name}: {count}" for name, count in sorted(self.seen.items())]
        twice = sum("charged twice" in problem for problem in self.problems)
        missing = sum("clip is missing" in problem for problem in self.problems)
        parts += [f"orders charged twice: {twice}", f"paid clips missing on disk: {missing}"]
        parts += [f"problems: {len(self.problems)}", *(f"  {line}" for line in self.problems)]
        return "\n".join(parts)


class Nursery:
    """Gives lives to clients, one at a time.

    Parameters
    ----------
    log
        Gets what they write to standard error.
    """

    def __init__(self, log: Path) -> None:
        self.log = log
        path = os.pathsep.join((str(ROOT), str(_HERE)))
        with log.open("w") as stderr:
            self._process = subprocess.Popen(
                [sys.executable, str(_HERE / "living.py")],
                stdin=subprocess.PIPE,
                stdout=subprocess.PIPE,
                stderr=stderr,
                text=True,
                env={**os.environ, "PYTHONPATH": path, "OPENBLAS_NUM_THREADS": "1"},
            )

    def live(self, life: dict[str, Any]) -> int:
        """Have a life lived; returns its exit status, negative for the signal that ended it."""
        assert self._process.stdin is not None
        assert self._process.stdout is not None
        self._process.stdin.write(json.dumps(life) + "\n")
        self._process.stdin.flush()
        return int(self._process.stdout.readline())

    def close(self) -> None:
        """Let it end."""
        for stream in (self._process.stdin, self._process.stdout):
            if stream is not None:
                stream.close()
        self._process.wait(30)


class Campaign:
    """Kills a client until it has died often enough and all its sweeps are complete.

    Parameters
    ----------
    folder
        An empty folder.
    seed
        Of the moments; the machine's scheduling does the rest.
    pieces
        Tasks of a sweep.
    """

    def __init__(self, folder: Path, seed: int, *, pieces: int = PIECES) -> None:
        self._folder, self._pieces = folder, pieces
        self._chance = random.Random(seed)  # noqa: S311 - choices, not secrets
        keys = [f"sk-{uuid.uuid4().hex}" for _ in range(_SWEEPS)]
        (folder / "keys").touch(mode=0o600)
        (folder / "keys").write_text(
            "".join(f"p{number} {key} {CREDITS}\n" for number, key in enumerate(keys))
        )
        self._keys: Iterator[str] = iter(keys)
        self._victim = Victim(folder, keys=folder / "keys")
        self._nursery = Nursery(folder / "clients.log")
        self._kinds = list(MOMENTS)
        self._chance.shuffle(self._kinds)
        self._turn = 0
        self._summary = Summary()

    def run(self, kills: int) -> Summary:
        """Kill the client so many times, then let its last sweep come to its end."""
        begin = time.monotonic()
        summary = self._summary
        try:
            self._victim.start()
            with self._victim.connect(next(self._keys)) as http:
                self._arm(http)
            while summary.deaths.total() < kills:
                self._complete_a_sweep(kills)
        finally:
            self._nursery.close()
            self._victim.stop()
        summary.problems += self._victim.complaints()
        summary.problems += self._nursery.log.read_text().splitlines()
        summary.seconds = time.monotonic() - begin
        return summary

    def _arm(self, http: httpx.Client) -> None:
        for number, fault in enumerate(FAULTS):
            answer = http.post("/sandbox/faults", json={**fault, "seed": number})
            assert answer.status_code == 201, answer.text

    def _complete_a_sweep(self, kills: int) -> None:
        number = self._summary.seen["sweeps completed"] + 1
        folder = self._folder / f"sweep{number}"
        folder.mkdir()
        key = next(self._keys)
        with self._victim.connect(key) as http:
            for _ in range(_LIVES_PER_SWEEP):
                done = self._live(folder, key, http, mortal=self._summary.deaths.total() < kills)
                if done:
                    break
            self._note_end(folder / "library", http)
        self._summary.seen["sweeps completed"] += 1

    def _live(self, folder: Path, key: str, http: httpx.Client, *, mortal: bool) -> bool:
        """Let a client live once more; True when it came to the end of its sweep."""
        self._turn += 1
        life = {
            "folder": str(folder),
            "url": f"http://127.0.0.1:{self._victim.port}/v1",
            "key": key,
            "pieces": self._pieces,
            "kind": self._kinds[self._turn % len(self._kinds)] if mortal else "",
            "nth": self._chance.choice((1, 1, 2, 3, 5)),
            "latest": self._chance.randint(20, 80) if mortal else None,
        }
        status = self._nursery.live(life)
        problems = self._summary.problems
        if status == _KILLED:
            name = (folder / "death").read_text(encoding="utf-8")
            self._summary.points.add(name)
            self._summary.deaths[name.partition(" #")[0]] += 1
            found = problems_now(journal_of(folder / "library"), orders_of(http))
            problems += [f"killed {name}: {problem}" for problem in found]
            return False
        if status:
            problems.append(f"a client ended with status {status}")
            return True
        report = json.loads((folder / "report").read_text(encoding="utf-8"))
        problems += report["problems"]
        self._kinds += [kind for kind in report["seen"] if kind not in self._kinds]
        return True

    def _note_end(self, library: Path, http: httpx.Client) -> None:
        journal, orders = journal_of(library), orders_of(http)
        artifacts = self._victim.data / "artifacts"
        found = problems_at_the_end(library, journal, orders, artifacts)
        if len(journal) != self._pieces:
            found.append(f"{len(journal)} orders in the journal, {self._pieces} were meant")
        spent = sum((entry.paid for entry in journal.values()), Decimal())
        balance = Decimal(http.get("/sandbox/wallet").json()["balance_credits"])
        if CREDITS - spent != balance:
            found.append(f"{balance} are left of {CREDITS}, the journal has {spent} spent")
        number = self._summary.seen["sweeps completed"] + 1
        self._summary.problems += [f"end of sweep {number}: {problem}" for problem in found]
        self._summary.seen.update(f"tasks {order.status}" for order in orders)
        self._summary.seen["clips on disk"] += sum(len(entry.clips) for entry in journal.values())


def campaign(kills: int, seed: int, *, pieces: int = PIECES) -> Summary:
    """Run a campaign in a folder of its own, which is gone afterwards."""
    with tempfile.TemporaryDirectory() as folder:
        return Campaign(Path(folder), seed, pieces=pieces).run(kills)
