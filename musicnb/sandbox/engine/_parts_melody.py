"""The instrumental melody: a motif, its answer, and a cadence every four bars."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

from musicnb.sandbox.engine._harmony import scale_of
from musicnb.sandbox.engine._pen import Pen, Plan

if TYPE_CHECKING:
    from collections.abc import Sequence

    from musicnb.sandbox.engine._chance import SplitMix64
    from musicnb.sandbox.engine._form import Passage
    from musicnb.sandbox.engine._score import Note

_OCTAVE = 12
_SPAN = 16

#: One bar of rhythm: (beat, length in beats).
Rhythm = tuple[tuple[float, float], ...]

_SPARSE: tuple[Rhythm, ...] = (
    ((0, 1.5), (1.5, 0.5), (2, 2)),
    ((0, 2), (2, 1), (3, 1)),
    ((0.5, 1), (1.5, 0.5), (2, 2)),
    ((0, 3),),
    ((1, 1), (2, 2)),
)
_MEDIUM: tuple[Rhythm, ...] = (
    ((0, 0.5), (0.5, 0.5), (1, 1), (2, 0.5), (2.5, 0.5), (3, 1)),
    ((0, 0.75), (0.75, 0.75), (1.5, 0.5), (2, 1), (3, 0.5), (3.5, 0.5)),
    ((0.5, 0.5), (1, 0.5), (1.5, 0.5), (2, 1.5)),
    ((0, 1), (1, 0.5), (1.5, 1), (2.5, 0.5), (3, 1)),
    ((0, 1.5), (1.5, 1), (2.5, 0.5), (3, 1)),
    ((0, 0.5), (1, 0.5), (1.5, 1), (3, 0.5), (3.5, 0.5)),
)
_BUSY: tuple[Rhythm, ...] = (
    ((0, 0.5), (0.5, 0.5), (1, 0.5), (1.5, 0.5), (2, 0.5), (2.5, 0.5), (3, 1)),
    ((0, 0.5), (0.5, 0.25), (0.75, 0.25), (1, 0.5), (1.5, 0.5), (2, 0.5), (2.5, 0.5), (3, 0.75)),
    ((0, 0.75), (0.75, 0.75), (1.5, 0.5), (2, 0.75), (2.75, 0.75), (3.5, 0.5)),
    ((0, 0.25), (0.25, 0.25), (0.5, 0.5), (1, 0.5), (1.75, 0.25), (2, 0.5), (2.5, 0.5), (3, 1)),
)
# Steps of the scale; mostly by step with one leap, which is how melodies are mostly built
# (Huron, "Sweet Anticipation", 2006, chapter 5).
_CONTOURS: tuple[tuple[int, ...], ...] = (
    (0, 1, 1, -1, 2, -1, -1, 1),
    (0, -1, -1, 2, 1, -1, -2, 1),
    (0, 2, 1, -1, -1, -1, 1, 0),
    (0, 1, -1, 1, 3, -1, -1, -1),
    (0, 0, 1, 1, -2, 0, 1, -1),
    (0, 4, -1, -1, -1, 1, -1, 1),
    (0, -2, 1, 1, 1, 1, -1, -1),
)


@dataclass(frozen=True, slots=True)
class Motif:
    """Two bars of rhythm and contour that a section repeats and answers."""

    rhythms: tuple[Rhythm, Rhythm]
    contours: tuple[tuple[int, ...], tuple[int, ...]]
    order: tuple[int, int, int, int]


@dataclass(slots=True)
class Line:
    """Walks a scale and knows the chords, so that strong beats land on chord tones.

    Parameters
    ----------
    pitches : list of int
        The notes of the scale within the range, ascending.
    tonic : int
        Pitch class of the tonic.
    """

    pitches: list[int]
    tonic: int
    at: int = 0

    def start(self, tones: Sequence[int]) -> None:
        """Begin a phrase on a chord tone near the middle of the range."""
        middle = len(self.pitches) // 2
        self.at = min(self._places(tones), key=lambda k: (abs(k - middle), k))

    def move(self, steps: int) -> None:
        """Move by steps of the scale, turning back at the ends of the range."""
        there = self.at + steps
        if not 0 <= there < len(self.pitches):
            there = self.at - steps
        self.at = min(len(self.pitches) - 1, max(0, there))

    def settle(self, tones: Sequence[int]) -> None:
        """Move to the nearest chord tone."""
        self.at = min(self._places(tones), key=lambda k: (abs(k - self.at), k))

    def pitch(self) -> int:
        """Return the pitch where the line stands."""
        return self.pitches[self.at]

    def _places(self, tones: Sequence[int]) -> list[int]:
        found = [k for k, p in enumerate(self.pitches) if p % _OCTAVE in tones]
        return found or [self.at]


def line_in(tonic: int, mode: str, low: int, span: int = _SPAN) -> Line:
    """Return a line over ``span`` semitones of a scale from ``low`` upward."""
    scale = scale_of(tonic, mode)
    return Line([p for p in range(low, low + span + 1) if p % _OCTAVE in scale], tonic)


def motif_for(draws: SplitMix64, busyness: float) -> Motif:
    """Return a motif: rhythm by how busy the music is, contour by chance."""
    bank = _SPARSE if busyness < 0.38 else _MEDIUM if busyness < 0.72 else _BUSY  # noqa: PLR2004
    answer = _SPARSE if bank is _MEDIUM else _MEDIUM if bank is _BUSY else _SPARSE
    first = draws.choice(bank)
    second = draws.choice(bank if draws.chance(0.6) else answer)
    order = draws.choice(((0, 1, 0, 1), (0, 0, 1, 0), (0, 1, 0, 0), (0, 0, 0, 1)))
    return Motif(
        rhythms=(first, second),
        contours=(draws.choice(_CONTOURS), draws.choice(_CONTOURS)),
        order=order,
    )


def write_lead(plan: Plan) -> list[Note]:
    """Return the lead: the melody of an instrumental, or solos and answers beside a voice."""
    if "lead" in plan.brief.silent:
        return []
    pen = Pen(plan, "lead")
    for passage in plan.passages:
        kind = passage.section.kind
        if passage.lines:
            continue
        if kind in {"intro", "outro", "break"}:
            _hint(pen, passage)
        else:
            _sing_out(pen, passage)
    return pen.notes


def _register(plan: Plan, kind: str) -> int:
    low = 58 + round(8 * plan.brief.brightness)
    return low + (5 if kind in {"chorus", "solo"} else 0)


def _hint(pen: Pen, passage: Passage) -> None:
    """Write the head of the chorus motif now and then, as a promise or a farewell."""
    plan = pen.plan
    section = passage.section
    motif = motif_for(plan.draws("motif", "chorus"), 0.3)
    line = line_in(plan.brief.tonic, plan.brief.mode, _register(plan, section.kind))
    for bar in range(section.first_bar + section.bars % 2, section.first_bar + section.bars, 2):
        if not plan.is_last(bar) and section.bars > 1:
            line.start(plan.chords[bar].tones)
            _write_bar(pen, passage, line, motif, bar=bar, offset=0)


def _sing_out(pen: Pen, passage: Passage) -> None:
    plan = pen.plan
    section = passage.section
    busyness = plan.brief.energy * (0.75 if section.kind in {"verse", "bridge"} else 1.0)
    busyness += 0.3 * plan.brief.density + (0.12 if section.kind == "solo" else 0.0)
    motif = motif_for(plan.draws("motif", section.kind), busyness)
    line = line_in(plan.brief.tonic, plan.brief.mode, _register(plan, section.kind))
    quiet_bars = section.kind == "verse" and plan.brief.energy + plan.brief.density < 0.5  # noqa: PLR2004
    for offset in range(section.bars):
        bar = section.first_bar + offset
        if offset % plan.brief.phrase_bars == 0:
            line.start(plan.chords[bar].tones)
        if quiet_bars and offset % 2:
            continue
        if plan.is_last(bar):
            line.settle((plan.brief.tonic,))
            pen.add(bar * plan.meter, plan.final_beats, line.pitch(), plan.loudness(passage))
            continue
        _write_bar(pen, passage, line, motif, bar=bar, offset=offset)


def _write_bar(
    pen: Pen, passage: Passage, line: Line, motif: Motif, *, bar: int, offset: int
) -> None:
    plan = pen.plan
    draws = plan.draws("leaps", passage.section.kind, offset % 8)
    which = motif.order[offset % len(motif.order)]
    rhythm = [stroke for stroke in motif.rhythms[which] if stroke[0] < plan.meter]
    closes = offset % plan.brief.phrase_bars == plan.brief.phrase_bars - 1
    if closes:
        rhythm = rhythm[: max(2, (len(rhythm) + 1) // 2)]
    tones = plan.chords[bar].tones
    for k, (beat, length) in enumerate(rhythm):
        line.move(motif.contours[which][k % len(motif.contours[which])])
        last = k == len(rhythm) - 1
        if beat % 2 == 0 or last:
            line.settle(tones)
        if last and offset == passage.section.bars - 1:
            line.settle((plan.brief.tonic,) if plan.brief.tonic in tones else tones)
        if last and closes:
            length = min(2.0, plan.meter - beat)  # noqa: PLW2901
        leap = _OCTAVE if draws.chance(0.14 * max(0.0, plan.brief.weirdness - 0.2)) else 0
        accent = 0.06 if beat % 1 == 0 else 0.0
        velocity = plan.loudness(passage) + accent
        pen.add(bar * plan.meter + beat, length * 0.95, line.pitch() + leap, velocity)
