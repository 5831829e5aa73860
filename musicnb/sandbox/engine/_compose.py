"""The composer: form, then harmony, then every part."""

from __future__ import annotations

from typing import TYPE_CHECKING

from musicnb.sandbox.engine._chance import stream
from musicnb.sandbox.engine._drops import with_drops
from musicnb.sandbox.engine._form import Form, Passage, plan_form
from musicnb.sandbox.engine._genres import BY_NAME
from musicnb.sandbox.engine._harmony import (
    Chord,
    bent,
    bridges,
    chord,
    dominant,
    progressions,
    voiced,
)
from musicnb.sandbox.engine._moods import Character, character_of
from musicnb.sandbox.engine._parts_bass import write_bass
from musicnb.sandbox.engine._parts_chords import write_arp, write_chords, write_pad
from musicnb.sandbox.engine._parts_drums import write_drums
from musicnb.sandbox.engine._parts_melody import write_lead
from musicnb.sandbox.engine._parts_vocal import write_backing, write_vocal
from musicnb.sandbox.engine._pen import Plan
from musicnb.sandbox.engine._score import TONIC_NAMES, Mix, Score, Section

if TYPE_CHECKING:
    from musicnb.sandbox.engine._brief import Brief

_FAST_BPM = 150.0
_SWUNG = 0.8
#: Which sections share a progression.
_SHARED = {
    "intro": "verse",
    "outro": "chorus",
    "solo": "chorus",
    "loop": "chorus",
    "pre": "pre",
    "break": "bridge",
}


def compose(brief: Brief) -> Score:
    """Return the finished composition of a brief.

    Parameters
    ----------
    brief : Brief
        From :func:`read_brief`.

    Returns
    -------
    Score
        Made of integers and short floats only: the same brief gives the same digest everywhere.
    """
    form = plan_form(brief)
    character = character_of(brief.model)
    plan = _harmonised(brief, form, character)
    vocal = write_vocal(plan)
    notes = [
        *write_drums(plan),
        *write_bass(plan),
        *write_chords(plan),
        *write_pad(plan),
        *write_arp(plan),
        *write_lead(plan),
        *vocal,
        *write_backing(plan, vocal),
    ]
    notes = with_drops(notes, plan)
    notes.sort(key=lambda n: (n.tick, n.part, n.pitch, n.sound, n.length, n.velocity))
    return Score(
        notes=tuple(notes),
        sections=tuple(passage.section for passage in form.passages),
        chords=tuple(c.symbol for c in plan.chords),
        tempo_bpm=form.tempo_bpm,
        meter=brief.meter,
        tonic=TONIC_NAMES[brief.tonic],
        mode=brief.mode,
        patches=brief.patches,
        genre=brief.genre,
        lyrics=brief.lyrics if brief.vocal else "",
        loop=brief.loop,
        mix=_mix(brief, character),
        warnings=(*brief.warnings, *form.warnings),
    )


def _mix(brief: Brief, character: Character) -> Mix:
    genre = BY_NAME[brief.genre]
    return Mix(
        kit=genre.kit,
        brightness=round(brief.brightness, 4),
        energy=round(brief.energy, 4),
        space_s=genre.space_s,
        wetness=character.wetness,
        width=character.width,
        tilt_db=character.tilt_db,
        pump=genre.pump and "drums" not in brief.silent,
        voice=brief.voice,
    )


def _harmonised(brief: Brief, form: Form, character: Character) -> Plan:
    plans = _section_progressions(brief)
    # among sevenths at every turn, the tonic without one is what tells where home is
    plain = BY_NAME[brief.genre].swing >= _SWUNG and brief.mode in {"major", "minor"}
    stretch = 2 if form.tempo_bpm >= _FAST_BPM else 1
    chords: list[Chord] = []
    for index, passage in enumerate(form.passages):
        after = form.passages[index + 1] if index + 1 < len(form.passages) else None
        degrees = _degrees(passage.section, plans, after, stretch)
        if after is None and not brief.loop:
            degrees[-1] = "1"
            if len(degrees) > 2:  # noqa: PLR2004
                degrees[-2] = dominant(brief.mode)
        chords += [
            chord(d, brief.tonic, brief.mode, sevenths=brief.sevenths and not (plain and d == "1"))
            for d in degrees
        ]
    return Plan(
        brief=brief,
        character=character,
        passages=form.passages,
        chords=tuple(chords),
        voicings=_led(chords, brief),
        tempo_bpm=form.tempo_bpm,
    )


def _section_progressions(brief: Brief) -> dict[str, list[str]]:
    """Return the progression of each kind of section; takes deal from one shuffled deck."""
    bank = BY_NAME[brief.genre].harmony
    shared = brief.label.rsplit("/", 1)[0]
    deck = stream(shared, "progressions").shuffled(progressions(brief.mode, bank))
    away = stream(shared, "bridges").shuffled(bridges(brief.mode))
    first = 2 * brief.take
    blues = bank == "blues"
    picked = {
        "verse": deck[first % len(deck)],
        "chorus": deck[(first + (0 if blues else 1)) % len(deck)],
        "bridge": away[brief.take % len(away)],
        "pre": away[(brief.take + 1) % len(away)],
    }
    draws = stream(brief.label, "borrowed")
    return {
        kind: bent(text.split(), brief.mode, draws, brief.weirdness)
        for kind, text in picked.items()
    }


def _degrees(
    section: Section, plans: dict[str, list[str]], after: Passage | None, stretch: int
) -> list[str]:
    plan = [d for d in plans[_SHARED.get(section.kind, section.kind)] for _ in range(stretch)]
    degrees = [plan[bar % len(plan)] for bar in range(section.bars)]
    if section.kind == "loop":
        # a last round that is cut short keeps its beginning and its way back home
        close = section.bars % len(plan) // 2
        degrees[len(degrees) - close :] = plan[len(plan) - close :]
    leads = after is not None and after.section.kind == "chorus" and section.bars >= 4  # noqa: PLR2004
    if leads and degrees[-1] == "1":
        # a tonic right before the chorus would take its entrance away
        degrees[-1] = "4"
    return degrees


def _led(chords: list[Chord], brief: Brief) -> tuple[tuple[int, ...], ...]:
    low = 48 + round(8 * brief.brightness)
    before: list[int] | None = None
    out = []
    for one in chords:
        before = voiced(one.tones, before, low, low + 22)
        out.append(tuple(before))
    return tuple(out)
