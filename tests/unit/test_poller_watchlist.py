"""What is asked next: decisions in pure time."""

import math

from hypothesis import given, settings
from hypothesis import strategies as st

from musicnb.poller import Budget, Durations, ReadPage, ReadTask, Watchlist
from musicnb.poller._pages import Page, Pages

WALL = 1_800_000_000.0
LEARNED = Durations({"m": [2 + 4 * (place + 0.5) / 256 for place in range(256)]})


def watchlist_of(*task_ids, age_s=0.0, durations=LEARNED, rate_per_s=1e6):
    """Watch tasks of the same age from time 0 on; the budget is in nobody's way."""
    watchlist = Watchlist(durations, Budget(rate_per_s, burst=1e6))
    for task_id in task_ids:
        watchlist.add(task_id, model="m", created=WALL - age_s, now=0.0, wall=WALL)
    return watchlist


def numbered(number):
    """Return so many ids."""
    return [f"t{place:04d}" for place in range(number)]


def see(watchlist, task_ids, now):
    """Note tasks as unfinished."""
    for task_id in task_ids:
        watchlist.saw(task_id, now, WALL + now)


def test_empty_watchlist_has_nothing_to_do():
    """Nothing watched, nothing due, ever."""
    assert Watchlist().next_due(0.0) == math.inf
    assert Watchlist().step(1e9) == []


def test_young_task_is_left_alone_until_the_first_ones_end():
    """No task of this model has ever ended within two seconds."""
    watchlist = watchlist_of("a")
    due = watchlist.next_due(0.0)
    assert 2.5 < due < 2.9
    assert watchlist.step(due - 0.1) == []
    assert watchlist.step(due) == [ReadTask("a")]


def test_task_left_alone_for_long_is_asked_about_at_once():
    """What a closed notebook left behind may have ended, and gets its half hour all the same."""
    watchlist = watchlist_of("a", age_s=3600.0)
    assert watchlist.next_due(0.0) == 0.0
    assert watchlist.step(0.0) == [ReadTask("a")]
    assert watchlist.overdue(1799.0) == []


def test_task_under_way_is_not_asked_about_twice():
    """An answer that takes its time is waited for."""
    watchlist = watchlist_of("a")
    (request,) = watchlist.step(4.0)
    assert watchlist.step(9.0) == []
    watchlist.read(request, 9.0)
    assert watchlist.step(9.0) == [ReadTask("a")]


def test_many_tasks_are_asked_about_with_one_page():
    """A page of the list replaces a hundred single reads."""
    ids = numbered(100)
    watchlist = watchlist_of(*ids)
    (request,) = watchlist.step(4.0)
    assert isinstance(request, ReadPage)
    assert (request.cursor, request.created_after_s) == (None, WALL - 300.0)
    watchlist.saw_page(request, ids, None, 4.05)
    see(watchlist, ids, 4.05)
    assert watchlist.step(4.05) == []


def test_more_than_a_page_is_followed_by_its_cursor():
    """250 tasks are three pages, and then each of them can be read next."""
    ids = numbered(250)
    watchlist = watchlist_of(*ids)
    cursors = []
    for place, cursor in ((0, "one"), (100, "two"), (200, None)):
        (request,) = watchlist.step(4.0)
        cursors.append(request.cursor)
        watchlist.saw_page(request, ids[place : place + 100], cursor, 4.0)
        see(watchlist, ids[place : place + 100], 4.0)
    assert cursors == [None, "one", "two"]
    assert watchlist.step(4.0) == []
    assert {request.cursor for request in watchlist.step(4.5)} == {None, "one", "two"}


def test_what_a_page_really_held_decides_what_was_covered():
    """A task that was missing from its page is asked about, and soon alone."""
    ids = numbered(5)
    watchlist = watchlist_of(*ids)
    (request,) = watchlist.step(4.0)
    watchlist.saw_page(request, ids[:-1], None, 4.0)
    see(watchlist, ids[:-1], 4.0)
    assert watchlist.step(4.0) == [ReadTask(ids[-1])]


def test_end_without_its_facts_is_asked_about_first():
    """What a page has only hinted at is fetched before anything else."""
    watchlist = watchlist_of("a", "b")
    watchlist.want("b")
    assert watchlist.step(0.0) == [ReadTask("b")]


def test_at_most_four_requests_are_under_way():
    """A slow service is not given more and more to do."""
    watchlist = watchlist_of("a")
    (page,) = (request for request in watchlist_of(*numbered(5)).step(4.0))
    assert isinstance(page, ReadPage)
    watchlist = watchlist_of(*numbered(9))
    (request,) = watchlist.step(4.0)
    watchlist.no_list(request, 4.0)
    assert len(watchlist.step(4.0)) == 4
    assert watchlist.next_due(4.0) > 1000


def test_failed_request_lets_others_go_first():
    """One broken answer does not keep everybody else from being asked about."""
    watchlist = watchlist_of("a", "b")
    watchlist.saw("b", 3.5, WALL + 3.5)
    (request,) = watchlist.step(4.0)
    assert request == ReadTask("a")
    watchlist.refused(request, 4.0, 0.0)
    (request,) = watchlist.step(4.4)
    assert request != ReadTask("a")


def test_age_comes_from_the_service_within_what_our_clocks_allow():
    """A date of tomorrow or of 1970 moves an age no further than between watching and order."""
    for created_at, due_within in ((WALL - 1.0, 2.0), (WALL + 86_400.0, 2.9), (0.0, 0.01)):
        watchlist = Watchlist(LEARNED)
        watchlist.add("a", model="m", created=WALL - 5.0, now=0.0, wall=WALL, created_at=created_at)
        assert watchlist.next_due(0.0) <= due_within
        assert (watchlist.next_due(0.0) > due_within - 0.5) or due_within < 0.1


def test_list_begins_anew_when_older_tasks_join():
    """A task of yesterday is not in a list that begins today."""
    ids = numbered(10)
    watchlist = watchlist_of(*ids)
    (request,) = watchlist.step(4.0)
    watchlist.saw_page(request, ids, None, 4.0)
    see(watchlist, ids, 4.0)
    for task_id in ("old1", "old2", "old3", "old4"):
        watchlist.add(task_id, model="m", created=WALL - 86_400.0, now=4.0, wall=WALL + 4.0)
    (request, *_) = watchlist.step(4.0)
    assert request.created_after_s < WALL - 86_400.0


def test_cursor_that_leads_back_is_not_followed():
    """A list that goes round in circles ends where it began to."""
    pages = Pages()
    pages.begin(0.0)
    pages.held(pages.tail, ["a"], "one")
    pages.held(pages.tail, ["b"], "one")
    assert [page.cursor for page in pages] == [None, "one"]


def test_pages_of_ended_tasks_are_dropped_and_sparse_ones_begin_anew():
    """What is left of a long list is read in as few pages as it fits into."""
    pages = Pages()
    pages.begin(0.0)
    pages.held(pages.tail, numbered(100), "one")
    pages.held(pages.tail, [f"u{place}" for place in range(30)], None)
    assert not pages.tidy({"t0010", "u1"}, more_expected=False)
    assert pages.tidy({"t0095", "u1"}, more_expected=False)
    assert not pages.tidy({"u1"}, more_expected=False)
    assert [page.cursor for page in pages] == ["one"]
    assert Page(0.0) not in pages


@settings(deadline=None)
@given(
    st.lists(st.floats(0.0, 600.0), min_size=1, max_size=30),
    st.lists(st.floats(0.5, 400.0), max_size=20),
)
def test_nobody_is_left_unasked_for_longer_than_a_heartbeat(ages_s, durations_s):
    """Whatever was learned and however old they are, everybody has been looked at after 10 s."""
    watchlist = Watchlist(Durations({"m": durations_s}), Budget(1e6, burst=1e6))
    for place, age_s in enumerate(ages_s):
        watchlist.add(f"t{place}", model="m", created=WALL - age_s, now=0.0, wall=WALL)
    ids, now, asked = [f"t{place}" for place in range(len(ages_s))], 0.0, set()
    while now <= 10.0:
        for request in watchlist.step(now):
            if isinstance(request, ReadPage):
                watchlist.saw_page(request, ids, None, now)
                see(watchlist, ids, now)
                asked.update(ids)
            else:
                watchlist.read(request, now)
                see(watchlist, [request.task_id], now)
                asked.add(request.task_id)
        now = max(watchlist.next_due(now), now + 1e-6)
    assert asked == set(ids)
