"""Many files side by side: processes by default, or any executor."""

from __future__ import annotations

import os
from collections.abc import Callable, Iterable
from typing import TYPE_CHECKING, Final

from musicnb._given import real, shown
from musicnb.analysis._cache import remembered
from musicnb.analysis._files import Source, measure_file
from musicnb.analysis._progress import Progress, telling
from musicnb.errors import Fault, InvalidInput, UndecodableAudio
from musicnb.measure import Measures

if TYPE_CHECKING:
    # a process that measures one file does not wait for what only many need
    from concurrent.futures import Executor, Future, ProcessPoolExecutor

Result = Measures | Exception
#: A long clip takes a minute on a slow machine, a cluster some to start.
PATIENCE_S: Final = 600.0


def measure_many(
    sources: Iterable[Source],
    *,
    executor: Executor | None = None,
    progress: Progress = True,
    cache: str | os.PathLike[str] | None = None,
    patience_s: float = PATIENCE_S,
) -> list[Result]:
    """Measure many sound files side by side.

    Parameters
    ----------
    sources
        Paths or bytes, as for `measure_file`.
    executor
        Any `concurrent.futures.Executor`, such as ``dask.distributed.Client(...).get_executor()``.
        None starts a process for each processor, and ends them. In a script that needs the usual
        ``if __name__ == "__main__":``. Workers elsewhere must see the files at the same paths;
        bytes travel with the work.
    progress
        Whether to show a bar, or a function that gets how many are done and how many there are.
    cache
        As for `measure_file`; what is in it is not measured again.
    patience_s
        Seconds in which an executor of yours must bring something; after that what is missing is
        given up. A cluster whose last worker has gone says nothing, and would be waited for for
        ever.

    Returns
    -------
    list of Measures or Exception
        One for each source, in their order. A file that cannot be measured has its error in its
        place: ``TimeoutError`` for one that was given up, whatever a worker's death is called by
        its executor. Nothing of theirs is raised, and nothing is lost.

    Raises
    ------
    InvalidInput
        `patience_s` is no positive number.

    Examples
    --------
    >>> measure_many([b"no sound at all"], progress=False)
    [[undecodable_audio] this is not a WAV, FLAC, OGG or MP3 file, ...
    """
    if (real(patience_s) or 0) <= 0:
        message = f"is {shown(patience_s)}; give seconds, such as {PATIENCE_S:.0f}"
        raise InvalidInput.from_faults([Fault("patience_s", "", message)])
    given = list(sources)
    # here, so that nobody is started, or sent for, to look into a folder of ours
    found: list[Result | None] = [
        None if cache is None else remembered(source, cache) for source in given
    ]
    places = [place for place, known in enumerate(found) if known is None]
    waiting = [given[place] for place in places]
    # a bar about nothing to do would only be in the way
    told = progress if waiting or callable(progress) else False
    with telling(told, len(given), doing="measuring") as done:
        for _ in range(len(given) - len(waiting)):
            done()
        if executor is not None:
            measured = _gather(executor, waiting, cache, done, patience_s=patience_s)
        elif len(waiting) <= 1:  # a process takes longer to start than a clip to measure
            measured = [_one(source, cache, done) for source in waiting]
        else:
            measured = _in_processes(waiting, cache, done)
    for place, result in zip(places, measured, strict=True):
        found[place] = result
    return [result for result in found if result is not None]


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
    patience_s: float | None = None,
) -> list[Result]:
    """Let an executor measure; an error of the kind `again` does not count as done."""
    from queue import Empty, SimpleQueue  # noqa: PLC0415 - see above

    futures: dict[Future[Measures], int] = {}
    results: list[Result] = []
    came: SimpleQueue[Future[Measures]] = SimpleQueue()
    try:
        for number, source in enumerate(sources):
            try:
                future = executor.submit(measure_file, source, cache=cache)
                future.add_done_callback(came.put)
            except Exception as error:  # noqa: BLE001 - an executor may refuse at any time
                results.append(error)
            else:
                futures[future] = number
                results.append(TimeoutError(f"the executor brought nothing for {patience_s} s"))
        for _ in range(len(futures)):
            try:
                future = came.get(timeout=patience_s)
            except Empty:
                break
            raised = _error_of(future)
            if raised is not None and not isinstance(raised, Exception):
                raise raised  # an interrupt is meant for us
            results[futures[future]] = raised or _checked(future.result())
            if not isinstance(raised, again):
                done()
    finally:
        # whoever interrupts does not want the rest
        for future in futures:
            future.cancel()
    return results


def _checked(result: object) -> Result:
    if isinstance(result, Measures):
        return result
    return TypeError(f"the executor returned {type(result).__name__}, no measures")


def _error_of(future: Future[Measures]) -> BaseException | None:
    """Return what a future raises; that it was canceled is an error like any other here."""
    from concurrent.futures import CancelledError  # noqa: PLC0415 - see above

    try:
        return future.exception()
    except CancelledError as error:
        return error


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
