"""A map of many clips: near each other what sounds alike."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from musicnb.measure._likeness import Styles

_PLANE = 2


@dataclass(frozen=True, slots=True)
class StyleMap:
    """Places in a plane whose distances come as near as can be to how different clips sound.

    Parameters
    ----------
    places
        Shape ``(clips, 2)``; NaN for a clip that is silent or not known. Two clips of likeness s
        are √(2 (1 − s)) apart before they are laid flat: 0 is the same, 2 the opposite.
    share
        How much of the squared distances the plane keeps, 0 to 1; NaN for fewer than two clips.
    """

    places: NDArray[np.float64]
    share: float


def style_map(styles: Styles) -> StyleMap:
    """Lay clips out in a plane by classical multidimensional scaling.

    W. S. Torgerson: Multidimensional scaling: I. Theory and method, Psychometrika 17 (1952). For
    distances between vectors, as here, it is what principal components give, at the price of one
    64 × 64 decomposition whatever the number of clips. Axes point so that the same clips always
    give the same map.

    Parameters
    ----------
    styles
        Of `styles_of`.
    """
    places = np.full((len(styles), _PLANE), np.nan)
    known = styles.any(axis=1)
    rows = styles[known].astype(np.float64)
    if not len(rows):
        return StyleMap(places, np.nan)
    centred = rows - rows.mean(axis=0)
    spreads, axes = np.linalg.eigh(centred.T @ centred)
    chosen = axes[:, ::-1][:, :_PLANE]
    # an axis and its opposite are the same axis: the largest part of each points up
    signs = np.sign(chosen[np.abs(chosen).argmax(axis=0), np.arange(_PLANE)])
    places[known] = centred @ (chosen * np.where(signs == 0, 1, signs))
    total = float(spreads.clip(0).sum())
    kept = float(spreads[::-1][:_PLANE].clip(0).sum())
    return StyleMap(places, kept / total if total > 1e-12 else np.nan)  # noqa: PLR2004 - rounding
