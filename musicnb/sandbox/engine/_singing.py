"""Whether an order is sung, by whom, and in which words."""

from __future__ import annotations

from typing import TYPE_CHECKING

from musicnb.lyrics import MAX_CHARACTERS, read_stanzas
from musicnb.sandbox.engine._reading import is_refused, mentions, read_length_s
from musicnb.sandbox.engine._wordsmith import write_lyrics

if TYPE_CHECKING:
    from musicnb.sandbox.engine._order_reader import OrderReader

_VOCAL_WORDS = (
    "vocal",
    "vocalist",
    "singer",
    "sung",
    "singing",
    "sing",
    "female voice",
    "male voice",
    "acapella",
    "a cappella",
)
_VOICE_NEGATIVES = {"vocal", "voice", "singing", "singer", "lyric"}


def voice_and_words(reader: OrderReader, valence: float) -> tuple[bool, str]:
    """Return whether it is sung, and the words: those given, or written to suit the mood."""
    order = reader.order
    lyrics = order.lyrics[:MAX_CHARACTERS]
    has_words = any(stanza.lines for stanza in read_stanzas(lyrics))
    refused = any(word in reader.negatives for word in _VOICE_NEGATIVES) or (
        is_refused(reader.prompt, "vocal") or is_refused(reader.prompt, "voice")
    )
    asked = any(mentions(reader.prompt, word) for word in _VOCAL_WORDS)
    said_instrumental = mentions(reader.prompt, "instrumental") is not None
    if order.instrumental is not None:
        vocal = not order.instrumental
        reader.origins["vocal"] = "option"
    else:
        vocal = has_words or order.lyrics_optimizer or (asked and not said_instrumental)
        reader.origins["vocal"] = "prompt"
    if vocal and refused:
        reader.warnings.append("The negative tags leave the voice out, so it is not sung.")
        vocal = False
    if vocal and not has_words:
        verses = 1 if (read_length_s(reader.prompt) or 60) < 45 else 2  # noqa: PLR2004
        draws = reader.shared("lyrics")
        lyrics = write_lyrics(draws, valence=valence, verses=verses)
        reader.origins["lyrics"] = "seed"
    elif has_words:
        reader.origins["lyrics"] = "option"
    return vocal, lyrics


def gender_of(reader: OrderReader) -> str:
    """Return whose voice it is, ``"m"`` or ``"f"``."""
    if reader.order.vocal_gender in {"m", "f"}:
        reader.origins["voice"] = "option"
        return "m" if reader.order.vocal_gender == "m" else "f"
    for word, gender in (("female", "f"), ("woman", "f"), ("male", "m"), ("man", "m")):
        if mentions(reader.prompt, word):
            reader.origins["voice"] = "prompt"
            return gender
    reader.origins["voice"] = "seed"
    return reader.shared("voice").choice("mf")
