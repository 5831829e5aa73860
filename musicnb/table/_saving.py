"""Tables as files: text that no spreadsheet computes, files that appear whole."""

from __future__ import annotations

import csv
import io
import os
import re
from collections.abc import Callable, Mapping
from pathlib import Path
from typing import Any, BinaryIO, Final, TypeAlias

import pandas as pd

from musicnb.errors import ConfigurationError, Fault, InvalidInput
from musicnb.sound import named_path, new_file

# https://owasp.org/www-community/attacks/CSV_Injection, the wide forms included; what stands before
# it as white space is dropped by some spreadsheets
_FORMULA: Final = re.compile(r"[\t\r\n]|\s*[=+\-@＝＋－＠]")
# a spreadsheet may be told, or guess, that these separate CSV, and begin a cell behind them
_SEPARATED: Final = re.compile(r'([;|\t\r\n])(?=(?:"|[^\S\t\r\n])*[=+\-@＝＋－＠])')
# what neither XML nor UTF-8 can hold
_UNWRITABLE: Final = re.compile("[\x00-\x08\x0b\x0c\x0e-\x1f\ud800-\udfff\ufffe\uffff]")

_Tame: TypeAlias = Callable[[Any], Any]


def inert(frame: pd.DataFrame) -> pd.DataFrame:
    """Copy a frame so that no text in it, its index or its names is computed by a spreadsheet."""
    return _each(frame, _text)


def inert_csv(frame: pd.DataFrame, *args: Any, **options: Any) -> Any:
    """Write a frame as `pandas.DataFrame.to_csv` does, with formulas made inert."""
    options.setdefault("quoting", csv.QUOTE_NONNUMERIC)
    return _each(frame, _separated_text).to_csv(*args, **options)


def _each(frame: pd.DataFrame, tame: _Tame) -> pd.DataFrame:
    plain = pd.DataFrame(frame)
    # by their places, because names need not be unique
    places = range(plain.shape[1])
    safe = pd.DataFrame({at: _each_cell(plain.iloc[:, at], tame) for at in places}, plain.index)
    safe.columns = _each_label(plain.columns, tame)
    safe.index = _each_label(plain.index, tame)
    return safe


def _each_cell(column: pd.Series[Any], tame: _Tame) -> pd.Series[Any]:
    if pd.api.types.is_numeric_dtype(column.dtype):
        return column
    return column.astype(object).map(tame)


def _each_label(index: pd.Index[Any], tame: _Tame) -> pd.Index[Any]:
    names = [tame(name) for name in index.names]
    if isinstance(index, pd.MultiIndex):
        places = range(index.nlevels)
        levels = [_each_cell(index.get_level_values(at).to_series(), tame) for at in places]
        return pd.MultiIndex.from_arrays(levels, names=names)
    if pd.api.types.is_numeric_dtype(index.dtype):
        return index.set_names(names)
    safe: pd.Index[Any] = pd.Index(list(map(tame, index)), name=names[0], dtype=object)
    return safe


def _text(value: Any) -> Any:
    if not isinstance(value, str):
        return value
    text = _UNWRITABLE.sub("\ufffd", value)
    return f"'{text}" if _FORMULA.match(text) else text


def _separated_text(value: Any) -> Any:
    text = _text(value)
    return _SEPARATED.sub(r"\1'", text) if isinstance(text, str) else text


def save(frame: pd.DataFrame, path: str | os.PathLike[str], *, overwrite: bool = False) -> Path:
    """Write a frame into a file; see `Table.save`."""
    target = named_path(path)
    write = _WRITERS.get(target.suffix.lower())
    if write is None:
        kinds = ", ".join(_WRITERS)
        raise _invalid(f"is {target.name!r:.80}; a table is saved as one of {kinds}")
    problem = ""
    try:
        flat = _flat(pd.DataFrame(frame))
        with new_file(target, overwrite=overwrite) as file:
            write(flat, file)
    except FileExistsError:
        problem = f"is {target.name!r:.80}, which exists; overwrite=True replaces it"
    except ImportError:
        raise ConfigurationError(
            f"writing {target.suffix} needs a library that is not installed",
            hint='pip install "musicnb[export]"',
        ) from None
    except OSError as error:
        problem = f"cannot be written ({error.strerror or error})"
    except (ValueError, TypeError, NotImplementedError, OverflowError) as error:
        # pandas, pyarrow and openpyxl each have their own of these for what a format cannot hold
        problem = f"is {target.name!r:.80}; {target.suffix} cannot hold this table ({error!s:.200})"
    if problem:
        raise _invalid(problem)
    return target


def _flat(frame: pd.DataFrame) -> pd.DataFrame:
    """Make the named parts of the index the first columns, and leave out what only counts."""
    named = [name for name in frame.index.names if name is not None]
    taken = {name for name in named if name in frame.columns}
    frame = frame.drop(columns=list(taken))  # the index says the same, in its order
    unnamed = [place for place, name in enumerate(frame.index.names) if name is None]
    if len(unnamed) == frame.index.nlevels:
        return frame.reset_index(drop=True)
    if unnamed:
        frame = frame.reset_index(level=unnamed, drop=True)
    return frame.reset_index()


def _csv(frame: pd.DataFrame, file: BinaryIO) -> None:
    inert_csv(frame, file, index=False, encoding="utf-8-sig", mode="wb")


def _xlsx(frame: pd.DataFrame, file: BinaryIO) -> None:
    whole = io.BytesIO()  # a ZipFile complains once more, unasked, when its file fails it
    with pd.ExcelWriter(whole, engine="openpyxl") as book:
        inert(frame).to_excel(book, index=False, freeze_panes=(1, 0))
        # pandas writes an empty text where nothing is known, which is no number to a spreadsheet
        for row in book.sheets["Sheet1"].iter_rows():
            for cell in row:
                if cell.value == "":
                    cell.value = None
                elif isinstance(cell.value, str):
                    cell.data_type = "s"  # of "#N/A", too, which openpyxl takes for an error
    file.write(whole.getvalue())


def _parquet(frame: pd.DataFrame, file: BinaryIO) -> None:
    frame.to_parquet(file, index=False, engine="pyarrow")


_WRITERS: Final[Mapping[str, Callable[[pd.DataFrame, BinaryIO], None]]] = {
    ".csv": _csv,
    ".xlsx": _xlsx,
    ".parquet": _parquet,
}


def _invalid(message: str) -> InvalidInput:
    return InvalidInput.from_faults([Fault("path", "", message)])
