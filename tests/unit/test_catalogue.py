"""The one table of models: its rules refuse what the service would refuse, before paying."""

from decimal import Decimal

import pytest

from musicnb import catalogue
from musicnb.catalogue import REFERENCE_TO_MUSIC, TEXT_TO_MUSIC
from musicnb.errors import InvalidInput

SUNO, MINIMAX = "suno-5.5", "minimax-music-2.6"


def custom(**options: object) -> dict[str, object]:
    return {"suno": {"custom_mode": True, **options}}


ACCEPTED = [
    (TEXT_TO_MUSIC, {"model": SUNO, "prompt": "x" * 500}),
    (TEXT_TO_MUSIC, {"model": SUNO, "prompt": "x", "title": "t" * 80, "instrumental": True}),
    (
        TEXT_TO_MUSIC,
        {"model": SUNO, "prompt": "x" * 1000, "lyrics": "l" * 5000, "title": "t",
         "model_options": custom()},
    ),
    (
        TEXT_TO_MUSIC,
        {"model": SUNO, "prompt": "x", "instrumental": True, "title": "t",
         "model_options": custom(style_weight=0.29, vocal_gender="m", negative_tags="drums")},
    ),
    (TEXT_TO_MUSIC, {"model": MINIMAX, "prompt": "x" * 2000, "instrumental": True}),
    (TEXT_TO_MUSIC, {"model": MINIMAX, "prompt": "x", "lyrics": "l" * 3500, "title": "t" * 100}),
    (
        TEXT_TO_MUSIC,
        {"model": MINIMAX, "prompt": "x", "model_options": {"minimax": {"lyrics_optimizer": True}}},
    ),
    (TEXT_TO_MUSIC, {"model": "auto", "prompt": "x"}),
    (TEXT_TO_MUSIC, {"model": "auto", "prompt": "x", "lyrics": "la", "title": "t"}),
    (REFERENCE_TO_MUSIC, {"model": MINIMAX, "prompt": "x" * 10}),
    (
        REFERENCE_TO_MUSIC,
        {"model": SUNO, "prompt": "x", "instrumental": True, "title": "t",
         "model_options": custom(audio_weight=0.5)},
    ),
]  # fmt: skip

REFUSED = [
    (TEXT_TO_MUSIC, {"model": "suno-9", "prompt": "x"}, "model"),
    (TEXT_TO_MUSIC, {"prompt": "x"}, "model"),
    (TEXT_TO_MUSIC, {"model": SUNO, "prompt": ""}, "prompt"),
    (TEXT_TO_MUSIC, {"model": SUNO, "prompt": "   \n"}, "prompt"),
    (TEXT_TO_MUSIC, {"model": SUNO, "prompt": "x" * 501}, "prompt"),
    (TEXT_TO_MUSIC, {"model": SUNO, "prompt": 5}, "prompt"),
    (TEXT_TO_MUSIC, {"model": SUNO, "prompt": "\ud800"}, "prompt"),
    (TEXT_TO_MUSIC, {"model": SUNO, "prompt": "x", "title": "t" * 81}, "title"),
    (TEXT_TO_MUSIC, {"model": SUNO, "prompt": "x", "lyrics": "la"}, "custom_mode"),
    (TEXT_TO_MUSIC, {"model": SUNO, "prompt": "x", "instrumental": "yes"}, "instrumental"),
    (
        TEXT_TO_MUSIC,
        {"model": SUNO, "prompt": "x", "title": "t", "model_options": custom()},
        "lyrics",
    ),
    (
        TEXT_TO_MUSIC,
        {"model": SUNO, "prompt": "x", "lyrics": "la", "model_options": custom()},
        "title",
    ),
    (
        TEXT_TO_MUSIC,
        {"model": SUNO, "prompt": "x", "lyrics": "l" * 5001, "title": "t",
         "model_options": custom()},
        "lyrics",
    ),
    (
        TEXT_TO_MUSIC,
        {"model": SUNO, "prompt": "x", "instrumental": True, "lyrics": "la", "title": "t",
         "model_options": custom()},
        "lyrics",
    ),
    (
        TEXT_TO_MUSIC,
        {"model": SUNO, "prompt": "x", "model_options": {"suno": {"style_weight": 0.5}}},
        "custom_mode",
    ),
    *[
        (
            TEXT_TO_MUSIC,
            {"model": SUNO, "prompt": "x", "instrumental": True, "title": "t",
             "model_options": custom(**{name: value})},
            name,
        )
        for name, value in [
            ("style_weight", 1.01), ("style_weight", -0.01), ("style_weight", 0.005),
            ("style_weight", True), ("style_weight", "0.5"), ("weirdness_constraint", 2),
            ("style_weight", float("nan")), ("negative_tags", "x" * 201), ("negative_tags", 1),
            ("vocal_gender", "x"), ("audio_weight", 0.5), ("colour", "red"),
        ]
    ],
    (
        TEXT_TO_MUSIC,
        {"model": SUNO, "prompt": "x", "model_options": {"minimax": {"lyrics_optimizer": True}}},
        "minimax",
    ),
    (TEXT_TO_MUSIC, {"model": SUNO, "prompt": "x", "model_options": {"suno": 3}}, "model_options"),
    (TEXT_TO_MUSIC, {"model": SUNO, "prompt": "x", "metadata": {"a": 1}}, "metadata"),
    (TEXT_TO_MUSIC, {"model": MINIMAX, "prompt": "x"}, "lyrics"),
    (TEXT_TO_MUSIC, {"model": MINIMAX, "prompt": "x" * 2001, "instrumental": True}, "prompt"),
    (TEXT_TO_MUSIC, {"model": MINIMAX, "prompt": "x", "lyrics": "l" * 3501}, "lyrics"),
    (TEXT_TO_MUSIC, {"model": MINIMAX, "prompt": "x", "lyrics": "la", "title": "t" * 101}, "title"),
    (TEXT_TO_MUSIC, {"model": "auto", "prompt": "x" * 2001}, "prompt"),
    (TEXT_TO_MUSIC, {"model": "auto", "prompt": "x" * 600}, "prompt"),
    (
        TEXT_TO_MUSIC,
        {"model": "auto", "prompt": "x",
         "model_options": {"minimax": {"lyrics_optimizer": True}, "suno": {"custom_mode": True}}},
        "model_options",
    ),
    (REFERENCE_TO_MUSIC, {"model": MINIMAX, "prompt": "x" * 9}, "prompt"),
    (REFERENCE_TO_MUSIC, {"model": MINIMAX, "prompt": "x" * 301}, "prompt"),
    (REFERENCE_TO_MUSIC, {"model": MINIMAX, "prompt": "x" * 10, "lyrics": "short"}, "lyrics"),
    (
        REFERENCE_TO_MUSIC,
        {"model": MINIMAX, "prompt": "x" * 10, "instrumental": True},
        "instrumental",
    ),
    (
        REFERENCE_TO_MUSIC,
        {"model": MINIMAX, "prompt": "x" * 10,
         "model_options": {"minimax": {"lyrics_optimizer": False}}},
        "lyrics_optimizer",
    ),
    (
        REFERENCE_TO_MUSIC,
        {"model": "auto", "prompt": "x" * 10, "instrumental": True},
        "instrumental",
    ),
    (
        REFERENCE_TO_MUSIC,
        {"model": "auto", "prompt": "x" * 10, "lyrics": "l" * 10},
        "title",
    ),
]  # fmt: skip


@pytest.mark.parametrize(("capability", "body"), ACCEPTED)
def test_request_within_the_limits_has_no_faults(capability, body):
    """What the contract allows is not refused, up to the last character of every limit."""
    assert catalogue.faults_in(capability, body) == []


@pytest.mark.parametrize(("capability", "body", "field"), REFUSED)
def test_request_beyond_a_limit_names_the_field(capability, body, field):
    """Every refusal names the field that is wrong and points into the request."""
    faults = catalogue.faults_in(capability, body)
    assert field in [fault.field for fault in faults]
    assert all(fault.pointer.startswith("/") and fault.message for fault in faults)


def test_all_faults_are_found_not_only_the_first():
    """Three wrong fields give three faults at once."""
    faults = catalogue.faults_in(
        TEXT_TO_MUSIC,
        {
            "model": SUNO,
            "prompt": "x" * 1001,
            "lyrics": "la",
            "model_options": custom(style_weight=5),
        },
    )
    assert {fault.field for fault in faults} == {"style_weight", "prompt", "title"}


def test_auto_resolves_to_the_first_model_that_can_do_it():
    """A long instrumental prompt is beyond suno's simple mode, so minimax does it."""
    short = {"model": "auto", "prompt": "x", "instrumental": True}
    assert catalogue.resolve(TEXT_TO_MUSIC, short).id == SUNO
    assert catalogue.resolve(TEXT_TO_MUSIC, short | {"prompt": "x" * 600}).id == MINIMAX


def test_prices_are_the_contracts():
    """80 credits and two clips, 50 credits and one; auto is the span between them."""
    assert str(catalogue.price_of(SUNO)) == "80 credits ($0.08), 2 clips"
    assert str(catalogue.price_of(MINIMAX)) == "50 credits ($0.05), 1 clip"
    assert str(catalogue.price_of("auto")) == "50–80 credits ($0.05–0.08), 1–2 clips"
    assert catalogue.price_of(SUNO, tasks=12).credits_high == Decimal(960)


def test_unknown_model_lists_those_there_are():
    """The message of a wrong model id says what could have been meant."""
    with pytest.raises(InvalidInput, match=r"no model 'suno'.*suno-5\.5, minimax-music-2\.6, auto"):
        catalogue.price_of("suno")
