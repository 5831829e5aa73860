"""What votes tell: strengths with their intervals, who won against whom, how steady ears are."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from typing import TYPE_CHECKING, Final

import numpy as np

from musicnb.pictures._canvas import Drawing, Sheet, any_letters, canvas, counted, plain

if TYPE_CHECKING:
    from matplotlib.axes import Axes

_ROW_INCHES: Final = 0.36
_NAME_LETTERS: Final = 44
_SHORT_LETTERS: Final = 14
# order and words as `musicnb.listen` has them
_GROUPS: Final = ("clear", "not separated", "reject")


@dataclass(frozen=True, slots=True)
class Strength:
    """One clip: its name, its group, its strength and the ends of the 95 % interval."""

    name: str
    group: str
    strength: float
    low: float
    high: float


@dataclass(frozen=True, slots=True)
class Accord:
    """How often two answers to one pair were the same, were opposite, and were compared at all.

    Parameters
    ----------
    name
        Whose answers.
    same, opposite, total
        Counts; the rest is a preference here and none there.
    """

    name: str
    same: int
    opposite: int
    total: int


def plot_strengths(
    name: str, clips: Sequence[Strength], *, note: str = "", dark: bool = False
) -> Drawing:
    """Draw a row for each clip, the strongest on top: strength, 95 % interval, group.

    Parameters
    ----------
    name
        Of the session.
    clips
        The strongest first; empty while there are only counts.
    note
        What a reader should know besides.
    dark
        Light letters on a dark ground.

    Raises
    ------
    ConfigurationError
        matplotlib is not installed.
    """
    title = f"Strengths by ear: {plain(name)}"
    with any_letters(), canvas(title, height=1.6 + _ROW_INCHES * len(clips), dark=dark) as sheet:
        if not clips:
            sheet.nothing("only counts so far: too few votes for intervals")
            sheet.note(note)
            return Drawing(sheet.figure, f"{title}. Only counts so far.")
        (ax,) = sheet.axes
        ax.axvline(0, color=sheet.theme.faint, linewidth=0.8)
        for number, group in enumerate(_GROUPS):
            _rows(ax, sheet, [(at, c) for at, c in enumerate(clips) if c.group == group], number)
        ax.set_yticks(range(len(clips)), [plain(clip.name, _NAME_LETTERS) for clip in clips])
        ax.set_ylim(len(clips) - 0.4, -0.6)
        ax.set_xlabel("Strength relative to the mean of all clips; 1 more is preferred in 73 %")
        ax.grid(axis="x")
        sheet.legend()
        sheet.note("Lines: 95 % intervals. Where they overlap, the order is not known.", note)
        told = "; ".join(
            f"{clip.name}: {clip.group}, {clip.strength:+.2f} [{clip.low:+.2f}, {clip.high:+.2f}]"
            for clip in clips
        )
        return Drawing(sheet.figure, f"{title}. {told}.")


def _rows(ax: Axes, sheet: Sheet, rows: Sequence[tuple[int, Strength]], number: int) -> None:
    if not rows:
        return
    colour, marker = sheet.theme.look(number)
    places = [place for place, _ in rows]
    ax.hlines(
        places, [clip.low for _, clip in rows], [clip.high for _, clip in rows], color=colour,
        linewidth=2.2, alpha=0.55,
    )  # fmt: skip
    values = [clip.strength for _, clip in rows]
    ax.plot(values, places, marker, color=colour, markersize=6.5, label=_GROUPS[number])


def plot_wins(
    name: str, clips: Sequence[str], wins: Sequence[Sequence[int]], *, dark: bool = False
) -> Drawing:
    """Draw how often the clip of a row was preferred to that of a column.

    Parameters
    ----------
    clips
        Names, in the order of rows and columns.
    wins
        Counts, shape (clips, clips).
    """
    count = len(clips)
    title = f"Who was preferred to whom: {plain(name)}"
    with any_letters(), canvas(title, height=2.0 + _ROW_INCHES * count, dark=dark) as sheet:
        (ax,) = sheet.axes
        table = np.asarray(wins, float).reshape(count, count)
        heard = table + table.T
        share = np.divide(table, heard, out=np.full_like(table, np.nan), where=heard > 0)
        # the ends of the map are too dark for letters on them
        ax.imshow(share, cmap="PuOr_r", vmin=-0.6, vmax=1.6, aspect="auto")
        for row, column in zip(*np.nonzero(heard), strict=True):
            text = f"{table[row, column]:.0f} of {heard[row, column]:.0f}"
            ax.text(column, row, text, ha="center", va="center", fontsize=8, color="#1F1F1F")
        ax.set_yticks(range(count), [plain(clip, _NAME_LETTERS) for clip in clips])
        short = [plain(clip, _SHORT_LETTERS) for clip in clips]
        ax.set_xticks(range(count), short, rotation=35, ha="right")
        sheet.note("Of the votes that preferred one of the two. Empty: never heard in one pair.")
        told = f"{counted(int(table.sum()), 'vote')} that preferred one, among {count} clips"
        return Drawing(sheet.figure, f"{title}. {told}.")


def plot_agreement(name: str, rows: Sequence[Accord], *, dark: bool = False) -> Drawing:
    """Draw for each listener, and each two of them, how many answers were the same or opposite."""
    title = f"How steady the ears are: {plain(name)}"
    shown = [row for row in rows if row.total]
    height = 1.8 + _ROW_INCHES * len(shown)
    with any_letters(), canvas(title, height=height, dark=dark) as sheet:
        if not shown:
            sheet.nothing("no pair was answered twice yet")
            return Drawing(sheet.figure, f"{title}. No pair was answered twice yet.")
        (ax,) = sheet.axes
        places = np.arange(len(shown))
        same = np.array([row.same / row.total for row in shown])
        opposite = np.array([row.opposite / row.total for row in shown])
        for left, width, label, number in (
            (np.zeros(len(shown)), same, "same answer", 0),
            (same, 1 - same - opposite, "a preference once, none the other time", 5),
            (1 - opposite, opposite, "opposite answer", 1),
        ):
            colour, _ = sheet.theme.look(number)
            ax.barh(places, width, left=left, height=0.6, color=colour, alpha=0.8, label=label)
        names = [f"{plain(row.name)}\n{counted(row.total, 'pair')}" for row in shown]
        ax.set_yticks(places, names)
        ax.set_ylim(len(shown) - 0.4, -0.6)
        ax.set_xlim(0, 1)
        ax.set_xticks([0, 0.25, 0.5, 0.75, 1], ["0 %", "25 %", "50 %", "75 %", "100 %"])
        sheet.legend()
        told = "; ".join(f"{row.name}: {row.same} of {row.total} the same" for row in shown)
        return Drawing(sheet.figure, f"{title}. {told}.")
