"""Numbers and outlines from samples: pure functions, numpy only, one pass in blocks.

Every name carries its unit. Silence measures as ``-inf`` where a level is asked for.
"""

from __future__ import annotations

from musicnb.measure._gauge import Gauge, Gauged
from musicnb.measure._levels import LevelMeter, Levels
from musicnb.measure._measures import Defect, LoudnessSeries, Measures
from musicnb.measure._meter import Meter
from musicnb.measure._outline import OUTLINE_PAIRS, Outline
from musicnb.measure._spectrum import BAND_EDGES_HZ, BANDS

__all__ = [
    "BANDS",
    "BAND_EDGES_HZ",
    "OUTLINE_PAIRS",
    "Defect",
    "Gauge",
    "Gauged",
    "LevelMeter",
    "Levels",
    "LoudnessSeries",
    "Measures",
    "Meter",
    "Outline",
]
