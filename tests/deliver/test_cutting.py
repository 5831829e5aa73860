"""Shorter forms of a master: on its bars, exact in length, with its own ending where it has one."""

import json

import numpy as np
import pytest
from delivering import RATE, played

from musicnb import sound
from musicnb.deliver import conform, cut_down
from musicnb.errors import InvalidInput
from musicnb.measure import find_bars

SONGS = ("pop, 75 s", "house, 75 s", "jazz, 75 s", "disco, 75 s")
# what is loudest stands beside the beats, or is loudest long after it began
MISLEADING = ("reggae", "bossa nova", "funk", "synthwave", "techno", "cinematic")


def master(prompt=SONGS[0], seed=103):
    score, samples = played(prompt, seed)
    return score, sound.Sound(samples.astype(np.float32), RATE)


def noise(seconds, level=0.1):
    values = np.random.default_rng(5).normal(0, level, (round(seconds * RATE), 2))
    return sound.Sound(values.astype(np.float32), RATE)


def beside_a_bar(score, second):
    """Return by how many seconds a point misses a bar of the score."""
    return abs(second - round(second / score.bar_s) * score.bar_s)


@pytest.mark.parametrize("song", SONGS)
def test_bars_that_are_found_are_those_of_the_score(song):
    """Every one within 20 ms, and the first of them a downbeat."""
    score, clip = master(song)
    bars = find_bars(clip.samples, RATE)
    starts = [bars.at(bar) for bar in range(bars.count)]
    assert bars.beats_per_bar == score.meter
    assert max(beside_a_bar(score, s) for s in starts if s < score.bars * score.bar_s) < 0.02
    assert bars.confidence > 0.8
    assert all(border.second == pytest.approx(bars.at(border.bar)) for border in bars.borders)


@pytest.mark.parametrize("genre", MISLEADING)
def test_bars_of_music_whose_strongest_attacks_are_off_the_beat_stand_on_bars(genre):
    """Off-beats, sixteenths and slow strings move no bar by more than 20 ms."""
    score, clip = master(f"{genre}, 75 s", seed=111)
    bars = find_bars(clip.samples, RATE)
    starts = [bars.at(bar) for bar in range(bars.count)]
    assert max(beside_a_bar(score, s) for s in starts if s < score.bars * score.bar_s) < 0.02


@pytest.mark.parametrize("seconds", [6, 15, 30, 60, 23.7])
@pytest.mark.parametrize("song", SONGS)
def test_cut_down_is_exact_joins_on_bars_and_keeps_the_ending(song, seconds):
    """To the sample; both points within 20 ms of a bar that the engine wrote."""
    score, clip = master(song)
    plan = cut_down(clip, seconds)
    out = plan.render().samples
    assert len(out) == plan.frames == round(seconds * RATE)
    assert plan.ending == "original", plan
    head, tail = plan.segments
    assert beside_a_bar(score, head.end / RATE) < 0.02
    assert beside_a_bar(score, tail.start / RATE) < 0.02
    assert np.array_equal(out[: head.end - head.start - plan.crossfade],
                          clip.samples[head.start : head.end - plan.crossfade])  # fmt: skip
    kept = tail.end - tail.start
    assert np.array_equal(
        out[-kept : len(out) - plan.fade_out],
        clip.samples[tail.start : tail.end - plan.fade_out],
    )
    assert (score.bars - 1) * score.bar_s + 0.02 > tail.start / RATE
    assert 0 < plan.confidence <= 1


def test_join_has_no_step_that_the_music_has_not():
    """A crossfade of even power, not a click."""
    _, clip = master()
    plan = cut_down(clip, 30)
    out = plan.render().samples
    join = plan.segments[0].end - plan.segments[0].start
    near = np.abs(np.diff(out[join - plan.crossfade - 1 : join + 1], axis=0)).max()
    assert near < 1.5 * np.abs(np.diff(clip.samples, axis=0)).max()
    level = [np.square(part).mean() for part in (out[join - 882 : join], out[join - 2646 : join])]
    assert 0.1 < level[0] / level[1] < 10


@pytest.mark.parametrize("seconds", [6, 15])
@pytest.mark.parametrize("name", ["ebu-r128", "archive-master", "iab-audio-15"])
def test_cut_down_has_its_length_to_the_sample_in_a_file_of_any_rate(tmp_path, seconds, name):
    """From plan to file, 44.1 to 48 kHz and MP3 too."""
    _, clip = master()
    made = conform(cut_down(clip, seconds).render(), tmp_path / "a", name)
    assert made.frames == seconds * made.sample_rate_hz
    assert len(sound.read(made.path).samples) == made.frames
    assert made.passed, made.problems


def test_master_that_breaks_off_gets_an_ending_that_is_called_made():
    """What is no ending is not sold as one."""
    score, clip = master()
    broken = sound.Sound(clip.samples[: round(20.3 * score.bar_s * RATE)], RATE)
    plan = cut_down(broken, 15)
    assert plan.ending in ("fade", "hard")
    assert "breaks off" in plan.reason
    out = plan.render().samples
    assert len(out) == 15 * RATE
    assert np.abs(out[-1]).max() < 1e-3
    with pytest.raises(InvalidInput, match="breaks off"):
        cut_down(broken, 15, ending="original")


@pytest.mark.parametrize(("ending", "most_s"), [("fade", 2.0), ("hard", 0.01)])
def test_made_ending_can_be_asked_for(ending, most_s):
    """A fade where a fade is wanted."""
    plan = cut_down(master()[1], 15, ending=ending)
    assert plan.ending == ending
    assert 0 < plan.fade_out <= most_s * RATE


def test_sound_without_a_pulse_is_cut_all_the_same():
    """Exact in length, and its ending says what it is."""
    plan = cut_down(noise(10), 6)
    assert plan.ending in ("fade", "hard")
    assert len(plan.render().samples) == 6 * RATE


def test_source_of_the_very_length_is_given_back_and_a_shorter_one_is_refused():
    """Nothing is padded."""
    clip = noise(6)
    clip.samples[-RATE:] *= np.float32(0.001)
    assert np.array_equal(cut_down(clip, 6).render().samples, clip.samples)
    with pytest.raises(InvalidInput, match="not padded"):
        cut_down(clip, 6.001)


@pytest.mark.parametrize(
    "seconds", [0, -3, float("nan"), float("inf"), 10**400, "15", None, True, 1e-9]
)
def test_length_that_is_none_is_refused(seconds):
    """Before anything is measured."""
    with pytest.raises(InvalidInput, match="seconds"):
        cut_down(noise(1), seconds)


def test_join_can_be_moved_and_the_length_stays():
    """To the nearest beat, or where one says."""
    score, clip = master()
    plan = cut_down(clip, 60)
    beat_s = 60 / score.tempo_bpm
    moved = plan.moved(10 * beat_s + 0.1)
    assert moved.segments[0].end / RATE == pytest.approx(10 * beat_s, abs=0.02)
    free = plan.moved(5.1234, snap=False)
    assert free.segments[0].end == round(5.1234 * RATE)
    for one in (moved, free):
        left_out = [p.segments[1].start - p.segments[0].end for p in (plan, one)]
        assert left_out[0] == left_out[1]
        assert len(one.render().samples) == 60 * RATE
    for second in (-1, 0.0, 74.9, float("nan"), 1e308, 10**400):
        with pytest.raises(InvalidInput):
            plan.moved(second)
    with pytest.raises(InvalidInput, match="no join"):
        cut_down(clip, 15, ending="fade").moved(3)


def test_plan_is_json_and_a_picture():
    """What was cut can be read by another program, and seen before it is heard."""
    plan = cut_down(master()[1], 15)
    told = json.loads(json.dumps(plan.edit_list()))
    assert told["frames"] == 15 * RATE
    assert told["segments"][0] == {"start": plan.segments[0].start, "end": plan.segments[0].end}
    assert "ending: original" in str(plan)
    assert plan.picture().startswith(b"\x89PNG")
    assert plan.picture() != plan.moved(12).picture()
