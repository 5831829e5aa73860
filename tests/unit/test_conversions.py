"""The record of what was made of clips: durable, sealed, and in nobody's way."""

import json
import multiprocessing

import pytest

from musicnb.errors import LibraryError
from musicnb.library import Conversions, Uploads

FACTS = {
    "sha256": "1" * 64,
    "size_bytes": 10,
    "parent_clip_id": "tsk_1-1",
    "parent_sha256": "0" * 64,
    "changes": {"format": "WAV", "end_s": 3.5},
    "made_at": 1.0,
}


@pytest.fixture
def conversions(tmp_path):
    return Conversions(tmp_path)


def test_what_was_added_is_read_back(conversions, tmp_path):
    """Inside the library paths are relative, elsewhere absolute."""
    inside = conversions.add(tmp_path / "conversions" / "a.wav", **FACTS)
    outside = conversions.add(tmp_path.parent / "é.wav", **{**FACTS, "parent_clip_id": "tsk_1-2"})
    assert Conversions(tmp_path).all() == (inside, outside)
    assert inside.file == "conversions/a.wav"
    assert conversions.path(outside) == tmp_path.parent / "é.wav"
    assert conversions.of("tsk_1-2") == (outside,)


def test_library_without_conversions_has_none(conversions, tmp_path):
    """Asking makes no folder."""
    assert (conversions.all(), conversions.unreadable) == ((), 0)
    assert list(tmp_path.iterdir()) == []


def test_line_that_was_cut_or_altered_costs_no_other(conversions, tmp_path):
    """A crash in the middle of a line, or a flipped bit, leaves the rest readable."""
    first = conversions.add(tmp_path / "a.wav", **FACTS)
    record = tmp_path / "conversions" / "record.jsonl"
    whole = record.read_bytes()
    record.write_bytes(whole + whole[: len(whole) // 2])
    third = conversions.add(tmp_path / "c.wav", **FACTS)
    altered = json.loads(whole) | {"size_bytes": 11}
    with record.open("ab") as file:
        file.write(json.dumps(altered).encode() + b"\n[]\n7\n\xff\xfe\n")
    assert conversions.all() == (first, third)
    assert conversions.unreadable == 5


def add_many(folder, number):
    conversions = Conversions(folder)
    for count in range(50):
        conversions.add(folder / f"{number}-{count}.wav", **FACTS)


def test_two_processes_do_not_mix_their_lines(conversions, tmp_path):
    """A second notebook may convert while the first one does."""
    context = multiprocessing.get_context("spawn")
    processes = [context.Process(target=add_many, args=(tmp_path, n)) for n in range(2)]
    for process in processes:
        process.start()
    for process in processes:
        process.join()
    assert (len(conversions.all()), conversions.unreadable) == (100, 0)


@pytest.mark.parametrize("words", ["../../etc/passwd", "a\0b", "", "CON", "é/ü\\..", "x" * 999])
def test_name_of_a_conversion_stays_in_its_folder(conversions, words):
    """Text from outside builds no path."""
    names = conversions.names(words, ".wav")
    first, second = next(names), next(names)
    assert first.parent == second.parent == conversions.folder
    assert first.name != second.name
    first.write_bytes(b"")


def test_folder_that_cannot_be_made_is_an_error_of_ours(tmp_path):
    """A file lies where the folder should be."""
    (tmp_path / "conversions").write_bytes(b"")
    with pytest.raises(LibraryError, match="cannot be made"):
        Conversions(tmp_path).add(tmp_path / "a.wav", **FACTS)


def test_record_that_cannot_be_read_is_no_empty_one(tmp_path):
    """What somebody stated about rights does not vanish without a word."""
    (tmp_path / "uploads" / "record.jsonl").mkdir(parents=True)
    with pytest.raises(LibraryError, match="cannot be read"):
        Uploads(tmp_path).rights_in("sandbox", "art_1")
