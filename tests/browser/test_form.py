"""The form in a real JupyterLab: what a person sees, types, presses, and what is then sent."""

from __future__ import annotations

import json
import time
from collections.abc import Callable
from typing import Any

import pytest
from looking import CONTRAST, STICKING_OUT, use_theme
from playwright.sync_api import Locator, Page, expect

pytestmark = pytest.mark.browser

SETUP = """
import json, pathlib
from musicnb.widgets import Form
log = pathlib.Path("sent.jsonl")
log.write_text("")
def submit(brief):
    with log.open("a") as lines:
        lines.write(json.dumps(brief.request().body()) + "\\n")
form = Form(submit=submit, service="sandbox · offline · free", balance="1,240 credits left"{more})
form
"""


@pytest.fixture
def form(lab: Any, page: Page) -> Callable[..., Locator]:
    """Open a notebook whose last cell shows a form; returns the form."""

    def show(*cells: str, more: str = "", width: int = 1280) -> Locator:
        page.set_viewport_size({"width": width, "height": 1300})
        lab.write("form.ipynb", SETUP.format(more=more), *cells)
        lab.open_and_run(page, "form.ipynb")
        shown = page.locator(".mnb-form")
        expect(button(shown)).to_be_visible()
        shown.locator("summary").click()
        return shown

    return show


def button(form: Locator) -> Locator:
    """Find the Generate button by its place, since its words change."""
    return form.locator(".mnb-f-generate")


def field(form: Locator, name: str) -> Locator:
    """Find everything that belongs to one visible field."""
    return form.locator(f"[data-field={name}]:visible")


def sent(lab: Any, expected: int, *, settle_s: float = 0.6) -> list[dict[str, Any]]:
    """Wait for so many requests, and a little longer for one too many."""
    path, deadline = lab.root / "sent.jsonl", time.monotonic() + 10
    while len(path.read_text().splitlines()) < expected and time.monotonic() < deadline:
        time.sleep(0.05)
    time.sleep(settle_s)
    bodies = [json.loads(line) for line in path.read_text().splitlines()]
    assert len(bodies) == expected
    return bodies


def test_a_double_click_sends_one_request_with_only_what_was_set(
    lab: Any, form: Callable[..., Locator]
) -> None:
    """Prices follow the model, options that were left alone are left out, and one wish is sent."""
    shown = form()
    expect(shown.locator(".mnb-f-total")).to_have_text("80 credits · $0.08")
    shown.get_by_text("MiniMax Music 2.6").first.click()
    expect(shown.locator(".mnb-f-total")).to_have_text("50 credits · $0.05")
    expect(shown.locator(".mnb-f-yields")).to_have_text("1 clip · vocal mode")
    expect(field(shown, "style_weight")).to_have_count(0)
    shown.get_by_text("Suno 5.5").first.click()
    field(shown, "prompt").locator("textarea").fill("dream pop, warm analog drums")
    expect(field(shown, "prompt").locator(".mnb-f-counter")).to_have_text("28/500")
    field(shown, "lyrics").locator("textarea").fill("[Verse]\nla")
    field(shown, "title").locator("input").fill("Slow Light")
    field(shown, "style_weight").get_by_role("slider").fill("0.29")
    field(shown, "weirdness_constraint").get_by_role("slider").fill("0.8")
    field(shown, "weirdness_constraint").get_by_role("button").click()
    field(shown, "vocal_gender").get_by_role("radio", name="female").check()
    expect(field(shown, "prompt").locator(".mnb-f-counter")).to_have_text("28/1,000")
    expect(shown.locator(".mnb-f-status")).to_contain_text("Ready")
    button(shown).dblclick()
    assert sent(lab, 1) == [
        {
            "model": "suno-5.5",
            "prompt": "dream pop, warm analog drums",
            "lyrics": "[Verse]\nla",
            "title": "Slow Light",
            "model_options": {
                "suno": {"custom_mode": True, "style_weight": 0.29, "vocal_gender": "f"}
            },
        }
    ]
    expect(shown.locator(".mnb-f-status")).to_contain_text("Sent: 80 credits")
    expect(button(shown)).to_have_text("Generate")
    button(shown).click()
    sent(lab, 2)


def test_generate_straight_after_typing_sends_what_is_seen(
    lab: Any, form: Callable[..., Locator], page: Page
) -> None:
    """A press inside the pause before values are sent still carries the last letter."""
    shown = form(more=', prompt="before"')
    page.evaluate(
        """() => {
            const area = document.querySelector(".mnb-form [data-field=prompt] textarea");
            area.value = "after";
            area.dispatchEvent(new Event("input", {bubbles: true}));
            document.querySelector(".mnb-form .mnb-f-generate").click();
        }"""
    )
    assert [body["prompt"] for body in sent(lab, 1)] == ["after"]
    expect(shown.locator(".mnb-f-status")).to_contain_text("Sent")


def test_faults_stand_beside_their_fields_once_they_are_touched(
    lab: Any, form: Callable[..., Locator]
) -> None:
    """An untouched field is not shouted at; a press names what is wrong, and nothing is sent."""
    shown = form()
    expect(shown.locator(".mnb-f-status")).to_have_text("Still needed: Prompt")
    expect(shown.locator(".mnb-f-faulty")).to_have_count(0)
    lyrics = field(shown, "lyrics")
    lyrics.get_by_role("button", name="Insert [Verse]").click()
    lyrics.locator("textarea").press_sequentially("la")
    expect(shown.locator(".mnb-f-status")).to_have_text(
        "Still needed for custom vocal mode: Prompt and Title"
    )
    expect(field(shown, "title").locator(".mnb-f-state")).to_have_text("required")
    button(shown).click()
    expect(field(shown, "prompt").get_by_role("alert")).to_contain_text("Prompt: is empty")
    expect(field(shown, "title").get_by_role("alert")).to_contain_text("Title: is empty")
    prompt = field(shown, "prompt").locator("textarea")
    expect(prompt).to_be_focused()
    expect(prompt).to_have_attribute("aria-invalid", "true")
    prompt.fill("x" * 1001)
    expect(field(shown, "prompt").get_by_role("alert")).to_contain_text("has 1001 characters")
    number = field(shown, "style_weight").locator("input[type=text]")
    number.fill("loud")
    expect(field(shown, "style_weight").get_by_role("alert")).to_contain_text("'loud'")
    number.fill("0,5")
    expect(field(shown, "style_weight").get_by_role("alert")).to_be_empty()
    expect(field(shown, "style_weight").get_by_role("slider")).to_have_value("0.5")
    button(shown).click()
    sent(lab, 0)


def test_the_keyboard_alone_is_enough(lab: Any, form: Callable[..., Locator], page: Page) -> None:
    """Arrows choose a model, Tab reaches every field, Ctrl+Enter sends; the notebook stays out."""
    shown = form()
    cells = page.locator(".jp-Notebook .jp-Cell").count()
    shown.get_by_role("radio", name="Suno 5.5").focus()
    page.keyboard.press("ArrowRight")
    page.keyboard.press("Tab")
    page.keyboard.type("dd lo-fi piano")  # "d d" is the notebook's own command to delete a cell
    page.keyboard.press("Tab")
    page.keyboard.press("ArrowRight")
    page.keyboard.press("Enter")
    page.keyboard.type("la")
    page.keyboard.press("Tab")
    expect(shown.get_by_role("switch", name="Instrumental")).to_be_focused()
    page.keyboard.press("Tab")
    page.keyboard.type("Blue")
    page.keyboard.press("Tab")
    expect(shown.locator("summary")).to_be_focused()
    page.keyboard.press("Tab")
    page.keyboard.press("Tab")
    expect(shown.get_by_role("button", name="Show as Python")).to_be_focused()
    page.keyboard.press("Tab")
    expect(shown.get_by_role("spinbutton")).to_be_focused()
    page.keyboard.press("Tab")
    expect(button(shown)).to_be_focused()
    field(shown, "prompt").locator("textarea").focus()
    page.keyboard.press("Control+Enter")
    page.keyboard.press("Control+Enter")
    assert sent(lab, 1) == [
        {
            "model": "minimax-music-2.6",
            "prompt": "dd lo-fi piano",
            "lyrics": "[Verse]\nla",
            "title": "Blue",
        }
    ]
    assert page.locator(".jp-Notebook .jp-Cell").count() == cells


def test_a_slider_is_set_only_by_a_hand_on_it(form: Callable[..., Locator]) -> None:
    """Its label sets nothing, its resting place can be chosen, and reset takes that back."""
    shown = form()
    weight = field(shown, "style_weight")
    state, number = weight.locator(".mnb-f-state"), weight.locator("input[type=text]")
    weight.locator("label").click()
    expect(state).to_have_text("not set")
    weight.get_by_role("slider").click()
    expect(number).to_have_value("0.5")
    expect(state).to_be_hidden()
    weight.get_by_role("button", name="Reset Style weight to not set").click()
    expect(number).to_have_value("")
    expect(state).to_have_text("not set")
    expect(weight.get_by_role("slider")).to_have_attribute("aria-valuetext", "not set")


def test_a_busy_kernel_keeps_one_press(lab: Any, form: Callable[..., Locator], page: Page) -> None:
    """While a cell computes, counters go on, presses are kept once, and the form says so."""
    shown = form()
    page.evaluate(
        """() => { window.jupyterapp.shell.currentWidget.sessionContext.session.kernel
            .requestExecute({code: "import time; time.sleep(5)"}); }"""
    )
    page.wait_for_timeout(300)
    field(shown, "prompt").locator("textarea").fill("slow blues")
    expect(field(shown, "prompt").locator(".mnb-f-counter")).to_have_text("10/500")
    for _ in range(3):
        button(shown).click(force=True)  # Playwright itself would wait for a disabled button
        page.keyboard.press("Enter")
    expect(button(shown)).to_have_attribute("aria-disabled", "true")
    expect(shown.locator(".mnb-f-status")).to_contain_text("kernel is busy")
    assert [body["prompt"] for body in sent(lab, 1)] == ["slow blues"]
    expect(shown.locator(".mnb-f-status")).to_contain_text("Sent")


def test_instrumental_parks_the_lyrics_with_the_reason(
    lab: Any, form: Callable[..., Locator]
) -> None:
    """Lyrics that do not apply stay visible, disabled and unsent, and come back."""
    shown = form(more=', prompt="a", lyrics="la", title="t"')
    lyrics, switch = field(shown, "lyrics"), shown.get_by_role("switch", name="Instrumental")
    switch.check()
    expect(lyrics.locator("textarea")).to_be_disabled()
    expect(lyrics.locator(".mnb-f-hint")).to_contain_text("takes no lyrics for instrumental music")
    button(shown).click()
    assert "lyrics" not in sent(lab, 1)[0]
    switch.uncheck()
    expect(lyrics.locator("textarea")).to_be_enabled()
    expect(lyrics.locator("textarea")).to_have_value("la")


def test_python_and_the_page_see_the_same_fields(form: Callable[..., Locator], page: Page) -> None:
    """What Python sets appears at once, and the code shown is that of the fields."""
    shown = form(
        'form.set(prompt="from Python", model="minimax-music-2.6", lyrics_optimizer=True);'
        ' form.set_balance("990 credits left")'
    )
    expect(field(shown, "prompt").locator("textarea")).to_have_value("from Python")
    expect(shown.get_by_role("radio", name="MiniMax")).to_be_checked()
    expect(shown.get_by_role("checkbox", name="Write the lyrics")).to_be_checked()
    expect(shown.locator(".mnb-f-balance")).to_have_text("990 credits left")
    shown.get_by_role("button", name="Show as Python").click()
    expect(shown.locator("code")).to_contain_text('options={"lyrics_optimizer": True}')
    page.context.grant_permissions(["clipboard-read", "clipboard-write"])
    shown.get_by_role("button", name="Copy").click()
    copied = page.evaluate("() => navigator.clipboard.readText()")
    assert copied == shown.locator("code").text_content()


def test_hostile_text_is_only_text(form: Callable[..., Locator], page: Page) -> None:
    """Markup in fields, service and balance is shown as written and runs nothing."""
    evil = "</style><img src=x onerror=window.mnbEvil=1><script>window.mnbEvil=1</script>"
    shown = form(f"form.set(prompt={evil!r}); form.service = {evil!r}; form.set_balance({evil!r})")
    expect(shown.locator(".mnb-f-service")).to_have_text(evil)
    field(shown, "style_weight").locator("input[type=text]").fill(evil)
    expect(field(shown, "style_weight").get_by_role("alert")).to_contain_text("onerror")
    shown.get_by_role("button", name="Show as Python").click()
    assert shown.locator("img, script").count() == 0
    assert page.evaluate("() => window.mnbEvil") is None


# light at the end: the page serves other tests and pictures, too
@pytest.mark.parametrize(
    ("theme", "light"), [("JupyterLab Dark", False), ("JupyterLab Light", True)]
)
def test_every_text_keeps_its_contrast(
    form: Callable[..., Locator], page: Page, theme: str, *, light: bool
) -> None:
    """Labels, hints, faults, cards and buttons have 4.5:1 in both themes, ready and refused."""
    shown = form(more=', prompt="a", title="t", vocal_gender="f"')
    use_theme(page, theme, light=light)
    shown.get_by_role("button", name="Show as Python").click()
    expect(button(shown)).not_to_have_class("mnb-f-not-ready")
    assert shown.evaluate(CONTRAST) == []
    field(shown, "title").locator("input").fill("x" * 90)
    button(shown).click()
    expect(field(shown, "title").get_by_role("alert")).not_to_be_empty()
    assert shown.evaluate(CONTRAST) == []


def test_the_form_fits_from_narrow_to_wide_and_does_not_jump(
    form: Callable[..., Locator], page: Page
) -> None:
    """Nothing sticks out at any width, and choosing another model moves nothing when wide."""
    shown = form()
    for width in (1400, 1000, 800, 600):
        page.set_viewport_size({"width": width, "height": 1300})
        page.wait_for_timeout(200)
        wide = shown.evaluate(STICKING_OUT)
        assert wide == []
    page.set_viewport_size({"width": 1280, "height": 1300})
    page.wait_for_timeout(200)
    before = shown.bounding_box()
    for label in ("MiniMax Music 2.6", "Auto", "Suno 5.5"):
        shown.locator(".mnb-f-card", has_text=label).click()
        page.wait_for_timeout(300)
        assert shown.bounding_box() == before


def test_one_enter_in_the_lyrics_changes_nothing(lab: Any, form: Callable[..., Locator]) -> None:
    """Blank lyrics are no lyrics: the mode stays, and no title is asked for."""
    shown = form(more=', prompt="slow blues"')
    field(shown, "lyrics").locator("textarea").press("Enter")
    field(shown, "negative_tags").locator("input").fill("  ")
    expect(field(shown, "negative_tags").locator(".mnb-f-state")).to_have_text("not set")
    expect(shown.locator(".mnb-f-yields")).to_have_text("2 clips · simple mode")
    expect(shown.locator(".mnb-f-status")).to_contain_text("Ready")
    button(shown).click()
    assert sent(lab, 1) == [{"model": "suno-5.5", "prompt": "slow blues"}]


def test_what_would_do_instead_of_lyrics_is_pointed_at(form: Callable[..., Locator]) -> None:
    """With a prompt alone, the line names the ways out, and the closed options say so."""
    shown = form(more=', prompt="slow blues", model="minimax-music-2.6"')
    shown.locator("summary").click()
    status, summary = shown.locator(".mnb-f-status"), shown.locator("summary")
    expect(status).to_have_text(
        "Still needed for vocal mode: Lyrics"
        " (or turn on Instrumental, or “Write the lyrics for me” in the options)"
    )
    expect(summary).to_contain_text("Write the lyrics for me?")
    assert summary.locator(".mnb-f-state").evaluate("s => s.scrollWidth <= s.clientWidth")
    assert shown.evaluate(CONTRAST) == []
    summary.click()
    shown.get_by_role("checkbox", name="Write the lyrics").check()
    expect(status).to_contain_text("Ready")
    expect(summary).to_contain_text("1 set")
    expect(summary).not_to_contain_text("Write")


def test_a_live_form_hides_its_static_copy_and_a_dead_one_leaves_it(
    lab: Any, form: Callable[..., Locator], page: Page
) -> None:
    """Reopened without a kernel, the sibling output says what the form was."""
    form("form.set(prompt='dream pop')")
    static = page.locator("div.mnb-static")
    expect(static).to_be_hidden()
    lab.save_and_reopen(page, "form.ipynb")
    expect(static).to_be_visible()
    expect(static).to_contain_text("Prompt: dream pop")
