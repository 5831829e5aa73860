"""Blind listening in a real JupyterLab: by keyboard, through a crash, and telling nothing."""

from __future__ import annotations

import base64
import json
import os
import re
import subprocess
import sys
from pathlib import Path
from typing import Any

import pytest
from labs import REPOSITORY
from picturing import picture
from playwright.sync_api import Locator, Page, WebSocket, expect
from test_board_restart import crash, restart

HERE = Path(__file__).parent
CELL = """
from blind_desk import *
from musicnb.widgets import BlindListening
tones = {f"tone {n}": 220.0 + 110 * n for n in range(4)}
desk = FileDesk(Path("NAME.jsonl"), tones, least_heard_s=LEAST, planned=PLANNED, break_after=BREAK)
shown = BlindListening(desk)
shown
"""
# in a module, because cells are on the page
REAL = """
import re

from ipywidgets import Widget

import musicnb as mnb

studio = mnb.Studio("NAME-library", base_url="sandbox")
brief = mnb.TextToMusic("{beast} dances to dream pop, 3 seconds", title="Song of the {beast}",
                        model="suno-5.5", instrumental=True)
beasts = ["zebra", "quagga", "okapi", "tapir"]
run = studio.sweep("zoo", brief, axes={"beast": beasts}).run()


def told_by(clips):
    said = {word for clip in clips for text in (
        clip.clip_id, clip.job.job_id, clip.job.task_id, clip.title, clip.model, clip.path.name,
        clip.record.sha256, clip.job.request["prompt"])
        for word in (text, *re.split(r"[ ._-]", text))}
    # what is so short stands in any sound, or any other id, by chance
    return sorted(word for word in said if len(word) > (8 if word.isalnum() and
                  not word.isalpha() else 3) and word != "seconds")


def widget_state():
    states = [w.get_state() for w in Widget.widgets.values() if hasattr(w, "screen")]
    return [{k: v for k, v in state.items() if k not in ("_esm", "_css")} for state in states]
"""
LISTEN = """
from blind_real_NAME import *
session = run.listen(clips=8, goal="top 3", votes=VOTES, least_heard_s=0.2, name="by ear")
session
"""
AFTER = """
if session.is_revealed:
    session.clips._ipython_display_()
"""
STAGE = "document.querySelector('.mnb-b').mnbListening.stage"


def write(
    lab: Any, name: str, *, planned: int = 6, break_after: int = 3, least_heard_s: float = 0.3
) -> None:
    """Write a notebook with a session, and what it needs beside it."""
    (lab.root / "blind_desk.py").write_text((HERE / "blind_desk.py").read_text())
    (lab.root / f"{name}.jsonl").unlink(missing_ok=True)
    cell = CELL.replace("NAME", name).replace("LEAST", str(least_heard_s))
    lab.write(
        f"{name}.ipynb", cell.replace("PLANNED", str(planned)).replace("BREAK", str(break_after))
    )


def write_real(lab: Any, name: str, *, votes: int) -> None:
    """Write a notebook with a session of clips from the sandbox."""
    module = f"blind_real_{name}"
    (lab.root / f"{module}.py").write_text(REAL.replace("NAME", name))
    # elsewhere, because a run that is waited for shows its clips
    subprocess.run(
        [sys.executable, "-c", f"from {module} import *; run.wait(200)"],
        cwd=lab.root,
        env=os.environ | {"PYTHONPATH": str(REPOSITORY)},
        check=True,
        capture_output=True,
        timeout=250,
    )
    listen = LISTEN.replace("NAME", name).replace("VOTES", str(votes))
    lab.write(f"{name}.ipynb", listen, AFTER)


def session(page: Page) -> Locator:
    """Find the widget, once its sound is there."""
    section = page.locator("section[aria-label='Blind listening']")
    section.wait_for()
    expect(section.locator(".mnb-b-sub", has_text="Hear")).to_have_count(2)
    return section


def plate(section: Locator, slot: str) -> Locator:
    """Find A or B."""
    return section.get_by_role("radio", name=re.compile(f"^{slot}:"))


def hear_both(page: Page, section: Locator) -> None:
    """Listen to A and B for long enough, by keyboard."""
    for key, name in (("a", "A"), ("b", "B")):
        page.keyboard.press(key)
        expect(plate(section, name)).to_have_class(re.compile("mnb-b-enough"))


def kept(lab: Any, name: str) -> list[dict[str, Any]]:
    """Read the votes on disk."""
    path = lab.root / f"{name}.jsonl"
    return [json.loads(line) for line in path.read_text().splitlines()] if path.exists() else []


def test_whole_session_is_given_by_keyboard_alone(lab: Any, page: Page) -> None:
    """From the first Tab to the reveal; the widget keeps its height all the way."""
    write(lab, "blind_keys")
    lab.open_and_run(page, "blind_keys.ipynb")
    section = session(page)
    place, line = section.locator(".mnb-b-place"), section.locator(".mnb-b-line")
    picture(page, "blind-listening", top=section, height=640)
    section.focus()
    page.keyboard.press("Tab")
    heights = [section.bounding_box()["height"]]  # type: ignore[index]
    page.keyboard.press("Shift+A")
    expect(line).to_have_text("Hear 1 s of each before you vote.")
    page.keyboard.press(" ")
    keys = ["Shift+A", "Enter", "t", "u", "Shift+B", "Enter"]
    for number, key in enumerate(keys, 1):
        expect(place).to_have_text(f"Pair {number} of 6")
        hear_both(page, section)
        if number == 2:
            page.keyboard.press("3")
            page.keyboard.press("n")
            page.keyboard.type("a tab 1 2 t u z")  # in the note keys are letters
            page.keyboard.press("Enter")
            expect(plate(section, "B")).to_be_focused()
        page.keyboard.press(key)
        expect(line).to_have_text(f"Vote {number} is kept.")
        heights.append(section.bounding_box()["height"])  # type: ignore[index]
        if number == 3:
            expect(section.get_by_role("heading")).to_have_text("Time for a break")
            page.keyboard.press("Enter")
            expect(place).to_have_text("Pair 4 of 6")
            page.keyboard.press("z")
            expect(line).to_have_text("The last vote is taken back.")
            expect(place).to_have_text("Pair 3 of 6")
            page.keyboard.press(" ")
            hear_both(page, section)
            page.keyboard.press("t")
    expect(section.get_by_role("heading")).to_have_text("All votes are in")
    page.keyboard.press("Enter")  # the key that voted must not reveal
    page.keyboard.press("r")
    expect(section.get_by_role("heading")).to_have_text("Revealed")
    assert len(set(heights)) == 1
    rows = kept(lab, "blind_keys")
    assert rows[3] is None
    answers = [row["answer"] for row in rows if row]
    assert answers == ["A", "B", "tie", "tie", "both_unusable", "B", "B"]
    assert (rows[1]["reasons"], rows[1]["note"]) == (["hook"], "a tab 1 2 t u z")


def test_kernel_killed_after_vote_17_goes_on_with_17(lab: Any, page: Page) -> None:
    """Nothing is lost, and what cannot be known is not claimed."""
    write_real(lab, "blind_killed", votes=28)
    lab.open(page, "blind_killed.ipynb")
    lab.run(page, timeout_s=240)
    section = session(page)
    place, line = section.locator(".mnb-b-place"), section.locator(".mnb-b-line")
    plate(section, "A").focus()
    page.keyboard.press(" ")
    for number in range(1, 18):
        expect(place).to_have_text(f"Pair {number} of 28")
        hear_both(page, section)
        page.keyboard.press("Enter")
        expect(line).to_have_text(f"Vote {number} is kept.")
    expect(place).to_have_text("Pair 18 of 28")
    hear_both(page, section)
    crash(lab, page)
    plate(section, "A").focus()
    page.keyboard.press("Enter")
    expect(line).to_contain_text("The kernel was restarted. Run this cell again")
    expect(line).not_to_contain_text("is kept")
    lab.run(page, timeout_s=240)
    section = session(page)
    expect(section.locator(".mnb-b-place")).to_have_text("Pair 18 of 28")
    assert lab.execute(page, "print(session.answered)") == "17\n"
    plate(section, "A").focus()
    page.keyboard.press(" ")
    hear_both(page, section)
    page.keyboard.press("t")
    expect(section.locator(".mnb-b-line")).to_have_text("Vote 18 is kept.")
    answers = "session.reveal(); print(*[vote.answer for vote in session.votes])"
    assert lab.execute(page, answers).split() == ["B"] * 17 + ["tie"]
    expect(section.get_by_role("heading")).to_have_text("Revealed")


def test_cell_that_runs_again_goes_on_in_one_widget(lab: Any, page: Page) -> None:
    """Shown elsewhere meanwhile, too: the former display is left with its static copy."""
    write_real(lab, "blind_again", votes=4)
    lab.open(page, "blind_again.ipynb")
    for number in (1, 2):
        lab.run(page, timeout_s=240)
        section = session(page)
        expect(section.locator(".mnb-b-place")).to_have_text(f"Pair {number} of 4")
        plate(section, "A").focus()
        page.keyboard.press(" ")
        hear_both(page, section)
        page.keyboard.press("t")
        expect(section.locator(".mnb-b-line")).to_have_text(f"Vote {number} is kept.")
        expect(section).to_have_count(1)
    assert lab.execute(page, "print(len(widget_state()))") == "1\n"


def test_nothing_that_reaches_the_page_names_a_clip_until_revealed(lab: Any, page: Page) -> None:
    """Every message from the server, markup, model, sound and saved notebook are searched."""
    frames: list[bytes] = []

    def keep(data: bytes | str) -> None:
        frames.append(data if isinstance(data, bytes) else data.encode())

    def listen(socket: WebSocket) -> None:
        socket.on("framereceived", keep)

    page.on("websocket", listen)
    write_real(lab, "blind_search", votes=4)
    lab.open(page, "blind_search.ipynb")
    lab.run(page, timeout_s=240)
    section = session(page)
    plate(section, "A").focus()
    page.keyboard.press(" ")
    for number in range(1, 5):
        hear_both(page, section)
        page.keyboard.press("t")
        expect(section.locator(".mnb-b-line")).to_have_text(f"Vote {number} is kept.")
    lab.save(page)
    state = lab.execute(page, "import json; print(json.dumps(widget_state()))")
    sounds = served(page)
    assert len(sounds) == 8
    assert all(sound.startswith(b"RIFF") for sound in sounds)
    assert len({len(sound) for sound in sounds}) == 1
    sealed = {
        "frames": b"".join(frames),
        "markup": page.content().encode(),
        "state": state.encode(),
        "sounds": b"".join(sounds),
        "notebook": (lab.root / "blind_search.ipynb").read_bytes(),
    }
    assert all(sealed.values())
    page.keyboard.press("r")
    expect(section.get_by_role("heading")).to_have_text("Revealed")
    words = json.loads(lab.execute(page, "print(json.dumps(told_by(session.clips)))"))
    assert len(words) > 30
    found = {
        (place, word) for place, text in sealed.items() for word in words if word.encode() in text
    }
    assert found == set()
    lab.run(page, timeout_s=240)
    page.locator(".mnb-row").first.wait_for()
    unsealed = page.content()
    assert {word for word in words if word in unsealed} >= {"zebra", "quagga", "okapi", "tapir"}


def served(page: Page) -> list[bytes]:
    """Give the bytes of every sound that the page has been given."""
    texts = page.evaluate(
        """() => Promise.all([...__musicnbPage.sounds.values()].map(({blob}) =>
            new Promise((resolve) => {
                const reader = new FileReader();
                reader.onload = () => resolve(reader.result.split(',')[1]);
                reader.readAsDataURL(blob);
            })))"""
    )
    return [base64.b64decode(text) for text in texts]


def test_only_what_sounds_at_a_volume_counts_as_heard(lab: Any, page: Page) -> None:
    """Muted, paused, or not the one that plays: no second is counted; else they are the clock's."""
    write(lab, "blind_heard", least_heard_s=1.0)
    lab.open_and_run(page, "blind_heard.ipynb")
    section = session(page)
    plate(section, "A").focus()
    page.keyboard.press("m")
    page.keyboard.press(" ")
    page.wait_for_function(f"() => {STAGE}.deck.position > 1.2")
    assert page.evaluate(f"() => {STAGE}.seconds") == [0, 0]
    page.keyboard.press("Enter")
    expect(section.locator(".mnb-b-line")).to_contain_text("The volume is off")
    page.keyboard.press("m")
    began = page.evaluate(
        f"() => {{ {STAGE}.heard.count(); return {STAGE}.deck.context.currentTime; }}"
    )
    page.wait_for_function(f"() => {STAGE}.seconds[0] > 1.5")
    heard, now = page.evaluate(f"() => [{STAGE}.seconds[0], {STAGE}.deck.context.currentTime]")
    assert heard == pytest.approx(now - began, abs=0.05)
    page.keyboard.press("b")
    before = page.evaluate(f"() => {STAGE}.seconds[0]")
    page.wait_for_function(f"() => {STAGE}.seconds[1] > 0.5")
    page.keyboard.press(" ")
    paused = page.evaluate(f"() => {STAGE}.seconds")
    page.wait_for_timeout(400)
    assert page.evaluate(f"() => {STAGE}.seconds") == [before, paused[1]]


def test_switch_keeps_the_playhead(lab: Any, page: Page) -> None:
    """B is heard from where A was, and one of them at a time."""
    write(lab, "blind_switch")
    lab.open_and_run(page, "blind_switch.ipynb")
    section = session(page)
    plate(section, "A").focus()
    page.keyboard.press(" ")
    page.wait_for_function(f"() => {STAGE}.deck.position > 1")
    at = page.evaluate(f"() => {STAGE}.deck.position")
    page.keyboard.press("ArrowRight")
    expect(plate(section, "B")).to_have_attribute("aria-checked", "true")
    expect(plate(section, "B")).to_be_focused()
    assert page.evaluate(f"() => {STAGE}.deck.position") >= at
    levels = f"() => [...{STAGE}.deck.tracks].sort().map(([, t]) => t.gain.gain.value)"
    page.wait_for_function(f"() => JSON.stringify(({levels})()) === '[0,1]'")


def test_restart_and_saved_copy_say_how_to_go_on(lab: Any, page: Page) -> None:
    """After a restart no vote is taken; reopened without a kernel a copy of one line is left."""
    write(lab, "blind_saved")
    lab.open_and_run(page, "blind_saved.ipynb")
    section = session(page)
    restart(page)
    plate(section, "A").focus()
    expect(section.locator(".mnb-b-line")).to_contain_text(
        "The kernel was restarted. Run this cell"
    )
    page.keyboard.press(" ")
    expect(section.locator(".mnb-b-line")).to_contain_text(
        "The kernel was restarted. Run this cell"
    )
    lab.save_and_reopen(page, "blind_saved.ipynb")
    copy = page.locator(".mnb-static")
    expect(copy).to_have_text(
        "Blind listening: under way and sealed. Run this cell again to go on: no vote is lost."
    )


def test_vote_lost_on_its_way_is_not_called_kept(lab: Any, page: Page) -> None:
    """What is asked after it is answered without it: the page says so, and takes it again."""
    write(lab, "blind_lost")
    lab.open_and_run(page, "blind_lost.ipynb")
    section = session(page)
    plate(section, "A").focus()
    page.keyboard.press(" ")
    hear_both(page, section)
    page.evaluate(f"() => {{ {STAGE}.desk.send = () => true; }}")  # the line is down
    page.keyboard.press("t")
    line = section.locator(".mnb-b-line")
    expect(line).to_have_text("Keeping “Equally good” …")
    page.evaluate(
        f"""() => {{
            const {{desk}} = {STAGE};
            delete desk.send;
            desk.send({{op: 'hello', number: `after ${{desk.waiting.number}}`}});
        }}"""
    )
    expect(line).to_have_text("That did not reach Python: press again.")
    assert kept(lab, "blind_lost") == []
    page.keyboard.press("t")
    expect(line).to_have_text("Vote 1 is kept.")
