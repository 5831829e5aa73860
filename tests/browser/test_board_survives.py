"""What is left of a board when its kernel is gone: reopened, untrusted, exported, executed."""

from __future__ import annotations

import json
import os
import subprocess
import sys
from pathlib import Path
from typing import Any

import nbformat
import pytest
from playwright.sync_api import Locator, Page, expect

MAX_SAVED_BYTES = 30_000
#: A widget's saved state holds its script and style.
SCRIPT_BYTES = 124_000
FOUR_CLIPS = """
from board_takes import *
from dataclasses import replace
HOSTILE = "<img src=x onerror=\\"document.title='owned'\\">"
one = CardView("one", "suno-5.5", "One", "dream pop " * 50, "running", clips_expected=2)
two = CardView("two", "suno-5.5", HOSTILE, HOSTILE, "succeeded", charge="80 credits charged",
               clips=(clip("f3", "Third", 120.0), clip("f4", HOSTILE, 120.0)))
kept = board("Kept", one, two)
kept
"""
FINISH = """
kept.put(replace(one, status="succeeded", charge="80 credits charged",
                 clips=(clip("f1", "First", 120.0), clip("f2", "Second", 120.0))))
kept.settle()
"""
BOX = ("Loading widget", "Error displaying widget", "model not found")


@pytest.fixture(scope="module")
def saved(lab: Any, shared_page: Page, board_takes: str) -> Path:
    """Run and save a notebook with four clips of two minutes; end its kernel."""
    (lab.root / "board_takes.py").write_text(board_takes)
    path: Path = lab.write("kept.ipynb", FOUR_CLIPS, FINISH)
    lab.open_and_run(shared_page, "kept.ipynb")
    expect(shared_page.get_by_role("button", name="Play Second")).to_be_visible()
    # live, the copy is there and hidden
    expect(shared_page.locator(".mnb-static")).to_have_count(1)
    expect(shared_page.locator(".mnb-static")).to_be_hidden()
    lab.save(shared_page)
    shared_page.goto("about:blank")
    lab.end_kernels()
    return path


def expect_copy(page: Page | Locator) -> None:
    """Expect the copy with its four pictures, no control, and no box of a lost widget."""
    copy = page.locator(".mnb-static")
    expect(copy).to_be_visible()
    pictures = copy.locator("img")
    expect(pictures).to_have_count(4)
    for i in range(4):
        assert pictures.nth(i).evaluate(
            "i => i.complete && i.naturalWidth > 0 && i.offsetWidth > 90"
        )
    expect(copy).to_contain_text("First 2:00")
    expect(copy).to_contain_text("<img src=x onerror")
    assert page.locator("audio, .mnb-static button, .mnb-static input").count() == 0
    for text in BOX:
        assert not any(found.is_visible() for found in page.get_by_text(text).all())


def test_saved_notebook_is_small_and_has_no_sound_in_it(saved: Path) -> None:
    """Four clips of two minutes, copy included; a WAV begins with RIFF, in base64 UklG."""
    text = saved.read_text()
    assert len(text) < MAX_SAVED_BYTES
    assert "UklG" not in text


def test_reopened_without_kernel_shows_the_copy(lab: Any, shared_page: Page, saved: Path) -> None:
    """The next reader sees waveforms and files, not an empty box."""
    lab.open(shared_page, saved.name, kernel=False)
    expect_copy(shared_page)
    link = shared_page.locator(".mnb-static a").first
    expect(link).to_have_text("f1.wav")


def test_reopened_with_a_new_kernel_shows_the_copy(
    lab: Any, shared_page: Page, saved: Path
) -> None:
    """A new kernel does not know the widget: JupyterLab's error box stays hidden."""
    lab.open(shared_page, saved.name)
    shared_page.wait_for_function(
        "() => document.body.textContent.includes('model not found')", timeout=15_000
    )
    expect_copy(shared_page)
    lab.end_kernels()


def test_untrusted_notebook_shows_the_copy(lab: Any, shared_page: Page, saved: Path) -> None:
    """Styles are stripped there, and widgets are not shown at all."""
    strange = saved.with_name("strange.ipynb")
    strange.write_text(saved.read_text().replace("dream pop", "dream pup"))
    lab.open(shared_page, strange.name, kernel=False)
    expect_copy(shared_page)


def test_saved_with_widget_state_stays_small_and_does_not_pretend(
    lab: Any, shared_page: Page, saved: Path
) -> None:
    """Where JupyterLab restores the board, it says that no kernel answers it."""
    lab.open(shared_page, saved.name)
    toggle = "jupyterapp.commands.execute('@jupyter-widgets/jupyterlab-manager:saveWidgetState')"
    shared_page.evaluate(f"() => {toggle}")
    lab.run(shared_page)
    expect(shared_page.get_by_role("button", name="Play Second")).to_be_visible()
    lab.save_and_reopen(shared_page, saved.name)
    notebook = nbformat.read(saved, as_version=4)
    assert "widgets" in notebook.metadata
    assert len(saved.read_text()) < MAX_SAVED_BYTES + SCRIPT_BYTES
    assert "UklG" not in saved.read_text()
    # without a kernel JupyterLab restores nothing: the copy; with a new one it restores the board
    expect_copy(shared_page)
    lab.open(shared_page, saved.name)
    expect(shared_page.locator(".mnb-notice")).to_contain_text("A saved copy")
    expect(shared_page.locator(".mnb-static")).to_be_hidden()
    shared_page.get_by_role("button", name="Play First").click()
    row = shared_page.locator(".mnb-row").first
    expect(row).to_contain_text("No answer from the kernel")
    shared_page.evaluate(f"() => {toggle}")
    lab.end_kernels()


def test_html_export_shows_the_copy_without_network(
    shared_page: Page, saved: Path, tmp_path: Path
) -> None:
    """Whoever gets the exported page by mail sees the takes."""
    convert(saved, "--to", "html", "--output-dir", str(tmp_path))
    external = shared_page.external[:]
    shared_page.route("http*://**", lambda route: route.abort())
    shared_page.goto((tmp_path / "kept.html").as_uri())
    expect_copy(shared_page)
    # nbconvert's own page asks for MathJax and require.js; that is its affair and was refused
    shared_page.external[:] = external


def test_executed_notebook_holds_the_final_state(lab: Any, board_takes: str) -> None:
    """Under nbclient the cell that waits settles the board: copy and widget state are final."""
    (lab.root / "board_takes.py").write_text(board_takes)
    path = lab.write("executed.ipynb", FOUR_CLIPS, FINISH)
    convert(path, "--to", "notebook", "--execute", "--inplace")
    notebook = nbformat.read(path, as_version=4)
    copies = [output for output in notebook.cells[0].outputs if "text/html" in output.data]
    assert len(copies) == 1
    assert copies[0].data["text/html"].count("<img") == 4
    assert "running" not in copies[0].data["text/plain"]
    states = notebook.metadata.widgets["application/vnd.jupyter.widget-state+json"]["state"]
    boards = [model["state"] for model in states.values() if "live_class" in model["state"]]
    assert [card["status"] for card in boards[0]["state"]["cards"]] == ["succeeded"] * 2
    assert len(json.dumps(notebook)) < MAX_SAVED_BYTES + SCRIPT_BYTES


def convert(path: Path, *arguments: str) -> None:
    """Run nbconvert beside the notebook, with the musicnb that is being tested."""
    repository = str(Path(__file__).parents[2])
    inherited = os.environ.get("PYTHONPATH")
    subprocess.run(
        [sys.executable, "-m", "jupyter", "nbconvert", *arguments, path.name],
        cwd=path.parent,
        env=os.environ | {"PYTHONPATH": os.pathsep.join(filter(None, [repository, inherited]))},
        check=True,
        capture_output=True,
        timeout=120,
    )
