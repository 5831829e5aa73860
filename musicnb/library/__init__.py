"""What we own on disk: the journal of money and work, and the clips.

A library is a folder. ``journal.sqlite`` holds every order before it is sent, what it cost and what
came of it; ``clips/`` holds the files as the service made them, never rewritten.
"""

from __future__ import annotations

from musicnb.library._journal import Journal
from musicnb.library._library import Library
from musicnb.library._records import ClipRecord, Job, Take

__all__ = ["ClipRecord", "Job", "Journal", "Library", "Take"]
