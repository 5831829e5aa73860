"""How a campaign went: when each order was where, and when its money was spent."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any, Final, Literal

import numpy as np

from musicnb.pictures._canvas import Drawing, Sheet, canvas, counted, plain, write_ends

_MOST_NAMES: Final = 40
_FEWEST_ROWS: Final = 4
_UNITS: Final = ((2 * 86_400.0, 86_400.0, "days"), (2 * 3600.0, 3600.0, "h"), (180.0, 60.0, "min"))
_ENDS: Final = {
    "succeeded": ("o", "succeeded"),
    "failed": ("X", "failed"),
    "canceled": ("D", "canceled"),
}


@dataclass(frozen=True, slots=True)
class Span:
    """One order in time; seconds since the first was written down, None for what has not been.

    Parameters
    ----------
    planned_s, sent_s, ended_s
        When it was written down, was first sent, and came to its end.
    saved_s
        When each of its clips was on disk.
    state
        As the journal has it.
    """

    name: str
    state: str
    planned_s: float
    sent_s: float | None = None
    ended_s: float | None = None
    saved_s: tuple[float, ...] = ()


@dataclass(frozen=True, slots=True)
class Movement:
    """Money that moved, in credits, so many seconds after the first order was written down."""

    at_s: float
    kind: Literal["charged", "delivered", "refunded"]
    credits: float


def plot_timeline(
    name: str,
    spans: Sequence[Span],
    *,
    now_s: float,
    not_run: Sequence[str] = (),
    note: str = "",
    dark: bool = False,
) -> Drawing:
    """Draw a bar an order: waiting here, at the service, its end.

    Parameters
    ----------
    now_s
        How far an order reaches that is under way.
    not_run
        Orders that never ran, in words; only counted.
    """
    title = f"When each order was sent and ended: {plain(name)}"
    # a bar needs a pixel or two, a page has an end
    height = 1.9 + min(9.0, 0.2 * max(_FEWEST_ROWS, len(spans)))
    with canvas(title, height=height, dark=dark) as sheet:
        (ax,) = sheet.axes
        left_out = f"{counted(len(not_run), 'order')} did not run." if not_run else ""
        if not spans:
            sheet.nothing("no order was sent")
            sheet.note(left_out, note)
            return Drawing(sheet.figure, f"{title}. No order was sent. {left_out}".strip())
        end = max(1.0, *(_reach(span, now_s) for span in spans))
        unit, word = _unit(end)
        _bars(sheet, spans, now_s, unit)
        ends = _ends(sheet, spans, now_s, unit)
        ax.set_xlim(0, end / unit * 1.03)
        ax.set_ylim(max(len(spans), _FEWEST_ROWS) - 0.4, -0.6)
        if len(spans) <= _MOST_NAMES:
            ax.set_yticks(range(len(spans)), [plain(span.name, 44) for span in spans])
            ax.tick_params(axis="y", length=0)
        else:
            ax.set_yticks([])
            ax.set_ylabel(f"{counted(len(spans), 'order')}, in the plan's order")
        ax.set_xlabel(f"Time since the first order was written down ({word})")
        ax.grid(axis="x")
        sheet.legend()
        sheet.note(
            "At the service: from the first sending until the end is known and its clips are on"
            " disk, as the journal dates it.",
            left_out,
            note,
        )
        told = ", ".join(f"{count} {state}" for state, count in ends.items())
        return Drawing(
            sheet.figure, f"{title}. {told}; {end / unit:.1f} {word}. {left_out}".strip()
        )


def _bars(sheet: Sheet, spans: Sequence[Span], now_s: float, unit: float) -> None:
    ax, theme = sheet.axes[0], sheet.theme
    bars: dict[str, list[tuple[int, float, float]]] = {"waiting here": [], "at the service": []}
    for row, span in enumerate(spans):
        end = _reach(span, now_s)
        sent = end if span.sent_s is None else min(max(span.sent_s, span.planned_s), end)
        bars["waiting here"].append((row, span.planned_s, sent))
        if span.sent_s is not None:
            bars["at the service"].append((row, sent, end))
    looks: dict[str, dict[str, Any]] = {
        "waiting here": {"color": theme.faint, "alpha": 0.35},
        "at the service": {"color": theme.colours[0], "alpha": 0.8},
    }
    for what, found in bars.items():
        if found:
            rows, starts, ends = np.array(found).T
            width = (ends - starts) / unit
            ax.barh(rows, width, 0.66, left=starts / unit, label=what, linewidth=0, **looks[what])
    saved = np.array([(row, at) for row, span in enumerate(spans) for at in span.saved_s])
    if len(saved):
        ax.plot(
            saved[:, 1] / unit, saved[:, 0], "|", color=theme.ink, label="a clip on disk",
            markersize=6 if len(spans) <= _MOST_NAMES else 2,
        )  # fmt: skip


def _ends(sheet: Sheet, spans: Sequence[Span], now_s: float, unit: float) -> dict[str, int]:
    """Mark how orders ended; return how many did so."""
    ax, theme = sheet.axes[0], sheet.theme
    size = 6.0 if len(spans) <= _MOST_NAMES else 3.0
    colours = {"succeeded": theme.colours[2], "failed": theme.colours[1]}
    found: dict[str, list[tuple[float, int]]] = {}
    for row, span in enumerate(spans):
        state = span.state if span.state in _ENDS else "not over yet"
        found.setdefault(state, []).append((_reach(span, now_s) / unit, row))
    for state, ends in found.items():
        marker, word = _ENDS.get(state, (">", state))
        ax.plot(
            *zip(*ends, strict=True), marker, linestyle="none", markersize=size, label=word,
            color=colours.get(state, theme.ink), markeredgecolor=theme.paper, markeredgewidth=0.5,
            zorder=3, clip_on=False,
        )  # fmt: skip
    return {state: len(ends) for state, ends in found.items()}


def _reach(span: Span, now_s: float) -> float:
    end = now_s if span.ended_s is None else span.ended_s
    return max(end, span.planned_s)


def plot_spend(
    name: str,
    movements: Sequence[Movement],
    *,
    now_s: float,
    cap: float | None = None,
    held: float = 0.0,
    note: str = "",
    dark: bool = False,
) -> Drawing:
    """Draw credits charged, paid for what came, and given back, over time, beside the cap.

    Parameters
    ----------
    cap
        What the campaign may cost in all; None where nobody has said.
    held
        Credits that are gone, or may be, with nothing for them yet.
    """
    title = f"Credits over time: {plain(name)}"
    with canvas(title, height=4.0, dark=dark) as sheet:
        (ax,) = sheet.axes
        if not movements:
            sheet.nothing("nothing was charged")
            sheet.note(note)
            return Drawing(sheet.figure, f"{title}. Nothing was charged.")
        theme = sheet.theme
        end = max(now_s, *(movement.at_s for movement in movements), 1.0)
        unit, word = _unit(end)
        ax.set_xlim(0, end / unit)
        sums, labels = {}, []
        for kind, text, number, look in (
            ("charged", "charged or reserved", 0, {"linewidth": 2.0}),
            ("delivered", "paid for what came", 2, {"linewidth": 2.0, "linestyle": (0, (4, 1.5))}),
            ("refunded", "given back", 1, {"linewidth": 1.6, "linestyle": ":"}),
        ):
            part = sorted((m.at_s, m.credits) for m in movements if m.kind == kind)
            sums[kind] = sum(amount for _, amount in part)
            if not part:
                continue
            times, amounts = np.array([(0.0, 0.0), *part, (end, 0.0)]).T
            colour = theme.colours[number]
            line: dict[str, Any] = {"color": colour, **look}
            ax.step(times / unit, np.cumsum(amounts), where="post", **line)
            labels.append((sums[kind], f"{text}: {_amount(sums[kind])}", colour))
        top = max(cap or 0.0, *sums.values(), 1.0)
        if cap is not None:
            ax.plot([0, end / unit], [cap, cap], color=theme.ink, linewidth=1.2, linestyle="--")
            labels.append((cap, f"cap: {_amount(cap)}", theme.ink))
        ax.set_ylim(0, top * 1.12)
        write_ends(sheet, [(end / unit, at, text, colour) for at, text, colour in labels])
        ax.set_xlabel(f"Time since the first order was written down ({word})")
        ax.set_ylabel("Credits")
        ax.grid()
        sheet.note(
            "A charge is drawn when its order was first sent, what came and what was given back"
            " when the order ended.",
            "What is given back makes no room under the cap."
            + (
                f" {_amount(held)} credits are held: nothing has come for them yet." if held else ""
            ),
            "" if cap is not None else "No cap was set.",
            note,
        )
        told = ", ".join(text for _, text, _ in labels)
        return Drawing(sheet.figure, f"{title}. {told}.")


def _amount(credits: float) -> str:  # noqa: A002 - the service's word
    return f"{credits:,.4f}".rstrip("0").rstrip(".")


def _unit(seconds: float) -> tuple[float, str]:
    return next(((unit, word) for least, unit, word in _UNITS if seconds >= least), (1.0, "s"))
