"""The bass player: one pattern a genre, with approach notes and octave leaps."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from typing import TYPE_CHECKING

from musicnb.sandbox.engine._genres import BY_NAME
from musicnb.sandbox.engine._pen import Pen, Plan

if TYPE_CHECKING:
    from musicnb.sandbox.engine._chance import SplitMix64
    from musicnb.sandbox.engine._harmony import Chord
    from musicnb.sandbox.engine._score import Note

_LOWEST = 28  # E1, the open string of a bass
_HIGHEST_ROOT = 39
_OCTAVE = 12
_CALM = 0.3


@dataclass(frozen=True, slots=True)
class _Bar:
    """One bar as the bass player sees it."""

    start: float
    meter: int
    root: int
    third: int
    seventh: int
    fifth: int
    following: int
    velocity: float
    level: float
    draws: SplitMix64


#: (beat, length in beats, semitones above the root or -1 for the fifth, velocity factor)
_Step = tuple[float, float, int, float]


def write_bass(plan: Plan) -> list[Note]:
    """Return the bass part; empty when it is silent."""
    if "bass" in plan.brief.silent:
        return []
    pen = Pen(plan, "bass", tight=0.6)
    style = BY_NAME[plan.brief.genre].bass
    for passage in plan.passages:
        section = passage.section
        level = plan.level(passage)
        late = section.kind in {"intro", "break"} and style != "pedal" and section.bars > 2  # noqa: PLR2004
        for offset in range(section.bars // 2 if late else 0, section.bars):
            bar = section.first_bar + offset
            seen = _see(plan, bar, plan.loudness(passage), level)
            if plan.is_last(bar):
                steps: list[_Step] = [(0.0, plan.final_beats, seen.root, 1.0)]
            elif level < _CALM and style not in {"walking", "bossa", "dub", "long808"}:
                steps = _pedal(seen)
            else:
                steps = _STYLES[style](seen)
            for beat, length, pitch, factor in steps:
                if beat < plan.meter:
                    pen.add(seen.start + beat, length, pitch, seen.velocity * factor)
    return pen.notes


def _see(plan: Plan, bar: int, velocity: float, level: float) -> _Bar:
    chord = plan.chords[bar]
    root = _low(chord.root)
    following = _low(plan.chords[(bar + 1) % len(plan.chords)].root)
    fifth = root + (chord.tones[2] - chord.root) % _OCTAVE
    return _Bar(
        start=bar * plan.meter,
        meter=plan.meter,
        root=root,
        third=root + (chord.tones[1] - chord.root) % _OCTAVE,
        fifth=fifth if fifth <= _HIGHEST_ROOT + 4 else fifth - _OCTAVE,
        seventh=root + _seventh(chord),
        following=following,
        velocity=velocity,
        level=level,
        draws=plan.draws("bass", bar % 8, plan.chords[bar].symbol),
    )


def _seventh(chord: Chord) -> int:
    return (chord.tones[3] - chord.root) % _OCTAVE if len(chord.tones) > 3 else 10  # noqa: PLR2004


def _low(pitch_class: int) -> int:
    return _LOWEST + (pitch_class - _LOWEST) % _OCTAVE


def _approach(bar: _Bar) -> int:
    """Return the note a semitone or a tone beside the next root."""
    return bar.following + bar.draws.choice((-2, -1, 1, 2))


def _eighths(bar: _Bar) -> list[_Step]:
    steps: list[_Step] = [
        (k / 2, 0.46, bar.root, 1.0 if k % 2 == 0 else 0.84) for k in range(2 * bar.meter)
    ]
    if bar.draws.chance(0.5):
        steps[-1] = (bar.meter - 0.5, 0.44, _approach(bar), 0.85)
    elif bar.draws.chance(0.4):
        steps[-2] = (bar.meter - 1.0, 0.44, bar.fifth, 0.9)
    return steps


def _gallop(bar: _Bar) -> list[_Step]:
    steps: list[_Step] = []
    for beat in range(bar.meter):
        steps += [
            (beat, 0.4, bar.root, 1.0),
            (beat + 0.5, 0.2, bar.root, 0.85),
            (beat + 0.75, 0.2, bar.root, 0.9),
        ]
    return steps


def _offbeat(bar: _Bar) -> list[_Step]:
    steps: list[_Step] = [(0.0, 0.3, bar.root, 0.8)]
    for beat in range(bar.meter):
        lift = _OCTAVE if bar.draws.chance(0.22) else 0
        steps.append((beat + 0.5, 0.42, bar.root + lift, 1.0))
    if bar.level > 0.6 and bar.draws.chance(0.5):  # noqa: PLR2004
        steps.append((bar.meter - 0.25, 0.22, bar.fifth, 0.8))
    return steps


def _sixteenths(bar: _Bar) -> list[_Step]:
    steps: list[_Step] = []
    for k in range(4 * bar.meter):
        if k % 4 == 0 or (bar.level < 0.55 and k % 2):  # noqa: PLR2004
            continue
        lift = _OCTAVE if k % 4 == 3 and bar.draws.chance(0.4) else 0  # noqa: PLR2004
        steps.append((k / 4, 0.22, bar.root + lift, 0.88 if k % 2 else 1.0))
    return steps


def _octaves(bar: _Bar) -> list[_Step]:
    return [
        (k / 2, 0.4, bar.root + (_OCTAVE if k % 2 else 0), 1.0 if k % 2 == 0 else 0.85)
        for k in range(2 * bar.meter)
    ]


def _rootfive(bar: _Bar) -> list[_Step]:
    half = bar.meter / 2 if bar.meter % 2 == 0 else 2.0
    steps: list[_Step] = [(0.0, half * 0.95, bar.root, 1.0), (half, 1.6, bar.fifth, 0.86)]
    if bar.draws.chance(0.4):
        steps.append((bar.meter - 0.5, 0.42, _approach(bar), 0.7))
    return steps


def _syncopated(bar: _Bar) -> list[_Step]:
    steps: list[_Step] = [(0.0, 1.3, bar.root, 1.0), (1.75, 0.7, bar.root, 0.85)]
    steps.append((2.5, 0.9, bar.root, 0.9))
    if bar.draws.chance(0.5):
        steps.append((3.5, 0.4, _approach(bar), 0.75))
    elif bar.draws.chance(0.5):
        steps.append((3.25, 0.5, bar.fifth, 0.8))
    return steps


def _long808(bar: _Bar) -> list[_Step]:
    lift = _OCTAVE if bar.draws.chance(0.2) else 0
    steps: list[_Step] = [(0.0, 1.4, bar.root, 1.0), (1.5, 0.9, bar.root, 0.9)]
    steps.append((2.5, 1.4, bar.root + lift, 0.95))
    if bar.draws.chance(0.3):
        steps.append((3.75, 0.25, _approach(bar), 0.8))
    return steps


def _walking(bar: _Bar) -> list[_Step]:
    middle = [bar.draws.choice((bar.third, bar.fifth, bar.seventh, bar.root + _OCTAVE))]
    middle += [bar.draws.choice((bar.third, bar.fifth)) for _ in range(bar.meter - 3)]
    line = [bar.root, *middle, _approach(bar)]
    return [(beat, 0.9, pitch, 0.92 if beat % 2 else 1.0) for beat, pitch in enumerate(line)]


def _pedal(bar: _Bar) -> list[_Step]:
    return [(0.0, bar.meter * 1.0, bar.root, 0.95)]


def _dub(bar: _Bar) -> list[_Step]:
    return [
        (0.0, 0.9, bar.root, 1.0),
        (1.5, 0.4, bar.fifth, 0.85),
        (2.0, 0.9, bar.root, 0.95),
        (3.0, 0.45, bar.third, 0.85),
        (3.5, 0.4, bar.root if bar.draws.chance(0.5) else bar.fifth, 0.8),
    ]


def _slap(bar: _Bar) -> list[_Step]:
    steps: list[_Step] = [
        (0.0, 0.4, bar.root, 1.0),
        (0.75, 0.2, bar.root, 0.75),
        (1.5, 0.2, bar.root + _OCTAVE, 0.95),
        (2.0, 0.3, bar.root, 0.9),
        (2.75, 0.2, bar.seventh, 0.85),
    ]
    if bar.draws.chance(0.7):
        steps += [(3.25, 0.2, bar.root + _OCTAVE, 0.95), (3.5, 0.3, bar.fifth, 0.8)]
    else:
        steps.append((3.5, 0.3, _approach(bar), 0.85))
    return steps


def _reese(bar: _Bar) -> list[_Step]:
    if bar.level > 0.7 and bar.draws.chance(0.5):  # noqa: PLR2004
        return [(0.0, 2.4, bar.root, 1.0), (2.5, 1.4, bar.fifth, 0.9)]
    return [(0.0, bar.meter * 0.98, bar.root, 1.0)]


def _bossa(bar: _Bar) -> list[_Step]:
    return [
        (0.0, 1.4, bar.root, 1.0),
        (1.5, 0.45, bar.fifth, 0.8),
        (2.0, 1.4, bar.fifth, 0.95),
        (3.5, 0.45, bar.root, 0.8),
    ]


_STYLES: dict[str, Callable[[_Bar], list[_Step]]] = {
    "eighths": _eighths,
    "gallop": _gallop,
    "offbeat": _offbeat,
    "sixteenths": _sixteenths,
    "octaves": _octaves,
    "rootfive": _rootfive,
    "syncopated": _syncopated,
    "long808": _long808,
    "walking": _walking,
    "pedal": _pedal,
    "dub": _dub,
    "slap": _slap,
    "reese": _reese,
    "bossa": _bossa,
}
