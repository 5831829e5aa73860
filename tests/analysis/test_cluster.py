"""Measuring on a real Dask cluster of two processes on this machine."""

import os
import signal

import numpy as np
import pytest
from distributed import Client, LocalCluster

from musicnb import Studio, TextToMusic, measure_file, measure_many
from musicnb.errors import UndecodableAudio
from musicnb.sound import encode

CLIPS = 12


@pytest.fixture
def client():
    """Two processes that can be reached from this machine alone, beside whoever else has one."""
    with (
        LocalCluster(
            n_workers=2, threads_per_worker=1, processes=True, host="127.0.0.1",
            dashboard_address="127.0.0.1:0", silence_logs=50,
        ) as cluster,
        Client(cluster) as client,
    ):  # fmt: skip
        yield client


@pytest.fixture
def paths(tmp_path):
    """Clips of different lengths."""
    made = []
    for number in range(CLIPS):
        time = np.arange(44_100 * (2 + number)) / 44_100
        path = tmp_path / f"{number}.wav"
        path.write_bytes(encode(0.1 * np.sin(2770 * time)[:, None], 44_100, format="WAV"))
        made.append(path)
    return made


def test_cluster_measures_what_this_process_would(client, paths, tmp_path):
    """To the last bit, in order, with errors in their places, and each content once."""
    broken = tmp_path / "broken.wav"
    broken.write_text("no sound")
    sources = [*paths[:4], broken]
    cache = tmp_path / "measures"
    results = measure_many(sources, executor=client.get_executor(), cache=cache, progress=False)
    assert results[:4] == [measure_file(path) for path in paths[:4]]
    assert isinstance(results[4], UndecodableAudio)
    assert len(list(cache.iterdir())) == 4
    assert os.getpid() not in client.run(os.getpid).values()
    refusing = client.get_executor()
    refusing.shutdown()
    again = measure_many(paths[:4], executor=refusing, cache=cache, progress=False)
    assert again == results[:4]


def test_worker_that_dies_loses_no_clip(client, paths):
    """Another measures what it had, and the cluster starts one in its place."""
    (first, *_) = client.run(os.getpid).values()

    def tell(done, _):
        if done == 1:
            os.kill(first, signal.SIGKILL)

    results = measure_many(paths, executor=client.get_executor(), progress=tell)
    assert [round(result.duration_s) for result in results] == [2 + n for n in range(CLIPS)]


def test_cluster_without_workers_is_given_up_and_says_so(client, paths):
    """What came is kept, the rest has its error; nobody waits for ever."""

    def tell(done, _):
        if done == 1:
            client.cluster.scale(0)

    executor = client.get_executor()
    results = measure_many(paths, executor=executor, progress=tell, patience_s=5)
    given_up = [result for result in results if isinstance(result, TimeoutError)]
    assert given_up
    assert len(given_up) < CLIPS
    assert str(given_up[0]) == "the executor brought nothing for 5 s"


def test_clips_of_a_run_are_measured_on_the_cluster(client, tmp_path):
    """And are known afterwards, to the figures as to everybody."""
    brief = TextToMusic("{mood} dream pop, 3 s", instrumental=True)
    axes = {"mood": ["calm", "bright"], "model": ["suno-5.5"]}
    with Studio(tmp_path / "library", quiet=True) as studio:
        run = studio.sweep("spring", brief, axes).run().wait(240)
        measured = run.clips.measure(executor=client.get_executor(), progress=False)
        assert [one.duration_s for one in measured] == [clip.duration_s for clip in run.clips]
        remembered = sorted(path.stem for path in (tmp_path / "library" / "measures").iterdir())
        assert remembered == sorted(clip.record.sha256 for clip in run.clips)
        told = run.plot.similarity(executor=client.get_executor()).text
        assert "4 clips; near-duplicates" in told
