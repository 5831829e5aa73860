"""From a sound file to another: new files, as asked for, in constant memory."""

import resource
import signal
import subprocess
import sys
from pathlib import Path

import numpy as np
import pytest

from musicnb import sound
from musicnb.convert import Changes, amplified, convert, faded, resampled, trimmed
from musicnb.errors import ConfigurationError, InvalidInput, UndecodableAudio
from musicnb.measure import Gauge
from musicnb.sound import Encoding

RATE = 44_100
FULL = Path("/dev/full")


def music(seconds=8.0, rate=RATE, level=0.3):
    time = np.arange(int(seconds * rate)) / rate
    chord = np.stack([np.sin(2 * np.pi * n * time) for n in (220, 331)], axis=1)
    hits = np.exp(-8 * (time % 0.5))[:, None]
    return (level * chord * hits).astype(np.float32)


MUSIC = music()


@pytest.fixture(scope="module")
def original(tmp_path_factory):
    """Return a clip as a lossless file."""
    path = tmp_path_factory.mktemp("original") / "song.flac"
    path.write_bytes(sound.encode(MUSIC, RATE, format="FLAC", bits=24))
    return path


def names(folder):
    return sorted(path.name for path in folder.iterdir())


def gauged(source):
    with sound.Decoder(source) as decoder:
        gauge = Gauge(decoder.sample_rate, decoder.channels)
        for block in decoder.blocks():
            gauge.push(block)
    return gauge.close()


def cut(samples, *sizes):
    """Yield samples in blocks of the given sizes, again and again."""
    at, turn = 0, 0
    while at < len(samples):
        yield samples[at : at + sizes[turn % len(sizes)]]
        at, turn = at + sizes[turn % len(sizes)], turn + 1


# ------------------------------------------------------------------------------------ on samples

BLOCKS = [(65_536,), (1, 7, 1_000), (4_096,)]


@pytest.mark.parametrize("sizes", BLOCKS)
@pytest.mark.parametrize(("start", "end"), [(0, None), (100, 50_000), (44_100, None), (5, 6)])
def test_trimming_keeps_exactly_the_part(sizes, start, end):
    """The size of the blocks makes no difference."""
    samples = MUSIC[:60_000]
    kept = np.concatenate(list(trimmed(cut(samples, *sizes), start=start, end=end)))
    assert np.array_equal(kept, samples[start:end])


def test_trimming_reads_no_further_than_the_end():
    """A second of an hour costs a second."""

    def endless():
        yield MUSIC[:1_000]
        yield MUSIC[:1_000]
        raise AssertionError("read on")

    assert sum(len(block) for block in trimmed(endless(), end=1_500)) == 1_500


@pytest.mark.parametrize("sizes", BLOCKS)
def test_fades_rise_and_fall_along_a_raised_cosine(sizes):
    """Outside the fades every sample stays as it is."""
    ones = np.ones((50_000, 2), np.float32)
    shaped = np.concatenate(list(faded(cut(ones, *sizes), fade_in=10_000, fade_out=20_000)))
    assert len(shaped) == len(ones)
    assert (shaped[10_000:30_000] == 1).all()
    assert shaped[4_999, 0] == pytest.approx(0.5, abs=1e-3)
    assert shaped[40_000, 0] == pytest.approx(0.5, abs=1e-3)
    assert shaped[0, 0] < 1e-6 > shaped[-1, 0]
    assert (np.diff(shaped[:10_000, 0]) >= 0).all()
    assert (np.diff(shaped[30_000:, 0]) <= 0).all()


def test_fades_longer_than_the_sound_meet_in_it():
    """They do not fail, and the end is silent."""
    shaped = np.concatenate(
        list(faded([np.ones((100, 1), np.float32)], fade_in=1000, fade_out=1000))
    )
    assert len(shaped) == 100
    assert shaped[-1, 0] < 1e-3


@pytest.mark.parametrize("to", [8_000, 22_050, 44_101, 48_000, 96_000])
@pytest.mark.parametrize("sizes", BLOCKS)
def test_resampling_keeps_length_and_pitch(sizes, to):
    """A tone stays the same tone, at the same place, to the last frame."""
    time = np.arange(RATE) / RATE
    tone = np.stack([np.sin(2 * np.pi * 997 * time)] * 2, axis=1).astype(np.float32)
    blocks = resampled(cut(tone, *sizes), sample_rate=RATE, to=to, channels=2)
    changed = np.concatenate(list(blocks))
    assert abs(len(changed) - to) <= 1
    there = np.arange(len(changed)) / to
    error = changed[:, 0] - np.sin(2 * np.pi * 997 * there)
    assert np.abs(error[to // 10 : -to // 10]).max() < 1e-4


def test_resampling_without_soxr_names_the_extra(monkeypatch):
    """The error says what to install."""
    monkeypatch.setitem(sys.modules, "soxr", None)
    with pytest.raises(ConfigurationError, match=r"musicnb\[deliver\]"):
        list(resampled([MUSIC], sample_rate=RATE, to=48_000, channels=2))


def test_gain_is_in_decibels():
    """Six decibels are a factor of two."""
    (louder,) = amplified([MUSIC], 20 * np.log10(2))
    assert np.allclose(louder, 2 * MUSIC)


# -------------------------------------------------------------------------------------- to files

ENCODINGS = [
    Encoding("WAV"), Encoding("WAV", bits=24), Encoding("WAV", bits=32),
    Encoding("FLAC"), Encoding("FLAC", bits=24), Encoding("MP3"),
    Encoding("MP3", bitrate_kbps=128), Encoding("MP3", quality=0.5), Encoding("OGG"),
    Encoding("OGG", quality=0.9), Encoding("OPUS"), Encoding("OPUS", bitrate_kbps=96),
]  # fmt: skip


@pytest.mark.parametrize("encoding", ENCODINGS, ids=str)
def test_every_encoding_gives_the_whole_sound(original, tmp_path, encoding):
    """The file holds what was asked for; the original is not touched."""
    before = original.read_bytes(), original.stat().st_mtime_ns
    made = convert(original, tmp_path / f"made{encoding.suffix}", encoding)
    facts = sound.examine(made)
    assert (facts.problem, facts.duration_s) == (None, pytest.approx(made.duration_s))
    assert made.duration_s == pytest.approx(8.0, abs=0.001)
    assert made.size_bytes == made.path.stat().st_size
    if encoding.format in {"WAV", "FLAC"}:
        assert facts.bits == encoding.bits
        exact = 2.0 ** (1 - encoding.bits) if encoding.bits < 32 else 2.0**-23
        assert np.abs(sound.read(made).samples - MUSIC).max() <= exact
    assert (original.read_bytes(), original.stat().st_mtime_ns) == before


@pytest.mark.parametrize("kbps", [64, 96, 128, 160, 192, 256, 320])
def test_mp3_has_the_bitrate_that_was_asked_for(kbps):
    """Constant means every frame."""
    data = sound.encode(MUSIC, RATE, bitrate_kbps=kbps)
    assert sound.examine(data).bitrate_kbps == pytest.approx(kbps, rel=0.02)


def test_opus_comes_near_the_bitrate_that_was_asked_for():
    """It is a target, and higher ones are larger."""
    noise = np.random.default_rng(0).normal(0, 0.2, (48_000 * 4, 2)).astype(np.float32)
    sizes = [
        len(sound.encode(noise, 48_000, format="OPUS", bitrate_kbps=k)) for k in (64, 128, 256)
    ]
    for size, kbps in zip(sizes, (64, 128, 256), strict=True):
        assert size * 8 / 1000 / 4 == pytest.approx(kbps, rel=0.15)


@pytest.mark.parametrize(
    "options",
    [{"format": "AAC"}, {"format": "WAV", "bits": 12}, {"format": "FLAC", "bits": 32},
     {"format": "MP3", "bits": 24}, {"format": "WAV", "bitrate_kbps": 128},
     {"format": "MP3", "bitrate_kbps": 128, "quality": 1}, {"format": "OGG", "quality": 2}],
    ids=str,
)  # fmt: skip
def test_option_that_a_format_has_not_is_refused(options):
    """Nothing is silently left out."""
    with pytest.raises(ValueError, match=r".+"):
        Encoding(**options)


@pytest.mark.parametrize("value", [np.nan, np.inf, -np.inf])
@pytest.mark.parametrize("format_", sound.FORMATS)
def test_samples_that_are_no_numbers_are_not_encoded(format_, value):
    """LAME would end the process at the first one."""
    samples = np.zeros((48_000, 2), np.float32)
    samples[20_000] = value
    with pytest.raises(ValueError, match="finite"):
        sound.encode(samples, 48_000, format=format_)


def test_conversion_cuts_fades_and_resamples_at_once(original, tmp_path):
    """Seconds are those of the original."""
    changes = Changes(start_s=1, end_s=5, fade_in_s=0.5, fade_out_s=1, sample_rate=48_000)
    made = convert(original, tmp_path / "made.wav", Encoding("WAV", bits=24), changes)
    samples, rate = sound.read(made).samples, sound.read(made).sample_rate
    assert (len(samples), rate) == (4 * 48_000, 48_000)
    reference = np.concatenate(
        list(resampled([MUSIC[RATE : 5 * RATE]], sample_rate=RATE, to=48_000, channels=2))
    )
    assert np.abs(samples[24_000:144_000] - reference[24_000:144_000]).max() < 1e-5
    assert np.abs(samples[:100]).max() < 1e-3 > np.abs(samples[-100:]).max()


@pytest.mark.parametrize("encoding", ENCODINGS, ids=str)
@pytest.mark.parametrize("target", [-30.0, -20.0])
def test_loudness_is_reached_where_the_ceiling_allows(original, tmp_path, encoding, target):
    """Measured in the file that was written, lossy or not."""
    made = convert(
        original, tmp_path / f"made{encoding.suffix}", encoding, Changes(loudness_lufs=target)
    )
    read = gauged(made.path)
    assert read.loudness_lufs == pytest.approx(target, abs=0.15)
    assert read.true_peak_dbtp <= -1.0
    assert made.loudness_lufs == pytest.approx(read.loudness_lufs, abs=0.02)
    assert made.true_peak_dbtp == pytest.approx(read.true_peak_dbtp, abs=0.02)


@pytest.mark.parametrize("encoding", ENCODINGS, ids=str)
@pytest.mark.parametrize("ceiling", [-1.0, -3.0])
def test_ceiling_holds_where_loudness_cannot_be_reached(original, tmp_path, encoding, ceiling):
    """One gain is not enough, which is said; nothing is limited or clipped."""
    changes = Changes(loudness_lufs=-8, true_peak_dbtp=ceiling)
    made = convert(original, tmp_path / f"made{encoding.suffix}", encoding, changes)
    read = gauged(made.path)
    assert ceiling - 0.6 <= read.true_peak_dbtp <= ceiling + 0.005
    assert read.loudness_lufs < -8
    assert any("instead of -8" in note and "dBTP" in note for note in made.notes)


def test_silence_is_left_alone(tmp_path):
    """No gain makes it louder."""
    silent = sound.encode(np.zeros((RATE * 2, 2), np.float32), RATE, format="WAV")
    made = convert(silent, tmp_path / "a.wav", Encoding("WAV"), Changes(loudness_lufs=-14))
    assert made.gain_db == 0
    assert "silent" in made.notes[0]


def test_samples_beyond_full_scale_are_counted_or_kept(tmp_path):
    """Sixteen bits clip, floats do not."""
    loud = sound.encode(4 * MUSIC, RATE, format="WAV", bits=32)
    clipped = convert(loud, tmp_path / "a.wav", Encoding("WAV"))
    kept = convert(loud, tmp_path / "b.wav", Encoding("WAV", bits=32))
    beyond = int((np.abs(4 * MUSIC) > 1).sum())
    assert clipped.notes == (f"{beyond:,} samples beyond full scale were clipped",)
    assert kept.notes == ()
    assert np.array_equal(sound.read(kept).samples, 4 * MUSIC)


def test_what_is_wrong_with_the_original_is_said(tmp_path):
    """A damaged file is converted as far as it goes."""
    data = sound.encode(MUSIC, RATE, format="FLAC")
    made = convert(data[: len(data) // 2], tmp_path / "a.wav", Encoding("WAV"))
    assert "of the original" in made.notes[0]
    assert 0 < made.duration_s < 8


def test_file_that_is_there_is_never_replaced(original, tmp_path):
    """Neither one that was there, nor a link to nowhere, nor one that comes meanwhile."""
    taken = tmp_path / "taken.wav"
    taken.write_bytes(b"mine")
    (tmp_path / "link.wav").symlink_to(tmp_path / "nowhere.wav")
    for path in (taken, tmp_path / "link.wav"):
        with pytest.raises(FileExistsError):
            convert(original, path, Encoding("WAV"))

    late = tmp_path / "late.wav"

    def blocks():
        yield MUSIC
        late.write_bytes(b"mine")

    with pytest.raises(FileExistsError):
        sound.write(late, blocks(), RATE, 2, Encoding("WAV"))
    assert taken.read_bytes() == late.read_bytes() == b"mine"
    assert names(tmp_path) == ["late.wav", "link.wav", "taken.wav"]


@pytest.mark.parametrize("format_", sound.FORMATS)
def test_failed_conversion_leaves_nothing(tmp_path, format_):
    """Whatever goes wrong on the way, there is no half a file."""

    def blocks():
        yield np.zeros((30_000, 2), np.float32)
        raise KeyboardInterrupt

    encoding = Encoding(format_)
    with pytest.raises(KeyboardInterrupt):
        sound.write(tmp_path / "a", blocks(), 48_000, 2, encoding)
    with pytest.raises(UndecodableAudio):
        convert(b"<html>", tmp_path / "b", encoding)
    assert names(tmp_path) == []


@pytest.mark.parametrize("format_", ["WAV", "FLAC", "MP3", "OGG"])
def test_disk_that_fills_up_while_sound_is_encoded_is_told_once(tmp_path, capsys, format_):
    """By the error; libsndfile's callbacks, which cannot raise, print nothing besides."""
    noise = np.random.default_rng(1).uniform(-0.5, 0.5, (10 * RATE, 2)).astype(np.float32)
    before = resource.getrlimit(resource.RLIMIT_FSIZE)
    ignored = signal.signal(signal.SIGXFSZ, signal.SIG_IGN)
    resource.setrlimit(resource.RLIMIT_FSIZE, (50_000, before[1]))
    try:
        with pytest.raises(OSError, match="too large"):
            sound.write(tmp_path / "full", [noise], RATE, 2, Encoding(format_))
    finally:
        resource.setrlimit(resource.RLIMIT_FSIZE, before)
        signal.signal(signal.SIGXFSZ, ignored)
    assert capsys.readouterr().err == ""
    assert list(tmp_path.iterdir()) == []


@pytest.mark.parametrize("format_", sound.FORMATS)
@pytest.mark.skipif(not FULL.exists(), reason="there is no disk that is always full")
def test_full_disk_is_the_systems_own_error(format_):
    """Not a crash of the encoder, nor a file that only looks whole."""
    noise = np.random.default_rng(0).normal(0, 0.2, (48_000 * 5, 2)).astype(np.float32)
    with FULL.open("wb", buffering=0) as full, pytest.raises(OSError, match="No space"):
        sound.encode_into(full, [noise], 48_000, 2, Encoding(format_))


def test_part_behind_the_end_is_refused(original, tmp_path):
    """The length is said."""
    with pytest.raises(InvalidInput, match=r"behind the end, at 8\.00 s"):
        convert(original, tmp_path / "a.wav", Encoding("WAV"), Changes(start_s=8.5))
    assert names(tmp_path) == []


@pytest.mark.parametrize(
    ("changes", "field"),
    [({"start_s": -1}, "start_s"), ({"start_s": 2, "end_s": 2}, "end_s"),
     ({"end_s": float("nan")}, "end_s"), ({"end_s": 10**400}, "end_s"),
     ({"fade_in_s": "1"}, "fade_in_s"),
     ({"fade_out_s": float("inf")}, "fade_out_s"), ({"sample_rate": 1}, "sample_rate"),
     ({"sample_rate": 44_100.5}, "sample_rate"), ({"loudness_lufs": 3}, "loudness_lufs"),
     ({"true_peak_dbtp": 1}, "true_peak_dbtp"), ({"true_peak_dbtp": None}, "true_peak_dbtp")],
    ids=str,
)  # fmt: skip
def test_change_outside_reason_is_named(changes, field):
    """Before anything is read."""
    with pytest.raises(InvalidInput) as caught:
        Changes(**changes)
    assert [fault.field for fault in caught.value.faults] == [field]


LONG = """
import sys
from pathlib import Path
import numpy as np
from musicnb import sound
from musicnb.convert import Changes, convert
from musicnb.sound import Encoding

seconds, format_, path = int(sys.argv[1]), sys.argv[2], sys.argv[3]
noise = np.random.default_rng(0).normal(0, 0.2, (48_000, 2)).astype(np.float32)
sound.write(path + ".flac", (noise for _ in range(seconds)), 48_000, 2, Encoding("FLAC"))
changes = Changes(loudness_lufs=-30, fade_out_s=1, sample_rate=24_000)
made = convert(path + ".flac", path, Encoding(format_), changes)
# what getrusage tells is inherited from the process that started this one
peak = Path("/proc/self/status").read_text().split("VmHWM:")[1].split()[0]
print(made.duration_s, int(peak) // 1024)
"""


def long_conversion(tmp_path, seconds, format_):
    shown = subprocess.run(
        [sys.executable, "-c", LONG, str(seconds), format_, tmp_path / f"{seconds}.out"],
        capture_output=True, text=True, check=True,
    )  # fmt: skip
    duration_s, megabytes = shown.stdout.split()
    assert float(duration_s) == seconds
    return int(megabytes)


@pytest.mark.skipif(sys.platform != "linux", reason="reads the peak of memory as Linux tells it")
@pytest.mark.parametrize("format_", ["OGG", "OPUS", "WAV"])
def test_length_costs_no_memory(tmp_path, format_):
    """Eight times as long, the process grows by less than the sound of ten seconds; none dies."""
    short, long = (long_conversion(tmp_path, seconds, format_) for seconds in (20, 160))
    assert long - short < 16
