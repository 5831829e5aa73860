"""A long page for people: sections, tables and intervals, without script and without network."""

from __future__ import annotations

import math
from collections.abc import Sequence
from typing import Final

from musicnb.pictures._html import Html, element
from musicnb.pictures._scales import size_text

_SIZE: Final = "@@size@@"
# the browser itself sees to it that nothing is loaded
_POLICY: Final = (
    "default-src 'none'; img-src data:; media-src data:; style-src 'unsafe-inline';"
    " base-uri 'none'; form-action 'none'"
)
_LOOK: Final = """
:root { color-scheme: light dark; --ink: light-dark(#1b1f24, #e8eaed);
  --quiet: light-dark(#57606a, #a4adb8); --ground: light-dark(#fff, #15181c);
  --panel: light-dark(#f5f6f8, #1e2228); --line: light-dark(#d5d9de, #3a4048);
  --clear: light-dark(#0b6e4f, #4fd1a1); --open: light-dark(#57606a, #a4adb8);
  --reject: light-dark(#a8321e, #ff9c85) }
* { box-sizing: border-box }
body { margin: 0; background: var(--ground); color: var(--ink);
  font: 16px/1.5 system-ui, sans-serif }
main { max-width: 1240px; margin: 0 auto; padding: 32px 24px 64px }
h1 { font-size: 30px; line-height: 1.2; margin: 0 0 8px; overflow-wrap: anywhere }
h2 { font-size: 21px; margin: 40px 0 8px; padding-top: 12px; border-top: 1px solid var(--line) }
h3 { font-size: 16px; margin: 24px 0 6px }
p, li { max-width: 72ch; overflow-wrap: anywhere } .quiet { color: var(--quiet) }
.note { background: var(--panel); border-left: 4px solid var(--line); padding: 10px 14px }
.players { display: grid; gap: 16px; grid-template-columns: repeat(auto-fit, minmax(290px, 1fr)) }
.players > div { background: var(--panel); padding: 14px; border-radius: 8px; min-width: 0;
  overflow-wrap: anywhere }
dl { display: grid; gap: 12px; grid-template-columns: repeat(auto-fit, minmax(140px, 1fr)) }
dl div { background: var(--panel); border-radius: 8px; padding: 10px 14px }
dt { color: var(--quiet); font-size: 14px } dd { margin: 0; font-size: 22px }
.scroll { overflow-x: auto } table { border-collapse: collapse; font-size: 14px; width: 100%;
  font-variant-numeric: tabular-nums }
td { white-space: nowrap } td.word { white-space: normal }
th, td { padding: 6px 10px; border-bottom: 1px solid var(--line); text-align: right;
  vertical-align: top }
th:first-child, td.word { text-align: left } thead th { color: var(--quiet); font-weight: 600 }
tbody th { font-weight: 500; min-width: 12ch; overflow-wrap: anywhere }
svg { display: block; width: 100%; min-width: 180px; height: 22px }
.clear { color: var(--clear) } .not-separated { color: var(--open) }
.reject { color: var(--reject) }
:focus-visible { outline: 3px solid Highlight; outline-offset: 2px }
@media print { :root { color-scheme: light } main { padding: 0; max-width: none } audio { display:
  none !important } h2, h3 { break-after: avoid } tr, .players > div { break-inside: avoid }
  .scroll { overflow: visible } td { white-space: normal }
  table { font-size: 11px } th, td { padding: 4px 5px } }
"""


def report_page(title: str, *parts: Html) -> bytes:
    """Put parts together as a document that stands by itself, and says how large it is.

    Parameters
    ----------
    title
        The heading.
    parts
        Of the body, below the heading.
    """
    head = element(
        "head",
        Html('<meta charset="utf-8">'),
        Html(f'<meta http-equiv="Content-Security-Policy" content="{_POLICY}">'),
        Html('<meta name="viewport" content="width=device-width">'),
        Html('<meta name="referrer" content="no-referrer">'),
        element("title", title),
        element("style", Html(_LOOK)),
    )
    size = element("p", f"One file of {_SIZE}, for any browser, offline.", class_="quiet")
    body = element("body", element("main", element("h1", title), *parts, size))
    document = f"<!doctype html>\n{element('html', head, body, lang='en')}\n"
    # what no file can hold, such as half of a character, becomes a question mark
    content = document.encode(errors="replace")
    before, _, after = content.rpartition(_SIZE.encode())
    return before + size_text(len(content)).encode() + after


def section(title: str, *parts: Html) -> Html:
    """Build a part of the page with its heading."""
    return element("section", element("h2", title), *parts)


def paragraph(text: str, *, class_: str | None = None) -> Html:
    """Build a paragraph."""
    return element("p", text, class_=class_)


def facts(rows: Sequence[tuple[str, str, str]]) -> Html:
    """Build tiles with one figure each: its name for programs, its name for people, its value."""
    tiles = [
        element("div", element("dt", words), element("dd", value, **{"data-figure": name}))
        for name, words, value in rows
    ]
    return element("dl", *tiles)


def table(caption: str, head: Sequence[str], rows: Sequence[Sequence[str]]) -> Html:
    """Build a table whose first column names the rows; a wide one scrolls by itself.

    Parameters
    ----------
    caption
        What it is, for those who do not see it.
    head
        Names of the columns, with units.
    rows
        Cells: text, or HTML.
    """
    top = element("thead", element("tr", *(element("th", name, scope="col") for name in head)))
    lines = [
        element("tr", element("th", row[0], scope="row"), *map(_cell, row[1:])) for row in rows
    ]
    whole = element("table", top, element("tbody", *lines), **{"aria-label": caption})
    reach = {"role": "region", "aria-label": caption, "tabindex": "0"}
    return element("div", whole, class_="scroll", **reach)


def _cell(cell: str) -> Html:
    """Build a cell; words begin at the left, as their column's numbers end at the right."""
    is_word = isinstance(cell, Html) or cell[:1].isalpha()
    return element("td", cell, class_="word" if is_word else None)


def interval_bar(
    middle: float, low: float, high: float, *, limits: tuple[float, float], group: str
) -> Html:
    """Draw an interval on a scale that all rows share; a thin line stands at 0."""
    left, right = limits
    width = right - left or 1.0

    def at(value: float) -> str:
        return f"{300 * (min(max(value, left), right) - left) / width:.1f}"

    zero = element(
        "line", x1=at(0), x2=at(0), y1="0", y2="22", stroke="currentColor", opacity="0.35"
    )
    reach = element(
        "line", x1=at(low), x2=at(high), y1="11", y2="11", stroke="currentColor",
        **{"stroke-width": "3"},
    )  # fmt: skip
    dot = element("circle", cx=at(middle), cy="11", r="5", fill="currentColor")
    words = f"{middle:+.2f}, 95 % interval {low:+.2f} to {high:+.2f}"
    return element(
        "svg", zero, reach, dot, viewBox="0 0 300 22", role="img",
        class_=group.replace(" ", "-"), **{"aria-label": words},
    )  # fmt: skip


def number(value: float, digits: int = 2) -> str:
    """Write a number for a table: a dash where nothing is known."""
    if math.isnan(value):
        return "–"
    if math.isinf(value):
        return "no limit"
    return f"{value:,.{digits}f}".rstrip("0").rstrip(".") if digits else f"{value:,.0f}"
