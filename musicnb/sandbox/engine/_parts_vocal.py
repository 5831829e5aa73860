"""The singer: every syllable gets a note; the lines share out the bars of their section."""

from __future__ import annotations

from typing import TYPE_CHECKING

from musicnb.sandbox.engine._parts_melody import Line, line_in, motif_for
from musicnb.sandbox.engine._pen import Pen, Plan

if TYPE_CHECKING:
    from collections.abc import Sequence

    from musicnb.lyrics import Syllable
    from musicnb.sandbox.engine._form import Passage
    from musicnb.sandbox.engine._score import Note

_GRIDS = (1.0, 0.5, 0.25)
_LONGEST_BEATS = 3.0
_LOWEST = {"f": 57, "m": 47}
_SPAN = 15


def write_vocal(plan: Plan) -> list[Note]:
    """Return the vocal part; empty for an instrumental."""
    if not plan.brief.vocal:
        return []
    pen = Pen(plan, "vocal", tight=0.8)
    for passage in plan.passages:
        if passage.lines:
            _sing(pen, passage)
    return pen.notes


def write_backing(plan: Plan, vocal: Sequence[Note]) -> list[Note]:
    """Return a second voice a third above or below in the choruses, for models that have one."""
    if not vocal or not plan.character.backing_vocals:
        return []
    choruses = [p.section for p in plan.passages if p.section.kind in {"chorus", "loop"}]
    ticks = 960 * plan.meter
    spans = [(s.first_bar * ticks, (s.first_bar + s.bars) * ticks) for s in choruses]
    low = min(note.pitch for note in vocal) - 9
    line = line_in(plan.brief.tonic, plan.brief.mode, low, 36)
    pen = Pen(plan, "backing", tight=1.2)
    for note in vocal:
        if any(start <= note.tick < end for start, end in spans):
            line.at = min(range(len(line.pitches)), key=lambda k: abs(line.pitches[k] - note.pitch))
            line.move(-2)
            beat = note.tick / 960
            length = note.length / 960
            pen.add(beat, length, line.pitch(), 0.6 * note.velocity / 127, note.sound)
    return pen.notes


def _sing(pen: Pen, passage: Passage) -> None:
    plan = pen.plan
    section = passage.section
    lift = 4 if section.kind in {"chorus", "loop"} else 0
    line = line_in(plan.brief.tonic, plan.brief.mode, _LOWEST[plan.brief.voice] + lift, _SPAN)
    start = float(section.first_bar * plan.meter)
    spans = line_spans([len(words) for words in passage.lines], section.bars, plan.meter)
    for number, (words, (begin, end)) in enumerate(zip(passage.lines, spans, strict=True)):
        _sing_line(pen, passage, line, words, span=(start + begin, start + end), number=number)


def line_spans(syllables: Sequence[int], bars: int, meter: int) -> list[tuple[float, float]]:
    """Share the beats of a section among its lines.

    Parameters
    ----------
    syllables : sequence of int
        Syllables per line, each at least 1.
    bars, meter : int
        Bars of the section and beats per bar.

    Returns
    -------
    list of (float, float)
        First and last beat of each line: in whole bars while every line can have one, else in
        half bars, beats, or simply by the number of syllables.
    """
    total = bars * meter
    for unit in (float(meter), meter / 2, 1.0):
        units = round(total / unit)
        if len(syllables) <= units:
            edges = _apportioned(syllables, units)
            return [(a * unit, b * unit) for a, b in edges]
    everything = sum(syllables)
    spans = []
    sung = 0
    for count in syllables:
        spans.append((total * sung / everything, total * (sung + count) / everything))
        sung += count
    return spans


def _apportioned(loads: Sequence[int], units: int) -> list[tuple[int, int]]:
    """Give every load one unit, then each further unit to whoever is most crowded.

    Lines that end up wide breathe: a line never gets more than it can fill at one syllable in
    two beats while another is crowded.
    """
    shares = [1] * len(loads)
    for _ in range(units - len(loads)):
        crowded = max(range(len(loads)), key=lambda i: (loads[i] / shares[i], -i))
        shares[crowded] += 1
    edges = []
    start = 0
    for share in shares:
        edges.append((start, start + share))
        start += share
    return edges


def _sing_line(
    pen: Pen,
    passage: Passage,
    line: Line,
    words: Sequence[Syllable],
    *,
    span: tuple[float, float],
    number: int,
) -> None:
    plan = pen.plan
    begin, end = span
    # the same place of the same kind of section has the same tune, as in songs
    motif = motif_for(plan.draws("vocal", passage.section.kind), 0.6)
    contour = motif.contours[motif.order[number % 4]]
    line.start(plan.chords[_bar_at(plan, begin)].tones)
    beats = syllable_beats(len(words), end - begin)
    for k, (syllable, (beat, length)) in enumerate(zip(words, beats, strict=True)):
        line.move(contour[k % len(contour)])
        tones = plan.chords[_bar_at(plan, begin + beat)].tones
        last = k == len(words) - 1
        if beat % 2 == 0 or last:
            line.settle(tones)
        if last and number == len(passage.lines) - 1 and plan.brief.tonic in tones:
            line.settle((plan.brief.tonic,))
        accent = 0.08 if beat % 1 == 0 else 0.0
        velocity = 0.55 + 0.25 * passage.section.intensity + accent
        sound, word = syllable.text(), syllable.spelling
        pen.add(begin + beat, length, line.pitch(), velocity, sound, word=word)


def _bar_at(plan: Plan, beat: float) -> int:
    return min(len(plan.chords) - 1, int(beat // plan.meter))


def syllable_beats(count: int, span: float) -> list[tuple[float, float]]:
    """Place syllables in a line's beats: on the widest grid that holds them, with a breath after.

    Parameters
    ----------
    count : int
        Number of syllables, at least 1.
    span : float
        Beats of the line.

    Returns
    -------
    list of (float, float)
        Start and length in beats, ascending, all starts within the span.
    """
    breath = 0.5 if span >= 2 else 0.0  # noqa: PLR2004
    for grid in _GRIDS:
        slots = int((span - breath) / grid)
        # widest grid at the beginning of a wide line would stretch it to slow motion
        if slots >= count and (grid < 1.0 or slots <= 1.5 * count):
            used = min(slots, int(2.0 * count / grid) if grid < 1.0 else slots)
            starts = [grid * (k * min(used, _pace(count, slots)) // count) for k in range(count)]
            break
    else:
        starts = [span * k / count for k in range(count)]
    ends = [
        *starts[1:],
        max(starts[-1] + 0.25, min(span - breath / 2, starts[-1] + _LONGEST_BEATS)),
    ]
    return [(a, max(0.06, 0.96 * (b - a))) for a, b in zip(starts, ends, strict=True)]


def _pace(count: int, slots: int) -> int:
    """Return how many slots to spread over: not all of them when there is far too much room."""
    return max(count, min(slots, 2 * count))
