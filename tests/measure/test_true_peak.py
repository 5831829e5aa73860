"""True peak against the cases of EBU Tech 3341 (2023) and against everything oversampled."""

import numpy as np
import pytest
from sounding import exhaustive_dbtp, independent, measure, piece, sine, through

# case: frequency as a part of the sample rate, phase in degrees, amplitude, dBTP
CASES = {
    15: (1 / 4, 0.0, 0.50, -6.0),
    16: (1 / 4, 45.0, 0.50, -6.0),
    17: (1 / 6, 60.0, 0.50, -6.0),
    18: (1 / 8, 67.5, 0.50, -6.0),
    19: (1 / 4, 45.0, 1.41, 3.0),
}


def eased(samples):
    """Begin and end gently, so that the edges have no peaks of their own."""
    ramp = np.sin(np.linspace(0, np.pi / 2, 2000, dtype=np.float32))[:, None] ** 2
    eased = samples.copy()
    eased[:2000] *= ramp
    eased[-2000:] *= ramp[::-1]
    return eased


@pytest.mark.parametrize("case", CASES)
@pytest.mark.parametrize("rate", [44_100, 48_000])
def test_steady_tones_meet_the_cases_of_tech_3341(case, rate):
    """Cases 15 to 19 within +0.2 and -0.4 dB, though the samples miss the crests."""
    part, phase, amplitude, expected = CASES[case]
    level = 20 * np.log10(amplitude)
    tone = sine(level, 2, rate=rate, frequency=rate * part, phase=np.radians(phase))
    true_peak = measure(eased(tone), rate).true_peak_dbtp
    assert expected - 0.4 <= true_peak <= expected + 0.2


@pytest.mark.parametrize("offset", range(4))
def test_a_crest_between_the_samples_meets_cases_20_to_23_of_tech_3341(offset):
    """One period at full scale amid half: 0 dBTP, wherever the samples fall."""
    fine = 4 * 48_000
    time = np.arange(fine)
    wave = 0.5 * np.sin(2 * np.pi * time / 16)
    # one period of a sixth of the sample rate, made at four times that rate
    wave[fine // 2 : fine // 2 + 24] = np.sin(2 * np.pi * np.arange(24) / 24)
    spectrum = np.fft.rfft(wave)
    spectrum[round(0.49 * len(spectrum) / 2) :] *= 0
    limited = np.fft.irfft(spectrum)
    limited /= np.abs(limited).max()
    samples = np.repeat(limited[offset::4, None], 2, axis=1).astype(np.float32)
    true_peak = measure(eased(samples)).true_peak_dbtp
    assert -0.4 <= true_peak <= 0.2


@pytest.mark.parametrize("number", range(5))
@pytest.mark.parametrize("encoding", ["float", "MP3"])
def test_looking_only_beside_maxima_finds_the_true_peak_of_music(number, encoding):
    """Within 0.1 dB of a search through everything."""
    samples = through(piece(number, 6), 44_100, encoding)
    true_peak = measure(samples, 44_100).true_peak_dbtp
    assert true_peak == pytest.approx(exhaustive_dbtp(samples), abs=0.1)


@pytest.mark.parametrize("number", range(5))
def test_true_peak_of_clipped_music_lies_between_libebur128_and_the_ideal(number):
    """A finite filter never shows all of what brick walls do to flat tops; ours misses no more."""
    samples = np.clip(piece(number, 6) * np.float32(3), -1, 1)
    true_peak = measure(samples, 44_100).true_peak_dbtp
    assert independent(samples, 44_100)[1] - 0.01 < true_peak <= exhaustive_dbtp(samples) + 0.05


@pytest.mark.parametrize("rate", [96_000, 192_000])
def test_high_rates_are_oversampled_less_but_enough(rate):
    """A crest between the samples of 96 kHz is found; 192 kHz is taken as it is."""
    tone = sine(-6.0, 1, rate=rate, frequency=12_000.0, phase=np.pi / 8)
    assert measure(eased(tone), rate).true_peak_dbtp == pytest.approx(-6.0, abs=0.2)


def test_peak_at_the_very_end_is_found():
    """The last samples are looked at, too."""
    samples = np.zeros((50_000, 1), np.float32)
    samples[-2:] = 0.9
    measures = measure(samples)
    assert measures.peak_dbfs == pytest.approx(20 * np.log10(0.9), abs=0.01)
    assert measures.true_peak_dbtp > measures.peak_dbfs + 1


def test_peak_over_the_border_of_two_chunks_is_found():
    """Two equal samples on both sides of a border have their crest between them."""
    samples = np.zeros((150_000, 1), np.float32)
    samples[65_535:65_537] = 0.5
    shifted = np.roll(samples, 1000, axis=0)
    assert measure(samples).true_peak_dbtp == pytest.approx(
        measure(shifted).true_peak_dbtp, abs=1e-6
    )
