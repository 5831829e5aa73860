"""Each defect where it is, where it is not, and after an MP3 has been made of it."""

import numpy as np
import pytest
from sounding import PROMPTS, measure, piece, silence, sine, through

RATE = 44_100
ENCODINGS = ["float", "FLAC", "MP3"]


def found(samples, encoding="float", rate=RATE):
    """Return the defects by kind."""
    measures = measure(through(samples, rate, encoding), rate)
    return {defect.kind: defect for defect in measures.defects}


def seconds(start, end):
    return slice(round(start * RATE), round(end * RATE))


def cut_spectrum(samples, limit_hz):
    spectrum = np.fft.rfft(samples, axis=0)
    spectrum[round(limit_hz / RATE * len(samples)) :] = 0
    return np.fft.irfft(spectrum, len(samples), axis=0).astype(np.float32)


@pytest.mark.parametrize("number", range(len(PROMPTS)))
@pytest.mark.parametrize("encoding", [*ENCODINGS, "OGG"])
def test_a_clean_clip_has_no_defects(number, encoding):
    """What the engine masters is clean, encoded or not."""
    assert found(piece(number, 8), encoding) == {}


@pytest.mark.parametrize("encoding", ENCODINGS)
def test_clipping_is_found(encoding):
    """Driven 12 dB too far: flat tops in PCM, a crowd of peaks in MP3."""
    driven = 0.9 * np.clip(piece(4, 8) * np.float32(4), -1, 1)
    defect = found(driven, encoding)["clipping"]
    if encoding != "MP3":
        assert "cut flat at -0.9 dBFS" in defect.text
        assert defect.channels == (1, 2)


def test_clipping_is_found_where_it_is():
    """Half a second of it in one channel, in the middle of quieter sound."""
    samples = 0.3 * piece(0, 8)
    samples[seconds(4, 4.5), 1] = np.clip(samples[seconds(4, 4.5), 1] * 20, -1, 1)
    defect = found(samples)["clipping"]
    assert defect.channels == (2,)
    assert 3.9 <= defect.places_s[0][0] <= 4.1
    assert 4.4 <= defect.places_s[-1][1] <= 4.6


@pytest.mark.parametrize("level", [-0.5, -12.0])
def test_a_slow_wave_in_sixteen_bits_is_not_clipped(level):
    """Its tops are flat for some samples, but one unit above their neighbours."""
    tone = sine(level, 4, rate=RATE, frequency=31.0)
    assert "clipping" not in found(np.round(tone * 32_768) / np.float32(32_768))


@pytest.mark.parametrize("encoding", ["float", "MP3"])
def test_a_steady_tone_is_not_clipped(encoding):
    """All its peaks lie at one level, and none below."""
    assert "clipping" not in found(sine(-3.0, 6, rate=RATE, frequency=441.3), encoding)


def test_dc_offset_is_found_in_its_channel():
    """Half a percent to the left."""
    defect = found(piece(1, 8) + np.float32([0.005, 0.0]))["dc_offset"]
    assert defect.channels == (1,)
    assert "0.5 %" in defect.text


@pytest.mark.parametrize("encoding", ["FLAC", "OGG"])
def test_dc_offset_survives_encoders_that_keep_it(encoding):
    """LAME takes it out by itself."""
    assert "dc_offset" in found(piece(1, 8) + np.float32(0.02), encoding)


@pytest.mark.parametrize("encoding", ENCODINGS)
@pytest.mark.parametrize("length_s", [0.06, 0.2])
def test_a_hole_in_the_sound_is_found(encoding, length_s):
    """Both channels gone for a moment."""
    samples = sustained()
    samples[seconds(3, 3 + length_s)] = 0
    defect = found(samples, encoding)["dropout"]
    (place,) = defect.places_s
    assert place == pytest.approx((3, 3 + length_s), abs=0.04)
    assert defect.channels == ()


def test_a_hole_of_some_milliseconds_in_one_channel_is_found():
    """Exact zeros amid sound, far shorter than any cell."""
    samples = sustained()
    samples[seconds(3, 3.003), 1] = 0
    defect = found(samples)["dropout"]
    assert defect.channels == (2,)
    assert defect.places_s[0] == pytest.approx((3, 3.003), abs=1e-3)


def test_a_hole_over_the_border_of_two_chunks_is_one_hole():
    """Its place does not depend on how the samples arrived."""
    samples = sustained()
    samples[65_000:66_000] = 0
    (place,) = found(samples)["dropout"].places_s
    assert place == pytest.approx((65_000 / RATE, 66_000 / RATE), abs=0.01)


@pytest.mark.parametrize("encoding", ["float", "MP3"])
def test_strokes_with_silence_between_them_are_no_holes(encoding):
    """Clicks and staccato are music."""
    samples = np.zeros((RATE * 6, 2), np.float32)
    rng = np.random.default_rng(5)
    for start in np.arange(0.1, 5.8, 0.25):
        length = round(0.05 * RATE)
        stroke = rng.normal(0, 0.3, (length, 2)) * np.exp(-np.arange(length) / 400)[:, None]
        samples[round(start * RATE) :][:length] = stroke
    assert "dropout" not in found(samples, encoding)


@pytest.mark.parametrize("encoding", ENCODINGS)
def test_digital_silence_is_found(encoding):
    """Two seconds of nothing; a pause in which something still rings is none."""
    samples = sustained()
    samples[seconds(3, 5)] = 0
    defect = found(samples, encoding)["digital_silence"]
    (place,) = defect.places_s
    assert place == pytest.approx((3, 5), abs=0.1)
    samples[seconds(3, 5)] = 1e-3 * sustained()[seconds(3, 5)]
    assert "digital_silence" not in found(samples, encoding)


def test_nothing_but_silence_is_said_once():
    """Silence has no other defect."""
    assert list(found(silence(3, rate=RATE))) == ["digital_silence"]


@pytest.mark.parametrize("encoding", ENCODINGS)
def test_mono_as_stereo_is_found(encoding):
    """The same twice, and only then; one channel alone is not stereo at all."""
    samples = piece(2, 8)
    twice = np.repeat(samples[:, :1], 2, axis=1)
    assert list(found(twice, encoding)) == ["mono_as_stereo"]
    assert found(samples[:, :1], encoding) == {}
    nearly = twice + np.float32([1, -1]) * 0.005 * samples[:, 1:]
    assert "mono_as_stereo" not in found(nearly, encoding)


@pytest.mark.parametrize("encoding", ENCODINGS)
def test_an_inverted_channel_is_found(encoding):
    """Nothing is left when both are played as one."""
    samples = piece(2, 8)
    inverted = samples[:, :1] * np.float32([1, -1]) + 0.02 * samples
    defect = found(inverted, encoding)["inverted_channel"]
    assert "dB is lost" in defect.text
    exact = measure(samples[:, :1] * np.float32([1, -1]), RATE)
    assert exact.fold_down_loss_db == np.inf
    assert exact.phase_correlation == pytest.approx(-1)


@pytest.mark.parametrize("encoding", ENCODINGS)
def test_channels_that_cancel_are_found_and_unrelated_ones_are_not(encoding):
    """Unrelated noise loses 3 dB; half of the sound inverted loses more."""
    rng = np.random.default_rng(3)
    wide = rng.normal(0, 0.1, (RATE * 4, 2)).astype(np.float32)
    assert list(found(wide, encoding)) == ["abrupt_end"]
    shared = rng.normal(0, 0.1, (RATE * 4, 1)) * np.array([[1, -1]])
    assert "cancels_in_mono" in found((wide + shared).astype(np.float32), encoding)


@pytest.mark.parametrize("encoding", ENCODINGS)
def test_a_silent_channel_is_found(encoding):
    """Only the left one sounds."""
    samples = piece(0, 8) * np.float32([1, 0])
    assert found(samples, encoding)["silent_channel"].channels == (2,)


@pytest.mark.parametrize("encoding", [*ENCODINGS, "OGG"])
def test_an_abrupt_end_is_found(encoding):
    """Cut in the middle, with and without silence after it; a fade of half a second is none."""
    samples = sustained()[seconds(0, 4)]
    assert found(samples, encoding)["abrupt_end"].places_s[0][0] == pytest.approx(4, abs=0.05)
    padded = np.concatenate([samples, silence(0.5, rate=RATE)])
    assert found(padded, encoding)["abrupt_end"].places_s[0][0] == pytest.approx(4, abs=0.05)
    faded = samples.copy()
    faded[-RATE // 2 :] *= np.linspace(1, 0, RATE // 2, dtype=np.float32)[:, None]
    assert "abrupt_end" not in found(faded, encoding)


@pytest.mark.parametrize("encoding", ENCODINGS)
def test_a_cut_top_is_found_with_its_frequency(encoding):
    """As an upsampled file has it; the low-pass of a good MP3 is measured, but no defect."""
    samples = piece(2, 8)
    cut = cut_spectrum(samples, 11_000)
    measures = measure(through(cut, RATE, encoding), RATE)
    assert measures.band_limit_hz == pytest.approx(11_000, abs=250)
    assert "band_limit" in {defect.kind for defect in measures.defects}


def test_the_low_pass_of_an_mp3_is_measured_but_is_no_defect():
    """LAME keeps 18 kHz and more at this quality; the float original has no limit."""
    samples = piece(2, 8)
    assert measure(samples, RATE).band_limit_hz is None
    assert measure(through(samples, RATE, "MP3"), RATE).band_limit_hz > 17_000
    assert "band_limit" not in found(samples, "MP3")


def test_a_tone_alone_has_no_cut_top():
    """The last partial is not an edge."""
    assert measure(sine(-6, 4, frequency=5000.0)).band_limit_hz is None


def test_broken_samples_are_counted():
    """NaN, infinity and absurd numbers are said, and not counted into anything."""
    samples = piece(0, 8).copy()
    samples[1000:1010] = np.nan
    samples[2000, 0] = np.inf
    samples[3000, 1] = -1e20
    measures = measure(samples, RATE)
    assert measures.defects[0].text.startswith("22 samples are no numbers")
    assert measures.loudness_lufs == pytest.approx(measure(piece(0, 8), RATE).loudness_lufs, abs=1)


def sustained(length_s=7):
    """Return chords and noise that never pause, ending gently."""
    time = np.arange(round(length_s * RATE))[:, None] / RATE
    rng = np.random.default_rng(9)
    partials = rng.uniform(80, 6000, (40, 1, 2))
    levels = 0.02 * (80 / partials) ** 0.3
    wave = (levels * np.sin(2 * np.pi * partials * time[None] + partials)).sum(axis=0)
    wave += rng.normal(0, 0.004, wave.shape)
    ramp = np.minimum(1, (length_s - time) / 0.5)
    return (wave * ramp).astype(np.float32)
