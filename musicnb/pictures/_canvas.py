"""What the figures of a campaign are drawn on: theme, letters, colours, the finished drawing."""

from __future__ import annotations

import io
import os
import unicodedata
import warnings
from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from dataclasses import dataclass, field
from pathlib import Path
from typing import TYPE_CHECKING, Any, Final

from musicnb.errors import ConfigurationError, InvalidInput
from musicnb.pictures._saving import path_of, write_new

if TYPE_CHECKING:
    from matplotlib.axes import Axes
    from matplotlib.figure import Figure

_SCREEN_DPI: Final = 144
_PRINT_DPI: Final = 300
_ONE_ROW: Final = 7
_NAME_LETTERS: Final = 36
#: Okabe and Ito's colours, told apart with every kind of colour vision, the clearest first; the
#: markers differ, too, for grey print.
_ON_LIGHT: Final = ("#0072B2", "#D55E00", "#009E73", "#CC79A7", "#E69F00", "#56B4E9")
_ON_DARK: Final = ("#56B4E9", "#E69F00", "#2FC295", "#E79CC5", "#F0E442", "#E8743B")
_MARKERS: Final = ("o", "s", "^", "D", "v", "P")


@dataclass(frozen=True, slots=True)
class Theme:
    """Colours of paper, ink and what is less important than ink."""

    paper: str
    ink: str
    faint: str
    colours: tuple[str, ...]

    def look(self, number: int) -> tuple[str, str]:
        """Return colour and marker of one group of many."""
        # later rounds have other pairs of the two
        turn = number // len(self.colours)
        marker = _MARKERS[(number + turn) % len(_MARKERS)]
        return self.colours[number % len(self.colours)], marker


LIGHT: Final = Theme("#FFFFFF", "#1F1F1F", "#767676", _ON_LIGHT)
DARK: Final = Theme("#212121", "#EDEDED", "#A0A0A0", _ON_DARK)


@dataclass(frozen=True, eq=False)
class Drawing:
    """A figure that shows itself in a notebook and can be saved for print.

    Parameters
    ----------
    figure
        Of matplotlib; for those who want to change something. ``figure.axes`` are its parts.
    text
        What it shows, in words.
    """

    figure: Figure = field(repr=False)
    text: str

    def png(self, dpi: float = _SCREEN_DPI) -> bytes:
        """Return it as PNG."""
        file = io.BytesIO()
        self._write(file, format="png", dpi=dpi, metadata={"Description": self.text})
        return file.getvalue()

    def save(self, path: str | os.PathLike[str], *, dpi: float = _PRINT_DPI) -> Path:
        """Write it as its ending says: ``.png``, ``.svg`` or ``.pdf``.

        Raises
        ------
        InvalidInput
            There is something by this name, no file can have it, or the ending is none that
            matplotlib knows.
        LibraryError
            The folder is missing, full, or not to be written. No part of a file is left there.
        """
        target = path_of(path)
        ending = target.suffix.lower().removeprefix(".")
        if ending not in self.figure.canvas.get_supported_filetypes():
            raise InvalidInput(
                f"path: {target.name!r:.80} has no ending of a picture",
                hint="let it end in .png, .svg or .pdf",
            )
        file = io.BytesIO()
        self._write(file, format=ending, dpi=dpi)
        write_new(target, file.getvalue())
        return target

    def _write(self, target: Any, **options: Any) -> None:
        with any_letters():
            self.figure.savefig(target, **options)

    def _repr_png_(self) -> tuple[bytes, dict[str, int]]:
        # twice the pixels, so that letters are sharp on any screen
        width, height = (
            round(inches * _SCREEN_DPI / 2) for inches in self.figure.get_size_inches()
        )
        return self.png(), {"width": width, "height": height}

    def __repr__(self) -> str:
        return f"<Drawing: {self.text}>"


@contextmanager
def canvas(title: str, *, height: float, dark: bool, columns: int = 1) -> Iterator[Sheet]:
    """Open an empty figure, nine inches wide, in a theme.

    Raises
    ------
    ConfigurationError
        matplotlib is not installed.
    """
    require_matplotlib()
    from matplotlib import rc_context  # noqa: PLC0415 - an extra, and half a second
    from matplotlib.figure import Figure  # noqa: PLC0415 - see above

    theme = DARK if dark else LIGHT
    with rc_context(_settings(theme)):
        # not pyplot's: nobody has to close it, and a notebook shows it once
        figure = Figure(figsize=(9, height), layout="constrained")
        axes = figure.subplots(1, columns, squeeze=False)[0]
        figure.suptitle(title, x=0.012, ha="left", fontweight="bold", fontsize=12)
        yield Sheet(figure, tuple(axes), theme)


@dataclass(frozen=True)
class Sheet:
    """A figure that is being drawn."""

    figure: Figure
    axes: tuple[Axes, ...]
    theme: Theme

    def note(self, *lines: str) -> None:
        """Write under everything what the figure does not show, and why."""
        text = "\n".join(line for line in lines if line)
        if text:
            self.figure.supxlabel(
                text, x=0.012, ha="left", fontsize=8, color=self.theme.faint, linespacing=1.4
            )

    def legend(self) -> None:
        """Name colours and marks under the title, from the figure's left edge on."""
        from matplotlib.transforms import blended_transform_factory  # noqa: PLC0415 - the extra

        (ax,) = self.axes
        handles, labels = ax.get_legend_handles_labels()
        # areas before marks, which stand upon them
        pairs = sorted(zip(handles, labels, strict=True), key=lambda p: hasattr(p[0], "get_marker"))
        columns = 4 if len(pairs) > _ONE_ROW else _ONE_ROW
        # room for the legend: it begins left of the axes, which would push them to the right
        ax.set_title("\n".join(" " * -(-len(pairs) // columns)), linespacing=1.55)
        legend = ax.legend(
            *zip(*pairs, strict=True), loc="lower left", bbox_to_anchor=(0.004, 1.0),
            bbox_transform=blended_transform_factory(self.figure.transFigure, ax.transAxes),
            ncols=columns, handlelength=1.3, columnspacing=1.3, borderaxespad=0.3,
        )  # fmt: skip
        legend.set_in_layout(False)

    def nothing(self, why: str) -> None:
        """Say that there is nothing to show, in place of an empty frame."""
        for axes in self.axes:
            axes.set_axis_off()
        self.figure.set_size_inches(9, 1.8)
        self.figure.text(0.5, 0.5, why, ha="center", va="center", color=self.theme.faint)


@contextmanager
def any_letters() -> Iterator[None]:
    """Draw letters that no font here has as boxes, which says it without a warning."""
    with warnings.catch_warnings():
        warnings.filterwarnings("ignore", r"Glyph .* missing", UserWarning)
        yield


def require_matplotlib() -> None:
    """Refuse to plot without the extra.

    Raises
    ------
    ConfigurationError
        matplotlib is not installed.
    """
    try:
        import matplotlib as mpl  # noqa: PLC0415 - an extra, and half a second
    except ModuleNotFoundError as error:
        if error.name != "matplotlib":
            raise
    else:
        del mpl
        return
    raise ConfigurationError(
        "plotting needs matplotlib, which is not installed",
        hint="pip install 'musicnb[plot]', or use the pictures that need nothing:"
        " musicnb.pictures.spectrogram_png",
    )


def plain(text: str, most: int = _NAME_LETTERS) -> str:
    """Reduce any text to one line of letters that can be drawn, no longer than so many."""
    kept = "".join(
        " " if unicodedata.category(letter)[0] in "ZC" else letter for letter in text[: 20 * most]
    )
    line = " ".join(kept.split())
    return line if len(line) <= most else f"{line[: most - 1]}…"


def write_ends(
    sheet: Sheet, ends: Sequence[tuple[float, float, str, str]], *, lines: int = 1
) -> None:
    """Write beside the end of each line what it is, right of the frame, none over another.

    Parameters
    ----------
    ends
        For each line the x and y of its end, its text and its colour.
    lines
        How many lines of text each has.
    """
    (ax,) = sheet.axes
    top, right = ax.get_ylim()[1], ax.get_xlim()[1]
    gap, lowest = min(top * 0.072 * lines, top / max(1, len(ends))), -top
    for x, y, text, colour in sorted(ends, key=lambda end: end[1]):
        lowest = max(y, lowest + gap, gap * 0.4)
        ax.annotate(
            text, (x, y), xytext=(right * 1.015, lowest), va="center", color=colour,
            fontsize=8.5, annotation_clip=False,
        )  # fmt: skip


def counted(count: int, what: str) -> str:
    """Write a number of things: ``1 clip``, ``12 clips``."""
    return f"{count:,} {what}" if count == 1 else f"{count:,} {what}s"


def grouped(names: list[str]) -> dict[str, list[int]]:
    """Return the places of each name, in the order in which names come."""
    found: dict[str, list[int]] = {}
    for place, name in enumerate(names):
        found.setdefault(name, []).append(place)
    return found


def _settings(theme: Theme) -> dict[Any, Any]:
    return {
        "figure.facecolor": theme.paper,
        "savefig.facecolor": "auto",
        "axes.facecolor": theme.paper,
        "axes.edgecolor": theme.faint,
        "axes.labelcolor": theme.ink,
        "axes.titlecolor": theme.ink,
        "axes.titlesize": 9,
        "axes.titlelocation": "left",
        "axes.labelsize": 9,
        "axes.spines.top": False,
        "axes.spines.right": False,
        "axes.axisbelow": True,
        "axes.unicode_minus": True,
        "grid.color": theme.faint,
        "grid.alpha": 0.25,
        "grid.linewidth": 0.6,
        "text.color": theme.ink,
        "xtick.color": theme.ink,
        "ytick.color": theme.ink,
        "xtick.labelsize": 8.5,
        "ytick.labelsize": 8.5,
        "font.size": 9,
        "font.family": "DejaVu Sans",
        "legend.frameon": False,
        "legend.fontsize": 8.5,
        "lines.solid_capstyle": "butt",
        # a title may hold dollars; it is text, not a formula
        "text.parse_math": False,
        "text.usetex": False,
        "svg.fonttype": "path",
    }
