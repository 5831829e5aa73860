"""Claims about what is read out of the words of an order."""

from __future__ import annotations

import pytest
from orders import LYRICS, brief_of

from musicnb.sandbox.engine import _genres, _reading


@pytest.mark.parametrize(
    ("words", "seconds"),
    [
        ("30 s of jazz", 30),
        ("30 seconds", 30),
        ("30s clip", 30),
        ("a 90-second ad", 90),
        ("one minute of rain", 60),
        ("two minutes", 120),
        ("2 min", 120),
        ("1:30", 90),
        ("2 minutes 30 seconds", 150),
        ("one and a half minutes", 90),
        ("half a minute", 30),
        ("thirty seconds", 30),
        ("3 s", 10),
        ("60 minutes", 480),
        ("2.5 minutes", 150),
    ],
)
def test_length_in_common_wordings_is_read(words: str, seconds: float) -> None:
    """Every common wording of a length gives its seconds, held within 10 s to 8 min."""
    assert _reading.read_length_s(_reading.normalised(words)) == seconds


@pytest.mark.parametrize(
    "words", ["80s synthwave", "90s house", "120 bpm", "warm", "", "1980s pop"]
)
def test_length_not_stated_is_none(words: str) -> None:
    """Decades and tempi are not lengths."""
    assert _reading.read_length_s(words) is None


@pytest.mark.parametrize(
    ("words", "bars"),
    [
        ("6 bars", 6), ("an eight-bar loop", 8), ("16-bar house", 16), ("32 measures", 32),
        ("jazz in a bar", None), ("one bar", None), ("12 bar blues", None), ("2.5 bars", None),
        ("0 bars", None), ("bars", None), ("", None),
    ],
)  # fmt: skip
def test_bars_stated_are_read_and_places_to_drink_in_are_not(words: str, bars: int | None) -> None:
    """A twelve-bar blues is a form of any length."""
    assert _reading.read_bars(_reading.normalised(words)) == bars


@pytest.mark.parametrize(
    ("words", "tempo"),
    [("120 bpm", 120), ("97.5 BPM", 97.5), ("tempo: 88", 88), ("at 300 bpm", 220), ("128bpm", 128)],
)
def test_tempo_stated_is_taken(words: str, tempo: float) -> None:
    """A stated tempo is the tempo, within 40 to 220."""
    brief = brief_of(words)
    assert brief.tempo_bpm == tempo
    assert brief.origin("tempo_bpm") == "prompt"


@pytest.mark.parametrize(
    ("words", "key"),
    [
        ("A minor", (9, "minor")),
        ("in F# dorian", (6, "dorian")),
        ("bb major", (10, "major")),
        ("e flat major", (3, "major")),
        ("C sharp minor", (1, "minor")),
        ("key of D", (2, None)),
        ("in a minor key", (None, "minor")),
        ("a b minor waltz", (11, "minor")),
        ("mixolydian groove", (None, "mixolydian")),
        ("a happy tune", (None, None)),
    ],
)
def test_key_in_common_wordings_is_read(words: str, key: tuple[int | None, str | None]) -> None:
    """Letters, signs and modes are read; articles are not letters."""
    assert _reading.read_key(_reading.normalised(words)) == key


@pytest.mark.parametrize("word", sorted(_genres.GENRE_WORDS))
def test_genre_word_alone_names_its_genre(word: str) -> None:
    """Every genre word leads to its own genre, from the prompt."""
    brief = brief_of(f"some {word}")
    assert brief.genre == _genres.GENRE_WORDS[word]
    assert brief.origin("genre") == "prompt"


def test_genres_are_at_least_sixteen() -> None:
    """The sandbox knows sixteen genres or more."""
    assert len(_genres.GENRES) >= 16


def test_tempo_words_slow_and_fast_move_the_tempo() -> None:
    """Slow is slower than unsaid, and fast is faster."""
    slow, usual, fast = (brief_of(f"{word} pop").tempo_bpm for word in ("slow", "some", "fast"))
    assert slow < 0.9 * usual < 0.9 * fast


@pytest.mark.parametrize(
    ("prompt", "role", "patch"),
    [
        ("pop with piano", "chords", "piano"),
        ("rhodes lofi", "chords", "electric_piano"),
        ("jazz with trumpet", "lead", "brass"),
        ("house with strings", "pad", "strings"),
        ("rock, upright bass", "bass", "upright_bass"),
    ],
)
def test_instrument_in_prompt_gets_its_part(prompt: str, role: str, patch: str) -> None:
    """A named instrument plays, and the brief says the prompt asked for it."""
    brief = brief_of(prompt)
    assert brief.patch(role) == patch
    assert brief.origin(role) == "prompt"


@pytest.mark.parametrize("prompt", ["rock, no drums", "rock without any drums", "drumless rock"])
def test_drums_refused_in_prompt_are_silent(prompt: str) -> None:
    """Refusals in the prompt silence the part."""
    assert "drums" in brief_of(prompt).silent


def test_negative_instrument_is_replaced() -> None:
    """A negative tag takes the genre's own instrument away."""
    assert brief_of("classical").patch("chords") == "piano"
    assert brief_of("classical", negative_tags="piano").patch("chords") != "piano"


@pytest.mark.parametrize(
    ("options", "vocal"),
    [
        ({}, False),
        ({"lyrics": LYRICS}, True),
        ({"lyrics": LYRICS, "instrumental": True}, False),
        ({"instrumental": False}, True),
        ({"lyrics_optimizer": True}, True),
        ({"lyrics": "  \n [Verse] \n ...!"}, False),
        ({"lyrics": LYRICS, "negative_tags": "vocals"}, False),
    ],
)
def test_voice_follows_lyrics_and_options(options: dict[str, object], vocal: bool) -> None:  # noqa: FBT001
    """It is sung when words or options ask for it, and never against a refusal."""
    assert brief_of("folk", **options).vocal is vocal


def test_voice_gender_option_beats_prompt() -> None:
    """The option decides over the wording."""
    assert brief_of("female singer", vocal_gender="m").voice == "m"
    assert brief_of("female singer").voice == "f"
    assert brief_of("male singer").voice == "m"


def test_mood_words_pull_mode_energy_and_brightness() -> None:
    """Dark is minor and dull where bright is major and brilliant; calm is less than energetic."""
    dark, bright = brief_of("dark pop"), brief_of("bright pop")
    assert (dark.mode, bright.mode) == ("minor", "major")
    assert dark.brightness + 0.4 < bright.brightness
    assert brief_of("calm pop").energy + 0.4 < brief_of("energetic pop").energy
