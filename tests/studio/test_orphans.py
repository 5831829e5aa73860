"""What a killed process has left in the temporary folder goes, and nothing else does."""

import os
import signal
import subprocess
import sys
import tempfile
from pathlib import Path

import pytest

from musicnb.studio._orphans import HeldFolder, delete_orphans

PREFIX = "musicnb-delivery-"
HOLD = f"""
import sys
from musicnb.studio._orphans import HeldFolder
folder = HeldFolder({PREFIX!r})
(folder.path / "sound.wav").write_bytes(b"x")
print(folder.path, flush=True)
sys.stdin.read()
"""


@pytest.fixture
def root(tmp_path, monkeypatch):
    """Use a folder of the test's own for temporary files."""
    folder = tmp_path / "tmp"
    folder.mkdir()
    monkeypatch.setattr(tempfile, "tempdir", str(folder))
    return folder


@pytest.fixture
def holding(root):
    """Start another process that holds a folder; it is killed at the end."""
    process = subprocess.Popen(
        [sys.executable, "-c", HOLD], env=os.environ | {"TMPDIR": str(root)},
        stdin=subprocess.PIPE, stdout=subprocess.PIPE, text=True,
    )  # fmt: skip
    with process:
        held = Path(process.stdout.readline().strip())
        yield process, held
        process.kill()


def test_folder_of_a_killed_process_goes_and_that_of_a_living_one_stays(holding, root):
    """Killed at once, without a chance to clear up."""
    process, held = holding
    first = HeldFolder(PREFIX)
    assert (held / "sound.wav").exists()
    process.send_signal(signal.SIGKILL)
    process.wait()
    assert (held / "sound.wav").exists()
    second = HeldFolder(PREFIX)
    assert sorted(root.iterdir()) == sorted([first.path, second.path])
    first.remove()
    del second
    assert list(root.iterdir()) == []


def test_links_files_and_folders_of_other_names_stay(root, tmp_path):
    """A link by such a name leads to something dear to somebody."""
    dear = tmp_path / "dear"
    dear.mkdir()
    (dear / "letter").write_text("x")
    (root / f"{PREFIX}link").symlink_to(dear)
    (root / f"{PREFIX}file").write_text("x")
    (root / "other-folder").mkdir()
    inside = root / f"{PREFIX}orphan"
    inside.mkdir()
    (inside / "link").symlink_to(dear)
    folder = HeldFolder(PREFIX)
    assert {path.name for path in root.iterdir()} == {
        f"{PREFIX}link", f"{PREFIX}file", "other-folder", folder.path.name,
    }  # fmt: skip
    assert (dear / "letter").read_text() == "x"
    delete_orphans([root / f"{PREFIX}link"])
    assert (dear / "letter").read_text() == "x"


@pytest.mark.skipif(os.name == "nt" or os.getuid() != 0, reason="only root gives folders away")
def test_folder_of_somebody_else_stays(root):
    """Whoever may delete everything still deletes only what is the user's own."""
    theirs = root / f"{PREFIX}theirs"
    theirs.mkdir()
    os.chown(theirs, 65_534, 65_534)
    HeldFolder(PREFIX)
    assert theirs.is_dir()
