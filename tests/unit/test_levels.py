"""Measures against formulas of the standards and an independent meter."""

import math

import numpy as np
import pyebur128
import pytest

from musicnb.measure import OUTLINE_PAIRS, LevelMeter, Outline


def sine(level_dbfs, seconds, *, rate=48_000, frequency=997.0, channels=2):
    time = np.arange(int(seconds * rate)) / rate
    wave = 10 ** (level_dbfs / 20) * np.sin(2 * np.pi * frequency * time)
    return np.repeat(wave[:, None], channels, axis=1).astype(np.float32)


def measure(samples, rate=48_000, block=65_536):
    meter = LevelMeter(rate, samples.shape[1])
    for start in range(0, len(samples), block):
        meter.push(samples[start : start + block])
    return meter.close()


# EBU Tech 3341 (2023), table 1: a 1 kHz stereo sine at these levels reads as many LUFS.
CASES = {
    1: [(-23.0, 20)],
    2: [(-33.0, 20)],
    3: [(-36.0, 10), (-23.0, 60), (-36.0, 10)],
    4: [(-72.0, 10), (-36.0, 10), (-23.0, 60), (-36.0, 10), (-72.0, 10)],
    5: [(-26.0, 20), (-20.0, 20.1), (-26.0, 20)],
}


@pytest.mark.parametrize("case", CASES)
@pytest.mark.parametrize("rate", [44_100, 48_000])
def test_loudness_meets_the_cases_of_tech_3341(case, rate):
    """Within 0.1 LU, gating included."""
    parts = [sine(level, s, rate=rate, frequency=1000.0) for level, s in CASES[case]]
    expected = -33.0 if case == 2 else -23.0
    assert measure(np.concatenate(parts), rate).loudness_lufs == pytest.approx(expected, abs=0.1)


@pytest.mark.parametrize("rate", [22_050, 44_100, 48_000, 96_000])
@pytest.mark.parametrize("channels", [1, 2])
def test_loudness_agrees_with_libebur128(rate, channels):
    """Noise that swells over 50 dB reads the same to a hundredth."""
    noise = np.random.default_rng(rate + channels).normal(0, 0.1, (rate * 12, channels))
    samples = (noise * np.geomspace(0.003, 1, len(noise))[:, None]).astype(np.float32)
    state = pyebur128.R128State(channels, rate, pyebur128.MeasurementMode.MODE_I)
    state.add_frames(samples.ravel(), len(samples))
    independent = pyebur128.get_loudness_global(state)
    assert measure(samples, rate).loudness_lufs == pytest.approx(independent, abs=0.01)


def test_measures_do_not_depend_on_the_blocks():
    """One frame at a time or all at once gives the same numbers and the same outline."""
    samples = np.random.default_rng(1).normal(0, 0.1, (30_000, 2)).astype(np.float32)
    whole, pieces = measure(samples), measure(samples, block=777)
    assert pieces.outline == whole.outline
    assert pieces.loudness_lufs == pytest.approx(whole.loudness_lufs, abs=1e-6)


def test_silence_and_too_little_sound_are_minus_infinity():
    """No level is invented where there is none."""
    silent = measure(np.zeros((48_000, 2), np.float32))
    assert silent.loudness_lufs == silent.peak_dbfs == silent.rms_dbfs == -math.inf
    assert measure(sine(-20, 0.3)).loudness_lufs == -math.inf


def test_nothing_at_all_is_measured_too():
    """Zero frames have zero seconds and a flat outline."""
    empty = LevelMeter(48_000, 2).close()
    assert (empty.duration_s, empty.outline) == (0.0, bytes(2 * OUTLINE_PAIRS))


def test_levels_of_a_full_scale_sine():
    """Peak 0 dBFS, RMS 3.01 dB lower."""
    measures = measure(sine(0, 2, frequency=1000.0))
    assert measures.peak_dbfs == pytest.approx(0, abs=0.01)
    assert measures.rms_dbfs == pytest.approx(-3.01, abs=0.01)


def test_nan_and_infinity_do_not_poison_the_sums():
    """A broken float file still gets finite numbers."""
    samples = sine(-20, 2)
    samples[1000:1010] = np.nan
    samples[2000] = np.inf
    assert math.isfinite(measure(samples).loudness_lufs)


def test_outline_shows_where_the_sound_is():
    """Silence, then full scale: the second half of the pairs is full."""
    outline = Outline()
    outline.push(np.concatenate([np.zeros((48_000, 2)), np.ones((48_000, 2))]).astype(np.float32))
    pairs = np.frombuffer(outline.pairs(), np.int8).reshape(-1, 2)
    assert len(pairs) == OUTLINE_PAIRS
    assert pairs[: OUTLINE_PAIRS // 2 - 3].max() == 0
    assert pairs[OUTLINE_PAIRS // 2 + 3 :, 1].min() == 127


@pytest.mark.parametrize("frames", [1, 255, 256, 257, 5000])
def test_outline_of_a_short_sound_has_all_its_pairs(frames):
    """Fewer frames than pairs still make a whole picture."""
    outline = Outline()
    outline.push(np.full((frames, 1), 0.5, np.float32))
    pairs = np.frombuffer(outline.pairs(), np.int8).reshape(-1, 2)
    assert pairs.shape == (OUTLINE_PAIRS, 2)
    assert (pairs == 64).all() or (np.abs(pairs.astype(int) - 64) <= 1).all()
