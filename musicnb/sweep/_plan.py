"""The plan of a sweep: what will be ordered, in which order, and what that costs to the credit."""

from __future__ import annotations

import hashlib
from collections.abc import Callable, Iterable, Mapping
from dataclasses import dataclass, field
from decimal import Decimal
from typing import TYPE_CHECKING, Any, Final

from musicnb import catalogue
from musicnb._given import shown, whole
from musicnb.briefs import Brief
from musicnb.errors import Fault, InvalidInput
from musicnb.sweep._axes import MOST_CELLS, Axes, combinations
from musicnb.sweep._cells import Cell, Exclusion, fill
from musicnb.sweep._pictured import plan_html, plan_text
from musicnb.wire import canonical_bytes

if TYPE_CHECKING:
    from musicnb.table import Table

_DIGEST_LETTERS: Final = 12
_LONGEST_NAME: Final = 80


@dataclass(frozen=True)
class Plan:
    """Everything a sweep will order, priced before the first request. Made by `Studio.sweep`.

    Prints as a card; ``.table()`` gives a frame, ``.run(max_credits=...)`` runs it.

    Parameters
    ----------
    name
        The sweep's; an order is recognised by it and its brief, so that running twice sends once.
    cells
        All of them in order, those that are left out included.
    balance_credits
        What the wallet held when the plan was made; None where the service does not tell.
    usual_s
        By model: seconds within which nine of ten tasks ended so far; without those not yet met.
    runner
        What `run` hands over to.
    brief
        What was varied, with its placeholders; None for a plan that was not made of one brief.
    """

    name: str
    cells: tuple[Cell, ...]
    balance_credits: Decimal | None = None
    usual_s: Mapping[str, float] = field(default_factory=dict)
    runner: Callable[..., Any] | None = field(default=None, repr=False, compare=False)
    brief: Brief | None = field(default=None, repr=False, compare=False)

    # ------------------------------------------------------------------------------- what

    @property
    def axes(self) -> tuple[str, ...]:
        """The names of the axes, the slowest first."""
        return tuple(self.cells[0].labels) if self.cells else ()

    @property
    def runnable(self) -> tuple[Cell, ...]:
        """The cells that will be ordered."""
        return tuple(cell for cell in self.cells if cell.can_run)

    @property
    def left_out(self) -> tuple[Cell, ...]:
        """The cells that were excluded."""
        return tuple(cell for cell in self.cells if cell.left_out)

    @property
    def invalid(self) -> tuple[Cell, ...]:
        """The cells that the service would refuse; ``.problem`` says why."""
        return tuple(cell for cell in self.cells if cell.faults)

    @property
    def briefs(self) -> tuple[Brief, ...]:
        """What will be ordered, in order; a repeated cell's brief as often as it is repeated."""
        return tuple(cell.brief for cell in self.runnable for _ in range(cell.repeats))

    @property
    def digest(self) -> str:
        """Twelve hexadecimal digits that change with anything that would be ordered.

        The beginning of a SHA-256 over the name and every request in order.
        """
        return digest_of(
            self.name,
            (
                (cell.brief.capability, cell.repeats, cell.brief.request().body())
                for cell in self.runnable
            ),
        )

    # ----------------------------------------------------------------------------- numbers

    @property
    def tasks(self) -> int:
        """How many tasks it orders."""
        return sum(cell.repeats for cell in self.runnable)

    @property
    def clips(self) -> int:
        """How many clips that gives; the fewest, where a model is chosen by the service."""
        return sum(cell.brief.price.clips_low * cell.repeats for cell in self.runnable)

    @property
    def credits(self) -> Decimal:
        """What it costs; the most, where a model is chosen by the service."""
        return sum((cell.credits for cell in self.cells), Decimal(0))

    @property
    def usd(self) -> Decimal:
        """The same in US dollars, for display only."""
        return catalogue.usd(self.credits)

    @property
    def balance_after_credits(self) -> Decimal | None:
        """What the wallet will hold afterwards; below nothing when it does not suffice."""
        return None if self.balance_credits is None else self.balance_credits - self.credits

    # -------------------------------------------------------------------------------- deeds

    def run(
        self,
        *,
        max_credits: Decimal | float | str | None = None,
        skip_invalid: bool = False,
        digest: str | None = None,
    ) -> Any:
        """Order it, each task at most once, and return at once.

        Parameters
        ----------
        max_credits
            What the sweep may cost in all. Cells are taken in order; one that does not fit is left
            out, a later one that fits still runs.
        skip_invalid
            Run without the cells that the service would refuse.
        digest
            The digest that was approved; the plan must still be that one.

        Returns
        -------
        musicnb.studio.Run
            Wait for it, await it, or let it go on.

        Raises
        ------
        InvalidInput
            A cell is invalid, the plan has changed, or there is nothing to run.
        InsufficientBalance
            The wallet holds less than what would be ordered. Nothing was sent.
        """
        faults = [
            Fault(f"cell {cell.number} ({cell.name:.60})", fault.pointer, str(fault), fault.code)
            for cell in self.invalid
            if not skip_invalid
            for fault in cell.faults
        ]
        if digest is not None and digest != self.digest:
            message = f"is {digest!r:.40}, but this plan is {self.digest}: look at it again"
            faults.append(Fault("digest", "", message))
        if not faults and not self.runnable:
            faults.append(Fault("plan", "", "has no cell that can run"))
        if faults:
            raise InvalidInput.from_faults(faults)
        if self.runner is None:
            raise InvalidInput.from_faults(
                [Fault("plan", "", "was made without a studio; make it with studio.sweep(...)")]
            )
        return self.runner(self, max_credits)

    # ---------------------------------------------------------------------------- pictures

    def rows(self) -> list[dict[str, Any]]:
        """List the cells as plain values: axes, model, repeats, tasks, clips, credits, problem."""
        return [
            {
                "cell": cell.number,
                **cell.labels,
                "tasks": cell.repeats if cell.can_run else 0,
                "clips": cell.brief.price.clips_low * cell.repeats if cell.can_run else 0,
                "credits": cell.credits,
                "problem": cell.problem,
            }
            for cell in self.cells
        ]

    def table(self) -> Table:
        """Show every cell in a frame, indexed by the axes."""
        from musicnb.table import Table  # noqa: PLC0415 - pandas costs half a second

        frame = Table(self.rows())
        if frame.empty:
            return frame
        frame["credits"] = frame["credits"].astype(float)
        return frame.set_index(list(self.axes) or "cell")

    def __str__(self) -> str:
        return plan_text(self)

    __repr__ = __str__

    def _repr_html_(self) -> str:
        return plan_html(self)


def digest_of(name: str, requests: Iterable[tuple[str, int, dict[str, Any]]]) -> str:
    """Digest a plan: its name, and of every cell the capability, the repeats and the request."""
    digest = hashlib.sha256(name.encode())
    for capability, repeats, body in requests:
        digest.update(f"\n{capability} {repeats} ".encode() + canonical_bytes(body))
    return digest.hexdigest()[:_DIGEST_LETTERS]


def faults_of_name(name: object) -> list[Fault]:
    """Find what is wrong with a sweep's name: too long, empty, or nothing that can be written."""
    valid = isinstance(name, str) and 0 < len(name.strip()) <= _LONGEST_NAME
    if valid and isinstance(name, str):
        # no halves of characters, no NUL: SQLite takes neither
        valid = "\0" not in name and not any("\ud800" <= letter <= "\udfff" for letter in name)
    text = f"is {name!r:.80}; give a name of 1 to {_LONGEST_NAME} characters"
    return [] if valid else [Fault("sweep", "", text)]


def plan_sweep(
    name: str,
    brief: Brief,
    axes: Axes,
    *,
    repeats: int = 1,
    exclude: Exclusion | Iterable[Exclusion] = (),
) -> Plan:
    """Plan a sweep without a studio; the parameters are those of `musicnb.Studio.sweep`.

    Raises
    ------
    InvalidInput
        The axes, the patterns or the number of repeats are wrong. What is wrong with single cells
        is told by the plan, about all of them at once.
    """
    if not isinstance(brief, Brief):
        raise InvalidInput.from_faults(
            [Fault("brief", "", f"must be a TextToMusic(...), not {type(brief).__name__}")]
        )
    faults = faults_of_name(name)
    times = whole(repeats)
    if times is None or not 1 <= times <= MOST_CELLS:
        faults.append(Fault("repeats", "", f"is {shown(repeats)}; give a whole number from 1"))
    if faults or times is None:
        raise InvalidInput.from_faults(faults)
    exclusions = [exclude] if isinstance(exclude, Mapping) or callable(exclude) else exclude
    cells = fill(brief, combinations(axes), exclude=exclusions, repeats=times)
    plan = Plan(name.strip(), cells, brief=brief)
    if plan.tasks > MOST_CELLS:
        message = f"make {plan.tasks:,} tasks; at most {MOST_CELLS:,} are planned at once"
        raise InvalidInput.from_faults([Fault("repeats", "", message)])
    return plan
