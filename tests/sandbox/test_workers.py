"""The pool: what dies or hangs takes nothing with it."""

from __future__ import annotations

import asyncio
import functools
import os
import time

import pytest

from musicnb.sandbox._workers import WorkerDied, Workers


def test_crash_and_overtime_end_one_job_and_the_next_finds_new_processes() -> None:
    """A worker that ends itself, or sleeps too long, is an error of its job alone."""

    async def work() -> tuple[int | None, int | None]:
        workers = Workers(1, renders=False)
        try:
            first = await workers.run(lambda _: os.getpid)
            with pytest.raises(WorkerDied):
                await workers.run(lambda _: functools.partial(os._exit, 3))
            with pytest.raises(WorkerDied):
                await workers.run(lambda _: functools.partial(time.sleep, 60), limit_s=0.2)
            return first, await workers.run(lambda _: os.getpid)
        finally:
            workers.replace()

    first, last = asyncio.run(work())
    assert first is not None
    assert first != last != os.getpid()
