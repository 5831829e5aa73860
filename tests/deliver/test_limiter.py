"""The limiter: under the ceiling, without a trace where it has nothing to do."""

import numpy as np
import pytest
from delivering import RATE, played

from musicnb import sound
from musicnb.deliver import Limiter
from musicnb.deliver._dither import dithered
from musicnb.measure import Gauge


def limited(samples, ceiling, *sizes):
    limiter = Limiter(RATE, ceiling)
    ends = np.cumsum(np.resize(sizes, 1 + len(samples) // min(sizes)))
    parts = np.split(samples, ends[ends < len(samples)])
    return np.concatenate(list(limiter.limit(iter(parts)))), limiter


def true_peak(samples):
    gauge = Gauge(RATE, samples.shape[1])
    gauge.push(samples)
    return gauge.close().true_peak_dbtp


@pytest.fixture(scope="module")
def hot():
    """Return music 6 dB louder than it should be."""
    return played("metal, 8 s")[1][: 6 * RATE] * np.float32(2)


@pytest.mark.parametrize("ceiling", [-1.0, -2.0, -6.0])
def test_loud_music_stays_under_the_ceiling_between_samples_too(hot, ceiling):
    """The true peak is what converters and encoders see."""
    out, limiter = limited(hot, ceiling, 65_536)
    assert len(out) == len(hot)
    assert ceiling - 0.3 < true_peak(out) < ceiling + 0.02
    assert limiter.deepest_db == pytest.approx(true_peak(hot) - ceiling, abs=0.1)


def test_blocks_of_any_size_give_the_same(hot):
    """Where a block ends is not heard."""
    whole, _ = limited(hot, -3.0, len(hot))
    for sizes in [(65_536,), (1_000, 7, 30_000), (100,)]:
        assert np.abs(limited(hot, -3.0, *sizes)[0] - whole).max() < 1e-6


def test_what_is_under_the_ceiling_comes_out_bit_for_bit(hot):
    """A limiter that has nothing to do does nothing."""
    out, limiter = limited(hot * np.float32(0.1), -1.0, 5_000)
    assert np.array_equal(out, hot * np.float32(0.1))
    assert limiter.deepest_db == 0.0


def test_first_frame_that_is_too_loud_is_lowered_too():
    """Nothing comes before the beginning that could look ahead to it."""
    step = np.full((4_000, 2), 1.0, np.float32)
    out, _ = limited(step, -6.0, 512)
    assert np.abs(out[0]).max() <= 10 ** (-6 / 20) + 1e-4


def test_steady_tone_is_lowered_without_distortion():
    """Gain that follows the wave is distortion; gain that follows the level is none."""
    tone = np.sin(2 * np.pi * 441 * np.arange(2 * RATE) / RATE)
    out, _ = limited(np.stack([tone, tone], axis=1).astype(np.float32), -6.0, 65_536)
    middle = out[RATE // 2 : RATE // 2 + RATE, 0]  # a second: harmonics fall on bins
    spectrum = np.abs(np.fft.rfft(middle))
    harmonics = spectrum[2 * 441 : 10 * 441 : 441]
    assert 20 * np.log10(harmonics.max() / spectrum[441]) < -90


def test_sound_of_no_length_and_of_one_frame_passes():
    """Nothing comes out of nothing."""
    assert list(Limiter(RATE, -1.0).limit(iter([]))) == []
    assert len(limited(np.ones((1, 1), np.float32), -1.0, 1)[0]) == 1


@pytest.mark.parametrize("bits", [16, 24])
def test_tone_below_a_step_survives_rounding_as_noise_that_carries_it(bits):
    """Without dither it would be silence; with it, it is there and its harmonics are not."""
    step = 2.0 ** (1 - bits)
    tone = (0.4 * step * np.sin(2 * np.pi * 441 * np.arange(4 * RATE) / RATE))[:, None]
    rounded = np.concatenate(list(dithered([tone.astype(np.float32)], bits)))
    assert rounded.dtype == (np.int16 if bits == 16 else np.int32)
    values = rounded[:, 0] / 2.0 ** (15 if bits == 16 else 31)
    spectrum = np.abs(np.fft.rfft(values)) * 2 / len(values)
    assert spectrum[4 * 441] == pytest.approx(0.4 * step, rel=0.05)
    assert spectrum[8 * 441 : 40 * 441 : 4 * 441].max() < 0.03 * step


def test_whole_numbers_are_written_as_they_are(tmp_path):
    """What was dithered must not be rounded a second time."""
    values = np.array([[-8_388_608], [-1], [0], [1], [8_388_607]], np.int32)
    path = tmp_path / "a.wav"
    sound.write(path, [values << 8], 48_000, 1, sound.Encoding("WAV", bits=24))
    assert np.array_equal(np.rint(sound.read(path).samples * 2.0**23), values)
