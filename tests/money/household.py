"""A studio, the sandbox it orders from, and what both say about the money.

Many households order from one sandbox, each as a project of its own with its own wallet.
"""

from __future__ import annotations

import itertools
import time
import uuid
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import replace
from decimal import Decimal
from pathlib import Path
from typing import Any

from bookkeeping import Entry, Order, journal_of, orders_of, problems_at_the_end, problems_now
from ordering import piece
from sweeping import CREDITS, one_service
from victim import Victim

from musicnb import Studio
from musicnb.studio._road import Road
from musicnb.studio._task import Task

_SOON_S = 60.0
_REQUESTS_PER_S = 1_000.0


class Household:
    """A studio on a sandbox that runs apart from it.

    Parameters
    ----------
    folder
        Of the library.
    victim
        The sandbox.
    key
        Of a project of its own.
    """

    def __init__(self, folder: Path, victim: Victim, key: str) -> None:
        self.library, self._key, self._data = folder, key, victim.data
        self._url = f"http://127.0.0.1:{victim.port}/v1"
        self.http = victim.connect(key)
        self.studio = self._open()
        self._pieces = itertools.count(1)

    def _open(self) -> Studio:
        studio = Studio(self.library, base_url=self._url, api_key=self._key, quiet=True)
        _hurry(studio._road)
        self._set_clocks(studio._road)
        return studio

    def _set_clocks(self, road: Road) -> None:
        """Let the studio live in the service's time, which may be hours ahead of the machine's."""
        ahead_s = self.http.get("/sandbox/clock").raise_for_status().json()["ahead_s"]

        def clock() -> float:
            return time.time() + ahead_s

        road._sender._clock = road.library.journal._clock = road._poller._wall = clock

    def reopen(self) -> None:
        """Close the studio and open it again, as the next session does."""
        self.studio.close()
        self.studio = self._open()

    def close(self) -> None:
        """Let go of both."""
        self.studio.close()
        self.http.close()

    def order(self) -> Task:
        """Order a short piece nobody has ordered before."""
        return self.studio.generate(piece(next(self._pieces)))

    def top_up(self, amount: int) -> None:
        """Put credits into the wallet."""
        self.http.post("/sandbox/wallet", json={"credits": str(amount)}).raise_for_status()

    def journal(self) -> dict[str, Entry]:
        """Return every order as the journal has it."""
        return journal_of(self.library, in_use=True)

    def orders(self) -> list[Order]:
        """Return every order as the service has it."""
        return orders_of(self.http)

    def advance(self, seconds: float) -> None:
        """Let time pass, at the service and for the studio."""
        self.http.post("/sandbox/clock", json={"advance_s": seconds}).raise_for_status()
        self._set_clocks(self.studio._road)

    @contextmanager
    def armed(self, fault: str, **more: Any) -> Iterator[Callable[[], int]]:
        """Arm a fault for a while; gives what tells how often it has fired."""
        answer = self.http.post("/sandbox/faults", json={"fault": fault, **more})
        assert answer.status_code == 201, answer.text
        fault_id = answer.json()["id"]

        def fired() -> int:
            armed = self.http.get("/sandbox/faults").json()["data"]
            return next(int(item["fired"]) for item in armed if item["id"] == fault_id)

        try:
            yield fired
        finally:
            self.http.delete(f"/sandbox/faults/{fault_id}")

    def entry(self, task: Task) -> Entry:
        """Return an order as the journal has it."""
        return self.journal()[task.job.job_id]

    def made_of(self, task: Task) -> list[Order]:
        """Return what the service has made of an order."""
        return [order for order in self.orders() if order.job_id == task.job.job_id]

    def resume(self) -> None:
        """Take up what has not ended, and wait for it and for all that is being watched."""
        self.studio.resume(timeout_s=_SOON_S)
        eventually(lambda: not self.studio.running)

    def check_now(self) -> None:
        """Check that no money has left without the journal knowing of it, or twice."""
        problems = problems_now(self.journal(), self.orders())
        assert not problems, "\n".join(problems)

    def check_at_the_end(self) -> None:
        """Check that books agree to the credit and every paid clip is on disk, once."""
        journal, orders = self.journal(), self.orders()
        artifacts = self._data / "artifacts"
        problems = problems_at_the_end(self.library, journal, orders, artifacts)
        assert not problems, "\n".join(problems)

    def spent(self, task: Task) -> Decimal:
        """Return what the service has taken for an order and not given back."""
        return sum((order.net for order in self.made_of(task)), Decimal())


def _hurry(road: Road) -> None:
    """Shorten every pause between two requests; what is sent, and how often, stays the same."""
    for owner in (road.client, road._fetcher):
        owner._retry = replace(owner._retry, base_s=0.01)
    road._poller._budget.rate_per_s = road._poller._budget._rate = _REQUESTS_PER_S


@contextmanager
def one_sandbox(
    folder: Path, households: int, *, credits_each: int = CREDITS
) -> Iterator[Callable[[], Household]]:
    """Run a sandbox; gives what opens a new household on it."""
    keys = [f"sk-{uuid.uuid4().hex}" for _ in range(households)]
    left = iter(enumerate(keys))

    def move_in() -> Household:
        number, key = next(left)
        return Household(folder / f"library{number}", victim, key)

    with one_service(folder, keys, credits_each=credits_each) as victim:
        yield move_in


def eventually(true: Callable[[], object]) -> None:
    """Wait until something is so."""
    deadline = time.monotonic() + _SOON_S
    while not true():
        assert time.monotonic() < deadline, "it does not come to be"
        time.sleep(0.02)
