"""Watching tasks until they end: one loop for all of them.

`Watchlist` decides what to ask next and does no I/O, so it is tested in virtual time: it learns how
long each model takes (`Durations`), weighs what every possible request would tell, and keeps to one
`Budget` of requests. `Poller` carries its decisions out.
"""

from __future__ import annotations

from musicnb.poller._budget import Budget
from musicnb.poller._durations import Curve, Durations
from musicnb.poller._poller import Poller, Reader
from musicnb.poller._watchlist import ReadPage, ReadTask, Watchlist

__all__ = ["Budget", "Curve", "Durations", "Poller", "ReadPage", "ReadTask", "Reader", "Watchlist"]
