"""What the choices of a campaign gave: variety for their cost, spread of levels, likeness."""

from __future__ import annotations

import math
from collections.abc import Sequence
from dataclasses import dataclass
from typing import TYPE_CHECKING, Final

import numpy as np
from numpy.typing import NDArray

from musicnb.pictures._canvas import (
    Drawing,
    Sheet,
    Theme,
    any_letters,
    canvas,
    counted,
    grouped,
    plain,
    require_matplotlib,
    write_ends,
)

if TYPE_CHECKING:
    from matplotlib.axes import Axes
    from matplotlib.figure import Figure

_MOST_GROUPS: Final = 24
_BINS: Final = 70
_ROW_INCHES: Final = 0.42
# less than a second, or a LU, is no spread to look at
_LEAST_RANGE: Final = 2.0
_MOST_LINES: Final = 400
_MOST_NAMED: Final = 8
_CROWD: Final = 60

_Floats = NDArray[np.float64]


@dataclass(frozen=True, slots=True)
class Arm:
    """What one choice gave, as its money was spent.

    Parameters
    ----------
    credits
        Spent in all after each of its orders, ascending.
    clips, different
        Clips in all by then, and how many different ones they amount to.
    """

    name: str
    credits: Sequence[float]
    clips: Sequence[int]
    different: Sequence[float]


@dataclass(frozen=True, slots=True)
class Heard:
    """One clip: which group it belongs to, how long (s) and how loud (LUFS) it is."""

    group: str
    duration_s: float
    loudness_lufs: float


def plot_cost_variety(
    name: str, arms: Sequence[Arm], *, by: str = "model", note: str = "", dark: bool = False
) -> Drawing:
    """Draw how many different clips each choice gave for its credits.

    Parameters
    ----------
    name
        Of the campaign.
    arms
        The choices.
    by
        What the choices are: ``"model"``, or the name of an axis.
    note
        What is not shown, and why.
    dark
        Light letters on a dark ground.
    """
    require_matplotlib()
    from matplotlib.ticker import MaxNLocator  # noqa: PLC0415 - the extra plot

    title = f"Different clips for the credits, by {plain(by)}: {plain(name)}"
    with canvas(title, height=4.2, dark=dark) as sheet:
        (ax,) = sheet.axes
        shown = [arm for arm in arms if len(arm.credits)]
        if not shown:
            sheet.nothing("no clips with measures yet")
            sheet.note(note)
            return Drawing(sheet.figure, f"{title}. Nothing to show yet.")
        ends = []
        for number, arm in enumerate(shown):
            colour, marker = sheet.theme.look(number)
            credits = [0.0, *arm.credits]  # noqa: A001 - the service's word
            ax.plot(credits, [0, *arm.clips], color=colour, linewidth=1, linestyle=":")
            ax.plot(credits, [0.0, *arm.different], color=colour, linewidth=1.8)
            ax.plot(credits[-1], arm.different[-1], marker, color=colour, markersize=7)
            amount = f"{arm.different[-1]:.1f} different of {counted(arm.clips[-1], 'clip')}"
            ends.append((credits[-1], arm.different[-1], f"{plain(arm.name)}\n{amount}", colour))
        most = max(max(arm.clips) for arm in shown)
        longest = max(arm.credits[-1] for arm in shown)
        ax.set_xlim(0, longest * 1.02 or 1)
        ax.set_ylim(0, max(most, 1) * 1.12)
        ax.yaxis.set_major_locator(MaxNLocator(7, integer=True))
        write_ends(sheet, ends, lines=2)
        ax.set_xlabel("Spent (credits, less refunds)")
        ax.set_ylabel("Clips")
        ax.set_title("Solid: how many different clips they amount to. Dotted: how many there are.")
        ax.grid()
        sheet.note(
            "Different: the Vendi score of timbre, balance and density; clips that sound alike"
            " count once. It grows with the number of clips.",
            note,
        )
        told = "; ".join(
            f"{arm.name}: {arm.credits[-1]:g} credits, {arm.clips[-1]} clips as"
            f" {arm.different[-1]:.1f} different ones"
            for arm in shown
        )
        return Drawing(sheet.figure, f"{title}. {told}.")


def plot_spread(
    name: str, clips: Sequence[Heard], *, by: str, note: str = "", dark: bool = False
) -> Drawing:
    """Draw loudness and duration of every clip, a row a group, with each group's median.

    Parameters
    ----------
    by
        What the groups are: ``"model"``, or the name of an axis.
    """
    title = f"Loudness and duration, by {plain(by)}: {plain(name)}"
    groups = grouped([clip.group for clip in clips])
    rows = dict(list(groups.items())[:_MOST_GROUPS])
    height = 1.6 + _ROW_INCHES * max(2, len(rows))
    with canvas(title, height=height, dark=dark, columns=2) as sheet:
        if not rows:
            sheet.nothing("no clips yet")
            sheet.note(note)
            return Drawing(sheet.figure, f"{title}. Nothing to show yet.")
        loudness = np.array([clip.loudness_lufs for clip in clips], np.float64)
        duration = np.array([clip.duration_s for clip in clips], np.float64)
        for ax, values, label, form in (
            (sheet.axes[0], loudness, "Integrated loudness (LUFS)", "{:.1f}"),
            (sheet.axes[1], duration, "Duration (s)", "{:.1f}"),
        ):
            _strips(ax, sheet.theme, [values[places] for places in rows.values()], form)
            ax.set_xlabel(label)
        sheet.axes[0].set_yticks(
            range(len(rows)),
            [
                f"{plain(group, 28)}\n{counted(len(places), 'clip')}"
                for group, places in rows.items()
            ],
        )
        sheet.axes[1].set_yticks(range(len(rows)), [""] * len(rows))
        silent = int((~np.isfinite(loudness)).sum())
        more = len(groups) - len(rows)
        sheet.note(
            "A mark is a clip; the bar spans the middle half of a group, the line is its median.",
            f"{counted(silent, 'silent clip')} without a loudness." if silent else "",
            f"{more} more groups are not shown." if more else "",
            note,
        )
        told = "; ".join(
            f"{group}: {_median(loudness[places]):.1f} LUFS, {_median(duration[places]):.1f} s"
            for group, places in rows.items()
        )
        return Drawing(sheet.figure, f"{title}. Medians: {told}.")


def _strips(ax: Axes, theme: Theme, groups: Sequence[_Floats], form: str) -> None:
    seen = np.concatenate(groups)
    seen = seen[np.isfinite(seen)]
    low, high = (float(seen.min()), float(seen.max())) if len(seen) else (0.0, 1.0)
    lacking = max(0.0, _LEAST_RANGE - (high - low)) / 2
    low, high = low - lacking, high + lacking
    room = (high - low) * 0.06
    ax.set_xlim(low - room, high + room * 3.2)
    for row, values in enumerate(groups):
        group = values[np.isfinite(values)]
        if not len(group):
            ax.text(low, row, "none", va="center", fontsize=8, color=theme.faint)
            continue
        colour, marker = theme.look(row)
        first, middle, last = np.percentile(group, (25, 50, 75))
        ax.fill_between(
            [first, last], row - 0.34, row + 0.34, color=colour, alpha=0.18, linewidth=0
        )
        ax.plot(
            group, row + _swarm(group, low - room, high + room), marker, color=colour,
            markersize=3.4 if len(group) > _CROWD else 4.6, alpha=0.75, markeredgewidth=0,
        )  # fmt: skip
        ax.plot([middle, middle], [row - 0.4, row + 0.4], color=theme.ink, linewidth=1.6)
        ax.annotate(
            form.format(middle).replace("-", "−"), (1, row), xycoords=("axes fraction", "data"),
            ha="right", va="center", fontsize=8.5, fontweight="bold",
        )  # fmt: skip
    ax.set_ylim(len(groups) - 0.45, -0.55)
    ax.set_title("median", loc="right", fontsize=8)
    ax.grid(axis="x")
    ax.tick_params(axis="y", length=0)


def _swarm(values: _Floats, low: float, high: float) -> _Floats:
    """Return how far each mark moves up or down, so that equal values lie beside each other."""
    bins = ((values - low) / max(high - low, 1e-9) * _BINS).astype(int)
    offsets = np.zeros(len(values))
    for number in np.unique(bins):
        members = np.flatnonzero(bins == number)
        steps = np.arange(len(members))
        side = np.where(steps % 2, 1, -1) * ((steps + 1) // 2)
        offsets[members] = side * min(0.13, 0.34 / max(1, len(members) // 2))
    return offsets


def _median(values: _Floats) -> float:
    finite = values[np.isfinite(values)]
    return float(np.median(finite)) if len(finite) else math.nan


def plot_similarity(
    name: str,
    places: _Floats,
    groups: Sequence[str],
    pairs: Sequence[tuple[int, int]],
    *,
    labels: Sequence[str] = (),
    share: float = math.nan,
    note: str = "",
    dark: bool = False,
) -> Drawing:
    """Draw a map of clips: near each other what sounds alike, near-duplicates joined by a line.

    Parameters
    ----------
    places
        Shape ``(clips, 2)``; NaN for a clip that has no place.
    groups
        Of each clip: colour and marker.
    pairs
        Places of clips that hold the same recording.
    labels
        Of each clip; written beside those that are joined, while there are few.
    share
        How much of the differences the plane keeps, 0 to 1.
    """
    title = f"How alike the clips sound: {plain(name)}"
    known: NDArray[np.bool_] = np.asarray(np.isfinite(places.reshape(-1, 2)).all(axis=1))
    with canvas(title, height=6.2, dark=dark) as sheet:
        (ax,) = sheet.axes
        if not known.any():
            sheet.nothing("no clips with measures yet")
            sheet.note(note)
            return Drawing(sheet.figure, f"{title}. Nothing to show yet.")
        drawn = [pair for pair in pairs if known[list(pair)].all()]
        for first, second in drawn[:_MOST_LINES]:
            # the ring shows two that lie on one another
            ax.plot(
                *places[[first, second]].T, "o-", color=sheet.theme.ink, linewidth=1.3, zorder=2,
                markersize=12 if known.sum() <= _CROWD else 8, markerfacecolor="none",
            )  # fmt: skip
        for number, (group, members) in enumerate(grouped(list(groups)).items()):
            colour, marker = sheet.theme.look(number)
            here = [place for place in members if known[place]]
            ax.plot(
                *places[here].T, marker, color=colour, linestyle="none", zorder=3,
                markersize=7 if known.sum() <= _CROWD else 4.5, alpha=0.85,
                markeredgecolor=sheet.theme.paper, markeredgewidth=0.6,
                label=f"{plain(group)} ({counted(len(here), 'clip')})",
            )  # fmt: skip
        _name_joined(sheet, places, drawn, labels)
        sheet.legend()
        ax.set_xlabel("Difference in sound (0 the same, 2 the opposite), first direction")
        ax.set_ylabel("Second direction")
        ax.grid()
        joined = f"{counted(len(drawn), 'pair')} of the same recording" if drawn else "none"
        lost = int((~known).sum())
        sheet.note(
            "Distance: timbre, balance and density of the mix."
            + (f" The plane keeps {share:.0%} of the differences." if math.isfinite(share) else ""),
            f"Near-duplicates, ringed and joined by a line: {joined}"
            + (f", the first {_MOST_LINES} drawn." if len(drawn) > _MOST_LINES else "."),
            f"{counted(lost, 'clip')} without a place: silent, or not measured." if lost else "",
            note,
        )
        _equal_scales(sheet.figure, ax, places[known])
        told = f"{counted(int(known.sum()), 'clip')}; near-duplicates: {joined}"
        return Drawing(sheet.figure, f"{title}. {told}.")


def _name_joined(
    sheet: Sheet, places: _Floats, pairs: Sequence[tuple[int, int]], labels: Sequence[str]
) -> None:
    """Write beside each joined pair which clips they are, while there is room for that."""
    if not labels or len(pairs) > _MOST_NAMED:
        return
    middle = float(np.nanmean(places[:, 0]))
    for first, second in pairs:
        x, y = places[[first, second]].mean(axis=0)
        is_right = x > middle
        sheet.axes[0].annotate(
            f"{plain(labels[first], 44)}\n= {plain(labels[second], 44)}", (x, y),
            xytext=(-10 if is_right else 10, 0), textcoords="offset points", va="center",
            ha="right" if is_right else "left", fontsize=7.5, color=sheet.theme.ink, zorder=4,
        )  # fmt: skip


def _equal_scales(figure: Figure, ax: Axes, places: _Floats) -> None:
    """Let a step be as long in both directions, with room around all clips.

    By the limits: an aspect that is set makes the layout put labels over one another.
    """
    low, high = places.min(axis=0), places.max(axis=0)
    middle, extent = (low + high) / 2, high - low + 2 * max(float((high - low).max()) * 0.08, 0.15)
    for _ in range(2):  # other limits have other ticks, whose letters take other room
        with any_letters():
            figure.draw_without_rendering()
        box = ax.get_window_extent()
        ratio = box.width / box.height
        wide = max(extent[0], ratio * extent[1])
        ax.set_xlim(middle[0] - wide / 2, middle[0] + wide / 2)
        ax.set_ylim(middle[1] - wide / ratio / 2, middle[1] + wide / ratio / 2)
