"""Many clips at a glance: one page of pictures."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Final

from musicnb.pictures._html import Html, data_url, element, file_link
from musicnb.pictures._page import Page

_SHEET: Final = "font-family: system-ui, sans-serif; font-size: 12px; line-height: 1.4"
_CELL: Final = "display: inline-block; vertical-align: top; margin: 0 1% 16px 0; width: "
_LINE: Final = "white-space: nowrap; overflow: hidden; text-overflow: ellipsis"
_QUIET: Final = f"{_LINE}; opacity: 0.75"
_PICTURE: Final = "display: block; width: 100%; margin: 3px 0; height: "
_WAVEFORM_PX: Final = "36px"
_SPECTROGRAM_PX: Final = "56px"
_MOST_COLUMNS: Final = 12
_LISTED: Final = 20


@dataclass(frozen=True, slots=True)
class Frame:
    """One clip on a contact sheet.

    Parameters
    ----------
    title
        Its name.
    facts
        What is said below it, such as ``"3:00"`` and ``"−14.1 LUFS"``.
    waveform, spectrogram
        PNG files; empty for none.
    file
        Where it is. A relative path becomes a link.
    problem
        What is wrong with it.
    """

    title: str
    facts: tuple[str, ...]
    waveform: bytes = b""
    spectrogram: bytes = b""
    file: str = ""
    problem: str = ""


def sheet_page(frames: Sequence[Frame], *, columns: int = 4, title: str = "Contact sheet") -> Page:
    """Draw clips side by side: name, facts, waveform, spectrogram, file.

    Parameters
    ----------
    frames
        In the order in which they are shown.
    columns
        How many stand side by side, 1 to 12.
    title
        Of the page.

    Raises
    ------
    ValueError
        There are no clips, or no such columns.
    """
    if not frames:
        raise ValueError("a contact sheet needs clips")
    if not 1 <= columns <= _MOST_COLUMNS:
        raise ValueError(f"columns are 1 to {_MOST_COLUMNS}, not {columns}")
    count = f"{len(frames)} clip{'' if len(frames) == 1 else 's'}"
    cells = [_cell(frame, 100 / columns - 1) for frame in frames]

    def draw(size: str) -> Html:
        head = element("div", element("b", title), f" · {count} · {size}", style="margin: 0 0 8px")
        return element("div", head, *cells, class_="mnb-sheet", style=_SHEET)

    def describe(size: str) -> str:
        lines = [" · ".join(filter(None, [frame.title, *frame.facts, frame.problem, frame.file]))
                 for frame in frames[:_LISTED]]  # fmt: skip
        rest = [f"and {len(frames) - _LISTED} more"] if len(frames) > _LISTED else []
        return "\n  ".join([f"<{title}: {count}, {size}>", *lines, *rest])

    return Page.sized(title, draw, describe)


def _cell(frame: Frame, width_percent: float) -> Html:
    pictures = [
        element(
            "img",
            src=data_url("image/png", content),
            alt=f"{kind} of {frame.title}",
            style=_PICTURE + height,
        )
        for kind, content, height in (
            ("Waveform", frame.waveform, _WAVEFORM_PX),
            ("Spectrogram", frame.spectrogram, _SPECTROGRAM_PX),
        )
        if content
    ]
    file = frame.file.replace("\\", "/").rpartition("/")[2]
    link = file_link(frame.file)
    return element(
        "div",
        element("div", element("b", frame.title, title=frame.title), style=_LINE),
        element("div", " · ".join(filter(None, frame.facts)), style=_LINE),
        *pictures,
        *([element("div", frame.problem)] if frame.problem else []),
        element("div", link if isinstance(link, Html) else file, title=frame.file, style=_QUIET),
        class_="mnb-frame",
        style=f"{_CELL}{width_percent:.2f}%",
    )
