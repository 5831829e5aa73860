"""The form's fields: what the catalogue offers, what Python sets, what is left without a kernel."""

from __future__ import annotations

import dataclasses
import re
from decimal import Decimal
from typing import Any

import pytest

from musicnb import catalogue
from musicnb.briefs import TextToMusic
from musicnb.catalogue import AUTO, MODELS, TEXT_TO_MUSIC, Length, Mode, Model, Option
from musicnb.errors import InvalidInput
from musicnb.widgets import Form
from musicnb.widgets._board_page import joined
from musicnb.widgets._form import _SCRIPTS

SVG = "http://www.w3.org/2000/svg"


@pytest.fixture
def sent() -> list[TextToMusic]:
    """Collect what is submitted."""
    return []


@pytest.fixture
def form(sent: list[TextToMusic]) -> Form:
    """Build an empty form."""
    return Form(submit=sent.append, service="sandbox · offline · free")


def new_model() -> Model:
    """Build a model the catalogue does not have, with an option of each kind."""
    text = Length(1, 40, required=True)
    modes = {
        (TEXT_TO_MUSIC, name): Mode(name, text, Length(0, 60 if name == "vocal" else 0), text)
        for name in ("vocal", "instrumental")
    }
    options = (
        Option("sparkle", "share", "Sparkle", "How bright."),
        Option("era", "choice", "Era", "Which decade.", choices=(("70", "seventies"),)),
        Option("shout", "bool", "Shout", "Louder."),
        Option("avoid", "text", "Avoid", "What to avoid.", maximum=10),
    )
    return Model(
        "nova-1", "Nova 1", Decimal("12.5"), 3, "nova", "New.", "nova", options=options, modes=modes
    )


# --------------------------------------------------------------------------------- schema


def test_schema_offers_every_model_with_its_price_and_its_options(form: Form) -> None:
    """The page is told of each model of the catalogue, and of nothing else but auto."""
    offered = {model["id"]: model for model in form.schema["models"]}
    assert list(offered) == [*MODELS, AUTO]
    for model in MODELS.values():
        shown = offered[model.id]
        assert (shown["label"], shown["about"]) == (model.label, model.about)
        assert shown["price"].startswith(f"{model.credits:.0f} credits · $0.0")
        assert shown["clips"].split()[0] == str(model.clips)
        assert shown["options"] == [
            {
                "name": option.name,
                "kind": option.kind,
                "label": option.label,
                "help": option.help,
                "choices": [list(choice) for choice in option.choices],
                "maximum": 1 if option.kind == "share" else option.maximum,
                "step": 0.01,
                "endpoint": option.capability or "",
            }
            for option in model.options
        ]


def test_schema_has_the_request_s_own_fields_in_their_order(form: Form) -> None:
    """The fields that every model shares are those of a brief."""
    names = [field["name"] for field in form.schema["fields"]]
    assert names == ["model", "prompt", "lyrics", "instrumental", "title"]
    assert {*names, "options", "metadata"} == {
        field.name for field in dataclasses.fields(TextToMusic)
    }


def test_prices_of_the_form_are_the_catalogue_s(form: Form) -> None:
    """The dollars and credits shown are those that a plan or a wallet would state."""
    prices = {model["id"]: (model["price"], model["clips"]) for model in form.schema["models"]}
    assert prices == {
        "suno-5.5": ("80 credits · $0.08", "2 clips"),
        "minimax-music-2.6": ("50 credits · $0.05", "1 clip"),
        "auto": ("50–80 credits · $0.05–0.08", "1–2 clips"),
    }
    for model_id in catalogue.known_models():
        form.set(model=model_id)
        low, high = form.brief.price.credits_low, form.brief.price.credits_high
        assert {str(int(low)), str(int(high))} == set(
            form.verdict["price"].split(" credits")[0].split("–")
        )


def test_a_new_model_appears_by_itself(sent: list[TextToMusic]) -> None:
    """A model added to the table brings its card, its price and its options."""
    form = Form(submit=sent.append, models={**MODELS, "nova-1": new_model()}, model="nova-1")
    card = form.schema["models"][-2]
    assert (card["label"], card["price"], card["clips"]) == (
        "Nova 1", "12.5 credits · $0.0125", "3 clips",
    )  # fmt: skip
    assert [option["kind"] for option in card["options"]] == ["share", "choice", "bool", "text"]
    assert form.schema["models"][-1]["price"] == "12.5–80 credits · $0.0125–0.08"
    form.set(sparkle=0.5)
    assert form.brief.options == {"sparkle": 0.5}
    assert form.verdict["limits"]["prompt"]["maximum"] == 40


def test_a_new_model_in_the_catalogue_can_be_sent(
    monkeypatch: pytest.MonkeyPatch, sent: list[TextToMusic]
) -> None:
    """Once the catalogue knows a model, the form needs nothing else to send it."""
    table = {**MODELS, "nova-1": new_model()}
    monkeypatch.setattr(catalogue, "MODELS", table)
    monkeypatch.setattr("musicnb.catalogue._rules.MODELS", table)
    form = Form(submit=sent.append, model="nova-1", prompt="a", title="b", era="70", shout=False)
    form.generate()
    assert sent[0].request().body()["model_options"] == {"nova": {"era": "70", "shout": False}}


def test_an_option_added_to_a_model_appears_by_itself(sent: list[TextToMusic]) -> None:
    """An option is one entry of the catalogue, and then a field of the form."""
    suno = MODELS["suno-5.5"]
    more = dataclasses.replace(
        suno, options=(*suno.options, Option("swing", "share", "Swing", "How much."))
    )
    form = Form(submit=sent.append, models={more.id: more})
    assert form.schema["models"][0]["options"][-1]["label"] == "Swing"
    assert form.values["swing"] is None


# --------------------------------------------------------------------------------- set and values


def test_values_can_be_set_again_and_say_what_is_not_set(form: Form) -> None:
    """What values gives, set takes; an untouched option is None."""
    form.set(prompt="a", style_weight=0.25, instrumental=True, title="t")
    values = form.values
    assert values["style_weight"] == 0.25
    assert values["vocal_gender"] is None
    brief = form.brief
    form.set(model="auto")
    form.set(**values)
    assert (form.values, form.brief) == (values, brief)


@pytest.mark.parametrize(
    ("fields", "named"),
    [
        ({"tempo": 96}, "tempo"),
        ({"model": "suno-9"}, "model"),
        ({"model": ["suno-5.5"]}, "model"),
        ({"prompt": 5}, "prompt"),
        ({"lyrics": b"la"}, "lyrics"),
        ({"title": ["t"]}, "title"),
        ({"instrumental": "yes"}, "instrumental"),
        ({"instrumental": 1}, "instrumental"),
        ({"style_weight": "0.5"}, "style_weight"),
        ({"style_weight": True}, "style_weight"),
        ({"style_weight": float("nan")}, "style_weight"),
        ({"negative_tags": 3}, "negative_tags"),
        ({"vocal_gender": "x"}, "vocal_gender"),
        ({"vocal_gender": []}, "vocal_gender"),
        ({"custom_mode": "true"}, "custom_mode"),
        ({"lyrics_optimizer": True}, "lyrics_optimizer: is an option of minimax-music-2.6"),
        (
            {"audio_weight": 0.5},
            "audio_weight: works only with reference audio, and the form is set to the other",
        ),
        ({"model": "auto", "style_weight": 0.5}, "style_weight"),
    ],
)
def test_set_refuses_by_name_and_changes_nothing(
    form: Form, fields: dict[str, Any], named: str
) -> None:
    """A field that does not exist or cannot hold the value is an error that names it."""
    form.set(prompt="before")
    before = form.values
    with pytest.raises(InvalidInput, match=named):
        form.set(**{"title": "after", **fields})
    assert form.values == before
    assert form.verdict["faults"] == {}


def test_set_names_every_wrong_field_at_once(form: Form) -> None:
    """Two mistakes are two faults of one error."""
    with pytest.raises(InvalidInput) as caught:
        form.set(prompt=1, tempo=2)
    assert [fault.field for fault in caught.value.faults] == ["prompt", "tempo"]


def test_the_constructor_refuses_as_set_does() -> None:
    """A misspelt field of a new form is an error, not a silence."""
    with pytest.raises(InvalidInput, match="promt"):
        Form(submit=print, promt="a")


def test_none_takes_an_option_back_and_empties_a_text(form: Form) -> None:
    """After None, nothing of the field is sent."""
    form.set(prompt="a", title="t", style_weight=0.5)
    form.set(title=None, style_weight=None)
    assert form.brief == TextToMusic("a")


# --------------------------------------------------------------------------------- as shown


def test_reopened_form_says_what_it_is(form: Form) -> None:
    """Without a kernel the text says how to use the form and what was filled in."""
    form.set(prompt="dream\npop", title="Slow Light", style_weight=0.5)
    assert form.text() == (
        "Form: run this cell to use it"
        " (Model: Suno 5.5; Prompt: dream pop; Title: Slow Light; Style weight: 0.5)"
    )
    assert f"mnb-static-{form.uid}" in form.static_html()
    bundle = form._repr_mimebundle_()
    assert bundle is not None
    assert bundle[0]["text/plain"] == form.text()


def test_balance_and_service_are_shown_as_given(form: Form) -> None:
    """The two lines are the caller's words."""
    form.set_balance("1,240 credits")
    assert (form.service, form.balance) == ("sandbox · offline · free", "1,240 credits")


def test_the_page_s_sources_reach_for_nothing_outside_and_write_no_markup() -> None:
    """No address, no import and no innerHTML stands in the page's files."""
    for forbidden in ("http://", "https://", "import ", "innerHTML", "insertAdjacentHTML", "eval("):
        # the name of SVG is no address that anybody asks for
        assert forbidden not in Form._esm.replace(SVG, "")
        assert forbidden not in Form._css


def test_the_page_names_no_model_option_or_limit() -> None:
    """Everything about models comes through the schema; the page has no list of its own."""
    names = {option.name for model in MODELS.values() for option in model.options}
    labels = {model.label for model in MODELS.values()} | set(MODELS)
    limits = {"80", "100", "200", "1000", "2000", "3500", "5000"}
    words = set(re.findall(r"[\w.-]+", Form._esm.replace(SVG, "")))
    assert words & (names | labels) == set()
    own = joined(tuple(name for name in _SCRIPTS if "form" in name))  # a player has numbers, too
    assert set(re.findall(r"[\w.-]+", own)) & limits == set()
    assert not any(label in Form._esm for label in labels)
