"""Clips of a real studio, converted: new files, and a record of what they were made of."""

import hashlib
import os
import subprocess
import sys

import pytest
import soundfile as sf

from musicnb import TextToMusic, sound
from musicnb.errors import InvalidInput, LibraryError


@pytest.fixture(scope="module")
def clip(studio):
    """One clip, made by the engine."""
    return studio.generate(
        TextToMusic("slow waltz for piano", model="minimax-music-2.6", instrumental=True)
    ).result()[0]


METHODS = {
    "to_wav": ".wav",
    "to_flac": ".flac",
    "to_mp3": ".mp3",
    "to_ogg": ".ogg",
    "to_opus": ".opus",
}


@pytest.mark.parametrize("method", METHODS)
def test_clip_is_converted_into_the_librarys_own_folder(studio, clip, method):
    """The parent is named in the file's tags and in the record; its bytes stay as they were."""
    before = hashlib.sha256(clip.path.read_bytes()).hexdigest()
    made = getattr(clip, method)(start_s=1, end_s=4, fade_out_s=0.5)
    assert made.path.parent == studio.library.folder / "conversions"
    assert made.path.suffix == METHODS[method]
    assert sound.examine(made).duration_s == pytest.approx(3, abs=0.001)
    with sf.SoundFile(made.path) as file:
        assert clip.clip_id in file.comment
        assert before in file.comment
        assert "sandbox" in file.comment
        assert file.title == clip.title
    record = clip.conversions()[-1]
    assert record.sha256 == hashlib.sha256(made.path.read_bytes()).hexdigest() == made.sha256
    assert (record.parent_clip_id, record.parent_sha256) == (clip.clip_id, before)
    assert (record.changes["start_s"], record.changes["end_s"]) == (1, 4)
    assert hashlib.sha256(clip.path.read_bytes()).hexdigest() == before == clip.record.sha256
    assert studio.library.verify().ok


def test_verify_tells_a_conversion_that_was_altered_from_one_that_was_moved(studio, clip):
    """A changed file is wrong; one that its owner took away is only not there."""
    whole = studio.library.verify().conversions_intact
    changed, moved = clip.to_wav(end_s=0.25), clip.to_wav(end_s=0.5)
    assert studio.library.verify().conversions_intact == whole + 2
    moved.path.unlink()
    checked = studio.library.verify()
    assert checked.ok
    assert [made.sha256 for made in checked.conversions_gone] == [moved.sha256]
    data = bytearray(changed.path.read_bytes())
    data[-1] ^= 1
    changed.path.write_bytes(data)
    checked = studio.library.verify()
    assert not checked.ok
    assert [made.sha256 for made in checked.conversions_altered] == [changed.sha256]
    assert f"{whole} conversions intact, 1 gone, 1 altered" in str(checked)
    changed.path.unlink()


def test_name_of_a_conversion_that_was_deleted_is_the_next_ones(studio, clip):
    """The file is compared with what was written there last."""
    first = clip.to_wav(end_s=0.25)
    first.path.unlink()
    second = clip.to_wav(end_s=0.5)
    assert second.path == first.path
    checked = studio.library.verify()
    assert checked.ok
    assert not any(made.file.endswith(first.path.name) for made in checked.conversions_gone)


def test_second_conversion_gets_a_name_of_its_own(clip):
    """Nothing is replaced."""
    first, second = (clip.to_wav(end_s=0.5) for _ in range(2))
    assert first.path != second.path
    assert first.path.exists()
    assert second.path.exists()


def test_path_may_be_a_file_a_folder_or_a_name_without_ending(clip, tmp_path):
    """What is missing is added."""
    assert clip.to_flac(tmp_path / "a.flac", end_s=0.5).path == tmp_path / "a.flac"
    assert clip.to_flac(tmp_path / "b", end_s=0.5).path == tmp_path / "b.flac"
    assert clip.to_flac(str(tmp_path), end_s=0.5).path.parent == tmp_path
    assert len(list(tmp_path.iterdir())) == 3


def test_name_that_is_taken_or_unfit_is_refused(clip, tmp_path):
    """Neither the clip itself nor anything else is overwritten."""
    taken = tmp_path / "taken.wav"
    taken.write_bytes(b"mine")
    for path in (taken, clip.path, tmp_path / "song.mp3", "a\0b.wav", 7):
        with pytest.raises(InvalidInput):
            clip.to_wav(path)
    assert taken.read_bytes() == b"mine"
    assert [path.name for path in tmp_path.iterdir()] == ["taken.wav"]
    with pytest.raises(LibraryError, match="cannot be written"):
        clip.to_wav(tmp_path / "nowhere" / "a.wav")


def test_option_outside_reason_is_refused_with_the_others(clip):
    """One error names them all."""
    with pytest.raises(InvalidInput) as caught:
        clip.to_wav(start_s=-1, loudness_lufs=12)
    assert [fault.field for fault in caught.value.faults] == ["start_s", "loudness_lufs"]
    with pytest.raises(InvalidInput, match="bits"):
        clip.to_flac(bits=32)
    with pytest.raises(InvalidInput, match="kb/s"):
        clip.to_mp3(bitrate_kbps=1_000)


def test_clip_that_is_gone_or_no_file_is_said(clip, tmp_path):
    """Without waiting for anybody."""
    aside = clip.path.rename(tmp_path / "aside")
    try:
        with pytest.raises(LibraryError, match="gone"):
            clip.to_wav()
        os.mkfifo(clip.path)
        with pytest.raises(LibraryError, match="gone"):
            clip.to_wav()
        clip.path.unlink()
    finally:
        aside.rename(clip.path)


def test_loudness_of_a_clip_is_set_and_told(clip):
    """What came of it stands in the result."""
    made = clip.to_wav(loudness_lufs=-20, bits=24)
    assert made.loudness_lufs == pytest.approx(-20, abs=0.1)
    assert "-20.0 LUFS" in str(made)
    assert clip.conversions()[-1].changes["loudness_lufs"] == -20


SECOND = """
import sys
from musicnb import Studio

with Studio(sys.argv[1], quiet=True) as studio:
    assert studio.read_only
    clip = next(clip for clip in studio.clips() if clip.clip_id == sys.argv[2])
    print(clip.to_wav(end_s=0.5).sha256)
"""


def test_second_notebook_can_convert_while_the_first_works(studio, clip):
    """It only reads the journal, and the record is not in it."""
    shown = subprocess.run(
        [sys.executable, "-c", SECOND, studio.library.folder, clip.clip_id],
        capture_output=True,
        text=True,
        check=True,
    )
    assert clip.conversions()[-1].sha256 == shown.stdout.strip()


def test_file_without_a_record_is_not_left(clip):
    """Where the record cannot be written, nobody could tell what the file is."""
    folder = clip.to_wav(end_s=0.2).path.parent
    record = folder / "record.jsonl"
    aside = record.rename(folder / "aside")
    before = sorted(path.name for path in folder.iterdir())
    record.mkdir()
    try:
        with pytest.raises(LibraryError, match="written down"):
            clip.to_wav(end_s=0.2)
    finally:
        record.rmdir()
        after = sorted(path.name for path in folder.iterdir())
        aside.rename(record)
    assert after == before
