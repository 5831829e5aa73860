"""Claims about the lexicon: how much it knows, and what is said about the rest."""

from __future__ import annotations

import pytest
from orders import LYRICS, brief_of, score_of

from musicnb.sandbox.engine import _genres, _instruments, _leftovers, _moods
from musicnb.sandbox.engine._harmony import chord, progressions
from musicnb.sandbox.engine._patches import PATCHES

GENRES = [genre.name for genre in _genres.GENRES]
INSTRUMENTS = sorted({i.patch for i in _instruments.INSTRUMENTS})


def test_lexicon_is_large_enough() -> None:
    """20 genres, 40 moods, 35 instruments and 25 sounds, or more."""
    assert len(GENRES) >= 20
    assert len(_moods.MOODS) >= 40
    assert len(INSTRUMENTS) >= 35
    assert len(PATCHES) >= 25
    assert set(INSTRUMENTS) <= set(PATCHES)


@pytest.mark.parametrize("genre", _genres.GENRES, ids=GENRES)
def test_genre_has_twelve_progressions_in_each_of_its_modes(genre: _genres.Genre) -> None:
    """They differ, begin at home, and are chords of the key or borrowed on purpose."""
    for mode in {*genre.modes, "major", "minor"}:
        bank = progressions(mode, genre.harmony)
        assert len(set(bank)) >= 12
        for text in bank:
            degrees = text.split()
            assert degrees[0][0] == "1"
            assert all(chord(degree, 0, mode, sevenths=True).tones for degree in degrees)


@pytest.mark.parametrize("word", _leftovers._LEXICON)
def test_word_of_the_lexicon_is_understood(word: str) -> None:
    """No word that acts is called unknown."""
    assert brief_of(word).warnings == ()


@pytest.mark.parametrize(
    "prompt",
    [
        "Upbeat indie folk song with female vocals and acoustic guitar",
        "dream pop, warm analog drums", "techno loop, 128 bpm, 20 seconds", "drumless jazz waltz",
        "a calm piece in F# minor for about one minute", "5/4 jazz, no drums, without any piano",
    ],
)  # fmt: skip
def test_plain_prompt_is_understood_to_the_last_word(prompt: str) -> None:
    """Tempo, key, metre, length, refusals and filling words are no riddles."""
    assert brief_of(prompt).warnings == ()


def test_words_not_understood_are_named() -> None:
    """Prompt and negative tags alike; many of them are counted."""
    (warning,) = brief_of("pop with zydeco and theremin", negative_tags="autotune").warnings
    assert "zydeco, theremin, autotune" in warning
    (warning,) = brief_of(" ".join(f"zyx{a}{b}" for a in "abcd" for b in "abcd")).warnings
    assert warning.endswith("and 8 more.")
    assert len(brief_of("ж" * 4000).warnings[0]) < 120


@pytest.mark.parametrize("patch", INSTRUMENTS)
def test_instrument_in_negative_tags_plays_no_note(patch: str) -> None:
    """Neither the genre's habit nor the prompt brings back what was refused."""
    words = [w for i in _instruments.INSTRUMENTS if i.patch == patch for w in i.words]
    for genre in ("pop", "rock", "jazz", "cinematic", "trap", "folk", "ambient"):
        for take in (0, 1):
            score = score_of(f"{genre} with {words[0]}, 20 s", negative_tags=words[0], take=take,
                             weirdness_constraint=0.9)  # fmt: skip
            playing = {note.part for note in score.notes}
            assert patch not in {p for part, p in score.patches if part in playing}


@pytest.mark.parametrize("genre", GENRES)
def test_genre_in_negative_tags_is_not_chosen(genre: str) -> None:
    """Whatever the seed, a refused genre is not what an open order becomes."""
    word = genre.replace("_", " ")
    assert genre not in {brief_of("music", seed=s, negative_tags=word).genre for s in range(30)}


@pytest.mark.parametrize("tag", ["vocals", "voice", "singing", "no vocals"])
def test_voice_in_negative_tags_is_not_sung(tag: str) -> None:
    """Lyrics are there and nobody sings."""
    score = score_of("pop", lyrics=LYRICS, negative_tags=tag)
    assert not {"vocal", "backing"} & {note.part for note in score.notes}


@pytest.mark.parametrize("genre", GENRES)
def test_sparse_has_fewer_notes_than_busy(genre: str) -> None:
    """Less than two thirds of them in a second."""
    word = genre.replace("_", " ")
    sparse, busy = (score_of(f"{mood} {word} 40 s") for mood in ("sparse", "busy"))
    assert len(sparse.notes) / sparse.duration_s < len(busy.notes) / busy.duration_s * 2 / 3


@pytest.mark.parametrize(("words", "beats"), [("5/4", 5), ("7/8", 7), ("6/8", 3), ("3/4", 3)])
def test_odd_metre_named_is_kept_by_every_part(words: str, beats: int) -> None:
    """Bars have that many beats, and all of them sound."""
    score = score_of(f"{words} rock 40 s")
    assert score.meter == beats
    chorus = next(s for s in score.sections if s.kind == "chorus")
    bar = beats * 960
    starts = {round(n.tick % bar / 960) % beats for n in score.part("drums")
              if n.tick >= chorus.first_bar * bar}  # fmt: skip
    assert starts == set(range(beats))


def test_weirdness_brings_odd_metres_and_unusual_sounds() -> None:
    """At 1 both occur; at 0 neither does."""
    metres: dict[float, set[int]] = {}
    sounds: dict[float, set[str]] = {}
    for weirdness in (0.0, 1.0):
        briefs = [brief_of("pop", seed=s, weirdness_constraint=weirdness) for s in range(24)]
        metres[weirdness] = {brief.meter for brief in briefs}
        sounds[weirdness] = {patch for brief in briefs for _, patch in brief.patches}
    assert metres[0.0] == {4}
    assert {3, 5, 7} & metres[1.0]
    unusual = {p for patches in _instruments.UNUSUAL.values() for p in patches}
    assert len(sounds[1.0] & unusual) > len(sounds[0.0] & unusual) + 5


def test_style_weight_keeps_the_genres_own_sounds() -> None:
    """At 1 every first take plays the genre's first habits; at 0 others are heard."""
    strict, free = (
        {brief_of("pop", seed=s, style_weight=weight).patches for s in range(20)}
        for weight in (1.0, 0.0)
    )
    assert len(strict) == 1
    assert len(free) > 4
