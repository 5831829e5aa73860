"""The sandbox as a child process of whoever needs it."""

from __future__ import annotations

import contextlib
import json
import os
import queue
import subprocess
import sys
import threading
from collections import deque
from collections.abc import Sequence
from pathlib import Path
from types import TracebackType
from typing import IO, Final, Self

from musicnb.errors import ConfigurationError

__all__ = ["SandboxProcess"]

_START_S: Final = 30.0
_STOP_S: Final = 5.0
_LAST_LINES: Final = 20


class SandboxProcess:
    """A sandbox server on a free loopback port, which ends when this process does.

    Use `start`; as a context manager it stops the server at the end.

    Parameters
    ----------
    process
        The running server.
    base_url
        Root of its API, ending in ``/v1``.
    api_key
        The key it made for this run.
    """

    def __init__(self, process: subprocess.Popen[str], base_url: str, api_key: str) -> None:
        self._process = process
        self._base_url = base_url
        self.__api_key = api_key

    @classmethod
    def start(
        cls,
        data: Path,
        *,
        seed: int | None = None,
        workers: int | None = None,
        allow_loopback_media: bool = False,
        faults: Sequence[str] = (),
    ) -> Self:
        """Start a server and wait until it listens.

        Parameters
        ----------
        data
            Folder for its wallet, tasks and files; one server at a time uses it.
        seed
            Makes the folder's music reproducible: same requests, same order, same music.
        workers
            Clips made at a time, by default one per core; with 0 all tasks stay queued.
        allow_loopback_media
            Whether it fetches reference audio from this machine too, also by plain http: for tests.
        faults
            Armed from the start, each as ``NAME`` or ``NAME:on=create,times=2,seconds=3``.

        Raises
        ------
        ConfigurationError
            It did not start; the last lines it wrote say why.
        """
        # -P: a file of the notebook's folder must not be taken for a library of the server's
        command = [sys.executable, "-P", "-m", "musicnb.sandbox", "--json", "--exit-with-parent"]
        command += ["--port", "0", "--data", os.fspath(data)]
        if seed is not None:
            command += ["--seed", str(seed)]
        if workers is not None:
            command += ["--workers", str(workers)]
        if allow_loopback_media:
            command += ["--allow-loopback-media"]
        for fault in faults:
            command += ["--fault", fault]
        process = subprocess.Popen(  # noqa: S603 - our own interpreter and module
            command,
            stdin=subprocess.PIPE,
            stdout=subprocess.PIPE,
            stderr=subprocess.PIPE,
            text=True,
            encoding="utf-8",
            errors="replace",
            env=_environment(),
            # a Ctrl-C in the terminal is meant for the notebook's cell, not for the server
            start_new_session=True,
        )
        return cls._greeted(process)

    @classmethod
    def _greeted(cls, process: subprocess.Popen[str]) -> Self:
        assert process.stdout is not None
        assert process.stderr is not None
        first: queue.SimpleQueue[str] = queue.SimpleQueue()
        last: deque[str] = deque(maxlen=_LAST_LINES)
        threading.Thread(target=_first_line, args=(process.stdout, first), daemon=True).start()
        reader = threading.Thread(target=_keep_last, args=(process.stderr, last), daemon=True)
        reader.start()
        greeting: dict[str, str] = {}
        with contextlib.suppress(queue.Empty, ValueError):
            greeting = json.loads(first.get(timeout=_START_S))
        if greeting:
            return cls(process, greeting["base_url"], greeting["api_key"])
        process.kill()
        process.wait()
        reader.join(1.0)
        _close_pipes(process)
        said = "".join(last).strip() or "it wrote nothing"
        raise ConfigurationError(f"the sandbox did not start: {said}")

    @property
    def base_url(self) -> str:
        """Root of its API, ending in ``/v1``."""
        return self._base_url

    @property
    def api_key(self) -> str:
        """The key it made for this run."""
        return self.__api_key

    @property
    def pid(self) -> int:
        """Process id of the server."""
        return self._process.pid

    @property
    def alive(self) -> bool:
        """Whether the server still runs."""
        return self._process.poll() is None

    def stop(self) -> None:
        """End the server: politely, then after five seconds not; doing it twice is fine."""
        if self.alive:
            self._process.terminate()
            try:
                self._process.wait(_STOP_S)
            except subprocess.TimeoutExpired:
                self._process.kill()
                self._process.wait()
        _close_pipes(self._process)

    def let_go(self) -> None:
        """Drop our end of the server's stdin in a forked child, so that it ends with our parent."""
        if self._process.stdin is not None:
            with contextlib.suppress(OSError):
                os.close(self._process.stdin.fileno())

    def __enter__(self) -> Self:
        return self

    def __exit__(
        self,
        kind: type[BaseException] | None,
        error: BaseException | None,
        traceback: TracebackType | None,
    ) -> None:
        self.stop()

    def __repr__(self) -> str:
        state = "running" if self.alive else "stopped"
        return f"SandboxProcess({self._base_url}, {state})"


def _environment() -> dict[str, str]:
    """Return our environment, with the folder musicnb was imported from on the path."""
    folder = str(Path(__file__).resolve().parents[2])
    path = os.environ.get("PYTHONPATH")
    return {
        # a key to another service is none of its business
        **{name: value for name, value in os.environ.items() if not name.endswith("_API_KEY")},
        "PYTHONPATH": folder if not path else os.pathsep.join((folder, path)),
    }


def _first_line(stream: IO[str], first: queue.SimpleQueue[str]) -> None:
    with contextlib.suppress(ValueError, OSError):
        first.put(stream.readline())


def _keep_last(stream: IO[str], last: deque[str]) -> None:
    # read to the end, or the server would stand still once the pipe is full
    with contextlib.suppress(ValueError, OSError):
        last.extend(stream)


def _close_pipes(process: subprocess.Popen[str]) -> None:
    for stream in (process.stdin, process.stdout, process.stderr):
        if stream is not None:
            with contextlib.suppress(OSError):
                stream.close()
