"""Ratings: kept in the journal, checked before, durable after."""

import os
import shutil
import signal
import sqlite3
import subprocess
import sys

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from musicnb.briefs import TextToMusic
from musicnb.errors import InvalidInput, LibraryError
from musicnb.library import ClipRecord, Journal, Rating
from musicnb.library._schema import MIGRATIONS

BRIEF = TextToMusic("slow waltz", model="suno-5.5")


def keep_clip(journal, clip_id="tsk_1-1", **changes):
    """Write down an order and a clip of it."""
    job = journal.plan(BRIEF, service="s")
    values = {
        "clip_id": clip_id, "job_id": job.job_id, "position": 1, "title": "T",
        "artifact_id": None, "file": f"clips/{clip_id}.mp3", "media_type": "audio/mpeg",
        "size_bytes": 10, "sha256": "0" * 64, "duration_s": 1.5, "sample_rate_hz": 44_100,
        "channels": 2, "loudness_lufs": -14.0, "peak_dbfs": -1.0, "rms_dbfs": -12.0,
        "outline": bytes(2000), "saved_at": 1000.0,
    }  # fmt: skip
    record = ClipRecord(**{**values, **changes})
    journal.keep(record)
    return record


@pytest.fixture
def path(tmp_path):
    return tmp_path / "journal.sqlite"


@pytest.fixture
def journal(path):
    journal = Journal(path, clock=lambda: 1000.0)
    keep_clip(journal)
    yield journal
    journal.close()


def test_rating_changes_what_is_given_and_keeps_the_rest(journal):
    """Stars, tags and note are set one by one, and taken away one by one."""
    assert journal.rating("tsk_1-1") == Rating("tsk_1-1")
    journal.rate("tsk_1-1", stars=4)
    journal.rate("tsk_1-1", tags=[" hook ", "Hook", "keep"])
    rating = journal.rate("tsk_1-1", note="the bridge drags\r\na little ")
    note = "the bridge drags\na little"
    assert rating == Rating("tsk_1-1", 4, ("hook", "keep"), note, 1000.0)
    assert journal.ratings() == {"tsk_1-1": rating}
    journal.rate("tsk_1-1", stars=None, tags=())
    assert journal.rating("tsk_1-1") == Rating("tsk_1-1", None, (), note, 1000.0)
    journal.rate("tsk_1-1", note="")
    assert journal.ratings() == {}


def test_stars_of_numpy_are_stars(journal):
    """As a column of a table gives them."""
    assert journal.rate("tsk_1-1", stars=np.int64(4)).stars == 4
    assert journal.ratings()["tsk_1-1"].stars == 4
    with pytest.raises(InvalidInput, match="stars: is a int that cannot be shown"):
        journal.rate("tsk_1-1", stars=10**5_000)


def test_rating_outlives_the_journal_and_a_clip_that_is_fetched_again(journal, path):
    """The file of a clip may have gone and come back; what was thought of it stays."""
    journal.rate("tsk_1-1", stars=5)
    journal.keep(journal.clips()[0])
    journal.close()
    again = Journal(path)
    assert again.rating("tsk_1-1").stars == 5
    again.close()


@pytest.mark.parametrize(
    ("changes", "said"),
    [
        ({"stars": 0}, "stars: is 0; give 1 to 5, or None"),
        ({"stars": 6}, "stars: is 6"),
        ({"stars": True}, "stars: is True"),
        ({"stars": 4.0}, "stars: is 4.0"),
        ({"tags": "hook"}, r"tags: is 'hook'; give a list of words, such as \['hook'"),
        ({"tags": ["a,b"]}, "tags: has 'a,b'; .*without commas"),
        ({"tags": [" "]}, "tags: has ' '; give 1 to 40 characters"),
        ({"tags": ["x" * 41]}, "tags: has 'x+"),
        ({"tags": ["a\nb"]}, "tags: has"),
        ({"tags": ["\ud800"]}, "tags: has"),
        ({"tags": [7]}, "tags: has 7; give 1 to 40 characters a tag"),
        ({"tags": [str(n) for n in range(21)]}, "tags: are more than 20; leave some out"),
        ({"note": "x" * 2001}, "note: has 2,001 characters; at most 2,000"),
        ({"note": "a\0b"}, r"note: is 'a\\x00b'; take its control characters out"),
        ({"note": "\udfff"}, "note: is"),
        ({"note": None}, "note: is None; give text, or ''"),
        ({"star": 3}, "star: is nothing that a rating has; give stars, tags, note"),
        ({"stars": 9, "note": 9}, "stars: is 9.*note: is 9"),
    ],
)
def test_rating_that_cannot_be_kept_says_what_is_wrong_and_changes_nothing(journal, changes, said):
    """All that is wrong is named at once, with the value and what to do."""
    journal.rate("tsk_1-1", stars=2, note="as it was")
    before = journal.ratings()
    with pytest.raises(InvalidInput) as caught:
        journal.rate("tsk_1-1", **changes)
    assert caught.match(f"(?s){said}")
    assert journal.ratings() == before


@pytest.mark.parametrize("clip_id", ["tsk_9-1", "\ud800", "'; DROP TABLE clips; --", 7, None])
def test_clip_that_is_not_there_cannot_be_rated(journal, clip_id):
    """It is named, and pointed to where the clips are."""
    with pytest.raises(InvalidInput, match=r"clip_id: is .*see studio\.clips"):
        journal.rate(clip_id, stars=1)


@settings(max_examples=60, deadline=None)
@given(
    tags=st.lists(st.text(st.characters(codec="utf-8", exclude_characters=","), min_size=1)),
    note=st.text(st.characters(codec="utf-8"), max_size=50),
)
def test_any_text_is_kept_exactly_or_refused(tmp_path_factory, tags, note):
    """Markup, quotes and right-to-left marks are text; nothing is kept half."""
    journal = Journal(tmp_path_factory.mktemp("library") / "journal.sqlite")
    keep_clip(journal)
    try:
        rating = journal.rate("tsk_1-1", tags=tags, note=note, stars=1)
    except InvalidInput:
        assert journal.ratings() == {}
    else:
        assert journal.ratings() == {"tsk_1-1": rating}
        assert rating.note == note.replace("\r\n", "\n").strip()
    journal.close()


def test_library_that_is_only_read_keeps_no_rating_but_shows_it(journal, path):
    """Somebody else works with it: they see each other's ratings, one of them gives them."""
    reader = Journal(path, read_only=True)
    journal.rate("tsk_1-1", stars=3)
    assert reader.ratings()["tsk_1-1"].stars == 3
    with pytest.raises(LibraryError, match="only read here"):
        reader.rate("tsk_1-1", stars=4)
    reader.close()


def test_rating_that_was_altered_behind_the_journals_back_is_noticed(journal, path):
    """Its row carries a seal as those of the money do."""
    journal.rate("tsk_1-1", stars=2)
    journal.close()
    with sqlite3.connect(path) as db:
        db.execute("UPDATE ratings SET stars = 5")
    db.close()
    with pytest.raises(LibraryError, match="the entry tsk_1-1 of ratings was altered"):
        Journal(path)


def as_version_2(path):
    """Take a journal back to what it was before there were ratings."""
    with sqlite3.connect(path) as db:
        for table in ("votes", "sessions", "ratings"):
            db.execute(f"DROP TABLE {table}")
        db.execute("PRAGMA user_version = 2")
    db.close()


def test_journal_of_the_second_version_is_upgraded_with_everything_in_it(journal, path):
    """Orders and clips are as they were, can be rated, and the old file is kept beside it."""
    orders, clips = journal.jobs(), journal.clips()
    journal.close()
    as_version_2(path)
    assert 2 in MIGRATIONS
    again = Journal(path)
    assert (again.jobs(), again.clips(), again.ratings()) == (orders, clips, {})
    assert again.rate("tsk_1-1", stars=1).stars == 1
    again.close()
    kept = sqlite3.connect(path.with_name("journal.v2.sqlite"))
    assert kept.execute("PRAGMA user_version").fetchone() == (2,)
    kept.close()
    Journal(path).close()


def test_altered_row_of_the_second_version_is_not_sealed_anew_by_the_upgrade(journal, path):
    """What was damaged before is found before anything is written."""
    journal.close()
    as_version_2(path)
    with sqlite3.connect(path) as db:
        db.execute("UPDATE jobs SET expected = 1")
    db.close()
    before = path.read_bytes()
    with pytest.raises(LibraryError, match="of jobs was altered"):
        Journal(path)
    assert path.read_bytes() == before


def test_good_copy_of_the_second_version_is_looked_at_as_such(journal, path, tmp_path):
    """A copy from before the upgrade has seals for what it holds, and can be gone back to."""
    journal.close()
    as_version_2(path)
    as_version_2(path.with_name("journal.good.sqlite"))
    Journal(path).close()
    shutil.copy(tmp_path / "journal.v2.sqlite", tmp_path / "journal.good.sqlite")
    again = Journal(path)
    assert len(again.clips()) == 1
    again.close()


RATE_AND_DIE = """
import os, signal, sys
from pathlib import Path
from musicnb.library import Journal
journal = Journal(Path(sys.argv[1]))
journal.rate("tsk_1-1", stars=5, tags=["hook"], note="keep")
os.kill(os.getpid(), signal.SIGKILL)
"""


def test_rating_is_there_after_its_process_was_killed(journal, path):
    """It is durable when `rate` returns, and not only at a quiet moment later."""
    journal.close()
    died = subprocess.run([sys.executable, "-c", RATE_AND_DIE, path], env=os.environ, check=False)
    assert died.returncode == -signal.SIGKILL
    again = Journal(path)
    rating = again.rating("tsk_1-1")
    assert (rating.stars, rating.tags, rating.note) == (5, ("hook",), "keep")
    again.close()
