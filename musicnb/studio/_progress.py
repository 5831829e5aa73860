"""Progress of tasks as text: bars in a terminal, lines elsewhere."""

from __future__ import annotations

import sys
import time
from collections.abc import Sequence
from typing import TextIO

from tqdm import tqdm

from musicnb.studio._task import Task

_TICK_S = 0.1
_BAR = "{bar:20} {elapsed} {desc}"


def follow(
    tasks: Sequence[Task],
    *,
    timeout_s: float | None = None,
    stream: TextIO | None = None,
    quiet: bool = False,
) -> None:
    """Show progress until all tasks are done or the time is over; raise nothing of theirs."""
    stream = stream or sys.stderr
    give_up = None if timeout_s is None else time.monotonic() + timeout_s
    shown: Sequence[Task] = () if quiet else tasks
    show = _Bars(shown, stream) if stream.isatty() else _Lines(shown, stream)
    try:
        waiting: list[Task] = []
        while True:
            # one is asked at a time: a thousand at every tick cost more than their orders
            while waiting and waiting[-1].done:
                waiting.pop()
            if not waiting and not (waiting := [task for task in tasks if not task.done]):
                break
            show.update()
            if give_up is not None and time.monotonic() > give_up:
                break
            time.sleep(_TICK_S)
        show.update()
    finally:
        show.close()


class _Bars:
    """One bar a task."""

    def __init__(self, tasks: Sequence[Task], stream: TextIO) -> None:
        self._bars = [
            (
                task,
                tqdm(
                    total=100,
                    position=position,
                    file=stream,
                    bar_format=_BAR,
                ),
            )
            for position, task in enumerate(tasks)
        ]

    def update(self) -> None:
        for task, bar in self._bars:
            bar.n = min(int(task.state.percent or 0), 100)
            bar.set_description_str(f"{task.job.request['model']}  {task.progress}")

    def close(self) -> None:
        for _, bar in self._bars:
            bar.close()


class _Lines:
    """One line for each change of a task's status or phase."""

    def __init__(self, tasks: Sequence[Task], stream: TextIO) -> None:
        self._tasks, self._stream = tasks, stream
        self._shown: dict[int, str] = {}
        self._start = time.monotonic()

    def update(self) -> None:
        for number, task in enumerate(self._tasks):
            if self._shown.get(number) != task.progress:
                self._shown[number] = task.progress
                elapsed = time.monotonic() - self._start
                model = task.job.request["model"]
                print(f"{elapsed:6.1f} s  {model:<18} {task.progress}", file=self._stream)

    def close(self) -> None:
        self._stream.flush()
