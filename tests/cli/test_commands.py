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

from musicnb import Studio, TextToMusic, __version__


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


@contextlib.contextmanager
def lab_in(folder, config):
    """Run the command in a folder until it listens, give its URL, and interrupt it."""
    port = free_port()
    command = [sys.executable, "-m", "musicnb", "lab", "--no-browser", "--port", str(port)]
    lab = subprocess.Popen(
        command,
        cwd=folder, env=os.environ | {"JUPYTER_CONFIG_DIR": str(config)},
        stdin=subprocess.DEVNULL, stdout=subprocess.PIPE, stderr=subprocess.STDOUT, text=True,
        start_new_session=True,
    )  # fmt: skip
    try:
        said = []
        url = None
        while url is None:
            said.append(lab.stdout.readline())
            assert said[-1], "".join(said)
            url = re.search(rf"http://127\.0\.0\.1:{port}/lab/\S*token=\S+", said[-1])
        yield url[0]
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


def test_lab_copies_the_notebooks_serves_them_and_ends_on_interrupt(tmp_path):
    """All notebooks appear, opened at the first; one that is there already is not overwritten."""
    mine = tmp_path / "notebooks" / "03_campaign_sweep.ipynb"
    mine.parent.mkdir()
    mine.write_text("my own work")
    with lab_in(tmp_path, tmp_path / "config") as url:
        assert "notebooks/01_first_clip.ipynb" in url
        assert page_status(url) == 200
    shipped = Path(__file__).parents[2] / "notebooks"
    copied = {path.name: path.read_text() for path in mine.parent.iterdir() if path.is_file()}
    assert copied.pop(mine.name) == "my own work"
    assert copied == {
        path.name: path.read_text() for path in shipped.glob("*.ipynb") if path.name != mine.name
    }


def test_lab_in_the_folder_of_its_notebooks_uses_the_present_ones(tmp_path):
    """Started a second time from inside ``notebooks``, it makes no second one in it."""
    here = tmp_path / "notebooks"
    here.mkdir()
    mine = here / "03_campaign_sweep.ipynb"
    mine.write_text("my own work")
    with lab_in(here, tmp_path / "config") as url:
        assert "/lab/tree/01_first_clip.ipynb?" in url
        assert page_status(url) == 200
    assert not (here / "notebooks").exists()
    assert (here / "01_first_clip.ipynb").exists()
    assert mine.read_text() == "my own work"


def test_lab_in_another_folder_of_that_name_makes_its_own(tmp_path):
    """A folder that only has the name may hold somebody's own notebooks, so they stay apart."""
    here = tmp_path / "notebooks"
    here.mkdir()
    (here / "mine.ipynb").write_text("my own work")
    with lab_in(here, tmp_path / "config") as url:
        assert "/lab/tree/notebooks/01_first_clip.ipynb?" in url
    assert [path.name for path in here.glob("*.ipynb")] == ["mine.ipynb"]


@pytest.fixture(scope="module")
def heard(tmp_path_factory):
    """Make a run with a revealed and a sealed session; a studio still works with it."""
    folder = tmp_path_factory.mktemp("heard")
    with Studio(folder / "musicnb-library", base_url="sandbox", quiet=True) as studio:
        studio.rehearse("task_failed", on="create", times=1)
        brief = TextToMusic("{mood} pop, 4 s", instrumental=True, model="suno-5.5")
        run = studio.sweep("spring", brief, {"mood": ["calm", "dark"]}, repeats=2)
        run = run.run(max_credits=800).wait(240).retry_failed().wait(240)
        run.listen(4, name="still sealed", votes=8, seed=1)
        session = run.listen(4, name="by ear", votes=10, seed=1, goal="top 2")
        while session.screen().state == "pair":
            session.vote("AB"[session.answered % 2])
        run.report(folder / "notebook.html", session.reveal())
        run.report(folder / "notebook run.html")
        yield folder, run


def figures(page):
    """Read every number that has a name, and the rows of tables whose name says models."""
    named = re.findall(r'data-figure="(\w+)"[^>]*>([^<]*)', page.read_text())
    return dict(named), re.findall(r"plan ([0-9a-f]{12})", page.read_text())


@pytest.mark.parametrize(("name", "like"), [("spring", "notebook run"), ("by ear", "notebook")])
def test_report_tells_what_the_notebooks_report_tells(heard, tmp_path, name, like):
    """Money, failures and plan of a run, ranking of a session; while a kernel has the library."""
    folder, _ = heard
    page, other = tmp_path / "page.html", folder / f"{like}.html"
    run = musicnb("report", name, "--out", page, cwd=folder)
    assert run.returncode == 0, run.stderr
    assert f"{page}: " in run.stdout
    assert figures(page) == figures(other)
    assert len(figures(page)[0]) > 8
    for words in ("Win matrix", "<audio", "nothing is ranked", "Orders that gave nothing"):
        assert page.read_text().count(words) == other.read_text().count(words), words


def test_report_is_named_after_its_run_and_replaces_nothing(heard):
    """The second time it says so and leaves the page alone."""
    folder, _ = heard
    assert "spring.html: " in musicnb("report", "spring", cwd=folder).stdout
    before = (folder / "spring.html").read_bytes()
    again = musicnb("report", "spring", cwd=folder)
    assert again.returncode == 1
    assert "exists already" in again.stderr
    assert (folder / "spring.html").read_bytes() == before


@pytest.mark.parametrize(
    ("arguments", "text"),
    [
        (["still sealed"], "is sealed; reveal it first"),
        (["autumn"], "there are: 'spring'"),
        (
            ["spring", "--library", "nowhere"],
            "'nowhere' is no folder with a library in it",
        ),
        (["spring", "--out", "no/folder/r.html"], "cannot be written"),
    ],
)
def test_report_that_cannot_be_says_why_and_writes_nothing(heard, arguments, text):
    """One line, status 1."""
    folder, _ = heard
    before = sorted(folder.glob("*.html"))
    run = musicnb("report", *arguments, cwd=folder)
    assert run.returncode == 1
    assert text in run.stderr
    assert "Traceback" not in run.stderr
    assert sorted(folder.glob("*.html")) == before
