"""Loudness against the cases of EBU Tech 3341 and 3342 (2023), made by formula, and libebur128."""

import numpy as np
import pytest
from sounding import independent, measure, piece, silence, sine

RATES = [44_100, 48_000]

# table 1 of Tech 3341: (level in dBFS, seconds) of a 1 kHz stereo sine
INTEGRATED = {
    1: [(-23.0, 20)],
    2: [(-33.0, 20)],
    3: [(-36.0, 10), (-23.0, 60), (-36.0, 10)],
    4: [(-72.0, 10), (-36.0, 10), (-23.0, 60), (-36.0, 10), (-72.0, 10)],
    5: [(-26.0, 20), (-20.0, 20.1), (-26.0, 20)],
}
# table 1 of Tech 3342: levels of 20 s each, and the loudness range
RANGES = {
    1: ([-20.0, -30.0], 10),
    2: ([-20.0, -15.0], 5),
    3: ([-40.0, -20.0], 20),
    4: ([-50.0, -35.0, -20.0, -35.0, -50.0], 15),
}


@pytest.mark.parametrize("case", INTEGRATED)
@pytest.mark.parametrize("rate", RATES)
def test_integrated_loudness_meets_the_cases_of_tech_3341(case, rate):
    """Cases 1 to 5 within 0.1 LU, gating included; steady tones read the same in every window."""
    measures = measure(np.concatenate([sine(*part, rate=rate) for part in INTEGRATED[case]]), rate)
    expected = -33.0 if case == 2 else -23.0
    assert measures.loudness_lufs == pytest.approx(expected, abs=0.1)
    if len(INTEGRATED[case]) == 1:
        assert measures.momentary_max_lufs == pytest.approx(expected, abs=0.1)
        assert measures.short_term_max_lufs == pytest.approx(expected, abs=0.1)


def test_five_channels_meet_case_6_of_tech_3341():
    """Front, centre and surround at -28, -24 and -30 dBFS make -23 LUFS."""
    levels = (-28.0, -28.0, -24.0, -30.0, -30.0)
    tone = np.concatenate([sine(level, 20, channels=1) for level in levels], axis=1)
    assert measure(tone).loudness_lufs == pytest.approx(-23.0, abs=0.1)


def test_short_term_loudness_meets_case_9_of_tech_3341():
    """Five times 1.34 s at -20 and 1.66 s at -30 dBFS: -23 in every window of 3 s."""
    tone = np.concatenate([sine(-20.0, 1.34), sine(-30.0, 1.66)] * 5)
    measures = measure(tone)
    assert measures.short_term_max_lufs == pytest.approx(-23.0, abs=0.1)
    # from 3 s on, where the window is full
    assert measures.series.short_term_lufs[29:] == pytest.approx(-23.0, abs=0.1)


@pytest.mark.parametrize("number", range(20))
def test_loudest_three_seconds_meet_case_10_of_tech_3341(number):
    """A tone of 3 s is found wherever it begins."""
    parts = [silence(0.15 * number), sine(-23.0, 3), silence(1)]
    measures = measure(np.concatenate(parts))
    assert measures.short_term_max_lufs == pytest.approx(-23.0, abs=0.1)


@pytest.mark.parametrize("number", range(20))
def test_three_seconds_of_each_level_meet_case_11_of_tech_3341(number):
    """Tones of 3 s, each 1 dB louder: the maximum rises with them."""
    heard = []
    for step in range(number + 1):
        heard += [silence(0.15 * step), sine(-38.0 + step, 3), silence(3 - 0.15 * step)]
    measures = measure(np.concatenate(heard[-6:]))
    assert measures.short_term_max_lufs == pytest.approx(-38.0 + number, abs=0.1)


def test_momentary_loudness_meets_case_12_of_tech_3341():
    """Twenty-five times 0.18 s at -20 and 0.22 s at -30 dBFS: -23 in every window of 0.4 s."""
    tone = np.concatenate([sine(-20.0, 0.18), sine(-30.0, 0.22)] * 25)
    measures = measure(tone)
    assert measures.momentary_max_lufs == pytest.approx(-23.0, abs=0.1)
    assert measures.series.momentary_lufs[9:] == pytest.approx(-23.0, abs=0.1)


@pytest.mark.parametrize("number", range(20))
def test_loudest_400_ms_meet_case_13_of_tech_3341(number):
    """A tone of 0.4 s is found wherever it begins, to 20 ms."""
    parts = [silence(0.02 * number), sine(-23.0, 0.4), silence(1)]
    measures = measure(np.concatenate(parts))
    assert measures.momentary_max_lufs == pytest.approx(-23.0, abs=0.1)


@pytest.mark.parametrize("case", RANGES)
@pytest.mark.parametrize("rate", RATES)
def test_loudness_range_meets_the_cases_of_tech_3342(case, rate):
    """Within 1 LU, as the standard allows."""
    levels, expected = RANGES[case]
    measures = measure(np.concatenate([sine(level, 20, rate=rate) for level in levels]), rate)
    assert measures.loudness_range_lu == pytest.approx(expected, abs=1)


@pytest.mark.parametrize("number", range(20))
def test_engine_clips_measure_as_libebur128_measures_them(number):
    """Loudness within 0.01 LU and true peak within 0.1 dB."""
    samples = piece(number, 6)
    loudness_lufs, true_peak_dbtp = independent(samples, 44_100)
    measures = measure(samples, 44_100)
    assert measures.loudness_lufs == pytest.approx(loudness_lufs, abs=0.01)
    assert measures.true_peak_dbtp == pytest.approx(true_peak_dbtp, abs=0.1)


@pytest.mark.parametrize("rate", [8_000, 22_050, 44_100, 48_000, 96_000, 192_000])
@pytest.mark.parametrize("channels", [1, 2])
def test_noise_at_any_rate_measures_as_libebur128_measures_it(rate, channels):
    """Noise that swells over 50 dB reads the same to a hundredth."""
    noise = np.random.default_rng(rate + channels).normal(0, 0.1, (rate * 12, channels))
    samples = (noise * np.geomspace(0.003, 1, len(noise))[:, None]).astype(np.float32)
    loudness_lufs, _ = independent(samples, rate)
    assert measure(samples, rate).loudness_lufs == pytest.approx(loudness_lufs, abs=0.01)


def test_too_little_sound_has_no_loudness():
    """0.3 s has no gate, 1 s no window of 3 s, and nothing is invented for them."""
    short, longer = measure(sine(-20, 0.3)), measure(sine(-20, 1))
    assert short.loudness_lufs == short.momentary_max_lufs == -np.inf
    assert longer.loudness_lufs == pytest.approx(-20, abs=0.1)
    assert longer.short_term_max_lufs == -np.inf
    assert longer.loudness_range_lu is None


def test_loudness_range_of_less_than_a_minute_is_marked():
    """EBU Tech 3342 wants a minute."""
    assert not measure(sine(-20, 10)).loudness_range_is_firm
    assert measure(sine(-20, 61)).loudness_range_is_firm


def test_silence_amid_sound_shows_in_the_series():
    """The series has a value each 100 ms, and silence is minus infinity there."""
    series = measure(np.concatenate([sine(-20, 4), silence(4), sine(-20, 4)])).series
    assert len(series.times_s) == 120
    assert series.times_s[-1] == pytest.approx(12)
    assert series.momentary_lufs[20] == pytest.approx(-20, abs=0.1)
    assert series.momentary_lufs[60] < -100
    assert series.short_term_lufs[75] < -100
