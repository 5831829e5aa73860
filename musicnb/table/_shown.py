"""A frame in a notebook: a small table, every word escaped."""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from html import escape
from typing import Any, Final

import pandas as pd

_MOST_ROWS: Final = 60
_MOST_LETTERS: Final = 60
_DIGITS: Final[Mapping[str, int]] = {
    "credits": 2, "usd": 4, "similarity": 2, "confidence": 2, "variety": 2, "low": 2, "high": 2,
    "usable": 2, "minute": 2, "clip": 2, "hz": 0,
}  # fmt: skip
# a row is a line, and what is wider than the page is scrolled to
_WORD: Final = ' style="text-align:left;white-space:nowrap"'


def frame_html(frame: pd.DataFrame) -> str:
    """Draw a frame; columns in which nothing is known are only named below it."""
    plain = pd.DataFrame(frame)
    if plain.columns.nlevels > 1:  # of a pivot: pandas draws those, and escapes
        return str(plain.to_html(max_rows=_MOST_ROWS))
    shown = plain.head(_MOST_ROWS)
    unknown = plain.isna().all(axis=0).to_numpy() & bool(len(plain))
    names = [str(name) for name in plain.columns]
    kept = [place for place in range(len(names)) if not unknown[place]]
    named = any(name is not None for name in plain.index.names)
    index = [str(name or "") for name in plain.index.names] if named else []
    head = "".join(f"<th>{escape(name)}</th>" for name in [*index, *(names[p] for p in kept)])
    columns = [_cells(shown.iloc[:, place], names[place]) for place in kept]
    labels = shown.index.to_frame(index=False) if named else pd.DataFrame()
    columns = [_labels(labels.iloc[:, place].tolist()) for place in range(len(index))] + columns
    rows = "".join(f"<tr>{''.join(row)}</tr>" for row in zip(*columns, strict=True))
    notes = "".join(
        f"<div style='opacity:.65'>{escape(note)}</div>"
        for note in _notes(plain, [names[p] for p in range(len(names)) if unknown[p]])
    )
    # no colours of its own, so that light and dark themes both show it as theirs
    return (
        f"<div style='overflow-x:auto'><table class='dataframe'><thead><tr>{head}</tr></thead>"
        f"<tbody>{rows}</tbody></table></div>{notes}"
    )


def _notes(frame: pd.DataFrame, unknown: Sequence[str]) -> Iterator[str]:
    if len(frame) > _MOST_ROWS:
        yield f"… and {len(frame) - _MOST_ROWS:,} more rows of {len(frame):,}"
    if unknown:
        yield f"nothing known yet: {', '.join(unknown)}"


def _cells(column: pd.Series[Any], name: str) -> list[str]:
    if pd.api.types.is_float_dtype(column.dtype):
        digits = _DIGITS.get(name.rpartition("_")[2], 1)
        texts = ["" if pd.isna(value) else _number(float(value), digits) for value in column]
        return [f"<td>{text}</td>" for text in texts]
    return _labels(column.tolist())


def _labels(values: Sequence[Any]) -> list[str]:
    return [f"<td{_WORD if isinstance(one, str) else ''}>{_word(one)}</td>" for one in values]


def _word(value: Any) -> str:
    unknown = pd.api.types.is_scalar(value) and pd.isna(value)
    return "" if unknown else escape(_short(str(value)))


def _short(text: str) -> str:
    return text if len(text) <= _MOST_LETTERS else f"{text[: _MOST_LETTERS - 1]}…"


def _number(value: float, digits: int) -> str:
    text = f"{value:,.{digits}f}"
    if "." in text and digits > 1:  # 40.00 credits are 40
        text = text.rstrip("0").rstrip(".")
    return text.replace("-", "−")
