"""Loudness over time as a small picture."""

from __future__ import annotations

from types import SimpleNamespace

import numpy as np
import pytest
from pngs import colours_of

from musicnb.pictures import loudness_png
from musicnb.pictures._colours import VERMILION, VIOLET
from musicnb.pictures._frame import BELOW, LEFT

WIDTH, HEIGHT = 400, 160


def series_of(*levels: float, seconds: float = 60.0) -> SimpleNamespace:
    """Make loudness that stands at each level for equally long."""
    count = int(seconds * 10)
    values = np.repeat(np.array(levels), -(-count // len(levels)))[:count]
    return SimpleNamespace(
        times_s=np.arange(1, count + 1) / 10, momentary_lufs=values, short_term_lufs=values
    )


def draw(series: SimpleNamespace, **targets: float) -> np.ndarray:
    """Draw a series; return the pixels inside the margins."""
    picture = loudness_png(series, targets=targets, width=WIDTH, height=HEIGHT)
    assert len(picture) < 6_000
    return colours_of(picture)[: HEIGHT - BELOW, LEFT:]


def rows_of(pixels: np.ndarray, colour: tuple[int, int, int]) -> np.ndarray:
    """Return for each column the uppermost row with a colour in full, or -1."""
    there = (pixels == (*colour, 255)).all(axis=2)
    return np.where(there.any(axis=0), there.argmax(axis=0), -1)


def test_line_stands_at_its_level_and_below_the_target_where_it_is_softer() -> None:
    """-20 LUFS, then -26: the line crosses a target of -23 once."""
    pixels = draw(series_of(-20, -26), ebu=-23)
    line = rows_of(pixels, VIOLET)
    (target,) = set(rows_of(pixels, VERMILION)[:300]) - {-1}
    assert (line[5:180] < target).all()
    assert (line[195:] > target).all()
    # the scale is from -54 to -18
    per_lu = (len(pixels) - 1) / 36
    assert line[50] == pytest.approx(2 * per_lu, abs=1)
    assert target == pytest.approx(5 * per_lu, abs=1)
    assert line[300] == pytest.approx(8 * per_lu, abs=1)


def test_target_line_is_dashed_so_that_it_is_told_apart_without_colour() -> None:
    """Six pixels of ten are inked."""
    row = (draw(series_of(-40), ebu=-23) == (*VERMILION, 255)).all(axis=2).sum(axis=1).max()
    assert 0.5 * (WIDTH - LEFT) < row < 0.7 * (WIDTH - LEFT)


def test_silence_falls_out_of_the_picture() -> None:
    """What is -inf is neither drawn nor an error."""
    pixels = draw(series_of(-20, -np.inf, -20))
    line = rows_of(pixels, VIOLET)
    assert (line[5:110] >= 0).all()
    assert (line[130:240] == -1).all()
    assert (rows_of(draw(series_of(-np.inf)), VIOLET) == -1).all()


@pytest.mark.parametrize("seconds", [0.1, 1.0, 3_600.0])
def test_any_length_is_drawn(seconds: float) -> None:
    """Fewer values than columns, and many more."""
    assert (rows_of(draw(series_of(-20, seconds=seconds)), VIOLET) >= 0).all()


def test_no_loudness_is_an_error_that_says_so() -> None:
    """Less than a tenth of a second has no loudness over time."""
    with pytest.raises(ValueError, match=r"less than 0\.1 s"):
        loudness_png(series_of(-20, seconds=0))
