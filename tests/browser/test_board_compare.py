"""Comparing clips: one playhead, switched without a gap, and nothing told when blind."""

from __future__ import annotations

from typing import Any

import pytest
from playwright.sync_api import Locator, Page, expect

TONES = """
from board_takes import *
from musicnb.widgets import Comparison

def tone(name, title, hz, seconds, lufs):
    t = np.arange(int(seconds * 44_100)) / 44_100
    path = Path(f"{name}.wav")
    path.write_bytes(encode((0.5 * np.sin(2 * np.pi * hz * t)).astype("f4")[:, None], 44_100,
                            format="WAV"))
    files[name] = path
    return ClipView(name, title, seconds, "audio/wav", path.stat().st_size, bytes([200, 56]) * 1000,
                    str(path), loudness_lufs=lufs, facts=("a fact",))

tones = [tone("t1", "First tone", 300.0, 12.0, -14.0),
         tone("t2", "Second tone", 500.0, 12.0, -14.0),
         tone("t3", "Third tone", 700.0, 6.0, -20.0)]
"""
BOARD = """
shown = board("Tones", CardView("x", "m", "Tones", "", "succeeded", clips=tuple(tones)))
shown
"""
BLIND = """
blind = Comparison(tones, locate=files.__getitem__, blind=True)
blind
"""
COMPARISON = "document.querySelector('section[aria-label={}]').mnbBoard.comparison"
PANEL = COMPARISON.format("Tones")
# what goes to the loudspeakers, with the number of its first frame
RECORD = """async () => {
    const {deck} = PANEL;
    const code = `registerProcessor('recorder', class extends AudioWorkletProcessor {
        process([input]) {
            if (input.length) this.port.postMessage([currentFrame, input[0].slice()]);
            return true;
        }
    })`;
    const url = URL.createObjectURL(new Blob([code], {type: 'text/javascript'}));
    await deck.context.audioWorklet.addModule(url);
    const recorder = new AudioWorkletNode(deck.context, 'recorder');
    window.mnbRecord = new Map();
    recorder.port.onmessage = ({data: [frame, samples]}) => window.mnbRecord.set(frame, samples);
    deck.master.connect(recorder);
}"""
# From just before the switch to well after it: the least level, and by how many samples each tone
# is away from where the playhead says that it is.
ANALYSE = """([before, after]) => {
    const {deck} = PANEL;
    const rate = deck.rate;
    const [segment] = deck.run.segments.slice(-1);
    const origin = segment.at - segment.from;
    // recording begins unevenly
    const frames = [...window.mnbRecord.keys()].sort((a, b) => a - b).slice(8);
    const first = frames[0];
    const sound = new Float32Array(frames.at(-1) - first + 128);
    for (const frame of frames) sound.set(window.mnbRecord.get(frame), frame - first);
    const gaps = frames.filter((frame, i) => i && frame - frames[i - 1] !== 128).length;
    const fit = (hz, from, to) => {
        let re = 0, im = 0;
        for (let n = from; n < to; n++) {
            const angle = 2 * Math.PI * hz * (n + first - origin) / rate;
            re += sound[n] * Math.sin(angle);
            im += sound[n] * Math.cos(angle);
        }
        const size = 2 * Math.hypot(re, im) / (to - from);
        const phase = Math.atan2(im, re);
        let worst = 0;
        for (let n = from; n < to; n++) {
            const angle = 2 * Math.PI * hz * (n + first - origin) / rate + phase;
            worst = Math.max(worst, Math.abs(sound[n] - size * Math.sin(angle)));
        }
        return {size, late: -phase * rate / (2 * Math.PI * hz), worst};
    };
    const at = window.mnbSwitched - first;
    const span = Math.round(0.6 * rate);
    const least = Array.from({length: 60}, (_, k) => {
        const from = at - 2400 + 80 * k;
        return Math.max(...sound.slice(from, from + 320).map(Math.abs));
    });
    return {gaps, least: Math.min(...least), before: fit(before, at - span, at - 480),
            after: fit(after, at + 4800, at + 4800 + span)};
}"""


@pytest.fixture(scope="module")
def shown(lab: Any, shared_page: Page, board_takes: str) -> Page:
    """Show a board of three tones, and the same blind."""
    (lab.root / "board_takes.py").write_text(board_takes)
    lab.write("compare.ipynb", TONES + BOARD, BLIND)
    lab.open_and_run(shared_page, "compare.ipynb")
    shared_page.locator(".mnb-lane").first.wait_for()
    return shared_page


@pytest.fixture
def tones(shown: Page) -> Locator:
    """Find the board with the three tones."""
    return shown.locator("section[aria-label=Tones]")


def test_ticked_rows_are_compared_and_given_back(shown: Page, tones: Locator) -> None:
    """Two ticks and a press open the comparison; Escape leads back to all clips."""
    button = tones.locator(".mnb-compare-button")
    expect(button).to_have_text("Compare")
    tones.get_by_role("checkbox", name="Pick First tone to compare").check()
    expect(button).to_have_attribute("aria-disabled", "true")
    tones.get_by_role("slider", name="Position in Third tone").press("x")
    expect(button).to_have_text("Compare 2")
    button.click()
    lanes = tones.get_by_role("radio")
    expect(lanes).to_have_count(2)
    expect(tones.locator(".mnb-row").first).to_be_hidden()
    shown.keyboard.press("Escape")
    expect(tones.locator(".mnb-row").first).to_be_visible()
    expect(button).to_be_focused()
    for name in ("First", "Third"):
        tones.get_by_role("checkbox", name=f"Pick {name} tone to compare").uncheck()


def test_switch_leaves_no_gap_and_stays_on_its_sample(shown: Page, tones: Locator) -> None:
    """What leaves the deck is one tone, then the other, each exactly where the playhead is."""
    tones.locator(".mnb-compare-button").click()
    tones.get_by_role("button", name="Play", exact=True).click()
    shown.wait_for_function(f"() => {PANEL}.deck.tracks.size === 3 && {PANEL}.deck.position > 0.1")
    shown.evaluate(RECORD.replace("PANEL", PANEL))
    shown.wait_for_function("() => window.mnbRecord.size > 600")
    shown.evaluate(
        f"() => {{ const {{deck}} = {PANEL};"
        " window.mnbSwitched = Math.round(deck.context.currentTime * deck.rate); }"
    )
    shown.keyboard.press("2")
    expect(tones.get_by_role("radio", name="Second tone")).to_have_attribute("aria-checked", "true")
    recorded = f"() => window.mnbRecord.has(...[...window.mnbRecord.keys()].slice(-1)) &&\
        Math.max(...window.mnbRecord.keys()) > window.mnbSwitched + {PANEL}.deck.rate"
    shown.wait_for_function(recorded)
    found = shown.evaluate(ANALYSE.replace("PANEL", PANEL), [300, 500])
    assert found["gaps"] == 0
    level = 0.5 * 10 ** (-6 / 20)  # the third is the quietest, by 6 dB
    for tone in (found["before"], found["after"]):
        assert tone["size"] == pytest.approx(level, rel=0.01)
        assert abs(tone["late"]) < 0.05
        assert tone["worst"] < 0.002  # the seams between the pieces are silent
    assert found["least"] > 0.4 * level
    shown.keyboard.press(" ")
    shown.wait_for_function(f"() => !{PANEL}.deck.playing")


def test_keys_switch_seek_and_loop_for_all(shown: Page, tones: Locator) -> None:
    """Up and down go round, arrows and Home move the one playhead, brackets set the loop."""
    radios = tones.get_by_role("radio")
    radios.nth(1).focus()
    shown.keyboard.press("ArrowDown")
    expect(radios.nth(2)).to_have_attribute("aria-checked", "true")
    expect(radios.nth(2)).to_be_focused()
    shown.keyboard.press("ArrowDown")
    expect(radios.nth(0)).to_be_focused()
    ruler = tones.get_by_role("slider", name="Position in all clips")
    for key, text in [("Home", "0:00 of 0:12"), ("ArrowRight", "0:05 of 0:12")]:
        shown.keyboard.press(key)
        expect(ruler).to_have_attribute("aria-valuetext", text)
    shown.keyboard.press("[")
    expect(tones.locator(".mnb-looped:visible")).to_have_text("↻ 0:05–0:12")
    expect(tones.locator(".mnb-lane .mnb-loop")).to_have_count(3)
    expect(tones.locator(".mnb-lane .mnb-loop").first).to_be_visible()
    shown.keyboard.press("Escape")
    expect(tones.locator(".mnb-lane .mnb-loop").first).to_be_hidden()
    expect(radios).to_have_count(3)


def test_loop_goes_round_on_its_sample(shown: Page, tones: Locator) -> None:
    """The playhead leaps from the region's last frame to its first, and never leaves it."""
    box = tones.locator(".mnb-lane .mnb-wave").first.bounding_box()
    assert box is not None
    y = box["y"] + box["height"] / 2
    shown.mouse.move(box["x"] + box["width"] / 4, y)
    shown.mouse.down()
    shown.mouse.move(box["x"] + box["width"] / 3, y, steps=5)
    shown.mouse.up()
    expect(tones.locator(".mnb-looped:visible")).to_have_text("↻ 0:03–0:04")
    tones.get_by_role("button", name="Play", exact=True).click()
    # every piece that is scheduled lies inside, and each begins where the one before it ended
    shown.wait_for_function(
        f"() => {PANEL}.deck.run?.segments.filter((s, i, all) => i && s.from <= all[i - 1].from)"
        ".length >= 2"
    )
    seams = shown.evaluate(f"""() => {{
        const {{run, region, rate}} = {PANEL}.deck;
        const [start, stop] = region.map((seconds) => Math.round(seconds * rate));
        return run.segments.every((s, i, all) => s.from >= start && s.from + s.count <= stop && (!i
            || s.at === all[i - 1].at + all[i - 1].count
            && (s.from === all[i - 1].from + all[i - 1].count || s.from === start)));
    }}""")
    assert seams
    shown.keyboard.press("Escape")
    shown.keyboard.press(" ")


def test_shorter_clip_is_silent_past_its_end_and_takes_less_room(
    shown: Page, tones: Locator
) -> None:
    """All share one axis of time: six of twelve seconds are half a waveform, then silence."""
    shares = shown.evaluate(f"() => {PANEL}.waveforms.map((wave) => wave.share)")
    assert shares == pytest.approx([1, 1, 0.5], abs=0.01)
    tones.get_by_role("radio", name="Third tone").click()
    shown.keyboard.press("End")
    shown.keyboard.press("ArrowLeft")  # second 6 of 12
    shown.keyboard.press(" ")
    shown.evaluate("() => window.mnbRecord.clear()")
    shown.wait_for_function(f"() => {PANEL}.deck.position > 7.5")
    peak = "() => Math.max(...[...window.mnbRecord.values()].slice(-50).map(s => Math.max(...s)))"
    assert shown.evaluate(peak) < 1e-4
    shown.keyboard.press("1")
    shown.wait_for_function(f"{peak.replace('=> ', '=> 0.2 < ', 1)}")
    shown.keyboard.press(" ")


def test_comparison_and_rows_of_other_boards_sound_one_at_a_time(
    shown: Page, tones: Locator
) -> None:
    """A press on one silences the other, whatever plays it."""
    blind = shown.locator("section[aria-label=Comparison]")
    tones.get_by_role("button", name="Play", exact=True).click()
    shown.wait_for_function(f"() => {PANEL}.deck.playing")
    blind.get_by_role("button", name="Play", exact=True).click()
    other = COMPARISON.format("Comparison")
    shown.wait_for_function(f"() => {other}.deck.playing && !{PANEL}.deck.playing")
    tones.get_by_role("button", name="All clips").click()
    tones.get_by_role("button", name="Play First tone").click()
    player = "document.querySelector('section[aria-label=Tones]').mnbBoard.player"
    shown.wait_for_function(f"() => !{other}.deck.playing && !{player}.audio.paused")
    tones.get_by_role("button", name="Pause First tone").click()


def test_page_of_a_blind_comparison_names_nothing_until_revealed(lab: Any, shown: Page) -> None:
    """Markup, model and saved copy hold letters; `reveal` brings the titles to the same lanes."""
    blind = shown.locator("section[aria-label=Comparison]")
    expect(blind.locator(".mnb-clip-title:visible")).to_have_text(["A", "B", "C"])
    expect(blind.get_by_role("button", name="Download")).to_have_count(0)
    markup = blind.evaluate("section => section.outerHTML")
    model = blind.evaluate(
        "section => JSON.stringify(section.mnbBoard.model.get('state').cards)"
        " + [...section.mnbBoard.heights.keys()]"
    )
    copy = shown.locator(".mnb-static").last.evaluate("copy => copy.outerHTML")
    for told in (markup, model, copy):
        assert [word for word in ("tone", "t1", "t2", "t3", ".wav", "a fact") if word in told] == []
    lab.execute(shown, "blind.reveal()")
    expect(blind.locator(".mnb-clip-title:visible").first).to_contain_text("A · ")
    expect(blind.locator(".mnb-clip-title:visible").first).to_contain_text("tone")


def test_level_matching_turns_the_louder_lanes_down_only(shown: Page) -> None:
    """6 dB louder is 6 dB down; the quietest stays; the switch undoes it."""
    blind = shown.locator("section[aria-label=Comparison]")
    deck = f"{COMPARISON.format('Comparison')}.deck"
    levels = f"() => [...{deck}.tracks.values()].map(({{level}}) => Math.round(1000 * level))"
    expect(blind.locator(".mnb-lane .mnb-key[aria-busy=true]")).to_have_count(0)
    assert sorted(shown.evaluate(levels)) == [501, 501, 1000]
    blind.get_by_role("switch", name="Level-matched").click()
    assert sorted(shown.evaluate(levels)) == [1000, 1000, 1000]


def test_more_sound_than_a_page_should_hold_is_refused_in_words(lab: Any, shown: Page) -> None:
    """Nothing is fetched, and the reason says how much can be compared."""
    lab.execute(
        shown,
        "from dataclasses import replace\n"
        "shown.put(CardView('x', 'm', 'Tones', '', 'succeeded',"
        " clips=tuple(replace(tone, duration_s=1800.0) for tone in tones)))",
    )
    tones = shown.locator("section[aria-label=Tones]")
    expect(tones.locator(".mnb-time").first).to_contain_text("/ 30:00")
    tones.locator(".mnb-compare-button").click()
    expect(tones.locator(".mnb-lane .mnb-sub").first).to_contain_text("90 minutes together")
    expect(tones.get_by_role("button", name="Play", exact=True)).to_be_visible()
