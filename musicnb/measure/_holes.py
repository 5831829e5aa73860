"""Holes, silences and ends, from the highest magnitude of each cell of some five milliseconds."""

from __future__ import annotations

from typing import Final

import numpy as np
from numpy.typing import NDArray

from musicnb.measure._outline import Cells

# below the last bit of 16, which decoders of silence do not leave
_DIGITAL: Final = 1e-5
_SILENCE_S: Final = 1.0
_QUIET: Final = 0.001  # -60 dBFS
_HOLE_DB_DOWN: Final = 0.01  # -40 dB
_LOUD: Final = 0.03
_LONGEST_HOLE_S: Final = 0.5
# an encoder's echo reaches some 25 ms into a hole
_BLUR_S: Final = 0.025
_BODY_S: Final = 0.1
_BODY_LEVEL: Final = 0.1
_BODY_SHARE: Final = 0.7
_END_LEVEL: Final = 0.5
_END_CELLS: Final = 2
_LOUDEST: Final = 60_000.0


def silent_edges(cells: Cells) -> tuple[int, int]:
    """Return how many cells below -60 dBFS there are at the beginning and at the end."""
    loud = cells > _QUIET
    if not loud.any():
        return len(cells), len(cells)
    return int(loud.argmax()), int(loud[::-1].argmax())


def silences(cells: Cells, cell_s: float) -> list[tuple[int, int]]:
    """Return the stretches of at least a second that are digital silence."""
    return [
        (start, end)
        for start, end in _stretches(cells < _DIGITAL)
        if (end - start) * cell_s >= _SILENCE_S
    ]


def holes(cells: Cells, cell_s: float) -> list[tuple[int, int]]:
    """Return the stretches where sound that goes on is gone for up to half a second.

    It falls by 40 dB at once, comes back as suddenly, and is sustained for a tenth of a second on
    both sides: short strokes with silence between them are music.
    """
    blur = max(1, round(_BLUR_S / cell_s))
    body = max(blur, round(_BODY_S / cell_s))
    found = []
    for start, end in _stretches(cells < _LOUD * _HOLE_DB_DOWN * 10):
        if start < body or end + body > len(cells) or (end - start) * cell_s > _LONGEST_HOLE_S:
            continue
        before, after = cells[start - body : start], cells[end : end + body]
        edge = min(float(before[-blur:].max()), float(after[:blur].max()))
        sustained = min(_share(before, edge), _share(after, edge)) >= _BODY_SHARE
        if edge > _LOUD and sustained and cells[start:end].min() < _HOLE_DB_DOWN * edge:
            found.append((start, end))
    return found


def ends_abruptly(cells: Cells, rms: float) -> int | None:
    """Return the cell after the last sound where that is cut off, or None.

    The sound is as loud as the clip on the whole, within 6 dB, and 40 dB lower, or over, two cells
    later; what rings out or fades passes through the levels between.
    """
    # no sound is as loud as this, and half precision holds no more
    rms = min(rms, _LOUDEST)
    loud = cells > _END_LEVEL * rms
    if not loud.any():
        return None
    end = len(cells) - int(loud[::-1].argmax())
    after = cells[end + _END_CELLS :]
    # a second of silence afterwards is still the same end
    if after.max(initial=0.0) > _HOLE_DB_DOWN * rms:
        return None
    return end


def _share(cells: Cells, edge: float) -> float:
    return float(np.mean(cells > _BODY_LEVEL * edge))


def _stretches(flags: NDArray[np.bool_]) -> list[tuple[int, int]]:
    """Return start and end of each run of true values."""
    edges = np.flatnonzero(np.diff(flags, prepend=False, append=False))
    return [(int(a), int(b)) for a, b in zip(edges[::2], edges[1::2], strict=True)]
