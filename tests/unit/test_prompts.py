"""A brief looked over before it is paid for: words, lengths, tags; nothing is stopped."""

import pytest

from musicnb import ReferenceAudioToMusic, TextToMusic, check_prompt
from musicnb.errors import InvalidInput
from musicnb.prompts import found_terms, read_terms


def messages(brief, terms=()):
    return [str(hint) for hint in check_prompt(brief, terms)]


@pytest.mark.parametrize(
    ("text", "found"),
    [
        ("slow, like BEYONCÉ!", ["Beyonce"]),
        ("like beyonce\u0301 in 1999", ["Beyonce"]),
        ("in the style of  Daft\nPunk", ["daft punk"]),
        ("daft-punk drums", ["daft punk"]),
        ("beyoncesque", []),
        ("punk, daft", []),
        ("STRASSE", ["Straße"]),
        ("", []),
    ],
)
def test_words_of_the_list_are_found_whole_whatever_case_and_accents(text, found):
    """And not within other words."""
    assert list(found_terms(text, ["Beyonce", "daft punk", "Straße"])) == found


def test_list_is_a_file_that_people_edit(tmp_path):
    """One a line, with remarks; texts are taken as they are."""
    listed = tmp_path / "terms.txt"
    listed.write_text("\ufeff# artists\n Daft  Punk # both\n\nACME\nACME\n", "utf-8")
    assert read_terms(listed) == read_terms(str(listed)) == ("Daft Punk", "ACME")
    brief = TextToMusic("acme jingle", title="Daft Punk", lyrics="[Verse]\nla la")
    assert messages(brief, listed) == [
        "prompt: has 'ACME', which is on your list",
        "title: has 'Daft Punk', which is on your list",
    ]
    assert brief.request().prompt == "acme jingle"


def test_lyrics_are_told_where_tags_are_missing_or_broken():
    """Advice, in plain words."""
    assert messages(TextToMusic("pop", lyrics="[Verse]\nla la\n\n[Chorus]\nla")) == []
    assert "no section tags" in messages(TextToMusic("pop", lyrics="la la"))[0]
    broken = " ".join(
        messages(TextToMusic("pop", lyrics="[Verse]\nla [Solo] la\n[ ]\n[Chorus\nla"))
    )
    assert "[Solo] within a line" in broken
    assert "not closed" in broken
    assert "empty tag" in broken
    sung = TextToMusic("pop", lyrics="[Verse]\nla", instrumental=True)
    assert "to be instrumental" in messages(sung)[0]


def test_length_is_told_when_it_nears_the_models_limit_or_exceeds_anothers():
    """So that a prompt can be kept fit for several models."""
    near = messages(TextToMusic("x" * 990, model="suno-5.5"))
    assert any("990 of the 1,000 letters" in message for message in near)
    long = messages(TextToMusic("x" * 1_500, model="minimax-music-2.6"))
    assert any("too long for" in message and "suno-5.5" in message for message in long)
    assert messages(ReferenceAudioToMusic("pop", reference_audio="https://example.com/a.wav")) == []


@pytest.mark.parametrize(
    "terms",
    [3, None, b"x", [3], ["x" * 201], "no/such/file", ["a"] + [f"t{n}" for n in range(10_001)]],
)
def test_list_that_is_none_is_refused(terms):
    """With the field's name."""
    with pytest.raises(InvalidInput, match="terms"):
        check_prompt(TextToMusic("pop"), terms)
    with pytest.raises(InvalidInput, match="brief"):
        check_prompt("pop", ["x"])
