"""Words of an order that the engine did not understand, so that nobody waits for them to act."""

from __future__ import annotations

import re

from musicnb.sandbox.engine._genres import GENRE_WORDS
from musicnb.sandbox.engine._instruments import FAMILIES, INSTRUMENTS, ROLE_WORDS
from musicnb.sandbox.engine._moods import DENSITIES, MOODS
from musicnb.sandbox.engine._reading import SPOKEN_DECISIONS, mentions, normalised

#: Words that carry no wish of their own: articles, and names for music in general.
_FILLING = """
    a about after all also an and any around as at atmosphere backing be beat beats bit but by
    clip composition cut edit feel feeling feels few for form free from groove has have i in into
    is it its kind less like line little made make me mood more music my no not of on only or our
    over part pattern piece play played please really rhythm riff riffs section sections slightly
    solo some something song songs sort sound sounding sounds style styled take that the theme this
    to track tune tunes under up very vibe vibes want we with without you your
"""
#: Words whose meaning is read with others around them.
_KNOWN = """
    bpm dominant fast faster female flat half instrumental instruments key length long loop
    loopable looping major male man minor minute minutes quick scale seamless seamlessly second
    seconds sharp sing singer singing slow slower straight sung swing swung tempo time uptempo
    vocal vocalist vocals voice voices woman words lyrics short acapella cappella lyric rhyme
"""
_MOST_NAMED, _LONGEST_WORD = 8, 30


def not_understood(prompt: str, negative_tags: str) -> list[str]:
    """Return a warning that names the words without effect, or nothing.

    Parameters
    ----------
    prompt : str
        In lower case; see :func:`normalised`.
    negative_tags : str
        As they came.
    """
    words = [*_unread(prompt), *_unread(normalised(negative_tags))]
    words = list(dict.fromkeys(words))
    if not words:
        return []
    named = ", ".join(word[:_LONGEST_WORD] for word in words[:_MOST_NAMED])
    more = f" and {len(words) - _MOST_NAMED} more" if len(words) > _MOST_NAMED else ""
    return [f"Not understood, and so without effect: {named}{more}."]


def _unread(text: str) -> list[str]:
    rest = text
    for pattern in SPOKEN_DECISIONS:
        rest = pattern.sub(" , ", rest)
    for word in _LEXICON:
        while (place := mentions(rest, word)) is not None:
            rest = f"{rest[: place.start()]} , {rest[place.end() :]}"
    left = re.findall(r"[^\W\d_]{2,}(?:['’-][^\W\d_]+)*", rest)
    return [word for word in left if not _fills(word)]


def _fills(word: str) -> bool:
    if word in _SILENT or word.removesuffix("s") in _SILENT:
        return True
    # "drumless" and "vocal-free" refuse, and that is understood
    stem = re.sub(r"-?(?:less|free)$", "", word)
    return stem != word and (stem in _SILENT or stem in _LEXICON)


def _lexicon() -> tuple[str, ...]:
    words = {*GENRE_WORDS, *MOODS, *DENSITIES, *ROLE_WORDS, *FAMILIES}
    words.update(word for instrument in INSTRUMENTS for word in instrument.words)
    # the longest first, so that "bass" does not break "bass guitar" apart
    return tuple(sorted(words, key=lambda word: (-len(word), word)))


_LEXICON = _lexicon()
_SILENT = frozenset((_FILLING + _KNOWN).split())
