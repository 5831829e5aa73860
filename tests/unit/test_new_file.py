"""What a killed process leaves of a file goes when the next is written beside it."""

import os
import signal
import subprocess
import sys
import time

import pytest

from musicnb.sound import delete_partials, new_file

WRITE = """
import sys
from pathlib import Path
from musicnb.sound import new_file
with new_file(Path(sys.argv[1])) as file:
    file.write(b"half")
    file.flush()
    print("written", flush=True)
    sys.stdin.read()
"""


def aged(path):
    """Make a file look two hours old."""
    then = time.time() - 7_200
    os.utime(path, (then, then), follow_symlinks=False)
    return path


@pytest.mark.skipif(os.name == "nt", reason="files are not locked there")
def test_half_of_a_file_goes_once_its_process_is_killed_and_not_before(tmp_path):
    """Killed at once, it can clear nothing up; while it lives, its half is its own."""
    process = subprocess.Popen(
        [sys.executable, "-c", WRITE, tmp_path / "pack.zip"],
        stdin=subprocess.PIPE, stdout=subprocess.PIPE, text=True,
    )  # fmt: skip
    with process:
        assert process.stdout.readline() == "written\n"
        (half,) = tmp_path.iterdir()
        delete_partials(tmp_path)
        aged(half)
        delete_partials(tmp_path)
        assert half.read_bytes() == b"half"
        process.send_signal(signal.SIGKILL)
    assert [half] == list(tmp_path.iterdir())
    delete_partials(tmp_path)
    assert list(tmp_path.iterdir()) == []


@pytest.mark.skipif(os.name == "nt", reason="nothing is deleted there")
def test_what_only_looks_like_half_of_a_file_stays(tmp_path):
    """A link, a folder, other names, one that is young."""
    name = f".{'0' * 31}"
    dear = tmp_path / "dear"
    dear.write_text("x")
    (tmp_path / f"{name}1.part").symlink_to(dear)
    aged(tmp_path / f"{name}1.part")
    (tmp_path / f"{name}2.part").mkdir()
    aged(tmp_path / f"{name}2.part")
    (tmp_path / f"{name}3.part").write_text("young")
    (tmp_path / f"{name[1:]}4.part").write_text("another name")
    aged(tmp_path / f"{name[1:]}4.part")
    aged(dear)
    before = sorted(tmp_path.iterdir())
    delete_partials(tmp_path)
    assert sorted(tmp_path.iterdir()) == before
    delete_partials(tmp_path / "nowhere")


def test_new_file_that_is_being_written_is_no_orphan_of_its_own_process(tmp_path):
    """Two cells of one notebook write at the same time."""
    with new_file(tmp_path / "pack.zip") as file:
        file.write(b"x")
        file.flush()
        (half,) = tmp_path.iterdir()
        aged(half)
        delete_partials(tmp_path)
    assert (tmp_path / "pack.zip").read_bytes() == b"x"
