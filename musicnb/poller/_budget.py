"""How many requests may be sent: one token bucket for all of them, and holds."""

from __future__ import annotations

import math
from dataclasses import dataclass, field
from typing import Final

_RISE: Final = 1.02
_LEAST_RATE_PER_S: Final = 0.2
_OUTAGE_FIRST_S: Final = 0.5
_OUTAGE_LONGEST_S: Final = 30.0
# a token that is due now must not be missed for a rounding
_WHOLE: Final = 1.0 - 1e-9


@dataclass(slots=True)
class Budget:
    """A token bucket that refusals slow down.

    All times are seconds on one monotonic clock that the caller owns.

    Parameters
    ----------
    rate_per_s
        Requests per second at most; a refusal halves what is used of it, each success gives 2 %
        back.
    burst
        Requests that may follow each other at once after a pause.
    """

    rate_per_s: float = 8.0
    burst: float = 2.0
    _rate: float = field(init=False)
    _tokens: float = field(init=False)
    _counted_at: float = -math.inf
    _refused_until: float = -math.inf
    _lost_until: float = -math.inf
    _outage_s: float = _OUTAGE_FIRST_S
    _waiting_writes: int = 0

    def __post_init__(self) -> None:
        self._rate, self._tokens = self.rate_per_s, self.burst

    @property
    def current_rate_per_s(self) -> float:
        """The rate after refusals and successes."""
        return self._rate

    def ready_at(self, now: float, *, write: bool) -> float:
        """Return when a request may be sent; infinity for a read while a write waits.

        A write does not wait for a network that seems to be down: somebody wants it now.
        """
        if self._waiting_writes and not write:
            return math.inf
        held = self._refused_until if write else max(self._refused_until, self._lost_until)
        self._count(now)
        missing = max(_WHOLE - self._tokens, 0.0)
        return max(now + missing / self._rate, held)

    def take(self, now: float, *, write: bool = False) -> bool:
        """Take a token; return False when none is to be had now."""
        if self.ready_at(now, write=write) > now:
            return False
        self._tokens = max(self._tokens - 1.0, 0.0)
        return True

    def write_waits(self, change: int) -> None:
        """Count a write that begins (1) or has ended (-1) to wait; reads stand back meanwhile."""
        self._waiting_writes += change

    def answered(self, now: float) -> None:
        """Note a usable answer."""
        self._count(now)
        self._rate = min(self._rate * _RISE, self.rate_per_s)
        self._outage_s = _OUTAGE_FIRST_S
        self._lost_until = min(self._lost_until, now)

    def refused(self, now: float, retry_after_s: float | None) -> None:
        """Note 429 or 503: hold everything for as long as was asked, then go on at half the rate.

        Refusals of requests that were under way together count once.
        """
        self._count(now)
        if now >= self._refused_until:
            self._rate = max(self._rate / 2, _LEAST_RATE_PER_S)
            pause = self._next_outage_s() if retry_after_s is None else retry_after_s
        else:
            pause = retry_after_s or 0.0
        self._refused_until = max(self._refused_until, now + pause)

    def lost(self, now: float) -> None:
        """Note that no usable answer came: hold the reads for 0.5 s, doubling to 30 s in a row."""
        if now >= self._lost_until:
            self._lost_until = now + self._next_outage_s()

    def _next_outage_s(self) -> float:
        pause = self._outage_s
        self._outage_s = min(self._outage_s * 2, _OUTAGE_LONGEST_S)
        return pause

    def _count(self, now: float) -> None:
        """Fill in the tokens since the last time, at the rate that was valid meanwhile."""
        if now > self._counted_at:
            gained = (now - self._counted_at) * self._rate if self._counted_at > -math.inf else 0.0
            self._tokens = min(self._tokens + gained, self.burst)
            self._counted_at = now
