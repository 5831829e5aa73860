"""Choosing by ear: votes on pairs of clips, the ranking they support, the pair to hear next.

Everything here is pure: votes come in as records, and nothing is read, written or played.
"""

from __future__ import annotations

from musicnb.listen._agreement import Agreement, agreement, consistency
from musicnb.listen._contrasts import Contrast
from musicnb.listen._desk import BlindDesk, BlindScreen, Slot
from musicnb.listen._pairs import Pair, next_pair
from musicnb.listen._ranking import Group, Ranking, Standing, Tally, rank
from musicnb.listen._votes import ANSWERS, Answer, TopK, Vote

__all__ = [
    "ANSWERS",
    "Agreement",
    "Answer",
    "BlindDesk",
    "BlindScreen",
    "Contrast",
    "Group",
    "Pair",
    "Ranking",
    "Slot",
    "Standing",
    "Tally",
    "TopK",
    "Vote",
    "agreement",
    "consistency",
    "next_pair",
    "rank",
]
