"""Files as profiles ask for them: measured by another's meter after encoding."""

import hashlib
import struct
from datetime import UTC, datetime

import numpy as np
import pytest
import soundfile
from delivering import RATE, metered, played

from musicnb import sound
from musicnb.deliver import PROFILES, Labels, conform, cut_down, find_loops
from musicnb.errors import InvalidInput, UndecodableAudio

CLIPS = ("rock, 8 s", "ambient piano, 8 s", "techno, 8 s")
LABELS = Labels(
    "Für Élise 2", prompt="slow\nwaltz", model="suno-5.5", task_id="task_1", sandbox=True
)
MADE_AT = datetime(2026, 3, 4, 5, 6, 7, tzinfo=UTC)
C2PA = b"\x00\x00\x00\x1fjumb\x00\x00\x00\x17jumdc2pa\x00\x11\x00\x10\x80\x00\x00\xaa\x008\x9bq\x03"


def music(prompt=CLIPS[0], seconds=6.0):
    return sound.Sound(played(prompt)[1][: round(seconds * RATE)], RATE)


def chunks(data):
    """Return the chunks of a RIFF file by name, in their order."""
    assert data[:4] == b"RIFF"
    assert struct.unpack("<I", data[4:8])[0] == len(data) - 8
    found, at = {}, 12
    while at < len(data):
        size = struct.unpack("<I", data[at + 4 : at + 8])[0]
        found[data[at : at + 4]] = data[at + 8 : at + 8 + size]
        at += 8 + size + size % 2
    assert at == len(data)
    return found


@pytest.mark.parametrize("clip", CLIPS)
@pytest.mark.parametrize("name", PROFILES)
def test_file_has_loudness_and_true_peak_of_its_profile_by_another_meter(tmp_path, name, clip):
    """Within 0.3 LU and under the ceiling, after encoding, by libebur128."""
    profile = PROFILES[name]
    made = conform(music(clip), tmp_path / "a", name)
    loudness, peak = metered(made.path)
    assert made.passed, made.problems
    assert made.loudness_lufs == pytest.approx(loudness, abs=0.02)
    assert made.true_peak_dbtp == pytest.approx(peak, abs=0.1)
    if profile.loudness_lufs is not None:
        assert loudness == pytest.approx(profile.loudness_lufs, abs=0.3)
    if profile.true_peak_dbtp is not None:
        assert peak <= profile.true_peak_dbtp
    assert made.size_bytes == made.path.stat().st_size
    assert made.sha256 == hashlib.sha256(made.path.read_bytes()).hexdigest()


@pytest.mark.parametrize("rate", [8_000, 22_050, 32_000, 44_100, 48_000, 96_000])
@pytest.mark.parametrize("seconds", [1, 6, 7.3, 15])
def test_wav_has_exactly_the_frames_of_its_length_at_every_rate(tmp_path, seconds, rate):
    """A client's 15 s are 15 s to the sample."""
    profile = PROFILES["archive-master"].changed(name="x", sample_rate=rate)
    noise = np.random.default_rng(1).normal(0, 0.05, (round(seconds * RATE), 2))
    made = conform(sound.Sound(noise.astype(np.float32), RATE), tmp_path / "a.wav", profile)
    assert made.frames == round(seconds * rate)
    assert soundfile.info(made.path).frames == made.frames
    assert made.sample_rate_hz == rate


def test_limiting_that_is_heard_is_reported(tmp_path):
    """Loudness that only crushing reaches is a failure, and says by how much."""
    quiet = music(seconds=4).samples * np.float32(0.05)
    quiet[RATE::RATE] = 0.9
    made = conform(sound.Sound(quiet, RATE), tmp_path / "a.wav", "streaming-14")
    assert not made.passed
    assert made.limited_db > 6
    assert any("limited by" in problem for problem in made.problems)
    assert metered(made.path)[1] <= -1


def test_moderate_limiting_reaches_the_loudness(tmp_path):
    """Three decibels more than its peaks allow."""
    profile = PROFILES["streaming-14"].changed(name="loud", loudness_lufs=-11.0)
    made = conform(music(), tmp_path / "a.wav", profile)
    loudness, peak = metered(made.path)
    assert 0.5 < made.limited_db < 6
    assert made.passed
    assert loudness == pytest.approx(-11, abs=0.3)
    assert peak <= -1


@pytest.mark.parametrize("kind", ["WAV", "FLAC", "MP3", "OGG", "OPUS"])
def test_every_format_tells_what_it_is(tmp_path, kind):
    """Title, prompt, model, task, sandbox and disclosure, whatever the file's kind."""
    rate = 48_000 if kind == "OPUS" else None
    profile = PROFILES["archive-master"].changed(name="x", format=kind, bits=16, sample_rate=rate)
    made = conform(music(seconds=1), tmp_path / "a", profile, labels=LABELS)
    with soundfile.SoundFile(made.path) as opened:
        assert opened.title == "Für Élise 2"
        lines = opened.comment.splitlines()
    assert "Prompt: slow waltz" in lines
    assert "Model: suno-5.5" in lines
    assert "Task: task_1" in lines
    assert any(line.startswith("Sandbox: ") for line in lines)
    assert any(line.startswith("Disclosure: ") and "artificial" in line for line in lines)


def test_wav_begins_with_a_bext_chunk_that_tells_its_levels(tmp_path):
    """EBU Tech 3285, version 2, before the data; unknown values say so."""
    made = conform(music(), tmp_path / "a.wav", "ebu-r128", labels=LABELS, made_at=MADE_AT)
    found = chunks(made.path.read_bytes())
    assert next(iter(found)) == b"bext"
    assert {b"fmt ", b"data"} <= set(found)
    bext = found[b"bext"]
    assert bext[:256].rstrip(b"\0").startswith(b"F?r ?lise 2 This music was generated")
    assert bext[256:288].rstrip(b"\0") == b"musicnb"
    assert bext[288:320].rstrip(b"\0") == b"task_1"
    assert bext[320:338] == b"2026-03-0405:06:07"
    assert struct.unpack("<H", bext[346:348]) == (2,)
    loudness, _, peak, momentary, _ = struct.unpack("<5h", bext[412:422])
    assert loudness == round(made.loudness_lufs * 100)
    assert peak == round(made.true_peak_dbtp * 100)
    assert momentary == 0x7FFF
    assert bext[602:].rstrip(b"\0") == b"A=PCM,F=48000,W=24,M=stereo,T=musicnb\r\n"


def test_original_with_content_credentials_is_untouched_and_reported(tmp_path):
    """They vouch for these bytes and no others."""
    data = sound.encode(music(seconds=2).samples, RATE, format="WAV")
    data += b"C2PA" + struct.pack("<I", len(C2PA)) + C2PA + b"\0" * (len(C2PA) % 2)
    original = tmp_path / "song.wav"
    original.write_bytes(data[:4] + struct.pack("<I", len(data) - 8) + data[8:])
    before = original.read_bytes()
    made = conform(original, tmp_path / "a.wav", "ebu-r128")
    assert any("Content Credentials" in note for note in made.notes)
    assert original.read_bytes() == before
    assert C2PA not in made.path.read_bytes()
    assert conform(music(seconds=2), tmp_path / "b.wav", "ebu-r128").notes == ()


def test_master_that_needs_no_change_is_kept_bit_for_bit(tmp_path):
    """No dither where nothing is rounded."""
    data = sound.encode(music(seconds=2).samples, RATE, format="FLAC", bits=16)
    made = conform(data, tmp_path / "a.wav", "archive-master")
    assert np.array_equal(sound.read(made.path).samples, sound.read(data).samples)


@pytest.mark.parametrize(
    ("profile", "samples", "word"),
    [
        ("ebu-r128", np.zeros((RATE, 2), np.float32), "silent"),
        (
            PROFILES["ebu-r128"].changed(name="short", longest_s=1.0),
            music(seconds=1.5).samples,
            "cut it down",
        ),
        (
            PROFILES["podcast-16"].changed(name="tiny", size_limit_bytes=1_000),
            music(seconds=2).samples,
            "over 1,000",
        ),
    ],
)
def test_file_that_misses_its_profile_says_in_what(tmp_path, profile, samples, word):
    """It is made, and fails."""
    made = conform(sound.Sound(samples, RATE), tmp_path / "a", profile)
    assert not made.passed
    assert any(word in problem for problem in made.problems)
    assert "FAIL" in str(made)
    assert made.path.exists()


def test_mono_is_doubled_where_stereo_is_asked_for(tmp_path):
    """Both channels are the same, and the notes say why."""
    mono = sound.Sound(music(seconds=2).samples[:, :1], RATE)
    made = conform(mono, tmp_path / "a.mp3", "spotify-ad")
    assert made.channels == sound.read(made.path).samples.shape[1] == 2
    assert any("doubled" in note for note in made.notes)
    assert metered(made.path)[0] == pytest.approx(-16, abs=0.3)


def test_samples_that_are_no_numbers_become_silence(tmp_path):
    """Encoders end the process when they meet one."""
    samples = music(seconds=2).samples.copy()
    samples[100:110] = np.nan
    made = conform(sound.Sound(samples, RATE), tmp_path / "a.mp3", "podcast-16")
    assert any("20 samples were no numbers" in note for note in made.notes)


def test_what_cannot_be_delivered_leaves_nothing_behind(tmp_path):
    """Refused before a file appears, and no file is replaced."""
    wide = sound.Sound(np.zeros((RATE, 3), np.float32), RATE)
    with pytest.raises(InvalidInput, match="channels"):
        conform(wide, tmp_path / "a", "spotify-ad")
    with pytest.raises(UndecodableAudio):
        conform(b"no sound at all, but words", tmp_path / "a", "ebu-r128")
    with pytest.raises(InvalidInput, match="archive-master"):
        conform(music(seconds=1), tmp_path / "a", "nowhere")
    assert list(tmp_path.iterdir()) == []
    (tmp_path / "a").write_text("mine")
    with pytest.raises(FileExistsError):
        conform(music(seconds=1), tmp_path / "a", "ebu-r128")
    assert (tmp_path / "a").read_text() == "mine"


@pytest.mark.parametrize(
    ("samples", "rate"),
    [
        (np.zeros(RATE, np.float32), RATE), (np.zeros((0, 2), np.float32), RATE),
        (np.zeros((RATE, 0), np.float32), RATE), (np.ones((RATE, 2), np.int16), RATE),
        (np.zeros((RATE, 9), np.float32), RATE), (np.zeros((RATE, 1), np.float32), 1),
        ([[0.0]], RATE), (np.zeros((RATE, 1), np.float32), "44100"),
    ],
)  # fmt: skip
def test_samples_of_another_shape_kind_or_rate_are_refused(tmp_path, samples, rate):
    """Whatever is to be made of them."""
    for make in (
        lambda clip: conform(clip, tmp_path / "a", "ebu-r128"),
        lambda clip: cut_down(clip, 1),
        find_loops,
    ):
        with pytest.raises(InvalidInput, match="samples"):
            make(sound.Sound(samples, rate))
    assert list(tmp_path.iterdir()) == []


def test_doubles_are_taken_and_a_path_that_is_none_is_not(tmp_path):
    """As numpy makes them; and half a letter in a title does not stop the file."""
    doubles = sound.Sound(music(seconds=1).samples.astype(np.float64), RATE)
    made = conform(doubles, tmp_path / "a.wav", "ebu-r128", labels=Labels("a\ud800"))
    assert made.passed, made.problems
    for path in (None, 3, "a\0b"):
        with pytest.raises(InvalidInput, match="path"):
            conform(doubles, path, "ebu-r128")
