"""The live board in a real JupyterLab: it plays, follows, resyncs and lets itself be canceled."""

from __future__ import annotations

from typing import Any

import pytest
from playwright.sync_api import Page, expect

HOSTILE = "<img src=x onerror=\"document.title='owned'\"> & <b>Nine</b>"
FIRST = f"""
from board_takes import *
a1, a2 = clip("a1", "Alpha", loudness_lufs=-14.0), clip("a2", "Beta", loudness_lufs=-20.0)
c1 = clip("c1", {HOSTILE!r})
first = board(
    "First",
    CardView("done", "suno-5.5", "Done", "two takes", "succeeded", clips=(a1, a2)),
    CardView("going", "suno-5.5", {HOSTILE!r}, {HOSTILE!r}, "running", stage="mixing",
             percent=40.0, submitted_at=time() - 5, clips_expected=1, can_cancel=True),
)
first
"""
SECOND = """
second = board("Second", CardView("x", "", "", "", "succeeded", clips=(clip("b1", "Gamma"),)))
second
"""
AUDIO = "document.querySelector('section[aria-label={label}]').mnbBoard.player.audio"


@pytest.fixture(scope="module")
def shown(lab: Any, shared_page: Page, board_takes: str) -> Page:
    """Two boards in one open notebook."""
    (lab.root / "board_takes.py").write_text(board_takes)
    lab.write("board.ipynb", FIRST, SECOND)
    lab.open_and_run(shared_page, "board.ipynb")
    shared_page.get_by_role("button", name="Play Gamma").wait_for()
    return shared_page


def audio(label: str, expression: str) -> str:
    """Give a script that looks at a board's audio element."""
    return f"() => {{ const a = {AUDIO.format(label=label)}; return {expression}; }}"


def run_new_cell(page: Page, code: str) -> None:
    """Run code in a new last cell, and do not wait for it."""
    page.evaluate(
        """source => {
            const notebook = jupyterapp.shell.currentWidget.content;
            const end = notebook.widgets.length;
            notebook.model.sharedModel.insertCell(end, {cell_type: 'code', source});
            notebook.activeCellIndex = end;
            jupyterapp.commands.execute('notebook:run-cell');
        }""",
        code,
    )


def put(**changes: Any) -> str:
    """Give kernel code that puts the running card with changes."""
    fields = "".join(f", {name}={value!r}" for name, value in changes.items())
    return f"first.put(dataclasses.replace(first._cards['going']{fields}))"


def test_play_brings_the_bytes_and_the_sound_runs(shown: Page) -> None:
    """Several chunks arrive through the comm, and the clock of the sound moves."""
    shown.get_by_role("button", name="Play Alpha").click()
    shown.wait_for_function(audio("First", "!a.paused && a.currentTime > 0.3"))
    assert shown.evaluate(audio("First", "a.src.startsWith('blob:')"))
    expect(shown.get_by_role("button", name="Pause Alpha")).to_be_visible()


def test_keys_seek_pause_and_move_between_rows(shown: Page) -> None:
    """Arrows step 5 s, page keys 15 s, home and end jump, space plays, down leads on."""
    slider = shown.get_by_role("slider", name="Position in Alpha")
    slider.focus()
    for key, at in [("Home", 0), ("PageUp", 15), ("ArrowRight", 20), ("ArrowLeft", 15)]:
        slider.press(key)
        shown.wait_for_function(audio("First", f"Math.abs(a.currentTime - {at}) < 1.5"))
    slider.press("End")
    shown.wait_for_function(audio("First", "a.currentTime > 58"))
    slider.press("PageDown")
    shown.wait_for_function(audio("First", "Math.abs(a.currentTime - 44) < 2"))
    slider.press(" ")
    shown.wait_for_function(audio("First", "a.paused"))
    slider.press("ArrowDown")
    expect(shown.get_by_role("slider", name="Position in Beta")).to_be_focused()
    assert slider.get_attribute("tabindex") == "-1"
    # the keys stayed with the player: in command mode "b" inserts a cell
    shown.keyboard.press("b")
    assert shown.evaluate("() => jupyterapp.shell.currentWidget.content.widgets.length") == 2


def test_one_clip_sounds_at_a_time_over_all_boards(shown: Page) -> None:
    """Playing on one board silences the other, although each has a module of its own."""
    shown.get_by_role("button", name="Play Alpha").click()
    shown.wait_for_function(audio("First", "!a.paused"))
    shown.get_by_role("button", name="Play Gamma").click()
    shown.wait_for_function(audio("Second", "!a.paused && a.currentTime > 0.1"))
    assert shown.evaluate(audio("First", "a.paused"))
    shown.get_by_role("button", name="Pause Gamma").click()
    assert shown.evaluate(audio("Second", "a.paused"))


def test_click_on_a_waveform_plays_from_there(shown: Page) -> None:
    """Comparing takes is one press: the other clip starts where it was pressed."""
    slider = shown.get_by_role("slider", name="Position in Beta")
    box = slider.bounding_box()
    assert box is not None
    slider.click(position={"x": box["width"] / 2, "y": 20})
    shown.wait_for_function(audio("First", "!a.paused && Math.abs(a.currentTime - 30) < 3"))
    expect(shown.get_by_role("button", name="Pause Beta")).to_be_visible()


def test_level_matching_turns_down_the_louder_clip_and_can_be_switched_off(shown: Page) -> None:
    """Alpha is 6 dB louder than Beta: half the amplitude, and Beta is left alone."""
    shown.get_by_role("button", name="Play Alpha").click()
    shown.wait_for_function(audio("First", "Math.abs(a.volume - 0.501) < 0.01"))
    expect(shown.get_by_role("button", name="Play Beta")).to_be_visible()
    switch = shown.get_by_role("switch", name="Level-matched")
    switch.click()
    shown.wait_for_function(audio("First", "a.volume === 1"))
    expect(switch).to_have_attribute("aria-checked", "false")
    switch.click()
    shown.get_by_role("button", name="Pause Alpha").click()


def test_download_gives_the_original_bytes_and_name(lab: Any, shown: Page) -> None:
    """What is saved is the file, not a re-encoding."""
    with shown.expect_download() as download:
        shown.get_by_role("button", name="Download Beta").click()
    assert download.value.suggested_filename == "a2.wav"
    assert download.value.path().read_bytes() == (lab.root / "a2.wav").read_bytes()


def test_hostile_title_is_text(shown: Page) -> None:
    """A title cannot become an element, live or in the hidden copy."""
    expect(shown.locator(".mnb-title", has_text="onerror")).to_have_text(HOSTILE)
    assert shown.locator("section img").count() == 0
    assert "owned" not in shown.title()


def test_cancel_reaches_python_once(lab: Any, shown: Page) -> None:
    """The button says so at once and comes back when the task's state arrives."""
    shown.get_by_role("button", name="Cancel").click()
    expect(shown.get_by_role("button", name="Canceling…")).to_be_disabled()
    assert lab.execute(shown, "print(canceled)") == "['going']\n"


def test_updates_arrive_while_a_cell_sleeps(lab: Any, shown: Page) -> None:
    """Patches from a thread reach the page although the kernel is blocked all the time."""
    shown.evaluate("""() => {
        window.seen = new Set();
        const chip = document.querySelectorAll('section[aria-label=First] .mnb-chip')[1];
        new MutationObserver(() => window.seen.add(chip.textContent))
            .observe(chip, {childList: true, characterData: true, subtree: true});
    }""")
    work = f"""
import dataclasses
def work():
    for step in range(10):
        {put(stage="STEP").replace("'STEP'", "f'step {step}'")}
        sleep(0.25)
threading.Thread(target=work).start()
sleep(60)
"""
    lab.execute(shown, work, wait=False)
    shown.wait_for_function("() => window.seen.has('running · step 9')")
    assert shown.evaluate("() => window.seen.size") >= 8
    lab.interrupt(shown)


def test_play_in_a_busy_kernel_says_so_and_plays_when_it_is_free(lab: Any, shown: Page) -> None:
    """Nothing is silently lost: the request waits in the queue."""
    arrive = put(status="succeeded", clips="CLIPS").replace("'CLIPS'", "(c1,)")
    # while no cell runs nothing is sent ahead
    lab.execute(shown, f"threading.Timer(0.5, lambda: {arrive}).start()")
    button = shown.get_by_role("button", name="Play <img")
    button.wait_for()
    lab.execute(shown, "sleep(25)", wait=False)
    button.click()
    row = shown.locator(".mnb-row", has=shown.get_by_role("button", name="Play <img"))
    expect(row).to_contain_text("The kernel is busy; it will play")
    # not interrupted: an error in a cell may throw away what waits in the queue
    shown.wait_for_function(audio("First", "!a.paused && a.currentTime > 0.2"))
    shown.get_by_role("button", name="Pause <img").click()


def test_clip_that_arrives_while_a_cell_runs_plays_at_once(lab: Any, shown: Page) -> None:
    """Its sound is sent ahead, because the blocked kernel could not answer."""
    run_new_cell(
        shown,
        """
def arrive():
    sleep(0.5)
    early = (clip("e1", "Early bird"),)
    first.put(CardView("early", "suno-5.5", "Early", "", "succeeded", clips=early))
threading.Thread(target=arrive).start()
sleep(60)""",
    )
    shown.get_by_role("button", name="Play Early bird").click()
    shown.wait_for_function(audio("First", "!a.paused && a.currentTime > 0.1"))
    shown.get_by_role("button", name="Pause Early bird").click()
    lab.interrupt(shown)


def test_cards_put_before_the_page_could_listen_appear_while_the_cell_runs(
    lab: Any, shown: Page
) -> None:
    """The script needs a moment to load, and a blocked kernel cannot be asked what it missed."""
    run_new_cell(
        shown,
        """
third = board("Third")
third.show()
for i in range(12):
    third.put(CardView(f"t{i}", "suno-5.5", f"Early {i}", "", "running"))
sleep(60)""",
    )
    expect(shown.locator(".mnb-title", has_text="Early 11")).to_be_visible()
    expect(shown.locator("section[aria-label=Third] .mnb-card")).to_have_count(12)
    lab.interrupt(shown)


def test_dropped_patch_is_noticed_and_made_good(lab: Any, shown: Page) -> None:
    """The page asks for everything once a number is missing."""
    ears = "const b = document.querySelector('section[aria-label=First]').mnbBoard;"
    shown.evaluate(f"() => {{ {ears} b.model.off('msg:custom', b.onMessage); }}")
    lab.execute(
        shown, 'first.put(CardView("lost", "suno-5.5", "Lost card", "", "queued")); sleep(0.5)'
    )
    shown.evaluate(f"() => {{ {ears} b.model.on('msg:custom', b.onMessage); }}")
    expect(shown.locator(".mnb-title", has_text="Lost card")).to_have_count(0)
    lab.execute(
        shown, 'first.put(CardView("next", "suno-5.5", "Next card", "", "queued")); sleep(0.5)'
    )
    expect(shown.locator(".mnb-title", has_text="Next card")).to_be_visible()
    expect(shown.locator(".mnb-title", has_text="Lost card")).to_be_visible()
    titles = shown.locator("section[aria-label=First] .mnb-title").all_text_contents()
    assert titles[-2:] == ["Lost card", "Next card"]


def test_cards_stand_in_the_kernels_order_however_late_the_page_learns_of_them(
    shown: Page,
) -> None:
    """Cards put one by one while the page still loads its script end in the order they were put."""
    run_new_cell(
        shown,
        """
fourth = board("Fourth")
fourth.put(CardView("a", "suno-5.5", "a", "", "queued"))
fourth.show()
sleep(0.6)
for name in "bc":
    fourth.put(CardView(name, "suno-5.5", name, "", "queued"))""",
    )
    titles = shown.locator("section[aria-label=Fourth] .mnb-title")
    expect(titles).to_have_text(["a", "b", "c"])


@pytest.mark.parametrize("focused", range(3))
def test_card_in_focus_is_not_moved_when_the_order_changes(
    lab: Any, shown: Page, focused: int
) -> None:
    """Whatever of the others has to move, who types or listens is not thrown out."""
    label = f"Order{focused}"
    takes = ", ".join(
        f"CardView('o{n}', '', '', '', 'succeeded',"
        f" clips=(clip('o{focused}{n}', 'Take {n}', 1.0),))"
        for n in range(3)
    )
    run_new_cell(shown, f"{label} = board('{label}', {takes}); {label}.show()")
    section = shown.locator(f"section[aria-label={label}]")
    section.get_by_role("button", name=f"Play Take {focused}", exact=True).focus()
    lab.execute(
        shown,
        f"{label}._cards = {{n: {label}._cards[n] for n in ('o2', 'o0', 'o1')}}; {label}.settle()",
    )
    expect(section.locator(".mnb-clip-title")).to_have_text(["Take 2", "Take 0", "Take 1"])
    expect(section.get_by_role("button", name=f"Play Take {focused}", exact=True)).to_be_focused()


def test_second_view_of_a_board_plays_on_its_own_and_leaves_the_first_alone(shown: Page) -> None:
    """Two views of one model: one player each, one clip sounding, and closing one hurts nothing."""
    shown.evaluate("""() => {
        const notebook = jupyterapp.shell.currentWidget;
        notebook.content.activeCellIndex = 1;
        window.notebookId = notebook.id;
        return jupyterapp.commands.execute('notebook:create-output-view');
    }""")
    views = "[...document.querySelectorAll('section[aria-label=Second]')].map(v => v.mnbBoard)"
    shown.wait_for_function(f"() => {views}.length === 2 && {views}[1].cards.size === 1")
    shown.get_by_role("button", name="Play Gamma").last.click()
    shown.wait_for_function(
        f"() => {views}.filter(v => !v.player.audio.paused).length === 1"
        f" && {views}.some(v => v.player.audio.currentTime > 0.1)"
    )
    shown.evaluate("() => [...jupyterapp.shell.widgets('main')].at(-1).close()")
    shown.wait_for_function(f"() => {views}.length === 1")
    shown.evaluate("() => jupyterapp.shell.activateById(window.notebookId)")
    shown.get_by_role("button", name="Play Gamma").click()
    shown.wait_for_function(audio("Second", "!a.paused"))
    shown.get_by_role("button", name="Pause Gamma").click()


def test_closed_view_leaves_nothing_running(lab: Any, shown: Page) -> None:
    """Clearing the output silences it, drops its listeners and takes it off the page's player."""
    shown.get_by_role("button", name="Play Gamma").click()
    shown.wait_for_function(audio("Second", "!a.paused"))
    shown.evaluate(f"() => {{ window.gone = {AUDIO.format(label='Second')}; }}")
    shown.evaluate("""() => {
        jupyterapp.shell.currentWidget.content.activeCellIndex = 1;
        return jupyterapp.commands.execute('notebook:clear-cell-output');
    }""")
    shown.wait_for_function("() => window.gone.paused && !window.gone.src")
    assert shown.evaluate("() => globalThis.__musicnbPage.player") is None
    lab.execute(shown, "second.put(CardView('y', '', 'Late', '', 'queued')); second.settle()")


def test_closed_board_is_collected_in_python_and_on_the_page(lab: Any, shown: Page) -> None:
    """Nothing holds it: no timer, no handler, no observer, no list of boards on the page."""
    lab.execute(shown, "passing = board('Passing', CardView('p', 'm', 'P', '', 'succeeded',"
                       " clips=(clip('p1', 'Passing'),)))")  # fmt: skip
    run_new_cell(shown, "passing.show()")
    # no real press: chromium itself remembers the element under the mouse
    shown.get_by_role("button", name="Play Passing").dispatch_event("click")
    shown.wait_for_function(audio("Passing", "!a.paused"))
    shown.evaluate("""() => {
        const section = document.querySelector('section[aria-label=Passing]');
        window.mnbPassing = new WeakRef(section.mnbBoard);
        window.mnbOwner = section.mnbBoard.model.get('live_class');
    }""")
    gone = lab.execute(
        shown,
        "import gc, weakref\nwhere = weakref.ref(passing)\npassing.close()\ndel passing\n"
        "gc.collect()\nprint(where() is None)",
    )
    assert gone == "True\n"
    expect(shown.locator("section[aria-label=Passing]")).to_have_count(0)
    session = shown.context.new_cdp_session(shown)
    for _ in range(20):
        session.send("HeapProfiler.collectGarbage")
        if shown.evaluate("() => window.mnbPassing.deref() === undefined"):
            break
        shown.wait_for_timeout(250)
    else:
        pytest.fail("the board is still on the page's heap")
    session.detach()
    kept = "() => [...globalThis.__musicnbPage.sounds.values()].map(({owner}) => owner)"
    assert shown.evaluate("() => window.mnbOwner") not in shown.evaluate(kept)
