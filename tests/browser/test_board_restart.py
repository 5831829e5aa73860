"""Board and form after a restart of their kernel: they stand still, say so, and throw nothing."""

from __future__ import annotations

from typing import Any

import pytest
from playwright.sync_api import Locator, Page, expect

KERNEL = "jupyterapp.shell.currentWidget.sessionContext.session.kernel"
BOARDS = """
from board_takes import *
facts = ("44.1 kHz stereo", "a fact that is long enough to be cut")
name = "a-long-name-that-no-column-holds-in-full"
one, two = [clip(f"{name}_{i}", "Take", facts=facts) for i in (1, 2)]
note = "Synthetic music: the sandbox does not sing."
going = board(
    "Going",
    CardView("done", "suno-5.5", "Done", "two takes", "succeeded", clips=(one, two), note=note,
             badge="sandbox"),
    CardView("going", "suno-5.5", "Going", "", "running", submitted_at=time() - 5,
             clips_expected=1, can_cancel=True, note=note, badge="sandbox"),
    CardView("waiting", "suno-5.5", "Waiting", "", "queued", stage="queued", can_cancel=True),
)
going
"""
OVER = """
over = board("Over", CardView("x", "", "", "", "succeeded", clips=(clip("b1", "Gamma"),)),
             copy_note="studio.clips() plays them again, at no cost.")
over
"""
RATED = """
from board_takes import *
from musicnb.library import Rating
rated = board("Rated", CardView("x", "", "", "", "succeeded", clips=(clip("r1", "Take 1"),)),
              rate=lambda clip_id, changes: Rating(clip_id, **changes))
rated
"""
FORM = """
from musicnb.widgets import Form
sent = []
form = Form(submit=lambda brief: sent.append(brief.prompt), prompt="slow blues")
form
"""
FORM_RESTARTED = "The kernel was restarted: run this cell again."
RESTARTED = "The kernel was restarted. studio.resume() takes up what was running."

PRESS_CANCEL = """() => {
    for (const button of document.querySelectorAll("section[aria-label=Going] button"))
        if (button.textContent === "Cancel" && button.offsetParent) button.click();
}"""


@pytest.fixture
def shown(lab: Any, page: Page, board_takes: str) -> Page:
    """Show a board with a running order and one with a finished clip."""
    (lab.root / "board_takes.py").write_text(board_takes)
    lab.write("restart.ipynb", BOARDS, OVER)
    lab.open_and_run(page, "restart.ipynb")
    page.get_by_role("button", name="Play Gamma").wait_for()
    return page


@pytest.fixture
def form(lab: Any, page: Page, board_takes: str) -> Locator:
    """Show a form that is ready, and a board below it."""
    (lab.root / "board_takes.py").write_text(board_takes)
    lab.write("restart_form.ipynb", FORM, BOARDS)
    lab.open_and_run(page, "restart_form.ipynb")
    form = page.locator(".mnb-form")
    expect(form.locator(".mnb-f-status")).to_contain_text("Ready")
    return form


def crash(lab: Any, page: Page) -> None:
    """Kill the kernel from within, and wait until the page has seen another one in its place."""
    page.evaluate(
        f"""() => {{
            window.mnbCrashed = false;
            {KERNEL}.statusChanged.connect((_, status) => {{
                if (!['idle', 'busy'].includes(status)) window.mnbCrashed = true;
            }});
        }}"""
    )
    lab.execute(page, "import os; os.kill(os.getpid(), 9)", wait=False)
    page.wait_for_function(f"() => window.mnbCrashed && {KERNEL}.status === 'idle'", timeout=40_000)


def restart(page: Page) -> None:
    """Restart the kernel, as the button in JupyterLab's toolbar does."""
    page.evaluate(f"() => {KERNEL}.restart()")
    page.wait_for_function(f"() => {KERNEL}.status === 'idle'")


def test_unfinished_cards_stand_still_and_say_why(shown: Page) -> None:
    """No clock, no Cancel, no pulse; a board whose orders are over has nothing to add."""
    going = shown.locator("section[aria-label=Going]")
    card = going.locator(".mnb-card", has_text="Going")
    expect(card.locator(".mnb-elapsed")).to_be_visible()
    expect(card.get_by_role("button", name="Cancel")).to_be_visible()
    restart(shown)
    expect(going.locator(".mnb-notice")).to_have_text(RESTARTED)
    expect(card.locator(".mnb-elapsed")).to_be_hidden()
    expect(going.get_by_role("button", name="Cancel")).to_have_count(0)
    expect(going.locator(".mnb-count")).to_have_text("2 clips · 2 not finished")
    assert (
        card.locator(".mnb-chip").evaluate("c => getComputedStyle(c, '::before').animationName")
        == "none"
    )
    expect(shown.locator("section[aria-label=Over] .mnb-notice")).to_be_hidden()


def test_loaded_clip_goes_on_playing_and_another_says_why_not(shown: Page) -> None:
    """What is on the page is not taken away; what is not says so, and how to hear it."""
    shown.get_by_role("button", name="Play Take · 1").click()
    sounds = """() => {
        const {audio} = document.querySelector('section[aria-label=Going]').mnbBoard.player;
        return !audio.paused && audio.currentTime > SECONDS;
    }"""
    shown.wait_for_function(sounds.replace("SECONDS", "0.2"))
    restart(shown)
    shown.wait_for_function(sounds.replace("SECONDS", "1.5"))
    shown.get_by_role("button", name="Pause Take · 1").click()
    shown.get_by_role("button", name="Play Take · 1").click()
    shown.wait_for_function(sounds.replace("SECONDS", "2"))
    shown.get_by_role("button", name="Play Gamma").click()
    expect(shown.locator("section[aria-label=Over] .mnb-sub")).to_have_text(
        "No sound: the kernel was restarted. studio.clips() plays them again, at no cost."
    )
    shown.get_by_role("button", name="Download Take · 2").click()
    expect(shown.locator("section[aria-label=Going]")).to_contain_text("No sound: the kernel was")


def test_crash_without_a_word_is_noticed_at_the_first_press(lab: Any, shown: Page) -> None:
    """A kernel that dies by itself is restarted by the server; a press then finds nobody."""
    crash(lab, shown)
    going = shown.locator("section[aria-label=Going]")
    # whether the page has heard of it by itself depends on when: a press must do in either case
    shown.evaluate(PRESS_CANCEL)
    expect(going.locator(".mnb-notice")).to_have_text(RESTARTED)
    expect(going.get_by_role("button", name="Cancel")).to_have_count(0)
    expect(going.get_by_role("button", name="Canceling…")).to_have_count(0)


def test_crash_is_noticed_by_a_board_that_waits_in_vain(lab: Any, shown: Page) -> None:
    """After half a minute of silence about a running order, the board asks, and then knows."""
    crash(lab, shown)
    shown.evaluate(
        "() => { document.querySelector('section[aria-label=Going]').mnbBoard.heard -= 31_000; }"
    )
    expect(shown.locator("section[aria-label=Going] .mnb-notice")).to_have_text(RESTARTED)


def test_connection_that_comes_back_brings_the_board_back(lab: Any, shown: Page) -> None:
    """As soon as messages go out again, clocks run, Cancel works and sound comes."""
    board = "document.querySelector('section[aria-label=Going]').mnbBoard"
    # the wire is cut on the page alone, because a restarted kernel has no board to come back to
    shown.evaluate(f"""() => {{
        const board = {board};
        board.whole = board.model;
        board.model = {{...board.model, send() {{ throw new Error('Cannot send'); }}}};
        board.onLive();
    }}""")
    going = shown.locator("section[aria-label=Going]")
    card = going.locator(".mnb-card", has_text="Going")
    expect(going.locator(".mnb-notice")).to_have_text(RESTARTED)
    expect(card.locator(".mnb-elapsed")).to_be_hidden()
    shown.evaluate(f"() => {{ {board}.model = {board}.whole; {board}.onLive(); }}")
    expect(going.locator(".mnb-notice")).to_be_hidden()
    expect(card.locator(".mnb-elapsed")).to_be_visible()
    card.get_by_role("button", name="Cancel").click()
    shown.get_by_role("button", name="Play Take · 2").click()
    expect(shown.get_by_role("button", name="Pause Take · 2")).to_be_visible()
    assert lab.execute(shown, "print(canceled)") == "['going']\n"


def test_takes_of_one_order_can_be_told_apart(shown: Page) -> None:
    """Equal titles are numbered, and a long file name is cut before its end."""
    expect(shown.locator(".mnb-clip-title")).to_have_text(["Take · 1", "Take · 2", "Gamma"])
    sub = shown.locator(".mnb-sub").nth(1)
    expect(sub).to_have_text(
        "44.1 kHz stereo · a fact that is long enough to be cut"
        " · a-long-name-that-no-column-holds-in-full_2.wav"
    )
    start, tail = sub.locator("span").first, sub.locator("span").last
    assert start.evaluate("s => s.scrollWidth > s.clientWidth")
    assert tail.evaluate("t => t.scrollWidth <= t.offsetWidth")
    expect(tail).to_have_text("n-full_2.wav")
    inside = "t => t.getBoundingClientRect().right <= t.parentElement.getBoundingClientRect().right"
    assert tail.evaluate(inside)


def test_one_status_word_and_one_note_are_enough(shown: Page) -> None:
    """A stage equal to its status is not repeated; a note that all share stands once."""
    going = shown.locator("section[aria-label=Going]")
    expect(going.locator(".mnb-chip")).to_have_text(["succeeded", "running", "queued"])
    expect(going.get_by_text("Synthetic music")).to_have_count(1)
    expect(going.locator(".mnb-badge").nth(1)).to_have_attribute(
        "title", "Synthetic music: the sandbox does not sing."
    )


def test_form_cannot_be_sent_and_says_to_run_its_cell_again(
    lab: Any, page: Page, form: Locator
) -> None:
    """Neither a press nor typing throws; the cell, run again, gives a form that works."""
    status, button = form.locator(".mnb-f-status"), form.locator(".mnb-f-generate")
    restart(page)
    expect(status).to_have_text(FORM_RESTARTED)
    expect(button).to_have_attribute("aria-disabled", "true")
    button.click(force=True)
    form.locator("[data-field=prompt] textarea").fill("fast blues")
    page.keyboard.press("Control+Enter")
    page.wait_for_timeout(400)
    expect(status).to_have_text(FORM_RESTARTED)
    expect(button).to_have_text("Generate")
    lab.run(page)
    expect(status).to_contain_text("Ready")
    button.click()
    expect(status).to_contain_text("Sent")
    assert lab.execute(page, "print(sent)") == "['slow blues']\n"


def test_crash_without_a_word_is_noticed_by_the_form_at_the_first_press(
    lab: Any, page: Page, form: Locator
) -> None:
    """The message that cannot be sent tells, and the button does not stay at Sending."""
    crash(lab, page)
    form.locator(".mnb-f-generate").dispatch_event("click")
    expect(form.locator(".mnb-f-status")).to_have_text(FORM_RESTARTED)
    expect(form.locator(".mnb-f-generate")).to_have_text("Generate")


def test_connection_that_comes_back_brings_the_form_back(
    lab: Any, page: Page, form: Locator
) -> None:
    """As soon as a message goes out again, what was typed meanwhile is judged and can be sent."""
    prompt, status = form.locator("[data-field=prompt] textarea"), form.locator(".mnb-f-status")
    # comms refuse to send once their kernel is disposed
    disposed = "{get: () => true, configurable: true}"
    page.evaluate(f"() => Object.defineProperty({KERNEL}, 'isDisposed', {disposed})")
    prompt.fill("fast blues")
    expect(status).to_have_text(FORM_RESTARTED)
    page.evaluate(f"() => {{ delete {KERNEL}.isDisposed; }}")
    prompt.fill("fast blues, two minutes")
    expect(status).to_contain_text("Ready")
    form.locator(".mnb-f-generate").click()
    expect(status).to_contain_text("Sent")
    assert lab.execute(page, "print(sent)") == "['fast blues, two minutes']\n"


def test_form_and_the_board_below_it_have_the_same_edges(page: Page, form: Locator) -> None:
    """Their frames begin and end at the same pixel, however wide the page is."""
    for width in (1280, 1700, 900):
        page.set_viewport_size({"width": width, "height": 1300})
        page.wait_for_timeout(200)
        frames = (form.locator(".mnb-f-body"), page.locator(".mnb-card").first)
        boxes = [frame.bounding_box() for frame in frames]
        edges = [(box["x"], box["width"]) for box in boxes if box]
        assert edges[0] == pytest.approx(edges[1], abs=0.01)


def test_rating_after_a_restart_is_taken_back_and_says_why(
    lab: Any, page: Page, board_takes: str
) -> None:
    """Nobody believes that a star is kept which nobody keeps."""
    (lab.root / "board_takes.py").write_text(board_takes)
    lab.write("restart_rated.ipynb", RATED)
    lab.open_and_run(page, "restart_rated.ipynb")
    stars = page.get_by_role("slider", name="Stars of Take 1", exact=True)
    stars.press("3")
    expect(stars).to_have_attribute("aria-valuenow", "3")
    # it is shown at once; what the kernel has kept is what will be gone back to
    board = "document.querySelector('section[aria-label=Rated]').mnbBoard"
    page.wait_for_function(f"() => {board}.ratings.waiting.size === 0")
    restart(page)
    stars.press("5")
    expect(page.locator(".mnb-rating-problem")).to_contain_text("Not kept: the kernel")
    expect(stars).to_have_attribute("aria-valuenow", "3")
