"""Many files side by side: processes by default, or any executor."""

from __future__ import annotations

import os
from collections.abc import Callable, Iterable
from typing import TYPE_CHECKING

from musicnb.analysis._files import Source, measure_file
from musicnb.analysis._progress import Progress, telling
from musicnb.errors import UndecodableAudio
from musicnb.measure import Measures

if TYPE_CHECKING:
    # a process that measures one file does not wait for what only many need
    from concurrent.futures import Executor, Future, ProcessPoolExecutor

Result = Measures | Exception


def measure_many(
    sources: Iterable[Source],
    *,
    executor: Executor | None = None,
    progress: Progress = True,
    cache: str | os.PathLike[str] | None = None,
) -> list[Result]:
    """Measure many sound files side by side.

    Parameters
    ----------
    sources
        Paths or bytes, as for `measure_file`.
    executor
        Any `concurrent.futures.Executor`, such as ``dask.distributed.Client(...).get_executor()``.
        None starts a process for each processor, and ends them. In a script that needs the usual
        ``if __name__ == "__main__":``.
    progress
        Whether to show a bar, or a function that gets how many are done and how many there are.
    cache
        As for `measure_file`.

    Returns
    -------
    list of Measures or Exception
        One for each source, in their order. A file that cannot be measured has its error in its
        place; nothing is raised, and nothing is lost.

    Examples
    --------
    >>> measure_many([b"no sound at all"], progress=False)
    [[undecodable_audio] this is not a WAV, FLAC, OGG or MP3 file, ...
    """
    waiting = list(sources)
    with telling(progress, len(waiting), doing="measuring") as done:
        if executor is not None:
            return _gather(executor, waiting, cache, done)
        if len(waiting) <= 1:  # a process takes longer to start than a clip to measure
            return [_one(source, cache, done) for source in waiting]
        return _in_processes(waiting, cache, done)


def _in_processes(
    sources: list[Source], cache: str | os.PathLike[str] | None, done: Callable[[], object]
) -> list[Result]:
    from concurrent.futures.process import BrokenProcessPool  # noqa: PLC0415 - see above

    with _pool(min(_cores(), len(sources))) as pool:
        results = _gather(pool, sources, cache, done, again=BrokenProcessPool)
    for number, result in enumerate(results):
        # One process that dies takes the work of all others along: each of those gets a process
        # of its own, and only the one that dies again is to blame.
        if isinstance(result, BrokenProcessPool):
            with _pool(1) as pool:
                (result,) = _gather(pool, [sources[number]], cache, done)  # noqa: PLW2901
            if isinstance(result, BrokenProcessPool):
                result = UndecodableAudio("the process that measured it died")  # noqa: PLW2901
            results[number] = result
    return results


def _gather(
    executor: Executor,
    sources: list[Source],
    cache: str | os.PathLike[str] | None,
    done: Callable[[], object],
    *,
    again: type[Exception] | tuple[()] = (),
) -> list[Result]:
    """Let an executor measure; an error of the kind `again` does not count as done."""
    from concurrent.futures import as_completed  # noqa: PLC0415 - see above

    futures: dict[Future[Measures], int] = {}
    results: list[Result] = []
    try:
        for number, source in enumerate(sources):
            try:
                futures[executor.submit(measure_file, source, cache=cache)] = number
                results.append(RuntimeError("it was not measured"))
            except Exception as error:  # noqa: BLE001 - an executor may refuse at any time
                results.append(error)
        for future in as_completed(futures):
            raised = future.exception()
            if raised is not None and not isinstance(raised, Exception):
                raise raised  # an interrupt is meant for us
            results[futures[future]] = raised or future.result()
            if not isinstance(raised, again):
                done()
    finally:
        # whoever interrupts does not want the rest
        for future in futures:
            future.cancel()
    return results


def _one(
    source: Source, cache: str | os.PathLike[str] | None, done: Callable[[], object]
) -> Result:
    try:
        return measure_file(source, cache=cache)
    except Exception as error:  # noqa: BLE001 - as any other executor hands it back
        return error
    finally:
        done()


def _pool(count: int) -> ProcessPoolExecutor:
    import multiprocessing  # noqa: PLC0415 - see above
    from concurrent.futures import ProcessPoolExecutor  # noqa: PLC0415 - see above

    # spawn: a fork would copy the notebook's threads, sockets and locks
    return ProcessPoolExecutor(count, mp_context=multiprocessing.get_context("spawn"))


def _cores() -> int:
    if hasattr(os, "sched_getaffinity"):
        return len(os.sched_getaffinity(0))
    return os.cpu_count() or 1
