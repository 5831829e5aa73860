"""Damaged, mislabelled and glued sound files: every frame that is there is kept, and it is said."""

import io
import struct

import numpy as np
import pytest
import soundfile as sf

from musicnb import sound
from musicnb.errors import UndecodableAudio
from musicnb.sound._mpeg import header

RATE = 44_100
SECONDS = 12
HOLE = 20_000
RUBBISH = {"zeros": bytes(HOLE), "noise": np.random.default_rng(7).bytes(HOLE), "nothing": b""}


def music(seconds=SECONDS, rate=RATE, channels=2):
    """Loud and quiet by turns, so that a variable bitrate varies."""
    time = np.arange(int(seconds * rate)) / rate
    envelope = np.where(time % 4 < 2, 0.02, 0.5)[:, None]
    chord = np.stack([np.sin(2 * np.pi * 110 * (5 + n) * time) for n in range(channels)], axis=1)
    hiss = np.random.default_rng(1).normal(0, 0.2, chord.shape)
    return np.clip(envelope * (chord / 2 + hiss), -0.99, 0.99).astype(np.float32)


MUSIC = music()
MP3, FLAC, OGG, WAV = (
    sound.encode(MUSIC, RATE, format=name) for name in ("MP3", "FLAC", "OGG", "WAV")
)
OPUS = sound.encode(music(rate=48_000), 48_000, format="OPUS")
WHOLE = {"MP3": MP3, "FLAC": FLAC, "OGG": OGG, "WAV": WAV, "OPUS": OPUS}
MPEG_FRAMES = 1_152


def decoded(data):
    with sound.Decoder(data) as decoder:
        return np.concatenate(list(decoder.blocks())), decoder.facts


def naive_frames(data):
    """Count what soundfile alone gives."""
    try:
        return len(sf.read(io.BytesIO(data))[0])
    except (sf.LibsndfileError, ValueError, MemoryError):
        return 0


def first_mpeg_frame(data):
    """Return the offset and length of the frame that holds the encoder's account."""
    start = data.index(b"\xff\xfb")
    return start, data.index(b"\xff\xfb", start + 200) - start


def untagged(data):
    start, length = first_mpeg_frame(data)
    return data[start + length :]


def with_hole(data, rubbish, at=0.5):
    start = int(len(data) * at)
    return data[:start] + rubbish + data[start + HOLE :]


@pytest.mark.parametrize("name", WHOLE)
def test_whole_file_has_no_problem(name):
    """Nothing is said about a file that is as it should be."""
    samples, facts = decoded(WHOLE[name])
    assert (facts.problem, facts.whole) == (None, True)
    assert facts.declared_s == facts.duration_s == SECONDS == len(samples) / facts.sample_rate


@pytest.mark.parametrize("name", WHOLE)
def test_bytes_path_and_open_file_give_the_same(tmp_path, name):
    """Where the bytes come from makes no difference, and an open file stays open."""
    path = tmp_path / "file"
    path.write_bytes(WHOLE[name])
    with path.open("rb") as opened:
        opened.seek(100)
        sources = [path, str(path), WHOLE[name], memoryview(WHOLE[name]), opened]
        first, *others = [sound.read(source).samples for source in sources]
        assert not opened.closed
    assert all(np.array_equal(first, other) for other in others)


def test_blocks_are_the_whole_read():
    """Decoded in blocks or at once by soundfile, the samples are the same."""
    for name in ("FLAC", "WAV", "OGG"):
        expected = sf.read(io.BytesIO(WHOLE[name]), dtype="float32")[0]
        assert np.array_equal(decoded(WHOLE[name])[0], expected)


# --------------------------------------------------------------------------------------------- MP3


def test_untagged_vbr_mp3_keeps_every_frame():
    """Without an account libsndfile guesses from the first bitrate and loses the rest."""
    data = untagged(MP3)
    samples, facts = decoded(data)
    assert naive_frames(data) < 0.8 * len(MUSIC)
    assert (facts.whole, facts.declared_s) == (True, None)
    assert "no length" in facts.problem
    # the account knew how much the encoder had put in front: 576 frames more are given now
    expected = sound.read(MP3).samples
    assert len(samples) >= len(MUSIC)
    assert np.abs(samples[576 : 576 + len(MUSIC)] - expected).max() < 1e-4


@pytest.mark.parametrize("rubbish", RUBBISH)
def test_mp3_with_a_hole_keeps_what_is_behind_it(rubbish):
    """Both sides of the hole are there, the later one to its last sample."""
    samples, facts = decoded(with_hole(MP3, RUBBISH[rubbish]))
    expected = sound.read(MP3).samples
    assert not facts.whole
    assert "damaged" in facts.problem
    lost = len(MUSIC) - len(samples)
    assert 0 < lost < 2.5 * RATE * HOLE * SECONDS / len(MP3) * 1.5
    half = RATE * SECONDS // 3
    assert np.abs(samples[:half] - expected[:half]).max() < 1e-6
    # what the encoder added at the end is not cut off any more
    tail = samples[-half:]
    matches = [n for n in range(3 * MPEG_FRAMES) if np.allclose(
        tail[: len(tail) - n][-5_000:], expected[-5_000:], atol=1e-4)]  # fmt: skip
    assert matches


def test_glued_mp3s_are_both_there():
    """Each part is decoded by its own account, to the sample."""
    samples, facts = decoded(MP3 + MP3)
    assert naive_frames(MP3 + MP3) == len(MUSIC)
    expected = sound.read(MP3).samples
    assert np.array_equal(samples, np.concatenate([expected, expected]))
    assert (facts.problem, facts.whole) == ("2 files glued together", True)
    assert facts.declared_s == 2 * SECONDS


def test_mp3_glued_to_one_at_another_rate_says_what_is_left_out():
    """Two rates cannot be one sound."""
    other = sound.encode(music(2, 22_050), 22_050)
    samples, facts = decoded(MP3 + other)
    assert len(samples) == len(MUSIC)
    assert not facts.whole
    assert "left out" in facts.problem


@pytest.mark.parametrize("share", [0.1, 0.5, 0.9, 0.999])
def test_cut_mp3_keeps_every_whole_frame(share):
    """A cut file loses at most what was cut."""
    samples, facts = decoded(MP3[: int(len(MP3) * share)])
    expected = sound.read(MP3).samples
    assert np.abs(samples - expected[: len(samples)]).max() < 1e-4
    assert not facts.whole or facts.frames > len(MUSIC) - 2 * MPEG_FRAMES
    assert facts.declared_s == SECONDS


def test_mp3_whose_account_counts_too_few_is_read_to_its_end():
    """Frames behind the declared end are sound, too."""
    at = MP3.index(b"Xing") + 8
    count = int.from_bytes(MP3[at : at + 4])
    lying = MP3[:at] + (count // 3).to_bytes(4) + MP3[at + 4 :]
    samples, facts = decoded(lying)
    assert naive_frames(lying) < len(MUSIC) / 2
    expected = sound.read(MP3).samples
    assert np.abs(samples[: len(expected)] - expected).max() < 1e-6
    assert facts.whole
    assert "promises" in facts.problem


def id3(size, version=4):
    packed = bytes(size >> shift & 0x7F for shift in (21, 14, 7, 0))
    return b"ID3" + bytes([version, 0, 0]) + packed + bytes(size)


@pytest.mark.parametrize(
    "tags",
    [id3(100), id3(5_000_000), id3(100) * 3, id3(0) + id3(70_000), id3(10) + bytes(500)],
    ids=["one", "huge", "three", "empty and large", "one and zeros"],
)
def test_mp3_behind_any_tags_is_whole(tags):
    """Tags at the front, large or many, are no sound and no damage."""
    start, _ = first_mpeg_frame(MP3)
    samples, facts = decoded(tags + MP3[start:])
    assert (len(samples), facts.whole) == (len(MUSIC), True)
    assert 100 < facts.bitrate_kbps < 320


@pytest.mark.parametrize(
    "tail",
    [b"TAG" + bytes(125), b"APETAGEX" + struct.pack("<IIII", 2000, 64, 1, 0x80000000) + bytes(72),
     b"LYRICSBEGIN" + bytes(300), bytes(50)],
    ids=["id3v1", "ape", "lyrics", "zeros"],
)  # fmt: skip
def test_tag_at_the_end_of_an_mp3_is_no_damage(tail):
    """Old tags stand behind the sound."""
    samples, facts = decoded(MP3 + tail)
    assert (len(samples), facts.problem) == (len(MUSIC), None)


def test_mp3_with_an_account_of_fraunhofers_is_read_to_its_end():
    """Elsewhere such a frame is played as sound, and the length is guessed."""
    body = untagged(MP3)
    account = bytearray(body[:4]) + bytes(32) + b"VBRI" + bytes(10) + (9_999).to_bytes(4)
    account[2] = 9 << 4 | account[2] & 0x0C
    account += bytes(417 - len(account))
    samples, _ = decoded(bytes(account) + body)
    plain, _ = decoded(body)
    assert np.array_equal(samples, plain)


@pytest.mark.parametrize("rate", [8_000, 16_000, 22_050, 24_000, 32_000, 48_000])
@pytest.mark.parametrize("channels", [1, 2])
def test_untagged_mp3_of_every_rate_keeps_every_frame(rate, channels):
    """The frames of MPEG 1, 2 and 2.5 are counted alike."""
    samples = music(4, rate, channels)
    data = sound.encode(samples, rate)
    start = next(n for n in range(len(data)) if data[n] == 0xFF and data[n + 1] & 0xE6 == 0xE2)
    account = header(data[start : start + 4])
    body = data[start + account.length :]
    assert len(decoded(body)[0]) >= len(samples)


# -------------------------------------------------------------------------------------------- FLAC


def flac_total(data, frames):
    """Return a FLAC file that declares another length; its last 36 of 64 bits hold it."""
    packed = int.from_bytes(data[18:26]) >> 36 << 36 | frames
    return data[:18] + packed.to_bytes(8) + data[26:]


@pytest.mark.parametrize("declared", [0, 1, 100_000, len(MUSIC) - 1, len(MUSIC) + 1, 2**36 - 1])
def test_flac_is_read_to_its_end_whatever_it_declares(declared):
    """Every sample is there, bit for bit."""
    samples, facts = decoded(flac_total(FLAC, declared))
    assert np.array_equal(samples, sound.read(FLAC).samples)
    assert facts.problem is not None
    assert facts.whole == (declared <= len(MUSIC))


@pytest.mark.parametrize("rubbish", RUBBISH)
@pytest.mark.parametrize("at", [0.2, 0.5, 0.9])
def test_flac_with_a_hole_keeps_what_is_behind_it(rubbish, at):
    """Only the frames that the hole touches are lost."""
    samples, facts = decoded(with_hole(FLAC, RUBBISH[rubbish], at))
    expected = sound.read(FLAC).samples
    assert not facts.whole
    assert "damaged" in facts.problem
    lost = len(expected) - len(samples)
    # noise needs most of its bits: a block of 4,096 frames is about 10,000 bytes, a quiet one less
    assert 0 < lost <= 5 * 4_096
    same = int(np.argmin(np.all(samples[: len(expected)] == expected[: len(samples)], axis=1)))
    assert np.array_equal(samples[same:], expected[same + lost :])


@pytest.mark.parametrize("loudness", [0.001, 0.3], ids=["short blocks", "long blocks"])
def test_flac_with_many_holes_keeps_all_the_rest(loudness):
    """Each time it goes on at the next frame; nothing is given twice or in another order."""
    count = RATE * SECONDS
    # 24 bits that number the frames, and noise that makes the blocks long
    numbers = np.arange(count) - count // 2
    noise = np.random.default_rng(2).normal(0, loudness, count)
    original = np.stack([numbers / 2**23, np.clip(noise, -0.9, 0.9)], axis=1).astype(np.float32)
    data = bytearray(sound.encode(original, RATE, format="FLAC", bits=24))
    places = range(len(data) // 20, len(data) - 10_000, len(data) // 9)
    for place in places:
        data[place : place + 50] = bytes(50)
    samples, facts = decoded(bytes(data))
    assert not facts.whole
    assert 0 < count - len(samples) <= 2 * 4_096 * len(places)
    kept = np.rint(samples[:, 0] * 2**23).astype(int) + count // 2
    assert (np.diff(kept) > 0).all()
    assert np.abs(samples - original[kept]).max() < 2**-22


@pytest.mark.parametrize("share", [0.1, 0.5, 0.99])
def test_cut_flac_keeps_every_whole_frame(share):
    """What precedes the cut is there, bit for bit."""
    samples, facts = decoded(FLAC[: int(len(FLAC) * share)])
    expected = sound.read(FLAC).samples
    assert np.array_equal(samples, expected[: len(samples)])
    assert len(samples) > share * len(expected) * 0.7
    assert (facts.whole, facts.declared_s) == (False, SECONDS)


def test_glued_flacs_are_both_there():
    """The second begins with a header of its own."""
    samples, facts = decoded(FLAC + FLAC)
    expected = sound.read(FLAC).samples
    assert np.array_equal(samples, np.concatenate([expected, expected]))
    assert (facts.problem, facts.whole) == ("2 files glued together", True)


@pytest.mark.parametrize("tail", [b"TAG" + bytes(125), bytes(300)], ids=["id3v1", "zeros"])
def test_tag_at_the_end_of_a_flac_is_no_damage(tail):
    """What follows the last frame is not missing from the sound."""
    samples, facts = decoded(FLAC + tail)
    assert (len(samples), facts.problem) == (len(MUSIC), None)


def test_flac_behind_a_tag_is_a_flac():
    """Some programs tag FLAC files as if they were MP3."""
    samples, facts = decoded(id3(3_000) + FLAC)
    assert (len(samples), facts.kind.format, facts.problem) == (len(MUSIC), "FLAC", None)


# --------------------------------------------------------------------------------------------- OGG


@pytest.mark.parametrize("name", ["OGG", "OPUS"])
@pytest.mark.parametrize("rubbish", RUBBISH)
def test_ogg_with_a_hole_keeps_what_is_behind_it(name, rubbish):
    """Only the pages that the hole touches are lost."""
    data = WHOLE[name]
    samples, facts = decoded(with_hole(data, RUBBISH[rubbish]))
    expected = sound.read(data).samples
    lost = len(expected) - len(samples)
    assert not facts.whole
    assert "damaged" in facts.problem
    pages = (HOLE + 2 * 65_307) / len(data)
    assert 0 < lost < pages * len(expected)
    assert np.abs(samples[-RATE:] - expected[-RATE:]).max() < 1e-3


@pytest.mark.parametrize("name", ["OGG", "OPUS"])
def test_cut_ogg_says_so(name):
    """The last page that is there is not taken for the end."""
    samples, facts = decoded(WHOLE[name][: len(WHOLE[name]) // 2])
    assert not facts.whole
    assert "cut" in facts.problem
    assert 0.3 * SECONDS < len(samples) / facts.sample_rate < 0.7 * SECONDS


@pytest.mark.parametrize("name", ["OGG", "OPUS"])
def test_packets_of_a_cut_page_are_kept(name):
    """A page may hold more than a second; what of it is whole is written anew and decoded."""
    data = WHOLE[name]
    last = data.rindex(b"OggS")
    before, _ = decoded(data[:last])
    expected = sound.read(data).samples
    samples, facts = decoded(data[: last + (len(data) - last) * 3 // 4])
    assert len(before) < len(samples) < len(expected)
    share = (len(samples) - len(before)) / (len(expected) - len(before))
    assert 0.4 < share < 0.9
    assert np.abs(samples - expected[: len(samples)]).max() < 1e-3
    assert not facts.whole


@pytest.mark.parametrize("name", ["OGG", "OPUS"])
def test_chained_oggs_are_all_there(name):
    """All streams are read, and not the first one only."""
    data = WHOLE[name]
    samples, facts = decoded(data * 3)
    assert len(samples) == 3 * len(sound.read(data).samples)
    assert (facts.problem, facts.whole) == ("3 files glued together", True)


# --------------------------------------------------------------------------------------------- WAV


def wav_size(data, size):
    at = data.index(b"data") + 4
    return data[:at] + struct.pack("<I", size) + data[at + 4 :]


@pytest.mark.parametrize("size", [0, 4, 1_000, 0x7FFFF000, 0xFFFFFFFE, 0xFFFFFFFF])
def test_wav_is_read_to_its_end_whatever_it_declares(size):
    """Recorders that crash and programs that stream leave any size."""
    samples, facts = decoded(wav_size(WAV, size))
    assert np.array_equal(samples, sound.read(WAV).samples)
    assert facts.whole
    assert facts.problem is not None


def test_cut_wav_keeps_every_frame():
    """Half a frame at the end is none."""
    at = WAV.index(b"data") + 8
    samples, facts = decoded(WAV[: at + 4 * 100_000 + 3])
    assert len(samples) == 100_000
    assert (facts.whole, facts.declared_s) == (False, SECONDS)


def test_chunk_behind_the_data_is_no_sound():
    """A WAV may end with words."""
    words = (
        b"LIST" + struct.pack("<I", 26) + b"INFOINAM" + struct.pack("<I", 14) + b"a name of it\0\0"
    )
    samples, facts = decoded(WAV + words)
    assert (len(samples), facts.problem) == (len(MUSIC), None)


def test_wav_that_holds_nothing_is_no_sound():
    """A declared size of nothing is true where nothing follows."""
    at = WAV.index(b"data") + 8
    with pytest.raises(UndecodableAudio, match="no sound"):
        decoded(wav_size(WAV[:at], 0))


@pytest.mark.parametrize("bits", [16, 24, 32])
@pytest.mark.parametrize("rate", [4_000, 11_025, 37_800, 96_000, 192_000])
@pytest.mark.parametrize("channels", [1, 2, 6])
def test_wav_of_any_rate_width_and_channels_is_read_exactly(bits, rate, channels):
    """Odd rates and 24 bits are nothing special; floats may exceed full scale."""
    samples = music(0.3, rate, channels) * (3 if bits == 32 else 1)
    data = sound.encode(samples, rate, format="WAV", bits=bits)
    back, facts = decoded(data)
    assert (facts.sample_rate, facts.channels, facts.bits) == (rate, channels, bits)
    assert np.abs(back - samples).max() <= (0 if bits == 32 else 2.0 ** (1 - bits))


def test_float_wav_with_samples_that_are_no_numbers_says_how_many():
    """They are given as they are: measuring and converting know what to do."""
    samples = music(1)
    samples[100:110] = np.nan
    samples[200, 0] = np.inf
    buffer = io.BytesIO()
    sf.write(buffer, samples, RATE, format="WAV", subtype="FLOAT")
    back, facts = decoded(buffer.getvalue())
    assert np.array_equal(back, samples, equal_nan=True)
    assert facts.problem == "21 samples are no finite numbers"
    assert facts.whole


@pytest.mark.parametrize(
    ("name", "encoding", "bits"),
    [("WAV", "PCM_16", 16), ("FLAC", "PCM_16", 16), ("MP3", "MPEG_LAYER_III", None),
     ("OGG", "VORBIS", None), ("OPUS", "OPUS", None)],
)  # fmt: skip
def test_facts_tell_encoding_bits_and_bitrate(name, encoding, bits):
    """What people ask about a file comes without another reading."""
    _, facts = decoded(WHOLE[name])
    assert (facts.encoding, facts.bits) == (encoding, bits)
    assert facts.bitrate_kbps == pytest.approx(len(WHOLE[name]) * 8 / 1000 / SECONDS, rel=0.05)
