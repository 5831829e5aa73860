"""The frame that all tables are: pandas's own, careful where its text leaves Python."""

from __future__ import annotations

import os
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pandas as pd

from musicnb.table._saving import inert, save
from musicnb.table._shown import frame_html


class Table(pd.DataFrame):
    """A `pandas.DataFrame` whose words cannot become formulas or HTML.

    Prompts, titles and notes may come from anybody. A spreadsheet would compute what begins with
    ``=``, ``+``, ``-`` or ``@``, in CSV files too; so `to_csv`, `to_excel`, `to_clipboard` and
    `save` put an apostrophe before it (OWASP, *CSV Injection*). Numbers stay numbers. In a notebook
    it shows itself as a small table, every word escaped, and so does `style`.

    Filtering and sorting give a `Table` again; ``pandas.DataFrame(table)`` is one without all this.
    """

    @property
    def _constructor(self) -> Callable[..., Table]:
        return Table

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
        return inert(self).to_csv(*args, **kwargs)

    def to_excel(self, *args: Any, **kwargs: Any) -> None:  # type: ignore[misc]
        """Write it as `pandas.DataFrame.to_excel` does, with formulas made inert."""
        inert(self).to_excel(*args, **kwargs)

    @property
    def style(self) -> Any:
        """Return a Styler that escapes every word, which pandas's own does not."""
        styler = pd.DataFrame(self).style
        for part in (styler.format, styler.format_index):
            part(escape="html", na_rep="")
        return styler.format_index(escape="html", axis=1)

    def _repr_html_(self) -> str | None:
        return frame_html(self)
