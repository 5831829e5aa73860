"""Which part of a clip is heard first."""

from __future__ import annotations

import numpy as np
import pytest
from clipmaking import RATE, tone

from musicnb.measure import StretchFinder


def start_of(
    samples: np.ndarray, seconds: float, *, rate: int = RATE, block: int = 65_536
) -> float:
    """Find the stretch in a stream of blocks."""
    finder = StretchFinder(rate)
    for first in range(0, len(samples), block):
        finder.push(samples[first : first + block])
    return finder.start_s(seconds)


def test_loudest_stretch_is_chosen_and_not_the_intro() -> None:
    """A chorus at 20 s is where a preview begins."""
    song = np.concatenate([tone(220, 20, 0.1), tone(220, 10, 0.5), tone(220, 20, 0.2)])
    assert start_of(song, 8) == pytest.approx(20, abs=0.2)


def test_stretch_begins_where_the_level_rises_most() -> None:
    """Notes of 1 s that die away: the first thing heard is the beginning of one."""
    note = tone(220, 1, 0.8) * np.exp(-4 * np.linspace(0, 1, RATE))[:, None].astype(np.float32)
    song = np.concatenate([tone(220, 5.5, 0.01), *[note] * 30, tone(220, 5, 0.01)])
    start = start_of(song, 10)
    assert start == pytest.approx(5.5, abs=0.01)


def test_even_sound_is_heard_from_its_beginning() -> None:
    """Of stretches that are as loud as each other the first one is taken."""
    assert start_of(tone(220, 60), 15) <= 3


@pytest.mark.parametrize("seconds", [0.05, 5.0, 100.0])
def test_stretch_always_fits_into_the_sound(seconds: float) -> None:
    """Also where the loudest is at the very end, or all of it is shorter than the stretch."""
    song = np.concatenate([tone(220, 10, 0.01), tone(220, 1, 0.9)])
    assert 0 <= start_of(song, seconds) <= max(0, 11 - seconds) + 1e-9


@pytest.mark.parametrize("block", [1, 4_409, 4_411])
def test_blocks_do_not_matter(block: int) -> None:
    """A stream in any blocks begins at the same place."""
    song = np.concatenate([tone(220, 2, 0.1, rate=4_410), tone(220, 2, 0.5, rate=4_410)])
    whole = start_of(song, 1, rate=4_410)
    assert start_of(song, 1, rate=4_410, block=block) == whole


def test_silence_and_no_numbers_begin_at_nought() -> None:
    """Nothing is louder than nothing; NaN and infinity are no traps."""
    assert start_of(np.zeros((10 * RATE, 1), np.float32), 2) == 0
    broken = np.full((10 * RATE, 1), np.nan, np.float32)
    assert start_of(broken, 2) == 0
