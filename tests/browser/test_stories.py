"""Every story driven at 1280 and 800 px, light and dark: nothing sticks out, all can be pressed.

Each has a test of its own in depth; here one notebook holds them all, and is opened once.
"""

from __future__ import annotations

import os
import re
from pathlib import Path
from typing import Any

import pytest
from looking import STICKING_OUT, use_theme
from playwright.sync_api import Locator, Page, expect

NOTEBOOK = "stories.ipynb"
CELLS = (
    """
import musicnb as mnb
studio = mnb.Studio("stories", base_url="sandbox", quiet=True)
brief = mnb.TextToMusic("{mood} dream pop, 20 seconds", instrumental=True)
axes = {"mood": ["calm", "bright"], "model": ["suno-5.5", "minimax-music-2.6"]}
run = studio.sweep("stories", brief, axes).run(max_credits=400)
studio.form(prompt="calm lofi piano, 20 seconds")
""",
    "run.wait()\nrun",
    "run.listen(clips=6, goal='top 2', votes=20, least_heard_s=0.2, name='stories')",
    "studio.deliver(run.clips[:2], ['ebu-r128', 'streaming-14'], name='Stories')",
    "studio.show()",
)
AUDIO = "globalThis.__musicnbPage.player.audio"
SIDEWAYS = "e => [e.scrollWidth, e.clientWidth]"
LOOKS = [
    pytest.param((width, light), id=f"{width}-{'light' if light else 'dark'}")
    for width in (1280, 800)
    for light in (True, False)
]


@pytest.fixture(scope="module")
def notebook(lab: Any, shared_page: Page) -> Page:
    """Open a notebook that shows all of them."""
    lab.write(NOTEBOOK, *CELLS)
    lab.open(shared_page, NOTEBOOK)
    lab.run(shared_page, timeout_s=240)
    return shared_page


@pytest.fixture(scope="module", params=LOOKS)
def look(request: pytest.FixtureRequest, notebook: Page) -> tuple[int, bool]:
    """Give the page a width and a theme."""
    width, light = request.param
    notebook.set_viewport_size({"width": width, "height": 1100})
    use_theme(notebook, f"JupyterLab {'Light' if light else 'Dark'}", light=light)
    return width, light


def cell(page: Page, number: int) -> Locator:
    """Scroll to the outputs of a cell."""
    outputs = page.locator(".jp-CodeCell").nth(number).locator(".jp-Cell-outputWrapper")
    page.locator(".jp-CodeCell").nth(number).scroll_into_view_if_needed()
    return outputs


def fits(place: Locator, name: str, look: tuple[int, bool]) -> None:
    """Find nothing that sticks out of a widget, nor a widget that sticks out of the page."""
    if folder := os.environ.get("MUSICNB_SCREENSHOTS"):
        kind = "light" if look[1] else "dark"
        place.screenshot(path=Path(folder) / f"story-{name}-{look[0]}-{kind}.png")
    assert place.evaluate(STICKING_OUT) == []
    inner, outer = place.evaluate(SIDEWAYS)
    assert inner <= outer
    box = place.bounding_box()
    assert box is not None
    assert box["x"] + box["width"] <= look[0]


def hear(page: Page, place: Locator) -> None:
    """Press the first Play, hear it, and press Pause."""
    place.get_by_role("button", name=re.compile("^Play ")).first.click()
    page.wait_for_function(f"() => {AUDIO} && !{AUDIO}.paused && {AUDIO}.currentTime > 0.2")
    place.get_by_role("button", name=re.compile("^Pause ")).first.click()


def test_first_clip_is_ordered_by_the_form_and_heard(
    notebook: Page, look: tuple[int, bool]
) -> None:
    """Type, press Generate, and play what comes."""
    place = cell(notebook, 0)
    form = place.locator(".mnb-form")
    words = f"lofi piano {look[0]} {'light' if look[1] else 'dark'}, 20 seconds"
    form.locator("[data-field=prompt] textarea").fill(words)
    form.get_by_role("button", name="Generate").click()
    card = place.locator(".mnb-card", has_text=words)
    expect(card.get_by_role("button", name="Play")).to_have_count(2, timeout=60_000)
    hear(notebook, card)
    fits(form, "form", look)
    fits(place.locator("section.mnb"), "orders", look)


def test_sweep_is_searched_heard_and_rated_on_its_board(
    notebook: Page, look: tuple[int, bool]
) -> None:
    """The grid's search, a play button and the stars of the row that it leaves."""
    board = cell(notebook, 1).locator("section.mnb")
    board.get_by_role("searchbox").fill("bright")
    expect(board.locator(".mnb-row:visible")).to_have_count(3)
    row = board.locator(".mnb-row:visible").first
    hear(notebook, row)
    stars = row.get_by_role("slider", name="Stars of")
    wanted = 2 + LOOKS_IN_ORDER.index(look)
    stars.press(str(wanted))
    expect(stars).to_have_attribute("aria-valuetext", f"{wanted} of 5 stars")
    board.get_by_role("searchbox").fill("")
    expect(board.locator(".mnb-row:visible")).to_have_count(6)
    fits(board, "sweep", look)


def test_pair_is_heard_blind_and_voted_on(notebook: Page, look: tuple[int, bool]) -> None:
    """Both plates by mouse, one answer, and the next pair is there."""
    section = cell(notebook, 2).locator("section[aria-label='Blind listening']")
    place = section.locator(".mnb-b-place")
    expect(place).to_have_text(re.compile(r"^Pair \d+ of 20$"))
    number = int(place.inner_text().split()[1])
    for slot in "AB":
        plate = section.get_by_role("radio", name=re.compile(f"^{slot}:"))
        plate.click()
        if slot == "A":
            notebook.keyboard.press("Space")
        expect(plate).to_have_class(re.compile("mnb-b-enough"))
    fits(section, "blind", look)
    notebook.keyboard.press("t")
    expect(section.locator(".mnb-b-line")).to_have_text(f"Vote {number} is kept.")


def test_delivery_table_is_read_to_its_last_column(notebook: Page, look: tuple[int, bool]) -> None:
    """A table may be wider than the page only where it is scrolled by itself."""
    output = cell(notebook, 3).locator(".jp-OutputArea-output").last
    expect(output.get_by_role("table").first).to_be_visible()
    last = output.get_by_role("columnheader").last
    last.scroll_into_view_if_needed()
    box = last.bounding_box()
    assert box is not None
    assert box["x"] + box["width"] <= look[0]
    if folder := os.environ.get("MUSICNB_SCREENSHOTS"):
        kind = "light" if look[1] else "dark"
        output.screenshot(path=Path(folder) / f"story-delivery-{look[0]}-{kind}.png")


def test_studio_view_is_walked_from_search_to_account(
    notebook: Page, look: tuple[int, bool]
) -> None:
    """Library, a clip, the account: by tabs that are all there at either width."""
    view = cell(notebook, 4).locator(".mnb-studio")
    view.get_by_role("tab", name=re.compile("^Library")).click()
    library = view.locator(".mnb-v-library")
    library.get_by_role("searchbox").fill("bright")
    expect(library.locator(".mnb-row:visible").filter(has_text="lofi")).to_have_count(0)
    hear(notebook, library)
    library.get_by_role("searchbox").fill("")
    fits(view, "view", look)
    view.get_by_role("tab", name=re.compile("^Account")).click()
    expect(view.get_by_role("tabpanel", name="Account")).to_contain_text("credits")
    fits(view, "account", look)


LOOKS_IN_ORDER = [look.values[0] for look in LOOKS]
