"""One sweep after another against the real sandbox: its own ledger never shows more than the cap.

``python tests/money/capping.py 300`` runs three hundred of them at random and prints what was seen.
Each has two plans under one name and one cap, which several threads run at once, while answers are
lost, late, refused or unreadable and tasks fail; what has failed is ordered again.
"""

from __future__ import annotations

import asyncio
import collections
import contextlib
import io
import random
import sys
import tempfile
import threading
import time
from collections.abc import Callable, Iterator
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass
from decimal import Decimal
from pathlib import Path
from typing import Any

if __name__ == "__main__":
    sys.path.append(str(Path(__file__).resolve().parents[1] / "sandbox"))

from household import Household, one_sandbox

from musicnb import TextToMusic
from musicnb.errors import MusicnbError
from musicnb.studio import Run

NAME = "capped"
AT_ONCE = (1, 4, 16)
#: What can happen to a request or a task; each with a chance of its own in a scenario.
MISHAPS: tuple[dict[str, Any], ...] = (
    {"fault": "answer_lost", "on": "create", "when": "after"},
    {"fault": "answer_lost", "on": "any", "when": "before"},
    {"fault": "server_error", "on": "create", "when": "after", "status": 504},
    {"fault": "server_error", "on": "any", "when": "before", "status": 500},
    {"fault": "html_page", "on": "create", "when": "after", "status": 200},
    {"fault": "cut_body", "on": "create", "length": False},
    {"fault": "slow_body", "on": "any", "seconds": 0.2},
    {"fault": "rate_limited", "on": "any", "retry_after": 0},
    {"fault": "in_progress", "on": "create", "retry_after": 0},
    {"fault": "key_revoked", "on": "create"},
    {"fault": "billing_missing", "on": "create"},
    {"fault": "task_failed", "on": "create"},
    {"fault": "task_slow", "on": "create", "seconds": 0.3},
)
_BRIEF = TextToMusic("5 seconds solo bass, {piece}", instrumental=True)
_MODELS = ("suno-5.5", "minimax-music-2.6")
_PRICES = 130  # of one piece by both models
_WAIT_S = 8.0
_LOOK_S = 0.02


@dataclass(frozen=True)
class Scenario:
    """One sweep and what happens to it.

    Parameters
    ----------
    at_once
        How many orders may leave at the same moment.
    cap
        In credits.
    pieces, shared
        Pieces of each plan, each by two models, and how many both plans have in common.
    mishaps
        Places in `MISHAPS`, and the chance of each.
    seed
        Of the chances.
    """

    at_once: int
    cap: int
    pieces: int
    shared: int
    mishaps: tuple[tuple[int, float], ...]
    seed: int


@dataclass
class Seen:
    """What the service's ledger showed."""

    debits: Decimal = Decimal()
    looks: int = 0
    problem: str = ""


def live(household: Household, scenario: Scenario) -> Seen:
    """Run a scenario to its end; say what the ledger showed on the way."""
    studio, seen = household.studio, Seen()
    studio._road._sender._slots = asyncio.Semaphore(scenario.at_once)
    first = [f"piece {number}" for number in range(scenario.pieces)]
    second = [f"piece {number + scenario.pieces - scenario.shared}" for number in range(len(first))]
    plans = [
        studio.sweep(NAME, _BRIEF, {"piece": pieces, "model": list(_MODELS)})
        for pieces in (first, second, first)
    ]
    with _armed(household, scenario), _watched(household, scenario.cap, seen):
        with ThreadPoolExecutor(len(plans)) as pool:
            runs = list(pool.map(lambda plan: plan.run(max_credits=scenario.cap), plans))
        for run in runs:
            run.wait(_WAIT_S)
        _order_again(runs)
        for run in runs:
            run.wait(_WAIT_S)
    with _watched(household, scenario.cap, seen):
        household.resume()
        for plan in plans:
            plan.run(max_credits=scenario.cap).wait(_WAIT_S)
        household.resume()
    committed = sum((job.committed_credits for job in studio.library.journal.jobs()), Decimal())
    if committed > scenario.cap:
        seen.problem = seen.problem or f"{committed} of {scenario.cap} in the journal"
    household.check_at_the_end()
    return seen


def _order_again(runs: list[Run]) -> None:
    """Order what has failed once more, from all runs at the same time."""

    def again(run: Run) -> None:
        # two runs hold the same order: the second to want it again is told that it is under way
        with contextlib.suppress(MusicnbError):
            run.retry_failed()

    with ThreadPoolExecutor(len(runs)) as pool:
        list(pool.map(again, runs))


@contextlib.contextmanager
def _armed(household: Household, scenario: Scenario) -> Iterator[None]:
    # no sound is made: what happens to money is the same, and it is over at once
    armed = [{"fault": "clips_odd", "on": "create", "count": 0}]
    armed += [
        {**MISHAPS[place], "probability": chance, "seed": scenario.seed + number}
        for number, (place, chance) in enumerate(scenario.mishaps)
    ]
    for fault in armed:
        answer = household.http.post("/sandbox/faults", json=fault)
        assert answer.status_code == 201, answer.text
    try:
        yield
    finally:
        household.http.delete("/sandbox/faults").raise_for_status()


@contextlib.contextmanager
def _watched(household: Household, cap: int, seen: Seen) -> Iterator[None]:
    """Read the service's ledger again and again; what was debited may never exceed the cap.

    Every order that the service took is debited there, whether its answer came, was lost, or is on
    its way; a refund does not count, as it makes no room.
    """
    over = threading.Event()

    def look() -> None:
        moves = household.http.get("/sandbox/ledger").raise_for_status().json()["data"]
        debits = [
            Decimal(entry["credits"])
            for move in moves
            if move["kind"] == "debit"
            for entry in move["entries"]
            if entry["account"] == "revenue"
        ]
        seen.debits, seen.looks = sum(debits, Decimal()), seen.looks + 1
        if seen.debits > cap:
            seen.problem = seen.problem or f"{seen.debits} debited, the cap is {cap}"

    def keep_looking() -> None:
        while not over.wait(_LOOK_S):
            look()

    watcher = threading.Thread(target=keep_looking)
    watcher.start()
    try:
        yield
    finally:
        over.set()
        watcher.join()
        look()


def scenario_of(chance: random.Random) -> Scenario:
    """Choose one at random."""
    places = chance.sample(range(len(MISHAPS)), chance.randrange(6))
    pieces = chance.randint(1, 5)
    shared = chance.randint(0, pieces)
    wanted = _PRICES * (2 * pieces - shared)
    return Scenario(
        at_once=chance.choice(AT_ONCE),
        cap=chance.randrange(0, wanted, 10),  # less than everything, so that it counts
        pieces=pieces,
        shared=shared,
        mishaps=tuple((place, chance.choice((0.1, 0.3, 0.6))) for place in places),
        seed=chance.randrange(100_000),
    )


def many(number: int, seed: int, *, told: Callable[[], object]) -> tuple[list[str], str]:
    """Live so many scenarios; return the problems, and what was seen in one line."""
    chance, problems = random.Random(seed), []  # noqa: S311 - choices, not secrets
    counts: collections.Counter[str] = collections.Counter()
    with (
        tempfile.TemporaryDirectory() as folder,
        one_sandbox(Path(folder), number) as move_in,
    ):
        for _ in range(number):
            scenario = scenario_of(chance)
            with (
                contextlib.closing(move_in()) as household,
                contextlib.redirect_stdout(io.StringIO()),  # a studio says what it has ordered
            ):
                try:
                    seen = live(household, scenario)
                except AssertionError as error:
                    problems.append(f"{scenario}: {error}")
                    continue
            counts["looks"] += seen.looks
            counts["debited"] += int(seen.debits)
            # nothing that is left would fit
            counts["filled"] += scenario.cap - seen.debits < min(50, scenario.cap + 1)
            if seen.problem:
                problems.append(f"{scenario}: {seen.problem}")
            told()
    line = (
        f"{number} sweeps, seed {seed}: {counts['debited']:,} credits debited, the ledger read"
        f" {counts['looks']:,} times, {counts['filled']} caps filled"
    )
    return problems, line


if __name__ == "__main__":
    from tqdm import tqdm

    goal = int(sys.argv[1]) if len(sys.argv) > 1 else 300
    start = int(sys.argv[2]) if len(sys.argv) > 2 else time.time_ns() % 2**31
    with tqdm(total=goal, unit="sweeps") as bar:
        found, said = many(goal, start, told=bar.update)
    sys.stdout.write("\n".join([said, f"problems: {len(found)}", *found]) + "\n")
    sys.exit(1 if found else 0)
