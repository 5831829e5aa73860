# ruff: noqa: D401 - the docstring of a rule is its claim
"""Anything in any order: each intention is paid once, and all books agree.

``python -m pytest --hypothesis-profile=long tests/money/test_machine.py`` looks much longer.
"""

from __future__ import annotations

import contextlib
from collections.abc import Callable
from decimal import Decimal
from pathlib import Path
from typing import Any, ClassVar

import pytest
from bookkeeping import OVER
from household import Household, eventually, one_sandbox
from hypothesis import HealthCheck, Phase, settings
from hypothesis import strategies as st
from hypothesis.stateful import (
    Bundle,
    RuleBasedStateMachine,
    initialize,
    invariant,
    multiple,
    precondition,
    rule,
    run_state_machine_as_test,
)
from ordering import piece

from musicnb.errors import MusicnbError
from musicnb.studio._task import Task

PRICE, INITIAL, PLENTY = 50, 400, 100_000
HOUR = 3600
# one strike is repeated, as many as this outlast every repeat
ALWAYS = 1_000

# whatever happens to the answer of a create
mishaps = st.sampled_from(
    (
        {"fault": "answer_lost", "when": "before"},
        {"fault": "answer_lost", "when": "after"},
        {"fault": "server_error", "when": "before", "status": 500},
        {"fault": "server_error", "when": "after", "status": 504, "retry_after": 0},
        {"fault": "html_page", "when": "after", "status": 200},
        {"fault": "cut_body", "length": False},
        {"fault": "rate_limited", "retry_after": 0},
        {"fault": "in_progress", "retry_after": 0},
        {"fault": "key_revoked"},
        {"fault": "status_unknown"},
        {"fault": "billing_missing"},
    )
)
# whatever becomes of the task
fates = st.sampled_from(
    (
        {"fault": "task_failed"},
        {"fault": "task_failed", "seconds": HOUR},
        {"fault": "task_stuck", "seconds": 2 * HOUR},
        {"fault": "task_slow", "seconds": HOUR},
    )
)
# whatever keeps the studio from looking an order up, or a task from being read
blindness = st.sampled_from(
    (
        None,
        {"fault": "key_revoked", "on": "list"},
        {"fault": "list_late", "on": "list"},
        {"fault": "list_doubled", "on": "list"},
        {"fault": "json_broken", "on": "any", "probability": 0.3},
    )
)
times = st.sampled_from((1, ALWAYS))


class StudioMachine(RuleBasedStateMachine):
    """One library on one account, and the model that counts what was meant."""

    move_in: ClassVar[Callable[[], Household]]

    jobs = Bundle("jobs")

    @initialize()
    def open_library(self) -> None:
        """Take a new library and a new account; what is ordered makes no sound unless it should."""
        self.household = self.move_in()
        self.meant = 0
        self.meant_in_sweeps: set[tuple[str, str, int]] = set()
        self.handles: dict[str, Task] = {}
        self.has_sound = False  # it takes a second to make, and once is enough
        self.mute = self._arm({"fault": "clips_odd"})

    # ------------------------------------------------------------------------------ ordering

    @rule(target=jobs)
    def order(self) -> Any:
        """What is ordered is sent, or there is too little in the wallet."""
        return self._order()

    @precondition(lambda self: not self.has_sound)
    @rule(target=jobs)
    def order_with_sound(self) -> Any:
        """A task that delivers a clip has it on disk in the end."""
        self.has_sound = True
        self._disarm(self.mute)
        job_id = self._order()
        with contextlib.suppress(MusicnbError):
            self.handles[job_id].result(60)
        self.mute = self._arm({"fault": "clips_odd"})
        return job_id

    @rule(target=jobs, fate=fates)
    def order_what_goes_wrong(self, fate: dict[str, Any]) -> Any:
        """A task may fail, hang, or be refunded late."""
        with self._armed({**fate, "times": 1}):
            return self._order()

    @rule(target=jobs, mishap=mishaps, times=times, blind=blindness)
    def order_without_an_answer(
        self, mishap: dict[str, Any], times: int, blind: dict[str, Any] | None
    ) -> Any:
        """An answer may be lost, once or for good, and the list may not help."""
        with self._armed({**mishap, "on": "create", "times": times}), self._armed(blind):
            return self._order()

    @rule(target=jobs, mishap=mishaps)
    def order_and_leave_at_once(self, mishap: dict[str, Any]) -> Any:
        """The studio may be closed in the middle of sending."""
        with self._armed({**mishap, "on": "create", "times": ALWAYS}):
            job_id = self._order(wait=False)
            self._reopen()
            return job_id

    @rule(
        target=jobs,
        name=st.sampled_from(("spring", "summer")),
        numbers=st.lists(st.integers(1, 3), min_size=1, max_size=4),
        cap=st.none() | st.sampled_from((100, 170)),
        mishap=st.none() | mishaps,
    )
    def order_a_sweep(
        self, name: str, numbers: list[int], cap: int | None, mishap: dict[str, Any] | None
    ) -> Any:
        """Whatever was ordered under a name is not ordered again, and the cap holds."""
        before = self.household.journal()
        with self._armed(mishap and {**mishap, "on": "create", "times": ALWAYS}):
            tasks = self.household.studio.generate_all(
                [piece(number) for number in numbers], sweep=name, max_credits=cap
            )
            for task in tasks:
                eventually(lambda task=task: has_settled(task))
        self._note_sweep(name, numbers, tasks)
        self.handles.update({task.job.job_id: task for task in tasks})
        assert len(tasks) + len(tasks.left_out) == len(numbers)
        if cap is not None and self.household.journal().keys() > before.keys():
            entries = self.household.journal().values()
            taken = sum(entry.charged or entry.doubtful for entry in entries if entry.sweep == name)
            assert taken <= cap
        return multiple(*(task.job.job_id for task in tasks))

    def _note_sweep(self, name: str, numbers: list[int], tasks: Any) -> None:
        """Count what a sweep means: each brief as often as it stands in the list."""
        left = [one.brief.prompt for one in tasks.left_out]
        for prompt in {piece(number).prompt for number in numbers}:
            count = [piece(number).prompt for number in numbers].count(prompt)
            # of equal briefs the first fit, as each costs the same and the cap fills up
            self.meant_in_sweeps |= {
                (name, prompt, cell) for cell in range(count - left.count(prompt))
            }

    def _order(self, *, wait: bool = True) -> str:
        task = self.household.order()
        self.meant += 1
        self.handles[task.job.job_id] = task
        if wait:
            eventually(lambda: has_settled(task))
        return task.job.job_id

    # ------------------------------------------------------------------- looking and canceling

    @rule(job_id=jobs)
    def wait_in_vain(self, job_id: str) -> None:
        """Patience that ends changes nothing."""
        task = self.handles.get(job_id)
        if task is not None and not task.done:
            with contextlib.suppress(MusicnbError):
                task.result(0.0)

    @rule(job_id=jobs)
    def cancel(self, job_id: str) -> None:
        """An order can be canceled in every state; a wish that comes late changes nothing."""
        task = self.handles.get(job_id)
        if task is not None:
            task.request_cancel()
            eventually(self._is_quiet)

    @rule(blind=blindness)
    def resume(self, blind: dict[str, Any] | None) -> None:
        """What has not ended is taken up, whatever can be read."""
        with self._armed(blind):
            for task in self.household.studio.resume(wait=False):
                self.handles[task.job.job_id] = task
                eventually(lambda task=task: has_settled(task))

    @rule()
    def reopen(self) -> None:
        """A new session knows all that the last one knew."""
        self._reopen()

    @rule(hours=st.sampled_from((1, 3, 25)))
    def let_time_pass(self, hours: int) -> None:
        """Keys are forgotten after a day, late refunds come, and what hangs is given up."""
        self.household.advance(hours * HOUR)

    @rule()
    def top_up(self) -> None:
        """A top-up makes orders possible again."""
        self.household.top_up(4 * PRICE)

    @rule()
    def account(self) -> None:
        """The account keeps the conservation rule, and agrees with the ledger on what ended."""
        account = self.household.studio.account()
        journal, orders = self.household.journal(), self.household.orders()
        doubtful = sum((entry.doubtful for entry in journal.values()), Decimal())
        assert account.charged - account.refunded + doubtful == account.spent + account.held
        net = {order.job_id: order.net for order in orders}
        for entry in journal.values():
            if entry.state in OVER:
                assert entry.paid == net.get(entry.job_id, 0), entry

    @rule()
    def verify(self) -> None:
        """Every clip that was written down is there, byte for byte."""
        assert self.household.studio.library.verify().ok

    @precondition(lambda self: any(self.household.library.glob("clips/*.mp3")))
    @rule()
    def lose_a_clip(self) -> None:
        """A clip whose file has gone is fetched again, and costs nothing."""
        next(self.household.library.glob("clips/*.mp3")).unlink()
        self.household.studio.resume(wait=False)
        eventually(lambda: self.household.studio.library.verify().ok)

    # ---------------------------------------------------------------------------- all the time

    @invariant()
    def nothing_is_paid_twice_or_unknown_to_the_journal(self) -> None:
        """The ledger never holds more than the journal, no order is two tasks, none is lost."""
        if hasattr(self, "household"):
            self.household.check_now()
            assert len(self.household.journal()) == self.meant + len(self.meant_in_sweeps)

    def teardown(self) -> None:
        """Everything comes to its end, and then all books agree to the credit."""
        if not hasattr(self, "household"):
            return
        with contextlib.closing(self.household):
            self.household.http.delete("/sandbox/faults").raise_for_status()
            self.household.top_up(PLENTY)
            self.household.advance(3 * HOUR)
            self.household.reopen()  # it asks at once about what should long have ended
            self.household.resume()
            for task in self.household.studio.resume():  # older than their keys, never taken
                assert task.is_unknown, task
                assert task.cancel() == "canceled"
            self.household.studio.account()
            self.household.check_at_the_end()

    # ------------------------------------------------------------------------------- plumbing

    def _reopen(self) -> None:
        self.household.reopen()
        self.handles.clear()

    def _is_quiet(self) -> bool:
        """Whether nothing is between two states that last."""
        return all(has_settled(task) for task in self.household.studio.running)

    def _arm(self, fault: dict[str, Any]) -> str:
        answer = self.household.http.post("/sandbox/faults", json=fault)
        assert answer.status_code == 201, answer.text
        return str(answer.json()["id"])

    def _disarm(self, fault_id: str) -> None:
        self.household.http.delete(f"/sandbox/faults/{fault_id}").raise_for_status()

    @contextlib.contextmanager
    def _armed(self, fault: dict[str, Any] | None) -> Any:
        fault_id = self._arm(fault) if fault else ""
        yield
        if fault:
            self._disarm(fault_id)


def has_settled(task: Task) -> bool:
    """Tell whether an order has been sent and answered, or has come to rest."""
    return task.done or task.task_id is not None


@pytest.mark.timeout(0)
def test_money_is_right_whatever_happens(tmp_path: Path) -> None:
    """No order of requests, faults, closings and waiting pays twice, loses a clip or a credit."""
    examples = max(1, settings().max_examples // 10)
    with one_sandbox(tmp_path, 10 + 10 * examples, credits_each=INITIAL) as move_in:
        StudioMachine.move_in = staticmethod(move_in)
        run_state_machine_as_test(
            StudioMachine,
            settings=settings(
                max_examples=examples,
                stateful_step_count=20,
                # what two processes do is never twice the same: shrinking would chase chance
                phases=(Phase.generate,),
                database=None,
                suppress_health_check=list(HealthCheck),
            ),
        )
