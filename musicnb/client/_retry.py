"""When a request is sent again: only what may be repeated, bounded, with growing random pauses."""

from __future__ import annotations

import asyncio
import math
import random
from collections.abc import Awaitable, Callable
from dataclasses import dataclass, field
from datetime import UTC, datetime
from email.utils import parsedate_to_datetime
from typing import TypeVar

from musicnb.errors import MusicnbError

T = TypeVar("T")

_LONGEST_PAUSE_S = 60.0


@dataclass(slots=True)
class Budget:
    """What repeats may cost: while most requests fail, they are sent once and not again.

    As gRPC's retry throttling (proposal A6): a failure takes a token, a success gives a share of
    one back, and requests are only repeated while more than half of the tokens are there. So an
    outage is met with one request each, and the odd lost answer with as many as it needs.

    Parameters
    ----------
    tokens
        How many there are at most, and at first.
    refill
        What a success gives back.
    """

    tokens: float = 20.0
    refill: float = 0.5
    _left: float = field(init=False, default=math.nan)

    def __post_init__(self) -> None:
        self._left = self.tokens

    @property
    def allows_repeat(self) -> bool:
        """Whether a failed request may be sent again."""
        return self._left > self.tokens / 2

    def succeeded(self) -> None:
        """Note an answer, whatever it says."""
        self._left = min(self.tokens, self._left + self.refill)

    def failed(self) -> None:
        """Note a failure that a repeat may mend."""
        self._left = max(0.0, self._left - 1.0)


@dataclass(frozen=True, slots=True)
class Retry:
    """Exponential backoff with full jitter, obeying ``Retry-After``.

    Full jitter (a pause drawn evenly from zero to the bound) spreads clients best; see M. Brooker,
    "Exponential Backoff And Jitter", AWS Architecture Blog, 2015.

    Parameters
    ----------
    attempts
        How often a request is sent at most, the first time included.
    base_s, longest_s
        Bound of the first pause and of any pause, in seconds.
    sleep, draw
        What waits and what draws from 0 to 1; tests hand in their own.
    budget
        Shared by everything that is sent to one service.
    """

    attempts: int = 5
    base_s: float = 0.4
    longest_s: float = 8.0
    sleep: Callable[[float], Awaitable[None]] = asyncio.sleep
    draw: Callable[[], float] = field(default=random.random)
    budget: Budget = field(default_factory=Budget)

    async def call(self, send: Callable[[], Awaitable[T]]) -> T:
        """Send until it works, an error is final, or the attempts are used up.

        Raises
        ------
        MusicnbError
            The last error; `charged` is None if any attempt may have arrived unanswered.
        """
        doubtful = False
        for attempt in range(1, self.attempts + 1):
            try:
                answer = await send()
            except MusicnbError as error:
                doubtful = doubtful or error.charged is None
                if error.retryable:
                    self.budget.failed()
                else:
                    self.budget.succeeded()
                last = attempt == self.attempts or not self.budget.allows_repeat
                if not error.retryable or last:
                    # a later "not charged" does not take back an earlier lost answer
                    raise error.with_facts(charged=None if doubtful else error.charged) from None
                pause = error.retry_after_s
            else:
                self.budget.succeeded()
                return answer
            bound = min(self.longest_s, self.base_s * 2 ** (attempt - 1))
            await self.sleep(self.draw() * bound if pause is None else pause)
        raise AssertionError("unreachable: the last attempt returns or raises")


def retry_after_s(header: str | None, now: datetime | None = None) -> float | None:
    """Read a ``Retry-After`` header, seconds or HTTP date, bounded to a minute.

    Returns
    -------
    float or None
        Seconds from now, never negative; None when the header is absent or unreadable.
    """
    if not header:
        return None
    text = header.strip()
    if text.isascii() and text.isdigit():
        return min(float(text[:6]), _LONGEST_PAUSE_S)
    try:
        moment = parsedate_to_datetime(text)
    except (ValueError, TypeError):
        return None
    if moment.tzinfo is None:
        moment = moment.replace(tzinfo=UTC)
    wait = (moment - (now or datetime.now(UTC))).total_seconds()
    return min(max(wait, 0.0), _LONGEST_PAUSE_S)
