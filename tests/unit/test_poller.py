"""Watching tasks: decided in virtual time, carried out without losing anybody."""

import asyncio
import math
from itertools import pairwise

import pytest

from musicnb.errors import ConnectionFailed, NotFound, RateLimited, WaitTimeout
from musicnb.poller import Poller, ReadPage, ReadTask, Watchlist
from musicnb.wire import TaskEnvelope, TaskList


def envelope(task_id, status="running"):
    return TaskEnvelope(task_id=task_id, status=status)


def requests_until(watchlist, task_id, end):
    """Ask whenever the watchlist says so; return the times of the requests."""
    times, now = [], 0.0
    while now < end:
        now = max(now, watchlist.next_due())
        assert watchlist.step(now) == ReadTask(task_id)
        watchlist.saw(task_id, now)
        times.append(now)
    return times


def test_one_task_is_asked_about_after_a_growing_share_of_its_age():
    """A two-minute task costs some fifty requests and is noticed within a tenth of its age."""
    watchlist = Watchlist()
    watchlist.add("a", created=0.0, now=0.0)
    times = requests_until(watchlist, "a", end=120.0)
    assert len(times) < 60
    assert all(later - earlier <= max(0.25, 0.1 * later) for earlier, later in pairwise(times))


def test_task_left_alone_for_long_is_asked_about_at_once():
    """What a closed notebook left behind may long have ended."""
    watchlist = Watchlist()
    watchlist.add("a", created=-3600.0, now=0.0)
    assert watchlist.step(0.0) == ReadTask("a")
    assert watchlist.overdue(10.0) == []


def test_many_due_tasks_are_asked_about_with_one_page():
    """A page of the list replaces a hundred single reads."""
    watchlist = Watchlist()
    for number in range(100):
        watchlist.add(str(number), created=number / 100, now=1.0)
    request = watchlist.step(5.0)
    assert request == ReadPage(0.0)
    assert watchlist.saw_page([str(number) for number in range(100)], request, 5.0) == []
    assert watchlist.step(5.0) is None


def test_task_missing_from_its_page_is_asked_about_alone():
    """What a page really held decides what was covered."""
    watchlist = Watchlist()
    for number in range(5):
        watchlist.add(str(number), created=0.0, now=0.0)
    request = watchlist.step(5.0)
    assert watchlist.saw_page(["0", "1", "2", "3"], request, 5.0) == ["4"]


def test_failures_hold_the_whole_list_back_longer_each_time():
    """An outage is not hammered: 0.5 s, then doubling to 30 s, and forgotten after a success."""
    watchlist = Watchlist()
    watchlist.add("a", created=0.0, now=0.0)
    now, pauses = 10.0, []
    for _ in range(9):
        watchlist.failed(now)
        pauses.append(watchlist.next_due() - now)
        now = watchlist.next_due()
    assert pauses == [0.5, 1, 2, 4, 8, 16, 30, 30, 30]
    watchlist.saw("a", now)
    watchlist.failed(now)
    assert watchlist.next_due() - now >= 0.5


def test_retry_after_is_obeyed():
    """The service's own pause counts, not ours."""
    watchlist = Watchlist()
    watchlist.add("a", created=0.0, now=0.0)
    watchlist.failed(10.0, retry_after_s=7.0)
    assert watchlist.step(16.9) is None
    assert watchlist.step(17.0) == ReadTask("a")


def test_empty_watchlist_has_nothing_to_do():
    """Nothing watched, nothing due, ever."""
    assert Watchlist().next_due() == math.inf
    assert Watchlist().step(1e9) is None


class Script:
    """A service that gives the answers it was told to, in turn."""

    def __init__(self, *answers):
        self.answers = list(answers)
        self.asked = []

    async def task(self, task_id):
        """Give the next answer."""
        self.asked.append(task_id)
        answer = self.answers.pop(0)
        if isinstance(answer, Exception):
            raise answer
        return answer

    async def tasks(self, *, created_after=None, expand=None):  # noqa: ARG002 - the real signature
        """Give the next answer as a page."""
        self.asked.append("page")
        answer = self.answers.pop(0)
        if isinstance(answer, Exception):
            raise answer
        return TaskList(data=answer)


class FastClock:
    """Real seconds count a hundredfold, so that pauses of the poller pass quickly."""

    def __call__(self):
        """Seconds on the fast clock."""
        return asyncio.get_running_loop().time() * 100


def watch(script, *task_ids):
    async def run():
        clock = FastClock()
        poller = Poller(script, clock=clock)
        seen = []
        ends = [
            poller.watch(
                task_id,
                created=clock() - 100,
                report=lambda reading: seen.append((reading.task_id, reading.status)),
            )
            for task_id in task_ids
        ]
        results = await asyncio.wait_for(asyncio.gather(*ends, return_exceptions=True), 20)
        await poller.close()
        return results, seen

    return asyncio.run(run())


def test_poller_reports_every_reading_and_returns_the_last():
    """The page sees each phase; the waiter gets the end."""
    script = Script(envelope("a", "queued"), envelope("a"), envelope("a", "succeeded"))
    results, seen = watch(script, "a")
    assert [result.status for result in results] == ["succeeded"]
    assert seen == [("a", "queued"), ("a", "running"), ("a", "succeeded")]


def test_poller_survives_lost_answers_and_refusals():
    """A lost poll is never a failed task."""
    script = Script(
        ConnectionFailed("no answer", retryable=True),
        RateLimited("slow down", retry_after_s=0.1, retryable=True),
        envelope("a", "succeeded"),
    )
    results, _ = watch(script, "a")
    assert results[0].status == "succeeded"
    assert script.asked == ["a", "a", "a"]


def test_poller_reads_five_tasks_with_one_page_and_the_missing_one_alone():
    """Five tasks cost two requests, and none is lost."""
    ids = ["a", "b", "c", "d", "e"]
    page = [envelope(task_id, "succeeded") for task_id in ids[:-1]]
    script = Script(page, envelope("e", "failed"))
    results, _ = watch(script, *ids)
    assert [result.status for result in results] == ["succeeded"] * 4 + ["failed"]
    assert script.asked == ["page", "e"]


def test_unknown_task_ends_the_wait_with_its_id():
    """A service that has never heard of the task says so to the one who waits, and to no other."""
    script = Script(NotFound("no such task"), envelope("b", "succeeded"))
    results, _ = watch(script, "a", "b")
    assert isinstance(results[0], NotFound)
    assert results[0].task_id == "a"
    assert results[1].status == "succeeded"


def test_error_in_a_report_reaches_the_waiter():
    """An error on the loop does not vanish and leave somebody waiting for ever."""

    async def run():
        poller = Poller(Script(envelope("a", "succeeded")), clock=FastClock())
        await asyncio.wait_for(poller.watch("a", created=0.0, report=lambda _: 1 / 0), 20)

    with pytest.raises(ZeroDivisionError):
        asyncio.run(run())


def test_patience_ends_without_calling_the_task_failed():
    """After half an hour the task is left alone and said to go on."""

    async def run():
        start = asyncio.get_running_loop().time()
        poller = Poller(
            Script(*[envelope("a")] * 50),
            clock=lambda: (asyncio.get_running_loop().time() - start) * 1e5,
        )
        await asyncio.wait_for(poller.watch("a", created=0.0, report=lambda _: None), 20)

    with pytest.raises(WaitTimeout, match="30 minutes"):
        asyncio.run(run())
