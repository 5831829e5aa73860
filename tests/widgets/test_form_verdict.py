"""Verdicts and code: what the form says about every combination agrees with what would be sent."""

from __future__ import annotations

import itertools
from dataclasses import replace
from typing import Any

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

import musicnb.briefs
from musicnb.briefs import TextToMusic
from musicnb.catalogue import AUTO, MODELS, TEXT_TO_MUSIC, mode_of
from musicnb.widgets._form_code import code_for
from musicnb.widgets._form_values import TEXTS, Values, changed
from musicnb.widgets._form_verdict import lengths_of, modes_of, unusable_fields, verdict_on

BOTH_WAYS = "or turn on Instrumental, or “Write the lyrics for me” in the options"
KNOBS: dict[str, list[dict[str, Any]]] = {
    "suno-5.5": [
        {},
        {"custom_mode": True},
        {"custom_mode": False},
        {"style_weight": 0.29},
        {"custom_mode": True, "vocal_gender": "m", "negative_tags": "brass"},
    ],
    "minimax-music-2.6": [{}, {"lyrics_optimizer": True}, {"lyrics_optimizer": False}],
    AUTO: [{}],
}
COMBINATIONS = [
    Values(model, "p", lyrics, instrumental, title, {model: knobs})
    for model in (*MODELS, AUTO)
    for knobs in KNOBS[model]
    for lyrics, instrumental, title in itertools.product(("", "la"), (None, True, False), ("", "t"))
]


@pytest.mark.parametrize("values", COMBINATIONS)
def test_the_form_may_be_sent_exactly_when_the_brief_has_no_faults(values: Values) -> None:
    """The verdict is the brief's own, with every fault in it and a reason whenever it is no."""
    verdict, faults = verdict_on(values, MODELS), values.brief(MODELS).faults()
    assert verdict["can_send"] == (not faults)
    assert bool(verdict["why_not"]) == bool(faults)
    assert set(verdict["faults"]) == {fault.field for fault in faults}
    assert sum(map(len, verdict["faults"].values())) == len(
        {(fault.field, fault.message) for fault in faults}
    )


@pytest.mark.parametrize(
    "values", [one for one in COMBINATIONS if one.model != AUTO and not one.brief(MODELS).faults()]
)
def test_the_mode_is_that_of_the_request_as_sent(values: Values) -> None:
    """What the form adds in thought is what the brief adds in fact."""
    model = MODELS[values.model]
    options = (
        values.brief(MODELS).request().body().get("model_options", {}).get(model.namespace, {})
    )
    sent_as = mode_of(model, TEXT_TO_MUSIC, instrumental=bool(values.instrumental), options=options)
    assert modes_of(values, MODELS) == [sent_as]
    shown = verdict_on(values, MODELS)
    assert shown["mode"] == f"{sent_as.name} mode"
    assert {**values.knobs(MODELS), **shown["implied"]} == options


@pytest.mark.parametrize("name", TEXTS)
@pytest.mark.parametrize("values", COMBINATIONS)
def test_the_limit_shown_is_the_limit_applied(values: Values, name: str) -> None:
    """A text of the shown length raises no fault about its length; one character more does."""
    limit = lengths_of(values, MODELS)[name]
    if limit.maximum == 0 or (values.instrumental and values.lyrics):
        return  # not taken at all, or refused as a contradiction before lengths are looked at
    fitting = replace(values, **{name: "x" * limit.maximum})
    too_long = replace(values, **{name: "x" * (limit.maximum + 1)})
    # the limit is stated for the mode the other fields lead to, and writing may switch that mode
    if lengths_of(fitting, MODELS)[name].maximum == limit.maximum:
        assert not any("characters" in text for text in _faults(fitting, name))
        assert any("characters" in text for text in _faults(too_long, name))


@pytest.mark.parametrize("values", COMBINATIONS)
def test_a_required_text_is_one_whose_absence_is_a_fault(values: Values) -> None:
    """The word required stands beside a field exactly when leaving it empty is refused."""
    if values.instrumental and values.lyrics:
        return  # refused as a contradiction before lengths are looked at
    limits = verdict_on(values, MODELS)["limits"]
    for name in TEXTS:
        if not getattr(values, name) and values.model != AUTO:
            missing = any("is empty" in text for text in _faults(values, name))
            assert limits[name]["required"] == missing


@pytest.mark.parametrize("values", [one for one in COMBINATIONS if one.lyrics])
def test_what_does_not_apply_is_disabled_with_a_reason_once_parked(values: Values) -> None:
    """A text that its mode does not take says so, and without it the form has no fault there."""
    parked = replace(values, parked=unusable_fields(values, MODELS))
    verdict = verdict_on(parked, MODELS)
    assert set(verdict["off"]) == parked.parked
    if parked.parked:
        assert "lyrics" not in verdict["faults"]
        assert "takes no lyrics" in verdict["off"]["lyrics"]


@pytest.mark.parametrize(
    ("values", "limit", "mode"),
    [
        (Values("suno-5.5"), 500, "simple mode"),
        (Values("suno-5.5", lyrics="la"), 1000, "custom vocal mode"),
        (Values("suno-5.5", options={"suno-5.5": {"style_weight": 0.5}}), 1000,
         "custom vocal mode"),
        (Values("minimax-music-2.6"), 2000, "vocal mode"),
        (Values("minimax-music-2.6", instrumental=True), 2000, "instrumental mode"),
        (Values("auto"), 500, ""),
        (Values("auto", instrumental=True), 2000, ""),
        (Values("auto", lyrics="la", title="t"), 2000, ""),
    ],
)  # fmt: skip
def test_the_prompt_s_limit_follows_the_mode(values: Values, limit: int, mode: str) -> None:
    """The counter's limit changes with what was chosen; auto takes the widest that can still be."""
    verdict = verdict_on(values, MODELS)
    assert (verdict["limits"]["prompt"]["maximum"], verdict["mode"]) == (limit, mode)


def test_what_is_missing_is_said_by_label() -> None:
    """The line beside Generate names fields as the form does."""
    values = Values("suno-5.5", lyrics="la", options={"suno-5.5": {"weirdness_constraint": 2}})
    why_not = verdict_on(values, MODELS)["why_not"]
    assert (
        why_not == "Still needed for custom vocal mode: Prompt and Title · Please check: Weirdness"
    )


@pytest.mark.parametrize(
    ("values", "why_not", "helpful"),
    [
        (
            Values("minimax-music-2.6", "p"),
            f"Still needed for vocal mode: Lyrics ({BOTH_WAYS})",
            ["Write the lyrics for me"],
        ),
        (
            Values("suno-5.5", "p", title="t", options={"suno-5.5": {"style_weight": 0.5}}),
            "Still needed for custom vocal mode: Lyrics (or turn on Instrumental)",
            [],
        ),
        (Values("suno-5.5", "p", "la"), "Still needed for custom vocal mode: Title", []),
        (Values("suno-5.5"), "Still needed: Prompt", []),
    ],
)
def test_what_would_do_instead_of_a_missing_text_is_named(
    values: Values, why_not: str, helpful: list[str]
) -> None:
    """Each switch named makes the fault go, as the brief itself says."""
    verdict = verdict_on(values, MODELS)
    assert (verdict["why_not"], verdict["helpful"]) == (why_not, helpful)


@pytest.mark.parametrize("blank", [" ", "\n", "\t \n"])
def test_blank_text_counts_as_left_out(blank: str) -> None:
    """One Enter in the lyrics neither switches the mode nor is sent; nor does a blank option."""
    values = Values(
        "suno-5.5", "p", blank, title=blank, options={"suno-5.5": {"negative_tags": blank}}
    )
    verdict = verdict_on(values, MODELS)
    assert (verdict["mode"], verdict["can_send"]) == ("simple mode", True)
    assert verdict["code"] == code_for(TextToMusic("p"))
    assert values.flat(MODELS)["negative_tags"] is None
    instrumental = replace(values, instrumental=True)
    assert verdict_on(instrumental, MODELS)["can_send"]
    assert unusable_fields(instrumental, MODELS) == frozenset()


# --------------------------------------------------------------------------------- code

TEXT = st.text(
    st.characters(codec=None) | st.sampled_from("\n\r\t\"'\\\u2028\x85\u202e{}"), max_size=60
)
BRIEFS = st.builds(
    TextToMusic,
    TEXT,
    model=st.sampled_from([*MODELS, AUTO]),
    lyrics=st.none() | TEXT,
    instrumental=st.none() | st.booleans(),
    title=st.none() | TEXT,
    options=st.dictionaries(
        st.sampled_from(["style_weight", "custom_mode", "negative_tags", 'it\'s "odd"']),
        st.booleans() | st.floats(allow_nan=False, allow_infinity=False) | st.integers() | TEXT,
    ),
)


@given(BRIEFS)
@settings(max_examples=300, deadline=None)
def test_code_evaluates_to_an_equal_brief(brief: TextToMusic) -> None:
    """Pasting the code asks for the same music, whatever was typed."""
    received: list[TextToMusic] = []

    class Studio:
        generate = staticmethod(received.append)

    eval(code_for(brief), {"studio": Studio, "mnb": musicnb.briefs})  # noqa: S307 - the claim
    assert received == [brief]


@given(BRIEFS)
def test_code_holds_only_printable_characters(brief: TextToMusic) -> None:
    """Nothing invisible is pasted: no direction marks, no control characters."""
    assert all(line.isprintable() for line in code_for(brief).split("\n"))


def test_code_says_only_what_was_set() -> None:
    """An untouched form is a short call, and several lines of lyrics stay readable."""
    assert code_for(TextToMusic("a")) == (
        'studio.generate(\n    mnb.TextToMusic(\n        prompt="a",\n'
        '        model="suno-5.5",\n    )\n)'
    )
    assert '            "[Verse]\\n"\n            "la"\n' in code_for(
        TextToMusic("a", lyrics="[Verse]\nla")
    )


def _faults(values: Values, name: str) -> list[str]:
    return [fault.message for fault in values.brief(MODELS).faults() if fault.field == name]


def test_advice_stands_with_its_field_and_stops_nothing() -> None:
    """A word on somebody's list, and lyrics whose sections nobody can tell."""
    values = changed(
        Values("suno-5.5"),
        MODELS,
        {"prompt": "like Daft Punk", "lyrics": "no tags here", "title": "Slow Light"},
    )
    verdict = verdict_on(values, MODELS, terms=("daft punk",))
    assert verdict["advice"]["prompt"] == ["has 'daft punk', which is on your list"]
    assert "no section tags" in verdict["advice"]["lyrics"][0]
    assert verdict["can_send"]
