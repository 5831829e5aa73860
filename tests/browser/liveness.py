"""Whether a board's changes reach the page while the kernel is blocked or the wire is lossy."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any

from playwright.sync_api import Page

#: A board of queued cards, and what changes all of them many times a second.
ROWS = """
import dataclasses
from board_takes import *

def rows(count):
    return [CardView(f"r{{i}}", "suno-5.5", f"Row {{i}}", "", "queued", clips_expected=1)
            for i in range(count)]

live = board("Live", *rows({rows}))
live
"""
WORK = """
def work(until_s=10.0, at_hz=5.0):
    cards = list(live._cards.values())
    end, step = time() + until_s, 0
    while time() < end:
        step += 1
        for card in cards:
            live.put(dataclasses.replace(card, status="running", stage=f"step {step}"))
        sleep(1 / at_hz)
    for card in cards:
        live.put(dataclasses.replace(card, status="succeeded", note=f"end of {card.card_id}"))
"""
BOARD = "document.querySelector('section[aria-label=Live]').mnbBoard"
WATCH = f"""() => {{
    const board = {BOARD};
    const watch = window.mnbWatch = {{messages: 0, steps: new Set(), times: []}};
    board.model.on('msg:custom', (message) => {{ if (message.op === 'patch') watch.messages++; }});
    const chip = board.element.querySelector('.mnb-chip');
    new MutationObserver(() => {{
        if (watch.steps.has(chip.textContent)) return;
        watch.steps.add(chip.textContent);
        watch.times.push(performance.now());
    }}).observe(chip, {{childList: true, characterData: true, subtree: true}});
}}"""
FOUND = f"""() => {{
    const {{messages, steps, times}} = window.mnbWatch;
    const cards = [...{BOARD}.cards.values()];
    const right = cards.filter(({{id, data, chip}}) =>
        chip.textContent === 'succeeded' && data.note === `end of ${{id}}`).length;
    return {{messages, steps: steps.size, seconds: (times.at(-1) - times[0]) / 1000,
        cards: cards.length, right}};
}}"""
DROP = f"() => {{ const b = {BOARD}; b.model.off('msg:custom', b.onMessage); }}"
HEAR = f"() => {{ const b = {BOARD}; b.model.on('msg:custom', b.onMessage); }}"


@dataclass(frozen=True, slots=True)
class Liveness:
    """What a page saw of a board that changed.

    Parameters
    ----------
    messages
        Patch messages that came.
    steps
        Different states that the first card was seen in.
    seconds
        From the first of them to the last.
    cards, right
        Cards on the page, and those of them that ended as they should.
    """

    messages: int
    steps: int
    seconds: float
    cards: int
    right: int


def open_live_board(lab: Any, page: Page, takes: str, *, rows: int) -> None:
    """Show a board of so many queued cards, and begin to watch it."""
    (lab.root / "board_takes.py").write_text(takes)
    lab.write("live.ipynb", ROWS.format(rows=rows), WORK)
    lab.open_and_run(page, "live.ipynb")
    page.wait_for_function(
        f"() => document.querySelector('section[aria-label=Live]')?.mnbBoard?.cards.size === {rows}"
    )
    page.evaluate(WATCH)


def watch_changes(
    lab: Any, page: Page, *, seconds: float, at_hz: float, drop: bool = False, block: bool = True
) -> Liveness:
    """Change every card, from a thread, and give what the page saw of it.

    Parameters
    ----------
    lab, page
        Where `open_live_board` was called.
    seconds, at_hz
        How long, and how often a second.
    drop
        Whether the page is deaf to the board for a moment in the middle.
    block
        Whether the kernel's main thread sleeps all the while.
    """
    code = f"threading.Thread(target=work, args=({seconds}, {at_hz})).start()"
    if block:
        code += f"; sleep({seconds})"
    lab.execute(page, code, wait=False)
    if drop:
        page.wait_for_function("() => window.mnbWatch.steps.size > 3")
        page.evaluate(DROP)
        page.wait_for_timeout(1500)
        page.evaluate(HEAR)
    page.wait_for_function(f"() => ({FOUND})().right === {BOARD}.cards.size")
    return Liveness(**page.evaluate(FOUND))
