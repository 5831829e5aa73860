"""What holds for every sound, and how measures are shown."""

import dataclasses
import math

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from hypothesis.extra.numpy import arrays
from sounding import measure, piece, silence, sine

from musicnb.measure import BANDS, Defect, Measures, Meter

SOME = settings(max_examples=15, deadline=None)


def noise(seed, frames=60_000, channels=2):
    """Return noise that swells, with a DC part and a tone in it."""
    rng = np.random.default_rng(seed)
    time = np.arange(frames)[:, None]
    level = 0.05 + 0.2 * np.sin(time / frames * rng.uniform(1, 9)) ** 2
    tone = 0.1 * np.sin(time * rng.uniform(0.01, 1.5, (1, channels)))
    return (level * rng.normal(0, 0.3, (frames, channels)) + tone).astype(np.float32)


@SOME
@given(seed=st.integers(0, 2**32 - 1), gain_db=st.floats(-30, 6))
def test_gain_shifts_every_level_by_itself_and_moves_nothing_else(seed, gain_db):
    """Loudness, true peak, peak and RMS move exactly; ratios stay."""
    samples = 0.3 * noise(seed)
    plain, shifted = measure(samples), measure(samples * np.float32(10 ** (gain_db / 20)))
    for name in ("momentary_max_lufs", "true_peak_dbtp", "peak_dbfs", "rms_dbfs"):
        assert getattr(shifted, name) - getattr(plain, name) == pytest.approx(gain_db, abs=1e-3)
    if plain.loudness_lufs > -45 and shifted.loudness_lufs > -45:  # clear of the absolute gate
        assert shifted.loudness_lufs - plain.loudness_lufs == pytest.approx(gain_db, abs=1e-3)
    for name in ("crest_factor_db", "stereo_width_db", "fold_down_loss_db"):
        assert getattr(shifted, name) == pytest.approx(getattr(plain, name), abs=1e-3)
    assert shifted.spectral_centroid_hz == pytest.approx(plain.spectral_centroid_hz, rel=1e-4)


@SOME
@given(
    seed=st.integers(0, 2**32 - 1),
    cuts=st.lists(st.integers(1, 149_999), max_size=8, unique=True).map(sorted),
)
def test_the_blocks_in_which_samples_arrive_do_not_matter(seed, cuts):
    """Not even the last bit of any measure changes."""
    samples = noise(seed, 150_000)
    meter = Meter(48_000, 2)
    for block in np.split(samples, cuts):
        meter.push(block)
    assert meter.close() == measure(samples, block=150_000)


@SOME
@given(seed=st.integers(0, 2**32 - 1))
def test_swapped_channels_measure_the_same(seed):
    """Left and right are equal before every measure; defects swap their channels."""
    samples = noise(seed)
    samples[20_000:20_100, 0] = 0
    plain, swapped = measure(samples), measure(samples[:, ::-1])
    for field in dataclasses.fields(Measures):
        before, after = getattr(plain, field.name), getattr(swapped, field.name)
        if isinstance(before, float):
            assert after == pytest.approx(before, rel=1e-5, abs=1e-5), field.name
    assert swapped.outline == plain.outline
    channels = {defect.kind: defect.channels for defect in plain.defects}
    mirrored = {
        defect.kind: tuple(3 - channel for channel in defect.channels) for defect in swapped.defects
    }
    assert channels == mirrored


@SOME
@given(
    samples=arrays(
        np.float32,
        st.tuples(st.integers(0, 300), st.integers(1, 3)),
        elements=st.floats(width=32, allow_nan=True, allow_infinity=True),
    ),
    rate=st.sampled_from([4_000, 11_025, 44_100, 384_000]),
)
def test_any_samples_at_all_are_measured(samples, rate):
    """Any float32 and any length, without a warning, and no NaN comes out."""
    measures = measure(samples, rate)
    for name, value in measures.as_dict().items():
        assert not (isinstance(value, float) and math.isnan(value)), name
    assert "<table>" in measures._repr_html_()


@SOME
@given(seed=st.integers(0, 2**32 - 1), where=st.sets(st.integers(0, 59_999), min_size=1))
def test_broken_samples_break_nothing(seed, where):
    """Wherever NaN stand, every level is finite."""
    samples = noise(seed)
    samples[sorted(where), 0] = np.nan
    measures = measure(samples)
    levels = (measures.loudness_lufs, measures.true_peak_dbtp, measures.rms_dbfs)
    assert all(math.isfinite(level) for level in levels)
    assert measures.defects[0].kind == "not_finite"


def test_levels_of_a_full_scale_sine():
    """Peak 0 dBFS, RMS and crest factor 3.01 dB, loudness 0 LUFS in two channels."""
    measures = measure(sine(0, 4, frequency=997.0))
    assert measures.peak_dbfs == pytest.approx(0, abs=0.01)
    assert measures.rms_dbfs == pytest.approx(-3.01, abs=0.01)
    assert measures.crest_factor_db == pytest.approx(3.01, abs=0.01)
    assert measures.loudness_lufs == pytest.approx(0, abs=0.01)


def test_spectrum_of_a_tone_is_at_its_frequency_and_in_its_band():
    """1 kHz is the centre, and all of it lies in the middle."""
    measures = measure(sine(-6, 4))
    assert measures.spectral_centroid_hz == pytest.approx(1000, rel=0.01)
    balance = dict(zip(BANDS, measures.balance_db, strict=True))
    assert balance["middle"] == pytest.approx(0, abs=0.01)
    assert max(balance[band] for band in BANDS if band != "middle") < -40


def test_balance_of_white_noise_follows_the_widths_of_the_bands():
    """As much power in each hertz."""
    samples = np.random.default_rng(1).normal(0, 0.1, (480_000, 1)).astype(np.float32)
    shares = 10 ** (np.array(measure(samples).balance_db) / 10)
    assert shares.sum() == pytest.approx(1)
    assert shares == pytest.approx(np.array([40, 190, 1750, 4000, 18_000]) / 23_980, rel=0.3)


def test_width_and_correlation_of_two_channels():
    """The same is narrow, unrelated is as wide as high, and one channel is neither."""
    same = measure(sine(-6, 2))
    assert (same.stereo_width_db, same.fold_down_loss_db) == (-math.inf, pytest.approx(0, abs=1e-3))
    assert same.phase_correlation == pytest.approx(1, abs=1e-6)
    unrelated = measure(np.random.default_rng(2).normal(0, 0.1, (480_000, 2)).astype(np.float32))
    assert unrelated.stereo_width_db == pytest.approx(0, abs=0.1)
    assert unrelated.phase_correlation == pytest.approx(0, abs=0.01)
    assert unrelated.fold_down_loss_db == pytest.approx(3.01, abs=0.1)
    assert measure(sine(-6, 2, channels=1)).stereo_width_db is None


def test_silence_before_and_after_is_timed():
    """To a cell of five milliseconds."""
    measures = measure(np.concatenate([silence(0.7), sine(-20, 3), silence(1.3)]))
    assert measures.leading_silence_s == pytest.approx(0.7, abs=0.006)
    assert measures.trailing_silence_s == pytest.approx(1.3, abs=0.006)


def test_nothing_at_all_is_measured_too():
    """Zero frames are zero seconds, silent and without defects."""
    measures = Meter(48_000, 2).close()
    assert (measures.duration_s, measures.loudness_lufs) == (0.0, -math.inf)
    assert measures.defects == ()


def test_a_line_of_text_says_what_matters():
    """Loudness, true peak and what is wrong."""
    text = repr(measure(np.repeat(piece(0, 8)[:, :1], 2, axis=1), 44_100))
    assert "LUFS" in text
    assert "dBTP" in text
    assert text.endswith("wrong: mono_as_stereo>")


def test_a_notebook_sees_what_is_wrong_in_plain_words_and_escaped():
    """Text is data, also in a defect."""
    measures = dataclasses.replace(
        measure(sine(-6, 2)), defects=(Defect("odd", "<script>alert(1)</script>", ((61.5, 62.0),)),)
    )
    shown = measures._repr_html_()
    assert "<script>" not in shown
    assert "&lt;script&gt;alert(1)&lt;/script&gt; At 1:01.5." in shown
    assert "What is wrong" in shown


def test_a_row_is_flat():
    """Numbers, words and None only, with a column for each band."""
    row = measure(piece(0, 8), 44_100).as_dict()
    assert {f"{band}_db" for band in BANDS} <= set(row)
    assert all(value is None or isinstance(value, int | float | str) for value in row.values())
    assert row["defects"] == ""
