"""Beats are put where notes begin, not where they are loudest."""

from __future__ import annotations

import numpy as np
import pytest

from musicnb.measure._attacks import aligned, attack_rises

FIRST_S, BEAT_S, BEATS = 0.2, 0.5123, 60


def played(rate, attacks_s):
    """Return chords of noise that swell for as long as is said, one on each beat."""
    chance = np.random.default_rng(7)
    sound = 1e-4 * chance.normal(size=round((FIRST_S + BEATS * BEAT_S + 1) * rate))
    time = np.arange(round(0.4 * rate)) / rate
    for beat, attack_s in enumerate(attacks_s):
        swell = np.minimum(1, time / max(attack_s, 1e-4)) * np.exp(-time / 0.1)
        start = round((FIRST_S + beat * BEAT_S) * rate)
        sound[start : start + len(time)] += chance.normal(size=len(time)) * swell / 8
    return sound.astype(np.float32)


@pytest.mark.parametrize("rate", [8_000, 22_050, 44_100, 96_000])
@pytest.mark.parametrize("attack_s", [0.0, 0.01, 0.05])
def test_beat_stands_where_its_notes_begin(rate, attack_s):
    """Within 10 ms at the first beat and the last, from a grid 40 ms late and a little too fast."""
    rises = attack_rises(played(rate, [attack_s] * BEATS), rate)
    first_s, beat_s = aligned(rises, FIRST_S + 0.04, BEAT_S * 0.9995)
    assert first_s == pytest.approx(FIRST_S, abs=0.01)
    assert first_s + (BEATS - 1) * beat_s == pytest.approx(FIRST_S + (BEATS - 1) * BEAT_S, abs=0.01)


def test_slow_introduction_does_not_tilt_the_grid():
    """A third of swelling chords before strokes leaves the line on the strokes."""
    rises = attack_rises(played(44_100, [0.08] * 20 + [0.0] * 40), 44_100)
    first_s, beat_s = aligned(rises, FIRST_S + 0.03, BEAT_S)
    assert first_s == pytest.approx(FIRST_S, abs=0.01)
    assert beat_s == pytest.approx(BEAT_S, abs=0.0002)


@pytest.mark.parametrize("seconds", [0.0, 0.001, 0.01, 3.0])
def test_silence_leaves_the_grid_as_it_is(seconds):
    """There is nothing to align with, however short it is."""
    rises = attack_rises(np.zeros(round(seconds * 44_100), np.float32), 44_100)
    assert aligned(rises, 0.25, 0.5) == (0.25, 0.5)
