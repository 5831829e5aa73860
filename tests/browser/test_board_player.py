"""How a row plays: its loop, speed and volume, who may sound, what is kept, how it looks."""

from __future__ import annotations

from typing import Any

import pytest
from playwright.sync_api import Locator, Page, expect

CLIPS = """
from board_takes import *
takes = [clip(f"p{i}", f"Take {i}", 40.0, loudness_lufs=-14.0 - 3 * i, facts=("mono",))
         for i in range(2)]
played = board("Played",
    CardView("done", "suno-5.5", "Done", "two takes", "succeeded", clips=tuple(takes),
             charge="80 credits charged", note="A note.", badge="sandbox"),
    CardView("bad", "suno-5.5", "Bad", "", "failed", problem="It failed.", hint="Try again."),
    CardView("going", "suno-5.5", "Going", "", "running", clips_expected=2, can_cancel=True,
             submitted_at=time()))
played
"""
LONE = """
lone = board("Lone", CardView("x", "", "", "", "succeeded", clips=(clip("lone", "Lone"),)))
lone
"""
BOARD = "document.querySelector('section[aria-label=Played]').mnbBoard"
AUDIO = f"{BOARD}.player.audio"
# Contrast of every visible text, and of every control's outline, as WCAG 2.2 counts it (1.4.3 and
# 1.4.11), with the colours that the browser computed and the backgrounds behind each other.
CONTRAST = """() => {
    const canvas = document.createElement('canvas');
    canvas.width = canvas.height = 1;
    const context = canvas.getContext('2d', {willReadFrequently: true});
    const rgba = (colour) => {
        context.clearRect(0, 0, 1, 1);
        context.fillStyle = colour;
        context.fillRect(0, 0, 1, 1);
        const [r, g, b, a] = context.getImageData(0, 0, 1, 1).data;
        return [r, g, b, a / 255];
    };
    const over = ([r, g, b, a], below) => [r, g, b].map((v, i) => v * a + below[i] * (1 - a));
    const behind = (element) => {
        const layers = [];
        for (let e = element; e; e = e.parentElement) layers.unshift(e);
        return layers.reduce((below, e) => over(rgba(getComputedStyle(e).backgroundColor), below),
            [255, 255, 255]);
    };
    const light = (colour) => {
        const [r, g, b] = colour.map((v) => v / 255)
            .map((v) => (v <= 0.04045 ? v / 12.92 : ((v + 0.055) / 1.055) ** 2.4));
        return 0.2126 * r + 0.7152 * g + 0.0722 * b;
    };
    const ratio = (a, b) => {
        const [dark, bright] = [light(a), light(b)].sort((x, y) => x - y);
        return (bright + 0.05) / (dark + 0.05);
    };
    const poor = [];
    const check = (element, colour, least, what) => {
        const below = behind(element);
        const found = ratio(over(rgba(colour), below), below);
        if (found < least) poor.push(`${what} ${element.className}: ${found.toFixed(2)}`);
    };
    for (const element of document.querySelectorAll('section.mnb *')) {
        if (!element.checkVisibility() || element.closest('.mnb-status, option')) continue;
        const style = getComputedStyle(element);
        const texts = [...element.childNodes].some((n) => n.nodeType === 3 && n.data.trim());
        const onGradient = style.backgroundImage !== 'none';
        if (texts && !onGradient && !element.matches('.mnb-bubble'))
            check(element, style.color, 4.5, 'text');
        if (element.matches('.mnb-pick, .mnb-key[aria-checked=false]'))
            check(element, style.borderTopColor, 3, 'edge');
        if (element.matches('.mnb-save, .mnb-mute')) check(element, style.color, 3, 'icon');
        if (element.matches('.mnb-play, .mnb-key[aria-checked=true]') && onGradient)
            for (const stop of style.backgroundImage.match(/rgba?\\([^)]*\\)/g) ?? [])
                if (ratio(rgba(stop).slice(0, 3), [255, 255, 255]) < 3)
                    poor.push(`icon on ${stop}`);
    }
    return poor;
}"""


@pytest.fixture(scope="module")
def shown(lab: Any, shared_page: Page, board_takes: str) -> Page:
    """Show a board in every state, and a lone clip."""
    (lab.root / "board_takes.py").write_text(board_takes)
    lab.write("player.ipynb", CLIPS, LONE)
    shared_page.add_init_script("""
        window.mnbShifts = [];
        new PerformanceObserver((list) => {
            for (const entry of list.getEntries())
                for (const {node, previousRect, currentRect} of entry.sources)
                    if (node?.parentElement?.closest('section.mnb') && previousRect.width
                        && !node.closest('.mnb-loop, .mnb-bubble'))  // they go with the pointer
                        window.mnbShifts.push(`${node.className}: ${previousRect.x},`
                            + `${previousRect.y} to ${currentRect.x},${currentRect.y}`);
        }).observe({type: 'layout-shift', buffered: true});
    """)
    lab.open_and_run(shared_page, "player.ipynb")
    shared_page.get_by_role("button", name="Play Lone").wait_for()
    return shared_page


@pytest.fixture
def slider(shown: Page) -> Locator:
    """Find the position of the first take."""
    return shown.get_by_role("slider", name="Position in Take 0")


def test_drag_sets_a_loop_that_is_heard_from_its_beginning(shown: Page, slider: Locator) -> None:
    """The sound starts where the region starts and leaps back from its end."""
    wave = shown.locator("section[aria-label=Played] .mnb-row .mnb-wave").first
    box = wave.bounding_box()
    assert box is not None
    y = box["y"] + box["height"] / 2
    shown.mouse.move(box["x"] + box["width"] * 0.5, y)
    shown.mouse.down()
    shown.mouse.move(box["x"] + box["width"] * 0.535, y, steps=6)
    shown.mouse.up()
    looped = shown.locator("section[aria-label=Played] .mnb-looped").first
    expect(looped).to_have_text("↻ 0:20–0:21")
    shown.evaluate(f"""() => {{
        window.mnbAt = [];
        const audio = {AUDIO};
        audio.addEventListener('seeked', () => window.mnbAt.push(audio.currentTime));
    }}""")
    shown.wait_for_function("() => window.mnbAt.length >= 3")
    assert all(abs(at - 20) < 0.3 for at in shown.evaluate("() => window.mnbAt.slice(1)"))
    assert shown.evaluate(f"() => {AUDIO}.currentTime") < 22
    slider.press("Escape")
    expect(looped).to_be_empty()
    shown.wait_for_function(f"() => {AUDIO}.currentTime > 21.5")
    slider.press(" ")


def test_loop_can_be_set_moved_and_cleared_by_keys_and_button(shown: Page, slider: Locator) -> None:
    """Brackets set its ends at the playhead, L loops all, the cross clears it."""
    looped = shown.locator("section[aria-label=Played] .mnb-looped").first
    slider.press("Home")
    for key in ("PageUp", "[", "ArrowRight", "]"):
        slider.press(key)
    expect(looped).to_have_text("↻ 0:15–0:20")
    shown.locator("section[aria-label=Played] .mnb-row .mnb-wave").first.hover()
    shown.get_by_role("button", name="Clear the loop of Take 0").click()
    expect(looped).to_be_empty()
    slider.press("l")
    expect(looped).to_have_text("↻ 0:00–0:40")
    slider.press("l")
    expect(looped).to_be_empty()


def test_speed_keeps_the_pitch_and_holds_for_every_board(shown: Page, slider: Locator) -> None:
    """Chosen on one board or by key, followed by all, for what plays and what will."""
    shown.get_by_role("button", name="Play Take 0").click()
    shown.wait_for_function(f"() => !{AUDIO}.paused")
    shown.get_by_label("Speed").last.select_option("1.5")
    assert shown.evaluate(f"() => [{AUDIO}.playbackRate, {AUDIO}.preservesPitch]") == [1.5, True]
    expect(shown.get_by_label("Speed").first).to_have_value("1.5")
    slider.press(">")
    expect(shown.get_by_label("Speed").last).to_have_value("2")
    slider.press(">")
    shown.get_by_role("button", name="Play Take 1").click()
    shown.wait_for_function(f"() => !{AUDIO}.paused && {AUDIO}.playbackRate === 2")
    for _ in range(3):
        shown.get_by_role("slider", name="Position in Take 1").press("<")
    expect(shown.get_by_label("Speed").first).to_have_value("1")
    shown.get_by_role("button", name="Pause Take 1").click()


def test_volume_multiplies_with_level_matching_and_never_exceeds_it(
    shown: Page, slider: Locator
) -> None:
    """Take 0 is 3 dB louder: 0.708 of the volume; muting and unmuting lead back."""
    shown.get_by_role("button", name="Play Take 0").click()
    volume = f"() => Math.round(1000 * {AUDIO}.volume)"
    shown.wait_for_function(f"() => ({volume})() === 708")
    slider.press("+")
    assert shown.evaluate(volume) == 708
    for _ in range(5):
        slider.press("-")
    assert shown.evaluate(volume) == 354
    expect(shown.get_by_role("slider", name="Volume").last).to_have_value("50")
    shown.get_by_role("button", name="Mute").last.click()
    assert shown.evaluate(volume) == 0
    slider.press("m")
    assert shown.evaluate(volume) == 354
    shown.get_by_role("slider", name="Volume").first.fill("100")
    assert shown.evaluate(volume) == 708
    shown.get_by_role("button", name="Pause Take 0").click()


def test_kept_sound_is_bounded_and_what_plays_is_never_dropped(shown: Page) -> None:
    """Least recently used clips of all boards make room; the one in the player stays."""
    shown.get_by_role("button", name="Play Take 0").click()
    shown.wait_for_function(f"() => !{AUDIO}.paused")
    kept = shown.evaluate(f"""() => {{
        const {{store, player}} = {BOARD};
        const total = 5 << 20;
        for (let i = 0; i < 12; i++)
            for (let offset = 0; offset < total; offset += 1 << 20)
                store.receive({{op: 'chunk', id: `made ${{i}}`, offset, total, step: 1 << 20,
                    type: 'audio/mpeg', unasked: true}}, [new ArrayBuffer(1 << 20)]);
        const sounds = [...globalThis.__musicnbPage.sounds.values()];
        const last = sounds.at(-1).key.endsWith('made 11');
        return [sounds.reduce((sum, {{blob}}) => sum + blob.size, 0), sounds.includes(player.sound),
            last];
    }}""")
    assert kept[0] <= 48 << 20
    assert kept[1:] == [True, True]
    shown.get_by_role("button", name="Pause Take 0").click()
    shown.evaluate(f"""() => {{
        const {{sounds}} = globalThis.__musicnbPage;
        for (const [key, {{url}}] of sounds)
            if (key.includes('made')) {{ URL.revokeObjectURL(url); sounds.delete(key); }}
        {BOARD}.store.jobs.clear();
    }}""")


def test_refused_blob_address_is_made_good_by_a_data_address(shown: Page) -> None:
    """Where a browser drops blob: sound, the same bytes play as data:, from the same second."""
    shown.get_by_role("button", name="Play Take 1").click()
    shown.wait_for_function(f"() => !{AUDIO}.paused && {AUDIO}.currentTime > 0.2")
    shown.get_by_role("slider", name="Position in Take 1").press("PageUp")
    shown.evaluate(f"() => {{ {AUDIO}.onerror(); }}")
    shown.wait_for_function(
        f"() => {AUDIO}.src.startsWith('data:') && !{AUDIO}.paused && {AUDIO}.currentTime > 15"
    )
    shown.get_by_role("button", name="Pause Take 1").click()


def test_everything_has_a_role_and_a_name(shown: Page) -> None:
    """What a screen reader finds on a lone clip's board."""
    lone = shown.locator("section[aria-label=Lone]")
    expect(lone).to_match_aria_snapshot("""
        - region "Lone":
          - combobox "Speed"
          - button "Mute"
          - slider "Volume"
          - list "Lone":
            - listitem:
              - group "Lone":
                - button "Play Lone"
                - slider "Position in Lone"
                - button "Download Lone"
          - status
    """)


def test_focus_can_be_seen_on_every_control(shown: Page) -> None:
    """Each stop of the Tab key has an outline of its own."""
    section = shown.locator("section[aria-label=Played]")
    section.locator(".mnb-compare-button").focus()
    stops = set()
    for _ in range(12):
        shown.keyboard.press("Tab")
        stop = shown.evaluate("""() => {
            const e = document.activeElement;
            const {outlineStyle, outlineWidth} = getComputedStyle(e);
            return [Boolean(e.closest('section[aria-label=Played]')), e.className, outlineStyle,
                parseFloat(outlineWidth)];
        }""")
        if not stop[0]:
            break
        assert stop[2] == "solid"
        assert stop[3] >= 2
        stops.add(stop[1].split()[0])
    assert stops >= {"mnb-switch", "mnb-speed", "mnb-volume", "mnb-play", "mnb-slider", "mnb-pick"}


# light at the end: the page serves other tests and pictures, too
@pytest.mark.parametrize("theme", ["Dark", "Light"])
def test_text_and_controls_have_enough_contrast(shown: Page, theme: str) -> None:
    """Every text 4.5 : 1, every control's shape 3 : 1, in rows and in a comparison."""
    name = f"JupyterLab {theme}"
    shown.evaluate("theme => jupyterapp.commands.execute('apputils:change-theme', {theme})", name)
    shown.wait_for_function(f"() => document.body.dataset.jpThemeName === 'JupyterLab {theme}'")
    shown.mouse.move(0, 0)
    shown.wait_for_timeout(600)  # the style sheet, then transitions
    assert shown.evaluate(CONTRAST) == []
    section = shown.locator("section[aria-label=Played]")
    section.locator(".mnb-compare-button").click()
    expect(section.locator(".mnb-lane .mnb-key[aria-busy=true]")).to_have_count(0)
    poor = shown.evaluate(CONTRAST)
    section.get_by_role("button", name="All clips").click()
    assert poor == []


def test_nothing_moved_unasked(shown: Page) -> None:
    """Playing, loading, looping, messages and volume have shifted no element of a board."""
    assert shown.evaluate("() => window.mnbShifts") == []
