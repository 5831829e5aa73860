"""Disks without room and folders that vanish: nothing is lost, and resume() goes on."""

import subprocess
import sys

import pytest

resource = pytest.importorskip("resource")

PRELUDE = """
import resource, sys, time
from musicnb import Studio, TextToMusic
from musicnb.errors import MusicnbError
studio = Studio(sys.argv[1], quiet=True)
brief = TextToMusic("techno, 20 seconds", model="minimax-music-2.6", instrumental=True)

def room(bytes_left):
    _, hard = resource.getrlimit(resource.RLIMIT_FSIZE)
    resource.setrlimit(resource.RLIMIT_FSIZE, (hard if bytes_left is None else bytes_left, hard))

def outcome(work):
    try:
        work()
    except MusicnbError as error:
        print(type(error).__name__, error.charged, error.message)
    else:
        print("done")
"""


def run(folder, code):
    """Run code in a process of its own, whose files cannot grow at will."""
    done = subprocess.run(
        [sys.executable, "-c", PRELUDE + code, str(folder)],
        capture_output=True, text=True, timeout=120, check=False,
    )  # fmt: skip
    assert done.returncode == 0, done.stderr
    return done.stdout.splitlines()


def test_order_that_cannot_be_written_down_is_not_sent(tmp_path):
    """The journal comes first, so a full disk costs nothing."""
    lines = run(
        tmp_path,
        """
before = studio.balance
room(0)
outcome(lambda: studio.generate(brief))
outcome(lambda: studio.generate_all([brief] * 3, sweep="a"))
room(None)
print(studio.balance == before, len(studio.table(every_order=True)))
""",
    )
    assert [line.split()[:2] for line in lines[:2]] == [["LibraryError", "False"]] * 2
    assert "could not be written" in lines[0]
    assert lines[-1] == "True 0"


def test_clip_that_finds_no_room_is_fetched_later(tmp_path):
    """The order is paid for; once there is room, resume() brings the clip, charged once."""
    lines = run(
        tmp_path,
        """
task = studio.generate(brief)
while task.task_id is None:
    time.sleep(0.01)
room(100_000)
outcome(task.result)
print(sorted(path.suffix for path in studio.library.clips_folder.iterdir()))
room(None)
print(studio.resume().said)
print(studio.account().spent, studio.account().differences, studio.library.verify().ok)
""",
    )
    assert lines[0].startswith("DownloadFailed True clip 1 of tsk_")
    assert lines[1] == "[]"
    assert lines[2:] == ["1 recovered", "1 recovered", "50 () True"]


def test_disk_that_fills_up_while_orders_run_loses_none(tmp_path):
    """Whatever could not be noted is found again, and the books agree to the credit."""
    lines = run(
        tmp_path,
        """
tasks = studio.generate_all([brief] * 4, sweep="a")
time.sleep(0.05)
room(0)
for task in tasks:
    try:
        task.result()
    except MusicnbError:
        pass
room(None)
while True:
    tasks = studio.resume()
    if all(task.error is None for task in tasks):
        break
account = studio.account()
print(account.charged, account.spent, account.held, account.differences)
print(studio.library.verify().intact)
""",
    )
    assert lines[-2:] == ["200 200 0 ()", "4"]


def test_clips_folder_that_vanished_is_made_good(tmp_path):
    """Somebody removed the folder: what was in it is fetched again."""
    lines = run(
        tmp_path,
        """
import shutil
studio.generate(brief).result()
shutil.rmtree(studio.library.clips_folder)
print(studio.library.verify().ok)
print(studio.resume().said, studio.library.verify().ok)
""",
    )
    assert lines[0] == "False"
    assert lines[-1] == "1 recovered True"
