"""Claims about digests, takes, models and odd orders."""

from __future__ import annotations

import pickle

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st
from orders import LYRICS, score_of

from musicnb.sandbox import engine

#: Changing one of these changes the music of every recorded order: say so in the changelog.
KNOWN = {
    (
        "dream pop, warm analog drums",
        "",
    ): "d4ad9a57b666b478c8a0f5dfcca105f2293bc4cb67d547685a911151e43123a9",
    (
        "fast techno in F# phrygian, 45 s",
        "",
    ): "f2c25c0bbdc433a55821ed79ccb4bb6827ad72decd7558364018d314ce04e723",
    (
        "sad folk ballad, female voice",
        LYRICS,
    ): "b419ec294ddb782bc5d64b6f1e9cf724e0d88c1bb78f7b4bcc9dd33f6b114135",
}


@pytest.mark.parametrize(("order", "digest"), KNOWN.items(), ids=["dream", "techno", "folk"])
def test_digest_of_known_order_is_stable(order: tuple[str, str], digest: str) -> None:
    """The same order, seed and take give this score on every machine."""
    prompt, lyrics = order
    assert score_of(prompt, lyrics=lyrics).digest() == digest


def test_digest_differs_between_takes_seeds_and_models() -> None:
    """Four readings of one order are four pieces."""
    readings = [
        score_of("house"),
        score_of("house", take=1),
        score_of("house", seed=8),
        score_of("house", model="minimax-music-2.6"),
    ]
    assert len({score.digest() for score in readings}) == 4


@pytest.mark.parametrize("genre", ["pop", "house", "folk", "cinematic", "trap"])
def test_second_take_is_another_reading(genre: str) -> None:
    """Other key, other chords, other tempo, same genre."""
    first, second = score_of(genre), score_of(genre, take=1)
    assert first.genre == second.genre
    assert first.tonic != second.tonic
    assert first.chords != second.chords
    assert 0.005 < abs(first.tempo_bpm / second.tempo_bpm - 1) < 0.15


def test_second_take_keeps_what_was_stated() -> None:
    """A stated key and tempo hold for all takes."""
    first, second = (score_of("pop in A minor, 100 bpm", take=take) for take in (0, 1))
    assert first.key == second.key == "A minor"
    assert first.tempo_bpm == second.tempo_bpm == 100
    assert first.digest() != second.digest()


def test_models_differ_in_density_and_sound() -> None:
    """The first model arranges more densely and wetter than the second."""
    full = score_of("pop 60 s, 110 bpm, C major")
    lean = score_of("pop 60 s, 110 bpm, C major", model="minimax-music-2.6")
    assert full.mix.wetness > lean.mix.wetness
    assert len(full.notes) > len(lean.notes)


def test_weirdness_bends_the_harmony() -> None:
    """At full weirdness more different chords appear."""
    plain = {
        c
        for s in range(6)
        for c in score_of("pop in C major", seed=s, weirdness_constraint=0.0).chords
    }
    weird = {
        c
        for s in range(6)
        for c in score_of("pop in C major", seed=s, weirdness_constraint=1.0).chords
    }
    assert plain <= {"C", "Dm", "Em", "F", "G", "Am"}
    assert len(weird) > len(plain)


def test_score_and_order_survive_pickling() -> None:
    """They cross process borders unchanged."""
    score = score_of("jazz", lyrics=LYRICS)
    assert pickle.loads(pickle.dumps(score)).digest() == score.digest()  # noqa: S301


def test_calm_has_fewer_notes_than_energetic() -> None:
    """In every genre the calm reading has less than two thirds of the notes a second."""
    for genre in ("pop", "house", "lofi", "rock", "folk", "jazz", "cinematic"):
        calm, driven = (score_of(f"{word} {genre}") for word in ("calm", "energetic"))
        assert len(calm.notes) / calm.duration_s < len(driven.notes) / driven.duration_s * 2 / 3


texts = st.one_of(
    st.text(max_size=300),
    st.text(alphabet="[]\n aeé你好🎵\x00\u202e.,;:!?'\"-", max_size=400),
    st.sampled_from(
        ["", "[", "[Chorus", "[]\n[]", "\ud800", "x" * 5000, "la " * 1666, "你" * 5000]
    ),
)
weights = st.one_of(st.none(), st.floats(min_value=0, max_value=1))


@settings(max_examples=120, deadline=None, suppress_health_check=[HealthCheck.too_slow])
@given(prompt=texts, lyrics=texts, negative=texts, weight=weights, take=st.integers(0, 3))
def test_hostile_order_gives_a_sound_score(
    prompt: str, lyrics: str, negative: str, weight: float | None, take: int
) -> None:
    """Whatever the text, the score has notes in range within its length, and ends."""
    order = engine.Order(
        "suno-5.5", prompt, lyrics, negative_tags=negative, weirdness_constraint=weight
    )
    score = engine.compose(engine.read_brief(order, seed=1, take=take))
    assert 8 <= score.duration_s <= 500
    assert score.notes
    last = score.bars * score.meter * 960
    assert all(0 <= note.tick < last and note.length > 0 for note in score.notes)
    assert all(1 <= note.velocity <= 127 for note in score.notes)
    assert len(score.digest()) == 64
