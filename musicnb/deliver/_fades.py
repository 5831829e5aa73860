"""Going from one stretch of sound to another, and out of the last."""

from __future__ import annotations

import math

import numpy as np
from numpy.typing import NDArray


def falling(frames: int) -> NDArray[np.float32]:
    """Return gains from one to nothing along a raised cosine."""
    share = (np.arange(frames) + 0.5) / frames
    return np.square(np.cos(share * (np.pi / 2))).astype(np.float32)


def crossfaded(old: NDArray[np.float32], new: NDArray[np.float32]) -> NDArray[np.float32]:
    """Go from one stretch to another of the same length at even power, however alike they are."""
    old_share = falling(len(old))[:, None].astype(np.float64)
    energy = math.sqrt(float(np.square(old).sum()) * float(np.square(new).sum()))
    alike = max(0.0, float((old * new).sum()) / energy) if energy > 0 else 1.0
    new_share = 1 - old_share
    power = np.sqrt(old_share**2 + new_share**2 + 2 * alike * old_share * new_share)
    return np.asarray((old_share * old + new_share * new) / power, np.float32)
