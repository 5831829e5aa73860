"""The report of a run: every number from the journal, nothing from outside, nothing given away."""

import re
import sqlite3
from collections import defaultdict
from html.parser import HTMLParser

import pytest

from musicnb import TextToMusic
from musicnb.errors import InvalidInput

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
    return studio.sweep("told", brief, AXES).run(max_credits=900).wait(PATIENCE_S)


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


def test_file_that_is_there_is_kept_unless_told_otherwise(run, tmp_path):
    """As tables do."""
    path = tmp_path / "r.html"
    path.write_text("mine")
    with pytest.raises(FileExistsError):
        run.report(path)
    assert path.read_text() == "mine"
    assert run.report(path, preview_s=2, overwrite=True).read_text().startswith("<!doctype html>")
