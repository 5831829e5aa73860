"""Figures of a campaign: rendered by matplotlib, their content read back."""

from __future__ import annotations

import io
import math
import os
import subprocess
import sys
from collections.abc import Sequence
from pathlib import Path

import numpy as np
import pytest
from PIL import Image

from musicnb.errors import InvalidInput, LibraryError
from musicnb.measure import style_map, styles_of
from musicnb.pictures import (
    Arm,
    Drawing,
    Heard,
    Movement,
    Span,
    plot_cost_variety,
    plot_similarity,
    plot_spend,
    plot_spread,
    plot_timeline,
)

HOSTILE = "<b>$\\frac{1}$</b>\n\x00\x1b[31m 日本語 \u202e" + "m" * 300
EMPTY = {
    "variety": lambda **more: plot_cost_variety("spring", [], **more),
    "spread": lambda **more: plot_spread("spring", [], by="model", **more),
    "similarity": lambda **more: plot_similarity("spring", np.zeros((0, 2)), [], [], **more),
    "timeline": lambda **more: plot_timeline("spring", [], now_s=0.0, **more),
    "spend": lambda **more: plot_spend("spring", [], now_s=0.0, **more),
}


def bands(count: int, spread: float, seed: int) -> list[bytes]:
    """Make fingerprints' bands around one sound."""
    chance = np.random.default_rng(seed)
    middle = chance.normal(size=64) * 3
    return [
        (middle + spread * chance.normal(size=64)).astype("<f4").tobytes() for _ in range(count)
    ]


def one_of_each(name: str = "spring", *, dark: bool = False) -> dict[str, Drawing]:
    """Draw every figure of a single clip."""
    places = style_map(styles_of(bands(1, 1.0, 0))).places
    return {
        "variety": plot_cost_variety(name, [Arm(name, [80.0], [2], [1.7])], by=name, dark=dark),
        "spread": plot_spread(name, [Heard(name, 60.0, -14.0)], by=name, dark=dark),
        "similarity": plot_similarity(name, places, [name], [], labels=[name], dark=dark),
        "timeline": plot_timeline(
            name, [Span(name, "succeeded", 0.0, 1.0, 9.0, (8.0,))], now_s=9.0, dark=dark
        ),
        "spend": plot_spend(
            name, [Movement(1.0, "charged", 80.0)], now_s=9.0, cap=100.0, held=80.0, dark=dark
        ),
    }


def pixels(drawing: Drawing) -> np.ndarray:
    """Return the picture as it is shown."""
    return np.asarray(Image.open(io.BytesIO(drawing.png(dpi=72))).convert("RGB"))


def texts(drawing: Drawing) -> list[str]:
    """Return everything that is written in a figure."""
    from matplotlib.text import Text  # noqa: PLC0415 - the extra

    found = drawing.figure.findobj(Text)
    return [text.get_text() for text in found if text.get_visible() and text.get_text().strip()]


def says(drawing: Drawing, part: str) -> bool:
    """Whether it is written in a figure."""
    return any(part in text for text in texts(drawing))


@pytest.mark.parametrize("name", EMPTY)
def test_figure_of_nothing_says_so(name: str) -> None:
    """No frame without content, no warning, and the reason is not lost."""
    drawing = EMPTY[name](note="3 orders not over.")
    assert pixels(drawing).std() > 0
    assert any(text.startswith(("no ", "nothing ")) for text in texts(drawing))
    assert says(drawing, "3 orders not over.")


@pytest.mark.parametrize("name", EMPTY)
def test_figure_of_one_clip_has_title_units_and_words(name: str) -> None:
    """The smallest run is a run."""
    drawing = one_of_each()[name]
    assert pixels(drawing).std() > 0
    assert drawing.figure.get_suptitle().endswith(": spring")
    labels = [ax.get_xlabel() for ax in drawing.figure.axes]
    assert all(labels)
    assert repr(drawing).startswith("<Drawing: ")
    data, size = drawing._repr_png_()
    assert data.startswith(b"\x89PNG")
    width, height = Image.open(io.BytesIO(data)).size
    assert (width, height) == pytest.approx((2 * size["width"], 2 * size["height"]), abs=1)


@pytest.mark.parametrize("name", EMPTY)
def test_names_in_figures_are_text_and_keep_their_place(name: str) -> None:
    """No formula, no control character, no line that runs out of the figure."""
    drawing = one_of_each(HOSTILE)[name]
    drawing.png()
    for text in texts(drawing):
        assert not set(text) & {"\x00", "\x1b", "\u202e"}
        assert "m" * 60 not in text
    assert says(drawing, "<b>$\\frac{1}$</b>")


@pytest.mark.parametrize("name", EMPTY)
def test_dark_figure_is_dark_and_light_is_light(name: str) -> None:
    """Most of a figure is its ground; letters stand out from it."""
    for dark, ground in ((False, 255), (True, 0x21)):
        seen = pixels(one_of_each(dark=dark)[name])
        assert np.median(seen) == ground
        assert np.abs(seen.astype(int) - ground).max() > 150


def test_variety_is_drawn_over_the_credits_that_it_cost() -> None:
    """A line of what is different and one of what there is, for each, with its numbers beside."""
    arms = [
        Arm("suno-5.5", [80.0, 160.0], [2, 4], [1.8, 3.1]),
        Arm("minimax-music-2.6", [50.0, 100.0, 150.0], [1, 2, 3], [1.0, 1.4, 1.5]),
    ]
    drawing = plot_cost_variety("spring", arms)
    (ax,) = drawing.figure.axes
    lines = [line for line in ax.get_lines() if len(line.get_xdata()) > 1]
    assert [list(line.get_ydata()) for line in lines] == [
        [0, 2, 4], [0, 1.8, 3.1], [0, 1, 2, 3], [0, 1.0, 1.4, 1.5],
    ]  # fmt: skip
    assert list(lines[2].get_xdata()) == [0, 50, 100, 150]
    assert says(drawing, "suno-5.5\n3.1 different of 4 clips")
    assert ax.get_xlabel() == "Spent (credits, less refunds)"
    assert "winner" not in " ".join(texts(drawing))


def test_spread_shows_every_clip_and_says_which_are_silent() -> None:
    """Loudness and duration, the medians in numbers."""
    clips = [Heard("a", 60.0 + n, -14.0 - n) for n in range(5)] + [Heard("b", 90.0, -math.inf)]
    drawing = plot_spread("spring", clips, by="mood")
    loudness, duration = drawing.figure.axes
    assert (loudness.get_xlabel(), duration.get_xlabel()) == (
        "Integrated loudness (LUFS)", "Duration (s)",
    )  # fmt: skip
    marks = [line for line in loudness.get_lines() if line.get_marker() != "None"]
    assert sum(len(line.get_xdata()) for line in marks) == 5
    assert says(drawing, "−16.0")
    assert says(drawing, "1 silent clip without a loudness.")
    assert says(drawing, "a\n5 clips")


def test_similar_clips_lie_near_each_other_and_duplicates_are_joined() -> None:
    """The map has equal scales; the pair is ringed, joined and named."""
    sounds = bands(6, 0.4, 1) + bands(5, 0.4, 2)
    sounds += [sounds[0], b""]
    laid = style_map(styles_of(sounds))
    groups = ["a"] * 6 + ["b"] * 5 + ["a", "b"]
    labels = [f"clip {n}" for n in range(13)]
    drawing = plot_similarity(
        "spring", laid.places, groups, [(0, 11)], labels=labels, share=laid.share
    )
    pixels(drawing)
    (ax,) = drawing.figure.axes
    box = ax.get_window_extent()
    scales = box.width / np.ptp(ax.get_xlim()), box.height / np.ptp(ax.get_ylim())
    assert scales[0] == pytest.approx(scales[1], rel=0.02)
    for text in (
        "clip 0\n= clip 11", "1 pair of the same recording", "1 clip without a place",
        "a (7 clips)", f"keeps {laid.share:.0%}",
    ):  # fmt: skip
        assert says(drawing, text)


def test_timeline_has_a_bar_for_each_stage_and_a_mark_for_each_end() -> None:
    """What waits, what is at the service, what failed, what goes on, what did not run."""
    spans = [
        Span("calm", "succeeded", 0.0, 2.0, 20.0, (18.0, 19.0)),
        Span("bright", "failed", 0.0, 3.0, 12.0),
        Span("dark", "accepted", 0.0, 4.0),
        Span("odd", "planned", 0.0),
    ]
    drawing = plot_timeline("spring", spans, now_s=30.0, not_run=["no room"] * 2)
    (ax,) = drawing.figure.axes
    bars = [(bar.get_x(), bar.get_width()) for bar in ax.patches]
    assert bars == [(0, 2), (0, 3), (0, 4), (0, 30), (2, 18), (3, 9), (4, 26)]
    assert says(drawing, "2 orders did not run.")
    assert {text.get_text() for text in ax.get_legend().get_texts()} == {
        "waiting here", "at the service", "a clip on disk", "succeeded", "failed", "not over yet",
    }  # fmt: skip
    assert "1 succeeded, 1 failed, 2 not over yet" in drawing.text


def steps(drawing: Drawing) -> list[Sequence[float]]:
    (ax,) = drawing.figure.axes
    return [list(line.get_ydata()) for line in ax.get_lines()]


def test_spend_adds_up_and_has_its_cap() -> None:
    """Charges, what came, refunds and the cap, each with its sum beside its line."""
    moved = [
        Movement(1.0, "charged", 80.0), Movement(2.0, "charged", 50.0),
        Movement(9.0, "delivered", 80.0), Movement(10.0, "refunded", 50.0),
    ]  # fmt: skip
    drawing = plot_spend("spring", moved, now_s=12.0, cap=150.0, held=0.0)
    assert steps(drawing) == [[0, 80, 130, 130], [0, 80, 80], [0, 50, 50], [150, 150]]
    for text in (
        "charged or reserved: 130", "paid for what came: 80", "given back: 50", "cap: 150",
    ):  # fmt: skip
        assert says(drawing, text)
    assert says(plot_spend("spring", moved, now_s=1.0), "No cap was set.")


def test_five_hundred_clips_are_drawn() -> None:
    """Groups beyond the page are counted, names of bars give way."""
    sounds = bands(500, 1.0, 3)
    groups = [f"mood {n // 20}" for n in range(500)]
    laid = style_map(styles_of(sounds))
    pairs = [(n, n + 1) for n in range(0, 80, 2)]
    assert pixels(plot_similarity("big", laid.places, groups, pairs, share=laid.share)).std() > 0
    clips = [Heard(group, 60.0 + n, -14.0) for n, group in enumerate(groups)]
    assert says(plot_spread("big", clips, by="mood"), "1 more groups are not shown.")
    spans = [Span(f"o{n}", "succeeded", 0.0, n / 2, n / 2 + 30) for n in range(500)]
    drawing = plot_timeline("big", spans, now_s=0.0)
    assert says(drawing, "500 orders, in the plan's order")
    assert says(drawing, "(min)")
    assert drawing.figure.get_size_inches()[1] < 12


def test_map_keeps_distances_and_is_always_the_same() -> None:
    """Three sounds in a plane lose nothing; the silent one has no place."""
    styles = styles_of([*bands(1, 0, 1), *bands(1, 0, 2), *bands(1, 0, 3), b""])
    laid = style_map(styles)
    for first, second in ((0, 1), (0, 2), (1, 2)):
        wanted = math.sqrt(2 * (1 - float(styles[first] @ styles[second])))
        apart = float(np.linalg.norm(laid.places[first] - laid.places[second]))
        assert apart == pytest.approx(wanted, rel=1e-4)
    assert laid.share == pytest.approx(1.0)
    assert np.isnan(laid.places[3]).all()
    assert np.array_equal(style_map(styles).places, laid.places, equal_nan=True)
    assert style_map(styles[:0]).places.shape == (0, 2)


def test_drawing_is_saved_as_its_ending_says_and_replaces_nothing(tmp_path: Path) -> None:
    """PNG, SVG and PDF for a report."""
    drawing = one_of_each()["spend"]
    for ending, begin in ((".png", b"\x89PNG"), (".svg", b"<?xml"), (".pdf", b"%PDF")):
        path = drawing.save(tmp_path / f"spend{ending}")
        assert path.read_bytes().startswith(begin)
    before = path.read_bytes()
    with pytest.raises(InvalidInput, match=r"'spend\.pdf' exists already"):
        drawing.save(path)
    assert path.read_bytes() == before


@pytest.mark.parametrize("name", ["spend", "spend.xyz", "a\0b.png", "\ud800.png", "", None])
def test_drawing_under_a_name_that_cannot_be_is_refused(tmp_path: Path, name: str | None) -> None:
    """The ending is none of a picture, or no file can be called so."""
    drawing = one_of_each()["spend"]
    with pytest.raises(InvalidInput, match="path"):
        drawing.save(name if name is None else f"{tmp_path}/{name}")
    assert not list(tmp_path.iterdir())


def test_drawing_into_a_missing_folder_says_so(tmp_path: Path) -> None:
    """No folder is made in secret."""
    with pytest.raises(LibraryError, match="No such file or directory"):
        one_of_each()["spend"].save(tmp_path / "none" / "spend.png")


@pytest.mark.skipif(os.name == "nt", reason="Windows cannot limit how large a process's files get")
def test_drawing_on_a_full_disk_leaves_no_part_of_a_file(tmp_path: Path) -> None:
    """A limit on the size of files breaks off the writing as a full disk does."""
    code = """
import resource, sys
from musicnb.errors import LibraryError
from musicnb.pictures import plot_spend
drawing = plot_spend("spring", [], now_s=0.0)
drawing.png()  # what matplotlib keeps for later is kept now
resource.setrlimit(resource.RLIMIT_FSIZE, (1000, 1000))
try:
    drawing.save(sys.argv[1])
except LibraryError as error:
    print(error)
"""
    shown = subprocess.run(
        [sys.executable, "-c", code, str(tmp_path / "spend.png")],
        capture_output=True, text=True, check=True,
    )  # fmt: skip
    assert "cannot be written" in shown.stdout
    assert not list(tmp_path.iterdir())


def test_figures_without_matplotlib_name_the_extra() -> None:
    """Only who plots pays for it."""
    code = """
import sys
sys.modules["matplotlib"] = None
from musicnb.errors import ConfigurationError
from musicnb.pictures import plot_spend
try:
    plot_spend("spring", [], now_s=0.0)
except ConfigurationError as error:
    print(error)
"""
    shown = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, check=True)
    assert "pip install 'musicnb[plot]'" in shown.stdout
