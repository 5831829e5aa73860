"""Loops of a master: whole bars to the frame, no click at the seam, in every format."""

import json
import math
import struct
from itertools import pairwise

import numpy as np
import pytest
from delivering import RATE, metered, played

from musicnb import sound
from musicnb.deliver import PROFILES, conform, cut_down, find_loops
from musicnb.errors import InvalidInput
from musicnb.measure import Bars, find_bars, loop_seam

SONG = "synthwave, 75 s"


@pytest.fixture(scope="module")
def master():
    """Render a song and find its grid."""
    score, samples = played(SONG, 77)
    return score, sound.Sound(samples, RATE), find_bars(samples, RATE)


@pytest.fixture(scope="module")
def loop(master):
    """Find its best loop of four bars."""
    return find_loops(master[1], bars=4, most=1, grid=master[2])[0]


def test_loop_has_whole_bars_of_the_score_and_no_click(master, loop):
    """From a bar that the engine wrote, as long as four of them, in the key it was written in."""
    score, _, _ = master
    bar_s = score.bar_s
    assert loop.bars == 4
    assert abs(loop.seconds - 4 * bar_s) < 0.005
    start_s = loop.start / RATE
    assert abs(start_s - round(start_s / bar_s) * bar_s) < 0.02
    out = loop.render().samples
    assert len(out) == loop.frames == loop.end - loop.start
    assert loop.seam.loops
    assert loop.seam.click_db < 12
    unknowing = loop_seam(out, RATE)
    assert unknowing.loops
    assert unknowing.click_db == loop.seam.click_db
    assert 0.5 < loop.confidence <= loop.rating <= 1
    tonic = score.tonic.replace("#", "sharp")
    assert loop.words == f"loop_4bars_{score.tempo_bpm:.0f}bpm_{tonic}{score.mode[:3]}"


def test_likest_stretch_comes_first_and_none_lies_over_most_of_another(master):
    """Rated by how much the seam sounds like going on."""
    _, clip, grid = master
    found = find_loops(clip, bars=(2, 4), most=4, grid=grid)
    assert len(found) == 4
    ratings = [loop.rating for loop in found]
    assert ratings == sorted(ratings, reverse=True)
    assert len({(loop.start, loop.bars) for loop in found}) == 4
    for bars in (2, 4):
        starts = sorted(loop.start for loop in found if loop.bars == bars)
        assert all(b - a >= bars / 2 * grid.bar_s * RATE * 0.99 for a, b in pairwise(starts))


@pytest.mark.parametrize("name", ["game-loop", "podcast-16", "archive-master"])
def test_loop_goes_round_in_a_file_of_another_rate_level_or_format(tmp_path, loop, name):
    """48 kHz, MP3, and as it is: exact, at the place's loudness, without a click once decoded."""
    profile = PROFILES[name]
    made = conform(loop, tmp_path / "a", profile)
    assert made.passed, made.problems
    decoded = sound.read(made.path)
    assert len(decoded.samples) == made.frames == round(loop.frames * made.sample_rate_hz / RATE)
    assert made.seam == loop.seam_of(decoded)
    assert made.seam.click_db < 12
    assert any("LAME" in note for note in made.notes) == (profile.format == "MP3")
    if profile.loudness_lufs is not None:
        assert metered(made.path)[0] == pytest.approx(profile.loudness_lufs, abs=0.3)


def test_resampled_loop_knows_no_end(tmp_path):
    """A wave of whole periods stays one across the seam: no filter has met silence there."""
    wave = np.sin(2 * np.pi * 220 * np.arange(12 * RATE) / RATE) * 0.5
    song = sound.Sound(wave[:, None].astype(np.float32), RATE)
    grid = Bars(120.0, 4, 0.0, 6, 1.0, (), np.zeros((6, 44)))
    loop = find_loops(song, bars=2, most=1, grid=grid)[0]
    profile = PROFILES["game-loop"].changed(name="x", bits=24)
    out = sound.read(conform(loop, tmp_path / "a.wav", profile).path).samples[:, 0]
    inside = np.abs(np.diff(out, 2)).max()
    around = np.concatenate([out[-4:], out[:4]])
    assert np.abs(np.diff(around, 2)).max() <= 1.001 * inside


def test_wav_of_a_loop_tells_samplers_its_points(tmp_path, loop):
    """A ``smpl`` chunk: one loop for ever, from the first frame to the last, which it includes."""
    made = conform(loop, tmp_path / "a.wav", "game-loop")
    data = made.path.read_bytes()
    assert struct.unpack("<I", data[4:8])[0] == len(data) - 8
    at = data.index(b"smpl")
    assert struct.unpack("<I", data[at + 4 : at + 8]) == (60,)
    words = struct.unpack("<15I", data[at + 8 : at + 68])
    assert words[2] == round(1e9 / 48_000)
    assert words[7] == 1
    assert words[9:] == (0, 0, 0, made.frames - 1, 0, 0)
    assert b"smpl" not in conform(loop.render(), tmp_path / "b.wav", "game-loop").path.read_bytes()


def test_plan_is_json_two_pictures_and_can_be_moved(master, loop):
    """Seen before it is written; moved to a beat, or to where one says."""
    told = json.loads(json.dumps(loop.edit_list(), allow_nan=False))
    assert (told["start"], told["end"], told["bars"]) == (loop.start, loop.end, 4)
    assert told["seam"]["loops"] is True
    assert "seamless" in str(loop)
    score = master[0]
    beat_s = 60 / score.tempo_bpm
    moved = loop.moved(10 * beat_s + 0.1)
    assert moved.start / RATE == pytest.approx(10 * beat_s, abs=0.02)
    assert moved.frames == loop.frames
    assert 0 <= moved.confidence <= moved.rating <= 1
    json.dumps(moved.edit_list(), allow_nan=False)
    free = loop.moved(5.1234, snap=False)
    assert free.start == round(5.1234 * RATE)
    pictures = [loop.picture(), moved.picture(), loop.seam_picture()]
    assert all(picture.startswith(b"\x89PNG") for picture in pictures)
    assert len(set(pictures)) == 3
    for second in (-1, 74.9, math.nan, math.inf, "3", None, 10**400, True):
        with pytest.raises(InvalidInput, match="second"):
            loop.moved(second)


def test_sound_without_a_steady_beat_is_refused_with_the_reason():
    """Noise, silence, and a beat that slows down."""
    noise = np.random.default_rng(5).normal(0, 0.1, (20 * RATE, 1))
    slowing = np.zeros((30 * RATE, 1))
    at = 0.0
    for beat in range(60):
        slowing[round(at * RATE) : round(at * RATE) + 500] = np.hanning(500)[:, None]
        at += 0.3 * 1.012**beat
        if at > 29:
            break
    for samples in (noise, slowing, np.zeros((20 * RATE, 2))):
        with pytest.raises(InvalidInput, match="steady beat"):
            find_loops(sound.Sound(samples.astype(np.float32), RATE))


def test_number_of_bars_that_cannot_be_is_named(master):
    """Wrong kinds before anything is heard; more bars than there are with their number."""
    _, clip, grid = master
    for bars in (0, -1, 2.5, "8", True, [], [4, 0], 257, {}):
        with pytest.raises(InvalidInput, match="bars"):
            find_loops(clip, bars=bars)
    for most in (0, True, 51, "1"):
        with pytest.raises(InvalidInput, match="most"):
            find_loops(clip, most=most)
    with pytest.raises(InvalidInput, match=f"more than the {grid.count} whole ones"):
        find_loops(clip, bars=200, grid=grid)


def test_numbers_of_numpy_are_numbers(master):
    """For loops and cut-downs, as they come out of a table."""
    _, clip, grid = master
    (loop,) = find_loops(clip, bars=np.int64(4), most=np.int8(1), grid=grid)
    assert loop.bars == 4
    assert loop.moved(np.float64(loop.start / RATE)).start == loop.start
    assert cut_down(clip, np.float32(8), grid=grid).frames == 8 * RATE
