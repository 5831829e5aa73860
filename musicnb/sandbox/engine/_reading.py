"""Reading tempo, key, metre and length out of free wording.

Every function takes the prompt in lower case and returns None when the prompt does not say.
"""

from __future__ import annotations

import re
import unicodedata
from functools import lru_cache

TEMPO_RANGE_BPM = (40.0, 220.0)
LENGTH_RANGE_S = (10.0, 480.0)

_LETTERS = {"c": 0, "d": 2, "e": 4, "f": 5, "g": 7, "a": 9, "b": 11}
_ACCIDENTALS = {"#": 1, "♯": 1, "sharp": 1, "b": -1, "♭": -1, "flat": -1}
_MODE_WORDS = {
    "major": "major",
    "maj": "major",
    "minor": "minor",
    "min": "minor",
    "dorian": "dorian",
    "phrygian": "phrygian",
    "lydian": "lydian",
    "mixolydian": "mixolydian",
    "aeolian": "minor",
    "ionian": "major",
}
_NUMBERS = {
    "a half": 0.5,
    "half a": 0.5,
    "a": 1.0,
    "an": 1.0,
    "one": 1.0,
    "one and a half": 1.5,
    "two": 2.0,
    "two and a half": 2.5,
    "three": 3.0,
    "four": 4.0,
    "five": 5.0,
    "six": 6.0,
    "seven": 7.0,
    "eight": 8.0,
    "ten": 10.0,
    "fifteen": 15.0,
    "twenty": 20.0,
    "thirty": 30.0,
    "forty": 40.0,
    "forty-five": 45.0,
    "fifty": 50.0,
    "sixty": 60.0,
    "ninety": 90.0,
}

_MODES = "|".join(_MODE_WORDS)
_TEMPO = re.compile(
    r"(?<![\d.])(\d{2,3}(?:\.\d{1,3})?)\s*-?\s*(?:bpm|beats\s+per\s+minute)(?!\w)"
    r"|(?<!\w)(?:bpm|tempo)\s*(?:of|at|:|=)?\s*(\d{2,3}(?:\.\d{1,3})?)(?![\d.])"
)
_KEY = re.compile(
    # a sign stands right at its letter, so that "a b minor song" is in b minor
    rf"(?<!\w)([a-g])(#|♯|b|♭|[\s-]*(?:sharp|flat))?[\s-]*({_MODES})(?!\w)"
)
_KEY_OF = re.compile(r"(?<!\w)(?:key\s+of|in)\s+([a-g])(#|♯|b|♭)?(?![\w'-])")
_METER = re.compile(
    r"(?<![\w/])(?:([3457])/4|([567])/8)(?![\w/])|(?<!\w)(?:waltz|minuet|in three)(?!\w)"
)
_MODE = re.compile(rf"(?<!\w)({_MODES})(?!\w)")
_NUMBER_WORDS = "|".join(sorted((re.escape(word) for word in _NUMBERS), key=len, reverse=True))
_NUMBER = rf"(\d{{1,4}}(?:\.\d{{1,3}})?|{_NUMBER_WORDS})"
_CLOCK = re.compile(r"(?<![\d:])(\d{1,2}):([0-5]\d)(?![\d:])")
_MINUTES = re.compile(
    rf"(?<![\w.]){_NUMBER}[\s-]*(?:minutes?|mins?|m)(?!\w)"
    rf"(?:\s*(?:and\s+)?{_NUMBER}[\s-]*(?:seconds?|secs?|s)(?!\w))?"
)
_SECONDS = re.compile(rf"(?<![\w.]){_NUMBER}[\s-]*(?:seconds?|secs?|s|sec\.)(?!\w)")
_BARS = re.compile(
    # a twelve-bar blues is a form, whatever its length
    rf"(?<![\w./]){_NUMBER}[\s-]*(?:bars?|measures?)(?!\w)(?!\s+blues)"
)
#: What tells tempo, key and length, for those who look for what is left of a prompt.
SPOKEN_DECISIONS = (_METER, _TEMPO, _KEY, _KEY_OF, _CLOCK, _MINUTES, _SECONDS, _BARS)
_DECADE = re.compile(r"(?:[5-9]0|00|19\d0|20\d0)s")


def normalised(text: str) -> str:
    """Return text in lower case, compatibility forms folded, control characters as spaces."""
    folded = unicodedata.normalize("NFKC", text).lower()
    return "".join(" " if unicodedata.category(c)[0] in "CZ" else c for c in folded)


def _number(word: str) -> float:
    spoken = _NUMBERS.get(word)
    return float(word) if spoken is None else spoken


def read_tempo_bpm(prompt: str) -> float | None:
    """Return the stated tempo in beats per minute, held within 40 to 220."""
    found = _TEMPO.search(prompt)
    if found is None:
        return None
    low, high = TEMPO_RANGE_BPM
    return min(high, max(low, float(found.group(1) or found.group(2))))


def read_key(prompt: str) -> tuple[int | None, str | None]:
    """Return the stated tonic (0 = C … 11 = B) and mode, each None when not stated."""
    found = _KEY.search(prompt)
    if found is not None:
        letter, accidental, mode = found.groups()
        # in "a minor key" the letter is an article
        article = letter == "a" and re.match(r"\s+(?:key|mood|feel|scale)", prompt[found.end() :])
        tonic = (_LETTERS[letter] + _ACCIDENTALS.get((accidental or "").strip(" -"), 0)) % 12
        return (None if article else tonic), _MODE_WORDS[mode]
    alone_tonic: int | None = None
    # "in a" is nearly always an article, so only the other six letters count alone
    for named in _KEY_OF.finditer(prompt):
        letter, accidental = named.groups()
        if letter != "a" or accidental or named.group(0).startswith("key"):
            alone_tonic = (_LETTERS[letter] + _ACCIDENTALS.get(accidental or "", 0)) % 12
            break
    alone = _MODE.search(prompt)
    word = alone.group(1) if alone else ""
    # "min" and "maj" alone are more often minutes and majesty than modes
    return alone_tonic, _MODE_WORDS[word] if word and word not in {"min", "maj"} else None


def read_meter(prompt: str) -> int | None:
    """Return beats per bar, 3, 4, 5 or 7, when the prompt names a metre or a waltz."""
    found = _METER.search(prompt)
    if found is None:
        return None
    beats = found.group(1) or found.group(2) or "3"
    return 3 if beats == "6" else int(beats)


def read_length_s(prompt: str) -> float | None:
    """Return the stated length in seconds, held within 10 s to 8 min.

    Understands "30 s", "90-second", "one minute", "2 min", "1:30", "2 minutes 30 seconds".
    """
    length = _clock_or_words_s(prompt)
    if length is None or length <= 0:
        return None
    low, high = LENGTH_RANGE_S
    return min(high, max(low, length))


def _clock_or_words_s(prompt: str) -> float | None:
    clock = _CLOCK.search(prompt)
    if clock is not None:
        return 60.0 * int(clock.group(1)) + int(clock.group(2))
    minutes = _MINUTES.search(prompt)
    if minutes is not None:
        seconds = _number(minutes.group(2)) if minutes.group(2) else 0.0
        return 60.0 * _number(minutes.group(1)) + seconds
    if re.search(r"(?<!\w)half(?:\s+a)?[\s-]+minute(?!\w)", prompt):
        return 30.0
    for found in _SECONDS.finditer(prompt):
        if not _is_decade(found, prompt):
            return _number(found.group(1))
    return None


def _is_decade(found: re.Match[str], prompt: str) -> bool:
    """Return whether "80s" and the like mean years: nothing around them speaks of length."""
    if _DECADE.fullmatch(found.group(0)) is None:
        return False
    after = re.match(
        r"\s+(?:long|clip|loop|cut|edit|spot|ad|duration)(?!\w)", prompt[found.end() :]
    )
    before = re.search(
        r"(?:for|about|length|duration|exactly)\s*[:=]?\s*$", prompt[: found.start()]
    )
    return after is None and before is None


def read_bars(prompt: str) -> int | None:
    """Return the stated number of bars, such as of "16 bars" or "an eight-bar loop".

    "A bar" is a place to drink in: fewer than two are not read.
    """
    counts = (_number(found.group(1)) for found in _BARS.finditer(prompt))
    return next((int(count) for count in counts if count.is_integer() and count > 1), None)


def wants_loop(prompt: str) -> bool:
    """Return whether a loop is asked for."""
    return re.search(r"(?<!\w)(?:loop|looping|loopable|seamless(?:ly)?)(?!\w)", prompt) is not None


def mentions(prompt: str, word: str) -> re.Match[str] | None:
    """Return where the word stands as a whole word (a plural "s" allowed), or None."""
    # the plain search first: most of some three hundred words are absent from any prompt
    return _word(word).search(prompt) if word in prompt else None


def is_refused(prompt: str, word: str) -> bool:
    """Return whether the prompt says "no …", "without …" or "…-free" about the word."""
    return word in prompt and _refusal(word).search(prompt) is not None


# Larger than the lexicon; the cache of ``re`` itself holds 512 and was flushed by every order.
@lru_cache(maxsize=1024)
def _word(word: str) -> re.Pattern[str]:
    return re.compile(rf"(?<!\w){re.escape(word)}s?(?!\w)")


@lru_cache(maxsize=1024)
def _refusal(word: str) -> re.Pattern[str]:
    stem = rf"{re.escape(word)}s?"
    plain = rf"(?<!\w)(?:no|without|minus|not any|zero)\s+(?:any\s+|the\s+)?{stem}(?!\w)"
    # "no drums, bass or vocals" refuses the whole list
    listed = rf"(?<!\w)(?:no|without)\s+(?:\w+s?(?:\s*,\s*|\s+(?:or|and)\s+)){{1,3}}{stem}(?!\w)"
    return re.compile(rf"{plain}|{listed}|(?<!\w){stem}[\s-]?(?:free|less)(?!\w)")
