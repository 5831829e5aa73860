"""Watching tasks until they end: one loop for all of them.

`Watchlist` decides what to ask next and does no I/O, so it is tested in virtual time. `Poller`
carries its decisions out.
"""

from __future__ import annotations

from musicnb.poller._poller import Poller, Reader
from musicnb.poller._watchlist import ReadPage, ReadTask, Watchlist

__all__ = ["Poller", "ReadPage", "ReadTask", "Reader", "Watchlist"]
