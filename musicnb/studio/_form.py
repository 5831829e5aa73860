"""A form that orders music and the board on which the orders appear."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from functools import cached_property
from typing import TYPE_CHECKING, Any, Final

from musicnb.briefs import Brief
from musicnb.catalogue import amount_text
from musicnb.errors import InvalidInput
from musicnb.studio._display import TaskBoard
from musicnb.studio._form_desk import StudioDesk
from musicnb.studio._task import Task
from musicnb.widgets import Form, OrderChoice

if TYPE_CHECKING:
    from musicnb.studio._road import Road
    from musicnb.studio._studio import Studio
    from musicnb.widgets import Shelf

# what a service answers that does not have an upload any more
_GONE: Final = "artifact_not_found"


class StudioForm:
    """What `Studio.form` returns: shows itself in a notebook, and works from Python too.

    Parameters
    ----------
    studio
        Where the orders go.
    road
        Gives its road, as long as it can be used.
    values
        Fields filled in beforehand: ``model``, ``prompt``, ``lyrics``, ``instrumental``,
        ``title``, the model's options by name, ``reference``, ``simple`` and ``times``; see
        `musicnb.widgets.Form.set`.

    Raises
    ------
    InvalidInput
        There is no such field, or it cannot hold such a value.
    """

    def __init__(self, studio: Studio, road: Callable[[], Road], values: Mapping[str, Any]) -> None:
        self._studio = studio
        self._tasks: list[Task] = []
        self._desk = StudioDesk(road, self._show_balance)
        self.widget = Form(
            submit=self._submit,
            service=studio.service_line,
            desk=self._desk,
            terms=studio.terms,
        )
        self.widget.set(**values)  # not into the constructor, which knows more than fields
        for task in studio.running:  # a cell that is run again must not lose sight of them
            self._follow(task)
        self._show_balance()

    @property
    def brief(self) -> Brief:
        """The brief as the form stands, whether or not it can be sent."""
        return self.widget.brief

    @property
    def tasks(self) -> list[Task]:
        """The tasks on the form's board, oldest first: those running before, and its own."""
        board = vars(self).get("_orders")
        return list(self._tasks) if board is None else board.tasks

    def set(self, **values: Any) -> None:
        """Fill in fields; see the class."""
        self.widget.set(**values)

    def code(self) -> str:
        """Write the Python that sends the same."""
        return self.widget.code()

    @property
    def presets(self) -> list[str]:
        """The names that fields were kept under, in the library's ``presets.json``."""
        return list(self._desk.presets())

    def save_preset(self, name: str) -> None:
        """Keep the fields under a name; an earlier preset of this name is replaced."""
        self._shelf.save(name)

    def use_preset(self, name: str) -> None:
        """Fill the form with what was kept under a name."""
        self._shelf.load(name)

    def delete_preset(self, name: str) -> None:
        """Forget what was kept under a name."""
        self._desk.drop_preset(str(name))

    def history(self, search: str = "") -> list[OrderChoice]:
        """List recent requests whose words hold what is searched, newest first, equal ones once."""
        return list(self._desk.orders(search))

    def use_again(self, order: OrderChoice | Task) -> None:
        """Fill the form with an earlier request."""
        self._shelf.use_again(_order_id(order))

    def vary(self, order: OrderChoice | Task) -> None:
        """Fill the form with an earlier request, its title numbered on, to be changed a little."""
        self._shelf.use_again(_order_id(order), vary=True)

    def generate(self) -> Task:
        """Press the button: one order, or as many as ``times`` says.

        Returns
        -------
        Task
            The last of them; all are in ``tasks``.

        Raises
        ------
        InvalidInput
            Something in the form is wrong; nothing was sent.
        """
        self.widget.generate()
        return self.tasks[-1]

    @property
    def _shelf(self) -> Shelf:
        shelf = self.widget.shelf
        assert shelf is not None  # a form with a desk has one
        return shelf

    @cached_property
    def _orders(self) -> TaskBoard:
        """The board of its orders, made when it is shown: a studio view has another."""
        orders = TaskBoard(label="Orders of this form", newest_first=True)
        for task in list(self._tasks):
            orders.add(task)
        return orders

    def _submit(self, brief: Brief) -> None:
        self._follow(self._studio.generate(brief))

    def _follow(self, task: Task) -> None:
        self._tasks.append(task)
        if "_orders" in vars(self):
            self._orders.add(task)
        task.subscribe(self._heed)

    def _heed(self, task: Task) -> None:
        if moves_money(task):
            self._show_balance()
        if task.error is not None and task.error.code == _GONE:
            self._desk.forget_upload(task.job)

    def _show_balance(self) -> None:
        """Bring the wallet's balance into the form, where the service tells it; never waits."""
        self._studio.when_balance_known(
            lambda balance: self.widget.set_balance(f"{amount_text(balance)} credits left", balance)
        )

    def _ipython_display_(self) -> None:
        self.widget.show()
        self._orders.board.show()

    def __repr__(self) -> str:
        return self.widget.text()


def _order_id(order: OrderChoice | Task) -> str:
    if isinstance(order, OrderChoice):
        return order.order_id
    if isinstance(order, Task):
        return order.job.job_id
    raise InvalidInput.about("order", f"must be one of form.history() or a task, not {order!r:.60}")


def moves_money(task: Task) -> bool:
    """Whether a change of a task may have changed the wallet: its debit, or its end."""
    return task.status == "queued" or task.state.ended_at is not None
