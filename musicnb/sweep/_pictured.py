"""How a plan looks: a card in a notebook, lines in a terminal."""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterator
from html import escape
from typing import TYPE_CHECKING, Final

from musicnb.catalogue import amount_text, dollars_text

if TYPE_CHECKING:
    from musicnb.sweep._plan import Plan

_MOST_ROWS: Final = 60
_MOST_LINES: Final = 12


def plan_text(plan: Plan) -> str:
    """Write a plan in a few lines."""
    lines = [f"sweep {plan.name!r}, plan {plan.digest}", f"  {headline(plan)}"]
    lines += [f"  {line}" for line in facts(plan)]
    outside = [*plan.invalid, *plan.left_out]
    lines += [f"  {cell.name:.80}: {cell.problem}" for cell in outside[:_MOST_LINES]]
    if len(outside) > _MOST_LINES:
        lines.append(f"  … and {len(outside) - _MOST_LINES} more; see .table()")
    return "\n".join(lines)


def headline(plan: Plan) -> str:
    """Write the numbers that decide: tasks, clips, price."""
    return (
        f"{plan.tasks} tasks · {plan.clips} clips · {amount_text(plan.credits)} credits"
        f" · ${dollars_text(plan.credits)}"
    )


def facts(plan: Plan) -> Iterator[str]:
    """Write what else one wants to know before agreeing."""
    by_model = Counter[str]()
    for cell in plan.runnable:
        by_model[cell.brief.model] += cell.repeats
    for model, count in by_model.items():
        price = next(cell.brief.price for cell in plan.runnable if cell.brief.model == model)
        wait = plan.usual_s.get(model)
        usual = f"; nine of ten end within {wait:.0f} s" if wait else ""
        yield f"{model}: {count} × {amount_text(price.credits_high)}{usual}"
    after = plan.balance_after_credits
    if after is not None and plan.balance_credits is not None:
        missing = f": {amount_text(-after)} are missing" if after < 0 else ""
        held = amount_text(plan.balance_credits)
        yield f"balance {held}, afterwards {amount_text(after)}{missing}"
    if plan.left_out:
        yield f"{_cells(len(plan.left_out))} excluded"
    if plan.invalid:
        yield f"{_cells(len(plan.invalid))} cannot be sent"


def plan_html(plan: Plan) -> str:
    """Draw a plan as a card with a table of its cells; all text is escaped."""
    head = "".join(f"<th>{escape(axis)}</th>" for axis in plan.axes)
    rows = "".join(_row_html(plan, number) for number in range(min(len(plan.cells), _MOST_ROWS)))
    more = len(plan.cells) - _MOST_ROWS
    rest = f"<div>… and {more} more cells: <code>plan.table()</code></div>" if more > 0 else ""
    lines = "".join(f"<div>{escape(line)}</div>" for line in facts(plan))
    # a table of its own colours nothing, so that light and dark themes both show it as theirs
    return (
        f"<div><strong>{escape(plan.name)}</strong>"
        f" <span style='opacity:.65'>plan {plan.digest}</span>"
        f"<div style='font-size:1.25em;margin:.2em 0'>{escape(headline(plan))}</div>{lines}"
        f"<table style='margin-top:.5em'><thead><tr>{head}<th>tasks</th><th>clips</th>"
        f"<th>credits</th><th></th></tr></thead><tbody>{rows}</tbody></table>{rest}</div>"
    )


def _row_html(plan: Plan, number: int) -> str:
    cell = plan.cells[number]
    labels = cell.labels
    names = "".join(f"<td>{escape(labels[axis][:80])}</td>" for axis in plan.axes)
    if not cell.can_run:
        return (
            f"<tr style='opacity:.75'>{names}<td>0</td><td>0</td><td>0</td>"
            f"<td style='text-align:left'>{escape(cell.problem)}</td></tr>"
        )
    clips = cell.brief.price.clips_low * cell.repeats
    return (
        f"<tr>{names}<td>{cell.repeats}</td><td>{clips}</td>"
        f"<td>{amount_text(cell.credits)}</td><td></td></tr>"
    )


def _cells(count: int) -> str:
    return f"{count} cell" if count == 1 else f"{count} cells"
