"""The server as a process: start, stop, crash, and taking up where it was."""

from __future__ import annotations

import json
import os
import signal
import sqlite3
import subprocess
import sys
import time
from collections.abc import Callable
from pathlib import Path

import httpx
import pytest
from children import children_of, command_of, workers_of
from speaking import MINUTES, TEN_SECONDS, Service

from musicnb.errors import ConfigurationError
from musicnb.sandbox import SandboxProcess

ROOT = Path(__file__).resolve().parents[2]
COMMAND = [sys.executable, "-m", "musicnb.sandbox", "--port", "0"]


def gone(pids: list[int], within_s: float = 3.0) -> bool:
    """Tell whether all processes end within a time."""
    deadline = time.monotonic() + within_s
    while time.monotonic() < deadline:
        if not any(b"spawn_main" in command_of(pid) for pid in pids):
            return True
        time.sleep(0.02)
    return False


def until(ready: Callable[[], object], within_s: float = 5.0) -> None:
    deadline = time.monotonic() + within_s
    while not ready():
        assert time.monotonic() < deadline
        time.sleep(0.02)


def test_kill_9_in_the_middle_of_a_task_loses_nothing(
    tmp_path: Path, start: Callable[..., Service]
) -> None:
    """After a restart the task is done, paid once; what was finished is still served."""
    first = start(tmp_path)
    finished = first.make(TEN_SECONDS)
    running = first.create({**TEN_SECONDS, "prompt": "30 seconds techno"})["task_id"]
    waiting = first.create(TEN_SECONDS)["task_id"]
    doomed = first.create(MINUTES)["task_id"]
    first.http.post(f"/v1/tasks/{doomed}/cancel")
    first.until(running, lambda task: task["progress"]["percent"] >= 25)
    workers = workers_of(first.process.pid)
    (tmp_path / "artifacts" / "art_orphan.mp3").write_bytes(b"no row knows it")
    os.kill(first.process.pid, signal.SIGKILL)
    assert workers
    assert gone(workers)

    second = start(tmp_path)
    for task_id in (running, waiting):
        task = second.until(task_id)
        assert task["status"] == "succeeded"
        assert second.kinds(task_id) == ["debit"]
    assert second.task(doomed)["status"] == "canceled"
    clip = second.task(finished["task_id"])["output"]["clips"][0]
    assert len(httpx.get(clip["audio"]["url"]).content) == clip["audio"]["size_bytes"]
    assert second.balance() == 10_000 - 150
    second.assert_sound_ledger()
    names = {path.stem for path in (tmp_path / "artifacts").iterdir()}
    assert "art_orphan" not in names
    assert len(names) == 3
    assert not list((tmp_path / "incoming").iterdir())


def test_second_server_on_a_folder_says_why_it_cannot(
    tmp_path: Path, start: Callable[..., Service]
) -> None:
    """One folder has one server; the error carries the child's words."""
    start(tmp_path)
    with pytest.raises(ConfigurationError, match="is in use"):
        SandboxProcess.start(tmp_path)


def test_foreign_database_is_left_alone(tmp_path: Path) -> None:
    """A file that is no database of ours is an error, and keeps its bytes."""
    file = tmp_path / "sandbox.sqlite3"
    file.write_bytes(b"something else entirely" * 100)
    with pytest.raises(ConfigurationError, match="cannot be opened"):
        SandboxProcess.start(tmp_path)
    assert file.read_bytes() == b"something else entirely" * 100


def test_stop_ends_the_server_and_its_workers(tmp_path: Path) -> None:
    """Nothing is left running, even in the middle of a task."""
    process = SandboxProcess.start(tmp_path)
    until(lambda: workers_of(process.pid))
    workers = workers_of(process.pid)
    assert "running" in repr(process)
    assert process.api_key not in repr(process)
    process.stop()
    process.stop()
    assert not process.alive
    assert gone(workers)


def test_server_ends_when_its_parent_is_killed(tmp_path: Path) -> None:
    """Kill -9 on the program that started it takes the server along."""
    script = (
        "import sys, time; from pathlib import Path; from musicnb.sandbox import SandboxProcess\n"
        "print(SandboxProcess.start(Path(sys.argv[1])).pid, flush=True); time.sleep(60)"
    )
    parent = subprocess.Popen(
        [sys.executable, "-c", script, str(tmp_path)], stdout=subprocess.PIPE, text=True, cwd=ROOT
    )
    with parent:
        assert parent.stdout is not None
        server = int(parent.stdout.readline())
        family = [server, *children_of(server)]
        parent.kill()
    until(lambda: not any(b"musicnb" in command_of(pid) for pid in family))
    assert gone(family)


@pytest.mark.parametrize("number", [signal.SIGTERM, signal.SIGINT])
def test_signals_end_it_quietly(tmp_path: Path, number: signal.Signals) -> None:
    """SIGTERM and Ctrl-C end it with status 0 and not a word on standard error."""
    with subprocess.Popen(
        [*COMMAND, "--data", str(tmp_path)],
        stdout=subprocess.PIPE,
        stderr=subprocess.PIPE,
        text=True,
        cwd=ROOT,
    ) as process:
        assert process.stdout is not None
        greeting = [process.stdout.readline() for _ in range(2)]
        process.send_signal(number)
        _, problems = process.communicate(timeout=10)
    assert "http://127.0.0.1:" in greeting[0]
    assert "sk-" in greeting[1]
    assert problems == ""
    assert process.returncode == 0


def test_key_file_is_made_once_and_read_again(tmp_path: Path) -> None:
    """The key file is private, and its key outlives the server."""
    keys = set()
    file = tmp_path / "key"
    for _ in range(2):
        with subprocess.Popen(
            [*COMMAND, "--json", "--exit-with-parent", "--data", str(tmp_path / "data"),
             "--api-key-file", str(file)],
            stdin=subprocess.PIPE, stdout=subprocess.PIPE, text=True, cwd=ROOT,
        ) as process:  # fmt: skip
            assert process.stdout is not None
            keys.add(json.loads(process.stdout.readline())["api_key"])
            process.communicate(timeout=10)
    assert keys == {file.read_text().strip()}
    assert file.stat().st_mode & 0o077 == 0


def test_key_is_not_kept_in_the_folder(tmp_path: Path, start: Callable[..., Service]) -> None:
    """The database holds the key's hash only."""
    own = start(tmp_path)
    key = own.process.api_key.encode()
    own.process.stop()
    assert not any(key in path.read_bytes() for path in tmp_path.rglob("*") if path.is_file())


def test_ledger_rows_cannot_be_changed(tmp_path: Path, start: Callable[..., Service]) -> None:
    """The database itself refuses to alter or delete what was written."""
    own = start(tmp_path)
    own.process.stop()
    with sqlite3.connect(tmp_path / "sandbox.sqlite3") as connection:
        for statement in (
            "UPDATE entries SET amount = 1",
            "DELETE FROM entries",
            "UPDATE transfers SET note = 'x'",
            "DELETE FROM transfers",
        ):
            with pytest.raises(sqlite3.IntegrityError, match="never change"):
                connection.execute(statement)
        with pytest.raises(sqlite3.IntegrityError, match="CHECK"):
            connection.execute("UPDATE accounts SET balance = -1 WHERE kind = 'wallet'")
    connection.close()


def test_importing_the_door_is_cheap() -> None:
    """Whoever starts a sandbox loads neither a web server nor the engine."""
    script = (
        "import sys, musicnb.sandbox\n"
        "heavy = {'starlette', 'uvicorn', 'numpy', 'pydantic', 'soundfile', 'sqlite3'}\n"
        "sys.exit(', '.join(heavy & set(sys.modules)) or 0)"
    )
    subprocess.run([sys.executable, "-c", script], check=True, cwd=ROOT)
