"""Numbers and outlines from samples: pure functions, numpy only, one pass in blocks.

Every name carries its unit. Silence measures as ``-inf`` where a level is asked for.
"""

from __future__ import annotations

from musicnb.measure._meter import Measures, Meter
from musicnb.measure._outline import OUTLINE_PAIRS, Outline
from musicnb.measure._stretch import StretchFinder

__all__ = ["OUTLINE_PAIRS", "Measures", "Meter", "Outline", "StretchFinder"]
