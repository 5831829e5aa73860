"""The pools of worker processes: they die with the server, and are replaced when they break."""

from __future__ import annotations

import asyncio
import contextlib
import functools
import multiprocessing
import os
import signal
from collections.abc import Callable, Iterator
from concurrent.futures import Future, ProcessPoolExecutor
from concurrent.futures.process import BrokenProcessPool
from typing import Final, TypeVar

from musicnb.sandbox._jobs import Channel, begin, ready

T = TypeVar("T")

__all__ = ["WorkerDied", "Workers", "cores"]


def cores() -> int:
    """Return how many processors this process may use."""
    if hasattr(os, "sched_getaffinity"):
        return len(os.sched_getaffinity(0))
    return os.cpu_count() or 1


class WorkerDied(Exception):
    """A worker process ended in the middle of its work: killed, out of memory, or crashed."""


class Workers:
    """A pool that never has more work than workers, so that what waits stays in our hands.

    Parameters
    ----------
    count
        Processes, and so jobs at a time.
    renders
        Whether the workers load the engine when they start.
    """

    def __init__(self, count: int, *, renders: bool) -> None:
        # spawn: a fork would copy the server's threads, sockets and locks
        self._context: Final = multiprocessing.get_context("spawn")
        self._count: Final = count
        self._renders: Final = renders
        self._permits: Final = asyncio.Semaphore(count)
        self._free: Final = list(range(count))
        self._channel = self._new_channel()
        self._pool: ProcessPoolExecutor | None = None

    def warm_up(self) -> None:
        """Start the processes now, without waiting for them."""
        pool = self._open()
        with _interrupts_held():
            for _ in range(self._count):
                pool.submit(ready).add_done_callback(_look_at)

    def phase_number(self, slot: int) -> int:
        """Return the number of the phase that a slot's worker is in."""
        return self._channel.phases[slot]

    def cancel(self, slot: int) -> None:
        """Tell a slot's worker that its work is not wanted any more."""
        self._channel.cancels[slot] = 1

    async def run(
        self, work: Callable[[int], Callable[[], T] | None], *, limit_s: float | None = None
    ) -> T | None:
        """Wait for a free worker and let it work.

        Parameters
        ----------
        work
            Called with the slot when a worker is free; returns what the worker shall call, which
            must be picklable, or None when there is nothing to do any more.
        limit_s
            Seconds the work itself may take before its process is ended.

        Raises
        ------
        WorkerDied
            The process ended in the middle; the next job finds a new pool.
        """
        async with self._permits:
            slot = self._free.pop()
            self._channel.phases[slot] = self._channel.cancels[slot] = 0
            try:
                call = work(slot)
                return None if call is None else await self._submit(call, limit_s)
            finally:
                self._free.append(slot)

    def replace(self) -> None:
        """End all processes of the pool; the next job gets new ones."""
        pool, self._pool = self._pool, None
        if pool is not None:
            self._channel.closing[0] = 1
            self._channel = self._new_channel()
            pool.shutdown(wait=False, cancel_futures=True)

    async def _submit(self, call: Callable[[], T], limit_s: float | None) -> T:
        pool = self._open()
        try:
            async with asyncio.timeout(limit_s):
                with _interrupts_held():
                    work = asyncio.get_running_loop().run_in_executor(pool, call)
                return await work
        except (BrokenProcessPool, TimeoutError):
            if pool is self._pool:
                self.replace()
        raise WorkerDied("a worker process ended in the middle of its work")

    def _open(self) -> ProcessPoolExecutor:
        if self._pool is None:
            self._pool = ProcessPoolExecutor(
                self._count,
                mp_context=self._context,
                initializer=functools.partial(begin, renders=self._renders),
                initargs=(self._channel,),
            )
        return self._pool

    def _new_channel(self) -> Channel:
        return Channel(
            phases=self._context.RawArray("i", self._count),
            cancels=self._context.RawArray("i", self._count),
            closing=self._context.RawArray("i", 1),
        )


@contextlib.contextmanager
def _interrupts_held() -> Iterator[None]:
    """Let processes start with SIGINT blocked: Ctrl-C is for the server, which tells them."""
    if not hasattr(signal, "pthread_sigmask"):  # Windows
        yield
        return
    before = signal.pthread_sigmask(signal.SIG_BLOCK, {signal.SIGINT})
    try:
        yield
    finally:
        signal.pthread_sigmask(signal.SIG_SETMASK, before)


def _look_at(future: Future[int]) -> None:
    # a pool that breaks while it warms up is met, and replaced, by the first job
    if not future.cancelled():
        future.exception()
