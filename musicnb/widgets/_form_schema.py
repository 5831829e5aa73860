"""The form as data, read from the catalogue: what the page builds its fields from."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any, Final

from musicnb.catalogue import (
    AUTO,
    REFERENCE_TO_MUSIC,
    TEXT_TO_MUSIC,
    Capability,
    Model,
    Option,
    Price,
    amount_text,
    dollars_text,
)
from musicnb.widgets._form_limits import limits_for_page
from musicnb.widgets._form_values import ENDPOINTS, MOST_TIMES, makes
from musicnb.wire import MusicRequest

SECTION_TAGS: Final = ("Intro", "Verse", "Pre-Chorus", "Chorus", "Bridge", "Solo", "Outro")

# The words beside the fields that every model shares; a request has no others to offer. Which of
# them exist, and in which order, is read from the request itself.
_WORDS: Final[Mapping[str, Mapping[str, Any]]] = {
    "model": {"kind": "model", "label": "Model"},
    "prompt": {
        "kind": "long",
        "label": "Prompt",
        "help": "Style, mood, instruments, tempo and length, in words.",
        "example": "dream pop, warm analog drums, hushed voice, 96 bpm, about two minutes",
    },
    "lyrics": {
        "kind": "long",
        "label": "Lyrics",
        "help": "Words to sing. Section tags shape the song.",
        "example": "[Verse]\nStreetlights hum a slower tune …",
        "tags": [f"[{tag}]" for tag in SECTION_TAGS],
    },
    "instrumental": {
        "kind": "flag",
        "label": "Instrumental",
        "help": "Music only, no voice.",
    },
    "title": {
        "kind": "line",
        "label": "Title",
        "help": "Names the piece and its files.",
        "example": "Slow Light",
    },
}
REFERENCE_LABEL: Final = "Reference audio"
_ENDPOINT_LABELS: Final[Mapping[Capability, str]] = {
    TEXT_TO_MUSIC: "From words",
    REFERENCE_TO_MUSIC: "From reference audio",
}
_AUTO_WORDS: Final = {
    "label": "Auto",
    "about": "The service picks the model; you pay for the one it picks.",
    "no_options": "Auto has no options of its own. Choose a model to set its options.",
}


def schema_of(models: Mapping[str, Model]) -> dict[str, Any]:
    """Describe every field, model, option, price, clip count and limit for the page."""
    return {
        "endpoints": [
            {"id": endpoint, "label": _ENDPOINT_LABELS[endpoint]}
            for endpoint in ENDPOINTS
            if any(makes(model, endpoint) for model in models.values())
        ],
        "reference": {
            "label": REFERENCE_LABEL,
            "address": "https:// address, path, or an upload's id",
            **limits_for_page(models),
        },
        "most_times": MOST_TIMES,
        "fields": [
            {"name": name, **_WORDS[name]} for name in MusicRequest.model_fields if name in _WORDS
        ],
        "models": [_model(model, models) for model in models.values()]
        + [
            {
                "id": AUTO,
                **_AUTO_WORDS,
                **_price(AUTO, models),
                "endpoints": list(ENDPOINTS),
                "options": [],
            }
        ],
    }


def label_of(name: str, model: Model | None) -> str:
    """Return what the form calls a field or an option."""
    if name in _WORDS:
        return str(_WORDS[name]["label"])
    if name == "reference_audio":
        return REFERENCE_LABEL
    option = model.option(name) if model else None
    return option.label if option else name


def model_label(model_id: str, models: Mapping[str, Model]) -> str:
    """Return what the form calls a model."""
    return models[model_id].label if model_id in models else _AUTO_WORDS["label"]


def price_in(
    models: Mapping[str, Model],
    model_id: str,
    endpoint: Capability = TEXT_TO_MUSIC,
    times: int = 1,
) -> Price:
    """Price some equal tasks out of the models this form offers."""
    able = [model for model in models.values() if makes(model, endpoint)]
    chosen = able if model_id == AUTO else [models[model_id]]
    credits_each = [one.credits * times for one in chosen]
    clips = [one.clips * times for one in chosen]
    return Price(min(credits_each), max(credits_each), min(clips), max(clips))


def price_text(price: Price) -> str:
    """Write a price as credits and dollars: ``80 credits · $0.08``."""
    amount = _span(amount_text(price.credits_low), amount_text(price.credits_high))
    dollars = _span(dollars_text(price.credits_low), dollars_text(price.credits_high))
    return f"{amount} credit{'' if amount == '1' else 's'} · ${dollars}"


def clips_text(price: Price) -> str:
    """Write how many clips to expect: ``2 clips``."""
    clips = _span(str(price.clips_low), str(price.clips_high))
    return f"{clips} clip{'' if clips == '1' else 's'}"


def _model(model: Model, models: Mapping[str, Model]) -> dict[str, Any]:
    return {
        "id": model.id,
        "label": model.label,
        "about": model.about,
        "no_options": f"{model.label} has no options.",
        **_price(model.id, models),
        "endpoints": [endpoint for endpoint in ENDPOINTS if makes(model, endpoint)],
        "options": [_option(option) for option in model.options],
    }


def _price(model_id: str, models: Mapping[str, Model]) -> dict[str, str]:
    price = price_in(models, model_id)
    return {"price": price_text(price), "clips": clips_text(price)}


def _option(option: Option) -> dict[str, Any]:
    return {
        "name": option.name,
        "kind": option.kind,
        "label": option.label,
        "help": option.help,
        "choices": [list(choice) for choice in option.choices],
        # a share is from 0 to 1 in hundredths by its definition; a text's maximum is characters
        "maximum": 1 if option.kind == "share" else option.maximum,
        "step": 0.01,
        "endpoint": option.capability or "",
    }


def _span(low: str, high: str) -> str:
    return low if low == high else f"{low}–{high}"
