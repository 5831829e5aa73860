"""Casting: which sound plays which part, and which parts stay silent."""

from __future__ import annotations

import re
from typing import TYPE_CHECKING

from musicnb.sandbox.engine._instruments import (
    FAMILIES,
    INSTRUMENTS,
    ROLE_WORDS,
    SUBSTITUTES,
    UNUSUAL,
)
from musicnb.sandbox.engine._reading import mentions

if TYPE_CHECKING:
    from musicnb.sandbox.engine._genre import Genre
    from musicnb.sandbox.engine._order_reader import OrderReader

#: Parts that have a choice of sounds.
ROLES = ("bass", "chords", "pad", "lead", "arp")
#: Up to here weirdness leaves the band as the genre has it.
_UNUSUAL_ABOVE = 0.4


def cast_patches(
    reader: OrderReader, genre: Genre, colour: Genre | None
) -> tuple[tuple[str, str], ...]:
    """Return part and patch: the genre's habits, then what the prompt names, minus refusals."""
    chosen: dict[str, str] = {}
    weirdness = reader.option("weirdness", reader.order.weirdness_constraint, 0.3)
    strict = reader.option("style_weight", reader.order.style_weight, 0.5)
    for role in ROLES:
        source = colour if colour is not None and role in {"chords", "lead", "pad"} else genre
        habits = source.patches.of(role)
        # the more the style counts, the less often a take leaves the first habit
        leave = reader.take % 2 == 1 or reader.own(f"patch {role}").chance(0.5 - 0.5 * strict)
        chosen[role] = habits[1] if leave and len(habits) > 1 else habits[0]
        reader.origins[role] = "genre"
        if reader.own(f"unusual {role}").chance(1.2 * (weirdness - _UNUSUAL_ABOVE)):
            chosen[role] = reader.own(f"which {role}").choice(UNUSUAL[role])
            reader.origins[role] = "option"
    named = _named_instruments(reader)
    for role, patch in named.items():
        chosen[role] = patch
        reader.origins[role] = "prompt"
    banned = _banned(reader)
    for role, patch in chosen.items():
        if patch in banned:
            stand_ins = [p for p in SUBSTITUTES[role] if p not in banned]
            chosen[role] = stand_ins[0] if stand_ins else patch
            reader.origins[role] = "option"
    return tuple(sorted(chosen.items()))


def _named_instruments(reader: OrderReader) -> dict[str, str]:
    """Return part and patch of the instruments the prompt names, longest names first."""
    words = [(word, instrument) for instrument in INSTRUMENTS for word in instrument.words]
    words.sort(key=lambda pair: (-len(pair[0]), pair[0]))
    covered: list[tuple[int, int]] = []
    named: dict[str, str] = {}
    for word, instrument in words:
        place = mentions(reader.prompt, word)
        if place is None:
            continue
        if any(place.start() < end and start < place.end() for start, end in covered):
            continue
        covered.append(place.span())
        free = [role for role in instrument.roles if role not in named]
        if free and not reader.refuses(word):
            named[free[0]] = instrument.patch
    return named


def _banned(reader: OrderReader) -> set[str]:
    banned: set[str] = set()
    for instrument in INSTRUMENTS:
        if any(reader.refuses(word) for word in instrument.words):
            banned.add(instrument.patch)
    for word, family in FAMILIES.items():
        if reader.refuses(word):
            banned.update(family)
    return banned


def silent_parts(reader: OrderReader) -> set[str]:
    """Return the parts that do not play: refused, or not part of a solo."""
    silent = {role for word, role in ROLE_WORDS.items() if reader.refuses(word)}
    solo = re.search(
        r"(?<!\w)(?:solo|only|just)\s+(piano|guitar|harp|strings|organ)", reader.prompt
    )
    alone = re.search(r"(?<!\w)(piano|guitar|harp|strings|organ)\s+(?:solo|only)", reader.prompt)
    if solo or alone:
        silent |= {"drums", "bass"}
    banned = _banned(reader)
    for role in ROLES:
        if all(p in banned for p in SUBSTITUTES[role]):
            silent.add(role)
    return silent
