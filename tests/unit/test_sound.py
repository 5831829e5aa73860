"""Sound files: what is really in them, and refusal of what is none."""

import struct

import numpy as np
import pytest
import soundfile as sf

from musicnb import sound
from musicnb.errors import UndecodableAudio

RATE = 44_100


def noise(seconds):
    random = np.random.default_rng(0)
    return random.normal(0, 0.1, (int(RATE * seconds), 2)).astype(np.float32)


def tone(seconds=4.0, channels=2, rate=RATE):
    time = np.arange(int(seconds * rate)) / rate
    wave = 0.3 * np.sin(2 * np.pi * 440 * time)
    return np.repeat(wave[:, None], channels, axis=1).astype(np.float32)


@pytest.fixture
def file(tmp_path):
    def write(data, name="clip.bin"):
        path = tmp_path / name
        path.write_bytes(data)
        return path

    return write


def rate_of(format_):
    """Opus knows few rates."""
    return 48_000 if format_ == "OPUS" else RATE


@pytest.mark.parametrize("format_", sound.FORMATS)
@pytest.mark.parametrize("channels", [1, 2])
def test_every_format_round_trips(file, format_, channels):
    """What is encoded decodes to the same length, and nearly the same samples."""
    rate = rate_of(format_)
    samples = tone(channels=channels, rate=rate)
    path = file(sound.encode(samples, rate, format=format_))
    facts = sound.examine(path)
    kind = "OGG" if format_ == "OPUS" else format_
    assert (facts.kind.format, facts.channels, facts.sample_rate) == (kind, channels, rate)
    assert (facts.frames, facts.problem) == (len(samples), None)
    decoded = sound.read(path).samples
    # over several blocks: reading one must not disturb the next
    assert np.abs(decoded[4096:-4096] - samples[4096:-4096]).max() < 0.02


def test_long_ogg_is_written_without_killing_the_interpreter(file):
    """A single large write is fatal in libvorbis; ours goes in blocks."""
    samples = tone(seconds=61)
    assert sound.examine(file(sound.encode(samples, RATE, format="OGG"))).frames == len(samples)


@pytest.mark.parametrize("format_", sound.FORMATS)
def test_tags_are_kept_whatever_they_say(file, format_):
    """A title is data: quotes, markup and letters of any script survive as text."""
    tags = {"title": '<img src=x onerror="alert(1)"> é 夜', "comment": "x" * 300}
    rate = rate_of(format_)
    path = file(sound.encode(tone(4, rate=rate), rate, format=format_, tags=tags))
    with sf.SoundFile(path) as opened:
        assert (opened.title, opened.comment) == tuple(tags.values())
    assert sound.examine(path).frames == 4 * rate


def test_unknown_tag_is_named():
    """A misspelt tag is not dropped in silence."""
    with pytest.raises(ValueError, match="titel"):
        sound.encode(tone(), RATE, tags={"titel": "x"})


@pytest.mark.parametrize("format_", sound.FORMATS)
def test_cut_file_keeps_what_is_there(file, format_):
    """Half a file gives about half the sound, whatever its header promises."""
    data = sound.encode(noise(4), rate_of(format_), format=format_)
    facts = sound.examine(file(data[: len(data) // 2]))
    assert 0.2 < facts.duration_s < 3.9


def test_hole_in_a_flac_is_reported(file):
    """The part before the damage is kept and the damage is named."""
    data = bytearray(
        sound.encode(
            np.random.default_rng(0).normal(0, 0.1, (RATE * 4, 2)).astype("f4"), RATE, format="FLAC"
        )
    )
    data[len(data) // 2 : len(data) // 2 + 4000] = bytes(4000)
    facts = sound.examine(file(bytes(data)))
    assert facts.problem is not None
    assert 0 < facts.duration_s < 4


@pytest.mark.parametrize(
    "data",
    [
        b"",
        b"R",
        b"<!doctype html><html>expired</html>",
        b'{"error": "expired"}',
        b"RIFF\x00\x00\x00\x00WAVE",
        b"fLaC" + bytes(40),
        b"OggS" + bytes(60),
        b"ID3\x04\x00\x00\x00\x00\x00\x00" + bytes(200),
        b"\xff\xfb\x90\x00" + bytes(10),
        b"FORM\x00\x00\x00\x00AIFF" + bytes(40),
        b".snd" + bytes(60),
        b"\x00\x00\x00\x18ftypM4A " + bytes(60),
    ],
)
def test_bytes_that_are_no_sound_are_refused(file, data):
    """A page, a stub or another format under a music file's name is a documented error."""
    with pytest.raises(UndecodableAudio):
        sound.examine(file(data, "song.mp3"))


def wav_header(channels=2, rate=RATE, data_size=1000):
    return b"RIFF" + struct.pack("<I", (36 + data_size) & 0xFFFFFFFF) + b"WAVEfmt " + struct.pack(
        "<IHHIIHH", 16, 1, channels, rate, rate * channels * 2 & 0xFFFFFFFF, channels * 2, 16
    ) + b"data" + struct.pack("<I", data_size)  # fmt: skip


@pytest.mark.parametrize(("channels", "rate"), [(1000, RATE), (2, 1), (2, 4_000_000), (0, RATE)])
def test_header_outside_reason_is_refused(file, channels, rate):
    """A header that claims a thousand channels is not believed."""
    with pytest.raises(UndecodableAudio):
        sound.examine(file(wav_header(channels, rate) + bytes(1000)))


@pytest.mark.parametrize("declared", [0xFFFFFFFF, 0x7FFFFFFF])
def test_declared_length_is_never_believed(file, declared):
    """A WAV that claims hours holds what it holds."""
    path = file(wav_header(data_size=declared) + bytes(RATE * 4))
    assert sound.examine(path).frames == RATE


def test_more_sound_than_allowed_is_refused(file):
    """A small file cannot unfold without end."""
    path = file(sound.encode(np.zeros((RATE * 20, 2), np.float32), RATE, format="FLAC"))
    with pytest.raises(UndecodableAudio, match="more than 10 s"):
        sound.examine(path, max_seconds=10)


def test_wrong_shape_and_format_are_named():
    """The encoder says what it wants."""
    with pytest.raises(ValueError, match="frames, channels"):
        sound.encode(np.zeros(100, np.float32), RATE)
    with pytest.raises(ValueError, match="AAC"):
        sound.encode(tone(), RATE, format="AAC")
