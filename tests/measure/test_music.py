"""Tempo, key and onsets where the answer is known by construction, or where there is none."""

import numpy as np
import pytest

from musicnb.measure import MusicMeter
from musicnb.measure._music import HEARD_S

TRIADS = {0: (60, 64, 67), 5: (65, 69, 72), 7: (67, 71, 74)}


def hear(samples, rate, block=65_536):
    meter = MusicMeter(rate)
    for start in range(0, len(samples), block):
        meter.push(samples[start : start + block])
    return meter.close()


def struck(times_s, rate, seconds):
    """Return short noises at the given times."""
    sound = np.zeros(int(seconds * rate), np.float32)
    stroke = np.random.default_rng(3).normal(0, 0.3, int(0.05 * rate))
    stroke *= np.exp(-np.arange(len(stroke)) / (0.01 * rate))
    for time in times_s:
        place = sound[round(time * rate) :][: len(stroke)]
        place += stroke[: len(place)].astype(np.float32)
    return sound


def cadences(rate, seconds=16, tonic=0, cents=0.0):
    """Return I–IV–V–I in bare partials, a chord a second."""
    sound = np.zeros(int(seconds * rate))
    time = np.arange(rate) / rate
    for second in range(seconds):
        chord = TRIADS[(0, 5, 7, 0)[second % 4]]
        for pitch in (chord[0] - 12, *chord):
            hertz = 440 * 2 ** ((pitch + tonic - 69 + cents / 100) / 12)
            for partial in (1, 2, 3):
                wave = np.sin(2 * np.pi * hertz * partial * time) / partial
                sound[second * rate : (second + 1) * rate] += 0.1 * wave * np.exp(-2 * time)
    return sound.astype(np.float32)


@pytest.mark.parametrize("rate", [8_000, 11_025, 16_000, 22_050, 44_101, 48_000, 96_000, 192_000])
def test_tempo_and_key_do_not_depend_on_the_sample_rate(rate):
    """D major at 60 chords and 120 strokes a minute is heard as that from 8 to 192 kHz."""
    sound = cadences(rate, tonic=2) + struck(np.arange(0, 16, 0.5), rate, 16)
    music = hear(sound, rate)
    readings = music.rhythm.tempo_bpm, music.rhythm.tempo_alt_bpm
    assert any(reading == pytest.approx(120, rel=0.005) for reading in readings)
    assert (music.tonality.key, music.tonality.mode) == ("D", "major")


@pytest.mark.parametrize("bpm", [71.3, 96.0, 133.7, 174.9])
def test_tempo_is_exact_to_a_quarter_of_a_percent(bpm):
    """Strokes at a known rate, in 30 s, at a rate that no frame divides."""
    times = np.arange(0.2, 29.8, 60 / bpm)
    rhythm = hear(struck(times, 44_101, 30), 44_101).rhythm
    ratios = [reading / bpm for reading in (rhythm.tempo_bpm, rhythm.tempo_alt_bpm)]
    assert any(ratio == pytest.approx(1, abs=0.0025) for ratio in ratios)


@pytest.mark.parametrize("rate", [8_000, 44_100])
def test_onsets_are_counted(rate):
    """Three strokes a second are three, within 5 %."""
    times = np.arange(0.25, 20, 1 / 3)
    assert hear(struck(times, rate, 20), rate).rhythm.onsets_per_s == pytest.approx(3, rel=0.05)


@pytest.mark.parametrize("cents", [-35, 20])
def test_key_of_detuned_sound_is_heard_with_its_tuning(cents):
    """A third of a semitone off is still C major, and the tuning is told within 8 cents."""
    tonality = hear(cadences(22_050, cents=cents), 22_050).tonality
    assert (tonality.key, tonality.mode) == ("C", "major")
    assert tonality.tuning_cents == pytest.approx(cents, abs=8)


def test_gain_and_blocks_make_no_difference():
    """A quiet copy in odd blocks has the same answers."""
    sound = cadences(44_100) + struck(np.arange(0, 16, 0.5), 44_100, 16)
    whole, pieces = hear(sound, 44_100), hear(sound * np.float32(0.02), 44_100, block=777)
    assert pieces.rhythm.tempo_bpm == pytest.approx(whole.rhythm.tempo_bpm, rel=1e-3)
    assert pieces.rhythm.tempo_confidence == pytest.approx(whole.rhythm.tempo_confidence, abs=0.02)
    assert pieces.tonality.key_confidence == pytest.approx(whole.tonality.key_confidence, abs=0.02)
    assert pieces.rhythm.onsets_per_s == pytest.approx(whole.rhythm.onsets_per_s, rel=0.02)


def noise(colour):
    spectrum = np.fft.rfft(np.random.default_rng(8).normal(size=22_050 * 15))
    spectrum /= np.maximum(1, np.arange(len(spectrum))) ** colour
    sound = np.fft.irfft(spectrum)
    return (0.3 * sound / np.abs(sound).max()).astype(np.float32)


NOTHINGS = {
    "no frames": np.zeros(0, np.float32),
    "silence": np.zeros(22_050 * 15, np.float32),
    "half a second": np.ones(11_025, np.float32),
    "white noise": noise(0.0),
    "pink noise": noise(0.5),
    "brown noise": noise(1.0),
}


@pytest.mark.parametrize("kind", NOTHINGS)
def test_silence_and_noise_have_neither_tempo_nor_key(kind):
    """No number is made up, and the confidence is 0."""
    music = hear(NOTHINGS[kind], 22_050)
    assert (music.rhythm.tempo_bpm, music.rhythm.tempo_confidence) == (None, 0.0)
    assert (music.tonality.key, music.tonality.key_confidence) == (None, 0.0)


def test_short_clip_is_judged_with_less_confidence():
    """Three and a half seconds of a steady beat promise less than twenty."""
    sound = struck(np.arange(0, 20, 0.5), 22_050, 20)
    long, short = hear(sound, 22_050), hear(sound[: int(3.5 * 22_050)], 22_050)
    assert short.rhythm.tempo_confidence < long.rhythm.tempo_confidence


def test_what_comes_after_a_quarter_of_an_hour_is_not_listened_to():
    """One tempo and one key say nothing about longer sound, and memory has an end."""
    rate = 8_000
    quarter = np.tile(cadences(rate, seconds=20), HEARD_S // 20)
    meters = [MusicMeter(rate), MusicMeter(rate)]
    for meter in meters:
        meter.push(quarter[: len(quarter) // 2])
        meter.push(quarter[len(quarter) // 2 :])
    meters[1].push(noise(0.0)[:rate])
    plain, longer = (meter.close() for meter in meters)
    assert longer == plain
    assert plain.tonality.key == "C"


@pytest.mark.parametrize("rate", [0, 7_999, 192_001])
def test_impossible_sample_rate_is_refused(rate):
    """Rates are 8 to 192 kHz."""
    with pytest.raises(ValueError, match=r"8,000 to 192,000 Hz"):
        MusicMeter(rate)
