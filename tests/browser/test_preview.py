"""A preview and a contact sheet in JupyterLab: they play and show, with or without a kernel."""

from __future__ import annotations

import os
import subprocess
import sys
from pathlib import Path
from typing import Any

import nbformat
import pytest
from picturing import picture
from playwright.sync_api import Page, expect

CLIPS = Path(__file__).parents[1] / "pictures" / "clipmaking.py"
PREVIEW = """
from clipmaking import *
song = np.concatenate([tone(220, 8, 0.1), tone(440, 8, 0.5), tone(220, 4, 0.2)])
clip = clip_of(song, Path("song.flac"), title=HOSTILE)
clip.preview(5)
"""
SHEET = """
from musicnb.studio import Clips
Clips([clip] * 6).contact_sheet(columns=3)
"""
SOUND = """async audio => {
    audio.muted = true;
    await audio.play();
    const start = audio.currentTime;
    await new Promise(next => setTimeout(next, 1500));
    const moved = audio.currentTime - start;
    audio.pause();
    return [moved, audio.duration];
}"""


@pytest.fixture(scope="module")
def saved(lab: Any, shared_page: Page) -> Path:
    """Run and save a notebook with a preview and a sheet; end its kernel."""
    (lab.root / CLIPS.name).write_text(CLIPS.read_text())
    path: Path = lab.write("preview.ipynb", PREVIEW, SHEET)
    lab.open_and_run(shared_page, path.name)
    expect_preview(shared_page)
    picture(shared_page, "preview", top=shared_page.locator(".jp-Cell").first)
    lab.save(shared_page)
    shared_page.goto("about:blank")
    lab.end_kernels()
    return path


def expect_preview(page: Page) -> None:
    """Expect a player that really plays 5 s, its picture, facts and file, and a sheet of six."""
    preview = page.locator(".mnb-preview")
    expect(preview).to_contain_text("encoded anew as MP3")
    expect(preview).to_contain_text("<img src=x onerror")
    expect(preview.locator("a")).to_have_text("song.flac")
    expect(preview.locator("audio")).to_be_visible()
    moved, duration = preview.locator("audio").evaluate(SOUND)
    assert moved > 0.3
    assert abs(duration - 5) < 0.1
    pictures = page.locator(".mnb-preview img, .mnb-sheet img")
    expect(pictures).to_have_count(13)
    for i in range(13):
        assert pictures.nth(i).evaluate(
            "i => i.complete && i.naturalWidth > 0 && i.offsetWidth > 100"
        )
    frames = page.locator(".mnb-frame")
    tops = [frames.nth(i).bounding_box() for i in range(6)]
    assert [box["y"] == tops[0]["y"] for box in tops if box] == [True] * 3 + [False] * 3
    assert "owned" not in page.title()


def test_preview_plays_after_reopening_without_a_kernel(
    lab: Any, shared_page: Page, saved: Path
) -> None:
    """The sound is in the notebook."""
    lab.open(shared_page, saved.name, kernel=False)
    expect_preview(shared_page)


def test_preview_of_an_untrusted_notebook_is_no_dead_control(
    lab: Any, shared_page: Page, saved: Path
) -> None:
    """JupyterLab strips styles and scripts there; what is left plays, too."""
    notebook = nbformat.read(saved, as_version=4)
    # another hand's output has no signature of ours
    notebook.cells[0].outputs[0]["data"]["text/html"] += "<i>strange</i>"
    strange = saved.with_name("strange_preview.ipynb")
    nbformat.write(notebook, strange)
    lab.open(shared_page, strange.name, kernel=False)
    trusted = "jupyterapp.shell.currentWidget.content.widgets[0].model.trusted"
    assert shared_page.evaluate(f"() => {trusted}") is False
    expect_preview(shared_page)


def test_exported_preview_plays(shared_page: Page, saved: Path, tmp_path: Path) -> None:
    """Whoever gets the exported page by mail hears the excerpt."""
    repository = str(Path(__file__).parents[2])
    inherited = os.environ.get("PYTHONPATH")
    subprocess.run(
        [sys.executable, "-m", "jupyter", "nbconvert", "--to", "html",
         "--output-dir", str(tmp_path), saved.name],
        cwd=saved.parent,
        env=os.environ | {"PYTHONPATH": os.pathsep.join(filter(None, [repository, inherited]))},
        check=True, capture_output=True, timeout=120,
    )  # fmt: skip
    external = shared_page.external[:]
    shared_page.route("http*://**", lambda route: route.abort())
    shared_page.goto((tmp_path / "preview.html").as_uri())
    expect_preview(shared_page)
    # nbconvert's own page asks for MathJax and require.js; that is its affair and was refused
    shared_page.external[:] = external
