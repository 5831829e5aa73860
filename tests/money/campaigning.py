"""A campaign against the client: it dies at one exact moment after another, on the same library."""

from __future__ import annotations

import collections
import contextlib
import random
import tempfile
import time
import uuid
from collections.abc import Callable
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

import httpx
from sweeping import LOST_MOMENTS, MOMENTS, Nursery, Sweep, one_service
from victim import Victim

PIECES = 60
_SWEEPS = 200
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


class Campaign:
    """Kills a client until it has died at enough points and all its sweeps are complete.

    A point is a kind of moment and the order of the sweep, or the count, that it was about.

    Parameters
    ----------
    folder
        An empty folder.
    seed
        Of the moments; the machine's scheduling does the rest.
    pieces
        Tasks of a sweep.
    told
        Called with the number of distinct points so far, after each kill.
    """

    def __init__(
        self, folder: Path, seed: int, *, pieces: int, told: Callable[[int], object]
    ) -> None:
        self._folder, self._pieces, self._told = folder, pieces, told
        self._chance = random.Random(seed)  # noqa: S311 - choices, not secrets
        self._kinds = [*MOMENTS, *LOST_MOMENTS]
        self._chance.shuffle(self._kinds)
        self._turn = 0
        self._summary = Summary()

    def run(self, points: int) -> Summary:
        """Kill the client at so many distinct points, then let its last sweep come to its end."""
        begin = time.monotonic()
        summary = self._summary
        keys = [f"sk-{uuid.uuid4().hex}" for _ in range(_SWEEPS)]
        nursery = Nursery(self._folder / "clients.log")
        with one_service(self._folder, keys) as victim, contextlib.closing(nursery):
            with victim.connect(keys.pop()) as http:
                _arm(http)
            while len(summary.points) < points:
                self._complete_a_sweep(points, nursery, victim, keys.pop())
        summary.problems += nursery.log.read_text().splitlines()
        summary.seconds = time.monotonic() - begin
        return summary

    def _complete_a_sweep(self, points: int, nursery: Nursery, victim: Victim, key: str) -> None:
        summary = self._summary
        number = summary.seen["sweeps completed"] + 1
        folder = self._folder / f"sweep{number}"
        sweep = Sweep(folder, nursery, victim, key, pieces=self._pieces)
        with contextlib.closing(sweep):
            while len(summary.points) < points and (name := self._death_on(sweep)):
                summary.points.add(name)
                self._told(len(summary.points))
                summary.deaths[name.partition(" #")[0]] += 1
                summary.problems += [f"killed {name}: {what}" for what in sweep.problems_now()]
            if not sweep.report:
                sweep.live()
            found = sweep.problems_at_the_end()
            summary.problems += [f"end of sweep {number}: {problem}" for problem in found]
            journal = sweep.journal().values()
        self._kinds += [kind for kind in sweep.report["seen"] if kind not in self._kinds]
        summary.seen.update(f"orders {entry.state}" for entry in journal)
        summary.seen["clips on disk"] += sum(len(entry.clips) for entry in journal)
        summary.seen["sweeps completed"] += 1

    def _death_on(self, sweep: Sweep) -> str | None:
        self._turn += 1
        kind = self._kinds[self._turn % len(self._kinds)]
        # now and then far enough to come past whatever a new session does first
        latest = self._chance.randint(20, self._chance.choice((60, 120, 480)))
        nth = self._chance.randint(1, self._chance.choice((1, 3, 13)))
        return sweep.live(kind, nth, latest, self._summary.points)


def _arm(http: httpx.Client) -> None:
    for number, fault in enumerate(FAULTS):
        answer = http.post("/sandbox/faults", json={**fault, "seed": number})
        assert answer.status_code == 201, answer.text


def campaign(
    points: int,
    seed: int,
    *,
    pieces: int = PIECES,
    told: Callable[[int], object] = lambda _: None,
) -> Summary:
    """Run a campaign in a folder of its own, which is gone afterwards."""
    with tempfile.TemporaryDirectory() as folder:
        return Campaign(Path(folder), seed, pieces=pieces, told=told).run(points)
