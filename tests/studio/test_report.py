"""The report of a run: every number from the journal, nothing from outside, nothing given away."""

import json
import re
import sqlite3
from collections import defaultdict
from html.parser import HTMLParser

import pytest

from musicnb import TextToMusic
from musicnb.errors import InvalidInput, LibraryError
from musicnb.listen import TopK, Vote, rank
from musicnb.table import ratio_interval, share_interval

PATIENCE_S = 240
UNITS = 10_000
HOSTILE = "<img src=x onerror=alert(1)>"
AXES = {"mood": ["calm", HOSTILE], "model": {"suno-5.5": 3, "minimax-music-2.6": 3}}


class Reading(HTMLParser):
    """Text of tables and figures, and everything that would load something."""

    def __init__(self, page):
        super().__init__()
        self.figures, self.tables, self.sources, self.tags = {}, {}, [], []
        self._figure = self._table = None
        self._cell = False
        self.feed(page)

    def handle_starttag(self, tag, attrs):
        """Note what matters."""
        known = dict(attrs)
        self.tags.append(tag)
        self.sources += [known[name] for name in ("src", "href", "action") if name in known]
        self._figure = known.get("data-figure", self._figure if tag != "dd" else None)
        if tag == "table":
            self._table = self.tables.setdefault(known["aria-label"], [])
        elif tag == "tr":
            self._table.append([])
        elif tag in ("th", "td"):
            self._table[-1].append("")
            self._cell = True

    def handle_endtag(self, tag):
        """Leave cells and figures."""
        if tag == "dd":
            self._figure = None
        if tag in ("th", "td"):
            self._cell = False

    def handle_data(self, data):
        """Collect text."""
        if self._figure:
            self.figures[self._figure] = data
        if self._cell:
            self._table[-1][-1] += data


@pytest.fixture(scope="module")
def run(studio):
    """Twelve orders of two models; the first fails and is refunded."""
    studio.rehearse("task_failed", on="create", times=1)
    brief = TextToMusic("{mood} pop, 4 s", instrumental=True)
    run = studio.sweep("told", brief, AXES).run(max_credits=900).wait(PATIENCE_S)
    for number, clip in enumerate(run.clips):
        clip.rate(stars=(5, 2, 4)[number % 3])
    return run


@pytest.fixture(scope="module")
def session(run):
    """Six clips, answered and revealed."""
    session = run.listen(6, name="told", goal="top 2", votes=16, seed=5)
    while session.screen().state != "done":
        session.vote(("A", "B", "tie", "A")[session.answered % 4])
    return session.reveal()


@pytest.fixture(scope="module")
def page(run, session, tmp_path_factory):
    """Write it once."""
    path = tmp_path_factory.mktemp("report") / "report.html"
    return run.report(path, session, preview_s=2).read_text()


@pytest.fixture(scope="module")
def journal(studio):
    """Open the file itself, past all of our code."""
    with sqlite3.connect(
        f"file:{studio.library.folder / 'journal.sqlite'}?mode=ro", uri=True
    ) as db:
        yield db


def credits_of(text):
    return float(text.replace(",", ""))


def test_money_of_the_report_is_that_of_the_journal_file(page, journal):
    """Sums over the rows of the sweep: charged, given back, paid, and the cap."""
    rows = journal.execute("SELECT charged, refunded, state, expected FROM jobs WHERE sweep='told'")
    rows = rows.fetchall()
    figures = Reading(page).figures
    charged = sum(row[0] or 0 for row in rows) / UNITS
    refunded = sum(row[1] or 0 for row in rows) / UNITS
    assert refunded > 0
    assert credits_of(figures["charged_credits"]) == charged
    assert credits_of(figures["refunded_credits"]) == refunded
    assert credits_of(figures["spent_credits"]) == charged - refunded
    assert credits_of(figures["planned_credits"]) == sum(row[3] for row in rows) / UNITS
    (cap,) = journal.execute("SELECT max_credits FROM sweeps WHERE name='told'").fetchone()
    assert credits_of(figures["cap_credits"]) == cap / UNITS
    assert figures["orders"] == str(len(rows))


def test_refunded_order_leaves_the_spend_and_stays_a_failure(page, journal):
    """One failed order, in the tiles, in the list and in its model's row."""
    reading = Reading(page)
    query = "SELECT count(*) FROM jobs WHERE sweep='told' AND state='failed' AND refunded=charged"
    assert journal.execute(query).fetchone() == (1,)
    assert reading.figures["failed"] == "1"
    assert len(reading.tables["Orders that gave nothing"]) == 2
    assert sum(int(row[2]) for row in reading.tables["What each model gave and cost"][1:]) == 1


def test_costs_by_model_are_recomputed_from_the_journal_file(page, journal, session):
    """Tasks, clips, credits, shortlist, votes between models: each from rows."""
    spent, tasks, clips, model_of = defaultdict(float), defaultdict(int), defaultdict(int), {}
    for job, model, charged, refunded in journal.execute(
        "SELECT job_id, resolved_model, charged, refunded FROM jobs WHERE sweep='told'"
    ):
        spent[model] += (charged - (refunded or 0)) / UNITS
        tasks[model] += 1
        for (clip,) in journal.execute("SELECT clip_id FROM clips WHERE job_id=?", (job,)):
            clips[model] += 1
            model_of[clip] = model
    points, votes = defaultdict(float), defaultdict(int)
    for left, right, answer in journal.execute(
        "SELECT left_clip, right_clip, answer FROM votes WHERE session='told'"
        " AND withdrawn_at IS NULL AND is_repeat = 0 AND answer != 'both_unusable'"
    ):
        if model_of[left] != model_of[right]:
            share = {"A": 1, "B": 0, "tie": 0.5}[answer]
            points[model_of[left]] += share
            points[model_of[right]] += 1 - share
            votes[model_of[left]] += 1
            votes[model_of[right]] += 1
    chosen = [model_of[clip.clip_id] for clip in session.shortlist]
    assert votes
    table = Reading(page).tables["What each model gave and cost"]
    at = {name: place for place, name in enumerate(table[0])}
    assert {row[0] for row in table[1:]} == set(tasks)
    for row in table[1:]:
        model = row[0]
        assert int(row[at["tasks"]]) == tasks[model]
        assert int(row[at["clips"]]) == clips[model]
        assert credits_of(row[at["spent, credits"]]) == spent[model]
        assert int(row[at["shortlisted clips"]]) == chosen.count(model)
        per_clip = credits_of(row[at["credits per clip"]].split()[0])
        assert per_clip == pytest.approx(spent[model] / clips[model], abs=0.05)
        if chosen.count(model):
            cost = credits_of(row[at["credits per shortlisted clip"]].split()[0])
            assert cost == pytest.approx(spent[model] / chosen.count(model), abs=0.05)
        assert int(row[at["votes"]]) == votes[model]
        rate = credits_of(row[at["win rate, %"]].split()[0])
        assert rate == pytest.approx(100 * points[model] / votes[model], abs=0.05)


def test_wins_of_the_report_are_the_votes_of_the_journal_file(page, journal):
    """As many preferences as votes for A or B, as many ties as votes without."""
    matrix = Reading(page).tables["Win matrix"][1:]
    won = sum(int(cell) for row in matrix for cell in row[1:-2] if cell != "·")
    query = "SELECT count(*) FROM votes WHERE session='told' AND answer IN ('A', 'B')"
    assert (won,) == journal.execute(query).fetchone()
    tied = sum(int(row[-2]) for row in matrix)
    query = "SELECT 2 * count(*) FROM votes WHERE session='told' AND answer = 'tie'"
    assert (tied,) == journal.execute(query).fetchone()


def rows_by_task(journal):
    """Of each order: its mood, whether it failed, net credits, clips and usable ones, from rows."""
    found = []
    for job, body, state, charged, refunded in journal.execute(
        "SELECT job_id, body, state, charged, refunded FROM jobs WHERE sweep='told'"
    ):
        prompt = json.loads(body)["prompt"]
        mood = next(mood for mood in AXES["mood"] if mood in prompt)
        stars = journal.execute(
            "SELECT stars FROM clips LEFT JOIN ratings USING (clip_id) WHERE job_id=?", (job,)
        ).fetchall()
        usable = sum(star >= 3 for (star,) in stars)
        net = (charged - (refunded or 0)) / UNITS
        found.append((mood, state == "failed", net, len(stars), usable))
    return found


def test_costs_by_an_axis_with_their_intervals_are_recomputed_from_the_journal_file(page, journal):
    """Tasks, failures, clips, usable clips, spend, and what one costs, between its ends."""
    table = Reading(page).tables["What each mood gave and cost"]
    at = {name: place for place, name in enumerate(table[0])}
    rows = rows_by_task(journal)
    assert len(table) == 3
    for row in table[1:]:
        mine = [one for one in rows if one[0] == row[0]]
        _, failed, net, clips, usable = map(list, zip(*mine, strict=True))
        assert int(row[at["tasks"]]) == len(mine) == 6
        assert int(row[at["failed"]]) == sum(failed)
        assert int(row[at["clips"]]) == sum(clips)
        assert int(row[at["usable clips"]]) == sum(usable) > 0
        assert credits_of(row[at["spent, credits"]]) == sum(net)
        low, high = ratio_interval(net, clips)
        told = [float(word) for word in re.findall(r"[\d.]+", row[at["credits per clip"]])]
        assert told == pytest.approx([sum(net) / sum(clips), low, high], abs=0.06)
        told = [float(word) for word in re.findall(r"[\d.]+", row[at["credits per usable clip"]])]
        least, most = share_interval(usable, clips)
        per_clip = sum(net) / sum(clips)
        wanted = [sum(net) / sum(usable), per_clip / most, per_clip / least]
        assert told == pytest.approx(wanted, abs=0.06)


def votes_of(journal):
    """Return every vote that counts, from rows."""
    query = (
        "SELECT left_clip, right_clip, answer, listener, is_repeat FROM votes"
        " WHERE session='told' AND withdrawn_at IS NULL ORDER BY number"
    )
    return [
        Vote(left, right, answer, listener=listener, is_repeat=bool(repeat))
        for left, right, answer, listener, repeat in journal.execute(query)
    ]


def test_strengths_of_the_report_follow_from_the_votes_of_the_journal_file(page, journal):
    """The same votes, clips, tasks and seed give the same numbers, in the same groups."""
    query = "SELECT clips, settings FROM sessions WHERE name='told'"
    clips, settings = map(json.loads, journal.execute(query).fetchone())
    clusters = dict(journal.execute("SELECT clip_id, job_id FROM clips"))
    ranking = rank(
        votes_of(journal), clips, goal=TopK(settings["k"]), seed=settings["seed"],
        clusters={clip: clusters[clip] for clip in clips},
    )  # fmt: skip
    table = Reading(page).tables["Strengths with intervals"]
    assert len(table) == 1 + len(clips)
    for row, one in zip(table[1:], ranking.standings, strict=True):
        assert row[1] == one.group
        assert row[3] == f"{one.strength:+.2f} [{one.low:+.2f}, {one.high:+.2f}]"
        assert row[4:] == [f"{one.in_top * 100:.0f}", f"{one.usable * 100:.0f}"]


def test_hidden_repeats_of_the_report_are_counted_from_the_journal_file(page, journal):
    """Each is compared with the vote on the same pair before it."""
    same = opposite = total = 0
    before = {}
    for vote in votes_of(journal):
        said = {"A": vote.left, "B": vote.right}.get(vote.answer, vote.answer)
        if vote.is_repeat:
            first = before[vote.pair]
            total += 1
            same += said == first
            opposite += {said, first} == {vote.left, vote.right}
        before[vote.pair] = said
    assert total
    assert f"Hidden repeats, me: {same} of {total} the same, {opposite} opposite." in page


def test_counts_of_the_report_are_those_of_the_journal_file(page, journal, run):
    """Orders by state, what is held, what did not run."""
    figures = Reading(page).figures
    states = dict(
        journal.execute("SELECT state, count(*) FROM jobs WHERE sweep='told' GROUP BY state")
    )
    for state in ("failed", "canceled", "unknown"):
        assert int(figures[state]) == states.get(state, 0)
    assert int(figures["not_run"]) == run.plan.tasks - sum(states.values())
    query = "SELECT count(*) FROM jobs WHERE sweep='told' AND ended_at IS NULL"
    assert journal.execute(query).fetchone() == (0,)
    assert credits_of(figures["held_credits"]) == 0


def test_report_loads_nothing_and_holds_no_secret(page, studio):
    """Only data addresses, no script, no key, no folder, and hostile words as words."""
    reading = Reading(page)
    assert reading.sources
    assert all(source.startswith("data:") for source in reading.sources)
    assert not {"script", "link", "iframe"} & set(reading.tags)
    assert studio._road.service.api_key.reveal() not in page
    assert "http" not in re.sub(r"http-equiv|data:[^\"]+", "", page)
    assert str(studio.library.folder) not in page
    assert "<img src=x" not in page
    assert "winner" not in page.lower()
    assert page.count("<audio") == 2


def test_report_says_how_large_it_is_and_that_the_money_is_play_money(page):
    """Within a kilobyte."""
    size, unit = re.search(r"One file of ([\d.]+) (kB|MB)", page).groups()
    assert float(size) * {"kB": 1e3, "MB": 1e6}[unit] == pytest.approx(len(page.encode()), rel=0.06)
    assert "play money" in page


def test_report_without_a_session_ranks_nothing_and_says_so(run, tmp_path):
    """No strengths, no win rate, but players and money."""
    page = run.report(tmp_path / "r.html", preview_s=2).read_text()
    reading = Reading(page)
    assert "nothing is ranked" in page
    assert "Win matrix" not in reading.tables
    assert "win rate, %" not in reading.tables["What each model gave and cost"][0]
    assert page.count("<audio") == 3


def test_report_and_summary_refuse_while_a_session_is_sealed(run, tmp_path):
    """And leave no file."""
    session = run.listen(4, name="sealed", votes=8, seed=1)
    with pytest.raises(InvalidInput, match="sealed"):
        run.report(tmp_path / "r.html", session)
    with pytest.raises(InvalidInput, match="sealed"):
        run.summary("model", shortlist=session)
    assert list(tmp_path.iterdir()) == []


def test_wrong_session_and_wrong_place_are_named(run, tmp_path):
    """Not by an attribute that something has not."""
    for wrong in ("told", 3, run):
        with pytest.raises(InvalidInput, match="session"):
            run.report(tmp_path / "r.html", wrong)
        with pytest.raises(InvalidInput, match="shortlist"):
            run.summary("model", shortlist=wrong)
    with pytest.raises(LibraryError, match="cannot be written"):
        run.report(tmp_path / "no" / "r.html", preview_s=2)


def test_file_that_is_there_is_kept_unless_told_otherwise(run, tmp_path):
    """As tables do."""
    path = tmp_path / "r.html"
    path.write_text("mine")
    with pytest.raises(FileExistsError):
        run.report(path)
    assert path.read_text() == "mine"
    assert run.report(path, preview_s=2, overwrite=True).read_text().startswith("<!doctype html>")
