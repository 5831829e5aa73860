"""Lyrics: sections from tags, lines, syllables with the sounds a voice has to make."""

from __future__ import annotations

import re
import unicodedata
from dataclasses import dataclass, field, replace
from itertools import accumulate, pairwise

__all__ = ["MAX_CHARACTERS", "SECTION_TAG", "Stanza", "Syllable", "read_stanzas", "syllables"]

#: Longest lyrics that are read; the service accepts no more.
MAX_CHARACTERS = 5000


@dataclass(frozen=True, slots=True)
class Syllable:
    """One syllable as a singer hears it.

    Attributes
    ----------
    onset : str
        The consonant letter it begins with, or "".
    vowel : str
        One or two vowel targets out of ``a e i o u``; two make a diphthong.
    coda : str
        The consonant letter it ends with, or "".
    spelling : str
        How it is written, in lower case, with a space after the last syllable of a word.
    """

    onset: str
    vowel: str
    coda: str
    spelling: str = ""

    def text(self) -> str:
        """Return the syllable as ``onset:vowel:coda``, the form notes carry."""
        return f"{self.onset}:{self.vowel}:{self.coda}"


@dataclass(frozen=True, slots=True)
class Stanza:
    """One section of the lyrics.

    Attributes
    ----------
    kind : str
        ``intro verse pre chorus bridge solo break outro``, or "" when there was no tag.
    lines : tuple of tuple of Syllable
        The sung lines; empty for a section without words.
    tag : str
        The tag as it was written, without its brackets; "" when there was none.
    """

    kind: str
    lines: tuple[tuple[Syllable, ...], ...]
    tag: str = field(default="", compare=False)

    @property
    def syllables(self) -> int:
        """Number of syllables in all lines."""
        return sum(len(line) for line in self.lines)


# Looked up in this order, so that "pre-chorus" is not taken for a chorus.
_KINDS: tuple[tuple[str, str], ...] = (
    (r"pre[\s-]*(?:chorus|hook)|build", "pre"),
    (r"post[\s-]*chorus|chorus|hook|refrain", "chorus"),
    (r"verse|strophe|rap", "verse"),
    (r"bridge|middle", "bridge"),
    (r"intro|opening", "intro"),
    (r"outro|end(?:ing)?|coda|fade", "outro"),
    (r"solo|drop|instrumental", "solo"),
    (r"break|interlude", "break"),
)
#: A tag fills a line of its own or opens one; an unclosed "[chorus" counts when it is a whole line.
SECTION_TAG = re.compile(r"^\s*\[([^\[\]\n]{1,60})(?:\]|$)", re.MULTILINE)

_DIPHTHONGS: tuple[tuple[str, str], ...] = (
    ("igh", "ai"),
    ("eigh", "ei"),
    ("ai", "ei"),
    ("ay", "ei"),
    ("ey", "ei"),
    ("ee", "i"),
    ("ea", "i"),
    ("ie", "i"),
    ("oo", "u"),
    ("ou", "au"),
    ("ow", "ou"),
    ("oa", "ou"),
    ("oi", "oi"),
    ("oy", "oi"),
    ("au", "o"),
    ("aw", "o"),
    ("ew", "u"),
    ("ue", "u"),
    ("ui", "u"),
)
#: Consonants that open a syllable together.
_ONSETS = re.compile(r"[bcfgps]l|[bcdfgpt]r|[cpstw]h|s[ckmnptw]|tw|shr|s[cpt]r|spl|thr")
_MAGIC_E = {"a": "ei", "e": "i", "i": "ai", "o": "ou", "u": "u", "y": "ai"}
_SINGLE = {"a": "a", "e": "e", "i": "i", "o": "o", "u": "u", "y": "i"}
_CYRILLIC = str.maketrans(
    "абвгдеёжзийклмнопрстуфхцчшщыэюяіїє", "abvgdeojziiklmnoprstufhccssieuaiie"
)
_GREEK = str.maketrans("αβγδεζηθικλμνξοπρστυφχψωάέίήόύώς", "abgdeziuiklmnxoprstufhpoaeiiouos")


def read_stanzas(lyrics: str) -> tuple[Stanza, ...]:
    """Return the sections of the lyrics, in order.

    Without tags blank lines part the stanzas and their kind is "". Lines without anything to
    pronounce vanish; a tag without lines stays, as a section to play.
    """
    text = lyrics[:MAX_CHARACTERS].replace("\r\n", "\n").replace("\r", "\n")
    tags = list(SECTION_TAG.finditer(text))
    if not tags:
        blocks = re.split(r"\n\s*\n", text)
        return tuple(s for s in (Stanza("", _lines(block)) for block in blocks) if s.lines)
    stanzas = []
    preamble = Stanza("verse", _lines(text[: tags[0].start()]))
    if preamble.lines:
        stanzas.append(preamble)
    ends = [tag.start() for tag in tags[1:]] + [len(text)]
    for tag, end in zip(tags, ends, strict=True):
        name = tag.group(1)
        stanzas.append(Stanza(_kind(name), _lines(text[tag.end() : end]), name.strip()))
    return tuple(stanzas)


def _kind(tag: str) -> str:
    for pattern, kind in _KINDS:
        if re.search(rf"(?<!\w){pattern}", tag.lower()):
            return kind
    return "verse"


def _lines(block: str) -> tuple[tuple[Syllable, ...], ...]:
    # stage directions such as (whispered) or a stray [tag] are not sung
    bare = re.sub(r"\[[^\]\n]*\]?", " ", block)
    sung = (syllables(line) for line in bare.split("\n"))
    return tuple(line for line in sung if line)


def syllables(line: str) -> tuple[Syllable, ...]:
    """Return the syllables of one line in any script.

    Latin, Cyrillic and Greek words are split by their vowels after English habits; of Chinese,
    Japanese and Korean every character is one syllable; other scripts give one per two letters.
    """
    folded = unicodedata.normalize("NFKC", line).lower()
    found: list[Syllable] = []
    for word in re.findall(r"[^\W\d_]+(?:['’][^\W\d_]+)*", folded):
        plain = _latin(re.sub(r"['’]", "", word))
        heard = _word_syllables(plain) if plain.isascii() else _foreign_syllables(plain)
        spellings = _spellings(word, plain, len(heard))
        found += [replace(s, spelling=text) for s, text in zip(heard, spellings, strict=True)]
    return tuple(found)


def _spellings(word: str, plain: str, count: int) -> list[str]:
    """Cut a written word between its syllables, as nearly as letters allow."""
    chunks = re.findall(r"[^aeiouy]*[aeiouy]+", plain)
    if len(word) == len(plain) and len(chunks) >= count:
        vowels_end = accumulate(len(chunk) for chunk in chunks[: count - 1])
        left = (_left_behind(chunk) for chunk in chunks[1:count])
        cuts = [end + letters for end, letters in zip(vowels_end, left, strict=True)]
    else:
        cuts = [len(word) * k // count for k in range(1, count)]
    edges = pairwise([0, *cuts, len(word)])
    pieces = [word[start:end] for start, end in edges]
    pieces[-1] += " "
    return pieces


def _left_behind(following: str) -> int:
    """Return how many consonants close the syllable before, as the "n" of "win-ter" does."""
    cluster = re.match(r"[^aeiouy]*", following)
    letters = cluster.group(0) if cluster else ""
    opens = next((n for n in (3, 2) if _ONSETS.fullmatch(letters[-n:])), 1)
    return max(0, len(letters) - opens)


def _latin(word: str) -> str:
    # an accent says that the final "e" is spoken
    spoken = word.replace("é", "ey").translate(_CYRILLIC).translate(_GREEK)
    decomposed = unicodedata.normalize("NFKD", spoken)
    return "".join(c for c in decomposed if not unicodedata.combining(c)).replace("ß", "s")


def _foreign_syllables(word: str) -> list[Syllable]:
    dense = any(unicodedata.name(c, "").startswith(_DENSE_SCRIPTS) for c in word)
    step = 1 if dense else 2
    pieces = [word[i : i + step] for i in range(0, len(word), step)]
    # without a dictionary the sound is a stand-in, but the same character always sounds the same
    return [
        Syllable("bdghjklmnstw"[ord(p[0]) % 12], "aeiou"[ord(p[0]) // 12 % 5], "") for p in pieces
    ]


_DENSE_SCRIPTS = ("CJK", "HIRAGANA", "KATAKANA", "HANGUL", "YI ", "BOPOMOFO")


def _word_syllables(word: str) -> list[Syllable]:
    chunks = re.findall(r"[^aeiouy]*[aeiouy]+", word)
    if not chunks:
        return [Syllable(word[0], "e", word[-1] if len(word) > 1 else "")]
    tail = word[sum(len(chunk) for chunk in chunks) :]
    chunks = _open_y(chunks)
    magic = False
    if len(chunks) > 1 and not tail and _is_silent_e(chunks[-1]):
        tail = chunks[-1][:-1]
        chunks = chunks[:-1]
        magic = True
    elif len(chunks) > 1 and tail in {"d", "s"} and _is_silent_before(chunks[-1], tail):
        tail = chunks[-1][:-1] + tail
        chunks = chunks[:-1]
        magic = True
    codas = [_coda_of(following) for following in chunks[1:]] + [tail[:1]]
    last = len(chunks) - 1
    return [
        Syllable(_onset(chunk), _vowel(chunk, magic=magic and i == last), codas[i])
        for i, chunk in enumerate(chunks)
    ]


def _open_y(chunks: list[str]) -> list[str]:
    """Move a leading "y" before a vowel to the consonants: "you" begins with a glide."""
    return [f"j{c[1:]}" if re.match(r"y[aeiou]", c) else c for c in chunks]


def _is_silent_e(chunk: str) -> bool:
    return re.fullmatch(r"[^aeiouy]+e", chunk) is not None and not chunk.endswith("le")


def _is_silent_before(chunk: str, tail: str) -> bool:
    pattern = r"[^aeiouytd]+e" if tail == "d" else r"[^aeiouyszcgxh]+e"
    return re.fullmatch(pattern, chunk) is not None


def _onset(chunk: str) -> str:
    consonants = re.match(r"[^aeiouy]*", chunk)
    cluster = consonants.group(0) if consonants else ""
    if cluster.startswith(("sh", "ch", "th", "wh", "ph")):
        return {"sh": "x", "ch": "c", "th": "f", "wh": "w", "ph": "f"}[cluster[:2]]
    return cluster[:1]


def _coda_of(following: str) -> str:
    """Return the consonant a syllable borrows from the next one's cluster, as in "win-ter"."""
    cluster = re.match(r"[^aeiouy]*", following)
    letters = cluster.group(0) if cluster else ""
    return letters[0] if len(letters) > 1 else ""


def _vowel(chunk: str, *, magic: bool) -> str:
    letters = re.sub(r"^[^aeiouy]*", "", chunk)
    if magic and len(letters) == 1:
        return _MAGIC_E[letters]
    for spelling, sound in _DIPHTHONGS:
        if letters.startswith(spelling):
            return sound
    return _SINGLE[letters[0]]
