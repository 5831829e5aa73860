"""From a clip to files that a client, a broadcaster or a game engine accepts, in a pack.

``conform("a.flac", "b.wav", "ebu-r128")`` makes a file as a profile of `PROFILES` asks for it and
says in what it misses it. ``cut_down("a.flac", 15)`` plans a shorter form, to be seen, moved and
rendered; ``find_loops("a.flac")`` finds what can be played round and round. ``verify_pack(path)``
says whether a pack is as it was written.
"""

from __future__ import annotations

from typing import TYPE_CHECKING

from musicnb._lazy import lazily
from musicnb.deliver._labels import DISCLOSURE, Labels, has_content_credentials

if TYPE_CHECKING:
    from musicnb.deliver._archive import UNREADABLE, Entry, open_archive, write_archive
    from musicnb.deliver._conform import MOST_LIMITING_DB, NEAR_LU, Conformed, conform
    from musicnb.deliver._cutting import CutDown, Ending, Segment, cut_down
    from musicnb.deliver._limiter import Limiter
    from musicnb.deliver._looping import MOST_BARS, Blend, Loop, find_loops
    from musicnb.deliver._profiles import PROFILES, Profile, profile_named
    from musicnb.deliver._records import (
        MOST_SOUNDS,
        PATH_PATTERN,
        ClipRecord,
        Edge,
        FileRecord,
        Measured,
        PackManifest,
        Rights,
        pack_schema,
    )
    from musicnb.deliver._verify import PackCheck, verify_pack
    from musicnb.deliver._write import Content, write_pack
else:
    __getattr__ = lazily(
        __name__,
        {
            "musicnb.deliver._archive": ("UNREADABLE", "Entry", "open_archive", "write_archive"),
            "musicnb.deliver._conform": ("MOST_LIMITING_DB", "NEAR_LU", "Conformed", "conform"),
            "musicnb.deliver._cutting": ("CutDown", "Ending", "Segment", "cut_down"),
            "musicnb.deliver._limiter": ("Limiter",),
            "musicnb.deliver._looping": ("MOST_BARS", "Blend", "Loop", "find_loops"),
            "musicnb.deliver._profiles": ("PROFILES", "Profile", "profile_named"),
            "musicnb.deliver._records": (
                "MOST_SOUNDS",
                "PATH_PATTERN",
                "ClipRecord",
                "Edge",
                "FileRecord",
                "Measured",
                "PackManifest",
                "Rights",
                "pack_schema",
            ),
            "musicnb.deliver._verify": ("PackCheck", "verify_pack"),
            "musicnb.deliver._write": ("Content", "write_pack"),
        },
    )

__all__ = [
    "DISCLOSURE",
    "MOST_BARS",
    "MOST_LIMITING_DB",
    "MOST_SOUNDS",
    "NEAR_LU",
    "PATH_PATTERN",
    "PROFILES",
    "UNREADABLE",
    "Blend",
    "ClipRecord",
    "Conformed",
    "Content",
    "CutDown",
    "Edge",
    "Ending",
    "Entry",
    "FileRecord",
    "Labels",
    "Limiter",
    "Loop",
    "Measured",
    "PackCheck",
    "PackManifest",
    "Profile",
    "Rights",
    "Segment",
    "conform",
    "cut_down",
    "find_loops",
    "has_content_credentials",
    "open_archive",
    "pack_schema",
    "profile_named",
    "verify_pack",
    "write_archive",
    "write_pack",
]
