"""The journal and the folder: durable, exact, and never in another's way."""

import multiprocessing
import os
import shutil
import sqlite3
import subprocess
import sys
from decimal import Decimal
from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as st

from musicnb.briefs import TextToMusic
from musicnb.errors import InvalidInput, LibraryError
from musicnb.library import ClipRecord, Journal, Library
from musicnb.library._files import slug
from musicnb.wire import Billing

BRIEF = TextToMusic("slow waltz", model="suno-5.5")


@pytest.fixture
def journal(tmp_path):
    journal = Journal(tmp_path / "journal.sqlite", clock=lambda: 1000.0)
    yield journal
    journal.close()


def clip_of(job, position=1, **changes):
    values = {
        "clip_id": f"tsk_1-{position}", "job_id": job.job_id, "position": position, "title": "T",
        "artifact_id": "art_1", "file": f"clips/{position}.mp3", "media_type": "audio/mpeg",
        "size_bytes": 10, "sha256": "0" * 64, "duration_s": 1.5, "sample_rate_hz": 44_100,
        "channels": 2, "loudness_lufs": float("-inf"), "peak_dbfs": -1.0, "rms_dbfs": -12.0,
        "outline": bytes(2000), "saved_at": 1000.0, "problem": None,
    }  # fmt: skip
    return ClipRecord(**{**values, **changes})


def test_order_is_on_disk_before_it_is_sent(journal, tmp_path):
    """Another process sees the planned order with its key, its exact bytes and its price."""
    job = journal.plan(BRIEF, service="s")
    other = sqlite3.connect(tmp_path / "journal.sqlite")
    row = other.execute("SELECT state, idempotency_key, body, expected FROM jobs").fetchone()
    other.close()
    assert row == ("planned", job.idempotency_key, job.body, 800_000)
    assert job.request["metadata"] == {"musicnb_job": job.job_id}


def test_invalid_brief_is_not_written_down(journal):
    """A refused brief leaves no trace."""
    with pytest.raises(InvalidInput):
        journal.plan(TextToMusic(""), service="s")
    assert journal.takes() == []


def test_same_brief_twice_is_two_orders_with_two_keys(journal):
    """Wanting the same again is a new intention."""
    first, second = (journal.plan(BRIEF, service="s") for _ in range(2))
    assert first.idempotency_key != second.idempotency_key
    assert first.job_id != second.job_id


def test_key_is_derived_from_the_intention_alone(tmp_path):
    """A journal restored from a copy gives the repeated order the same key: it is paid once."""
    original = Journal(tmp_path / "a.sqlite", clock=lambda: 1.0)
    (tmp_path / "copy").mkdir()
    copy_of = sqlite3.connect(tmp_path / "copy" / "b.sqlite")
    original._db._db.backup(copy_of)
    copy_of.close()
    key = original.plan(BRIEF, service="s").idempotency_key
    original.close()
    copy = Journal(tmp_path / "copy" / "b.sqlite", clock=lambda: 2.0)
    assert copy.plan(BRIEF, service="s").idempotency_key == key
    assert copy.plan(BRIEF, service="another").idempotency_key != key
    copy.close()


def test_money_is_exact_and_unknown_is_not_zero(journal):
    """Four decimals survive; what was not reported stays None and is not overwritten."""
    job = journal.plan(BRIEF, service="s")
    assert journal.job(job.job_id).charged_credits is None
    journal.billed(job.job_id, Billing(charged_credits=Decimal("80.0001")), None)
    journal.billed(job.job_id, Billing(refunded_credits=Decimal("0.0000")), "suno-5.5")
    journal.billed(job.job_id, None, None)
    row = journal.job(job.job_id)
    assert row.charged_credits == Decimal("80.0001")
    assert (row.refunded_credits, row.resolved_model) == (Decimal(0), "suno-5.5")


def test_unfinished_orders_are_those_of_the_service_that_have_not_ended(journal):
    """Other accounts and finished work are left alone."""
    sent, done, _ = (journal.plan(BRIEF, service=name) for name in ("s", "s", "t"))
    journal.sending(sent.job_id)
    journal.unknown(sent.job_id, "no answer")
    journal.accepted(done.job_id, "tsk_1")
    journal.ended(done.job_id, "succeeded")
    assert [(job.job_id, job.state) for job in journal.unfinished("s")] == [
        (sent.job_id, "unknown")
    ]


def test_takes_join_clips_to_orders_and_keep_orders_without(journal):
    """Every order appears, once for each clip or once without."""
    first, second = (journal.plan(BRIEF, service="s") for _ in range(2))
    journal.keep(clip_of(first, 2))
    journal.keep(clip_of(first, 1))
    takes = journal.takes()
    assert [(take.clip and take.clip.position, take.clips_of_task) for take in takes] == [
        (1, 2),
        (2, 2),
        (None, 0),
    ]
    assert takes[-1].job.job_id == second.job_id
    assert journal.clips(first.job_id)[0] == clip_of(first, 1)


def test_state_of_an_unknown_order_is_an_error(journal):
    """A change that hits nothing is not silently lost."""
    with pytest.raises(LibraryError, match="no order 'x'"):
        journal.sending("x")


@pytest.mark.parametrize("content", [b"not a database, but long enough to be read" * 50, None])
def test_unusable_journal_is_refused_and_left_as_it_is(tmp_path, content):
    """A foreign or later file is neither used nor overwritten."""
    path = tmp_path / "journal.sqlite"
    if content is None:
        later = sqlite3.connect(path)
        later.execute("PRAGMA user_version=99")
        later.close()
        content = path.read_bytes()
    else:
        path.write_bytes(content)
    with pytest.raises(LibraryError):
        Journal(path)
    assert path.read_bytes() == content


def test_order_is_refused_when_the_folder_was_removed(tmp_path):
    """Nobody would find the order in a journal that has no name any more."""
    library = Library(tmp_path / "library")
    shutil.rmtree(library.folder)
    with pytest.raises(LibraryError, match="was removed") as caught:
        library.journal.plan(BRIEF, service="s")
    assert caught.value.charged is False
    library.close()


def test_damaged_journal_is_an_error_of_ours(tmp_path):
    """A page of rubbish in the middle is named; nothing is overwritten."""
    journal = Journal(tmp_path / "journal.sqlite")
    for _ in range(50):
        journal.plan(BRIEF, service="s")
    journal.close()
    path = tmp_path / "journal.sqlite"
    data = bytearray(path.read_bytes())
    data[4096:] = b"\xff" * (len(data) - 4096)
    path.write_bytes(data)
    with pytest.raises(LibraryError, match="damaged"):
        Journal(path).takes()
    assert path.read_bytes() == data


def test_second_process_is_told_who_has_the_library(tmp_path):
    """The message names the process and the way out; the folder is free after its death."""
    code = (
        "import sys; from pathlib import Path; from musicnb.library import Library;"
        "library = Library(Path(sys.argv[1])); print('open', flush=True); sys.stdin.read()"
    )
    owner = subprocess.Popen(
        [sys.executable, "-c", code, tmp_path], stdin=subprocess.PIPE, stdout=subprocess.PIPE
    )
    with owner:
        assert owner.stdout.readline() == b"open\n"
        with pytest.raises(LibraryError, match=f"process {owner.pid}") as caught:
            Library(tmp_path)
        assert "Studio(library=" in caught.value.hint
        owner.kill()
    Library(tmp_path).close()


@pytest.mark.filterwarnings("ignore:.*fork.*:DeprecationWarning")
def test_forked_child_does_not_keep_the_lock(tmp_path):
    """A worker that outlives us must not lock the library for ever."""
    library = Library(tmp_path)
    forking = multiprocessing.get_context("fork")
    runs, stay = forking.Event(), forking.Event()

    def outlive():
        runs.set()
        stay.wait()

    child = forking.Process(target=outlive)
    child.start()
    assert runs.wait(60)
    library.close()
    Library(tmp_path).close()
    stay.set()
    child.join()


def test_unwritable_folder_says_what_to_do(tmp_path):
    """A file where the folder should be is a clear error."""
    (tmp_path / "file").write_text("")
    with pytest.raises(LibraryError, match="cannot be used") as caught:
        Library(tmp_path / "file")
    assert "Studio(library=" in caught.value.hint


@pytest.mark.parametrize(
    ("words", "name"),
    [
        ("Dream Pop, warm!", "dream-pop-warm"),
        ("../../etc/passwd", "etc-passwd"),
        ("夜の音楽", "夜の音楽"),
        ("", "clip"),
        ("///", "clip"),
        ("..", "clip"),
        ("a\x00b\n<img>", "a-b-img"),
        ("x" * 500, "x" * 80),
        ("CON", "con-clip"),  # a device on Windows
    ],
)
def test_file_name_is_readable_and_safe(words, name):
    """What a person would look for, and nothing a file system minds."""
    assert slug(words) == name


@given(st.text())
def test_no_text_leads_out_of_the_folder(words):
    """Whatever the title is, the file lies in the clips folder."""
    name = slug(words)
    assert name
    assert Path(name).name == name
    assert not set(name) & set('/\\:*?"<>|\0\n')
    assert len(name.encode()) <= 80
    assert os.fsencode(name)


def test_adopted_download_has_its_final_name(tmp_path):
    """The bytes move as they are; the partial file is gone."""
    library = Library(tmp_path)
    download = library.new_download()
    download.write_bytes(b"sound")
    path = library.adopt(
        download, words="A/B", model="suno-5.5", task_id="tsk_12345678", position=2, suffix=".mp3"
    )
    library.close()
    assert path.read_bytes() == b"sound"
    assert library.relative(path) == "clips/a-b_suno-5.5_12345678_2.mp3"
    assert [file.name for file in library.clips_folder.iterdir()] == [path.name]


def test_downloads_that_died_with_their_process_are_gone_when_the_folder_is_opened(tmp_path):
    """What nobody can finish any more is removed; clips and other people's files stay."""
    library = Library(tmp_path)
    left, kept = library.new_download(), library.clips_folder / "song.mp3"
    for path in (left, kept):
        path.write_bytes(b"bytes")
    library.close()
    Library(tmp_path).close()
    assert list(library.clips_folder.iterdir()) == [kept]
