"""The engine's own random numbers: small, seeded by words, the same on every machine.

Python and numpy do not promise that their generators give the same stream in the next release;
a score digest must outlive both, so the engine carries SplitMix64 (Steele, Lea and Flood, "Fast
splittable pseudorandom number generators", OOPSLA 2014).
"""

from __future__ import annotations

import hashlib
from typing import TYPE_CHECKING, TypeVar

import numpy as np

if TYPE_CHECKING:
    from collections.abc import Sequence

    from numpy.typing import NDArray

T = TypeVar("T")

_MASK = (1 << 64) - 1
_GAMMA = 0x9E3779B97F4A7C15
_MIX_1 = 0xBF58476D1CE4E5B9
_MIX_2 = 0x94D049BB133111EB


class SplitMix64:
    """A seeded stream of numbers with the few draws a composer needs.

    Parameters
    ----------
    state : int
        Any integer; only its lowest 64 bits count.
    """

    __slots__ = ("_state",)

    def __init__(self, state: int) -> None:
        self._state = state & _MASK

    def next_u64(self) -> int:
        """Return the next integer, uniform on 0 … 2**64 - 1."""
        self._state = (self._state + _GAMMA) & _MASK
        z = self._state
        z = ((z ^ (z >> 30)) * _MIX_1) & _MASK
        z = ((z ^ (z >> 27)) * _MIX_2) & _MASK
        return z ^ (z >> 31)

    def uniform(self, low: float = 0.0, high: float = 1.0) -> float:
        """Return a float, uniform on [low, high), from the upper 53 bits."""
        return low + (high - low) * ((self.next_u64() >> 11) / 9007199254740992.0)

    def below(self, count: int) -> int:
        """Return an integer, uniform on 0 … count - 1; count must be positive."""
        return (self.next_u64() * count) >> 64

    def chance(self, probability: float) -> bool:
        """Return True with the given probability."""
        return self.uniform() < probability

    def choice(self, items: Sequence[T]) -> T:
        """Return one of the items, each as likely as any other."""
        return items[self.below(len(items))]

    def shuffled(self, items: Sequence[T]) -> list[T]:
        """Return the items in a new order (Fisher-Yates)."""
        deck = list(items)
        for last in range(len(deck) - 1, 0, -1):
            other = self.below(last + 1)
            deck[last], deck[other] = deck[other], deck[last]
        return deck

    def bell(self) -> float:
        """Return a bell-shaped number, mean 0, standard deviation 1, within ±3.5.

        A sum of four uniforms, because log and cos may differ by a bit between C libraries.
        """
        return (self.uniform() + self.uniform() + self.uniform() + self.uniform() - 2.0) * 1.7320508


def stream(*labels: object) -> SplitMix64:
    """Return the stream that belongs to the labels; other labels give an unrelated stream."""
    text = "\x1f".join(str(label) for label in labels)
    # lone surrogates may come in with a prompt and have no UTF-8 form
    digest = hashlib.sha256(text.encode("utf-8", "surrogatepass")).digest()
    return SplitMix64(int.from_bytes(digest[:8], "big"))


def white_noise(frames: int, label: str) -> NDArray[np.float32]:
    """Return noise with a flat spectrum, standard deviation 1.

    Parameters
    ----------
    frames : int
        Number of samples.
    label : str
        Names the noise; the same label gives the same samples.

    Returns
    -------
    ndarray of float32, shape (frames,)
    """
    start = np.uint64(stream("noise", label).next_u64())
    z = start + np.arange(1, frames + 1, dtype=np.uint64) * np.uint64(_GAMMA)
    z = (z ^ (z >> np.uint64(30))) * np.uint64(_MIX_1)
    z = (z ^ (z >> np.uint64(27))) * np.uint64(_MIX_2)
    z ^= z >> np.uint64(31)
    # Two 32-bit halves added give a triangular density, closer to a bell than one uniform.
    first = (z >> np.uint64(32)).astype(np.float32)
    second = (z & np.uint64(0xFFFFFFFF)).astype(np.float32)
    noise: NDArray[np.float32] = ((first + second) / np.float32(4294967296.0) - 1) * np.float32(
        2.4494897
    )
    return noise
