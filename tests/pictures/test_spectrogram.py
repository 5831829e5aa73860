"""Spectrograms: where a tone is, how strong it is, and what the picture of it shows."""

from __future__ import annotations

import numpy as np
import pytest
from clipmaking import RATE, tone
from pngs import colours_of, indices_of

from musicnb.pictures import (
    THUMBNAIL,
    SpectrumReader,
    spectrogram,
    spectrogram_png,
    thumbnail_png,
)
from musicnb.pictures._colours import level_colours
from musicnb.pictures._frame import BELOW, LEFT

NOISE = np.random.default_rng(1).standard_normal((60 * RATE, 2), dtype=np.float32) * 0.2


def loudest_hz(samples: np.ndarray, rate: int = RATE, **shape: int) -> tuple[float, float]:
    """Return the middle of the loudest band half-way through, and its level in dB."""
    seen = spectrogram(samples, rate, **shape)
    column = seen.levels_db[:, seen.levels_db.shape[1] // 2]
    band = int(column.argmax())
    return float(np.sqrt(seen.edges_hz[band] * seen.edges_hz[band + 1])), float(column[band])


@pytest.mark.parametrize("frequency", [60.0, 220.0, 1_000.0, 4_000.0, 12_000.0])
@pytest.mark.parametrize("seconds", [2.0, 60.0])
def test_sine_at_full_scale_is_seen_at_its_frequency_with_0_db(
    frequency: float, seconds: float
) -> None:
    """Within 3 %, and within the 1.4 dB that a Hann window may lose between two bins."""
    hertz, level = loudest_hz(tone(frequency, seconds, 1.0))
    assert hertz == pytest.approx(frequency, rel=0.03 if frequency > 100 else 0.25)
    assert level == pytest.approx(0, abs=1.5)


@pytest.mark.parametrize("rate", [8_000, 22_050, 48_000, 192_000])
def test_scale_ends_at_half_the_sample_rate(rate: int) -> None:
    """Low and high rates are looked at through the same length of time."""
    seen = spectrogram(tone(440, 3, rate=rate), rate)
    assert seen.edges_hz[-1] == pytest.approx(min(16_000, rate / 2))
    assert loudest_hz(tone(440, 3, rate=rate), rate)[0] == pytest.approx(440, rel=0.05)


def test_opposite_channels_do_not_cancel() -> None:
    """What an inverted channel takes from a mono sum is still seen."""
    wave = tone(440, 2, 0.5)
    wave[:, 1] *= -1
    assert loudest_hz(wave)[1] == pytest.approx(-6, abs=1.5)


@pytest.mark.parametrize("block", [700, 4096, 65_536, 10**9])
def test_stream_in_any_blocks_gives_the_same_levels(block: int) -> None:
    """A whole array and a stream are looked at alike, to the bit."""
    reader = SpectrumReader(len(NOISE), RATE, columns=97, rows=40)
    for start in range(0, len(NOISE), block):
        reader.push(NOISE[start : start + block])
    whole = spectrogram(NOISE, RATE, columns=97, rows=40)
    assert np.array_equal(reader.close().levels_db, whole.levels_db)


def test_stream_that_ends_early_is_silent_from_there() -> None:
    """A file that lost its second half shows half a picture."""
    reader = SpectrumReader(len(NOISE), RATE, columns=100, rows=40)
    reader.push(NOISE[: len(NOISE) // 2])
    levels = reader.close().levels_db
    assert levels[:, :49].min() > -100
    assert levels[:, 52:].max() == pytest.approx(-140)


def test_stream_holds_no_more_than_it_needs() -> None:
    """Memory does not grow with the length of the sound."""
    reader = SpectrumReader(len(NOISE), RATE, columns=97, rows=40)
    for start in range(0, len(NOISE), 65_536):
        reader.push(NOISE[start : start + 65_536])
        assert len(reader._held) < 65_536 + 4_096


def test_nothing_and_no_number_are_pictured_or_refused() -> None:
    """One frame is a picture, none is an error, NaN and infinity are no traps."""
    assert spectrogram(np.zeros(1, np.float32), RATE).levels_db.max() == pytest.approx(-140)
    broken = np.array([np.nan, np.inf, -np.inf] * 5000, np.float32)
    assert np.isfinite(spectrogram(broken, RATE).levels_db).all()
    with pytest.raises(ValueError, match="no picture of 0 frames"):
        spectrogram(np.zeros((0, 2), np.float32), RATE)
    with pytest.raises(ValueError, match="has no room"):
        spectrogram_png(NOISE, RATE, width=20)


def test_tone_is_a_bright_line_at_its_height() -> None:
    """500 Hz is drawn beside the tick that says 500."""
    pixels = colours_of(spectrogram_png(tone(500, 5), RATE, width=400, height=200))
    brightness = pixels[: 200 - BELOW, LEFT:, :3].sum(axis=2, dtype=int)
    row = int(brightness.mean(axis=1).argmax())
    tick = np.flatnonzero(pixels[: 200 - BELOW, LEFT - 1, 3])
    share = np.log(500 / 40) / np.log(16_000 / 40)
    assert row == pytest.approx((1 - share) * (199 - BELOW), abs=2)
    assert np.abs(tick - row).min() <= 2


def test_margins_are_nothing_but_ticks_and_numbers() -> None:
    """The picture lies on the page's own ground; without axes it is all picture."""
    framed = colours_of(spectrogram_png(NOISE, RATE, width=400, height=200))
    assert (framed[:, :LEFT, 3] == 0).mean() > 0.8
    assert (framed[200 - BELOW :, LEFT:, 3] == 0).mean() > 0.8
    bare = colours_of(spectrogram_png(NOISE, RATE, width=400, height=200, axes=False))
    assert (bare[:, :, 3] == 255).all()


def test_picture_of_noise_stays_under_150_kb_and_its_thumbnail_under_8() -> None:
    """The worst case for the compressor."""
    assert len(spectrogram_png(NOISE, RATE)) < 150_000
    seen = spectrogram(NOISE, RATE, columns=THUMBNAIL[0], rows=THUMBNAIL[1])
    thumbnail = thumbnail_png(seen)
    assert len(thumbnail) < 8_000
    assert indices_of(thumbnail).shape == (THUMBNAIL[1], THUMBNAIL[0])


def test_silence_is_dark() -> None:
    """A picture is not brightened until its noise floor shines."""
    seen = spectrogram(np.zeros((RATE, 2), np.float32), RATE, columns=20, rows=10)
    assert colours_of(thumbnail_png(seen))[:, :, :3].max() < 20


def lightness(colours: np.ndarray) -> np.ndarray:
    """Return the lightness CIE L* of sRGB colours, by the book (IEC 61966-2-1, CIE 15)."""
    share = colours / 255
    linear = np.where(share <= 0.04045, share / 12.92, ((share + 0.055) / 1.055) ** 2.4)
    luminance = linear @ [0.2126, 0.7152, 0.0722]
    return np.where(luminance > 0.008856, 116 * np.cbrt(luminance) - 16, 903.3 * luminance)


def test_map_of_levels_rises_evenly_in_lightness() -> None:
    """So it keeps its order in grey print and for every kind of colour vision."""
    steps = np.diff(lightness(level_colours(64)))
    assert (steps > 0).all()
    # OKLCH is even by another measure than CIE's; no step is twice or half the usual one
    assert steps[3:].max() < 2 * np.median(steps)
    assert steps[3:].min() > np.median(steps) / 2
    ends = lightness(level_colours(64))[[0, -1]]
    assert ends[0] < 6
    assert ends[1] > 93
