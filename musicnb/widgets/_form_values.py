"""What stands in the form's fields: taken from Python or from the page, turned into a brief."""

from __future__ import annotations

import math
from collections.abc import Mapping
from dataclasses import dataclass, field, fields, replace
from typing import Any, Final

from musicnb.briefs import TextToMusic
from musicnb.catalogue import AUTO, TEXT_TO_MUSIC, Model, Option
from musicnb.errors import Fault, InvalidInput

TEXTS: Final = ("prompt", "lyrics", "title")

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
        Texts that are kept on the page but not sent: the page shows them disabled, with the reason.
    """

    model: str
    prompt: str = ""
    lyrics: str = ""
    instrumental: bool | None = None
    title: str = ""
    options: Mapping[str, Options] = field(default_factory=dict)
    parked: frozenset[str] = frozenset()

    def text(self, name: str) -> str:
        """Return a text as it counts: empty while it is blank, as in a brief, or parked."""
        text = str(getattr(self, name))
        return "" if name in self.parked or not text.strip() else text

    def knobs(self) -> dict[str, Any]:
        """Return the chosen model's options that were set, in the order they were set."""
        knobs = self.options.get(self.model, {})
        return {name: value for name, value in knobs.items() if not _is_blank(value)}

    def brief(self) -> TextToMusic:
        """Build what a Python user would build; an empty text is a text left out."""
        return TextToMusic(
            prompt=self.text("prompt"),
            model=self.model,
            lyrics=self.text("lyrics") or None,
            instrumental=self.instrumental,
            title=self.text("title") or None,
            options=self.knobs(),
        )

    def flat(self, models: Mapping[str, Model]) -> dict[str, Any]:
        """Return field → value as `Form.set` takes them; an option that is not set is None."""
        plain = {name: getattr(self, name) for name in _OWN} | {
            name: self.text(name) for name in TEXTS
        }
        knobs = self.knobs()
        return plain | {
            option.name: knobs.get(option.name) for option in offered(models.get(self.model))
        }

    def on_page(self) -> dict[str, Any]:
        """Return the fields as the page holds them."""
        plain = {name: getattr(self, name) for name in _OWN}
        options = {model_id: dict(knobs) for model_id, knobs in self.options.items()}
        page: dict[str, Any] = sendable(plain | {"options": options})
        return page


_OWN: Final = tuple(item.name for item in fields(Values) if item.name not in ("options", "parked"))


def offered(model: Model | None) -> tuple[Option, ...]:
    """Return the options of a model that work without reference audio; none for ``auto``."""
    if model is None:
        return ()
    return tuple(one for one in model.options if one.capability in (None, TEXT_TO_MUSIC))


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
    options = {option.name: option for option in offered(models.get(model_id))}
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
    if isinstance(news.get("options"), Mapping):
        plain["options"] = {
            model_id: _scalars(knobs, models[model_id])
            for model_id, knobs in news["options"].items()
            if model_id in models and isinstance(knobs, Mapping)
        }
    return replace(values, **plain, parked=frozenset())


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
    known = {option.name for option in offered(model)}
    return {
        name: value
        for name, value in knobs.items()
        if name in known and (isinstance(value, (str, bool, int)) or _is_finite(value))
    }


def _is_finite(value: object) -> bool:
    return isinstance(value, float) and math.isfinite(value)


def _plain_complaint(name: str, value: object) -> str | None:
    if name == "instrumental":
        fits = value is None or isinstance(value, bool)
        return None if fits else f"must be True, False or None, not {value!r}"
    fits = isinstance(value, str) or (value is None and name in TEXTS)
    return None if fits else f"must be text, not {value!r}"


def _type_complaint(option: Option, value: object) -> str | None:
    """Refuse only what no field of the form could hold; lengths and ranges are faults to show."""
    match option.kind:
        case "share":
            number = isinstance(value, (int, float)) and not isinstance(value, bool)
            fits = number and math.isfinite(float(value))  # type: ignore[arg-type]
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
            return "works only with reference audio, which this form does not take"
        if option is not None:
            return f"is an option of {other.id}, and the form's model is {model_id}"
    return f"is not a field of this form; it has {', '.join(fields_here)}"
