"""Numbers and outlines from samples: pure functions, numpy only, one pass in blocks.

Every name carries its unit. Silence measures as ``-inf`` where a level is asked for.
"""

from __future__ import annotations

from typing import TYPE_CHECKING

from musicnb._lazy import lazily
from musicnb.measure._fingerprint import Fingerprint
from musicnb.measure._gauge import Gauge, Gauged
from musicnb.measure._levels import LevelMeter, Levels
from musicnb.measure._measures import Defect, LoudnessSeries, Measures
from musicnb.measure._meter import Meter
from musicnb.measure._music import Music, MusicMeter
from musicnb.measure._outline import OUTLINE_PAIRS, Outline
from musicnb.measure._rhythm import Rhythm
from musicnb.measure._spectrum import BAND_EDGES_HZ, BANDS
from musicnb.measure._stretch import StretchFinder
from musicnb.measure._tonality import KEYS, Tonality
from musicnb.measure._truepeak import PEAK_REACH_FRAMES, local_peaks

if TYPE_CHECKING:
    from musicnb.measure._bars import Bars, Border, find_bars
    from musicnb.measure._likeness import effective_number, most_alike, styles_of
    from musicnb.measure._loop import LoopSeam, loop_seam, seam_click_db
    from musicnb.measure._map import StyleMap, style_map
    from musicnb.measure._similarity import (
        SAME_RECORDING,
        NearDuplicate,
        Similarity,
        near_duplicates,
        similarity,
    )
else:
    # what measuring one file does not need
    __getattr__ = lazily(
        __name__,
        {
            "musicnb.measure._bars": ("Bars", "Border", "find_bars"),
            "musicnb.measure._likeness": ("effective_number", "most_alike", "styles_of"),
            "musicnb.measure._loop": ("LoopSeam", "loop_seam", "seam_click_db"),
            "musicnb.measure._map": ("StyleMap", "style_map"),
            "musicnb.measure._similarity": (
                "SAME_RECORDING",
                "NearDuplicate",
                "Similarity",
                "near_duplicates",
                "similarity",
            ),
        },
    )

__all__ = [
    "BANDS",
    "BAND_EDGES_HZ",
    "KEYS",
    "OUTLINE_PAIRS",
    "PEAK_REACH_FRAMES",
    "SAME_RECORDING",
    "Bars",
    "Border",
    "Defect",
    "Fingerprint",
    "Gauge",
    "Gauged",
    "LevelMeter",
    "Levels",
    "LoopSeam",
    "LoudnessSeries",
    "Measures",
    "Meter",
    "Music",
    "MusicMeter",
    "NearDuplicate",
    "Outline",
    "Rhythm",
    "Similarity",
    "StretchFinder",
    "StyleMap",
    "Tonality",
    "effective_number",
    "find_bars",
    "local_peaks",
    "loop_seam",
    "most_alike",
    "near_duplicates",
    "seam_click_db",
    "similarity",
    "style_map",
    "styles_of",
]
