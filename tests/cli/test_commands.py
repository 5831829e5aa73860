"""The command line, as a person types it: in a process of its own, in an empty folder."""

import contextlib
import json
import os
import re
import signal
import socket
import subprocess
import sys
import time
import urllib.request
from pathlib import Path

import pytest

from musicnb import __version__


def musicnb(*arguments, cwd, **environment):
    """Run the command to its end."""
    kept = {name: text for name, text in os.environ.items() if "MUSICNB" not in name}
    return subprocess.run(
        [sys.executable, "-m", "musicnb", *arguments],
        cwd=cwd, env=kept | environment, capture_output=True, text=True, timeout=120, check=False,
    )  # fmt: skip


def free_port():
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        return probe.getsockname()[1]


def page_status(url):
    """Ask for a page; JupyterLab prints its URL a moment before it listens."""
    for _ in range(100):
        with contextlib.suppress(OSError), urllib.request.urlopen(url, timeout=20) as page:  # noqa: S310
            return page.status
        time.sleep(0.1)
    return None


@pytest.fixture(scope="module")
def demo(tmp_path_factory):
    """Run the demo twice in one folder; the second run must not mind the first."""
    folder = tmp_path_factory.mktemp("a folder with späces")
    return folder, musicnb("demo", cwd=folder), musicnb("demo", cwd=folder)


def test_demo_prints_the_bill_and_where_the_files_are(demo):
    """One task per model: three clips, 130 credits, $0.13."""
    folder, first, second = demo
    for run in (first, second):
        assert run.returncode == 0
        assert "ordering 2 tasks for 130 credits ($0.13)" in run.stdout
        assert "total: 130 credits, $0.13" in run.stdout
        names = re.findall(r"^  (\S+\.mp3)$", run.stdout, re.MULTILINE)
        assert len(names) == 3
        assert all((folder / "musicnb-library" / "clips" / name).stat().st_size for name in names)


def test_demo_shows_progress_while_it_runs(demo):
    """Each status and phase is a line on stderr where there is no terminal."""
    _, run, _ = demo
    for word in ("suno-5.5", "minimax-music-2.6", "queued", "running: rendering", "succeeded"):
        assert word in run.stderr


def test_demo_spends_no_real_money(tmp_path):
    """A base URL and a key in the environment do not make a demonstration cost anything."""
    run = musicnb(
        "demo",
        cwd=tmp_path,
        MUSICNB_BASE_URL="https://music.invalid/v1",
        MUSICNB_API_KEY="sk-0123456789abcdef0123456789abcdef",
    )
    assert run.returncode == 0
    assert "sandbox" in run.stdout.splitlines()[0]


def test_error_is_one_line_without_a_traceback(tmp_path):
    """A person at a prompt gets a sentence and a way out."""
    (tmp_path / "file").write_text("")
    run = musicnb("demo", "--library", "file", cwd=tmp_path)
    assert run.returncode == 1
    assert "Traceback" not in run.stderr
    assert re.search(r"^musicnb: .*cannot be used.*Choose another", run.stderr, re.MULTILINE)


@pytest.mark.parametrize(
    ("arguments", "status", "text"),
    [
        (["--version"], 0, __version__),
        (["--help"], 0, "sandbox"),
        ([], 2, "command"),
        (["dance"], 2, "invalid choice"),
        (["lab", "--port", "99999"], 2, "not a port from 1 to 65535"),
        (["lab", "--port", "eight"], 2, "not a port"),
    ],
)
def test_help_and_wrong_usage(tmp_path, arguments, status, text):
    """Usage errors end with 2 and say what is wrong."""
    run = musicnb(*arguments, cwd=tmp_path)
    assert run.returncode == status
    assert text in run.stdout + run.stderr


def test_sandbox_prints_one_json_line_once_it_listens(tmp_path):
    """The line holds a base URL that ends in /v1 and a key that works at once."""
    command = [sys.executable, "-m", "musicnb", "sandbox", "--json", "--data", tmp_path]
    with subprocess.Popen(command, stdout=subprocess.PIPE, text=True) as server:
        facts = json.loads(server.stdout.readline())
        assert facts["base_url"].endswith("/v1")
        request = urllib.request.Request(  # noqa: S310 - our own server
            f"{facts['base_url']}/models", headers={"Authorization": f"Bearer {facts['api_key']}"}
        )
        with urllib.request.urlopen(request, timeout=10) as answer:  # noqa: S310
            models = [model["id"] for model in json.load(answer)["data"]]
        server.terminate()
        assert server.wait(15) == 0
    assert models == ["suno-5.5", "minimax-music-2.6"]


def test_lab_copies_the_notebooks_serves_them_and_ends_on_interrupt(tmp_path):
    """All notebooks appear, opened at the first; one that is there already is not overwritten."""
    mine = tmp_path / "notebooks" / "03_campaign_sweep.ipynb"
    mine.parent.mkdir()
    mine.write_text("my own work")
    port = free_port()
    command = [sys.executable, "-m", "musicnb", "lab", "--no-browser", "--port", str(port)]
    environment = os.environ | {"JUPYTER_CONFIG_DIR": str(tmp_path / "config")}
    lab = subprocess.Popen(
        command,
        cwd=tmp_path, env=environment, stdin=subprocess.DEVNULL, stdout=subprocess.PIPE,
        stderr=subprocess.STDOUT, text=True, start_new_session=True,
    )  # fmt: skip
    try:
        said = []
        url = None
        while url is None:
            said.append(lab.stdout.readline())
            assert said[-1], "".join(said)
            url = re.search(rf"http://127\.0\.0\.1:{port}/lab/\S*token=\S+", said[-1])
        assert "notebooks/01_first_clip.ipynb" in url[0]
        assert page_status(url[0]) == 200
        # it asks whether it is meant, and takes a second Ctrl-C for yes; both need their time
        for _ in range(60):
            os.killpg(lab.pid, signal.SIGINT)
            with contextlib.suppress(subprocess.TimeoutExpired):
                lab.wait(1)
                break
        assert lab.poll() is not None
    finally:
        with contextlib.suppress(ProcessLookupError):
            os.killpg(lab.pid, signal.SIGKILL)
        lab.stdout.close()
        lab.wait()
    shipped = Path(__file__).parents[2] / "notebooks"
    copied = {path.name: path.read_text() for path in mine.parent.iterdir() if path.is_file()}
    assert copied.pop(mine.name) == "my own work"
    assert copied == {
        path.name: path.read_text() for path in shipped.glob("*.ipynb") if path.name != mine.name
    }
