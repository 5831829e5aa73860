"""Steps from one thing to another as a drawing: columns of boxes, and lines with what they cost."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Final

from musicnb.pictures._html import Html, element

_WIDTH: Final = 210
_HEIGHT: Final = 40
_GAP: Final = 70
_SPACE: Final = 14
_LETTERS: Final = 24
_MOST: Final = 400
_SMALL: Final = {"font-size": "11", "font-family": "system-ui, sans-serif", "fill": "CanvasText"}


@dataclass(frozen=True, slots=True)
class Step:
    """From one thing to another.

    Parameters
    ----------
    source, target
        What they are called; the first word is their kind.
    label
        What was done.
    cost
        What it cost, in few letters.
    """

    source: str
    target: str
    label: str
    cost: str = ""


def lineage_svg(steps: Sequence[Step]) -> Html:
    """Draw steps from left to right; nothing where there are none, or more than can be seen.

    Each box holds its name whole as a tooltip; each line what was done.
    """
    if not 0 < len(steps) <= _MOST:
        return Html("")
    depth = _depths(steps)
    rows = dict.fromkeys(range(max(depth.values()) + 1), 0)
    places: dict[str, tuple[int, int]] = {}
    for name, column in depth.items():
        y = _SPACE + rows[column] * (_HEIGHT + _SPACE)
        places[name] = (column * (_WIDTH + _GAP), y)
        rows[column] += 1
    width = len(rows) * (_WIDTH + _GAP) - _GAP
    height = _SPACE + max(rows.values()) * (_HEIGHT + _SPACE)
    lines = [_line(step, places) for step in steps]
    boxes = [_box(name, *place) for name, place in places.items()]
    return element(
        "svg", *lines, *boxes, viewBox=f"0 0 {width} {height}", width=f"{width}", role="img",
        style="max-width:100%;height:auto", **{"aria-label": "From order to file"},
    )  # fmt: skip


def _depths(steps: Sequence[Step]) -> dict[str, int]:
    """Return for everything how many steps lead to it, at most."""
    depth: dict[str, int] = {}
    for _ in range(len(steps)):
        before = dict(depth)
        for step in steps:
            depth.setdefault(step.source, 0)
            depth[step.target] = max(depth.get(step.target, 0), depth[step.source] + 1)
        if depth == before:
            return depth
    # what leads back to itself has no depth
    return {name: min(place, len(steps)) for name, place in depth.items()}


def _line(step: Step, places: dict[str, tuple[int, int]]) -> Html:
    (x1, y1), (x2, y2) = places[step.source], places[step.target]
    start, end = (x1 + _WIDTH, y1 + _HEIGHT // 2), (x2, y2 + _HEIGHT // 2)
    middle = (start[0] + end[0]) // 2
    way = f"M{start[0]} {start[1]}C{middle} {start[1]} {middle} {end[1]} {end[0]} {end[1]}"
    look = {"stroke-opacity": "0.5"}
    told = element("title", step.label)
    line = element("path", told, d=way, fill="none", stroke="CanvasText", **look)
    place = {"x": f"{middle}", "y": f"{(start[1] + end[1]) // 2 - 5}", "text-anchor": "middle"}
    return Html(line + (element("text", step.cost, **place, **_SMALL) if step.cost else ""))


def _box(name: str, x: int, y: int) -> Html:
    kind, _, rest = name.partition(" ")
    short = rest if len(rest) <= _LETTERS else f"…{rest[1 - _LETTERS :]}"
    frame = element(
        "rect", x=f"{x}", y=f"{y}", width=f"{_WIDTH}", height=f"{_HEIGHT}", rx="6",
        fill="Canvas", stroke="CanvasText",
    )  # fmt: skip
    bold = {**_SMALL, "font-weight": "600"}
    return element(
        "g",
        element("title", name),
        frame,
        element("text", kind, x=f"{x + 8}", y=f"{y + 16}", **bold),
        element("text", short, x=f"{x + 8}", y=f"{y + 31}", **_SMALL),
    )
