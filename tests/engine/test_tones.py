"""Claims about what notes share, and about the movement of their pitch."""

from __future__ import annotations

import numpy as np
import pytest

from musicnb.sandbox.engine._patches import PATCHES
from musicnb.sandbox.engine._tones import Shelf, Tone, Vibrato

HELD = sorted(name for name, patch in PATCHES.items() if not patch.rings)
LONG = 44_100


def zeros_of(count: int) -> np.ndarray:
    """Return silence of some samples."""
    return np.zeros(count, np.float32)


@pytest.mark.parametrize("name", HELD)
def test_short_note_is_the_beginning_of_a_long_one(name: str) -> None:
    """Until its key is let go, a note sounds like its longer twin, made before it or not."""
    shelf = Shelf(10_000_000)
    long = PATCHES[name].play(Tone(57, 0.8, LONG, LONG, 0.5, LONG, shelf))
    short = PATCHES[name].play(Tone(57, 0.8, 22_050, 26_000, 0.5, LONG, shelf))
    alone = PATCHES[name].play(Tone(57, 0.8, 22_050, 26_000, 0.5, LONG))
    assert short.shape[-1] == 26_000
    assert np.array_equal(short, alone)
    # breath is noise of its own, and soft
    apart = long[..., :22_000] - short[..., :22_000]
    assert np.sqrt((apart**2).mean()) < 0.1 * np.sqrt((long**2).mean())


@pytest.mark.parametrize("name", sorted(PATCHES))
def test_patch_fills_as_many_channels_as_it_says(name: str) -> None:
    """Wide patches return both channels, all others one."""
    wave = PATCHES[name].play(Tone(57, 0.8, 4410, 8820, 0.5, 8820))
    assert wave.shape == ((2, 8820) if PATCHES[name].wide else (8820,))
    assert np.isfinite(wave).all()
    assert np.abs(wave).max() > 0.01


def test_full_shelf_forgets_what_was_not_asked_for_longest() -> None:
    """What was used again stays; the other is made anew."""
    shelf, made = Shelf(25), []

    def ask(key: str) -> None:
        shelf.get(key, lambda: made.append(key) or zeros_of(10))

    for key in ("one", "two", "one", "three", "one", "two"):
        ask(key)
    assert made == ["one", "two", "three", "two"]


def test_sound_larger_than_the_shelf_is_returned_all_the_same() -> None:
    """A shelf without room keeps nothing and refuses nothing."""
    assert len(Shelf().get("long", lambda: zeros_of(100))) == 100


def test_vibrato_without_depth_leaves_the_wave_as_it_is() -> None:
    """No cents, no change."""
    wave = np.sin(np.arange(5000, dtype=np.float32) / 20)
    assert np.allclose(Vibrato(5.0, 0.0, 0.1)(wave), wave, atol=1e-6)


def test_vibrato_raises_and_lowers_the_pitch_by_its_depth() -> None:
    """Fifty cents at their widest: periods are up to 3 % shorter and longer than at first."""
    wave = np.sin(2 * np.pi * 441 * np.arange(2 * LONG) / LONG).astype(np.float32)
    bent = Vibrato(4.0, 50.0, 0.2)(wave)
    rises = np.flatnonzero((bent[:-1] < 0) & (bent[1:] >= 0))
    exact = rises - bent[rises] / (bent[rises + 1] - bent[rises])
    cents = 1200 * np.log2(100 / np.diff(exact)[100:-2])
    assert cents.max() == pytest.approx(50, abs=4)
    assert cents.min() == pytest.approx(-50, abs=4)
