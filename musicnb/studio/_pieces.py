"""The orders of a sweep, one by one: those that run, and those that do not and why."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass

from musicnb.library import Planned
from musicnb.studio._task import Task
from musicnb.sweep import Cell, Plan


@dataclass(slots=True)
class Piece:
    """One order of a cell.

    Parameters
    ----------
    repeat
        Which of the cell's orders it is, from 1.
    task
        None for one that does not run.
    not_run
        Why it does not, or does not run once more; empty for one that does.
    """

    cell: Cell
    repeat: int
    task: Task | None = None
    not_run: str = ""

    @property
    def name(self) -> str:
        """The cell's, and which of its orders it is where there are several."""
        return self.cell.name + (f" #{self.repeat}" if self.cell.repeats > 1 else "")

    @property
    def status(self) -> str:
        """The task's, or why there is none."""
        return self.task.status if self.task else self.not_run


def pieces_of(plan: Plan, planned: Planned, tasks: Iterable[Task]) -> list[Piece]:
    """Join a plan with what the journal has made of it, and the tasks of what was not left out."""
    left_out = {brief.place: brief for brief in planned.left_out}
    waiting = iter(tasks)
    orders = [(cell, n) for cell in plan.runnable for n in range(1, cell.repeats + 1)]
    return [
        Piece(cell, number, None, str(left_out[place]))
        if place in left_out
        else Piece(cell, number, next(waiting))
        for place, (cell, number) in enumerate(orders)
    ]
