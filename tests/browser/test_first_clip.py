"""The first notebook in a real JupyterLab: run all, press Generate, hear it, close it, find it.

With MUSICNB_SCREENSHOTS set to a folder, the pictures of the documentation are written there.
"""

import json
import re
import shutil

import pytest
from picturing import NOTEBOOKS, picture
from playwright.sync_api import expect

NOTEBOOK = "01_first_clip.ipynb"
PLAYED = """s => [...document.querySelectorAll('section')].some(section => {
    const audio = section.mnbBoard?.player.audio;
    return audio && !audio.paused && audio.currentTime > s;
})"""
PROMPT = "calm lofi piano, vinyl warmth, 80 bpm, 20 seconds"
FOUR_CLIPS = """
import musicnb as mnb
studio = mnb.Studio("four-clips")
tasks = [studio.generate(mnb.TextToMusic(f"{genre}, two minutes")) for genre in ("pop", "jazz")]
""".strip()


@pytest.fixture(scope="module")
def story(lab, shared_page):
    """Open the notebook as shipped and run it to its end."""
    shutil.copyfile(NOTEBOOKS / NOTEBOOK, lab.root / NOTEBOOK)
    lab.open_and_run(shared_page, NOTEBOOK)
    return shared_page


@pytest.fixture(scope="module")
def form(story):
    """Find the form of the notebook."""
    form = story.locator(".mnb-form")
    form.scroll_into_view_if_needed()
    return form


@pytest.fixture(scope="module")
def card(story, form):
    """Press Generate once and find the task's card, which is there at once."""
    form.locator("[data-field=prompt] textarea").fill(PROMPT)
    form.get_by_role("button", name="Generate").click()
    card = story.locator(".mnb-card", has_text=PROMPT)
    expect(card).to_be_visible()
    return card


def test_price_follows_the_model(form):
    """80 credits for two clips, 50 for one."""
    form.get_by_text("MiniMax Music 2.6", exact=True).click()
    expect(form).to_contain_text("50 credits · $0.05")
    form.get_by_text("Suno 5.5", exact=True).click()
    expect(form).to_contain_text("80 credits · $0.08")


def test_wrong_prompt_is_refused_beside_its_field(story, form):
    """Nothing is sent while a field is wrong, and the field says why."""
    cards = story.locator(".mnb-card").count()
    form.locator("[data-field=prompt] textarea").fill("x" * 501)
    expect(form.locator("[data-field=prompt]")).to_contain_text("501")
    form.get_by_role("button", name="Generate").click(force=True)
    story.wait_for_timeout(500)
    assert story.locator(".mnb-card").count() == cards


def test_card_goes_on_while_another_cell_computes(lab, story, card):
    """The kernel is busy from the first second to the last, and the card still finishes."""
    lab.execute(story, "import time; time.sleep(60)", wait=False)
    expect(card.get_by_role("button", name="Play")).to_have_count(2, timeout=50_000)
    lab.interrupt(story)


def test_clip_plays_and_is_steered_by_keyboard(story, form, card):
    """Sound comes, the position advances, Page Up jumps ahead."""
    card.get_by_role("button", name="Play").first.click()
    story.wait_for_function(PLAYED, arg=0.3)
    card.get_by_role("slider").first.press("PageUp")
    story.wait_for_function(PLAYED, arg=15)
    picture(story, "first-clip", top=form, height=1040)
    card.get_by_role("button", name="Pause").click()


def test_table_shows_the_cost(story):
    """The last cells of the notebook tell what was paid."""
    table = story.locator("table.dataframe").first
    table.scroll_into_view_if_needed()
    expect(table).to_contain_text("minimax-music-2.6")
    expect(table.get_by_role("cell", name="50", exact=True).first).to_be_visible()


def test_reopened_story_has_no_dead_control(lab, story):
    """Without its kernel the form says what to do, and the card of the waiting cell remains."""
    lab.save_and_reopen(story, NOTEBOOK)
    panel = story.locator(".jp-NotebookPanel")
    expect(panel.get_by_text("Form: run this cell to use it")).to_be_visible()
    expect(panel.get_by_text("model not found")).to_have_count(0)
    assert panel.locator(".jp-OutputArea").get_by_role("button").count() == 0
    panel.locator("table.dataframe").first.scroll_into_view_if_needed()
    expect(panel.get_by_role("img", name="Waveform of Street Level").first).to_be_visible()


def test_notebook_with_four_long_clips_is_small_and_survives_its_kernel(lab, page):
    """Under 100 kB; reopened without a kernel: waveforms, facts and paths, no dead control."""
    lab.write("four.ipynb", FOUR_CLIPS, "tasks[0]", "tasks[1]", "for t in tasks: t.result()")
    lab.open(page, "four.ipynb")
    lab.run(page, timeout_s=120)
    expect(page.get_by_role("button", name="Play")).to_have_count(4)
    lab.save_and_reopen(page, "four.ipynb")

    saved = (lab.root / "four.ipynb").read_text()
    assert len(saved) < 100_000
    assert "audio/" not in json.dumps([cell.get("outputs") for cell in json.loads(saved)["cells"]])
    panel = page.locator(".jp-NotebookPanel")
    for number in range(4):
        waveform = panel.get_by_role("img", name="waveform").nth(number)
        waveform.scroll_into_view_if_needed()
        expect(waveform).to_be_visible()
        assert waveform.evaluate("image => image.naturalWidth") > 100
    expect(panel).to_contain_text(re.compile(r"(1:5|2:0)\d"))
    for text in ("suno-5.5", "80 credits charged", "four-clips/clips/pop-two-minutes"):
        expect(panel).to_contain_text(text)
    assert panel.locator(".jp-OutputArea").get_by_role("button").count() == 0
    assert panel.locator("audio").count() == 0
    expect(panel.get_by_text("model not found")).to_have_count(0)
    picture(page, "reopened", height=820)
