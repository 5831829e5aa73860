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
    """Worker processes with never more work than workers, so that what waits stays in our hands.

    Each worker is a pool of its own with one process: when a process of a larger pool dies, the
    pool fails what all its other processes are working on.

    Parameters
    ----------
    count
        Processes, and so jobs at a time; with 0, jobs wait for ever.
    renders
        Whether the workers load the engine when they start.
    """

    def __init__(self, count: int, *, renders: bool) -> None:
        self._workers: Final = [_Worker(renders=renders) for _ in range(count)]
        self._permits: Final = asyncio.Semaphore(count)
        self._free: Final = list(range(count))

    @property
    def count(self) -> int:
        """How many jobs are done at a time."""
        return len(self._workers)

    def warm_up(self) -> None:
        """Start the processes now, without waiting for them."""
        for worker in self._workers:
            worker.warm_up()

    def phase_number(self, slot: int) -> int:
        """Return the number of the phase that a slot's worker is in."""
        return self._workers[slot].channel.phase.value

    def cancel(self, slot: int) -> None:
        """Tell a slot's worker that its work is not wanted any more."""
        self._workers[slot].channel.canceled.value = 1

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
            The process ended in the middle; another takes its place.
        """
        async with self._permits:
            slot = self._free.pop()
            worker = self._workers[slot]
            worker.channel.phase.value = worker.channel.canceled.value = 0
            try:
                call = work(slot)
                return None if call is None else await worker.do(call, limit_s)
            finally:
                self._free.append(slot)

    def close(self) -> None:
        """End all processes, whatever they are doing."""
        for worker in self._workers:
            worker.close()


class _Worker:
    """One process, and its successor when it has died."""

    # spawn: a fork would copy the server's threads, sockets and locks
    _context: Final = multiprocessing.get_context("spawn")

    def __init__(self, *, renders: bool) -> None:
        self._renders: Final = renders
        self._pool: ProcessPoolExecutor | None = None
        self._closed = False
        self.channel = self._new_channel()

    def warm_up(self) -> None:
        """Start the process, unless it runs."""
        with _interrupts_held():
            self._open().submit(ready).add_done_callback(_look_at)

    async def do(self, call: Callable[[], T], limit_s: float | None) -> T:
        """Make a call in the process, which is replaced when it dies of that or takes too long."""
        work = self._begin(call)
        try:
            async with asyncio.timeout(limit_s):
                return await work
        except (BrokenProcessPool, TimeoutError):
            if not self._closed:
                self._end()
                self.warm_up()
        raise WorkerDied("a worker process ended in the middle of its work")

    def close(self) -> None:
        """End the process; no other follows."""
        self._closed = True
        self._end()

    def _begin(self, call: Callable[[], T]) -> asyncio.Future[T]:
        loop = asyncio.get_running_loop()
        with _interrupts_held():
            try:
                return loop.run_in_executor(self._open(), call)
            except BrokenProcessPool:  # it died while it had nothing to do, which is no job's fault
                self._end()
                return loop.run_in_executor(self._open(), call)

    def _open(self) -> ProcessPoolExecutor:
        if self._pool is None:
            self._pool = ProcessPoolExecutor(
                1,
                mp_context=self._context,
                initializer=functools.partial(begin, renders=self._renders),
                initargs=(self.channel,),
            )
        return self._pool

    def _end(self) -> None:
        pool, self._pool = self._pool, None
        if pool is not None:
            self.channel.closing.value = 1
            canceled = self.channel.canceled.value
            self.channel = self._new_channel()
            self.channel.canceled.value = canceled  # the job goes on with the successor
            pool.shutdown(wait=False, cancel_futures=True)

    def _new_channel(self) -> Channel:
        phase, canceled, closing = (self._context.RawValue("i", 0) for _ in range(3))
        return Channel(phase=phase, canceled=canceled, closing=closing)


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
