"""The same cells as a page of Voila: no cells, no JupyterLab, another page around the widgets."""

import nbformat
import pytest
from labs import running_voila, watched_page
from nbformat.v4 import new_code_cell, new_notebook
from playwright.sync_api import expect

CELLS = """
import musicnb as mnb
studio = mnb.Studio(quiet=True)
studio.show(prompt="deep house, 10 seconds", model="minimax-music-2.6", instrumental=True)
"""
PLAYED = """() => [...document.querySelectorAll('section')].some(section => {
    const audio = section.mnbBoard?.player.audio;
    return audio && !audio.paused && audio.currentTime > 0.3;
})"""


@pytest.fixture
def page(chromium, tmp_path):
    """Open the cells as Voila shows them."""
    folder = tmp_path / "shown"
    folder.mkdir()
    notebook = new_notebook(cells=[new_code_cell(CELLS)])
    notebook.metadata.kernelspec = {"name": "python3", "display_name": "Python 3"}
    nbformat.write(notebook, folder / "studio.ipynb")
    with running_voila(tmp_path, folder / "studio.ipynb") as url, watched_page(chromium) as page:
        page.goto(url)
        yield page


def test_studio_orders_and_clip_plays_under_voila(page):
    """What a team puts before a client who has never seen a notebook; wide, then narrow."""
    form = page.locator(".mnb-form")
    expect(form).to_be_visible(timeout=60_000)
    form.get_by_role("button", name="Generate").click()
    play = page.locator(".mnb-card").get_by_role("button", name="Play")
    expect(play).to_have_count(1, timeout=60_000)
    page.set_viewport_size({"width": 800, "height": 900})
    page.get_by_role("tab", name="Library").click()
    expect(form).to_be_hidden()
    play.click()
    page.wait_for_function(PLAYED)
