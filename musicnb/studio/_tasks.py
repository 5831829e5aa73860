"""Many tasks together: to wait for, and to look at on one board."""

from __future__ import annotations

import asyncio
import sys
from collections.abc import Callable, Iterable

from musicnb.library import LeftOut
from musicnb.studio._progress import follow
from musicnb.studio._task import Task, settle_boards


class Tasks(tuple[Task, ...]):  # noqa: SLOT001 - a tuple of any length can have no slots
    """Some tasks; shows as one board in a notebook.

    Attributes
    ----------
    said
        What was printed about them, in one line.
    left_out
        Briefs of a sweep that were not ordered, because they do not fit its cap.
    show
        Displays them; a board of their own where there is nothing better.
    """

    said: str = ""
    left_out: tuple[LeftOut, ...] = ()
    show: Callable[[], None] | None = None
    _shown_in: int | None = None

    def wait(self, timeout_s: float | None = None) -> None:
        """Wait until all of them have come to rest; raises nothing of theirs.

        Shows how they get on: bars in a terminal, the live board in a notebook.

        Parameters
        ----------
        timeout_s
            Seconds to wait at most; None waits as long as it takes.
        """
        if self and (cell := running_cell()) is not None and cell != self._shown_in:
            self._show()
        try:
            follow(self, timeout_s=timeout_s, quiet=not sys.stderr.isatty())
        except KeyboardInterrupt as error:
            error.add_note("They all go on; wait() waits for them again")
            raise
        finally:
            settle_boards(self)

    async def watch(self) -> None:
        """Wait like `wait`, and keep the board live where it otherwise is not: Google Colab.

        ``await tasks.watch()`` sends every change from the kernel's own event loop.
        """
        if self and (cell := running_cell()) is not None and cell != self._shown_in:
            self._show()
        await watch(self)

    def _ipython_display_(self) -> None:
        # what waited in this cell has shown them already
        if self._shown_in is None or running_cell() != self._shown_in:
            self._show()

    def _show(self) -> None:
        from musicnb.studio._display import show_tasks  # noqa: PLC0415 - Jupyter only on display

        self._shown_in = running_cell()
        if self.show is not None:
            self.show()
        else:
            show_tasks(self)


async def watch(tasks: Iterable[Task]) -> None:
    """Wait until tasks have come to rest, and send what changes from the loop that waits."""
    tasks = list(tasks)
    boards = {id(board): board for task in tasks for board in task.boards}.values()
    await asyncio.gather(*(board.watch(lambda: all(t.done for t in tasks)) for board in boards))
    await asyncio.gather(*tasks, return_exceptions=True)


def running_cell() -> int | None:
    """Return the number of the cell that runs; None outside a notebook."""
    if "IPython" not in sys.modules:  # scripts need not load it to be told that they are none
        return None
    shell = sys.modules["IPython"].get_ipython()
    return int(shell.execution_count) if hasattr(shell, "kernel") else None
