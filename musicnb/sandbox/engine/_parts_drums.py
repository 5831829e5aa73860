"""The drummer: a groove that thins and fills with the energy, fills, crashes, risers."""

from __future__ import annotations

from typing import TYPE_CHECKING

from musicnb.sandbox.engine._genres import BY_NAME
from musicnb.sandbox.engine._patterns import FILLS, PATTERNS, Pattern
from musicnb.sandbox.engine._pen import Pen, Plan

if TYPE_CHECKING:
    from musicnb.sandbox.engine._chance import SplitMix64
    from musicnb.sandbox.engine._form import Passage
    from musicnb.sandbox.engine._score import Note

_STEPS_PER_BEAT = 4
_FOUR_FOUR = 4
#: Below this level nobody reaches for the sticks.
_SILENT_BELOW = 0.14
_TIMEKEEPERS = frozenset({"hat", "shaker", "ride", "open_hat", "pedal_hat"})
_ACCENTS_KEPT_IN_BREAKS = frozenset({"hat", "shaker", "rim", "ride"})


def write_drums(plan: Plan) -> list[Note]:
    """Return the drum part; empty when the drums are silent or the genre has none."""
    brief = plan.brief
    name = BY_NAME[brief.genre].drums
    if "drums" in brief.silent or name == "none":
        return []
    pattern = PATTERNS["waltz" if plan.meter < _FOUR_FOUR else name]
    pattern = _varied(pattern, plan)
    pen = Pen(plan, "drums", tight=0.5)
    for index, passage in enumerate(plan.passages):
        after = plan.passages[index + 1] if index + 1 < len(plan.passages) else None
        _write_passage(pen, pattern, passage, after)
    return pen.notes


def _varied(pattern: Pattern, plan: Plan) -> Pattern:
    """Add a few ghost strokes, so that two takes do not share one groove."""
    draws = plan.draws("groove")
    chance = 0.03 + 0.10 * plan.brief.weirdness
    rows = []
    for sound, steps in pattern.rows:
        row = list(steps)
        for step, digit in enumerate(row):
            ghost = draws.chance(chance)
            if (
                digit == "."
                and ghost
                and step % _STEPS_PER_BEAT
                and sound in {"kick", "snare", "rim"}
            ):
                row[step] = "4" if sound == "kick" else "3"
        rows.append((sound, "".join(row)))
    return Pattern(tuple(rows), pattern.answer, pattern.ride, pattern.crash, pattern.fills)


def _write_passage(pen: Pen, pattern: Pattern, passage: Passage, after: Passage | None) -> None:
    plan = pen.plan
    section = passage.section
    level = plan.level(passage)
    if level < _SILENT_BELOW:
        return
    draws = plan.draws("fills", section.first_bar)
    rows = dict(pattern.rows)
    if pattern.ride and section.kind in {"chorus", "solo"} and level > 0.7:  # noqa: PLR2004
        rows[pattern.ride] = rows.pop("hat", "8...8...8...8...")
    opens = section.kind in {"chorus", "solo", "loop"} and section.first_bar > 0
    if pattern.crash and opens and not plan.brief.loop:
        pen.add(section.first_bar * plan.meter, 2.0, 0, 0.5 + 0.4 * level, "crash")
    for bar in range(section.bars):
        closing = plan.is_last(section.first_bar + bar)
        if closing:
            pen.add((section.first_bar + bar) * plan.meter, 1.0, 0, 0.8 * level + 0.1, "kick")
            if pattern.crash:
                pen.add((section.first_bar + bar) * plan.meter, 2.0, 0, 0.4 + 0.4 * level, "crash")
            continue
        turn = dict(rows, **dict(pattern.answer)) if bar % 2 else rows
        filled = _fill_beats(passage, bar, after, draws, plan)
        _write_bar(pen, turn, passage, bar, filled)
        if filled:
            _write_fill(pen, pattern, passage, bar, filled)
    if after is not None and after.section.kind == "chorus" and level > 0.35:  # noqa: PLR2004
        rise = min(2, section.bars) * plan.meter
        start = (section.first_bar + section.bars) * plan.meter - rise
        pen.add(start, rise, 0, 0.35 + 0.3 * level, "riser")


def _fill_beats(
    passage: Passage, bar: int, after: Passage | None, draws: SplitMix64, plan: Plan
) -> int:
    """Return how many beats at the end of the bar are a fill: 0, 1 or 2."""
    section = passage.section
    last = bar == section.bars - 1
    if plan.brief.loop:
        return 1 if last or bar % 4 == 3 else 0  # noqa: PLR2004
    if last:
        big = after is not None and after.section.intensity > section.intensity
        return 2 if big and section.bars > 1 and plan.level(passage) > 0.5 else 1  # noqa: PLR2004
    return 1 if bar % 4 == 3 and draws.chance(0.5) else 0  # noqa: PLR2004


def _write_bar(pen: Pen, rows: dict[str, str], passage: Passage, bar: int, fill_beats: int) -> None:
    plan = pen.plan
    section = passage.section
    level = plan.level(passage)
    least = 9.0 - 8.0 * level
    start = (section.first_bar + bar) * plan.meter
    held_back = _held_back(passage, bar)
    end = _STEPS_PER_BEAT * (plan.meter - fill_beats)
    for sound, steps in rows.items():
        if held_back and sound not in _ACCENTS_KEPT_IN_BREAKS:
            continue
        # the backbone of a groove is heard as soon as there is a groove at all
        bar_least = min(least, 7.0) if sound not in _TIMEKEEPERS else min(least + 1.0, 7.0)
        # bars of five and seven go on with the beginning of the pattern
        for step, digit in enumerate((2 * steps)[: _STEPS_PER_BEAT * plan.meter]):
            if digit == "." or int(digit) < bar_least or (step >= end and sound != "kick"):
                continue
            velocity = int(digit) / 9.0 * (0.45 + 0.5 * level)
            pen.add(start + step / _STEPS_PER_BEAT, 0.25, 0, velocity, sound)


def _held_back(passage: Passage, bar: int) -> bool:
    """Return whether only the light drums play: openings, breaks, the last bars."""
    section = passage.section
    if section.kind == "intro":
        return bar < section.bars // 2
    if section.kind == "break":
        return True
    if section.kind == "bridge":
        return bar < section.bars // 2
    return section.kind == "outro" and bar >= section.bars * 3 // 4


def _write_fill(pen: Pen, pattern: Pattern, passage: Passage, bar: int, beats: int) -> None:
    plan = pen.plan
    section = passage.section
    draws = plan.draws("fill", section.kind, section.first_bar, bar)
    level = plan.level(passage)
    if _held_back(passage, bar) and section.kind != "break":
        return
    end = (section.first_bar + bar + 1) * plan.meter
    for beat in range(beats):
        strokes = draws.choice(FILLS[pattern.fills])
        for quarter, sound, accent in strokes:
            if accent >= 9 - 8 * level:
                rise = 0.75 + 0.25 * (beat + 1) / beats
                velocity = accent / 9.0 * (0.4 + 0.5 * level) * rise
                pen.add(end - beats + beat + quarter / 4, 0.25, 0, velocity, sound)
