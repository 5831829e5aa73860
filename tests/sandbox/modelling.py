"""A second account of what a sandbox owes one project, kept from its answers alone."""

from __future__ import annotations

import json
import uuid
from collections.abc import Iterator
from dataclasses import dataclass, field
from decimal import Decimal
from typing import Any

import httpx
from auditing import REFUNDED, problems_with
from loading import RANKS, listed, settled
from speaking import OVER, decoded

PRICES = {"suno-5.5": Decimal(80), "minimax-music-2.6": Decimal(50)}
CLIPS = {"suno-5.5": 2, "minimax-music-2.6": 1}
MEMORY_H = 24


@dataclass(eq=False)
class Order:
    """One order: what is sent, and what was answered first."""

    path: str
    body: dict[str, Any]
    key: str | None
    answer: bytes = b""
    accepted_h: float = 0.0
    hangs: bool = False

    @property
    def job(self) -> str:
        """Return the name by which it is found again."""
        return str(self.body["metadata"]["job"])

    @property
    def task(self) -> dict[str, Any]:
        """Return the task as it was accepted."""
        task: dict[str, Any] = json.loads(self.answer)
        return task

    @property
    def task_id(self) -> str:
        """Return the task it became."""
        return str(self.task["task_id"])

    @property
    def price(self) -> Decimal:
        """Return what the catalogue's price list says it costs."""
        return PRICES[self.task["resolved_model"]]

    def send(self, http: httpx.Client, **request: Any) -> httpx.Response:
        """Send it; a repeat has the same bytes and the same key."""
        headers = {} if self.key is None else {"Idempotency-Key": self.key}
        return http.post(self.path, json=self.body, headers=headers, **request)

    def again(self) -> Order:
        """Return the same words under the same key, for when the key has been forgotten."""
        return Order(self.path, self.body | {"metadata": {"job": uuid.uuid4().hex}}, self.key)


@dataclass
class Account:
    """One project as its only user sees it.

    Parameters
    ----------
    http
        A client with the project's key.
    deposited
        Credits put in so far.
    now_h
        Hours that the clock has been advanced.
    """

    http: httpx.Client
    deposited: Decimal
    now_h: float = 0.0
    orders: list[Order] = field(default_factory=list)
    artifacts: list[str] = field(default_factory=list)
    _seen: dict[str, dict[str, Any]] = field(default_factory=dict)
    _heard: set[str] = field(default_factory=set)

    def remembers(self, order: Order) -> bool:
        """Tell whether an order's key still stands for its answer."""
        accepted = order.key is not None and order.answer != b""
        return accepted and self.now_h - order.accepted_h < MEMORY_H

    def accept(self, order: Order, answer: bytes) -> Order:
        """Enter a new order that was answered with 202."""
        order.answer, order.accepted_h = answer, self.now_h
        task = order.task
        assert task["status"] == "queued"
        assert task["input"] == order.body
        assert Decimal(task["billing"]["charged_credits"]) == order.price
        assert all(order.task_id != other.task_id for other in self.orders)
        self.orders.append(order)
        self._see(task)
        return order

    def repeat(self, order: Order) -> None:
        """Send an order again while its key is remembered: the first answer comes, to the byte."""
        answer = order.send(self.http)
        assert (answer.status_code, answer.content) == (202, order.answer), answer.text
        assert answer.headers["idempotency-replayed"] == "true"

    def resolve(self, order: Order) -> Order:
        """Find out what became of an order whose answer was lost; perhaps it never arrived."""
        found = self.find(order.job)
        if order.key is not None:
            answer = order.send(self.http)
            assert answer.status_code in (202, 402), answer.text
            if answer.status_code == 402:
                assert found is None
                return order
            task_id = answer.json()["task_id"]
            assert found is None or found["task_id"] == task_id
            return self.accept(order, answer.content)
        if found is None:
            return order
        queued = {"status": "queued"}  # what the lost answer said, as far as it is checked
        return self.accept(order, json.dumps(found | queued).encode())

    def find(self, job: str) -> dict[str, Any] | None:
        """Look for an order among all tasks by the name it was given."""
        tasks = [task for task in listed(self.http) if task["metadata"]["job"] == job]
        assert len(tasks) <= 1
        return tasks[0] if tasks else None

    def poll(self, order: Order) -> dict[str, Any]:
        """Read a task."""
        answer = self.http.get(f"/v1/tasks/{order.task_id}")
        assert answer.status_code == 200, answer.text
        task: dict[str, Any] = answer.json()
        self._see(task)
        return task

    def cancel(self, order: Order, **headers: str) -> httpx.Response:
        """Cancel a task; it is never an error."""
        answer = self.http.post(f"/v1/tasks/{order.task_id}/cancel", headers=headers)
        assert answer.status_code == 200, answer.text
        if "idempotency-replayed" not in answer.headers:
            self._see(answer.json())
        return answer

    def pages(self, query: dict[str, Any]) -> Iterator[dict[str, Any]]:
        """Read a list to its end, page by page."""
        while True:
            answer = self.http.get("/v1/tasks", params=query)
            assert answer.status_code == 200, answer.text
            page = answer.json()
            assert len(page["data"]) <= query["limit"]
            assert page["has_more"] == (page["next_cursor"] is not None)
            yield from page["data"]
            if not page["has_more"]:
                return
            query["cursor"] = page["next_cursor"]

    def balance(self) -> Decimal:
        """Return what the server says the wallet holds."""
        return Decimal(self.http.get("/sandbox/wallet").json()["balance_credits"])

    def check(self) -> None:
        """Compare everything the server says with everything that was seen."""
        before = {task["task_id"]: task for task in listed(self.http)}
        transfers, balance = self._books()
        tasks = list(listed(self.http))
        assert not (problems := problems_with(tasks, transfers)), problems
        assert [task["task_id"] for task in tasks] == [order.task_id for order in self.orders]

        paid = {move["task_id"] for move in transfers if move["kind"] == "debit"}
        refunded = {move["task_id"] for move in transfers if move["kind"] == "refund"}
        assert paid == {order.task_id for order in self.orders}
        # tasks go on ending while we read: the ledger lies between the two lists
        assert over(before.values()) <= refunded <= over(tasks)
        spent = sum(order.price for order in self.orders if order.task_id not in refunded)
        assert balance == self.deposited - spent
        assert balance >= 0
        for task in tasks:
            self._see(task)

    def listen_again(self) -> None:
        """Download and decode once more whatever was delivered."""
        self._heard.clear()
        self.check()

    def _books(self) -> tuple[list[dict[str, Any]], Decimal]:
        """Read the ledger and the balance of one moment."""
        while True:
            before, balance, after = self._ledger(), self.balance(), self._ledger()
            if before == after:
                held = sum(wallet_entry(move) for move in before)
                assert balance == held
                return before, balance

    def _ledger(self) -> list[dict[str, Any]]:
        data: list[dict[str, Any]] = self.http.get("/sandbox/ledger").json()["data"]
        return data

    def _see(self, task: dict[str, Any]) -> None:
        before = self._seen.get(task["task_id"], task)
        assert RANKS[task["status"]] >= RANKS[before["status"]], (before, task)
        if before["status"] in OVER:
            was, now = settled(before), settled(task)
            changed = {name for name in was.keys() & now.keys() if was[name] != now[name]}
            assert not changed, (changed, was, now)
        # a list shows less than a task: what it leaves out is known only of the same status
        known = before if before["status"] == task["status"] else {}
        self._seen[task["task_id"]] = {**known, **task}
        if task["status"] == "succeeded" and task["task_id"] not in self._heard:
            self._heard.add(task["task_id"])
            self._listen(task)

    def _listen(self, task: dict[str, Any]) -> None:
        clips = task["output"]["clips"]
        assert len(clips) == CLIPS[task["resolved_model"]]
        for audio in (clip["audio"] for clip in clips):
            content = httpx.get(audio["url"], trust_env=False).content
            samples, rate = decoded(content)
            assert len(content) == audio["size_bytes"]
            assert abs(len(samples) / rate - audio["duration_seconds"]) < 0.1


def over(tasks: Any) -> set[str]:
    """Return which tasks have ended with their money back."""
    return {task["task_id"] for task in tasks if task["status"] in REFUNDED}


def wallet_entry(move: dict[str, Any]) -> Decimal:
    """Return what a transfer put into the wallet."""
    (amount,) = (
        Decimal(entry["credits"])
        for entry in move["entries"]
        if entry["account"].startswith("wallet:")
    )
    return amount
