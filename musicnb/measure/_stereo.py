"""How two channels go together: width, correlation, and what is lost when they become one."""

from __future__ import annotations

import math
from dataclasses import dataclass

import numpy as np

from musicnb.measure._chunks import Chunk, Samples


@dataclass(frozen=True, slots=True)
class Stereo:
    """See `musicnb.measure.Measures` for the fields."""

    width_db: float | None
    correlation: float | None
    fold_down_loss_db: float | None


class StereoMeter:
    """Compares the two channels of a stream of chunks."""

    def __init__(self) -> None:
        self._left = self._right = self._side = 0.0
        self._difference: Samples = np.zeros(0, np.float32)

    def push(self, chunk: Chunk) -> None:
        """Take the next chunk of two channels."""
        left, right = chunk.planes
        if len(self._difference) != len(left):
            self._difference = np.empty_like(left)
        # the side from its own samples: as a difference of sums a small one would drown in rounding
        side = np.subtract(left, right, out=self._difference)
        self._left += chunk.energies[0]
        self._right += chunk.energies[1]
        self._side += float(np.dot(side, side))

    def close(self) -> Stereo:
        """Return the comparison; nothing of silence."""
        both = self._left + self._right
        if not both:
            return Stereo(None, None, None)
        # energies of left + right and left - right
        middle = max(0.0, 2 * both - self._side)
        product = (both - self._side) / 2
        size = math.sqrt(self._left * self._right)
        return Stereo(
            width_db=_ratio_db(self._side, middle),
            correlation=max(-1.0, min(1.0, product / size)) if size else None,
            fold_down_loss_db=_ratio_db(2 * both, middle),
        )


def _ratio_db(power: float, reference: float) -> float:
    # what is 140 dB lower is the rounding of the sums
    least = 1e-14 * power
    if reference <= least:
        return math.inf
    return 10 * math.log10(power / reference) if power > 0 else -math.inf
