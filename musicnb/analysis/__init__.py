"""Files to measures: one file, or many side by side, each measured once.

>>> from musicnb.analysis import measure_file, measure_many
"""

from __future__ import annotations

from musicnb.analysis._files import measure_file

__all__ = ["measure_file"]
