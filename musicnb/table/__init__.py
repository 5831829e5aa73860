"""Takes side by side, as pandas frames."""

from __future__ import annotations

from musicnb.table._takes import takes_table

__all__ = ["takes_table"]
