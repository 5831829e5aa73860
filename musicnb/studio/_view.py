"""The studio view of a studio: its form, its library, its money, kept up to date."""

from __future__ import annotations

import contextlib
import datetime as dt
import os
import threading
import time
from collections.abc import Iterator, Mapping
from decimal import Decimal
from typing import TYPE_CHECKING, Any, Final

from musicnb import __version__
from musicnb.catalogue import amount_text, usd
from musicnb.errors import LibraryError
from musicnb.library import Sums
from musicnb.settings import ApiKey
from musicnb.studio._account import Account
from musicnb.studio._departures import tell_of_departures
from musicnb.studio._display import TaskBoard
from musicnb.studio._form import moves_money
from musicnb.studio._loop import shared_loop
from musicnb.studio._money import credits_text
from musicnb.studio._ordering import waiting
from musicnb.studio._rating import keep_rated
from musicnb.studio._task import Task
from musicnb.widgets import AccountView, DayView, SettingsView, StudioView

if TYPE_CHECKING:
    from musicnb.studio._studio import Studio

_DAYS: Final = 14
_DAY_S: Final = 86_400
#: Between a change of money and its being added up: several tasks often end together.
_MONEY_S: Final = 0.3
_HONEST: Final = (
    "This is the sandbox: it runs on this machine, its money is play money, and an engine of its "
    "own makes the music. It shows how everything works, not how the models sound."
)
_AGAIN: Final = "studio.show() shows it live again, at no cost."


def show_studio(studio: Studio, values: Mapping[str, Any]) -> None:
    """Display a studio's view; see `Studio.show`."""
    LiveView(studio, values).view.show()


class LiveView:
    """A studio view and what keeps it up to date.

    Parameters
    ----------
    studio
        Whose it is.
    values
        Fields of the form filled in beforehand.

    Raises
    ------
    InvalidInput
        There is no such field, or it cannot hold such a value.
    """

    def __init__(self, studio: Studio, values: Mapping[str, Any]) -> None:
        self._studio = studio
        self._service = None if studio.road is None else studio.road.service.identity
        self._balance: Decimal | None = None
        self._adding_up = False
        self._lock = threading.Lock()
        self._form = None if studio.read_only else studio.form(**values).widget
        clips = studio.clips()[::-1]
        at_rest = list(self._at_rest())
        self._board = _Library(
            self, label="Library", newest_first=True, clips=clips, at_rest=at_rest, tray=True
        )
        keep_rated(self._board.board, studio.library.journal)
        self._board.board.copy_note = _AGAIN
        self._board.board.restart_note = (
            "The kernel was restarted. studio.show() takes up what was running."
        )
        self.view = StudioView(
            library=self._board.board,
            form=self._form,
            service=studio.service_line,
            account=self._account(),
            settings=settings_of(studio),
        )
        for task in at_rest:
            task.subscribe(self._changed)
        self._take_up()
        self._add_up()

    def follow(self, task: Task) -> None:
        """Have an order on the board and its money in the account."""
        self._board.add(task)
        task.subscribe(self._changed)
        self._changed(task)

    def _at_rest(self) -> Iterator[Task]:
        """Find what came to nothing lately, and what never got as far as the service."""
        if (road := self._studio.road) is None:
            return
        for job in self._studio.library.journal.jobs(self._service):
            if job.state == "failed" and time.time() - (job.ended_at or 0.0) < _DAY_S:
                yield road.at_rest(job)
        for job in waiting(self._studio.library, road):
            if job.task_id is None:
                yield road.unfinished(job)

    def _take_up(self) -> None:
        """Let go on what the service has accepted; all that it takes is to look and to fetch."""
        if (road := self._studio.road) is None:
            return
        tell_of_departures(self._studio.library.folder, self._board.departed)
        for job in waiting(self._studio.library, road):
            if job.task_id is not None:
                road.travel(job)
        for task in self._studio.running:
            self._board.departed(task)

    def _changed(self, task: Task) -> None:
        self.view.set_going(sum(not task.state.ended_at for task in self._board.tasks))
        if moves_money(task):
            self._add_up()

    def _add_up(self) -> None:
        """Add the money up a little later, once for all that changes until then."""
        with self._lock:
            if self._adding_up:
                return
            self._adding_up = True
        shared_loop().later(_MONEY_S, self._show_account)

    def _show_account(self) -> None:
        with self._lock:
            self._adding_up = False
        self._show_sums()
        self._studio.when_balance_known(self._know_balance)

    def _know_balance(self, balance: Decimal) -> None:
        self._balance = balance
        self._show_sums()
        if self._form is not None:  # it hears of its own orders only
            self._form.set_balance(f"{amount_text(balance)} credits left")

    def _show_sums(self) -> None:
        with contextlib.suppress(LibraryError):  # the studio was closed meanwhile
            self.view.set_account(self._account())

    def _account(self) -> AccountView:
        jobs = self._studio.library.journal.jobs(self._service)
        return account_view(Account(tuple(jobs), self._balance))


class _Library(TaskBoard):
    """The board of a studio view: it hears of every order that sets out."""

    def __init__(self, live: LiveView, **options: Any) -> None:
        super().__init__(**options)
        self._live = live  # kept alive by its board, as long as somebody can see it

    def departed(self, task: Task) -> None:
        """Take an order that nobody has put here yet."""
        if self._tasks.get(task.job.job_id) is not task:
            self._live.follow(task)


def account_view(account: Account, now: float | None = None) -> AccountView:
    """Lay out what orders have cost, with the last two weeks day by day.

    Parameters
    ----------
    account
        What is laid out.
    now
        Seconds since the epoch; by default the present.
    """
    now = time.time() if now is None else now
    total, by_day = account.total, account.by("day")
    sums = [("left in the wallet", account.balance)] if account.balance is not None else []
    sums += [
        ("spent on clips", total.spent_credits),
        ("held", total.held_credits),
        ("refunded", total.refunded_credits),
    ]
    today = dt.date.fromtimestamp(now)  # noqa: DTZ012 - the account's days are local, too
    days = [today - dt.timedelta(days=back) for back in reversed(range(_DAYS))]
    models = sorted(account.by("model").items(), key=lambda item: -item[1].spent_credits)
    return AccountView(
        tuple(
            (name, f"{amount_text(amount)} credits", f"${usd(amount):.2f}") for name, amount in sums
        ),
        tuple(_day_view(day, by_day.get(day.isoformat())) for day in days),
        tuple(
            (name, str(group.orders), credits_text(group.spent_credits)) for name, group in models
        ),
    )


def _day_view(day: dt.date, day_sums: Sums | None) -> DayView:
    name = f"{day.day} {day:%b}"
    if day_sums is None:
        return DayView(name, 0.0, 0.0)
    return DayView(name, float(day_sums.spent_credits), float(day_sums.held_credits))


def settings_of(studio: Studio) -> SettingsView:
    """Say which service is used and where the library is; of a key, only whether there is one."""
    settings = studio.settings
    rows = [("Service", studio.service_line)]
    if settings is not None:
        rows += [("Address", settings.base_url), ("API key", "set (never shown)")]
    elif ApiKey.from_environment() is not None:
        rows += [("API key", "set, but not used: the sandbox needs none")]
    else:
        rows += [("API key", "not set; the sandbox needs none")]
    rows += [
        ("Library", os.fspath(studio.library.folder)),
        ("Version", f"musicnb {__version__}"),
    ]
    is_sandbox = studio.road is not None and studio.road.service.is_sandbox
    return SettingsView(tuple(rows), _HONEST if is_sandbox else "")
