"""Looking a brief over before it is paid for: words to keep out of it, tags, lengths. Advice only.

The words are yours: names of artists, brands, whatever a client or a place forbids, a line each in
a file that you edit. Nothing here stops an order; `Brief.faults` says what the service refuses.
"""

from __future__ import annotations

import os
import re
import unicodedata
from collections.abc import Iterable, Iterator
from dataclasses import dataclass
from pathlib import Path
from typing import Any, Final

from musicnb import catalogue
from musicnb.briefs import Brief
from musicnb.errors import InvalidInput

__all__ = ["Hint", "check_prompt", "found_terms", "read_terms"]

_MOST_TERMS: Final = 10_000
_LONGEST_TERM: Final = 200
_MOST_BYTES: Final = 2_000_000
_NEARLY: Final = 0.9
_TAG: Final = re.compile(r"\[([^\[\]\n]{0,60})\]")
_TAG_LINE: Final = re.compile(r"^[ \t]*\[[^\[\]\n]{1,60}\][ \t]*$", re.MULTILINE)

_fault = InvalidInput.about


@dataclass(frozen=True, slots=True)
class Hint:
    """A piece of advice.

    Parameters
    ----------
    field
        Of the brief: ``prompt``, ``lyrics``, ``title``.
    message
        What was seen, in plain words.
    """

    field: str
    message: str

    def __str__(self) -> str:
        return f"{self.field}: {self.message}"


def read_terms(terms: Iterable[object] | str | os.PathLike[str]) -> tuple[str, ...]:
    """Return the words to keep out.

    Parameters
    ----------
    terms
        Texts, or the path of a UTF-8 file with one a line; ``#`` begins a remark.

    Raises
    ------
    InvalidInput
        It is neither, or there are more than 10,000.
    """
    listed: list[Any]
    if isinstance(terms, str | os.PathLike):
        lines = _text(Path(terms)).splitlines()
        listed = [line.partition("#")[0] for line in lines]
    elif isinstance(terms, Iterable) and not isinstance(terms, bytes):
        listed = list(terms)
    else:
        raise _fault("terms", f"are {terms!r:.60}; give texts, or a file with one a line")
    for term in listed:
        if not isinstance(term, str) or len(term) > _LONGEST_TERM:
            raise _fault("terms", f"have {term!r:.60}; give at most {_LONGEST_TERM} letters each")
    kept = tuple(dict.fromkeys(" ".join(term.split()) for term in listed if _plain(term)))
    if len(kept) > _MOST_TERMS:
        raise _fault("terms", f"are {len(kept):,}, at most {_MOST_TERMS:,}")
    return kept


def _text(path: Path) -> str:
    problem = ""
    try:
        if path.is_file() and path.stat().st_size <= _MOST_BYTES:
            return path.read_text("utf-8-sig")
        problem = f"is no file, or has more than {_MOST_BYTES:,} bytes"
    except (OSError, ValueError) as error:
        problem = f"cannot be read ({error!s:.80})"
    raise _fault("terms", f"{path.name!r:.60} {problem}; for one word give [word]")


def found_terms(text: str, terms: Iterable[str]) -> tuple[str, ...]:
    """Return the terms that stand in a text as whole words, whatever their case and accents."""
    words = f" {_plain(text)} "
    return tuple(term for term in terms if (plain := _plain(term)) and f" {plain} " in words)


def check_prompt(
    brief: Brief, terms: Iterable[str] | str | os.PathLike[str] = ()
) -> tuple[Hint, ...]:
    """Look a brief over; an empty answer means that nothing was seen.

    Parameters
    ----------
    brief
        Checked as it is, placeholders included.
    terms
        See `read_terms`.

    Raises
    ------
    InvalidInput
        It is no brief, or the terms are none.

    Examples
    --------
    >>> from musicnb import TextToMusic
    >>> check_prompt(TextToMusic("like Beyoncé, slow"), ["beyonce"])[0].message
    "has 'beyonce', which is on your list"
    """
    if not isinstance(brief, Brief):
        raise _fault("brief", f"is {brief!r:.60}; give a TextToMusic or ReferenceAudioToMusic")
    wanted = read_terms(terms)
    hints = []
    for field in ("prompt", "lyrics", "title"):
        text = getattr(brief, field)
        if isinstance(text, str):
            hints += [
                Hint(field, f"has {term!r}, which is on your list")
                for term in found_terms(text, wanted)
            ]
            hints += [Hint(field, message) for message in _length_hints(brief, field, len(text))]
    if isinstance(brief.lyrics, str) and brief.lyrics.strip():
        hints += [Hint("lyrics", message) for message in _lyrics_hints(brief, brief.lyrics)]
    return tuple(hints)


def _length_hints(brief: Brief, field: str, length: int) -> Iterator[str]:
    """Yield how a text's length fits the model, and which models would not take it."""
    limits = {
        model.id: max(getattr(mode, field).maximum for mode in modes)
        for model in catalogue.MODELS.values()
        if (modes := [m for (kind, _), m in model.modes.items() if kind == brief.capability])
    }
    own = limits.get(brief.model)
    if own is not None and _NEARLY * own < length <= own:
        yield f"has {length:,} of the {own:,} letters that {brief.model} takes"
    short = [name for name, most in limits.items() if length > most and name != brief.model]
    if short and (own is None or length <= own):
        yield f"is too long for {', '.join(short)}"


def _lyrics_hints(brief: Brief, lyrics: str) -> Iterator[str]:
    if brief.instrumental:
        yield "are there, and the piece is to be instrumental"
    if not _TAG_LINE.search(lyrics):
        yield "have no section tags such as [Verse] on lines of their own: the model guesses"
    if lyrics.count("[") != lyrics.count("]"):
        yield "have a bracket that is not closed: what is in it may be sung"
    if any(not tag.strip() for tag in _TAG.findall(lyrics)):
        yield "have an empty tag"
    inline = _TAG.findall(_TAG_LINE.sub("", lyrics))
    if inline:
        yield f"have [{inline[0]}] within a line: tags stand on lines of their own"


def _plain(text: str) -> str:
    """Reduce a text to small letters and digits with single spaces between words."""
    folded = unicodedata.normalize("NFKD", text.casefold())
    kept = "".join(
        letter if letter.isalnum() else "" if unicodedata.combining(letter) else " "
        for letter in folded
    )
    return " ".join(kept.split())
