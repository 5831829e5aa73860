"""Files to measures: one or many, cached or not, in processes or in any executor."""

import json
import os
import sys
import threading
from concurrent.futures import Executor, Future, ThreadPoolExecutor

import numpy as np
import pytest

from musicnb import measure_file, measure_many
from musicnb.analysis import MeasureCache, _cache
from musicnb.errors import InvalidInput, UndecodableAudio
from musicnb.sound import encode


def tone(seconds=2.0, level=0.1):
    time = np.arange(round(seconds * 44_100)) / 44_100
    wave = level * np.sin(2 * np.pi * 440 * time)
    return np.stack([wave, 0.5 * wave], axis=1).astype(np.float32)


@pytest.fixture
def folder(tmp_path):
    """Three clips of one, two and three seconds, in three formats, and one that is none."""
    for seconds, form in ((1, "WAV"), (2, "FLAC"), (3, "MP3")):
        (tmp_path / f"{seconds}.{form.lower()}").write_bytes(
            encode(tone(seconds), 44_100, format=form)
        )
    (tmp_path / "4.txt").write_text("no sound")
    return tmp_path


def test_path_and_bytes_of_a_file_measure_the_same(folder):
    """And as long as it sounds."""
    path = folder / "3.mp3"
    measures = measure_file(path)
    assert measures == measure_file(str(path)) == measure_file(path.read_bytes())
    assert measures.duration_s == pytest.approx(3, abs=0.01)
    assert measures.loudness_lufs == measure_file(folder / "3.mp3").loudness_lufs


def test_a_damaged_file_says_so_first(folder):
    """What precedes the damage is measured."""
    data = (folder / "2.flac").read_bytes()
    cut = measure_file(data[: len(data) // 2])
    assert 0.5 < cut.duration_s < 1.5
    assert cut.defects[0].kind == "damaged_file"
    assert cut.defects[0].text.startswith("Damaged")


def test_what_is_no_sound_is_an_error(folder):
    """With the reason."""
    with pytest.raises(UndecodableAudio, match="not a WAV, FLAC, OGG or MP3"):
        measure_file(folder / "4.txt")
    for cache in (None, folder / "cache"):
        with pytest.raises(UndecodableAudio, match="cannot be read"):
            measure_file(folder / "5.wav", cache=cache)


def test_a_file_is_measured_once_whatever_its_name(folder, monkeypatch):
    """The second time nothing is decoded, and the record is the same to the last bit."""
    first = measure_file(folder / "3.mp3", cache=folder / "cache")
    monkeypatch.setattr("musicnb.analysis._files.Decoder", None)
    copy = folder / "copy.mp3"
    copy.write_bytes((folder / "3.mp3").read_bytes())
    again = measure_file(copy, cache=folder / "cache")
    assert again == first
    assert again.series.momentary_lufs.tolist() == first.series.momentary_lufs.tolist()


@pytest.mark.parametrize(
    "damage",
    [
        lambda _: b"",
        lambda data: data[: len(data) // 2],
        lambda data: data.replace(b"-2", b"-3", 1),
        lambda _: b"[]",
        lambda _: b"{" * 100_000,
        lambda _: b"\xff\xfe",
        lambda data: json.dumps({"seal": json.loads(data)["seal"], "measures": {}}).encode(),
    ],
)
def test_a_damaged_entry_counts_as_none(folder, damage):
    """The file is measured again, and the entry written anew."""
    first = measure_file(folder / "1.wav", cache=folder / "cache")
    (entry,) = (folder / "cache").iterdir()
    whole = entry.read_bytes()
    entry.write_bytes(damage(whole))
    assert measure_file(folder / "1.wav", cache=folder / "cache") == first
    assert entry.read_bytes() == whole


def test_an_entry_of_other_code_counts_as_none(folder, monkeypatch):
    """New code measures anew."""
    measure_file(folder / "1.wav", cache=folder / "cache")
    (entry,) = (folder / "cache").iterdir()
    cache = MeasureCache(folder / "cache")
    assert cache.get(entry.stem) is not None
    monkeypatch.setattr(_cache, "code_version", lambda: "another")
    assert cache.get(entry.stem) is None


def test_a_cache_that_cannot_be_written_is_no_error(folder):
    """A file stands where the folder should be."""
    assert measure_file(folder / "1.wav", cache=folder / "4.txt").duration_s == 1


def test_an_entry_is_whole_or_not_there(folder):
    """Several writers at once leave one entry and no pieces."""
    cache = folder / "cache"
    with ThreadPoolExecutor(4) as threads:
        results = measure_many(
            [folder / "1.wav"] * 8, executor=threads, cache=cache, progress=False
        )
    assert len({repr(result) for result in results}) == 1
    assert len(list(cache.iterdir())) == 1


def test_many_files_come_back_in_order_with_errors_in_their_places(folder):
    """Processes by default; progress counts every file."""
    sources = [folder / "3.mp3", folder / "4.txt", folder / "1.wav", folder / "5.wav"]
    told = []
    results = measure_many(sources, progress=lambda done, total: told.append((done, total)))
    assert [type(result).__name__ for result in results] == [
        "Measures", "UndecodableAudio", "Measures", "UndecodableAudio",
    ]  # fmt: skip
    assert results[0] == measure_file(folder / "3.mp3")
    assert results[2].duration_s == 1
    assert told == [(done, 4) for done in (1, 2, 3, 4)]


def test_a_bar_is_shown_in_a_terminal_only(folder, capsys):
    """Nothing is printed where nobody looks, and nothing without it."""
    measure_many([folder / "1.wav"])
    measure_many([folder / "1.wav"], progress=False)
    assert capsys.readouterr().err == ""


def test_no_files_are_no_results():
    """And no process is started for them."""
    assert measure_many([]) == []


class Dying(ThreadPoolExecutor):
    """An executor that refuses work after the first piece."""

    def submit(self, *args, **options):
        """Take one piece of work only."""
        if self._work_queue.qsize() or self._threads:
            raise RuntimeError("the cluster is gone")
        return super().submit(*args, **options)


def test_an_executor_that_refuses_loses_no_file(folder):
    """What it took is measured; the rest has its refusal."""
    with Dying(1) as executor:
        results = measure_many([folder / "1.wav", folder / "2.flac"], executor=executor)
    assert results[0].duration_s == 1
    assert isinstance(results[1], RuntimeError)


class Fatal(os.PathLike):
    """A path that ends the process which opens it."""

    def __fspath__(self):
        if threading.current_thread().name == "MainThread" and os.environ.get("FATAL_PID") != str(
            os.getpid()
        ):
            os._exit(1)
        return "nowhere"


def test_a_file_that_kills_its_process_takes_no_other_along(folder, monkeypatch):
    """Its place tells so; all others are measured."""
    monkeypatch.setenv("FATAL_PID", str(os.getpid()))
    sources = [folder / "1.wav", Fatal(), folder / "2.flac", folder / "3.mp3"]
    told = []
    results = measure_many(sources, progress=lambda done, _: told.append(done))
    assert isinstance(results[1], UndecodableAudio)
    assert "process that measured it died" in str(results[1])
    assert [round(results[number].duration_s) for number in (0, 2, 3)] == [1, 2, 3]
    assert told == [1, 2, 3, 4]


class Slow(Executor):
    """An executor that is interrupted while it works."""

    def __init__(self):
        self.futures = []

    def submit(self, *_, **__):
        """Interrupt the first piece of work, and begin no other."""
        future = Future()
        if not self.futures:
            future.set_exception(KeyboardInterrupt())
        self.futures.append(future)
        return future


def test_an_interrupt_ends_the_measuring_and_cancels_the_rest(folder):
    """Nobody waits for what is not wanted any more."""
    executor = Slow()
    with pytest.raises(KeyboardInterrupt):
        measure_many([folder / "1.wav"] * 3, executor=executor, progress=False)
    assert [future.cancelled() for future in executor.futures] == [False, True, True]


class Careless(Executor):
    """Returns something else than was asked for, the first time."""

    def __init__(self):
        self.answers = [None, "measures"]

    def submit(self, work, /, *args, **options):
        """Do the work at once."""
        future = Future()
        future.set_result(self.answers.pop() if self.answers else work(*args, **options))
        return future


def test_an_executor_that_returns_no_measures_shifts_no_clip(folder):
    """Every place has its own clip's result, or an error."""
    paths = [folder / name for name in ("1.wav", "2.flac", "3.mp3")]
    results = measure_many(paths, executor=Careless(), progress=False)
    assert [type(result) for result in results[:2]] == [TypeError, TypeError]
    assert results[2] == measure_file(paths[2])


@pytest.mark.parametrize("patience_s", [0, -1, "x", True, None])
def test_patience_that_is_none_is_refused(folder, patience_s):
    """Before anything is measured."""
    with pytest.raises(InvalidInput, match="patience_s"):
        measure_many([folder / "1.wav"], patience_s=patience_s)


@pytest.mark.skipif(
    sys.platform == "win32", reason="Windows has no pipes that stand in folders as files do"
)
def test_a_pipe_in_place_of_a_file_is_an_error_and_no_wait(folder, tmp_path):
    """Nobody ever writes into it."""
    os.mkfifo(folder / "pipe.wav")
    (result,) = measure_many([folder / "pipe.wav"], cache=tmp_path / "cache", progress=False)
    assert isinstance(result, UndecodableAudio)
