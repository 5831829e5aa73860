"""Files meant to break a decoder: each is refused, or read, in little time and little memory."""

import gzip
import io
import json
import os
import struct
import subprocess
import sys
import zlib
from pathlib import Path

import numpy as np
import pytest
import soundfile as sf

from musicnb import sound
from musicnb.errors import UndecodableAudio
from musicnb.sound._flac import _crc8
from musicnb.sound._mpeg import header

if sys.platform != "linux":
    pytest.skip(
        "limits of memory and processor time are set as Linux has them", allow_module_level=True
    )

RATE = 22_050
LONGEST_S = 600
EXAMINING = Path(__file__).with_name("examining.py")
TOO_LONG_S = LONGEST_S + 1
RANDOM = np.random.default_rng(5)


def music(seconds=2.0, rate=RATE):
    time = np.arange(int(seconds * rate)) / rate
    wave = 0.3 * np.sin(2 * np.pi * 440 * time) + np.random.default_rng(1).normal(
        0, 0.05, len(time)
    )
    return np.stack([wave, wave], axis=1).astype(np.float32)


TONE = music()
MP3, FLAC, OGG, WAV = (
    sound.encode(TONE, RATE, format=name) for name in ("MP3", "FLAC", "OGG", "WAV")
)
OPUS = sound.encode(music(rate=24_000), 24_000, format="OPUS")
FIRST_FRAME = MP3.index(b"\xff\xf3")


def silence(kind, seconds, rate=8_000, subtype=None, channels=1):
    """Return a small file that holds minutes of nothing."""
    buffer = io.BytesIO()
    with sf.SoundFile(
        buffer, "w", samplerate=rate, channels=channels, format=kind, subtype=subtype
    ) as file:
        for start in range(0, seconds * rate, 1 << 14):
            count = min(1 << 14, seconds * rate - start)
            file.write(np.zeros((count, channels), np.float32))
    return buffer.getvalue()


def wav(
    *,
    channels=1,
    rate=RATE,
    bits=16,
    form=1,
    align=None,
    declared=None,
    data=bytes(1000),
    before=b"",
):
    """Return a WAV file whose header says what it is told to."""
    align = channels * bits // 8 if align is None else align
    fields = (form, channels, rate, min(rate * align, 2**32 - 1), align & 0xFFFF, bits)
    size = len(data) if declared is None else declared
    fmt = struct.pack("<I", 16) + struct.pack("<HHIIHH", *fields)
    body = b"WAVE" + before + b"fmt " + fmt + b"data" + struct.pack("<I", size) + data
    return b"RIFF" + struct.pack("<I", len(body)) + body


def chunk(name, size, data=b""):
    return name + struct.pack("<I", size) + data


def rf64(ds64, data=bytes(4000)):
    fmt = struct.pack("<IHHIIHH", 16, 1, 1, RATE, RATE * 2, 2, 16)
    sizes = struct.pack("<QQQI", *ds64, 0)
    return b"RF64\xff\xff\xff\xffWAVEds64" + struct.pack("<I", 28) + sizes + b"fmt " + fmt + chunk(
        b"data", 0xFFFFFFFF, data)  # fmt: skip


def flac_declaring(frames, *, rate=RATE, channels=1, bits=16, blocks=4096, more=b""):
    """Return a FLAC file with a header that says what it is told to."""
    packed = rate << 44 | (channels - 1) << 41 | (bits - 1) << 36 | frames
    info = struct.pack(">HH", blocks, blocks) + bytes(6) + packed.to_bytes(8) + bytes(16)
    return b"fLaC\x80" + len(info).to_bytes(3) + info + more


def id3(size, body=None):
    packed = bytes(size >> shift & 0x7F for shift in (21, 14, 7, 0))
    return b"ID3\4\0\0" + packed + (bytes(size) if body is None else body)


def floats(*values):
    samples = np.tile(np.array(values, np.float32), 3_000)
    return wav(form=3, bits=32, data=samples.tobytes())


def with_hole(data, at, rubbish):
    start = int(len(data) * at)
    return data[:start] + rubbish + data[start + len(rubbish) :]


def mpeg_frames(data):
    """Return the frames of an MP3 without the account at the front, one by one."""
    frames, at = [], FIRST_FRAME
    while (head := header(data[at : at + 4])) is not None:
        frames.append(data[at : at + head.length])
        at += head.length
    return frames[1:]


FRAMES = mpeg_frames(MP3)
NOISE = RANDOM.bytes(200_000)
REFUSED = {
    "empty": lambda: b"",
    "one byte": lambda: b"R",
    "nul bytes": lambda: bytes(100_000),
    "random bytes": lambda: b"\0" + NOISE,
    "text": lambda: b"this is a song\n" * 100,
    "html": lambda: b"<!doctype html><title>404</title>" * 10,
    "json": lambda: b'{"error": "expired"}',
    "xml of a bucket": lambda: b'<?xml version="1.0"?><Error><Code>AccessDenied</Code></Error>',
    "png": lambda: b"\x89PNG\r\n\x1a\n" + bytes(100),
    "elf": lambda: b"\x7fELF" + bytes(500),
    "zip": lambda: b"PK\x03\x04" + bytes(500),
    "gzip of a sound": lambda: gzip.compress(WAV),
    "zlib bomb": lambda: zlib.compress(bytes(50_000_000)),
    "mp4": lambda: b"\0\0\0\x20ftypM4A " + bytes(500),
    "aiff": lambda: b"FORM\0\0\1\0AIFFCOMM" + bytes(200),
    "au": lambda: b".snd" + bytes(200),
    "caf": lambda: b"caff\0\1\0\0desc" + bytes(200),
    "midi": lambda: b"MThd\0\0\0\6\0\1\0\1\0\x60MTrk" + bytes(99),
    "playlist": lambda: b"#EXTM3U\nfile:///etc/passwd\n",
    "avi": lambda: b"RIFF\x24\0\0\0AVI LIST" + bytes(99),
    "polyglot of html and wav": lambda: b"<html>" + WAV,
    "riff without more": lambda: b"RIFF\xff\xff\xff\xffWAVE",
    "wav without format": lambda: b"RIFF\xff\0\0\0WAVE" + chunk(b"data", 100, bytes(100)),
    "wav without data": lambda: wav(data=b""),
    "wav whose data chunk is cut": lambda: wav()[:42],
    "wav of 1,000 channels": lambda: wav(channels=1000),
    "wav of 65,535 channels": lambda: wav(channels=65_535),
    "wav of no channel": lambda: wav(channels=0, align=0),
    "wav at no rate": lambda: wav(rate=0),
    "wav at 1 Hz": lambda: wav(rate=1),
    "wav at 4 GHz": lambda: wav(rate=2**32 - 1),
    "wav of 4,096 bits": lambda: wav(bits=4096),
    "wav of no bits": lambda: wav(bits=0, align=0),
    "wav in an unknown format": lambda: wav(form=0xBEEF),
    "wav of ten thousand chunks": lambda: wav(before=chunk(b"junk", 4, bytes(4)) * 10_000),
    "wav whose chunk has no end": lambda: wav(before=chunk(b"junk", 0xFFFFFFF0)),
    "too long a wav": lambda: wav(rate=4000, bits=8, data=bytes(TOO_LONG_S * 4000)),
    "too long a flac": lambda: silence("FLAC", TOO_LONG_S),
    "too long an ogg": lambda: silence("OGG", TOO_LONG_S),
    "too long an opus": lambda: silence("OGG", TOO_LONG_S, subtype="OPUS"),
    "too long an mp3": lambda: b"".join(FRAMES) * (TOO_LONG_S // 2 + 5),
    "flac bomb without a length": lambda: flac_length(silence("FLAC", TOO_LONG_S), 0),
    "flac that declares 2^36 frames": lambda: flac_declaring(2**36 - 1),
    "flac that declares no frame": lambda: flac_declaring(0),
    "flac at no rate": lambda: flac_declaring(1000, rate=0),
    "flac magic and noise": lambda: b"fLaC" + NOISE,
    "flac header and noise": lambda: flac_declaring(100_000, more=NOISE * 10),
    "flac header and sync words": lambda: flac_declaring(10**6, more=b"\xff\xf8\xc9\x18" * 250_000),
    "flac header and headers": lambda: flac_declaring(10**6, more=flac_heads(30_000)),
    "flac with an endless picture": lambda: b"fLaC\x06\xff\xff\xff" + bytes(999),
    "flac of empty blocks": lambda: b"fLaC" + b"\1\0\0\0" * 100_000,
    "ogg magic and noise": lambda: b"OggS" + NOISE,
    "ogg magic again and again": lambda: b"OggS\0" * 100_000,
    "ogg of empty pages": lambda: (b"OggS\0\2" + bytes(21)) * 30_000,
    "ogg that is no sound": lambda: b"OggS\0\2" + bytes(20) + b"\x01\x1e\x80theora" + bytes(40),
    "ogg without its second header": lambda: OGG[:58] + OGG[5_000:],
    "id3 and nothing": lambda: id3(0),
    "id3 of 256 MB": lambda: b"ID3\4\0\0\x7f\x7f\x7f\x7f" + bytes(999),
    "id3 in id3 in id3": lambda: id3(30, id3(20, id3(10))) * 1_000,
    "id3 and html": lambda: id3(0) + b"<html>" * 50,
    "mp3 sync and noise": lambda: b"\xff\xfb" * 3000,
    "nothing but sync bits": lambda: b"\xff\xfb" + b"\xff" * 5_000_000,
    "headers without frames": lambda: b"\xff\xfb\x90\x00" * 500_000,
    "one cut mp3 frame": lambda: FRAMES[0][:50],
}  # fmt: skip


def flac_length(data, frames):
    packed = int.from_bytes(data[18:26]) >> 36 << 36 | frames
    return data[:18] + packed.to_bytes(8) + data[26:]


def flac_heads(count):
    """Return headers of FLAC frames, right to their checksums, without frames."""
    heads = []
    for number in range(1, 1 + count):
        coded = chr(number).encode() if not 0xD800 <= number < 0xE000 else b"\1"
        head = b"\xff\xf8\xc9\x08" + coded
        heads.append(head + bytes([_crc8(head)]) + b"\xff" * 6)
    return b"".join(heads)


# what is damaged, odd or lying, and yet holds sound: read as far as it goes
READ = {
    "wav under another name": lambda: WAV,
    "wav that declares 4 GB": lambda: wav(declared=0xFFFFFFFF, data=bytes(RATE)),
    "wav that declares a little": lambda: wav(declared=8, data=bytes(RATE)),
    "wav with an odd end": lambda: wav(data=bytes(RATE) + b"\1"),
    "wav with a lying alignment": lambda: wav(align=1, data=bytes(RATE)),
    "wav of no numbers": lambda: floats(np.nan, -np.nan, 0.5),
    "wav of infinities": lambda: floats(np.inf, -np.inf, 0.5),
    "wav of the largest floats": lambda: floats(3.4e38, -3.4e38),
    "wav of subnormal floats": lambda: floats(1e-45, -1e-45),
    "rf64 that lies": lambda: rf64((2**63, 2**63, 2**63)),
    "rf64 that says nothing": lambda: rf64((0, 0, 0)),
    "wav with long words": lambda: wav(before=chunk(b"LIST", 5_000_000, bytes(5_000_000))),
    "cut wav": lambda: WAV[: len(WAV) // 2],
    "cut flac": lambda: FLAC[: len(FLAC) // 2],
    "cut ogg": lambda: OGG[: len(OGG) // 2],
    "cut opus": lambda: OPUS[: len(OPUS) // 2],
    "cut mp3": lambda: MP3[: len(MP3) // 2],
    "flac with a hole": lambda: with_hole(FLAC, 0.4, bytes(5_000)),
    "flac with noise in it": lambda: with_hole(FLAC, 0.4, NOISE[:5_000]),
    "flac with headers in it": lambda: with_hole(FLAC, 0.4, flac_heads(500)),
    "flac that repeats itself": lambda: FLAC + FLAC[5_000:] * 20,
    "flac glued five hundred times": lambda: sound.encode(TONE[:500], RATE, format="FLAC") * 500,
    "flac and a hundred megabytes of nothing": lambda: (FLAC, 100 << 20),
    "ogg with a hole": lambda: with_hole(OGG, 0.4, bytes(5_000)),
    "ogg with noise in it": lambda: with_hole(OGG, 0.4, NOISE[:5_000]),
    "opus with noise in it": lambda: with_hole(OPUS, 0.4, NOISE[:5_000]),
    "ogg glued two hundred times": lambda: sound.encode(TONE[:500], RATE, format="OGG") * 200,
    "ogg and a hundred megabytes of nothing": lambda: (OGG, 100 << 20),
    "mp3 with a hole": lambda: with_hole(MP3, 0.4, bytes(5_000)),
    "mp3 with noise in it": lambda: with_hole(MP3, 0.4, NOISE[:5_000]),
    "mp3 with rubbish after every other frame": lambda: b"".join(
        frame + b"no" * (number % 2) for number, frame in enumerate(FRAMES)
    ),
    "mp3 glued two hundred times": lambda: sound.encode(TONE[:2_000], RATE) * 200,
    "mp3 and a hundred megabytes of nothing": lambda: (MP3, 100 << 20),
    "mp3 behind 20 MB of tag": lambda: id3(20_000_000) + MP3[FIRST_FRAME:],
    "mp3 behind a thousand tags": lambda: id3(20) * 1_000 + MP3[FIRST_FRAME:],
    "mp3 whose account counts 2^32": lambda: lying_account(b"\xff\xff\xff\xff"),
    "mp3 whose account counts none": lambda: lying_account(bytes(4)),
    "mp3 with every byte turned": lambda: b"".join(
        frame[:40] + bytes(255 - byte for byte in frame[40:]) for frame in FRAMES),
}  # fmt: skip


def lying_account(count):
    at = MP3.index(b"Xing") + 8
    return MP3[:at] + count + MP3[at + 4 :]


class Examiner:
    """A process that examines files; a new one when the last has died."""

    def __init__(self, sample):
        self._sample, self._process = sample, None

    def __call__(self, path):
        """Return what it says about a file."""
        process = self._process
        if process is None or process.poll() is not None:
            process = self._process = subprocess.Popen(
                [sys.executable, EXAMINING, str(LONGEST_S), self._sample],
                stdin=subprocess.PIPE, stdout=subprocess.PIPE, stderr=subprocess.DEVNULL, text=True,
                env={**os.environ, "OPENBLAS_NUM_THREADS": "1"},
            )  # fmt: skip
        process.stdin.write(json.dumps(str(path)) + "\n")
        process.stdin.flush()
        answer = process.stdout.readline()
        assert answer, f"the process that examined it died: {process.wait()}"
        return json.loads(answer)

    def close(self):
        """Let it end."""
        if self._process is not None:
            self._process.stdin.close()
            self._process.wait()
            self._process.stdout.close()


@pytest.fixture(scope="module")
def examiner(tmp_path_factory):
    """One process for all files, so that what one leaves behind hurts the next."""
    sample = tmp_path_factory.mktemp("sample") / "sample.mp3"
    sample.write_bytes(MP3)
    examiner = Examiner(sample)
    yield examiner
    examiner.close()


def written(path, content):
    """Write bytes, or bytes with so much nothing behind them."""
    data, size = content if isinstance(content, tuple) else (content, len(content))
    path.write_bytes(data)
    os.truncate(path, size)
    return path


@pytest.mark.parametrize("name", REFUSED)
def test_hostile_file_is_refused(examiner, tmp_path, name):
    """What is no sound, or too much of it, is a documented error within a second."""
    answer = examiner(written(tmp_path / "song.mp3", REFUSED[name]()))
    assert list(answer) == ["refused"]
    assert 0 < len(answer["refused"]) < 200


@pytest.mark.parametrize("name", READ)
def test_broken_file_is_read_as_far_as_it_goes(examiner, tmp_path, name):
    """What holds sound gives it within a second, and no more than is there."""
    answer = examiner(written(tmp_path / "song.mp3", READ[name]()))
    assert 0 < answer["frames"] <= LONGEST_S * 48_000


@pytest.mark.parametrize("kind", ["MP3", "FLAC", "OGG", "OPUS", "WAV"])
def test_file_cut_at_any_place_is_read_or_refused(examiner, tmp_path, kind):
    """There is no place at which a cut hangs, kills or fills the memory."""
    data = {"MP3": MP3, "FLAC": FLAC, "OGG": OGG, "OPUS": OPUS, "WAV": WAV}[kind]
    frames = []
    for stop in [*range(60), *range(60, 6_000, 331), *range(6_000, len(data), len(data) // 12)]:
        answer = examiner(written(tmp_path / "cut", data[:stop]))
        frames.append(answer.get("frames", 0))
    assert frames == sorted(frames)
    assert frames[-1] > 0.8 * len(TONE)


@pytest.mark.parametrize("kind", ["MP3", "FLAC", "OGG", "OPUS", "WAV"])
def test_file_with_a_flipped_byte_anywhere_is_read_or_refused(examiner, tmp_path, kind):
    """Damage of a byte, in the header above all, never hangs, kills or fills the memory."""
    data = {"MP3": MP3, "FLAC": FLAC, "OGG": OGG, "OPUS": OPUS, "WAV": WAV}[kind]
    for at in [*range(64), *np.random.default_rng(3).integers(64, len(data), 40)]:
        flipped = data[:at] + bytes([data[at] ^ 0xFF]) + data[at + 1 :]
        answer = examiner(written(tmp_path / "flipped", flipped))
        assert "refused" in answer or 0 < answer["frames"] <= 4 * len(TONE)


# ------------------------------------------------------------------------------- what is no file


def test_folder_pipe_device_and_nothing_are_refused(examiner, tmp_path):
    """Not even opening them waits for anybody."""
    os.mkfifo(tmp_path / "pipe")
    (tmp_path / "zero").symlink_to("/dev/zero")
    (tmp_path / "circle").symlink_to("circle")
    (tmp_path / "gone").symlink_to("nowhere")
    for name in (".", "pipe", "zero", "circle", "gone", "nowhere", "x" * 300):
        assert list(examiner(tmp_path / name)) == ["refused"], name
    assert list(examiner("a\0b")) == ["refused"]
    assert list(examiner("")) == ["refused"]


@pytest.mark.skipif(os.geteuid() == 0, reason="root may read everything")
def test_file_that_may_not_be_read_is_refused(tmp_path):
    """The reason is the system's own."""
    path = written(tmp_path / "song.wav", WAV)
    path.chmod(0)
    with pytest.raises(UndecodableAudio, match="Permission denied"):
        sound.examine(path)


def test_source_that_is_no_binary_file_is_refused():
    """Text, a closed file, a pipe and things that are no file."""
    closed = io.BytesIO(WAV)
    closed.close()
    reading, writing = os.pipe()
    os.close(writing)
    with os.fdopen(reading, "rb") as pipe:
        for source in (io.StringIO("RIFF"), closed, pipe, None, 7, object()):
            with pytest.raises(UndecodableAudio):
                sound.examine(source)


class Failing(io.BytesIO):
    """A file on a disk that fails after a while."""

    def read(self, count=-1):
        """Read, until it fails."""
        if self.tell() > 40_000:
            raise OSError(5, "Input/output error")
        return super().read(count)


@pytest.mark.parametrize("kind", ["MP3", "FLAC", "OGG", "WAV"])
def test_disk_that_fails_is_an_error_and_not_the_end(kind):
    """A read error is not taken for the end of the sound."""
    with pytest.raises(UndecodableAudio, match="Input/output error"):
        sound.examine(Failing(sound.encode(music(20), RATE, format=kind)))


def test_file_that_shrinks_while_it_is_read_just_ends(tmp_path):
    """Somebody else may write to it; nothing hangs or dies."""
    path = written(
        tmp_path / "song.flac", flac_length(sound.encode(music(30), RATE, format="FLAC"), 0)
    )
    with sound.Decoder(path) as decoder:
        blocks = decoder.blocks()
        frames = len(next(blocks))
        os.truncate(path, 1_000)
        frames += sum(len(block) for block in blocks)
    assert 0 < frames < 30 * RATE
