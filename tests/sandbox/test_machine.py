# ruff: noqa: D401 - the docstring of a rule is its claim
"""Anything in any order, with crashes in between: the sandbox keeps its books.

``python -m pytest --hypothesis-profile=long tests/sandbox/test_machine.py`` looks much longer.
"""

from __future__ import annotations

import contextlib
import threading
import time
import uuid
from collections.abc import Iterator
from concurrent.futures import ThreadPoolExecutor
from decimal import Decimal
from pathlib import Path
from typing import Any, ClassVar

import httpx
import pytest
from auditing import leftovers_in, problems_in
from choosing import (
    INITIAL,
    House,
    amounts,
    delays_s,
    fates,
    hours,
    mishaps,
    models,
    prompts,
    reference_order,
    stages,
    text_order,
)
from hypothesis import HealthCheck, Phase, settings
from hypothesis import strategies as st
from hypothesis.stateful import (
    Bundle,
    RuleBasedStateMachine,
    consumes,
    initialize,
    invariant,
    rule,
    run_state_machine_as_test,
)
from modelling import Account, Order
from speaking import OVER, tone

TWINS = 4


class SandboxMachine(RuleBasedStateMachine):
    """One project of a sandbox, and the model that says what it must answer."""

    house: ClassVar[House]

    orders = Bundle("orders")
    refused = Bundle("refused")
    artifacts = Bundle("artifacts")

    @initialize()
    def open_account(self) -> None:
        """Take a new project."""
        self.http = self.house.victim.connect(next(self.house.keys))
        self.account = Account(self.http, INITIAL)

    # ------------------------------------------------------------------------------ creating

    @rule(target=orders, model=models, prompt=prompts, keyed=st.booleans())
    def create(self, model: str, prompt: str, *, keyed: bool) -> Any:
        """A new order is accepted and paid, or there is too little in the wallet."""
        return self._create(text_order(model, prompt, keyed=keyed))

    @rule(target=orders, artifact=artifacts, model=models, prompt=prompts, keyed=st.booleans())
    def create_with_reference(self, artifact: str, model: str, prompt: str, *, keyed: bool) -> Any:
        """So is one with reference audio."""
        return self._create(reference_order(artifact, model, prompt, keyed=keyed))

    @rule(target=refused, model=models, prompt=prompts)
    def create_until_refused(self, model: str, prompt: str) -> Any:
        """An empty wallet refuses with 402, and takes nothing."""
        for _ in range(1 + int((self.account.deposited) // 50)):
            order = text_order(model, prompt, keyed=True)
            answer = order.send(self.http)
            if answer.status_code == 402:
                assert answer.json()["error"]["code"] == "insufficient_balance"
                return order
            assert answer.status_code == 202, answer.text
            self.account.accept(order, answer.content)
        return order

    @rule(order=consumes(refused))
    def top_up_and_repeat(self, order: Order) -> None:
        """A 402 is not remembered: after a top-up the same request with its key goes through."""
        if not order.answer:
            self.top_up("80")
            answer = order.send(self.http)
            assert answer.status_code == 202, answer.text
            assert "idempotency-replayed" not in answer.headers
            self.account.accept(order, answer.content)

    @rule(target=orders, model=models, prompt=prompts)
    def twins(self, model: str, prompt: str) -> Any:
        """The same request several times at once is one order."""
        order = text_order(model, prompt, keyed=True)
        with ThreadPoolExecutor(TWINS) as pool:
            answers = list(pool.map(lambda _: order.send(self.http), range(TWINS)))
        accepted = {answer.content for answer in answers if answer.status_code == 202}
        assert {answer.status_code for answer in answers} <= {202, 402}
        assert len(accepted) <= 1
        return self.account.accept(order, accepted.pop()) if accepted else order

    @rule(order=orders)
    def replay(self, order: Order) -> None:
        """A repeat gets the first answer to the byte; after a day the key is free again."""
        if self.account.remembers(order):
            self.account.repeat(order)
        elif order.key is not None:
            again = order.again()
            order.key = None  # it is the other order's now, for a day
            self._create(again)

    @rule(order=orders, prompt=st.sampled_from(("10 seconds waltz", "20 seconds techno")))
    def other_body_under_the_same_key(self, order: Order, prompt: str) -> None:
        """Another body under a remembered key is 409 and does nothing."""
        if self.account.remembers(order):
            other = Order(order.path, order.body | {"prompt": prompt}, order.key)
            answer = other.send(self.http)
            assert answer.status_code == 409, answer.text
            assert answer.json()["error"]["code"] == "idempotency_conflict"

    @rule(target=orders, model=models, mishap=mishaps, keyed=st.booleans())
    def create_with_a_mishap(self, model: str, mishap: dict[str, Any], *, keyed: bool) -> Any:
        """An order whose answer went wrong exists once, or never did."""
        order = text_order(model, "10 seconds techno", keyed=keyed)
        with self._armed({**mishap, "on": "create"}), contextlib.suppress(httpx.TransportError):
            assert order.send(self.http).status_code not in (200, 202)
        return self.account.resolve(order)

    @rule(target=orders, model=models, fate=fates)
    def create_with_a_fate(self, model: str, fate: dict[str, Any]) -> Any:
        """A task that is made to fail, or to hang, is paid and refunded like any other."""
        with self._armed({**fate, "on": "create"}):
            order = self._create(text_order(model, "10 seconds techno", keyed=True))
        order.hangs = fate["fault"] == "task_stuck"
        return order

    @rule(order=orders)
    def cancel_too_late(self, order: Order) -> None:
        """A cancel that comes too late changes nothing about the money."""
        if order.answer:
            with self._armed({"fault": "cancel_late", "on": "cancel"}):
                self.account.cancel(order)

    @contextlib.contextmanager
    def _armed(self, fault: dict[str, Any]) -> Iterator[None]:
        answer = self.http.post("/sandbox/faults", json={**fault, "times": 1})
        assert answer.status_code == 201, answer.text
        yield
        assert self.http.delete("/sandbox/faults").status_code == 200

    def _create(self, order: Order) -> Any:
        before = self.account.balance()
        answer = order.send(self.http)
        if answer.status_code == 402:
            assert before < 80
            return order
        assert answer.status_code == 202, answer.text
        assert "idempotency-replayed" not in answer.headers
        return self.account.accept(order, answer.content)

    # ------------------------------------------------------------------- looking and canceling

    @rule(order=orders)
    def poll(self, order: Order) -> None:
        """A task is always there."""
        if order.answer:
            self.account.poll(order)

    @rule(order=orders)
    def wait(self, order: Order) -> None:
        """Every task comes to its end."""
        if order.answer and not order.hangs:
            self._until(order, "over")

    @rule(order=orders, stage=stages)
    def cancel(self, order: Order, stage: str) -> None:
        """A task can be canceled at any stage; the answer and every later one agree."""
        if order.answer:
            if stage != "at once" and not order.hangs:
                self._until(order, stage)
            self.account.cancel(order)

    @rule(order=orders)
    def cancel_twice_under_a_key(self, order: Order) -> None:
        """A repeated cancel gets the first answer."""
        if order.answer:
            key = {"Idempotency-Key": uuid.uuid4().hex}
            first, second = (self.account.cancel(order, **key) for _ in range(2))
            assert first.content == second.content
            assert second.headers["idempotency-replayed"] == "true"

    @rule(
        descending=st.booleans(),
        limit=st.integers(1, 5),
        status=st.sampled_from((None, "queued", "running", *OVER)),
        capability=st.sampled_from((None, "text_to_music", "reference_audio_to_music")),
        after=st.none() | orders,
    )
    def list_by_pages(
        self,
        *,
        descending: bool,
        limit: int,
        status: str | None,
        capability: str | None,
        after: Order | None,
    ) -> None:
        """Pages show each matching task once, in order."""
        query: dict[str, Any] = {"order": "desc" if descending else "asc", "limit": limit}
        expected = [order.task for order in self.account.orders]
        if capability is not None:
            query["capability"] = capability
            expected = [task for task in expected if task["capability"] == capability]
        if after is not None and after.answer:
            query["created_after"] = after.task["created_at"]
            expected = [task for task in expected if task["created_at"] > query["created_after"]]
        if status is not None:
            query["status"] = status
        shown = list(self.account.pages(query))
        names = [task["task_id"] for task in expected]
        if descending:
            names.reverse()
        if status is None:
            assert [task["task_id"] for task in shown] == names
        else:
            assert {task["status"] for task in shown} <= {status}
            found = [task["task_id"] for task in shown]
            assert found == [name for name in names if name in found]

    def _until(self, order: Order, stage: str) -> None:
        deadline = time.monotonic() + 60
        while time.monotonic() < deadline:
            task = self.account.poll(order)
            if task["status"] in OVER or stage in (task["status"], task["progress"]["stage"]):
                return
            time.sleep(0.005)
        raise AssertionError(f"{order.task_id} does not come to its end")

    # ----------------------------------------------------------------------- money and files

    @rule(target=artifacts, seconds=st.sampled_from((6, 7.5)), keyed=st.booleans())
    def upload(self, seconds: float, *, keyed: bool) -> str:
        """A file is kept as it came; the same file under the same key is kept once."""
        headers = {"Idempotency-Key": uuid.uuid4().hex} if keyed else {}
        answers = [self._upload(seconds, headers) for _ in range(1 + keyed)]
        assert {answer.status_code for answer in answers} == {201}
        assert len({answer.content for answer in answers}) == 1
        artifact_id: str = answers[0].json()["artifact_id"]
        return artifact_id

    def _upload(self, seconds: float, headers: dict[str, str]) -> httpx.Response:
        files = {"file": ("a.wav", tone(seconds))}
        return self.http.post("/v1/uploads", files=files, headers=headers)

    @rule(order=orders, hours=hours)
    def let_time_pass(self, order: Order, hours: int) -> None:
        """The clock moves on; keys are forgotten after a day, and what hangs is given up."""
        answer = self.http.post("/sandbox/clock", json={"advance_s": hours * 3600})
        assert answer.status_code == 200, answer.text
        self.account.now_h += hours
        self.replay(order)

    @rule(amount=amounts)
    def top_up(self, amount: str) -> None:
        """A top-up arrives exactly."""
        answer = self.http.post("/sandbox/wallet", json={"credits": amount})
        assert answer.status_code == 200, answer.text
        self.account.deposited += Decimal(amount)

    # ------------------------------------------------------------------------------- crashes

    @rule(target=orders, model=models, delay_s=delays_s, keyed=st.booleans())
    def kill_during_a_create(self, model: str, delay_s: float, *, keyed: bool) -> Any:
        """An order that the crash cut off exists once, or never did."""
        order = text_order(model, "10 seconds techno", keyed=keyed)
        answer = self._cut(lambda: order.send(self.http), delay_s)
        if answer is None:
            return self.account.resolve(order)
        if answer.status_code == 402:
            return order
        assert answer.status_code == 202, answer.text
        return self.account.accept(order, answer.content)

    @rule(order=orders, delay_s=delays_s)
    def kill_during_a_cancel(self, order: Order, delay_s: float) -> None:
        """A cancel that was answered holds; one that was not can be repeated."""
        if order.answer:
            self._cut(lambda: self.account.cancel(order), delay_s)
            self.account.cancel(order)

    @rule(amount=amounts, delay_s=delays_s)
    def kill_during_a_top_up(self, amount: str, delay_s: float) -> None:
        """A top-up that was answered is there; one that was not is there once or not at all."""
        before = self._deposits()
        path = "/sandbox/wallet"
        answer = self._cut(lambda: self.http.post(path, json={"credits": amount}), delay_s)
        arrived = self._deposits()[len(before) :]
        assert arrived == [Decimal(amount)] or (arrived == [] and answer is None)
        self.account.deposited += sum(arrived)

    @rule(target=artifacts, delay_s=delays_s)
    def kill_during_an_upload(self, delay_s: float) -> str:
        """An upload that the crash cut off can be repeated under its key."""
        headers = {"Idempotency-Key": uuid.uuid4().hex}
        first = self._cut(lambda: self._upload(6, headers), delay_s)
        second = self._upload(6, headers)
        assert second.status_code == 201, second.text
        assert first is None or first.content == second.content
        artifact_id: str = second.json()["artifact_id"]
        return artifact_id

    @rule()
    def kill_a_worker(self) -> None:
        """A dead worker costs at most the tasks it worked on, and those are refunded."""
        self.house.victim.kill_a_worker()

    def _deposits(self) -> list[Decimal]:
        moves = self.http.get("/sandbox/ledger").json()["data"]
        return [
            max(Decimal(entry["credits"]) for entry in move["entries"])
            for move in moves
            if move["kind"] == "top_up"
        ]

    def _cut(self, send: Any, delay_s: float) -> httpx.Response | None:
        """Send something, kill the server a moment later, and start it again."""
        with ThreadPoolExecutor(1) as pool:
            sending = threading.Event()

            def sender() -> httpx.Response | None:
                sending.set()
                try:
                    answer: httpx.Response = send()
                except httpx.TransportError:
                    return None
                return answer

            work = pool.submit(sender)
            sending.wait()
            time.sleep(delay_s)
            self.house.victim.kill()
            answer = work.result()
        assert not (problems := problems_in(self.house.victim.data)), problems
        self.house.victim.start()
        return answer

    # ---------------------------------------------------------------------------- all the time

    @invariant()
    def books_are_right(self) -> None:
        """The ledger, the tasks and the model agree."""
        if hasattr(self, "account"):
            self.account.check()

    def teardown(self) -> None:
        """Leave nothing to do; what was delivered still plays."""
        if hasattr(self, "account"):
            with contextlib.closing(self.http):
                for order in self.account.orders:
                    self.account.cancel(order)
                self.account.listen_again()


@pytest.mark.timeout(0)
def test_sandbox_keeps_its_books_whatever_happens(tmp_path: Path) -> None:
    """No order of requests, crashes and waiting makes the sandbox lose, repeat or forget."""
    examples = max(1, settings().max_examples // 8)
    house = SandboxMachine.house = House(tmp_path, projects=10 + 10 * examples)
    house.victim.start()
    try:
        run_state_machine_as_test(
            SandboxMachine,
            settings=settings(
                max_examples=examples,
                stateful_step_count=20,
                # workers and kills are never twice the same: shrinking would chase chance
                phases=(Phase.generate,),
                database=None,
                suppress_health_check=list(HealthCheck),
            ),
        )
    finally:
        house.victim.stop()
    assert not problems_in(house.victim.data)
    assert not house.victim.orphans()
    # a worker that was storing when its server ended has left a file; the next start removes it,
    # and goes on with what was unfinished
    left = set(leftovers_in(house.victim.data))
    house.victim.start()
    house.victim.stop()
    assert not left & set(leftovers_in(house.victim.data))
