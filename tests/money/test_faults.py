"""Every fault of the sandbox at every operation it can happen to: what is paid, known and kept."""

from __future__ import annotations

from contextlib import ExitStack
from decimal import Decimal
from pathlib import Path

import pytest
from expecting import CASES, HOUR, Case
from household import Household, eventually
from speaking import tone

from musicnb.errors import MusicnbError, WaitTimeout
from musicnb.sandbox._fault_table import KINDS, OPERATIONS
from musicnb.studio._task import Task

PRICE = Decimal(50)
TABLE = [
    (kind.name, operation)
    for operation in OPERATIONS
    for kind in KINDS.values()
    if operation in kind.operations
]
# from four tasks on they are read by the page
PAGE = 4


def cases_of(operation: str) -> list[object]:
    """Return every way in which every fault strikes an operation."""
    return [
        pytest.param(fault, case, id="-".join((fault, *map(str, case.given.values()))))
        for fault, at in TABLE
        if at == operation
        for case in CASES.get((fault, at), ())
    ]


@pytest.mark.parametrize(("fault", "operation"), TABLE)
def test_fault_has_its_expectation(fault: str, operation: str) -> None:
    """A fault that is added to the table has to say what becomes of the money."""
    assert CASES.get((fault, operation))


def test_expectations_are_of_faults_there_are() -> None:
    """What is not in the table any more is not expected either."""
    assert set(CASES) == set(TABLE)


def assert_user_is_told(case: Case, error: MusicnbError) -> None:
    """Check what an error says."""
    assert case.error is not None, error
    assert type(error) is case.error, error
    assert error.charged is case.charged, error


def assert_books_show(household: Household, task: Task, case: Case) -> None:
    """Check the journal, the service and the rule between them while the fault lasts."""
    entry, made = household.entry(task), household.made_of(task)
    assert entry.state == case.state
    assert len(made) == case.made
    assert entry.doubtful == (PRICE if case.state == "unknown" else 0)
    household.check_now()


def assert_end_is(household: Household, task: Task, case: Case) -> None:
    """Check what is left of an order when the fault is gone and everything was taken up."""
    household.resume()
    entry = household.entry(task)
    assert entry.state == case.end, entry
    assert len(entry.clips) == case.clips
    assert household.spent(task) == (PRICE if case.end == "succeeded" else 0)
    assert household.made_of(task)[0].moves == (
        ("debit",) if case.end == "succeeded" else ("debit", "refund")
    )


@pytest.mark.parametrize(("fault", "case"), cases_of("create"))
def test_order_under_a_fault_is_paid_once(household: Household, fault: str, case: Case) -> None:
    """Whatever happens to a create, resume() brings the order to its end with one charge."""
    with ExitStack() as stack:
        fired = stack.enter_context(household.armed(fault, on="create", **case.given))
        if case.blind:
            stack.enter_context(household.armed("key_revoked", on="list"))
        task = household.order()
        error = error_of(task, case)
        assert fired()
        if error is not None:
            assert_user_is_told(case, error)
        assert_books_show(household, task, case)
    household.advance(case.passes_s)
    if case.holds_up:
        settle_quietly(task)
    assert_end_is(household, task, case)


@pytest.mark.parametrize(("fault", "case"), cases_of("poll"))
def test_unread_task_is_waited_for(household: Household, fault: str, case: Case) -> None:
    """No reading that fails changes anything about a task; it is read when it can be."""
    with household.armed("task_slow", on="create", seconds=HOUR, times=1):
        task = household.order()
        eventually(lambda: task.task_id)
    with household.armed(fault, on="poll", **case.given) as fired:
        household.advance(HOUR)
        eventually(fired)
        wait_under(case, [task])
        assert_books_show(household, task, case)
    task.result(60)
    assert_end_is(household, task, case)


@pytest.mark.parametrize(("fault", "case"), cases_of("list"))
def test_unread_page_is_waited_for(household: Household, fault: str, case: Case) -> None:
    """No page that fails, doubles or leaves out changes anything about the tasks on it."""
    with ExitStack() as stack:
        stack.enter_context(household.armed("task_slow", on="create", seconds=HOUR, times=PAGE))
        # one piece is enough to be heard
        stack.enter_context(household.armed("clips_odd", on="create", after=1))
        tasks = [household.order() for _ in range(PAGE)]
        eventually(lambda: all(task.task_id for task in tasks))
    with household.armed(fault, on="list", **case.given) as fired:
        eventually(fired)
        household.advance(HOUR)
        wait_under(case, tasks)
        for task in tasks:
            assert_books_show(household, task, case)
    assert sum(len(task.result(60)) for task in tasks) == 1
    assert sum(household.spent(task) for task in tasks) == PRICE * PAGE


@pytest.mark.parametrize(("fault", "case"), cases_of("cancel"))
def test_cancel_under_a_fault_gives_back_once(household: Household, fault: str, case: Case) -> None:
    """A cancel that failed can be repeated; the money is back once, or the clip is there."""
    with household.armed("task_slow", on="create", seconds=HOUR, times=1):
        task = household.order()
        eventually(lambda: task.status == "running")
    with household.armed(fault, on="cancel", **case.given) as fired:
        error = None
        if case.error is None and case.state == "accepted":
            task.request_cancel()  # nothing will come of it, so there is nothing to wait for
            eventually(fired)
        else:
            error = error_in_cancel(task)
        assert fired()
        if error is not None:
            assert_user_is_told(case, error)
        else:
            assert case.error is None
        eventually(lambda: household.entry(task).state == case.state)
        assert_books_show(household, task, case)
    if case.end == "canceled":
        assert task.cancel() == "canceled"
    household.advance(case.passes_s)
    settle_quietly(task)
    assert_end_is(household, task, case)


@pytest.mark.parametrize(("fault", "case"), cases_of("upload"))
def test_upload_under_a_fault_costs_nothing(
    household: Household, fault: str, case: Case, tmp_path: Path
) -> None:
    """An upload is free whether it arrives or not, and can be repeated."""
    file = tmp_path / "tone.wav"
    file.write_bytes(tone(6))
    before = household.http.get("/sandbox/ledger").content
    with household.armed(fault, on="upload", **case.given) as fired:
        if case.error is None:
            assert household.studio.upload(file, again=True).artifact_id
        else:
            with pytest.raises(MusicnbError) as caught:
                household.studio.upload(file, again=True)
            assert_user_is_told(case, caught.value)
        assert fired()
    assert household.studio.upload(file, again=True).artifact_id
    assert household.http.get("/sandbox/ledger").content == before


@pytest.mark.parametrize(("fault", "case"), cases_of("download"))
def test_paid_clip_under_a_fault_is_fetched_later(
    household: Household, fault: str, case: Case
) -> None:
    """A clip that does not arrive waits at the service, is paid, and comes later."""
    with household.armed(fault, on="download", **case.given) as fired:
        task = household.order()
        error = error_of(task, case)
        assert fired()
        if error is not None:
            assert_user_is_told(case, error)
        assert_books_show(household, task, case)
        assert household.entry(task).paid == PRICE
    assert_end_is(household, task, case)


def error_of(task: Task, case: Case) -> MusicnbError | None:
    """Return what the user gets while the fault lasts."""
    if case.holds_up:
        eventually(lambda: task.status == "running")
        with pytest.raises(WaitTimeout):
            task.result(0.3)
        return None
    try:
        task.result(60)
    except MusicnbError as error:
        return error
    assert case.error is None
    return None


def error_in_cancel(task: Task) -> MusicnbError | None:
    try:
        task.cancel()
    except MusicnbError as error:
        return error
    return None


def wait_under(case: Case, tasks: list[Task]) -> None:
    """Wait for tasks as far as the fault lets them come."""
    for task in tasks if not case.holds_up else ():
        task.result(60)
    assert not any(task.error for task in tasks)
    assert all(task.done is not case.holds_up for task in tasks)


def settle_quietly(task: Task) -> None:
    try:
        task.result(60)
    except MusicnbError:
        assert task.error is not None
