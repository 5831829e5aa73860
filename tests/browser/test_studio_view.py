"""The studio view in a real JupyterLab: one story from an order to a comparison, and its ends.

With MUSICNB_SCREENSHOTS set to a folder, pictures for the documentation are written there.
"""

import os
import re
from pathlib import Path

import pytest
from axe_playwright_python.sync_playwright import Axe
from playwright.sync_api import expect

NOTEBOOK = "studio_view.ipynb"
OPEN = "import musicnb as mnb\nstudio = mnb.Studio('view-library', quiet=True)"
SHOW = "studio.show(prompt='calm lofi piano, 10 seconds')"
KERNEL = "jupyterapp.shell.currentWidget.sessionContext.session.kernel"
RATED = "document.querySelector('.mnb-v-library section').mnbBoard.ratings.waiting.size === 0"
LOUD = """() => {
    const { comparison } = document.querySelector('.mnb-v-library section').mnbBoard;
    return comparison.deck.playing && comparison.position > 0.3;
}"""
# what the view answers for; the rest of the page is JupyterLab's
INSIDE = {"include": [[".mnb-studio"]]}


@pytest.fixture(scope="module")
def view(lab, shared_page):
    """Show the view in a notebook with nothing else."""
    lab.write(NOTEBOOK, OPEN, SHOW)
    lab.open_and_run(shared_page, NOTEBOOK)
    shared_page.locator(".mnb-v-head").wait_for()
    return shared_page


@pytest.fixture(scope="module")
def library(view):
    """Find the part with the clips."""
    return view.locator(".mnb-v-library")


def tab(page, name):
    return page.get_by_role("tab", name=re.compile(f"^{name}"))


def take_picture(page, name, width):
    """Write a picture for the documentation, where one is wanted."""
    if folder := os.environ.get("MUSICNB_SCREENSHOTS"):
        page.set_viewport_size({"width": width, "height": 1500})
        page.locator(".mnb-studio").screenshot(path=Path(folder) / f"{name}.png")
        page.set_viewport_size({"width": 1280, "height": 900})


def test_order_from_the_form_becomes_clips_in_the_library(lab, view, library):
    """Side by side: Generate on the left, the card and its two clips on the right."""
    expect(tab(view, "Create")).to_be_hidden()
    view.locator(".mnb-v-create").get_by_role("button", name="Generate").click()
    card = library.locator(".mnb-card", has_text="calm lofi piano")
    expect(card).to_be_visible()
    lab.execute(view, "import time; time.sleep(60)", wait=False)  # and while a cell computes
    expect(card.get_by_role("button", name="Play")).to_have_count(2, timeout=50_000)
    lab.interrupt(view)


def test_clip_is_found_starred_and_kept(lab, view, library):
    """Search hides what is something else; a star goes into the journal."""
    lab.execute(view, "studio.generate(mnb.TextToMusic('brass funk, 10 seconds')).result()")
    expect(library.get_by_role("button", name="Play")).to_have_count(4)
    library.get_by_role("searchbox").fill("lofi")
    expect(library.locator(".mnb-row:visible")).to_have_count(2)
    library.get_by_role("slider", name=re.compile("^Stars")).first.press("4")
    view.wait_for_function(f"() => {RATED}")
    assert lab.execute(view, "print(max(c.stars or 0 for c in studio.clips()))").strip() == "4"


def test_tray_keeps_picks_across_searches_and_compares_them_blind(view, library):
    """One playhead, letters until the names are asked for, and back to the library."""
    library.get_by_role("checkbox", name="Pick calm lofi").first.check()
    library.get_by_role("searchbox").fill("brass")
    library.get_by_role("checkbox", name="Pick brass funk").first.check()
    tray = library.get_by_role("group", name="Compare tray")
    expect(tray.get_by_role("listitem")).to_have_count(2)
    tray.get_by_role("switch", name="Blind").click()
    tray.get_by_role("button", name="Compare 2").click()
    lanes = library.locator(".mnb-lanes")
    expect(lanes.get_by_role("radio", name="A", exact=True)).to_be_visible()
    expect(lanes).not_to_contain_text(re.compile("lofi|brass", re.IGNORECASE))
    library.get_by_role("button", name="Play", exact=True).click()
    view.wait_for_function(LOUD)
    library.get_by_role("button", name="Show the names").click()
    expect(lanes).to_contain_text(re.compile("lofi", re.IGNORECASE))
    library.get_by_role("button", name="All clips").click()
    library.get_by_role("searchbox").fill("")
    expect(library.get_by_role("checkbox", name="Pick", checked=True)).to_have_count(2)


def test_narrow_view_is_one_column_and_tabs_are_walked_by_keyboard(view):
    """Arrows open the next part, only one is there at a time, and each has its name."""
    take_picture(view, "studio", 1280)
    view.set_viewport_size({"width": 800, "height": 900})
    expect(tab(view, "Create")).to_be_visible()
    tab(view, "Library").focus()
    view.keyboard.press("ArrowRight")
    expect(tab(view, "Account")).to_be_focused()
    panel = view.get_by_role("tabpanel", name="Account")
    expect(panel).to_contain_text("160 credits")
    expect(panel.get_by_role("img", name=re.compile("160 spent"))).to_be_visible()
    expect(view.locator(".mnb-v-part:visible")).to_have_count(1)
    view.keyboard.press("ArrowRight")
    expect(view.get_by_role("tabpanel", name="Settings")).to_contain_text("the sandbox needs none")
    view.keyboard.press("Home")
    expect(view.get_by_role("tabpanel", name="Create")).to_contain_text("Suno 5.5")
    width = view.locator(".mnb-studio").evaluate("e => [e.scrollWidth, e.clientWidth]")
    assert width[0] <= width[1]
    view.set_viewport_size({"width": 1280, "height": 900})


@pytest.mark.parametrize("theme", ["JupyterLab Light", "JupyterLab Dark"])
def test_nothing_in_any_part_keeps_people_out(view, theme):
    """axe-core finds nothing serious, in either theme and any part."""
    change = "theme => window.jupyterapp.commands.execute('apputils:change-theme', {theme})"
    view.evaluate(change, theme)
    dark = "false" if theme.endswith("Dark") else "true"
    view.locator(f"body[data-jp-theme-light={dark}]").wait_for(state="attached")
    found = []
    for part in ("Library", "Account", "Settings"):
        tab(view, part).click()
        view.wait_for_timeout(300)  # colours change over a while
        violations = Axe().run(view, context=INSIDE).response["violations"]
        found += [
            (part, violation["id"], node["html"], node["failureSummary"])
            for violation in violations
            if violation["impact"] in ("serious", "critical")
            for node in violation["nodes"]
        ]
    take_picture(view, f"studio-{theme[11:].lower()}", 800)
    assert found == []


def test_after_a_restart_the_same_cell_finds_everything(lab, view, library):
    """The page says what to do; shown again, library, stars and a running order are there."""
    lab.execute(view, "studio.generate(mnb.TextToMusic('slow blues, 20 seconds', title='Late'))")
    view.evaluate(f"() => {KERNEL}.restart()")
    view.wait_for_function(f"() => {KERNEL}.status === 'idle'")
    lab.run(view)
    late = library.locator(".mnb-card", has_text="Late")
    expect(late.get_by_role("button", name="Play")).to_have_count(2, timeout=60_000)
    tab(view, "Library").click()
    library.get_by_role("searchbox").fill("lofi")
    stars = library.get_by_role("slider", name=re.compile("^Stars"))
    expect(stars.first).to_have_attribute("aria-valuenow", "4")


def test_reopened_without_a_kernel_it_is_a_true_copy(lab, view):
    """Clips, files and money, and no control that does nothing."""
    lab.save_and_reopen(view, NOTEBOOK)
    panel = view.locator(".jp-NotebookPanel")
    expect(panel).to_contain_text("240 credits")
    expect(panel).to_contain_text("view-library/clips/")
    expect(panel.get_by_text("model not found")).to_have_count(0)
    assert panel.locator(".jp-OutputArea").get_by_role("button").count() == 0
