"""The whole road against the real sandbox: order, watch, download, measure, tabulate."""

import asyncio
import io
import json
import os
import signal
import subprocess
import sys
import threading
import time
from dataclasses import replace
from decimal import Decimal

import mido
import numpy as np
import pytest

from musicnb import Artifact, ReferenceAudioToMusic, Studio, TextToMusic, sound
from musicnb.errors import ConfigurationError, InvalidInput, LibraryError, TaskCanceled, WaitTimeout

SUNO = TextToMusic("calm lofi piano, 80 bpm, 10 seconds", model="suno-5.5")
MINIMAX = TextToMusic(
    "techno, 130 bpm, 10 seconds", model="minimax-music-2.6", title="Motor", instrumental=True
)


def test_one_task_per_model_costs_130_credits_and_gives_three_clips(studio):
    """The first story: prices, clip counts, files, measures, table and wallet agree."""
    before = studio.balance
    tasks = [studio.generate(brief) for brief in (SUNO, MINIMAX)]
    clips = [clip for task in tasks for clip in task.result(60)]
    assert [clip.model for clip in clips] == ["suno-5.5", "suno-5.5", "minimax-music-2.6"]
    assert sum(task.charged_credits for task in tasks) == Decimal(130)
    assert before - studio.balance == Decimal(130)
    for clip in clips:
        assert clip.path.parent == studio.library.clips_folder
        assert clip.duration_s == pytest.approx(10, abs=6)
        assert -20 < clip.loudness_lufs < -9
        assert len(clip.read().samples) == round(clip.duration_s * 44_100)
        assert clip.sandbox
        assert "sandbox" in repr(clip)
    one, other = (clip.read().samples for clip in clips[:2])
    shorter = min(len(one), len(other))
    assert np.abs(one[:shorter] - other[:shorter]).max() > 0.05
    measures = clips[0].measures()
    assert measures.loudness_lufs == pytest.approx(clips[0].loudness_lufs, abs=0.01)
    assert measures.true_peak_dbtp <= 0
    assert clips[0].measures() == measures  # remembered in the library
    assert list((studio.library.folder / "measures").iterdir())
    assert "sandbox" in clips[0].preview().html
    sheet = studio.clips()[:3].contact_sheet()
    assert sheet.html.count("<img") == 6
    assert sheet.size_bytes < 40_000

    score = mido.MidiFile(file=io.BytesIO(studio.score(clips[0])))
    assert score.length == pytest.approx(clips[0].duration_s, abs=0.01)
    foreign = replace(clips[0], sandbox=False)
    with pytest.raises(ConfigurationError, match="has no score"):
        studio.score(foreign)
    with pytest.raises(InvalidInput, match="clip: is 'a name'"):
        studio.score("a name")

    table = studio.table().tail(3)
    assert table.clip_credits.tolist() == [40.0, 40.0, 50.0]
    assert table.clip_usd.sum() == pytest.approx(0.13)
    assert table.task_credits.tolist() == [80.0, 80.0, 50.0]
    assert table.refunded_credits.tolist() == [0.0, 0.0, 0.0]
    assert table.clip_id.tolist() == [clip.clip_id for clip in clips]
    assert table.file.tolist() == [str(clip.path) for clip in clips]
    assert table.title.tolist()[-1] == "Motor"
    assert table.prompt.tolist()[-1] == MINIMAX.prompt


def test_progress_is_seen_in_order(studio):
    """Status words come in the order of the contract, and end."""
    seen = []
    task = studio.generate(SUNO)
    task.subscribe(lambda changed: seen.append(changed.status))
    task.result(60)
    order = ["planned", "sending", "queued", "running", "succeeded"]
    positions = [order.index(status) for status in seen]
    assert positions == sorted(positions)
    assert seen[-1] == "succeeded"
    assert "running" in seen


def test_await_works_in_any_event_loop(studio):
    """Async code awaits tasks, twice if it likes, in loops of its own."""
    task = studio.generate(SUNO)

    async def wait():
        return await task

    assert asyncio.run(wait()) == asyncio.run(wait()) == task.result(60)


def test_canceled_waiter_does_not_cancel_the_task(studio):
    """Giving up waiting loses nothing."""
    task = studio.generate(SUNO)

    async def wait():
        await asyncio.wait_for(asyncio.ensure_future(task_as_coroutine()), 0.01)

    async def task_as_coroutine():
        return await task

    with pytest.raises(asyncio.TimeoutError):
        asyncio.run(wait())
    assert len(task.result(60)) == 2


def test_timeout_leaves_the_task_running(studio):
    """Patience ends; the task does not."""
    task = studio.generate(SUNO)
    with pytest.raises(WaitTimeout, match="task goes on"):
        task.result(0.01)
    assert len(task.result(60)) == 2


def test_cancel_refunds_and_says_so(studio):
    """A canceled task is refunded in the wallet, the journal and the error's words."""
    before = studio.balance
    task = studio.generate(SUNO.with_changes(prompt="ambient, 5 minutes"))
    while task.task_id is None:
        time.sleep(0.01)
    assert task.cancel() == "canceled"
    with pytest.raises(TaskCanceled, match="80 credits were refunded") as caught:
        task.result(10)
    assert caught.value.charged is False
    assert studio.balance == before
    row = studio.table(every_order=True).iloc[-1]
    assert (row.status, row.task_credits, row.refunded_credits) == ("canceled", 80.0, 80.0)


def test_cancel_before_the_service_answered_is_remembered(studio):
    """A quick press on Cancel is not lost between sending and acceptance."""
    task = studio.generate(SUNO.with_changes(prompt="ambient, 5 minutes"))
    task.cancel()
    with pytest.raises(TaskCanceled):
        task.result(30)


def test_cancel_of_a_finished_task_changes_nothing(studio):
    """The clips stay, the charge stays."""
    task = studio.generate(SUNO)
    clips = task.result(60)
    assert task.cancel() == "succeeded"
    assert task.result() == clips


def test_reference_audio_goes_by_upload(studio, tmp_path):
    """An uploaded file becomes an artifact that the other endpoint takes."""
    noise = np.random.default_rng(0).normal(0, 0.1, (44_100 * 8, 2)).astype(np.float32)
    file = tmp_path / "reference.wav"
    file.write_bytes(sound.encode(noise, 44_100, format="WAV"))
    artifact = studio.upload(file)
    assert isinstance(artifact, Artifact)
    brief = ReferenceAudioToMusic(
        "more like this, 10 seconds", model="minimax-music-2.6", reference_audio=artifact
    )
    assert len(studio.generate(brief).result(60)) == 1


@pytest.mark.parametrize(
    ("name", "content", "error"),
    [
        ("absent.wav", None, InvalidInput),
        ("empty.wav", b"", InvalidInput),
        ("page.mp3", b"<html>", ValueError),
        ("x" * 5000, None, InvalidInput),
        ("a\0b", None, InvalidInput),
    ],
)
def test_upload_of_what_is_no_sound_is_refused_here(studio, tmp_path, name, content, error):
    """Nothing is uploaded that could not be used."""
    file = tmp_path / name
    if content is not None:
        file.write_bytes(content)
    with pytest.raises(error):
        studio.upload(file)


@pytest.mark.parametrize("brief", [TextToMusic(""), "a song", None, TextToMusic("x", model="y")])
def test_wrong_brief_costs_nothing(studio, brief):
    """The wallet and the journal are as before."""
    before, orders = studio.balance, len(studio.table(every_order=True))
    with pytest.raises(InvalidInput):
        studio.generate(brief)
    assert (studio.balance, len(studio.table(every_order=True))) == (before, orders)


def test_hostile_title_is_only_a_title(studio):
    """Markup and paths in a title end up in no path and in no tag but as text."""
    title = '../../<img src=x onerror="alert(1)">'
    clip = studio.generate(MINIMAX.with_changes(title=title)).result(60)[0]
    assert clip.title == title
    assert clip.path.parent == studio.library.clips_folder
    assert "img-src-x-onerror" in clip.path.name


def test_running_the_studio_cell_again_finds_the_running_work(studio):
    """The same folder and service give the same studio, not a locked library."""
    task = studio.generate(SUNO)
    again = Studio(studio.library.folder, quiet=True)
    assert len(task.result(60)) == 2
    assert again.table().task_id.tolist()[-1] == task.task_id
    assert again.balance == studio.balance


def test_waiting_on_the_loop_itself_is_refused(studio):
    """Blocking the loop that does the work would never end, so it says so."""
    task = studio.generate(SUNO)
    caught = []

    def listen(changed):
        try:
            changed.result()
        except RuntimeError as error:
            caught.append(str(error))

    task.subscribe(listen)
    task.result(60)
    assert "await" in caught[0]


def test_two_threads_may_wait_for_one_task(studio):
    """Whoever waits gets the same clips."""
    task = studio.generate(SUNO)
    results = []
    threads = [threading.Thread(target=lambda: results.append(task.result(60))) for _ in range(2)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    assert results[0] == results[1]


def test_closed_studio_says_so(tmp_path):
    """After close there is a clear error, and the folder is free."""
    studio = Studio(tmp_path, quiet=True)
    studio.close()
    assert "closed" in repr(studio)
    with pytest.raises(LibraryError, match="closed"):
        studio.generate(SUNO)
    Studio(tmp_path, quiet=True).close()


def test_killed_process_loses_no_paid_clip(tmp_path):
    """Kill -9 while the music is made: a new studio says what waits, and fetches it."""
    code = (
        "import sys, time; from musicnb import Studio, TextToMusic;"
        "studio = Studio(sys.argv[1], quiet=True);"
        "task = studio.generate(TextToMusic('ambient, 90 seconds'));\n"
        "while task.task_id is None: time.sleep(0.01)\n"
        "print(task.task_id, flush=True); time.sleep(60)"
    )
    process = subprocess.Popen(
        [sys.executable, "-c", code, str(tmp_path)], stdout=subprocess.PIPE, text=True
    )
    with process:
        task_id = process.stdout.readline().strip()
        os.kill(process.pid, signal.SIGKILL)
    with Studio(tmp_path, quiet=True) as studio:
        assert "1 unfinished" in repr(studio)
        (task,) = studio.resume()
        assert task.task_id == task_id
        assert len(task.result(60)) == 2
        assert studio.balance == Decimal(10_000 - 80)
        assert "unfinished" not in repr(studio)
        assert studio.resume() == ()


def test_killed_sandbox_is_said_started_again_and_loses_nothing(tmp_path):
    """Whoever waits is told within seconds; the next call starts it, and resume() recovers."""
    with Studio(tmp_path, quiet=True) as studio:
        task = studio.generate(TextToMusic("ambient, 90 seconds"))
        while task.task_id is None:
            time.sleep(0.01)
        os.kill(studio._road.service.process.pid, signal.SIGKILL)
        with pytest.raises(WaitTimeout, match=r"sandbox has ended.*resume\(\)"):
            task.result(30)
        assert studio.balance == Decimal(10_000 - 80)
        (again,) = studio.resume()
        assert len(again.result(60)) == 2
        assert studio.balance == Decimal(10_000 - 80)


@pytest.mark.filterwarnings("ignore:.*fork.*:DeprecationWarning")
def test_forked_child_is_told_that_the_studio_is_not_its_own(studio):
    """It neither hangs nor orders anything, and its end leaves the parent's sandbox alone."""
    orders = len(studio.table(every_order=True))
    reader, writer = os.pipe()
    child = os.fork()
    if child == 0:  # pragma: no cover - another process
        said = []
        for order in (
            lambda: studio.generate(SUNO),
            lambda: Studio(studio.library.folder, quiet=True).generate(SUNO),
        ):
            try:
                order()
            except LibraryError as error:
                said.append(error.message)
        os.write(writer, json.dumps(said).encode())
        os._exit(0)
    os.close(writer)
    with os.fdopen(reader) as pipe:
        closed, in_use = json.loads(pipe.read())
    os.waitpid(child, 0)
    assert "process that forked" in closed
    assert "in use" in in_use
    assert len(studio.table(every_order=True)) == orders
    assert len(studio.generate(SUNO).result(60)) == 2


def test_clips_of_the_library_are_listed_newest_first(studio):
    """What was made before can be heard again without ordering anything."""
    made = studio.generate(MINIMAX).result(60)
    clips = studio.clips()
    assert clips[0].clip_id == made[0].clip_id
    assert len(clips) == len(studio.table())


def test_clips_are_compared_by_name_or_blind(studio):
    """A comparison takes clips of any tasks; blind, its page is told no more than letters."""
    clips = studio.generate(SUNO).result(60)
    assert list(studio.compare(clips).reveal().values()) == [clip.title for clip in clips]
    blind = clips.compare(blind=True)
    (card,) = blind.board.full_state()["cards"]
    assert [clip["title"] for clip in card["clips"]] == ["A", "B"]
    assert clips[0].clip_id not in json.dumps(card)
    assert sorted(blind.reveal().values()) == sorted(clip.title for clip in clips)
    with pytest.raises(InvalidInput, match="2 to 8 clips"):
        studio.compare(clips[:1])


def test_removed_clip_says_so(studio):
    """A file that somebody deleted is an error with a way out."""
    clip = studio.generate(MINIMAX).result(60)[0]
    clip.path.unlink()
    with pytest.raises(LibraryError, match="no longer in the library"):
        clip.read()


@pytest.mark.parametrize("library", [None, 5, "a\0b", "~nobody-of-this-name/x"])
def test_library_that_is_no_folder_is_refused(library):
    """Whatever is wrong with the name, the error says what would do."""
    with pytest.raises(LibraryError):
        Studio(library, quiet=True)


def test_script_ends_by_itself_and_leaves_no_sandbox(tmp_path):
    """A plain script needs no close(): it exits, and its server with it."""
    code = (
        "import json, sys; from musicnb import Studio, TextToMusic;"
        "studio = Studio(sys.argv[1], quiet=True);"
        "clips = studio.generate(TextToMusic('pop, 10 seconds')).result();"
        "print(json.dumps([len(clips), studio._road.service.process.pid]))"
    )
    done = subprocess.run(
        [sys.executable, "-c", code, str(tmp_path)],
        capture_output=True, text=True, timeout=60, check=False,
    )  # fmt: skip
    assert (done.returncode, done.stderr) == (0, "")
    clips, server = json.loads(done.stdout)
    assert clips == 2
    with pytest.raises(ProcessLookupError):
        os.kill(server, 0)
