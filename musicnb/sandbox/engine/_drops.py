"""Drops: everybody holds their breath before the chorus comes in, as clubs expect it."""

from __future__ import annotations

from dataclasses import replace
from itertools import pairwise
from typing import TYPE_CHECKING

from musicnb.sandbox.engine._genres import BY_NAME
from musicnb.sandbox.engine._score import TICKS_PER_BEAT, Note

if TYPE_CHECKING:
    from collections.abc import Sequence

    from musicnb.sandbox.engine._pen import Plan

_BREATH_BEATS = 1
_LEAST_BARS = 4
_LEAST_RISE = 0.2
_GOES_ON = frozenset({"vocal", "backing"})


def with_drops(notes: Sequence[Note], plan: Plan) -> list[Note]:
    """Return the notes with the last beat before a louder section left to riser and voice.

    Only genres that pump have drops; sections of less than four bars have no time for them, and a
    loop has no other section to come.
    """
    if not BY_NAME[plan.brief.genre].pump or "drums" in plan.brief.silent:
        return list(notes)
    bar = plan.meter * TICKS_PER_BEAT
    gaps = []
    for passage, after in pairwise(plan.passages):
        before, coming = passage.section, after.section
        if before.bars >= _LEAST_BARS and coming.intensity - before.intensity >= _LEAST_RISE:
            end = coming.first_bar * bar
            gaps.append((end - _BREATH_BEATS * TICKS_PER_BEAT, end))
    out = []
    for note in notes:
        kept: Note | None = note
        if note.part not in _GOES_ON and note.sound != "riser":
            for start, end in gaps:
                kept = _around(note, start, end)
                if kept is not note:
                    break
        if kept is not None:
            out.append(kept)
    return out


def _around(note: Note, start: int, end: int) -> Note | None:
    """Return a note that stays out of a gap: itself, shortened, or None."""
    # players are a little early: what belongs to the next bar may begin just before it
    early = TICKS_PER_BEAT // 8
    if start - early <= note.tick < end - early:
        return None
    if note.tick < start and note.tick + note.length > start and note.part != "drums":
        return replace(note, length=max(30, start - note.tick))
    return note
