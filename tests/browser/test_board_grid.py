"""A board with axes in a real JupyterLab: its grid, what is looked for, how clips are rated."""

from __future__ import annotations

from typing import Any

import pytest
from playwright.sync_api import Locator, Page, expect
from test_board_live import run_new_cell
from test_board_player import CONTRAST

HOSTILE = "<img src=x onerror=\"document.title='owned'\"> \u202eon"
GRID = """
from dataclasses import replace
from board_takes import *
from musicnb.errors import Fault, InvalidInput
from musicnb.library import Rating

kept = {}


def rate(clip_id, changes):
    if "refuse" in changes.get("note", ""):
        raise InvalidInput.from_faults([Fault("note", "", "is 'refuse'; say something else")])
    while Path("hold").exists():
        sleep(0.1)
    clip = next(clip for clip in grid._clips() if clip.clip_id == clip_id)
    known = {"stars": clip.stars, "tags": clip.tags, "note": clip.note} | changes
    rating = Rating(clip_id, known["stars"], tuple(known["tags"]), known["note"])
    grid.show_rating(clip_id, rating.stars, rating.tags, rating.note)
    kept[clip_id] = changes
    return rating


def cell(mood, model, clips=(), **facts):
    name = f"{mood} · {model}"
    fields = {"status": "succeeded", "credits": 80.0} | facts
    return CardView(name, model, name, f"{mood} dream pop", clips=clips, place=(mood, model),
                    submitted_at=1.7e9, **fields)


def take(name, **facts):
    return clip(name, f"Take {name}", 3.0, **facts)


grid = board(
    "Grid",
    cell("calm", "suno-5.5", (take("a", loudness_lufs=-14.0, stars=3),
                              take("b", loudness_lufs=-20.0, note="too bright"))),
    cell("calm", "minimax", (take("c", loudness_lufs=-9.0, stars=5, tags=("hook",)),),
         credits=50.0),
    cell("dark", "suno-5.5", (take("d", loudness_lufs=-11.0),), ended_at=1.7e9 + 9),
    cell("dark", "minimax", status="not run", problem="needs 50, 30 left", credits=50.0),
    rate=rate, axes=("mood", "model"),
)
grid
"""


@pytest.fixture(scope="module")
def shown(lab: Any, shared_page: Page, board_takes: str) -> Page:
    """Open a notebook with a grid, and note what its page sends to the kernel."""
    (lab.root / "board_takes.py").write_text(board_takes)
    lab.write("grid.ipynb", GRID)
    lab.open_and_run(shared_page, "grid.ipynb")
    shared_page.get_by_role("button", name="Play Take a").wait_for()
    shared_page.evaluate("""() => {
        const {model} = document.querySelector('section[aria-label=Grid]').mnbBoard;
        const send = model.send.bind(model);
        window.sent = [];
        model.send = (message, ...rest) => (window.sent.push(message.op), send(message, ...rest));
    }""")
    return shared_page


@pytest.fixture(autouse=True)
def afresh(shown: Page) -> None:
    """Look for nothing, in the plan's order."""
    clear = shown.get_by_role("button", name="Clear", exact=True)
    if clear.is_visible():
        clear.click()
    choose(shown, "Sort", "Plan order")
    shown.evaluate("() => { window.sent.length = 0; }")


def choose(page: Page, menu: str, *options: str) -> None:
    """Open a menu of the bar and press some of its options."""
    page.get_by_role("toolbar").get_by_role("button", name=f"{menu}:").click()
    box = page.locator(".mnb-box:popover-open")
    for option in options:
        box.locator(".mnb-option", has_text=option).first.click()
    page.keyboard.press("Escape")
    expect(page.locator(".mnb-box:popover-open")).to_have_count(0)


def takes(page: Page) -> Locator:
    """Give the titles of the clips that can be seen."""
    return page.locator(".mnb-row:visible .mnb-clip-title")


def row(page: Page, name: str) -> Locator:
    """Give a clip's row."""
    return page.get_by_role("group", name=f"Take {name}", exact=True)


def tile(page: Page, number: int) -> dict[str, float]:
    """Say where a tile is."""
    return page.locator(".mnb-tile").nth(number).bounding_box() or {}


def test_grid_has_a_line_for_each_leading_value_and_a_tile_for_each_last(shown: Page) -> None:
    """Headings name the lines; a tile says what the last axis is, its state, and why it is none."""
    expect(shown.get_by_role("heading", level=4)).to_have_text(["calm", "dark"])
    titles = shown.locator(".mnb-title")
    expect(titles).to_have_text(["suno-5.5", "minimax", "suno-5.5", "minimax"])
    outside = shown.get_by_role("listitem", name="dark · minimax")
    expect(outside.locator(".mnb-chip")).to_have_text("not run")
    expect(outside).to_contain_text("needs 50, 30 left")
    first, second = tile(shown, 0), tile(shown, 1)
    assert first["y"] == second["y"]
    assert first["x"] < second["x"]


def test_narrow_grid_has_one_column(shown: Page) -> None:
    """Where two tiles do not fit, they stand below each other and keep their heading."""
    shown.set_viewport_size({"width": 620, "height": 900})
    first, second = tile(shown, 0), tile(shown, 1)
    assert first["x"] == second["x"]
    assert first["y"] < second["y"]
    shown.set_viewport_size({"width": 1280, "height": 900})


@pytest.mark.parametrize(
    ("menu", "options", "left"),
    [
        ("mood", ["dark"], ["Take d"]),
        ("mood", ["calm", "dark"], ["Take a", "Take b", "Take c", "Take d"]),
        ("model", ["minimax"], ["Take c"]),
        ("state", ["not run"], []),
        ("tags", ["hook"], ["Take c"]),
        ("stars", ["★★★★ or more"], ["Take c"]),
        ("stars", ["★★★ or more"], ["Take a", "Take c"]),
        ("stars", ["unrated"], ["Take b", "Take d"]),
    ],
)
def test_menu_leaves_what_is_asked_for(
    shown: Page, menu: str, options: list[str], left: list[str]
) -> None:
    """Values of one menu are alternatives; the page asks the kernel nothing."""
    choose(shown, menu, *options)
    expect(takes(shown)).to_have_text(left)
    number = len(left) + (menu in ("model", "state") or "dark" in options)
    expect(shown.locator(".mnb-shown")).to_have_text(f"{number} of 5 shown")
    assert shown.evaluate("() => window.sent") == []


def test_menus_text_and_loudness_narrow_together_and_clear_takes_all_back(shown: Page) -> None:
    """What is typed is looked for in titles, prompts and notes, word by word."""
    search = shown.get_by_role("searchbox")
    search.fill("CALM dream")
    expect(takes(shown)).to_have_text(["Take a", "Take b", "Take c"])
    search.fill("bright calm")
    expect(takes(shown)).to_have_text(["Take b"])
    search.fill("dream")
    shown.get_by_role("button", name="loudness:").click()
    shown.get_by_role("spinbutton", name="from, LUFS").fill("-15")
    shown.get_by_role("spinbutton", name="to, LUFS").fill("-10")
    shown.keyboard.press("Escape")
    expect(takes(shown)).to_have_text(["Take a", "Take d"])
    expect(shown.locator(".mnb-shown")).to_have_text("2 of 5 shown")
    search.fill("nothing is called so")
    expect(shown.get_by_text("Nothing here is like that.")).to_be_visible()
    shown.get_by_role("button", name="Clear", exact=True).click()
    expect(takes(shown)).to_have_count(4)
    expect(shown.locator(".mnb-shown")).to_have_text("All 5 shown")
    assert shown.evaluate("() => window.sent") == []


@pytest.mark.parametrize(
    ("order", "first"),
    [
        ("Most stars first", ["calm · minimax", "calm · suno-5.5"]),
        ("Loudest first", ["calm · minimax", "dark · suno-5.5", "calm · suno-5.5"]),
        ("Quietest first", ["calm · suno-5.5", "dark · suno-5.5", "calm · minimax"]),
        ("Cheapest first", ["calm · minimax", "dark · minimax", "calm · suno-5.5"]),
        ("Newest first", ["dark · suno-5.5", "calm · suno-5.5"]),
    ],
)
def test_order_puts_the_best_first_under_their_whole_names(
    shown: Page, order: str, first: list[str]
) -> None:
    """Out of the grid a card says itself what it is; those without such a number come last."""
    choose(shown, "Sort", order)
    titles = shown.locator(".mnb-title").all_text_contents()
    assert titles[: len(first)] == first
    assert len(titles) == 4
    expect(shown.get_by_role("heading", level=4)).to_have_count(0)
    choose(shown, "Sort", "Plan order")
    expect(shown.get_by_role("heading", level=4)).to_have_count(2)


def test_what_is_looked_for_outlives_patches_and_the_sound_goes_on(lab: Any, shown: Page) -> None:
    """News that fit appear, news that do not stay away, and nothing of it stops what plays."""
    shown.get_by_role("button", name="Play Take a").click()
    audio = "document.querySelector('section[aria-label=Grid]').mnbBoard.player.audio"
    shown.wait_for_function(f"() => !{audio}.paused")
    choose(shown, "mood", "dark")
    lab.execute(
        shown,
        'grid.put(cell("dark", "minimax", (take("e", loudness_lufs=-12.0),)))\n'
        'grid.put(cell("bright", "minimax", (take("f"),)))\nsleep(0.5)\n'
        'grid.put(cell("bright", "suno-5.5", status="running"))',
    )
    expect(takes(shown)).to_have_text(["Take d", "Take e"])
    expect(shown.locator(".mnb-shown")).to_have_text("2 of 7 shown")
    assert not shown.evaluate(f"() => {audio}.paused") or shown.evaluate(f"() => {audio}.ended")
    lab.execute(
        shown,
        'for name in ("bright · minimax", "bright · suno-5.5"): grid._cards.pop(name)\n'
        'grid.put(cell("dark", "minimax", status="not run", problem="needs 50, 30 left"))\n'
        "sleep(0.3); grid.settle()",
    )
    expect(shown.locator(".mnb-shown")).to_have_text("2 of 5 shown")


def test_keys_and_presses_give_stars_and_the_kernel_keeps_them(lab: Any, shown: Page) -> None:
    """1 to 5 anywhere in a row, arrows on the stars, a press on one; 0 takes them away."""
    stars = row(shown, "d").get_by_role("slider", name="Stars of Take d")
    expect(stars).to_have_attribute("aria-valuetext", "not rated")
    row(shown, "d").get_by_role("button", name="Play Take d").press("4")
    expect(stars).to_have_attribute("aria-valuetext", "4 of 5 stars")
    stars.press("ArrowRight")
    expect(stars).to_have_attribute("aria-valuenow", "5")
    stars.locator(".mnb-star").nth(1).click()
    expect(stars).to_have_attribute("aria-valuenow", "2")
    assert lab.execute(shown, "print(kept['d'])") == "{'stars': 2}\n"
    stars.press("0")
    expect(stars).to_have_attribute("aria-valuetext", "not rated")
    assert lab.execute(shown, "print(kept['d'])") == "{'stars': None}\n"
    assert shown.evaluate("() => window.sent") == ["rate"] * 4


def test_rating_shows_at_once_and_says_so_while_python_takes_its_time(
    lab: Any, shown: Page
) -> None:
    """Nobody waits for a cell to end to give a star; it is kept when Python gets to it."""
    hold = lab.root / "hold"
    hold.touch()
    stars = row(shown, "b").get_by_role("slider", name="Stars of Take b")
    stars.press("3")
    expect(stars).to_have_attribute("aria-valuenow", "3")
    expect(row(shown, "b")).to_contain_text("Python is busy with a running cell: kept when it ends")
    hold.unlink()
    expect(row(shown, "b")).not_to_contain_text("Python is busy")
    assert lab.execute(shown, "print(kept['b'])") == "{'stars': 3}\n"
    stars.press("0")


def test_rated_clip_stays_where_it_is_until_something_else_is_looked_for(shown: Page) -> None:
    """Going through the unrated ones, none is snatched away under the hand."""
    choose(shown, "stars", "unrated")
    expect(takes(shown)).to_have_text(["Take b", "Take d"])
    row(shown, "d").get_by_role("slider", name="Stars of Take d").press("2")
    expect(takes(shown)).to_have_text(["Take b", "Take d"])
    choose(shown, "mood", "dark")
    expect(takes(shown)).to_have_text([])
    shown.get_by_role("button", name="Clear", exact=True).click()
    row(shown, "d").get_by_role("slider", name="Stars of Take d").press("0")


def test_tags_and_note_are_written_kept_and_shown_as_text(lab: Any, shown: Page) -> None:
    """Hostile words stay words, live and in the copy; the box gives the focus back."""
    edit = row(shown, "d").get_by_role("button", name="Tags and note of Take d")
    edit.click()
    dialog = shown.get_by_role("dialog", name="Tags and note of Take d")
    dialog.get_by_role("button", name="hook").click()
    tags = dialog.get_by_role("textbox", name="Tags")
    tags.fill(f"{tags.input_value()}, {HOSTILE}")
    dialog.get_by_role("textbox", name="Note").fill(HOSTILE)
    dialog.get_by_role("button", name="Keep", exact=True).click()
    expect(row(shown, "d").locator(".mnb-tag")).to_have_text(["hook", HOSTILE])
    expect(row(shown, "d").locator(".mnb-noted")).to_have_text(HOSTILE)
    expect(edit).to_be_focused()
    said = lab.execute(shown, "print(kept['d']['tags'], kept['d']['note'] == kept['d']['tags'][1])")
    assert said == f"{['hook', HOSTILE]} True\n"
    assert shown.locator("section img").count() == 0
    assert "owned" not in shown.title()


def test_escape_leaves_tags_and_note_as_they_were(shown: Page) -> None:
    """What was typed by mistake is not kept."""
    edit = row(shown, "c").get_by_role("button", name="Tags and note of Take c")
    edit.press("t")
    shown.get_by_role("textbox", name="Note").fill("never mind")
    shown.keyboard.press("Escape")
    expect(edit).to_be_focused()
    expect(row(shown, "c").locator(".mnb-noted")).to_have_count(0)
    assert shown.evaluate("() => window.sent") == []


def test_rating_that_cannot_be_kept_is_taken_back_with_the_reason_beside(shown: Page) -> None:
    """And what was typed is still there to be mended."""
    edit = row(shown, "a").get_by_role("button", name="Tags and note of Take a")
    edit.click()
    shown.get_by_role("textbox", name="Note").fill("please refuse this")
    shown.get_by_role("textbox", name="Note").press("Control+Enter")
    expect(row(shown, "a")).to_contain_text("Not kept: note: is 'refuse'; say something else")
    expect(row(shown, "a").locator(".mnb-noted")).to_have_count(0)
    edit.click()
    expect(shown.get_by_role("textbox", name="Note")).to_have_value("please refuse this")
    shown.get_by_role("textbox", name="Note").fill("fine")
    shown.get_by_role("textbox", name="Note").press("Control+Enter")
    expect(row(shown, "a").locator(".mnb-noted")).to_have_text("fine")
    expect(row(shown, "a")).not_to_contain_text("Not kept")


def test_rating_given_in_python_appears_on_the_page(lab: Any, shown: Page) -> None:
    """The owner tells the board, and the board the page."""
    lab.execute(shown, "grid.show_rating('b', 4, ('new',), 'from Python')")
    expect(row(shown, "b").locator(".mnb-tag")).to_have_text(["new"])
    expect(row(shown, "b").locator(".mnb-noted")).to_have_text("from Python")
    expect(row(shown, "b").get_by_role("slider", name="Stars of")).to_have_attribute(
        "aria-valuenow", "4"
    )


def test_bar_is_one_stop_for_the_keyboard_and_arrows_lead_along_it(shown: Page) -> None:
    """Arrows go from menu to menu, down opens one, escape closes it and stays there."""
    mood = shown.get_by_role("button", name="mood:")
    mood.focus()
    shown.get_by_role("searchbox").focus()
    shown.keyboard.press("Tab")
    expect(mood).to_be_focused()
    stops = shown.get_by_role("toolbar").locator(".mnb-menu:visible")
    assert [stop.get_attribute("tabindex") for stop in stops.all()] == ["0"] + 6 * ["-1"]
    shown.keyboard.press("ArrowRight")
    expect(shown.get_by_role("button", name="model:")).to_be_focused()
    shown.keyboard.press("Home")
    shown.keyboard.press("ArrowDown")
    expect(shown.locator(".mnb-box:popover-open input").first).to_be_focused()
    shown.keyboard.press("ArrowDown")
    shown.keyboard.press(" ")
    shown.keyboard.press("Escape")
    expect(mood).to_be_focused()
    expect(mood).to_have_accessible_name("mood: dark")
    expect(takes(shown)).to_have_text(["Take d"])


def test_long_board_puts_on_the_page_what_is_looked_at_and_finds_the_rest(
    lab: Any, shown: Page
) -> None:
    """Of 700 cards 300 are there at first; the last is found by its name, or by scrolling on."""
    run_new_cell(
        shown,
        """
many = board("Many", *[CardView(f"m{n}", "suno-5.5", f"Card {n}", "", "queued")
                       for n in range(700)])
many.show()""",
    )
    many = shown.locator("section[aria-label=Many]")
    expect(many.locator(".mnb-card")).to_have_count(300)
    expect(many.locator(".mnb-shown")).to_have_text("All 700 shown")
    many.get_by_role("searchbox").fill("card 699")
    expect(many.locator(".mnb-title")).to_have_text(["Card 699"])
    expect(many.locator(".mnb-shown")).to_have_text("1 of 700 shown")
    many.get_by_role("button", name="Clear", exact=True).click()
    expect(many.locator(".mnb-card")).to_have_count(300)
    for count in (600, 700):
        many.locator(".mnb-card").last.scroll_into_view_if_needed()
        expect(many.locator(".mnb-card")).to_have_count(count)
    expect(many.locator(".mnb-title").last).to_have_text("Card 699")
    lab.execute(shown, "many.close()")


@pytest.mark.parametrize("theme", ["Light", "Dark"])
def test_grid_bar_boxes_and_ratings_have_enough_contrast(shown: Page, theme: str) -> None:
    """Every text 4.5 : 1 and every control's shape 3 : 1, with a box of choices open, too."""
    name = f"JupyterLab {theme}"
    shown.evaluate("theme => jupyterapp.commands.execute('apputils:change-theme', {theme})", name)
    shown.wait_for_function(f"() => document.body.dataset.jpThemeName === 'JupyterLab {theme}'")
    choose(shown, "mood", "calm")
    shown.get_by_role("button", name="tags:").click()
    shown.mouse.move(0, 0)
    shown.wait_for_timeout(600)  # the style sheet, then transitions
    poor = shown.evaluate(CONTRAST)
    shown.keyboard.press("Escape")
    row(shown, "c").get_by_role("button", name="Tags and note of Take c").click()
    poor += shown.evaluate(CONTRAST)
    shown.keyboard.press("Escape")
    assert poor == []


def test_copy_shows_headings_stars_tags_and_notes(lab: Any, shown: Page) -> None:
    """What is left without a kernel says what was thought of each clip."""
    lab.execute(shown, "grid.settle()")
    lab.save_and_reopen(shown, "grid.ipynb")
    copy = shown.locator(".mnb-static").first
    expect(copy).to_be_visible()
    expect(copy.locator(".mnb-s-lead")).to_have_text(["calm", "dark"])
    expect(copy).to_contain_text("★★★★★ #hook")
    expect(copy).to_contain_text("★★★★☆ #new “from Python”")
    expect(copy).to_contain_text(HOSTILE)
    expect(copy).to_contain_text("needs 50, 30 left")
