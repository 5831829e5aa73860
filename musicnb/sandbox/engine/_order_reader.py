"""One order while it is being read: its words, its refusals, its seeds, and what was found."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

from musicnb.sandbox.engine._chance import SplitMix64, stream
from musicnb.sandbox.engine._reading import is_refused, mentions

if TYPE_CHECKING:
    from musicnb.sandbox.engine._order import Order


@dataclass(frozen=True, slots=True)
class OrderReader:
    """What all decisions read from: the order, its words and the seeds."""

    order: Order
    prompt: str
    negatives: tuple[str, ...]
    label: str
    take: int
    origins: dict[str, str]
    warnings: list[str]

    def shared(self, what: str) -> SplitMix64:
        """Return a stream all takes share; they pick different places in one shuffled deck."""
        return stream(self.label, what)

    def own(self, what: str) -> SplitMix64:
        """Return a stream of this take alone."""
        return stream(self.label, self.take, what)

    def names(self, word: str) -> bool:
        """Return whether the prompt or the negative tags hold the word."""
        return word in self.negatives or mentions(self.prompt, word) is not None

    def refuses(self, word: str) -> bool:
        """Return whether the prompt or the negative tags refuse the word."""
        return word in self.negatives or is_refused(self.prompt, word)

    def option(self, name: str, value: float | None, default: float) -> float:
        """Return an option held within 0 to 1 and note its origin, or the default."""
        if value is None:
            return default
        self.origins[name] = "option"
        return min(1.0, max(0.0, value))
