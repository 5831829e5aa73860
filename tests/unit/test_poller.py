"""The poller in virtual time: a service in memory, a loop whose clock jumps to what comes next."""

import asyncio
import base64
import math
import random
import statistics
from datetime import UTC, datetime
from itertools import pairwise

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from musicnb.errors import (
    ConnectionFailed,
    InvalidRequest,
    NotFound,
    RateLimited,
    ServiceUnavailable,
    WaitTimeout,
)
from musicnb.poller import Durations, Poller
from musicnb.wire import Billing, Output, Progress, TaskEnvelope, TaskError, TaskPage, TaskWarning

EPOCH = 1_800_000_000.0
RTT_S = 0.05
BILLING = Billing(charged_credits="80.0000", refunded_credits="0.0000")
LEARNED = [2 + 4 * (number + 0.5) / 256 for number in range(256)]


class VirtualLoop(asyncio.SelectorEventLoop):
    """An event loop that never waits: its clock jumps to the next timer."""

    def __init__(self):
        super().__init__()
        self.now = 0.0
        select = self._selector.select

        def jump(timeout):
            if timeout is None:
                raise RuntimeError("everybody waits for ever")
            self.now += timeout
            return select(0)

        self._selector.select = jump

    def time(self):
        """Seconds of virtual time."""
        return self.now


def run(work):
    """Run a coroutine in virtual time."""
    with asyncio.Runner(loop_factory=VirtualLoop) as runner:
        return runner.run(asyncio.wait_for(work, 1e6))


class Service:
    """Tasks that end by the clock, read singly and in pages, with what may go wrong on the way."""

    def __init__(self, *, rtt_s=RTT_S, ahead_s=0.0, limit=100):
        self.rtt_s, self.ahead_s, self.limit = rtt_s, ahead_s, limit
        self.born, self.ends, self.hidden = {}, {}, set()
        self.asked, self.cursors = [], 0
        self.order, self.summaries_only, self.end_status = "asc", False, "succeeded"
        self.fault = lambda _what, _number: None

    @property
    def now(self):
        """Seconds of virtual time."""
        return asyncio.get_running_loop().time()

    @property
    def times(self):
        """When each request was sent."""
        return [time for time, _ in self.asked]

    def add(self, task_id, duration_s):
        """Create a task now."""
        self.born[task_id], self.ends[task_id] = self.now, self.now + duration_s

    def envelope(self, task_id, *, full):
        """Show a task as it is now."""
        ended = self.ends[task_id] <= self.now
        status = self.end_status if ended else "running"
        facts = {"task_id": task_id, "status": status, "created_at": self.date(self.born[task_id])}
        if ended:
            facts["completed_at"] = self.date(self.ends[task_id])
        if full or not self.summaries_only:
            facts |= {"billing": BILLING, "output": Output() if status == "succeeded" else None}
        if full:
            facts["progress"] = Progress(percent=100 if ended else 50)
            facts["warnings"] = [TaskWarning(message="adjusted")]
            facts["error"] = TaskError(message="no luck") if status == "failed" else None
        return TaskEnvelope(**facts)

    def date(self, moment):
        """Virtual time as the service writes it."""
        return datetime.fromtimestamp(EPOCH + self.ahead_s + moment, UTC)

    async def task(self, task_id):
        """GET /v1/tasks/{task_id}."""
        await self.travel(task_id)
        envelope = self.envelope(task_id, full=True)
        await asyncio.sleep(self.rtt_s / 2)
        return envelope

    async def page(self, *, created_after=None, cursor=None, expand=None):
        """GET /v1/tasks?order=asc."""
        assert expand == "output,billing"
        await self.travel("page" if cursor is None else "next page")
        after = created_after.timestamp() - EPOCH - self.ahead_s
        ids = [i for i, born in self.born.items() if born > after and i not in self.hidden]
        if self.order == "desc":
            ids.reverse()
        start = int(base64.b64decode(cursor)) if cursor else 0
        end = start + self.limit
        more = end < len(ids)
        page = TaskPage(
            data=[
                self.envelope(task_id, full=False).model_dump(mode="json", exclude_unset=True)
                for task_id in ids[start:end]
            ],
            next_cursor=base64.b64encode(str(end).encode()).decode() if more else None,
            has_more=more,
        )
        await asyncio.sleep(self.rtt_s / 2)
        return page

    async def travel(self, what):
        """Bring a request to the service, where it may find an error instead of an answer."""
        self.asked.append((self.now, what))
        await asyncio.sleep(self.rtt_s / 2)
        error = self.fault(what, len(self.asked))
        if error is not None:
            await asyncio.sleep(self.rtt_s / 2)
            raise error


def poller_of(service, **options):
    """Make a poller on virtual time."""
    loop = asyncio.get_running_loop()
    return Poller(service, clock=loop.time, wall=lambda: EPOCH + loop.time(), **options)


class Watched:
    """Tasks watched to their end: results, readings and the delay of each."""

    def __init__(self, service, poller):
        self.service, self.poller = service, poller
        self.delays, self.readings = {}, []

    async def one(self, task_id, duration_s, *, model="m", after_s=0.0, **options):
        """Create a task after a while, and wait for its end."""
        await asyncio.sleep(after_s)
        self.service.add(task_id, duration_s)
        created = EPOCH + self.service.now
        end = await self.poller.watch(
            task_id, model=model, created=created, report=self.readings.append, **options
        )
        self.delays[task_id] = self.service.now - self.service.ends[task_id]
        return end

    def seen(self, task_id):
        """Return the statuses that were reported of a task."""
        return [reading.status for reading in self.readings if reading.task_id == task_id]


def watch(service, durations_s, *, spread_s=0.0, **options):
    """Watch tasks of given durations, by id; return what was seen and how each wait ended."""

    async def work():
        poller = poller_of(service, **options)
        watched = Watched(service, poller)
        waits = [
            watched.one(task_id, duration_s, after_s=spread_s * number)
            for number, (task_id, duration_s) in enumerate(durations_s.items())
        ]
        ends = await asyncio.gather(*waits, return_exceptions=True)
        await poller.close()
        return watched, dict(zip(durations_s, ends, strict=True))

    return run(work())


def uniform(number, seed=1):
    """Durations evenly spread over 2 to 6 s, in random order."""
    durations = [2 + 4 * (place + 0.5) / number for place in range(number)]
    random.Random(seed).shuffle(durations)  # noqa: S311 - repeatable on purpose
    return {f"t{place:04d}": duration for place, duration in enumerate(durations)}


# ------------------------------------------------------------------------------ what it costs


def test_single_task_is_noticed_within_a_third_of_a_second_for_four_polls():
    """Once the durations are known, a task of 2 to 6 s costs 4 polls at most on average."""
    polls, delays = [], []
    for duration_s in uniform(60).values():
        service = Service()
        watched, _ = watch(service, {"a": duration_s}, durations=Durations({"m": LEARNED}))
        polls.append(len(service.asked))
        delays.extend(watched.delays.values())
    assert statistics.mean(polls) <= 4.0
    assert statistics.mean(delays) <= 0.33


@pytest.mark.parametrize(
    ("number", "rate_per_s", "requests", "mean_s", "p95_s"),
    [(100, 8.0, 0.30, 0.12, 0.20), (1000, 10.0, 0.07, 0.55, 1.1)],
)
def test_many_tasks_share_pages_of_the_list(number, rate_per_s, requests, mean_s, p95_s):
    """A hundred tasks cost thirty requests, a thousand seventy, and none waits long."""
    service = Service()
    watched, ends = watch(
        service, uniform(number), durations=Durations({"m": LEARNED}), rate_per_s=rate_per_s
    )
    delays = sorted(watched.delays.values())
    assert {end.status for end in ends.values()} == {"succeeded"}
    assert len(service.asked) <= requests * number
    assert statistics.mean(delays) <= mean_s
    assert delays[int(0.95 * number)] <= p95_s


def test_slow_task_is_asked_about_every_ten_seconds_at_most():
    """Even when nothing is learned to happen for minutes, what is shown is not older than that."""
    service = Service()
    watch(service, {"a": 120.0}, durations=Durations({"m": [110.0, 130.0] * 20}))
    gaps = [later - earlier for earlier, later in pairwise([0.0, *service.times])]
    assert max(gaps) < 10.2
    assert len(service.asked) < 40


def test_what_was_learned_is_told_with_its_model():
    """The library can keep it between runs: created_at to completed_at, by the service's clock."""
    learned = []
    service = Service(ahead_s=3600.0)
    watch(service, {"a": 3.0, "b": 5.0}, learned=lambda *facts: learned.append(facts))
    assert sorted(learned) == [("m", pytest.approx(3.0)), ("m", pytest.approx(5.0))]


# ------------------------------------------------------------------------------- what is told


def test_reading_is_reported_when_it_says_something_new():
    """Being asked ten times tells a page nothing; a new phase and the end do."""
    service = Service()
    watched, ends = watch(service, {"a": 6.0})
    assert len(service.asked) > 3
    assert watched.seen("a") == ["running", "succeeded"]
    assert ends["a"].output is not None
    assert ends["a"].billing.charged_credits == 80


def test_end_found_in_a_page_keeps_what_was_known_before():
    """A page is silent about warnings; those of the answer that accepted the task are kept."""
    service = Service()

    async def work():
        poller = poller_of(service)
        watched = Watched(service, poller)
        known = TaskEnvelope(
            task_id="t0", status="queued", progress=Progress(percent=0),
            warnings=[TaskWarning(message="shortened")],
        )  # fmt: skip
        waits = [watched.one(f"t{n}", 3.0, known=known if not n else None) for n in range(5)]
        ends = await asyncio.gather(*waits)
        await poller.close()
        return ends[0]

    end = run(work())
    assert [note.message for note in end.warnings] == ["shortened"]
    assert (end.status, end.progress) == ("succeeded", None)
    assert {what for _, what in service.asked} == {"page"}


@pytest.mark.parametrize("status", ["failed", "succeeded"])
def test_end_that_a_page_tells_incompletely_is_read_alone(status):
    """A bare summary ends no wait: the reason of a failure, output and billing are fetched."""
    service = Service()
    service.end_status, service.summaries_only = status, status == "succeeded"
    _, ends = watch(service, {f"t{n}": 3.0 for n in range(5)})
    assert {end.status for end in ends.values()} == {status}
    for end in ends.values():
        assert end.billing is not None
        assert (end.error.message == "no luck") if status == "failed" else end.output is not None


def test_task_that_a_page_tells_unreadably_is_read_alone():
    """What stands beside it in the page is told all the same."""

    class Broken(Service):
        async def page(self, **query):
            page = await super().page(**query)
            for entry in page.data:
                if entry["task_id"] == "t0":
                    entry["status"] = None
            return page

    service = Broken()
    _, ends = watch(service, {f"t{n}": 4.0 for n in range(20)})
    assert {end.status for end in ends.values()} == {"succeeded"}
    assert {what for _, what in service.asked} == {"page", "t0"}


def test_unknown_status_is_not_an_end():
    """A word of tomorrow keeps everybody waiting, and nobody fails."""
    service = Service()
    service.end_status = "archiving"

    async def work():
        poller = poller_of(service)
        watched = Watched(service, poller)
        wait = asyncio.create_task(watched.one("a", 3.0))
        await asyncio.sleep(60)
        service.end_status = "succeeded"
        end = await wait
        await poller.close()
        return end, watched.seen("a")

    end, seen = run(work())
    assert end.status == "succeeded"
    assert seen == ["running", "archiving", "succeeded"]


def test_hastened_end_ends_the_wait():
    """What canceling has brought home need not be asked for again."""
    service = Service()

    async def work():
        poller = poller_of(service)
        wait = asyncio.create_task(Watched(service, poller).one("a", 500.0))
        await asyncio.sleep(1)
        poller.hasten("a", TaskEnvelope(task_id="a", status="canceled"))
        poller.hasten("unknown", TaskEnvelope(task_id="unknown", status="canceled"))
        end = await wait
        await poller.close()
        return end.status

    assert run(work()) == "canceled"


def test_two_who_wait_for_one_task_both_see_its_end():
    """A second wait takes nothing from the first, and one that is given up neither."""
    service = Service()

    async def work():
        poller, seen = poller_of(service), ([], [], [])
        service.add("a", 3.0)
        waits = [
            asyncio.create_task(poller.watch("a", model="m", created=EPOCH, report=readings.append))
            for readings in seen
        ]
        await asyncio.sleep(1)
        waits[1].cancel()
        ends = await asyncio.gather(*waits, return_exceptions=True)
        await poller.close()
        return ends, [len(readings) for readings in seen]

    ends, seen = run(work())
    assert ends[0] is ends[2]
    assert isinstance(ends[1], asyncio.CancelledError)
    assert seen[0] == seen[2] == 2


def test_error_in_a_report_reaches_its_waiter_and_no_other():
    """An error on the loop does not vanish, and does not end what it has nothing to do with."""
    service = Service()

    async def work():
        poller = poller_of(service)
        for task_id in "ab":
            service.add(task_id, 3.0)
        options = {"model": "m", "created": EPOCH}
        ends = await asyncio.gather(
            poller.watch("a", report=lambda _: 1 / 0, **options),
            poller.watch("b", report=lambda _: None, **options),
            return_exceptions=True,
        )
        await poller.close()
        return ends

    ends = run(work())
    assert isinstance(ends[0], ZeroDivisionError)
    assert ends[1].status == "succeeded"


def test_own_error_in_the_loop_reaches_everybody():
    """Nobody waits for ever on a broken poller, and whoever comes next is served."""
    service = Service()

    async def work():
        poller = poller_of(service)
        watched = Watched(service, poller)
        service.fault = lambda *_: ZeroDivisionError()
        for attempt in range(5):
            waits = (watched.one(f"{attempt}{name}", 3.0) for name in "ab")
            ends = await asyncio.gather(*waits, return_exceptions=True)
            assert {type(end) for end in ends} == {ZeroDivisionError}
        service.fault = lambda *_: None
        end = await watched.one("c", 3.0)
        await poller.close()
        return end.status

    assert run(work()) == "succeeded"


# ---------------------------------------------------------------------------- what goes wrong


def test_unknown_task_ends_the_wait_with_its_id():
    """A service that never heard of a task tells the one who waits for it, and no other."""
    service = Service()
    service.fault = lambda what, _: NotFound("no such", http_status=404) if what == "a" else None
    _, ends = watch(service, {"a": 3.0, "b": 4.0})
    assert isinstance(ends["a"], NotFound)
    assert ends["a"].task_id == "a"
    assert ends["b"].status == "succeeded"


def test_outage_is_waited_out_with_growing_pauses():
    """0.5 s, doubling to 30 s; a lost poll is never a failed task."""
    service = Service()
    lost = ConnectionFailed("no answer", retryable=True)
    service.fault = lambda *_: lost if service.now < 200 else None
    _, ends = watch(service, {"a": 3.0})
    assert ends["a"].status == "succeeded"
    gaps = [later - earlier for earlier, later in pairwise(service.times)]
    assert [round(gap) for gap in gaps[2:]] == [2, 4, 8, 16, 30, 30, 30, 30, 30, 30][
        : len(gaps[2:])
    ]
    assert max(gaps) == pytest.approx(30 + RTT_S)


def test_service_that_limits_is_obeyed_and_loses_nobody():
    """10 requests a second and a 429 beyond: the budget stays below it from the start."""
    service, refusals = Service(), []

    def limited(*_):
        if sum(time > service.times[-1] - 1.0 for time in service.times) <= 10:
            return None
        refusals.append(service.now)
        return RateLimited("slow down", http_status=429, retryable=True, retry_after_s=1.0)

    service.fault = limited
    _, ends = watch(service, uniform(1000), spread_s=0.01)
    assert {end.status for end in ends.values()} == {"succeeded"}
    assert len(service.asked) > 50
    assert refusals == []


@pytest.mark.parametrize("status", [429, 503])
def test_refusal_holds_everything_for_as_long_as_was_asked(status):
    """Nobody asks while the service wants a pause, and then half as often."""
    service = Service()
    kind = RateLimited if status == 429 else ServiceUnavailable
    refusal = kind("slow down", http_status=status, retryable=True, retry_after_s=7.0)
    service.fault = lambda _, number: refusal if number == 10 else None
    _, ends = watch(service, {f"t{n}": 40.0 for n in range(30)})
    assert {end.status for end in ends.values()} == {"succeeded"}
    refused_at = service.times[9] + RTT_S
    after = [time for time in service.times[10:] if time > refused_at]
    assert min(after) >= refused_at + 7.0


@pytest.mark.parametrize("status", [404, 405, 501])
def test_service_without_a_list_is_asked_task_by_task(status):
    """A list that is refused for good is not asked for again soon; every end is still seen."""
    service = Service()
    refusal = ServiceUnavailable("none", http_status=status, retryable=status == 501)
    service.fault = lambda what, _: refusal if "page" in what else None
    _, ends = watch(service, uniform(40))
    assert {end.status for end in ends.values()} == {"succeeded"}
    assert sum("page" in what for _, what in service.asked) == 1


def test_list_that_only_fails_now_and_then_is_used_again():
    """A 500 is no reason to give up pages."""
    service = Service()
    broken = ServiceUnavailable("oops", http_status=500, retryable=True)
    service.fault = lambda what, number: broken if "page" in what and number < 4 else None
    _, ends = watch(service, uniform(100))
    assert {end.status for end in ends.values()} == {"succeeded"}
    assert len(service.asked) < 60


def test_task_whose_answer_is_always_broken_keeps_nobody_else_waiting():
    """One poisoned envelope is asked for ever more rarely, the others as always."""
    service = Service()
    broken = ServiceUnavailable("unreadable", http_status=200, retryable=True)
    service.fault = lambda what, _: broken if what == "bad" or "page" in what else None

    async def work():
        poller = poller_of(service)
        watched = Watched(service, poller)
        bad = asyncio.create_task(watched.one("bad", 3.0))
        for number in range(20):
            await watched.one(f"t{number}", 5.0)
        bad.cancel()
        await asyncio.gather(bad, return_exceptions=True)
        await poller.close()
        return watched.delays

    assert max(run(work()).values()) < 4.0
    assert sum(what == "bad" for _, what in service.asked) < 20


def test_expired_cursors_begin_the_list_anew():
    """A refused cursor is not a refused list; with no cursor ever taken every end is still seen."""
    service = Service(limit=20)
    stale = InvalidRequest("unknown cursor", http_status=422)
    service.fault = lambda what, _: stale if what == "next page" else None
    _, ends = watch(service, uniform(60))
    assert {end.status for end in ends.values()} == {"succeeded"}
    assert sum(what == "next page" for _, what in service.asked) <= 3


def test_patience_ends_without_calling_the_task_failed():
    """After half an hour of polling the task is left alone and said to go on."""
    _, ends = watch(Service(), {"a": 4000.0})
    assert isinstance(ends["a"], WaitTimeout)
    assert "30 minutes" in str(ends["a"])
    assert ends["a"].charged is True


# -------------------------------------------------------------------------------------- clocks


def test_wall_clock_that_is_set_changes_no_pause():
    """Set back or forth by hours while a task is watched, it is noticed as soon as ever."""
    for jump_s in (-7200.0, 7200.0):
        service = Service()

        async def work(service=service, jump_s=jump_s):
            loop = asyncio.get_running_loop()
            poller = Poller(
                service,
                clock=loop.time,
                wall=lambda: EPOCH + loop.time() + (jump_s if loop.time() > 20 else 0.0),
                durations=Durations({"m": [55.0, 60.0, 65.0] * 10}),
            )
            watched = Watched(service, poller)
            await watched.one("a", 60.0)
            await poller.close()
            return watched.delays["a"]

        # set forth, it makes the task look older than anything that was learned of
        assert run(work()) < (10.2 if jump_s > 0 else 1.0)
        assert len(service.asked) < 40


def test_laptop_that_slept_asks_at_once():
    """The monotonic clock of Linux stood still meanwhile; the wall clock tells that time passed."""
    service = Service()
    slept = {}

    async def work():
        loop = asyncio.get_running_loop()
        poller = Poller(
            service,
            clock=loop.time,
            wall=lambda: EPOCH + loop.time() + slept.get("s", 0.0),
            durations=Durations({"m": [300.0] * 20}),
        )
        watched = Watched(service, poller)
        wait = asyncio.create_task(watched.one("a", 300.0))
        await asyncio.sleep(15)
        slept["s"] = 3600.0
        service.ends["a"] = loop.time()  # it ended while the lid was closed
        await wait
        await poller.close()
        return watched.delays["a"]

    assert run(work()) < 10.2


def test_patience_is_not_lengthened_by_an_idle_hour_before():
    """Nobody watched anything meanwhile: that was no sleep of the machine."""

    async def work():
        service = Service()
        poller = poller_of(service)
        watched = Watched(service, poller)
        await watched.one("a", 3.0)
        await asyncio.sleep(3600)
        start = service.now
        with pytest.raises(WaitTimeout):
            await watched.one("b", 1e5)
        await poller.close()
        return service.now - start

    assert run(work()) == pytest.approx(1800, abs=1)


def test_sleep_does_not_use_up_patience():
    """A monotonic clock that counts sleep, as that of Windows, does not end the wait by itself."""
    service = Service()

    async def work():
        loop = asyncio.get_running_loop()
        poller = poller_of(service)
        watched = Watched(service, poller)
        wait = asyncio.create_task(watched.one("a", 8 * 3600.0 + 60))
        await asyncio.sleep(30)
        loop.now += 8 * 3600.0
        end = await wait
        await poller.close()
        return end.status

    assert run(work()) == "succeeded"


@pytest.mark.parametrize("ahead_s", [-86_400.0, -3.0, 3.0, 86_400.0])
def test_service_with_another_clock_is_watched_as_well(ahead_s):
    """A day ahead or behind: ages are those of our own clock, and the list is found, too."""
    service = Service(ahead_s=ahead_s)
    watched, ends = watch(service, uniform(100), durations=Durations({"m": LEARNED}))
    assert {end.status for end in ends.values()} == {"succeeded"}
    assert statistics.mean(watched.delays.values()) < 1.0


def test_order_that_lay_around_for_hours_is_as_young_as_the_service_says():
    """Planned in the morning and sent now: the service's date counts, not the plan's."""
    service = Service()

    async def work():
        poller = poller_of(service, durations=Durations({"m": LEARNED}))
        service.add("a", 4.0)
        created = EPOCH - 3 * 3600.0
        await poller.watch("a", model="m", created=created, report=lambda _: None)
        await poller.close()
        return service.now - service.ends["a"]

    assert run(work()) < 0.8
    assert len(service.asked) <= 6


# ----------------------------------------------------------------------------------- writes


def test_writes_go_first():
    """While hundreds of reads are due, a write takes the next token, and no burst is exceeded."""
    service = Service()
    waited = []

    async def work():
        poller = poller_of(service)
        watched = Watched(service, poller)
        refusal = NotFound("none", http_status=404)
        service.fault = lambda what, _: refusal if "page" in what else None
        waits = [asyncio.create_task(watched.one(f"t{n}", 20.0)) for n in range(100)]
        await asyncio.sleep(5)

        async def write():
            asked = service.now
            async with poller.writing():
                waited.append(service.now - asked)
                service.asked.append((service.now, "write"))

        await asyncio.gather(*(write() for _ in range(10)))
        for wait in waits:
            wait.cancel()
        await asyncio.gather(*waits, return_exceptions=True)
        await poller.close()

    run(work())
    assert max(waited) <= 10 / 8 + 0.01
    writes = [place for place, (_, what) in enumerate(service.asked) if what == "write"]
    assert writes == list(range(writes[0], writes[0] + 10))


def test_refused_write_holds_the_reads():
    """A 429 met by a create is a 429 for all."""
    service = Service()

    async def work():
        poller = poller_of(service)
        wait = asyncio.create_task(Watched(service, poller).one("a", 60.0))
        await asyncio.sleep(3)
        with pytest.raises(RateLimited):
            async with poller.writing():
                raise RateLimited("slow down", http_status=429, retry_after_s=20.0)
        await wait
        await poller.close()

    run(work())
    assert not [time for time in service.times if 3.0 < time < 23.0]


# ------------------------------------------------------------------------------- whatever comes


class Moody(Service):
    """A service that forgets tasks in its list, turns it round, fails, and answers late."""

    def __init__(self, seed, **options):
        super().__init__(**options)
        self.random = random.Random(seed)  # noqa: S311 - repeatable on purpose
        self.fault = self.fail

    def fail(self, _what, _number):
        """Fail one request in five, each time otherwise."""
        pause = self.random.choice([None, 0.0, 2.0])
        return self.random.choice(
            [None] * 16
            + [
                ConnectionFailed("lost", retryable=True),
                RateLimited("slow", http_status=429, retryable=True, retry_after_s=pause),
                ServiceUnavailable("busy", http_status=503, retryable=True, retry_after_s=pause),
                ServiceUnavailable("unreadable", http_status=200, retryable=True),
            ]
        )

    async def page(self, **query):
        """Show a page with gaps, in any order."""
        self.rtt_s = self.random.choice([0.02, 0.3, 3.0])
        self.order = self.random.choice(["asc", "desc"])
        self.hidden = {i for i in self.born if self.random.random() < 0.2}
        page = await super().page(**query)
        data = self.random.sample(page.data, len(page.data))
        return page.model_copy(update={"data": data})


@settings(max_examples=40, deadline=None)
@given(
    seed=st.integers(0, 1_000),
    durations=st.lists(st.floats(0.0, 90.0), min_size=1, max_size=60),
    limit=st.sampled_from([3, 20, 100]),
    spread_s=st.sampled_from([0.0, 0.3, 5.0]),
)
def test_every_end_is_seen_whatever_the_list_does(seed, durations, limit, spread_s):
    """Nobody starves, no wait fails, the budget is kept."""
    service = Moody(seed, limit=limit)
    watched, ends = watch(service, {f"t{n}": d for n, d in enumerate(durations)}, spread_s=spread_s)
    assert {end.status for end in ends.values()} == {"succeeded"}
    assert max(watched.delays.values()) < 240
    times = service.times
    for place, start in enumerate(times):
        for count, end in enumerate(times[place:], 1):
            assert count <= 2 + 8 * (end - start) + 1e-6 or math.isclose(start, end)
