"""The form: which sections, how many bars each, and how hard each one plays."""

from __future__ import annotations

import math
from dataclasses import dataclass, replace
from typing import TYPE_CHECKING

from musicnb.lyrics import Stanza, read_stanzas
from musicnb.sandbox.engine._reading import LENGTH_RANGE_S
from musicnb.sandbox.engine._score import TAIL_S, Section

if TYPE_CHECKING:
    from musicnb.lyrics import Syllable
    from musicnb.sandbox.engine._brief import Brief

INTENSITY: dict[str, float] = {
    "intro": 0.35,
    "verse": 0.58,
    "pre": 0.74,
    "chorus": 1.0,
    "bridge": 0.5,
    "solo": 0.92,
    "break": 0.4,
    "outro": 0.42,
    "loop": 0.95,
}
_DEFAULT_LENGTH_S = 60.0
_LONGEST_BY_LYRICS_S = 240.0
# Pop singing runs at about three to four syllables a second; faster ones lose their vowels.
_SYLLABLES_PER_S = 3.3
#: Most syllables of a bar of four beats; beyond it consonants are all that is left.
MAX_SYLLABLES_PER_BEAT = 4
#: Weight of a section when bars are shared out.
_WEIGHTS = {"intro": 0.5, "outro": 0.5, "pre": 0.5, "bridge": 0.75, "solo": 0.75, "break": 0.5}
# From how many bars a ready-made form is worth having.
_PLANS: tuple[tuple[int, tuple[str, ...]], ...] = (
    (
        128,
        (
            *("intro", "verse", "pre", "chorus", "break", "verse", "pre", "chorus"),
            *("solo", "bridge", "verse", "pre", "chorus", "break", "bridge", "solo"),
            *("verse", "chorus", "chorus", "outro"),
        ),
    ),
    (
        72,
        (
            *("intro", "verse", "pre", "chorus", "verse", "pre", "chorus"),
            *("break", "bridge", "solo", "chorus", "outro"),
        ),
    ),
    (44, ("intro", "verse", "pre", "chorus", "verse", "chorus", "bridge", "chorus", "outro")),
    (30, ("intro", "verse", "chorus", "verse", "bridge", "chorus", "outro")),
    (20, ("intro", "verse", "chorus", "verse", "chorus", "outro")),
    (12, ("intro", "verse", "chorus", "outro")),
    (6, ("verse", "chorus", "outro")),
    (0, ("verse", "chorus")),
)


@dataclass(frozen=True, slots=True)
class Passage:
    """A section with the lines sung in it."""

    section: Section
    lines: tuple[tuple[Syllable, ...], ...]


@dataclass(frozen=True, slots=True)
class Form:
    """The whole form.

    Attributes
    ----------
    passages : tuple of Passage
        In order, without gaps.
    tempo_bpm : float
        The brief's tempo, nudged by up to 3 % to meet a stated length when no tempo was stated.
    warnings : tuple of str
        What did not fit.
    """

    passages: tuple[Passage, ...]
    tempo_bpm: float
    warnings: tuple[str, ...]


def plan_form(brief: Brief) -> Form:
    """Return the form of a brief: bars are given to the lyrics first, then to everything else."""
    stanzas = _named(read_stanzas(brief.lyrics)) if brief.vocal else _tags_only(brief.lyrics)
    bar_s = brief.meter * 60.0 / brief.tempo_bpm
    needed = sum(_bars_for(stanza, brief) for stanza in stanzas)
    tempo, bars = _bars_and_tempo(brief, bar_s, needed)
    if brief.loop:
        bars = bars if brief.bars is not None else _loop_bars(bars)
        lines = tuple(line for stanza in stanzas for line in stanza.lines)
        shape = [Stanza("loop", lines)]
    elif stanzas:
        shape = _framed(list(stanzas), bars, needed)
    else:
        shape = [Stanza(kind, ()) for kind in _plan_for(bars)]
    counts = _shared_out(shape, bars, brief)
    passages, warnings = _passages(shape, counts, bars, brief.meter)
    return Form(passages, tempo, warnings)


def _tags_only(lyrics: str) -> tuple[Stanza, ...]:
    """Return the tagged sections of an instrumental, without their words."""
    return tuple(Stanza(s.kind, ()) for s in read_stanzas(lyrics) if s.kind)[:24]


def _named(stanzas: tuple[Stanza, ...]) -> tuple[Stanza, ...]:
    """Give untagged stanzas their roles: what returns is the chorus, otherwise every second."""
    bodies = [stanza.lines for stanza in stanzas]
    named = []
    for index, stanza in enumerate(stanzas):
        if stanza.kind:
            named.append(stanza)
            continue
        returns = bodies.count(stanza.lines) > 1
        named.append(replace(stanza, kind="chorus" if returns or index % 2 else "verse"))
    return tuple(named)


def _bars_for(stanza: Stanza, brief: Brief) -> int:
    """Return how many bars a stanza wants at a comfortable pace; 0 without words."""
    if not stanza.lines:
        return 0
    bar_s = brief.meter * 60.0 / brief.tempo_bpm
    comfortable = max(brief.meter, min(4.0 * brief.meter, _SYLLABLES_PER_S * bar_s))
    bars = sum(_line_bars(len(line), comfortable) for line in stanza.lines)
    return max(2, 2 * math.ceil(bars / 2))


def _line_bars(syllables: int, comfortable: float) -> float:
    """Return half bars as steps: short lines share a bar, long ones take several."""
    return max(1.0, math.ceil(2 * syllables / comfortable) / 2)


def _bars_and_tempo(brief: Brief, bar_s: float, needed: int) -> tuple[float, int]:
    tail = 0.0 if brief.loop else TAIL_S
    if brief.bars is not None:
        return brief.tempo_bpm, min(brief.bars, int((LENGTH_RANGE_S[1] - tail) / bar_s))
    if brief.length_s is None:
        wanted = max(_DEFAULT_LENGTH_S, needed * bar_s * 1.12 + 2 * bar_s)
        bars = round((min(_LONGEST_BY_LYRICS_S, wanted) - tail) / bar_s)
        bars = 4 * max(1, round(bars / 4)) if not needed else bars
        while bars * bar_s + tail > _LONGEST_BY_LYRICS_S:
            bars -= 1
        return brief.tempo_bpm, max(2, bars)
    sounding = brief.length_s - tail
    bars = max(2, round(sounding / bar_s))
    if brief.loop:
        return brief.tempo_bpm, bars
    exact = bars * brief.meter * 60.0 / sounding
    free = brief.origin("tempo_bpm") in {"seed", "mood", "genre"}
    near = abs(exact / brief.tempo_bpm - 1.0) <= 0.06  # noqa: PLR2004
    return (round(exact, 3), bars) if free and near else (brief.tempo_bpm, bars)


def _loop_bars(bars: int) -> int:
    """Return the nearest even number of bars: a loop of odd length limps."""
    return max(2, 2 * round(bars / 2))


def _plan_for(bars: int) -> tuple[str, ...]:
    return next(kinds for least, kinds in _PLANS if bars >= least)


def _framed(stanzas: list[Stanza], bars: int, needed: int) -> list[Stanza]:
    """Put played sections around the sung ones when there is room to spare."""
    kinds = [stanza.kind for stanza in stanzas]
    spare = bars - max(needed, 2 * len(stanzas))
    if "intro" not in kinds and spare >= 2:  # noqa: PLR2004
        stanzas.insert(0, Stanza("intro", ()))
        spare -= 4
    if "outro" not in kinds and spare >= 2:  # noqa: PLR2004
        stanzas.append(Stanza("outro", ()))
        spare -= 4
    if spare >= 4 and "solo" not in kinds:  # noqa: PLR2004
        sung = [i for i, s in enumerate(stanzas) if s.kind not in {"intro", "outro"}]
        # before the last sung section, or after the only one
        place = sung[-1] if len(sung) > 1 else sung[0] + 1 if sung else 1
        stanzas.insert(place, Stanza("solo", ()))
    return stanzas


def _shared_out(shape: list[Stanza], bars: int, brief: Brief) -> list[int]:
    """Share the bars out: words first, what is left by weight, in fours and pairs."""
    wants = [_bars_for(stanza, brief) for stanza in shape]
    counts = [max(1, want) for want in wants]
    if sum(counts) > bars:
        return _shrunk(counts, [max(1, stanza.syllables) for stanza in shape], bars)
    weights = [_WEIGHTS.get(stanza.kind, 1.0) for stanza in shape]
    wordless = [i for i, want in enumerate(wants) if not want]
    unit = (bars - sum(wants)) / max(0.5, sum(weights[i] for i in wordless))
    for i in wordless:
        counts[i] = _phrase_bars(unit * weights[i], brief.phrase_bars)
    # phrases stay whole when the sections at the edges take up what is left over
    edges = [i for i in wordless if shape[i].kind in {"intro", "outro", "break"}]
    inner = [i for i in wordless if i not in edges] or list(range(len(shape)))
    least = [max(1, want) for want in wants]
    return _settled(counts, least, (edges, inner), bars, max(2, brief.phrase_bars // 2))


def _phrase_bars(wanted: float, phrase: int) -> int:
    """Return the nearest whole number of phrases; sections too short for one keep their length."""
    if wanted < 0.75 * phrase:
        return max(1, round(wanted))
    return phrase * max(1, round(wanted / phrase))


def _shrunk(counts: list[int], loads: list[int], bars: int) -> list[int]:
    """Take bars away where the words are thinnest, down to one bar a section."""
    counts = list(counts)
    while sum(counts) > bars and max(counts) > 1:
        wide = [i for i, count in enumerate(counts) if count > 1]
        counts[min(wide, key=lambda i: (loads[i] / (counts[i] - 1), i))] -= 1
    return counts


def _settled(
    counts: list[int], least: list[int], groups: tuple[list[int], list[int]], bars: int, step: int
) -> list[int]:
    """Add or take bars until the sum is right: at the edges, and inside by half phrases."""
    counts = list(counts)
    edges, inner = groups
    while sum(counts) > bars:
        spare = [i for i in edges if counts[i] > max(2, least[i])]
        spare = spare or [i for i, count in enumerate(counts) if count > least[i]]
        if not spare:
            break
        longest = max(spare, key=lambda i: (counts[i] - least[i], i))
        room = counts[longest] - least[longest]
        # half a phrase may be more than is left over; the edges take up the difference
        counts[longest] -= min(step if longest in inner and edges else 1, room)
    while sum(counts) < bars:
        short = [i for i in edges if counts[i] < 4]  # noqa: PLR2004
        place = min(short or inner, key=lambda i: (counts[i], i))
        counts[place] += 1 if place in edges else min(2, bars - sum(counts))
    return counts


def _passages(
    shape: list[Stanza], counts: list[int], total: int, meter: int
) -> tuple[tuple[Passage, ...], tuple[str, ...]]:
    passages = []
    seen: dict[str, int] = {}
    left_out = 0
    first = 0
    for stanza, bars in zip(shape, counts, strict=True):
        held = min(bars, total - first)
        if held <= 0:
            left_out += stanza.syllables
            continue
        lines, lost = _fitting(stanza.lines, held * meter * MAX_SYLLABLES_PER_BEAT)
        left_out += lost
        repeat = min(2, seen.get(stanza.kind, 0))
        seen[stanza.kind] = repeat + 1
        intensity = min(1.0, INTENSITY[stanza.kind] + 0.06 * repeat)
        passages.append(Passage(Section(stanza.kind, first, held, intensity), lines))
        first += held
    text = f"The lyrics do not fit: the last {left_out} syllables of their sections are left out."
    return tuple(passages), (text,) if left_out else ()


def _fitting(
    lines: tuple[tuple[Syllable, ...], ...], most: int
) -> tuple[tuple[tuple[Syllable, ...], ...], int]:
    """Return the lines that fit and the number of syllables that do not."""
    kept: list[tuple[Syllable, ...]] = []
    room = most
    lost = 0
    for line in lines:
        if room >= len(line):
            kept.append(line)
        else:
            if room > 0:
                kept.append(line[:room])
            lost += len(line) - max(0, room)
        room = max(0, room - len(line))
    return tuple(kept), lost
