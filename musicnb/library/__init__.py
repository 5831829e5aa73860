"""What we own on disk: the journal of money and work, and the clips.

A library is a folder. ``journal.sqlite`` holds every order before it is sent, what it cost and what
came of it; ``clips/`` holds the files as the service made them, never rewritten.
"""

from __future__ import annotations

from musicnb.library._account import By, Sums, sums, sums_by
from musicnb.library._conversions import Conversion, Conversions
from musicnb.library._database import DAMAGED
from musicnb.library._files import slug
from musicnb.library._intents import JOB_ID_FIELD
from musicnb.library._journal import Journal
from musicnb.library._library import IN_USE, Library, is_library, restore_journal
from musicnb.library._ratings import MOST_STARS, Rating, RatingChanges
from musicnb.library._records import FINISHED, ClipRecord, Job, LeftOut, Planned, Take
from musicnb.library._sessions import KeptSession, KeptVote, Sessions
from musicnb.library._uploads import Upload, Uploads
from musicnb.library._verify import Verification

__all__ = [
    "DAMAGED",
    "FINISHED",
    "IN_USE",
    "JOB_ID_FIELD",
    "MOST_STARS",
    "By",
    "ClipRecord",
    "Conversion",
    "Conversions",
    "Job",
    "Journal",
    "KeptSession",
    "KeptVote",
    "LeftOut",
    "Library",
    "Planned",
    "Rating",
    "RatingChanges",
    "Sessions",
    "Sums",
    "Take",
    "Upload",
    "Uploads",
    "Verification",
    "is_library",
    "restore_journal",
    "slug",
    "sums",
    "sums_by",
]
