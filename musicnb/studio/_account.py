"""Where the money went: by model, sweep and day, and whether the service agrees."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from decimal import Decimal
from html import escape
from typing import TYPE_CHECKING, Final

from musicnb.catalogue import amount_text, usd
from musicnb.library import By, Job, Sums, sums, sums_by
from musicnb.studio._money import credits_text

if TYPE_CHECKING:
    from musicnb.table import Table

_LINES: Final = (
    ("charged", "charged_credits"),
    ("refunded", "refunded_credits"),
    ("spent on clips", "spent_credits"),
    ("held: not yet known", "held_credits"),
)
_CELL: Final = 'style="padding:2px 16px 2px 0;text-align:{}"'


@dataclass(frozen=True)
class Account:
    """What the orders of one service have cost. Made by `Studio.account`.

    ``charged - refunded = spent + held`` for all orders whose charge the service has reported;
    the price of an order without an answer counts as held.

    Parameters
    ----------
    jobs
        The orders.
    balance
        Credits left in the wallet; None where the service does not say.
    differences
        Where the service's own ledger says otherwise, a sentence a task; None where there is no
        ledger to ask (the hosted service has none).
    """

    jobs: tuple[Job, ...] = field(repr=False)
    balance: Decimal | None = None
    differences: tuple[str, ...] | None = None

    @property
    def total(self) -> Sums:
        """All orders together."""
        return sums(self.jobs)

    @property
    def charged(self) -> Decimal:
        """Credits the service reported as charged."""
        return self.total.charged_credits

    @property
    def refunded(self) -> Decimal:
        """Credits the service reported as given back."""
        return self.total.refunded_credits

    @property
    def spent(self) -> Decimal:
        """Credits paid for what was delivered."""
        return self.total.spent_credits

    @property
    def held(self) -> Decimal:
        """Credits that are, or may be, gone with nothing delivered for them yet."""
        return self.total.held_credits

    def by(self, what: By) -> dict[str, Sums]:
        """Add up by ``"model"``, ``"sweep"`` or ``"day"`` (local dates).

        Raises
        ------
        InvalidInput
            It is another word.
        """
        return sums_by(self.jobs, what)

    def table(self, by: By = "model") -> Table:
        """Lay the sums out; see `musicnb.table.account_table` for the columns."""
        from musicnb.table import account_table  # noqa: PLC0415 - pandas costs half a second

        return account_table(self.by(by), by=by)

    def __str__(self) -> str:
        total = self.total
        rows = [(name, getattr(total, attribute)) for name, attribute in _LINES]
        if self.balance is not None:
            rows.append(("left in the wallet", self.balance))
        width = max(len(name) for name, _ in rows)
        lines = [f"{total.orders} orders"]
        lines += [f"  {name:<{width}}  {credits_text(amount)}" for name, amount in rows]
        return "\n".join([*lines, *self._verdict()])

    __repr__ = __str__

    def _repr_html_(self) -> str:
        rows = [
            (by, name or "(no sweep)", group)
            for by in ("model", "sweep", "day")
            for name, group in self.by(by).items()
            if by != "sweep" or any(self.by("sweep"))
        ]
        head = ["", "", "orders", "charged", "refunded", "spent", "held", "USD spent"]
        body = "".join(_row(by, name, group) for by, name, group in rows)
        foot = _row("all", "", self.total)
        left = "" if self.balance is None else f"{credits_text(self.balance)} left in the wallet. "
        note = escape(left + " ".join(self._verdict()))
        return (
            f"<table><thead><tr>{_cells(head, 'th')}</tr></thead><tbody>{body}</tbody>"
            f'<tfoot style="font-weight:600">{foot}</tfoot></table><p>{note}</p>'
        )

    def _verdict(self) -> Sequence[str]:
        if self.differences is None:
            return []
        if not self.differences:
            return ["The service's ledger agrees to the credit."]
        return ["The service's ledger differs:", *(f"  {line}" for line in self.differences)]


def differences(jobs: Sequence[Job], ledger: Mapping[str, Decimal]) -> tuple[str, ...]:
    """Compare what the journal knows of each task with what the service's ledger says.

    Orders under way are left out: their money may move between the two readings.
    """
    found = []
    ours = {job.task_id: job for job in jobs if job.task_id is not None}
    for task_id, job in ours.items():
        known = (job.charged_credits or Decimal(0)) - (job.refunded_credits or Decimal(0))
        paid = ledger.get(task_id, Decimal(0))
        if job.has_ended and known != paid:
            found.append(f"{task_id}: {amount_text(paid)} credits there, {amount_text(known)} here")
    found += [
        f"{task_id}: {amount_text(paid)} credits there, no such order here"
        for task_id, paid in ledger.items()
        if task_id not in ours
    ]
    return tuple(found)


def _row(by: str, name: str, group: Sums) -> str:
    money = [group.charged_credits, group.refunded_credits, group.spent_credits, group.held_credits]
    cells = [by, name, str(group.orders), *map(amount_text, money)]
    return f"<tr>{_cells([*cells, f'${usd(group.spent_credits):.2f}'], 'td')}</tr>"


def _cells(texts: Sequence[str], tag: str) -> str:
    return "".join(
        f"<{tag} {_CELL.format('left' if number < 2 else 'right')}>{escape(text)}</{tag}>"  # noqa: PLR2004
        for number, text in enumerate(texts)
    )
