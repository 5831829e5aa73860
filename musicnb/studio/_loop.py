"""The one event loop, in a thread of its own.

The kernel's loop stands still while a cell computes; this one does not, so tasks are watched and
pages updated all the same. It also makes scripts, notebooks and async programs work alike.
"""

from __future__ import annotations

import asyncio
import os
import threading
from collections.abc import Callable, Coroutine
from concurrent.futures import Future
from typing import Any, TypeVar

T = TypeVar("T")


class LoopThread:
    """A daemon thread that runs an event loop for ever."""

    def __init__(self) -> None:
        self._process = os.getpid()
        self.loop = asyncio.new_event_loop()
        self._thread = threading.Thread(
            target=self.loop.run_forever, name="musicnb-loop", daemon=True
        )
        self._thread.start()

    def start(self, work: Coroutine[Any, Any, T]) -> Future[T]:
        """Run a coroutine on the loop; from any thread but the loop's own."""
        return asyncio.run_coroutine_threadsafe(work, self.loop)

    def run(self, work: Coroutine[Any, Any, T], *, timeout_s: float | None = None) -> T:
        """Run a coroutine on the loop and wait for what it returns.

        Raises
        ------
        RuntimeError
            Called on the loop's own thread, where waiting would never end.
        """
        try:
            self.refuse_own_thread()
        except RuntimeError:
            work.close()
            raise
        return self.start(work).result(timeout_s)

    def refuse_own_thread(self) -> None:
        """Raise RuntimeError where waiting would never end: on the loop's thread, in a fork."""
        if os.getpid() != self._process:
            raise RuntimeError("this studio belongs to the process that forked this one")
        if threading.current_thread() is self._thread:
            raise RuntimeError("this blocks; on musicnb's own loop use await instead")

    def later(self, delay_s: float, action: Callable[[], None]) -> None:
        """Run an action on the loop's thread after a delay; from any thread."""
        self.loop.call_soon_threadsafe(lambda: self.loop.call_later(delay_s, action))


_shared: tuple[int, LoopThread] | None = None
_shared_lock = threading.Lock()


def shared_loop() -> LoopThread:
    """Return this process's loop, started on first use; a forked child gets its own."""
    global _shared  # noqa: PLW0603 - one loop per process is the point
    with _shared_lock:
        if _shared is None or _shared[0] != os.getpid():
            _shared = (os.getpid(), LoopThread())
        return _shared[1]
