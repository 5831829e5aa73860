"""What stands in the form's fields: taken from Python or from the page, turned into a brief."""

from __future__ import annotations

import math
import sys
from collections.abc import Mapping
from dataclasses import dataclass, field, fields, replace
from typing import Any, Final

from musicnb.briefs import Brief, ReferenceAudioToMusic, TextToMusic
from musicnb.catalogue import (
    AUTO,
    REFERENCE_TO_MUSIC,
    TEXT_TO_MUSIC,
    Capability,
    Model,
    Option,
    mode_of,
)
from musicnb.errors import Fault, InvalidInput
from musicnb.widgets._form_desk import Reference

TEXTS: Final = ("prompt", "lyrics", "title")
ENDPOINTS: Final[tuple[Capability, ...]] = (TEXT_TO_MUSIC, REFERENCE_TO_MUSIC)
MOST_TIMES: Final = 10

Options = Mapping[str, Any]


@dataclass(frozen=True)
class Values:
    """The fields of a form, whatever their faults.

    Parameters
    ----------
    instrumental
        None is "not said", as in a brief.
    options
        Model id → the options that were set for it, so that trying another model loses nothing.
    parked
        Fields that are kept on the page but not sent: the page shows them disabled, with the
        reason, or hides them.
    endpoint
        Whether music is made from words or from a recording.
    simple
        Whether a prompt is all that is said: title, lyrics and options are kept and not sent.
    times
        How many orders one press is.
    reference
        The recording that is followed; kept, and not sent, where music is made from words.
    """

    model: str
    prompt: str = ""
    lyrics: str = ""
    instrumental: bool | None = None
    title: str = ""
    options: Mapping[str, Options] = field(default_factory=dict)
    parked: frozenset[str] = frozenset()
    endpoint: Capability = TEXT_TO_MUSIC
    simple: bool = False
    times: int = 1
    reference: Reference | None = None

    def text(self, name: str) -> str:
        """Return a text as it counts: empty while it is blank, as in a brief, or parked."""
        text = str(getattr(self, name))
        return "" if name in self.left_out or not text.strip() else text

    @property
    def left_out(self) -> frozenset[str]:
        """The fields that are kept and not sent."""
        return self.parked | _OF_CUSTOM if self.simple else self.parked

    def knobs(self, models: Mapping[str, Model]) -> dict[str, Any]:
        """Return the chosen model's options that count, in the order they were set."""
        model = models.get(self.model)
        if self.simple:
            return {} if self.wants_instrumental else writes_lyrics(model, self.endpoint)
        known = {option.name for option in offered(model, self.endpoint)}
        return {
            name: value
            for name, value in self.options.get(self.model, {}).items()
            if name in known and not _is_blank(value)
        }

    @property
    def wants_instrumental(self) -> bool | None:
        """Whether there is to be no voice; None is not said, or not taken here."""
        return None if "instrumental" in self.parked else self.instrumental

    def brief(self, models: Mapping[str, Model]) -> Brief:
        """Build what a Python user would build; an empty text is a text left out."""
        fields_of_both: dict[str, Any] = {
            "prompt": self.text("prompt"),
            "model": self.model,
            "lyrics": self.text("lyrics") or None,
            "instrumental": self.wants_instrumental,
            "title": self.text("title") or None,
            "options": self.knobs(models),
        }
        if self.endpoint == TEXT_TO_MUSIC:
            return TextToMusic(**fields_of_both)
        source = self.reference.source if self.reference else ""
        return ReferenceAudioToMusic(**fields_of_both, reference_audio=source)

    def flat(self, models: Mapping[str, Model]) -> dict[str, Any]:
        """Return field → value as `Form.set` takes them; an option that is not set is None."""
        plain = {name: getattr(self, name) for name in _OWN} | {
            name: self.text(name) for name in TEXTS
        }
        plain["instrumental"] = self.wants_instrumental
        knobs = {} if self.simple else self.knobs(models)
        return plain | {
            option.name: knobs.get(option.name)
            for option in offered(models.get(self.model), self.endpoint)
        }

    def on_page(self) -> dict[str, Any]:
        """Return the fields as the page holds them; the recording is told apart from them."""
        plain = {name: getattr(self, name) for name in _OWN if name != "reference"}
        options = {model_id: dict(knobs) for model_id, knobs in self.options.items()}
        page: dict[str, Any] = sendable(plain | {"options": options})
        return page


_OWN: Final = tuple(item.name for item in fields(Values) if item.name not in ("options", "parked"))
_OF_CUSTOM: Final = frozenset({"lyrics", "title"})


def offered(model: Model | None, endpoint: Capability) -> tuple[Option, ...]:
    """Return the options of a model that an endpoint knows; none for ``auto``."""
    if model is None:
        return ()
    return tuple(one for one in model.options if one.capability in (None, endpoint))


def makes(model: Model, endpoint: Capability) -> bool:
    """Whether a model offers an endpoint at all."""
    return any(capability == endpoint for capability, _ in model.modes)


def writes_lyrics(model: Model | None, endpoint: Capability) -> dict[str, bool]:
    """Return the option that has a model write the words, where it needs any."""
    if model is None or not makes(model, endpoint):
        return {}
    if not mode_of(model, endpoint, instrumental=False, options={}).lyrics.required:
        return {}
    for option in offered(model, endpoint):
        if option.kind == "bool":
            on = {option.name: True}
            if not mode_of(model, endpoint, instrumental=False, options=on).lyrics.required:
                return on
    return {}


def filled_from(brief: Brief, models: Mapping[str, Model], reference: Reference | None) -> Values:
    """Return the fields that ask for what a brief asks for.

    Parameters
    ----------
    reference
        What is known of the brief's recording.

    Raises
    ------
    InvalidInput
        The form does not offer its model, or not one of its options.
    """
    options = dict(brief.options)
    # what a brief sets by itself is no choice of its owner's
    if options.get("custom_mode") is True:
        without = {name: value for name, value in options.items() if name != "custom_mode"}
        if brief.with_changes(options=without).draft() == brief.draft():
            options = without
    names = ("prompt", "model", "lyrics", "instrumental", "title")
    news = {name: getattr(brief, name) for name in names} | options
    news |= {"endpoint": brief.capability, "reference": reference, "simple": False}
    return changed(Values(brief.model), models, news)


def changed(values: Values, models: Mapping[str, Model], news: Mapping[str, Any]) -> Values:
    """Change fields from Python; a text that a programmer sets always counts.

    Raises
    ------
    InvalidInput
        Every unknown name and every value of a wrong type, by name; nothing is changed then.
    """
    model_id = news.get("model", values.model)
    faults = []
    if not isinstance(model_id, str) or model_id not in (*models, AUTO):
        known = ", ".join((*models, AUTO))
        message = f"there is no model {model_id!r}; choose one of {known}"
        raise InvalidInput.from_faults([Fault("model", "/model", message, "unsupported_model")])
    knobs = dict(values.options.get(model_id, {}))
    plain: dict[str, Any] = {}
    endpoint = news.get("endpoint", values.endpoint)
    if news.get("reference") is not None and "endpoint" not in news:
        endpoint = plain["endpoint"] = REFERENCE_TO_MUSIC
    if model_id in models and endpoint in ENDPOINTS and not makes(models[model_id], endpoint):
        word = "reference audio" if endpoint == REFERENCE_TO_MUSIC else "words alone"
        faults.append(Fault("model", "/model", f"{model_id} makes no music from {word}"))
    options = {option.name: option for option in offered(models.get(model_id), endpoint)}
    for name, value in news.items():
        if name in _OWN:
            complaint = _plain_complaint(name, value)
            # None is how a brief says "left out"
            plain[name] = "" if value is None and name in TEXTS else value
        elif name in options:
            complaint = None if value is None else _type_complaint(options[name], value)
            knobs[name] = value
        else:
            complaint = _unknown(name, model_id, models, (*_OWN, *options))
        if complaint:
            faults.append(Fault(name, f"/{name}", complaint))
    if faults:
        raise InvalidInput.from_faults(faults)
    kept = {name: value for name, value in knobs.items() if value is not None}
    # what a programmer sets counts, so it must not stay hidden
    if any(news.get(name) for name in (*_OF_CUSTOM, *options)):
        plain.setdefault("simple", False)
    return replace(
        values,
        **plain,
        options={**values.options, model_id: kept},
        parked=values.parked - set(news),
    )


def heard(values: Values, models: Mapping[str, Model], news: Mapping[str, Any]) -> Values:
    """Take what a page sent; what no page of ours sends is left as it was."""
    plain: dict[str, Any] = {name: news[name] for name in TEXTS if isinstance(news.get(name), str)}
    if news.get("model") in (*models, AUTO):
        plain["model"] = news["model"]
    if "instrumental" in news and news["instrumental"] in (None, True, False):
        plain["instrumental"] = news["instrumental"]
    plain |= {
        name: news[name]
        for name in ("endpoint", "simple", "times")
        if name in news and _plain_complaint(name, news[name]) is None
    }
    if isinstance(news.get("options"), Mapping):
        plain["options"] = {
            model_id: _scalars(knobs, models[model_id])
            for model_id, knobs in news["options"].items()
            if model_id in models and isinstance(knobs, Mapping)
        }
    return _able(replace(values, **plain, parked=frozenset()), models)


def _able(values: Values, models: Mapping[str, Model]) -> Values:
    """Choose another model where the chosen one does not offer the endpoint."""
    model = models.get(values.model)
    if model is None or makes(model, values.endpoint):
        return values
    others = [other.id for other in models.values() if makes(other, values.endpoint)]
    return replace(values, model=others[0] if others else AUTO)


def sendable(value: Any) -> Any:
    """Replace what JSON in UTF-8 cannot carry: half a surrogate pair becomes U+FFFD."""
    if isinstance(value, str):
        return value.encode("utf-16", "surrogatepass").decode("utf-16", "replace")
    if isinstance(value, Mapping):
        return {sendable(key): sendable(one) for key, one in value.items()}
    if isinstance(value, (list, tuple)):
        return [sendable(one) for one in value]
    return value


def _is_blank(value: object) -> bool:
    return isinstance(value, str) and not value.strip()


def _scalars(knobs: Mapping[str, Any], model: Model) -> dict[str, Any]:
    # a wrong value is kept: the catalogue's complaint about it then stands beside its field
    return {
        name: value
        for name, value in knobs.items()
        if model.option(name) and (isinstance(value, (str, bool, int)) or _is_finite(value))
    }


def _is_finite(value: object) -> bool:
    return isinstance(value, float) and math.isfinite(value)


def _plain_complaint(name: str, value: object) -> str | None:
    if name == "instrumental":
        fits = value is None or isinstance(value, bool)
        return None if fits else f"must be True, False or None, not {value!r}"
    if name == "endpoint":
        fits = isinstance(value, str) and value in ENDPOINTS
        return None if fits else f"must be one of {', '.join(ENDPOINTS)}, not {value!r}"
    if name == "simple":
        return None if isinstance(value, bool) else f"must be True or False, not {value!r}"
    if name == "times":
        fits = isinstance(value, int) and not isinstance(value, bool) and 1 <= value <= MOST_TIMES
        return None if fits else f"must be a whole number from 1 to {MOST_TIMES}, not {value!r:.40}"
    if name == "reference":
        return None if value is None or isinstance(value, Reference) else "is no recording"
    fits = isinstance(value, str) or (value is None and name in TEXTS)
    return None if fits else f"must be text, not {value!r}"


def _type_complaint(option: Option, value: object) -> str | None:
    """Refuse only what no field of the form could hold; lengths and ranges are faults to show."""
    match option.kind:
        case "share":
            number = isinstance(value, (int, float)) and not isinstance(value, bool)
            fits = number and abs(value) <= sys.float_info.max  # type: ignore[arg-type]
        case "text":
            fits = isinstance(value, str)
        case _:
            fits = False
    return None if fits else option.complaint(value)


def _unknown(
    name: str, model_id: str, models: Mapping[str, Model], fields_here: tuple[str, ...]
) -> str:
    for other in models.values():
        option = other.option(name)
        if option is not None and other.id == model_id:
            way = "from words" if option.capability == TEXT_TO_MUSIC else "with reference audio"
            return f"works only {way}, and the form is set to the other"
        if option is not None:
            return f"is an option of {other.id}, and the form's model is {model_id}"
    return f"is not a field of this form; it has {', '.join(fields_here)}"
