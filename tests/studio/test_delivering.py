"""Clips of a real studio, delivered: cut down, conformed, and written down with their parent."""

import hashlib
import json

import pytest
import soundfile as sf

from musicnb import TextToMusic
from musicnb.errors import InvalidInput


@pytest.fixture(scope="module")
def clip(studio):
    """One clip, made by the engine."""
    return studio.generate(
        TextToMusic("bright pop, 20 seconds", model="minimax-music-2.6", instrumental=True)
    ).result()[0]


def test_clip_is_cut_down_and_conformed_with_a_record_of_its_parent(studio, clip):
    """Fifteen seconds to the sample, at the broadcaster's level, and the original as it was."""
    before = hashlib.sha256(clip.path.read_bytes()).hexdigest()
    plan = clip.cut_down(15)
    made = clip.conform("ebu-r128", plan=plan)
    assert made.passed, made.problems
    assert made.frames == 15 * 48_000 == sf.info(made.path).frames
    assert made.loudness_lufs == pytest.approx(-23, abs=0.3)
    assert made.path.parent == studio.library.folder / "conversions"
    assert made.path.name.endswith("ebu-r128-15s.wav")
    record = clip.conversions()[-1]
    assert (record.parent_clip_id, record.parent_sha256) == (clip.clip_id, before)
    assert record.sha256 == made.sha256
    assert record.changes["profile"] == "ebu-r128"
    assert record.changes["edit_list"] == json.loads(json.dumps(plan.edit_list()))
    with sf.SoundFile(made.path) as file:
        assert file.title == clip.title
        assert "Prompt: bright pop, 20 seconds" in file.comment
        assert f"Task: {clip.job.task_id}" in file.comment
        assert before in file.comment
        assert "Sandbox: " in file.comment
        assert "artificial intelligence" in file.comment
    assert hashlib.sha256(clip.path.read_bytes()).hexdigest() == before
    assert studio.library.verify().ok


def test_whole_clip_goes_where_it_is_told_and_replaces_nothing(clip, tmp_path):
    """With words of one's own about AI."""
    made = clip.conform("podcast-16", tmp_path / "show", disclosure="Composed by a machine.")
    assert made.path == tmp_path / "show.mp3"
    with sf.SoundFile(made.path) as file:
        assert "Disclosure: Composed by a machine." in file.comment
    before = made.path.read_bytes()
    with pytest.raises(InvalidInput, match="choose another name"):
        clip.conform("podcast-16", tmp_path / "show")
    with pytest.raises(InvalidInput, match="ends in"):
        clip.conform("podcast-16", tmp_path / "show.wav")
    with pytest.raises(InvalidInput, match="ebu-r128"):
        clip.conform("nowhere")
    assert made.path.read_bytes() == before


def test_loop_of_a_clip_is_a_file_with_its_parent_named_by_bars_tempo_and_key(clip):
    """The best of its loops, without a click, and the record says where it lay."""
    planned = clip.loops(4, most=1)[0]
    made = clip.loop(4)
    assert made.passed, made.problems
    assert made.frames == planned.frames == sf.info(made.path).frames
    assert made.path.name.endswith(f"_{planned.words}.wav")
    record = clip.conversions()[-1]
    assert (record.parent_clip_id, record.sha256) == (clip.clip_id, made.sha256)
    assert record.changes["edit_list"] == json.loads(json.dumps(planned.edit_list()))
    with sf.SoundFile(made.path) as file:
        assert "Loop: 4 bars" in file.comment
    with pytest.raises(InvalidInput, match="format"):
        clip.loop(4, format="AAC")
