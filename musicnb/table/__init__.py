"""Takes and sums of money side by side, as pandas frames."""

from __future__ import annotations

from musicnb.table._account import account_table
from musicnb.table._cells import summarized, takes_of_cells
from musicnb.table._takes import takes_table

__all__ = ["account_table", "summarized", "takes_of_cells", "takes_table"]
