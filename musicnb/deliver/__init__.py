"""From a clip to files that a client, a broadcaster or a game engine accepts.

``conform("a.flac", "b.wav", "ebu-r128")`` makes a file as a profile of `PROFILES` asks for it and
says in what it misses it. ``cut_down("a.flac", 15)`` plans a shorter form, to be seen, moved and
rendered.
"""

from __future__ import annotations

from musicnb.deliver._conform import MOST_LIMITING_DB, NEAR_LU, Conformed, conform
from musicnb.deliver._cutting import CutDown, Ending, Segment, cut_down
from musicnb.deliver._labels import DISCLOSURE, Labels, has_content_credentials
from musicnb.deliver._limiter import Limiter
from musicnb.deliver._profiles import PROFILES, Profile, profile_named

__all__ = [
    "DISCLOSURE",
    "MOST_LIMITING_DB",
    "NEAR_LU",
    "PROFILES",
    "Conformed",
    "CutDown",
    "Ending",
    "Labels",
    "Limiter",
    "Profile",
    "Segment",
    "conform",
    "cut_down",
    "has_content_credentials",
    "profile_named",
]
