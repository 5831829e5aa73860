"""Accompaniment: the chord player, the pad beneath and the arpeggio above."""

from __future__ import annotations

from collections.abc import Callable
from typing import TYPE_CHECKING

from musicnb.sandbox.engine._genres import BY_NAME
from musicnb.sandbox.engine._harmony import voiced
from musicnb.sandbox.engine._pen import Pen, Plan

if TYPE_CHECKING:
    from musicnb.sandbox.engine._chance import SplitMix64
    from musicnb.sandbox.engine._form import Passage
    from musicnb.sandbox.engine._score import Note

_OCTAVE = 12
_PERCUSSIVE = frozenset({"scratch", "skank", "stab"})
_SUSTAINED = frozenset({"sustain"})
#: A prompt this sparse keeps pads and arpeggios away.
_BARE = -0.55
_CALM, _LIVELY, _DRIVEN = 0.3, 0.55, 0.8

#: (beat, length in beats, velocity factor)
_Hits = list[tuple[float, float, float]]


def write_chords(plan: Plan) -> list[Note]:
    """Return the chord part."""
    if "chords" in plan.brief.silent:
        return []
    pen = Pen(plan, "chords")
    style = BY_NAME[plan.brief.genre].chords
    for passage in plan.passages:
        section = passage.section
        level = plan.level(passage)
        for offset in range(section.bars):
            bar = section.first_bar + offset
            draws = plan.draws("chords", section.kind, offset % 4)
            velocity = plan.loudness(passage)
            _write_bar(pen, style, draws, bar=bar, level=level, velocity=velocity)
    return pen.notes


def _write_bar(
    pen: Pen, style: str, draws: SplitMix64, *, bar: int, level: float, velocity: float
) -> None:
    plan = pen.plan
    start = float(bar * plan.meter)
    pitches = plan.voicings[bar]
    if style == "power":
        root = 40 + (plan.chords[bar].root - 40) % _OCTAVE
        pitches = (root, root + 7, root + _OCTAVE)
    if plan.is_last(bar):
        pen.strum(start, plan.final_beats, pitches, velocity, 0.03)
        return
    if style == "alberti":
        _alberti(pen, start, pitches, level, velocity)
        return
    if level < _CALM and style not in _SUSTAINED:
        # calm players let chords ring and roll them gently
        pen.strum(start, plan.meter * 0.98, pitches, velocity * 0.85, 0.04)
        return
    hits = _STYLES[style](plan.meter, level, draws, bar)
    spread = {"strum": 0.022, "lazy": 0.03, "bossa": 0.012}.get(style, 0.0)
    for beat, length, factor in hits:
        if beat < plan.meter:
            order = tuple(reversed(pitches)) if style == "strum" and factor < 0.7 else pitches  # noqa: PLR2004
            pen.strum(start + beat, length, order, velocity * factor, spread)


def _sustain(meter: int, level: float, _draws: SplitMix64, _bar: int) -> _Hits:
    if level > _DRIVEN:
        return [(0.0, meter / 2, 1.0), (meter / 2, meter / 2, 0.9)]
    return [(0.0, meter * 1.02, 1.0)]


def _push(meter: int, level: float, draws: SplitMix64, _bar: int) -> _Hits:
    if level > _DRIVEN:
        return [(k / 2, 0.45, 1.0 if k % 2 == 0 else 0.75) for k in range(2 * meter)]
    if level > _LIVELY:
        return [(0.0, 1.4, 1.0), (1.5, 1.4, 0.9), (3.0, 0.9, 0.85)]
    return draws.choice(([(0.0, 1.9, 1.0), (2.0, 1.9, 0.85)], [(0.0, 1.4, 1.0), (1.5, 2.4, 0.85)]))


def _power(meter: int, level: float, _draws: SplitMix64, bar: int) -> _Hits:
    if level > _LIVELY:
        hits: _Hits = [(k / 2, 0.46, 1.0 if k % 2 == 0 else 0.82) for k in range(2 * meter)]
        if bar % 2:
            hits[3] = (1.5, 0.9, 1.0)
        return hits
    return [(0.0, meter * 0.6, 1.0), (meter * 0.625, meter * 0.36, 0.85)]


def _stab(_meter: int, level: float, draws: SplitMix64, bar: int) -> _Hits:
    figures: tuple[tuple[float, ...], ...] = (
        (0.5, 1.5, 2.75),
        (0.0, 0.75, 1.5, 3.25),
        (0.75, 1.5, 2.5, 3.25),
        (0.0, 1.5, 2.5),
    )
    beats = figures[(bar + draws.below(2)) % 4]
    if level > _DRIVEN:
        beats = (*beats, 3.5)
    return [(beat, 0.3, 1.0 if index == 0 else 0.85) for index, beat in enumerate(beats)]


def _lazy(_meter: int, level: float, draws: SplitMix64, _bar: int) -> _Hits:
    second = 2.5 if draws.chance(0.6) else 2.0
    hits: _Hits = [(0.0, 1.6, 1.0), (second, 1.2, 0.8)]
    if level > _LIVELY:
        hits.append((3.5, 0.4, 0.6))
    return hits


def _comp(_meter: int, level: float, draws: SplitMix64, _bar: int) -> _Hits:
    figures: tuple[tuple[float, ...], ...] = (
        (0.0, 2.5),
        (1.5, 3.0),
        (0.0, 1.5, 3.5),
        (0.5, 2.5),
        (0.0, 1.5, 2.5, 3.5),
    )
    beats = draws.choice(figures if level > _LIVELY else figures[:4])
    return [(beat, 0.7 if draws.chance(0.7) else 0.3, draws.uniform(0.75, 1.0)) for beat in beats]


def _strum(meter: int, level: float, draws: SplitMix64, _bar: int) -> _Hits:
    if level < _LIVELY and draws.chance(0.4):
        return [(0.0, 1.0, 1.0), (1.0, 0.9, 0.75), (2.0, 0.9, 0.9), (3.0, 0.9, 0.75)][:meter]
    hits: _Hits = [
        (0.0, 1.0, 1.0),
        (1.0, 0.5, 0.8),
        (1.5, 0.6, 0.6),
        (2.5, 0.5, 0.7),
        (3.0, 0.5, 0.85),
        (3.5, 0.5, 0.6),
    ]
    if level > _DRIVEN:
        hits += [(0.5, 0.5, 0.6), (2.0, 0.5, 0.75)]
    return hits


def _skank(meter: int, level: float, _draws: SplitMix64, _bar: int) -> _Hits:
    hits: _Hits = [(beat + 0.5, 0.18, 1.0) for beat in range(meter)]
    if level > _LIVELY:
        hits.append((meter - 0.25, 0.15, 0.7))
    return hits


def _scratch(_meter: int, level: float, draws: SplitMix64, _bar: int) -> _Hits:
    beats: tuple[float, ...] = (0.5, 0.75, 1.5, 2.25, 2.5, 3.5)
    if level > _DRIVEN:
        beats = (0.0, 0.5, 0.75, 1.25, 1.5, 2.25, 2.5, 3.0, 3.5, 3.75)
    return [(beat, 0.13, draws.uniform(0.7, 1.0)) for beat in beats]


def _bossa(_meter: int, _level: float, _draws: SplitMix64, bar: int) -> _Hits:
    beats = (0.0, 0.75, 1.5, 2.5, 3.25) if bar % 2 else (0.0, 1.0, 1.5, 2.5, 3.0)
    return [(beat, 0.55, 1.0 if beat == 0 else 0.85) for beat in beats]


def _ostinato(meter: int, level: float, _draws: SplitMix64, _bar: int) -> _Hits:
    if level < _LIVELY:
        return [(0.0, meter * 1.02, 1.0)]
    # spiccato eighths drive film music; the accents fall three, three and two
    accents = {0, 3, 6}
    return [(k / 2, 0.36, 1.0 if k in accents else 0.62) for k in range(2 * meter)]


_STYLES: dict[str, Callable[[int, float, SplitMix64, int], _Hits]] = {
    "sustain": _sustain,
    "push": _push,
    "power": _power,
    "stab": _stab,
    "lazy": _lazy,
    "comp": _comp,
    "strum": _strum,
    "skank": _skank,
    "scratch": _scratch,
    "bossa": _bossa,
    "ostinato": _ostinato,
}


def _alberti(
    pen: Pen, start: float, pitches: tuple[int, ...], level: float, velocity: float
) -> None:
    """Write broken chords: low, high, middle, high."""
    low, middle, high = pitches[0], pitches[1 % len(pitches)], pitches[-1]
    step = 0.5 if level > _CALM else 1.0
    figure = (low, high, middle, high)
    pen.add(start, pen.plan.meter * 0.95, low - _OCTAVE, velocity * 0.95)
    for k in range(round(pen.plan.meter / step)):
        hard = velocity * (0.8 if k % 4 == 0 else 0.62)
        pen.add(start + k * step, step * 1.6, figure[k % 4], hard)


def write_pad(plan: Plan) -> list[Note]:
    """Return the held chords beneath; thicker where the section is."""
    if "pad" in plan.brief.silent:
        return []
    pen = Pen(plan, "pad", tight=0.3)
    style = BY_NAME[plan.brief.genre].chords
    before: list[int] | None = None
    low = 53 + round(6 * plan.brief.brightness)
    for passage in plan.passages:
        section = passage.section
        if not _pad_plays(plan, passage, style):
            continue
        velocity = plan.loudness(passage) * (0.75 if section.kind == "verse" else 0.95)
        for bar in range(section.first_bar, section.first_bar + section.bars):
            before = voiced(plan.chords[bar].tones[:3], before, low, low + 24)
            length = plan.final_beats if plan.is_last(bar) else plan.meter * 1.04
            pen.chord(float(bar * plan.meter), length, tuple(before), velocity)
    return pen.notes


def _pad_plays(plan: Plan, passage: Passage, style: str) -> bool:
    kind = passage.section.kind
    if plan.brief.density < _BARE:
        return False
    if kind in {"intro", "chorus", "bridge", "solo", "loop", "outro", "break"}:
        return True
    if kind == "pre":
        return style in _PERCUSSIVE or plan.character.density > 0
    return style in _PERCUSSIVE and plan.character.density > 0


def write_arp(plan: Plan) -> list[Note]:
    """Return the broken chords above."""
    if "arp" in plan.brief.silent:
        return []
    pen = Pen(plan, "arp", tight=0.5)
    for passage in plan.passages:
        section = passage.section
        if not _arp_plays(plan, passage):
            continue
        level = plan.level(passage)
        draws = plan.draws("arp", section.kind)
        step = 0.25 if level > _LIVELY and plan.tempo_bpm < 132 else 0.5  # noqa: PLR2004
        if level < _CALM:
            step = 1.0
        shape = [draws.below(6) for _ in range(8)]
        sparse = section.kind in {"verse", "intro", "break"}
        for bar in range(section.first_bar, section.first_bar + section.bars):
            if plan.is_last(bar):
                continue
            rungs = _rungs(plan.voicings[bar], plan.brief.brightness)
            for k in range(round(plan.meter / step)):
                if sparse and shape[k % 8] == 0:
                    continue
                accent = 1.0 if k % 4 == 0 else 0.78
                pitch = rungs[shape[k % 8] % len(rungs)]
                velocity = plan.loudness(passage) * 0.82 * accent
                pen.add(bar * plan.meter + k * step, step * 0.95, pitch, velocity)
    return pen.notes


def _rungs(pitches: tuple[int, ...], brightness: float) -> list[int]:
    """Return the chord over two octaves, an octave higher for bright music."""
    lift = _OCTAVE if brightness > 0.35 else 0  # noqa: PLR2004
    upper = [pitch + _OCTAVE for pitch in pitches]
    return [pitch + lift for pitch in (*pitches, *upper)][:6]


def _arp_plays(plan: Plan, passage: Passage) -> bool:
    kind = passage.section.kind
    if plan.brief.density < _BARE:
        return False
    if plan.brief.density > -_BARE:
        return True
    drive = plan.brief.energy + plan.character.density + 0.6 * plan.brief.density
    calm_figure = BY_NAME[plan.brief.genre].chords in {"sustain", "ostinato"}
    if kind in {"chorus", "solo", "loop"}:
        return drive > 0.4 or calm_figure  # noqa: PLR2004
    if kind in {"intro", "break", "pre"}:
        return plan.character.density > 0 or calm_figure
    # the second verse may have what the first had not
    return kind == "verse" and passage.section.first_bar > 0 and drive > 0.7  # noqa: PLR2004
