"""Takes and sums of money side by side, as pandas frames."""

from __future__ import annotations

from musicnb.table._account import account_table
from musicnb.table._cells import takes_of_cells
from musicnb.table._frame import Column, Table
from musicnb.table._heard import Heard
from musicnb.table._intervals import ratio_interval, share_interval
from musicnb.table._saving import save
from musicnb.table._summary import Usable, summarized
from musicnb.table._takes import Known, takes_table

__all__ = [
    "Column",
    "Heard",
    "Known",
    "Table",
    "Usable",
    "account_table",
    "ratio_interval",
    "save",
    "share_interval",
    "summarized",
    "takes_of_cells",
    "takes_table",
]
