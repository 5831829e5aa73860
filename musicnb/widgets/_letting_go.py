"""Widgets that are let go: when the cell that has shown them has run again and shows others.

What a page has shown stays alive in the kernel until it is closed, and nothing else tells that
running the cell again has replaced it.
"""

from __future__ import annotations

from collections.abc import Iterator
from typing import Final, Protocol

from IPython import get_ipython
from ipywidgets import Widget

from musicnb.widgets._copies import running_cell

__all__ = ["forget", "let_go", "revive", "shown_by_cell"]


class Shown(Protocol):
    """Something that cells show."""

    def close(self) -> None:
        """Take it off every page."""


#: What each cell has shown, by its run: one run, and a second one while that is under way.
_of_cells: Final[dict[str, dict[str, list[Shown]]]] = {}
_watched: Final[list[object]] = []


def shown_by_cell(shown: Shown) -> None:
    """Remember what the running cell shows, to close it once the cell has run again without it."""
    cell, run = running_cell()
    if not cell:
        return
    _of_cells.setdefault(cell, {}).setdefault(run, []).append(shown)
    shell = get_ipython()
    if shell not in _watched:
        _watched.append(shell)
        shell.events.register("post_run_cell", _close_former)


def _close_former(*_: object) -> None:
    """Close what earlier runs of the cell that ends have shown, and no cell shows any more."""
    cell, run = running_cell()
    if (runs := _of_cells.pop(cell, None)) is None:
        return
    if run in runs:
        _of_cells[cell] = {run: runs.pop(run)}
    former = {id(shown): shown for group in runs.values() for shown in group}
    still = {id(one) for runs in _of_cells.values() for group in runs.values() for one in group}
    for key, shown in former.items():
        if key not in still:
            shown.close()


def let_go(widget: Widget) -> None:
    """Close a widget with the layout and the style that were made for it, and forget it."""
    forget(widget)
    for part in _whole(widget):
        Widget.close(part)


def forget(shown: object) -> None:
    """Keep what is closed no longer for the cell that has shown it."""
    for runs in _of_cells.values():
        for run, group in runs.items():
            runs[run] = [one for one in group if one is not shown]


def revive(widget: Widget) -> None:
    """Open a widget that was let go, for somebody has kept it and shows it once more."""
    for part in _whole(widget):
        vars(part).pop("_repr_mimebundle_", None)  # closing has covered the method
        part.open()


def _whole(widget: Widget) -> Iterator[Widget]:
    for name in ("layout", "style"):
        if isinstance(part := getattr(widget, name, None), Widget):
            yield part
    yield widget
