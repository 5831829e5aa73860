"""Music from a recording in a real JupyterLab: dropped, uploaded, followed; and asked for again."""

from __future__ import annotations

import os
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import numpy as np
import pytest
from axe_playwright_python.sync_playwright import Axe
from labs import watched_page
from looking import CONTRAST, STICKING_OUT, use_theme
from playwright.sync_api import Browser, Locator, Page, expect

from musicnb.sound import encode

pytestmark = pytest.mark.browser

SETUP = """
import musicnb as mnb
studio = mnb.Studio("form-library", base_url="sandbox", quiet=True)
form = studio.form(prompt="dream pop, warm drums, 8 seconds")
form
"""
ORDERS = """
for job in studio.library.journal.jobs():
    audio = job.request.get("reference_audio", {}).get("artifact_id", "words")
    print(job.capability, audio == form.brief.reference_audio.artifact_id, job.idempotency_key)
"""
THEIRS = """
from pathlib import Path
Path("theirs.wav").write_bytes(bytes(9))
for name, file in (("Theirs", "theirs.wav"), ("Gone", "not/here.wav")):
    studio.library.presets.keep(name, {"prompt": "warm", "reference": file})
"""
AUDIO = "globalThis.__musicnbPage.player.audio"
# what is still to come is grey: darker than its light page, lighter than its dark one
DRAWN_FOR = """(panel) => {
    const canvas = panel.querySelector(".mnb-ahead"), {width, height} = canvas;
    const {data} = canvas.getContext("2d").getImageData(0, height / 2, width, 1);
    return data.findLast((value, i) => i % 4 === 0 && data[i + 3] > 60) < 128 ? "light" : "dark";
}"""
IN_ONE_LINE = """(panel) => {
    const boxes = [".mnb-f-play", ".mnb-wave", ".mnb-f-time"].map((name) =>
        panel.querySelector(name).getBoundingClientRect());
    return boxes.every((box, i) => !i
        || box.left >= boxes[i - 1].right && box.top < boxes[0].bottom);
}"""
# a drag that comes from outside the browser: its files are made of the page's own bytes
DROP = """(root, [name, text]) => {
    const bytes = Uint8Array.from(atob(text), (one) => one.charCodeAt(0));
    const dataTransfer = new DataTransfer();
    dataTransfer.items.add(new File([bytes], name));
    const target = root.querySelector("[data-field=prompt]");
    for (const type of ["dragenter", "dragover", "drop"])
        target.dispatchEvent(new DragEvent(type, {bubbles: true, cancelable: true, dataTransfer}));
}"""

DROP_OF_BOX = """(root, box) => {
    const dataTransfer = new DataTransfer();
    dataTransfer.items.add(box.files[0]);
    const event = new DragEvent("drop", {bubbles: true, cancelable: true, dataTransfer});
    root.querySelector("[data-field=prompt]").dispatchEvent(event);
}"""


@pytest.fixture(scope="module")
def page(chromium: Browser) -> Iterator[Page]:
    """One page for both stories: opening JupyterLab is what takes long."""
    with watched_page(chromium) as page:
        yield page


@pytest.fixture(scope="module")
def form(lab: Any, page: Page) -> Locator:
    """Open a notebook with a studio's form."""
    page.set_viewport_size({"width": 1280, "height": 1500})
    lab.write("reference.ipynb", SETUP)
    lab.open_and_run(page, "reference.ipynb")
    shown = page.locator(".mnb-form")
    expect(shown.locator(".mnb-f-generate")).to_be_visible()
    return shown


def recording() -> bytes:
    """Encode 12 seconds that take several messages."""
    t = np.arange(12 * 48_000) / 48_000
    swell = 0.2 + 0.7 * np.abs(np.sin(2 * np.pi * t / 5))
    x = (swell * np.sin(2 * np.pi * 220 * t)).astype("f4")
    return encode(np.stack([x, x], axis=1), 48_000, format="WAV")


def listen(page: Page, panel: Locator, name: str, seconds: int) -> None:
    """Hear what is to be followed: by mouse, by keyboard, at any width, in any theme."""
    panel.get_by_role("button", name=f"Play {name}").click()
    expect(panel.get_by_role("button", name=f"Pause {name}")).to_be_visible()
    page.wait_for_function(f"() => {AUDIO}.currentTime > 0.3")
    at = panel.get_by_role("slider", name=f"Position in {name}")
    at.press("Space")
    expect(panel.get_by_role("button", name=f"Play {name}")).to_be_visible()
    at.press("End")
    expect(at).to_have_attribute("aria-valuenow", str(seconds - 1))
    expect(at).to_have_attribute("aria-valuetext", f"0:{seconds - 1:02d} of 0:{seconds:02d}")
    at.press("Home")
    at.press("ArrowRight")
    expect(at).to_have_attribute("aria-valuenow", "5")
    at.click()  # a press on the waveform plays from there
    expect(panel.get_by_role("button", name=f"Pause {name}")).to_be_visible()
    page.wait_for_function(f"() => {AUDIO}.currentTime > {seconds} / 2")
    panel.get_by_role("button", name=f"Pause {name}").press("Enter")
    for theme, light in (("JupyterLab Dark", False), ("JupyterLab Light", True)):
        use_theme(page, theme, light=light)
        for width in (1280, 800):
            page.set_viewport_size({"width": width, "height": 1500})
            page.wait_for_timeout(200)
            take_picture(panel, f"recording-{width}-{'light' if light else 'dark'}")
            assert panel.evaluate(IN_ONE_LINE)
            page.wait_for_function(
                f"([panel, theme]) => ({DRAWN_FOR})(panel) === theme",
                arg=[panel.element_handle(), "light" if light else "dark"],
            )
            assert panel.evaluate(CONTRAST) == []
            assert panel.evaluate(STICKING_OUT) == []
            assert Axe().run(page, context=".mnb-f-recording").response["violations"] == []
    page.set_viewport_size({"width": 1280, "height": 1500})


def drop_folder(page: Page, form: Locator, path: Path) -> None:
    """Drop a folder; to the page it is a file with a size, of which no byte can be read."""
    path.write_bytes(b"RIFF")
    box = page.evaluate_handle("Object.assign(document.createElement('input'), {type: 'file'})")
    box.as_element().set_input_files(path)
    path.unlink()
    path.mkdir()
    form.evaluate(DROP_OF_BOX, box)


def take_picture(place: Locator, name: str) -> None:
    """Write a picture to look at, where one is wanted."""
    if folder := os.environ.get("MUSICNB_SCREENSHOTS"):
        place.screenshot(path=Path(folder) / f"{name}.png")


def test_a_dropped_recording_is_uploaded_once_and_followed_by_every_order(
    lab: Any, page: Page, form: Locator, tmp_path_factory: pytest.TempPathFactory
) -> None:
    """A drop anywhere turns the form to recordings; ×2 is two orders; the same bytes go once."""
    folder = tmp_path_factory.mktemp("recordings")
    (folder / "hook.wav").write_bytes(recording())
    panel = form.locator("[data-field=reference_audio]")
    facts, fault = panel.locator(".mnb-f-rec .mnb-f-rec-facts"), panel.get_by_role("alert")
    form.evaluate(DROP, ["notes.mp3", "bm8gc291bmQ="])
    expect(form.get_by_role("radio", name="From reference audio")).to_be_checked()
    expect(fault).to_contain_text("notes.mp3 is no sound file that is taken: FLAC, MP3 or WAV")
    drop_folder(page, form, folder / "takes")
    expect(fault).to_contain_text("takes cannot be read: drop a sound file, not a folder.")
    panel.locator("input[type=file]").set_input_files(folder / "hook.wav")
    expect(facts).to_contain_text("0:12 · WAV · 48 kHz stereo · 2.2 MB")
    expect(fault).to_be_empty()
    assert panel.locator(".mnb-ahead").first.evaluate(
        """(canvas) => canvas.getContext("2d").getImageData(0, 0, canvas.width, canvas.height)
            .data.some((value) => value)"""
    )
    for width in (480, 800, 1280):
        page.set_viewport_size({"width": width, "height": 1500})
        page.wait_for_timeout(200)
        assert form.evaluate(STICKING_OUT) == []
    listen(page, panel, "hook.wav", 12)
    form.get_by_role("spinbutton").press("ArrowUp")
    expect(form.locator(".mnb-f-total")).to_have_text("160 credits · $0.16")
    expect(form.locator(".mnb-f-generate")).to_have_text("Generate ×2")
    form.locator(".mnb-f-generate").dblclick()
    expect(form.locator(".mnb-f-status")).to_contain_text("Sent: 160 credits · $0.16, 4 clips")
    orders = [line.split() for line in lab.execute(page, ORDERS).splitlines()]
    assert [order[:2] for order in orders] == [["reference_audio_to_music", "True"]] * 2
    assert len({order[2] for order in orders}) == 2
    panel.get_by_role("button", name="Remove the recording").click()
    expect(form.locator(".mnb-f-status")).to_have_text("Still needed: Reference audio")
    panel.locator("input[type=file]").set_input_files(folder / "hook.wav")
    expect(panel).to_contain_text("these bytes were not sent again")
    assert lab.execute(page, "print(len(studio.library.uploads.all('sandbox')))") == "1\n"


def see_files_of_presets(lab: Any, page: Page, form: Locator) -> None:
    """Read in the list which file a preset uploads, and that another's is gone."""
    lab.execute(page, THEIRS)
    form.get_by_role("button", name="Presets").press("Enter")
    form.get_by_role("button", name="Presets").press("Enter")
    kept = form.get_by_role("list", name="Presets")
    theirs = kept.get_by_role("listitem").filter(has_text="Theirs")
    expect(theirs).to_contain_text("Use uploads theirs.wav")
    expect(theirs.get_by_role("button", name="Use: Theirs, uploads theirs.wav")).to_be_visible()
    expect(kept.get_by_role("listitem").filter(has_text="Gone")).to_contain_text("no file")
    for name, light in (("JupyterLab Dark", False), ("JupyterLab Light", True)):
        use_theme(page, name, light=light)
        for width in (800, 1280):
            page.set_viewport_size({"width": width, "height": 1500})
            take_picture(form, f"presets-{width}-{'light' if light else 'dark'}")
            assert form.evaluate(CONTRAST) == []
            assert form.evaluate(STICKING_OUT) == []


def test_earlier_requests_presets_and_clips_are_gone_on_from_by_keyboard(
    lab: Any, page: Page, form: Locator
) -> None:
    """History fills the form and has the caret in the prompt, presets come back, clips follow."""
    lab.execute(page, "[task.result(60) for task in form.tasks]; form.set(times=1)")
    form.get_by_role("radio", name="From words").check()
    lyrics = form.locator("[data-field=lyrics]")
    lyrics.get_by_role("button", name="Insert [Chorus]").click()
    page.keyboard.type("oh slow light")
    expect(lyrics.get_by_role("list", name="What is sung")).to_have_text(
        "Chorus1 line · 3 syllables"
    )
    form.get_by_role("button", name="Presets").press("Enter")
    page.keyboard.type("My chorus")
    page.keyboard.press("Enter")
    kept = form.get_by_role("list", name="Presets")
    expect(kept).to_contain_text("My chorus")
    see_files_of_presets(lab, page, form)
    form.get_by_role("button", name="History").press("Enter")
    page.keyboard.type("dream nothing")
    history = form.get_by_role("list", name="Requests")
    expect(history.get_by_role("listitem")).to_have_count(0)
    page.get_by_role("searchbox", name="Search requests").fill("dream pop")
    expect(history).to_contain_text("2 times")
    history.get_by_role("button", name="Vary this").press("Enter")
    expect(form.get_by_role("radio", name="From reference audio")).to_be_checked()
    expect(form.locator(".mnb-f-rec-name")).to_have_text("hook.wav")
    expect(lyrics.locator("textarea")).to_have_value("")
    expect(form.locator("[data-field=prompt] textarea")).to_be_focused()
    form.get_by_role("button", name="Presets").press("Enter")
    kept.get_by_role("button", name="Use: My chorus").press("Enter")
    expect(lyrics.locator("textarea")).to_have_value("[Chorus]\noh slow light")
    expect(form.get_by_role("radio", name="From words")).to_be_checked()
    form.get_by_role("radio", name="From reference audio").check()
    form.get_by_role("button", name="Use one of your clips").press("Enter")
    clips = form.get_by_role("list", name="Clips")
    expect(clips.get_by_role("listitem")).to_have_count(4)
    clips.get_by_role("button").first.press("Enter")
    expect(form.locator(".mnb-f-rec .mnb-f-rec-facts")).to_contain_text("kHz")
    form.get_by_role("button", name="Play dream pop").press("Enter")
    page.wait_for_function(f"() => {AUDIO}.currentTime > 0.3")
    form.get_by_role("button", name="Pause dream pop").press("Enter")
    expect(form.locator(".mnb-f-rec-name")).to_contain_text("dream pop, warm drums, 8")
    form.get_by_role("radio", name="Simple").check()
    expect(lyrics).to_be_hidden()
    expect(form.locator(".mnb-f-status")).to_contain_text("Ready")
    told = lab.execute(page, "print(form.brief.lyrics, type(form.brief).__name__)")
    assert told == "None ReferenceAudioToMusic\n"
