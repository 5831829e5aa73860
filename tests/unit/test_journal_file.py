"""The journal's file: upgraded, checked, copied, and read beside its owner."""

import shutil
import sqlite3
from decimal import Decimal

import pytest

from musicnb import TextToMusic
from musicnb.errors import InvalidInput, LibraryError
from musicnb.library import Journal, KeptSession, KeptVote, Library, restore_journal
from musicnb.wire import Billing

BRIEF = TextToMusic("dream pop", model="suno-5.5")
# as the first version made it
VERSION_1 = """
CREATE TABLE library (name TEXT PRIMARY KEY, value TEXT NOT NULL) STRICT;
CREATE TABLE jobs (
    job_id TEXT PRIMARY KEY, service TEXT NOT NULL, capability TEXT NOT NULL,
    brief_digest TEXT NOT NULL, generation INTEGER NOT NULL, body BLOB NOT NULL,
    idempotency_key TEXT NOT NULL UNIQUE, state TEXT NOT NULL CHECK (state IN
        ('planned', 'sending', 'accepted', 'succeeded', 'failed', 'canceled', 'unknown')),
    expected INTEGER NOT NULL CHECK (expected >= 0), planned_at REAL NOT NULL, sent_at REAL,
    task_id TEXT UNIQUE, resolved_model TEXT, charged INTEGER, refunded INTEGER, ended_at REAL,
    problem TEXT, UNIQUE (service, brief_digest, generation)
) STRICT;
CREATE INDEX jobs_by_state ON jobs (state);
CREATE TABLE clips (
    clip_id TEXT PRIMARY KEY, job_id TEXT NOT NULL REFERENCES jobs (job_id),
    position INTEGER NOT NULL, title TEXT NOT NULL, artifact_id TEXT, file TEXT NOT NULL UNIQUE,
    media_type TEXT NOT NULL, size_bytes INTEGER NOT NULL, sha256 TEXT NOT NULL,
    duration_s REAL NOT NULL, sample_rate_hz INTEGER NOT NULL, channels INTEGER NOT NULL,
    loudness_lufs REAL NOT NULL, peak_dbfs REAL NOT NULL, rms_dbfs REAL NOT NULL,
    outline BLOB NOT NULL, saved_at REAL NOT NULL, problem TEXT, UNIQUE (job_id, position)
) STRICT;
INSERT INTO library VALUES ('id', 'f00d');
INSERT INTO jobs VALUES ('job-1', 'sandbox', 'text_to_music', 'digest', 1,
    CAST('{"model":"suno-5.5","prompt":"x"}' AS BLOB), 'key-1', 'succeeded', 800000, 1.0, 2.0,
    'tsk_1', 'suno-5.5', 800000, 0, 3.0, NULL);
INSERT INTO jobs VALUES ('job-2', 'sandbox', 'text_to_music', 'digest', 2,
    CAST('{"model":"suno-5.5","prompt":"x"}' AS BLOB), 'key-2', 'unknown', 800000, 4.0, 5.0,
    NULL, NULL, NULL, NULL, NULL, 'no answer');
INSERT INTO clips VALUES ('tsk_1-1', 'job-1', 1, 'X', NULL, 'clips/x.mp3', 'audio/mpeg', 5, 'ab',
    1.5, 44100, 2, -14.0, -1.0, -17.0, x'00ff', 3.0, NULL);
PRAGMA user_version = 1;
"""


@pytest.fixture
def path(tmp_path):
    """Name a journal that is not there yet."""
    return tmp_path / "journal.sqlite"


def filled(path, orders=20):
    """Write a journal with some orders, and close it."""
    journal = Journal(path)
    jobs = [journal.plan(BRIEF, service="s") for _ in range(orders)]
    journal.billed(jobs[0].job_id, Billing(charged_credits=Decimal(80)), None)
    journal.close()
    return jobs


def altered(path, statement):
    """Change a row behind the journal's back, as a flipped bit in a page would."""
    with sqlite3.connect(path) as db:
        db.execute(statement)
    db.close()


def test_journal_of_the_first_version_is_upgraded_with_everything_in_it(path):
    """Orders, money, keys and clips are as they were; the old file is kept beside it."""
    old = sqlite3.connect(path)
    old.executescript(VERSION_1)
    old.close()
    journal = Journal(path)
    first, second = journal.jobs("sandbox")
    assert (first.job_id, first.charged_credits, first.spent_credits) == ("job-1", 80, 80)
    assert (second.state, second.sent_at, second.held_credits) == ("unknown", 5.0, 80)
    assert second.idempotency_key == "key-2"
    assert first.sweep == ""
    assert [clip.file for clip in journal.clips("job-1")] == ["clips/x.mp3"]
    assert journal.library_id == "f00d"
    journal.ended("job-2", "canceled")
    journal.close()
    kept = sqlite3.connect(path.with_name("journal.v1.sqlite"))
    assert kept.execute("SELECT count(*) FROM jobs").fetchone() == (2,)
    kept.close()
    Journal(path).close()


def test_upgrade_that_is_cut_off_leaves_the_first_version(path, monkeypatch):
    """All of it or none: the next start upgrades from where this one began."""
    old = sqlite3.connect(path)
    old.executescript(VERSION_1)
    old.close()
    from musicnb.library import _database  # noqa: PLC0415 - its table of upgrades is changed

    good = _database.MIGRATIONS
    cut = {**good, 2: good[2] + "; SELECT no_such_function();"}
    monkeypatch.setattr(_database, "MIGRATIONS", cut)
    with pytest.raises(LibraryError, match="no_such_function"):
        Journal(path)
    monkeypatch.setattr(_database, "MIGRATIONS", good)
    journal = Journal(path)
    assert len(journal.jobs()) == 2
    journal.close()


def test_journal_of_the_third_version_learns_of_sessions_and_keeps_the_rest(path):
    """Orders stay; sessions and votes can be kept, and an altered vote is noticed."""
    filled(path)
    altered(path, "DROP TABLE votes")
    altered(path, "DROP TABLE sessions")
    altered(path, "PRAGMA user_version = 3")
    journal = Journal(path)
    assert len(journal.jobs()) == 20
    journal.sessions.start(KeptSession("spring", "f00d", ("one", "two"), {"k": 1}))
    vote = KeptVote("v1", "spring", "me", "one", "two", "A", reasons=("hook",), heard_s=(3, 4))
    assert journal.sessions.keep(vote)
    assert not journal.sessions.keep(vote)
    with pytest.raises(InvalidInput, match="taken"):
        journal.sessions.start(KeptSession("spring", "beef", ("one", "two"), {}))
    journal.close()
    again = Journal(path)
    (kept,) = again.sessions.votes("spring")
    assert (kept.answer, kept.reasons, kept.heard_s) == ("A", ("hook",), (3, 4))
    assert again.sessions.find("spring").clips == ("one", "two")
    again.close()
    altered(path, "UPDATE votes SET answer = 'B'")
    with pytest.raises(LibraryError, match="of votes was altered"):
        Journal(path)


@pytest.mark.parametrize(
    "change",
    [
        "UPDATE jobs SET charged = 80001 WHERE charged = 800000",
        "UPDATE jobs SET idempotency_key = 'another' WHERE rowid = 3",
        "UPDATE jobs SET body = CAST('{}' AS BLOB) WHERE rowid = 3",
        "UPDATE jobs SET state = 'succeeded' WHERE rowid = 3",
    ],
)
def test_altered_row_is_noticed_and_nothing_is_changed(path, change):
    """What SQLite's own check cannot see, the row's seal does."""
    filled(path)
    altered(path, change)
    before = path.read_bytes()
    with pytest.raises(LibraryError, match="was altered") as caught:
        Journal(path)
    assert caught.value.code == "journal_damaged"
    assert "doctor --restore" in caught.value.hint
    assert path.read_bytes() == before


def test_last_good_state_is_kept_and_not_overwritten_by_a_damaged_one(tmp_path):
    """Restoring brings back every order; the damaged file stays for whoever wants to look."""
    library = Library(tmp_path)
    jobs = [library.journal.plan(BRIEF, service="s") for _ in range(3)]
    library.close()
    path = tmp_path / "journal.sqlite"
    altered(path, "UPDATE jobs SET expected = 1 WHERE rowid = 2")
    for _ in range(2):
        with pytest.raises(LibraryError, match="damaged"):
            Library(tmp_path)
    aside = restore_journal(tmp_path, stamp="now")
    assert aside.name == "journal.damaged-now.sqlite"
    assert aside.exists()
    library = Library(tmp_path)
    assert library.journal.jobs() == jobs
    library.close()


def test_restoring_without_a_good_state_says_so(tmp_path):
    """Nothing is moved when there is nothing to put in its place."""
    (tmp_path / "journal.sqlite").write_bytes(b"rubbish")
    with pytest.raises(LibraryError, match=r"no journal\.good\.sqlite"):
        restore_journal(tmp_path, stamp="now")
    assert (tmp_path / "journal.sqlite").read_bytes() == b"rubbish"


def test_reader_beside_the_owner_sees_what_is_committed_and_writes_nothing(path):
    """A second process looks on while the first works."""
    owner = Journal(path)
    first = owner.plan(BRIEF, service="s")
    reader = Journal(path, read_only=True)
    assert reader.jobs() == [first]
    second = owner.plan(BRIEF, service="s")
    assert reader.jobs() == [first, second]
    with pytest.raises(LibraryError, match="only read here"):
        reader.plan(BRIEF, service="s")
    reader.close()
    owner.sending(first.job_id)
    assert owner.job(first.job_id).state == "sending"
    owner.close()


def test_journal_of_a_killed_process_is_whole(tmp_path):
    """A copy taken while it is open, log and all, is what a kill leaves behind."""
    journal = Journal(tmp_path / "journal.sqlite")
    jobs = [journal.plan(BRIEF, service="s") for _ in range(5)]
    after = tmp_path / "after"
    after.mkdir()
    for name in ("journal.sqlite", "journal.sqlite-wal"):
        shutil.copy(tmp_path / name, after)
    journal.close()
    again = Journal(after / "journal.sqlite")
    assert again.jobs() == jobs
    again.close()


@pytest.mark.parametrize("how", ["removed", "emptied", "without its log"])
def test_journal_that_is_gone_is_not_begun_anew_over_its_good_copy(tmp_path, how):
    """A new one would have new keys, and everything would be paid again."""
    library = Library(tmp_path)
    jobs = [library.journal.plan(BRIEF, service="s") for _ in range(3)]
    library.close()
    path, good = tmp_path / "journal.sqlite", tmp_path / "journal.good.sqlite"
    kept = good.read_bytes()
    if how == "removed":
        path.unlink()
    else:
        path.write_bytes(b"")
    if how == "without its log":  # all that a new file in WAL mode has without its log
        other = sqlite3.connect(path)
        other.execute("PRAGMA journal_mode=WAL")
        other.close()
    with pytest.raises(LibraryError, match=r"damaged .*last good state|lost its tables"):
        Library(tmp_path)
    assert good.read_bytes() == kept
    restore_journal(tmp_path, stamp="now")
    library = Library(tmp_path)
    assert library.journal.jobs() == jobs
    library.close()


def test_journal_that_lacks_orders_of_its_good_copy_is_refused(tmp_path):
    """An older file in its place, as a sync service leaves it, has forgotten what was paid."""
    path = tmp_path / "journal.sqlite"
    filled(path, orders=2)
    older = path.read_bytes()
    filled(path, orders=2)
    path.write_bytes(older)
    with pytest.raises(LibraryError, match="2 orders of its last good state are not in it"):
        Journal(path)


@pytest.mark.parametrize("content", [b"rubbish" * 1000, b"SQLite format 3\0" + bytes(5000), None])
def test_every_kind_of_damage_can_be_restored(tmp_path, content):
    """Whatever stands in the journal's place, the good copy brings it back."""
    library = Library(tmp_path)
    jobs = [library.journal.plan(BRIEF, service="s") for _ in range(3)]
    library.close()
    path = tmp_path / "journal.sqlite"
    path.unlink()
    if content is None:
        path.mkdir()
    else:
        path.write_bytes(content)
    with pytest.raises(LibraryError) as caught:
        Library(tmp_path)
    assert caught.value.code == "journal_damaged"
    restore_journal(tmp_path, stamp="now")
    library = Library(tmp_path)
    assert library.journal.jobs() == jobs
    library.close()


def test_damaged_good_copy_does_not_take_the_journals_place(tmp_path):
    """Out of the frying pan: it is looked at first, and nothing is moved."""
    path = tmp_path / "journal.sqlite"
    filled(path)
    altered(path.with_name("journal.good.sqlite"), "UPDATE jobs SET expected = 1")
    path.write_bytes(b"rubbish")
    with pytest.raises(LibraryError, match="damaged, too"):
        restore_journal(tmp_path, stamp="now")
    assert path.read_bytes() == b"rubbish"


def test_order_stands_in_the_file_itself_before_it_is_sent(path):
    """A log that is lost is dropped without a word; what may cost money is not there alone."""
    journal = Journal(path)
    job = journal.plan(BRIEF, service="s")
    alone = path.parent / "alone"
    alone.mkdir()
    shutil.copy(path, alone)
    journal.close()
    reader = sqlite3.connect(alone / path.name)
    assert reader.execute("SELECT idempotency_key FROM jobs").fetchall() == [(job.idempotency_key,)]
    reader.close()


def test_closed_journal_says_that_it_is_closed(path):
    """And does not recommend to restore what is whole."""
    journal = Journal(path)
    journal.close()
    with pytest.raises(LibraryError, match="this studio was closed") as caught:
        journal.jobs()
    assert "restore" not in caught.value.hint


def test_orders_of_an_earlier_key_are_taken_over_with_their_caps(path):
    """All of them, or only what was never sent; their keys stay as they were."""
    journal = Journal(path)
    planned = journal.plan_sweep([BRIEF] * 2, service="u#1", sweep="a", max_credits=Decimal(160))
    first, second = (job for job, _ in planned.orders)
    journal.sending(first.job_id)
    assert journal.adopt("u#1", "u#2", unsent_only=True) == 1
    assert [job.job_id for job in journal.jobs("u#2")] == [second.job_id]
    assert journal.adopt("u#1", "u#2", unsent_only=False) == 1
    again = journal.plan_sweep([BRIEF] * 2, service="u#2", sweep="a", max_credits=Decimal(160))
    keys = {job.idempotency_key for job, is_new in again.orders if not is_new}
    assert keys == {first.idempotency_key, second.idempotency_key}
    journal.close()
    Journal(path).close()
