"""A form that orders music and the board on which the orders appear."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from musicnb.briefs import TextToMusic
from musicnb.catalogue import amount_text
from musicnb.studio._display import TaskBoard
from musicnb.studio._task import Task
from musicnb.widgets import Form

if TYPE_CHECKING:
    from musicnb.studio._studio import Studio


class StudioForm:
    """What `Studio.form` returns: shows itself in a notebook, and works from Python too.

    Parameters
    ----------
    studio
        Where the orders go.
    values
        Fields filled in beforehand: ``model``, ``prompt``, ``lyrics``, ``instrumental``,
        ``title`` and the model's options by name.

    Raises
    ------
    InvalidInput
        There is no such field, or it cannot hold such a value.
    """

    def __init__(self, studio: Studio, **values: Any) -> None:
        self._studio = studio
        self._orders = TaskBoard(label="Orders of this form", newest_first=True)
        self.widget = Form(submit=self._submit, service=studio.service_line, **values)
        for task in studio.running:  # a cell that is run again must not lose sight of them
            self._follow(task)
        self._show_balance()

    @property
    def brief(self) -> TextToMusic:
        """The brief as the form stands, whether or not it can be sent."""
        return self.widget.brief

    @property
    def tasks(self) -> list[Task]:
        """The tasks on the form's board, oldest first: those running before, and its own."""
        return self._orders.tasks

    def set(self, **values: Any) -> None:
        """Fill in fields; see the class."""
        self.widget.set(**values)

    def generate(self) -> Task:
        """Press the button.

        Raises
        ------
        InvalidInput
            Something in the form is wrong; nothing was sent.
        """
        self.widget.generate()
        return self.tasks[-1]

    def _submit(self, brief: TextToMusic) -> None:
        self._follow(self._studio.generate(brief))

    def _follow(self, task: Task) -> None:
        self._orders.add(task)
        task.subscribe(lambda changed: self._show_balance() if moves_money(changed) else None)

    def _show_balance(self) -> None:
        """Bring the wallet's balance into the form, where the service tells it; never waits."""
        self._studio.when_balance_known(
            lambda balance: self.widget.set_balance(f"{amount_text(balance)} credits left")
        )

    def _ipython_display_(self) -> None:
        self.widget.show()
        self._orders.board.show()

    def __repr__(self) -> str:
        return self.widget.text()


def moves_money(task: Task) -> bool:
    """Whether a change of a task may have changed the wallet: its debit, or its end."""
    return task.status == "queued" or task.state.ended_at is not None
