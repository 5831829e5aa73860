"""What the board costs a notebook and a page, with `IPython.display.Audio` beside it.

Drives a real JupyterLab and Debian's Chromium, and prints, from one run on this machine:

- bytes of the saved notebook with 100 clips of three minutes, without and with widget state;
- seconds from running the cell to the last row, and what the page's JavaScript heap gains;
- seconds from click to sound, and the renderer's memory, while 120 clips are played in a row;
- messages a second, and rows that end right, when 300 of them change five times a second;
- updates a second that are seen while another cell sleeps;
- whether a closed board is gone from Python and from the page.

Run it with ``python benchmarks/board.py [part ...]``; parts: size play live closed.
"""

from __future__ import annotations

import os
import statistics
import sys
import tempfile
import time
from pathlib import Path
from typing import Any

import numpy as np
from playwright.sync_api import Page

sys.path.insert(0, str(Path(__file__).parents[1] / "tests" / "browser"))
from conftest import BOARD_TAKES
from labs import Lab, running_chromium, running_lab, watched_page
from liveness import open_live_board, watch_changes

from musicnb.sound import encode

RATE = 44_100
MINUTES = 3
PEERS = 10  # clips shown with IPython's Audio: a hundred take a minute and half a gigabyte
PLAYED = 120
LARGE = 20  # of 8 MB
CLIPS = """
from pathlib import Path
from musicnb.widgets import Board, CardView, ClipView
import numpy as np
rng = np.random.default_rng(1)
paths = {{f"tsk_01JDQ5Z8C2E4M7N9P3R6T8V0{{i:03d}}-1": Path(f"library/slow-light-{{i:03d}}.{kind}")
         for i in range({count})}}

def view(clip_id, path):
    swell = np.convolve(rng.random(1039), np.ones(40) / 40, "valid")
    swell = swell ** 2 * rng.uniform(0.5, 1, 1000)
    pairs = np.stack([-swell, swell], 1) * 127 / swell.max()
    return ClipView(clip_id, "Slow Light", 180.0, "audio/{media}", path.stat().st_size,
                    pairs.astype(np.int8).tobytes(), str(path), -14.0 - rng.random(),
                    ("44.1 kHz stereo",))

views = [view(*item) for item in paths.items()]
cards = [CardView(f"card-{{i}}", "suno-5.5", f"Slow Light {{i}}",
                  "dream pop, warm analog drums, shimmering guitars, 96 bpm", "succeeded",
                  submitted_at=1.7e9, ended_at=1.7e9 + 61, price="80 credits ($0.08)",
                  charge="80 credits charged", clips_expected=2, badge="sandbox",
                  clips=tuple(views[2 * i : 2 * i + 2]))
         for i in range(len(views) // 2)]
"""
SHOW = """board = Board(label="Played", cards=cards, locate=paths.__getitem__)
board"""
SMALL = """Board(label="First", cards=[CardView("x", "", "", "", "succeeded", clips=(views[0],))],
      locate=paths.__getitem__)"""
PEER = """from IPython.display import Audio, display
for i in range({count}):
    display(Audio(filename=f"library/slow-light-{{i:03d}}.mp3"))"""
RUN_LAST = """() => {
    const {content} = jupyterapp.shell.currentWidget;
    content.activeCellIndex = content.widgets.length - 1;
    window.mnbStart = performance.now();
    jupyterapp.commands.execute('notebook:run-cell');
}"""
BOARD = "document.querySelector('section[aria-label=Played]').mnbBoard"
ROWS = "section[aria-label=Played] .mnb-card"
PLAY = f"""async (place) => {{
    const button = {BOARD}.root.querySelectorAll('.mnb-row .mnb-play')[place];
    const {{audio}} = {BOARD}.player;
    const start = performance.now();
    button.click();
    await new Promise((resolve) => {{
        const look = () => (button.closest('.mnb-playing') && !audio.paused && !audio.seeking
            && audio.currentTime > 0 && audio.readyState > 2 ? resolve() : setTimeout(look, 2));
        look();
    }});
    return (performance.now() - start) / 1000;
}}"""
SAVE_STATE = """() => jupyterapp.commands.execute(
    '@jupyter-widgets/jupyterlab-manager:saveWidgetState')"""


def make_clips(folder: Path) -> None:
    """Write clips of three minutes: four MP3 files under many names, and WAV files of 8 MB."""
    folder.mkdir()
    rng = np.random.default_rng(7)
    for number in range(4):
        noise = rng.standard_normal((RATE * 60 * MINUTES, 2), np.float32)
        tone = np.sin(2 * np.pi * 220 * (number + 1) * np.arange(len(noise)) / RATE)
        sound = encode((0.05 * noise + 0.4 * tone[:, None]).astype(np.float32), RATE, format="MP3")
        first = folder / f"slow-light-{number:03d}.mp3"
        first.write_bytes(sound)
        for copy in range(number + 4, PLAYED, 4):
            os.link(first, folder / f"slow-light-{copy:03d}.mp3")
    large = np.full((2_000_000, 2), 0.1, np.float32)
    for number in range(LARGE):
        (folder / f"slow-light-{number:03d}.wav").write_bytes(encode(large, RATE, format="WAV"))


def heap_bytes(page: Page) -> int:
    """Return the page's JavaScript heap after a collection."""
    session = page.context.new_cdp_session(page)
    session.send("HeapProfiler.enable")
    for _ in range(3):
        session.send("HeapProfiler.collectGarbage")
    used = session.send("Runtime.getHeapUsage")["usedSize"]
    session.detach()
    return int(used)


def renderer_bytes() -> int:
    """Return the memory (PSS) of the largest of our browser's renderers."""
    mine, sizes = {os.getpid()}, [0]
    for entry in sorted(int(p.name) for p in Path("/proc").iterdir() if p.name.isdigit()):
        try:
            parent = int(Path(f"/proc/{entry}/stat").read_text().rpartition(")")[2].split()[1])
            if parent not in mine:
                continue
            mine.add(entry)
            if b"--type=renderer" in Path(f"/proc/{entry}/cmdline").read_bytes():
                rollup = Path(f"/proc/{entry}/smaps_rollup").read_text()
                sizes.append(1024 * int(rollup.split("Pss:")[1].split()[0]))
        except (OSError, IndexError):
            continue
    return max(sizes)


def megabytes(value: float) -> str:
    """Write bytes as megabytes."""
    return f"{value / 1e6:8.3f} MB"


def run_last_cell(page: Page, shown: str) -> float:
    """Run the last cell; return the seconds until a condition on the page holds."""
    page.evaluate(RUN_LAST)
    seconds: float = page.wait_for_function(
        f"() => ({shown}) && (performance.now() - window.mnbStart) / 1000", polling=20
    ).json_value()
    return seconds


def set_last_cell(page: Page, source: str) -> None:
    """Put code into the last cell of the open notebook."""
    page.evaluate(
        "source => jupyterapp.shell.currentWidget.content.model.sharedModel.cells.at(-1)"
        ".setSource(source)",
        source,
    )


def measure_size(lab: Lab, page: Page) -> None:
    """Print what 100 clips cost the notebook and the page."""
    clips = CLIPS.format(count=100, kind="mp3", media="mpeg")
    lab.write("warm.ipynb", clips, SMALL, "pass")
    lab.open_and_run(page, "warm.ipynb")
    page.locator(".mnb-row").first.wait_for()  # what every widget needs is on the page
    set_last_cell(page, SHOW)
    before = heap_bytes(page)
    shown = run_last_cell(page, f"document.querySelector('{ROWS}:nth-child(50) .mnb-row')")
    page.wait_for_timeout(1500)
    gained = heap_bytes(page) - before
    path = lab.write("size.ipynb", clips, SHOW)
    lab.open_and_run(page, "size.ipynb")
    page.locator(ROWS).first.wait_for()
    lab.save(page)
    small = len(path.read_bytes())
    page.evaluate(SAVE_STATE)
    lab.run(page)
    page.locator(ROWS).first.wait_for()
    page.wait_for_timeout(1000)
    lab.save_and_reopen(page, "size.ipynb")  # so that only one board is left in it
    lab.open_and_run(page, "size.ipynb")
    page.locator(ROWS).first.wait_for()
    lab.save(page)
    page.evaluate(SAVE_STATE)
    text = path.read_text()
    audio = any(mark in text for mark in ("SUQz", "//uQ", "UklG", "data:audio"))
    boards = text.count('"live_class"')
    print(f"100 clips of {MINUTES} min, notebook        {megabytes(small)}   (aim 0.100)")
    print(f"  with widget state ({boards} board)        {megabytes(len(text))}   (aim 0.400)")
    print(f"  bytes of sound in it             {'some' if audio else 'none'}")
    print(f"  shown after                      {shown:8.2f} s    (aim 1.5)")
    print(f"  JavaScript heap                  {megabytes(gained)}   (aim 3)")


def measure_peer(lab: Lab, page: Page) -> None:
    """Print the same for IPython's own Audio."""
    path = lab.write("peer.ipynb", "pass")
    lab.open_and_run(page, "peer.ipynb")
    set_last_cell(page, PEER.format(count=PEERS))
    before, renderer = heap_bytes(page), renderer_bytes()
    shown = run_last_cell(page, f"document.querySelectorAll('audio').length === {PEERS}")
    page.wait_for_timeout(1500)
    gained = heap_bytes(page) - before
    memory = renderer_bytes() - renderer
    lab.save(page)
    print(f"IPython.display.Audio, {PEERS} of them    {megabytes(len(path.read_bytes()))}")
    print(f"  shown after                      {shown:8.2f} s")
    print(f"  JavaScript heap, renderer        {megabytes(gained)},{megabytes(memory)}")


def measure_play(lab: Lab, page: Page) -> None:
    """Print how soon clips sound, and what playing many leaves behind."""
    kinds = (("mp3", "mpeg", PLAYED), ("wav", "wav", LARGE))
    for kind, media, count in kinds:
        name = f"play-{kind}.ipynb"
        lab.write(name, CLIPS.format(count=count, kind=kind, media=media), SHOW)
        lab.open_and_run(page, name)
        page.wait_for_function(f"() => document.querySelectorAll('.mnb-row').length === {count}")
        page.wait_for_timeout(1500)
        before, waits, memory = renderer_bytes(), [], []
        for place in range(count):
            waits.append(page.evaluate(PLAY, place))
            page.wait_for_timeout(100)
            if place % 10 == 9:
                memory.append(renderer_bytes() - before)
        size = (lab.root / f"library/slow-light-000.{kind}").stat().st_size
        p50, p95 = statistics.median(waits), sorted(waits)[int(0.95 * count)]
        print(f"{count} clips of {size / 1e6:.1f} MB played in a row")
        print(f"  click to sound, p50 and p95      {p50:8.2f} s {p95:6.2f} s    (aim 0.5, 1)")
        print(f"  renderer, at most and at the end {megabytes(max(memory))},"
              f"{megabytes(memory[-1])}   (aim 260)")  # fmt: skip


def measure_live(lab: Lab, page: Page) -> None:
    """Print how changes reach the page."""
    for drop in (False, True):
        open_live_board(lab, page, BOARD_TAKES, rows=300)
        seen = watch_changes(lab, page, seconds=10.0, at_hz=5.0, drop=drop)
        note = ", deaf for 1.5 s" if drop else ""
        print(f"300 rows at 5 Hz while a cell sleeps{note}")
        print(f"  messages/s, rows right           {seen.messages / 10:8.1f}   {seen.right}/300"
              f"   (aim 10, 300)")  # fmt: skip
        if not drop:
            print(f"  updates/s seen                   {(seen.steps - 1) / seen.seconds:8.1f}"
                  "   (aim 4)")  # fmt: skip


def measure_closed(lab: Lab, page: Page) -> None:
    """Print whether a closed board is collected."""
    # IPython keeps what a cell ends with, in Out and under four names
    shown = SHOW.replace("\nboard", "\nboard.show()")
    lab.write("closed.ipynb", CLIPS.format(count=100, kind="mp3", media="mpeg"), shown)
    lab.open_and_run(page, "closed.ipynb")
    page.wait_for_function("() => document.querySelectorAll('.mnb-row').length === 100")
    page.evaluate(PLAY, 0)
    page.evaluate(f"() => {{ window.mnbGone = new WeakRef({BOARD}); }}")
    said = lab.execute(
        page,
        "import gc, weakref; gone = weakref.ref(board); board.close(); del board; gc.collect()\n"
        "print(gone() is None)",
    ).strip()
    page.wait_for_function("() => !document.querySelector('section.mnb')")
    gone = False
    for _ in range(10):
        heap_bytes(page)
        gone = page.evaluate("() => window.mnbGone.deref() === undefined")
        if gone:
            break
        time.sleep(0.3)
    print(f"closed board collected             in Python {said}, on the page {gone}")


def main() -> None:
    """Measure and print."""
    parts: dict[str, Any] = {
        "size": (measure_size, measure_peer),
        "play": (measure_play,),
        "live": (measure_live,),
        "closed": (measure_closed,),
    }
    print(f"{os.cpu_count()} cores, load {os.getloadavg()[0]:.1f}")
    with tempfile.TemporaryDirectory() as folder, running_lab(Path(folder)) as lab:
        make_clips(lab.root / "library")
        for part in sys.argv[1:] or parts:
            for measure in parts[part]:
                with running_chromium() as chromium, watched_page(chromium) as page:
                    measure(lab, page)
                sys.stdout.flush()


if __name__ == "__main__":
    main()
