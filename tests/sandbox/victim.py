"""A sandbox that keeps its port and its key, so that its clients survive when it is killed."""

from __future__ import annotations

import json
import os
import secrets
import signal
import socket
import subprocess
import sys
import time
from collections.abc import Sequence
from pathlib import Path

import httpx
from children import workers_of

ROOT = Path(__file__).resolve().parents[2]


class Victim:
    """A server process on one folder, to be killed and started again.

    Parameters
    ----------
    folder
        Holds its data, its key and what it wrote to standard error.
    keys
        A file of several projects' keys, in place of its own one.
    options
        Further words of its command line.
    """

    def __init__(
        self, folder: Path, *, keys: Path | None = None, options: Sequence[str] = ()
    ) -> None:
        self.data = folder / "data"
        self.log = folder / "log"
        self._mark = f"MUSICNB_VICTIM={secrets.token_hex(8)}"
        self.api_key = ""
        self._options = list(options)
        self._key = ["--api-key-file", str(folder / "key")]
        if keys is not None:
            self._key = ["--keys", str(keys)]
        self._process: subprocess.Popen[str] | None = None
        with socket.create_server(("127.0.0.1", 0)) as probe:
            self.port = probe.getsockname()[1]

    @property
    def pid(self) -> int:
        """Process id of the server."""
        assert self._process is not None
        return self._process.pid

    def spawn(self) -> None:
        """Start the server without waiting for it."""
        command = [sys.executable, "-m", "musicnb.sandbox", "--json", "--exit-with-parent"]
        command += ["--port", str(self.port), "--data", str(self.data)]
        command += [*self._key, *self._options]
        with self.log.open("a") as log:
            self._process = subprocess.Popen(
                command,
                stdin=subprocess.PIPE,
                stdout=subprocess.PIPE,
                stderr=log,
                text=True,
                env={**os.environ, "PYTHONPATH": str(ROOT), **dict([self._mark.split("=")])},
                start_new_session=True,
            )

    def wait(self) -> None:
        """Wait until a spawned server listens."""
        assert self._process is not None
        assert self._process.stdout is not None
        line = self._process.stdout.readline()
        if not line:
            self.stop()
        assert line, f"the server did not start: {self.log.read_text()[-2000:]}"
        self.api_key = json.loads(line).get("api_key", "")

    def start(self) -> None:
        """Start the server and wait until it listens."""
        self.spawn()
        self.wait()

    def kill(self) -> None:
        """End the server with SIGKILL."""
        self._end(signal.SIGKILL)

    def stop(self) -> None:
        """End the server politely, where it still runs."""
        self._end(signal.SIGTERM)

    def kill_a_worker(self) -> bool:
        """Kill one worker process; False when there is none."""
        workers = workers_of(self.pid)
        for worker in workers[:1]:
            os.kill(worker, signal.SIGKILL)
        return bool(workers)

    def family(self) -> list[int]:
        """Return every process that comes from any start of this server and still runs."""
        mark = self._mark.encode()
        return [
            int(path.parent.name)
            for path in Path("/proc").glob("[0-9]*/environ")
            if mark in _read(path)
        ]

    def orphans(self, within_s: float = 20.0) -> list[int]:
        """Return the processes that a dead server leaves and that do not end by themselves."""
        deadline = time.monotonic() + within_s
        while left := self.family():
            if time.monotonic() > deadline:
                break
            time.sleep(0.02)
        return left

    def complaints(self) -> list[str]:
        """Return what the server logged as its own mistakes."""
        lines = self.log.read_text(errors="replace").splitlines()
        return [line for line in lines if line.startswith("ERROR")]

    def connect(self, key: str = "") -> httpx.Client:
        """Return a client that holds the server's own key, or a project's."""
        return httpx.Client(
            base_url=f"http://127.0.0.1:{self.port}",
            headers={"Authorization": f"Bearer {key or self.api_key}"},
            timeout=60,
            trust_env=False,
        )

    def _end(self, number: signal.Signals) -> None:
        process, self._process = self._process, None
        if process is None:
            return
        process.send_signal(number)
        process.wait(30)
        for stream in (process.stdin, process.stdout):
            if stream is not None:
                stream.close()


def _read(path: Path) -> bytes:
    try:
        return path.read_bytes()
    except OSError:  # it has ended, or is somebody else's
        return b""
