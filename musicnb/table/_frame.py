"""The frame that all tables are: pandas's own, careful where its text leaves Python."""

from __future__ import annotations

import os
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pandas as pd

from musicnb.table._saving import inert, inert_csv, save
from musicnb.table._shown import frame_html


class Table(pd.DataFrame):
    """A `pandas.DataFrame` whose words cannot become formulas or HTML.

    Prompts, titles and notes may come from anybody. A spreadsheet would compute what begins with
    ``=``, ``+``, ``-`` or ``@``, in CSV files too; so `to_csv`, `to_excel`, `to_clipboard`,
    `style` and `save` put an apostrophe before it (OWASP, *CSV Injection*), in CSV also within a
    text after ``;``, ``|``, tabs and new lines, where a spreadsheet may begin a cell. Numbers stay
    numbers. In a notebook it shows itself as a small table, every word escaped, as does `style`.

    Filtering, sorting and grouping give a `Table` again, and a column of it is a `Column`, as
    careful. ``pandas.DataFrame(table)`` is one without all this, and so are what `describe`,
    `value_counts` and ``str.extract`` return, `pandas.crosstab`, and merging it into another frame:
    ``Table(frame)`` makes these careful again.
    """

    @property
    def _constructor(self) -> Callable[..., Table]:
        return Table

    @property
    def _constructor_sliced(self) -> Callable[..., Column]:
        return Column

    def save(self, path: str | os.PathLike[str], *, overwrite: bool = False) -> Path:
        """Write it into a file of its own, whole or not at all.

        The index becomes the first columns.

        Parameters
        ----------
        path
            ``.csv`` (UTF-8 with the mark that spreadsheets look for), ``.xlsx`` or ``.parquet``
            (keeps every type, categories too).
        overwrite
            Whether a file by this name may be replaced.

        Returns
        -------
        pathlib.Path
            Where it is.

        Raises
        ------
        InvalidInput
            There is a file by this name, the ending is another one, or it cannot be written there.
        ConfigurationError
            ``.xlsx`` and ``.parquet`` need ``pip install "musicnb[export]"``.
        """
        return save(self, path, overwrite=overwrite)

    def to_csv(self, *args: Any, **kwargs: Any) -> Any:
        """Write it as `pandas.DataFrame.to_csv` does, with formulas made inert."""
        return inert_csv(self, *args, **kwargs)

    def to_excel(self, *args: Any, **kwargs: Any) -> None:  # type: ignore[misc]
        """Write it as `pandas.DataFrame.to_excel` does, with formulas made inert."""
        inert(self).to_excel(*args, **kwargs)

    @property
    def style(self) -> Any:
        """Return a Styler that escapes every word, which pandas's own does not."""
        styler = inert(self).style  # it writes spreadsheets, too
        for part in (styler.format, styler.format_index):
            part(escape="html", na_rep="")
        return styler.format_index(escape="html", axis=1)

    def _repr_html_(self) -> str | None:
        return frame_html(self)


class Column(pd.Series):
    """A `pandas.Series` out of a `Table`, as careful where its text leaves Python."""

    @property
    def _constructor(self) -> Callable[..., Column]:
        return Column

    @property
    def _constructor_expanddim(self) -> Callable[..., Table]:
        return Table

    def to_csv(self, *args: Any, **kwargs: Any) -> Any:
        """Write it as `pandas.Series.to_csv` does, with formulas made inert."""
        return self.to_frame().to_csv(*args, **kwargs)

    def to_excel(self, *args: Any, **kwargs: Any) -> None:  # type: ignore[misc]
        """Write it as `pandas.Series.to_excel` does, with formulas made inert."""
        self.to_frame().to_excel(*args, **kwargs)
