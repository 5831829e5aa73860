"""Loops go round; fades, silences, cuts beside the beat and clicks do not."""

import numpy as np
import pytest
from clips import RATE, clip

from musicnb.measure import loop_seam

PROMPTS = tuple(
    f"{genre} loop, 9 seconds" for genre in ("techno", "lofi hip hop", "rock", "waltz", "reggae")
)


def faded(samples, seconds):
    out = samples.copy()
    count = int(seconds * RATE)
    out[-count:] *= np.linspace(1, 0, count, dtype=np.float32)[:, None]
    return out


def spoiled(samples, bpm):
    """Return the ways in which a loop is spoiled, by name."""
    beat = 60 / bpm * RATE
    return {
        "fade": faded(samples, 2.0),
        "silence": np.concatenate([samples, np.zeros((RATE, 2), np.float32)]),
        "half a beat": samples[: -int(0.5 * beat)],
        "two fifths of a beat": samples[: -int(0.4 * beat)],
        "a beat too short": samples[: -int(beat)],
        "a beat and more": samples[: -int(1.6 * beat)],
    }


@pytest.mark.parametrize("prompt", PROMPTS)
def test_engine_loop_is_accepted_and_its_spoiled_copies_are_not(prompt):
    """The perfect one has no complaint; every other one says what is wrong."""
    samples = clip(prompt)
    perfect = loop_seam(samples, RATE)
    assert perfect.loops, perfect.reasons
    assert perfect.duration_s == len(samples) / RATE
    assert perfect.beats_per_bar == (3 if "waltz" in prompt else 4)
    for name, wrong in spoiled(samples, perfect.tempo_bpm).items():
        seam = loop_seam(wrong, RATE)
        assert not seam.loops, name
        assert seam.reasons, name


def test_fade_and_silence_are_told_by_the_level_of_the_end():
    """The end lies more than 15 dB below the rest."""
    samples = clip(PROMPTS[0])
    wrong = spoiled(samples, 120)
    assert loop_seam(samples, RATE).tail_db > -6
    assert loop_seam(wrong["fade"], RATE).tail_db < -15
    assert loop_seam(wrong["silence"], RATE).tail_db < -60
    assert loop_seam(wrong["fade"], RATE).level_step_db > 10


def test_jump_of_the_samples_at_the_seam_is_a_click():
    """A steady tone cut at its crest jumps; cut after whole waves it does not."""
    time = np.arange(RATE * 4) / RATE
    tone = (0.3 * np.sin(2 * np.pi * 110 * time)).astype(np.float32)[:, None]
    whole, cut = loop_seam(tone, RATE), loop_seam(tone[: -RATE // 440], RATE)
    assert whole.loops, whole.reasons
    assert whole.click_db < 3
    assert cut.click_db > 12
    assert "click" in cut.reasons[0]


def test_other_sound_at_the_end_is_told_as_a_step_of_timbre():
    """A hum that ends in a whistle of its level differs by many decibels, and is not judged."""
    time = np.arange(RATE * 2) / RATE
    hum = 0.2 * np.sin(2 * np.pi * 100 * time)
    whistle = 0.2 * np.sin(2 * np.pi * 2_000 * time)
    alike = np.concatenate([hum, hum]).astype(np.float32)[:, None]
    unlike = np.concatenate([hum, whistle]).astype(np.float32)[:, None]
    assert loop_seam(alike, RATE).timbre_step_db < 1
    assert loop_seam(unlike, RATE).timbre_step_db > 4
    assert loop_seam(unlike, RATE).level_step_db == pytest.approx(0, abs=0.5)


def test_silence_is_no_loop():
    """It has no pulse, and says so."""
    seam = loop_seam(np.zeros((RATE * 3, 2), np.float32), RATE)
    assert (seam.loops, seam.tempo_bpm, seam.beat_error, seam.bar_error) == (
        False,
        None,
        None,
        None,
    )
    assert seam.reasons[0] == "the clip is silent"


@pytest.mark.parametrize("shape", [(0, 2), (100,), (3, 4, 5)])
def test_samples_of_another_shape_are_refused(shape):
    """Frames by channels, at least one frame."""
    with pytest.raises(ValueError, match="frames, channels"):
        loop_seam(np.zeros(shape, np.float32), RATE)
