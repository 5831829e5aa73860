"""Samples to whole numbers, with noise that makes the error of rounding independent of the music.

Triangular noise of two steps' width (TPDF): the least that takes both distortion and noise
modulation away (Lipshitz, Wannamaker and Vanderkooy, "Quantization and dither", JAES 40, 1992).
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from typing import Final

import numpy as np
from numpy.typing import NDArray

_SEED: Final = 0x6D75736963
_INT32_BITS: Final = 32


def dithered(
    blocks: Iterable[NDArray[np.float32]], bits: int
) -> Iterator[NDArray[np.int16] | NDArray[np.int32]]:
    """Round samples to 16 or 24 bits.

    The noise is drawn anew from one seed every time, so that equal sound gives equal bytes.

    Yields
    ------
    array
        int16 for 16 bits, int32 with an empty low byte for 24; what is beyond full
        scale is clipped.
    """
    chance = np.random.default_rng(_SEED)
    full = 1 << (bits - 1)
    for block in blocks:
        noise = chance.random(block.shape) - chance.random(block.shape)
        steps = np.clip(np.rint(block * np.float64(full) + noise), -full, full - 1)
        if bits == 16:  # noqa: PLR2004
            yield steps.astype(np.int16)
        else:
            yield steps.astype(np.int32) << (_INT32_BITS - bits)
