"""Which requests the service accepts: every fault of a request, found before a credit is spent."""

from __future__ import annotations

import re
from collections.abc import Iterator, Mapping
from dataclasses import replace
from typing import Any, Final

from musicnb.catalogue._records import REFERENCE_TO_MUSIC, Capability, Length, Mode, Model, Price
from musicnb.catalogue._table import AUTO_REFERENCE, AUTO_TEXT, MODELS
from musicnb.errors import Fault, InvalidInput

AUTO: Final = "auto"
_TEXTS: Final = ("prompt", "lyrics", "title")
_SURROGATE: Final = re.compile("[\ud800-\udfff]")
# Unicode's category Cc without line breaks and tabs
_CONTROL: Final = re.compile(r"[\x00-\x08\x0b\x0c\x0e-\x1f\x7f-\x9f]")


def known_models() -> tuple[str, ...]:
    """Return every value that ``model`` may have."""
    return (*MODELS, AUTO)


def candidates(model_id: str) -> tuple[Model, ...]:
    """Return the models an id may resolve to: itself, or every model for ``auto``.

    Raises
    ------
    InvalidInput
        No such model; the message lists those there are.
    """
    if model_id == AUTO:
        return tuple(MODELS.values())
    if model_id not in MODELS:
        raise InvalidInput.from_faults([_no_such_model(model_id)])
    return (MODELS[model_id],)


def price_of(model_id: str, tasks: int = 1) -> Price:
    """Price some tasks of one model.

    Parameters
    ----------
    model_id
        A key of `MODELS`, or ``"auto"``, whose price is a range until the service has chosen.
    tasks
        How many identical tasks.

    Raises
    ------
    InvalidInput
        No such model.
    """
    models = candidates(model_id)
    prices = [model.credits * tasks for model in models]
    clips = [model.clips * tasks for model in models]
    return Price(min(prices), max(prices), min(clips), max(clips))


def mode_of(
    model: Model, capability: Capability, *, instrumental: bool, options: Mapping[str, Any]
) -> Mode:
    """Return the mode, and so the limits, that a combination of choices leads to.

    Parameters
    ----------
    options
        The model's own options that were set, by name.
    """
    if model.namespace == "suno":
        if not options.get("custom_mode"):
            name = "simple"
        else:
            name = "custom instrumental" if instrumental else "custom vocal"
    elif capability == REFERENCE_TO_MUSIC:
        name = "reference"
    elif instrumental:
        name = "instrumental"
    else:
        name = "written lyrics" if options.get("lyrics_optimizer") else "vocal"
    return model.modes[capability, name]


def auto_mode(capability: Capability, *, has_lyrics: bool) -> Mode:
    """Return what a request for ``auto`` may hold at most, whichever model it resolves to."""
    if capability != REFERENCE_TO_MUSIC:
        return AUTO_TEXT
    if not has_lyrics:
        return AUTO_REFERENCE
    return replace(AUTO_REFERENCE, title=replace(AUTO_REFERENCE.title, required=True))


def resolve(capability: Capability, body: Mapping[str, Any]) -> Model:
    """Choose the model that will do a request: the named one, or for ``auto`` the first that can.

    Raises
    ------
    InvalidInput
        No model can; the error carries every fault.
    """
    faults = faults_in(capability, body)
    if faults:
        raise InvalidInput.from_faults(faults)
    if body["model"] != AUTO:
        return MODELS[body["model"]]
    return next(
        model for model in MODELS.values() if not list(_faults_for(model, capability, body))
    )


def faults_in(capability: Capability, body: Mapping[str, Any]) -> list[Fault]:
    """Find everything wrong with a request, in the order a form shows its fields.

    Parameters
    ----------
    capability
        The endpoint it goes to.
    body
        The request as JSON values: ``model``, ``prompt``, ``lyrics``, ``instrumental``, ``title``,
        ``model_options`` by namespace, ``metadata``. Fields that were left out are absent or None.

    Returns
    -------
    list of Fault
        Empty when the service should accept it.
    """
    model_id = body.get("model")
    if not isinstance(model_id, str) or model_id not in known_models():
        return [_no_such_model(model_id)]
    faults = list(_type_faults(body))
    if faults:
        return faults
    faults = list(_namespace_faults(body))
    if model_id == AUTO:
        faults += _auto_faults(capability, body)
    else:
        faults += _faults_for(MODELS[str(model_id)], capability, body)
    return faults


def _no_such_model(model_id: object) -> Fault:
    return Fault(
        "model",
        "/model",
        f"there is no model {model_id!r}; choose one of {', '.join(known_models())}",
        "unsupported_model",
    )


def _type_faults(body: Mapping[str, Any]) -> Iterator[Fault]:
    for name in _TEXTS:
        value = body.get(name)
        if value is not None and not isinstance(value, str):
            yield Fault(name, f"/{name}", f"must be text, not {value!r}")
        elif value is not None and (complaint := _text_complaint(value)):
            yield Fault(name, f"/{name}", complaint)
    if body.get("instrumental") is not None and not isinstance(body["instrumental"], bool):
        yield Fault(
            "instrumental",
            "/instrumental",
            f"must be True, False or left out, not {body['instrumental']!r}",
        )
    metadata = body.get("metadata")
    if metadata is not None and not (
        isinstance(metadata, Mapping)
        and all(isinstance(key, str) and isinstance(value, str) for key, value in metadata.items())
    ):
        yield Fault("metadata", "/metadata", f"must map text to text, not {metadata!r:.80}")
    elif metadata and (complaint := _text_complaint("".join((*metadata, *metadata.values())))):
        yield Fault("metadata", "/metadata", complaint)
    options = body.get("model_options")
    if options is not None and not (
        isinstance(options, Mapping)
        and all(isinstance(knobs, Mapping) for knobs in options.values())
    ):
        yield Fault("model_options", "/model_options", "must map a namespace to its options")


def _text_complaint(text: str) -> str | None:
    # a lone surrogate is a valid str but cannot be sent as JSON
    if _SURROGATE.search(text):
        return "has characters that are not valid Unicode; retype it"
    if _CONTROL.search(text):
        return "has control characters; remove them"
    return None


def _namespace_faults(body: Mapping[str, Any]) -> Iterator[Fault]:
    known = {model.namespace for model in candidates(body["model"])}
    for namespace in body.get("model_options") or {}:
        if namespace not in known:
            yield Fault(
                namespace,
                f"/model_options/{_escaped(namespace)}",
                f"{body['model']} has no options called {namespace!r};"
                f" it knows {', '.join(sorted(known))}",
                "unsupported_option",
            )


def _auto_faults(capability: Capability, body: Mapping[str, Any]) -> list[Fault]:
    mode = auto_mode(capability, has_lyrics=bool(body.get("lyrics")))
    faults = list(_text_faults(AUTO, mode, body))
    if capability == REFERENCE_TO_MUSIC and body.get("instrumental"):
        faults.append(
            Fault("instrumental", "/instrumental", "auto with reference audio cannot be purely "
                  "instrumental; leave it out or choose suno-5.5")
        )  # fmt: skip
    if faults:
        return faults
    set_namespaces = {name for name, knobs in (body.get("model_options") or {}).items() if knobs}
    by_model = {
        model.id: list(_faults_for(model, capability, body))
        for model in MODELS.values()
        if set_namespaces <= {model.namespace}
    }
    if not by_model:
        return [
            Fault("model_options", "/model_options", "options of several models leave auto no "
                  "choice; set those of one", "unsupported_option")
        ]  # fmt: skip
    if not all(by_model.values()):
        return []
    return [
        Fault(fault.field, fault.pointer, f"{fault.message} ({model_id})", fault.code)
        for model_id, faults_of_model in by_model.items()
        for fault in faults_of_model
    ]


def _faults_for(model: Model, capability: Capability, body: Mapping[str, Any]) -> Iterator[Fault]:
    options = dict((body.get("model_options") or {}).get(model.namespace) or {})
    yield from _option_faults(model, capability, options)
    lyrics, instrumental = body.get("lyrics"), bool(body.get("instrumental"))
    if instrumental and lyrics:
        yield Fault(
            "lyrics",
            "/lyrics",
            "instrumental music has no lyrics; remove them, or leave instrumental out",
        )
        return
    if body["model"] == AUTO and model.namespace == "suno" and lyrics:
        options.setdefault("custom_mode", True)  # the service switches the mode itself for auto
    if model.namespace == "suno" and not options.get("custom_mode"):
        yield from _simple_mode_faults(lyrics, options)
    if model.namespace == "minimax" and capability == REFERENCE_TO_MUSIC:
        yield from _minimax_reference_faults(instrumental=instrumental)
    mode = mode_of(model, capability, instrumental=instrumental, options=options)
    yield from _text_faults(model.id, mode, body)


def _option_faults(
    model: Model, capability: Capability, options: Mapping[str, Any]
) -> Iterator[Fault]:
    for name, value in options.items():
        pointer = f"/model_options/{model.namespace}/{_escaped(name)}"
        option = model.option(name)
        if option is None:
            known = ", ".join(option.name for option in model.options)
            yield Fault(
                str(name),
                pointer,
                f"{model.id} has no such option; it knows {known}",
                "unsupported_option",
            )
        elif option.capability not in (None, capability):
            yield Fault(
                name,
                pointer,
                f"works only with {option.capability.replace('_', ' ')}; leave it out",
                "unsupported_option",
            )
        elif complaint := option.complaint(value) or (
            _text_complaint(value) if isinstance(value, str) else None
        ):
            yield Fault(name, pointer, complaint)


def _simple_mode_faults(lyrics: str | None, options: Mapping[str, Any]) -> Iterator[Fault]:
    """Refuse what only custom mode takes: lyrics and every other option."""
    needs = ["lyrics"] if lyrics else []
    needs += [name for name in options if name != "custom_mode"]
    if needs:
        yield Fault(
            "custom_mode",
            "/model_options/suno/custom_mode",
            f"must be True to use {', '.join(needs)}",
        )


def _minimax_reference_faults(*, instrumental: bool) -> Iterator[Fault]:
    if instrumental:
        yield Fault(
            "instrumental",
            "/instrumental",
            "minimax-music-2.6 does not take it with reference audio; leave it out",
        )


def _text_faults(model_id: str, mode: Mode, body: Mapping[str, Any]) -> Iterator[Fault]:
    for name in _TEXTS:
        value, length = body.get(name), getattr(mode, name)
        message = _length_complaint(model_id, mode, name, value or "", length)
        if message:
            yield Fault(name, f"/{name}", message)


def _length_complaint(
    model_id: str, mode: Mode, name: str, value: str, length: Length
) -> str | None:
    where = f"{model_id} ({mode.name} mode)"
    if not value.strip():
        if not length.required:
            return None
        advice = ""
        if name == "lyrics":
            advice = "; write some, or tick instrumental (instrumental=True)"
            if mode.name == "vocal":
                advice += ", or let it write them (lyrics_optimizer)"
        return f"is empty, and {where} needs it{advice}"
    if length.maximum == 0:
        return f"is not taken by {where}; leave it empty"
    if not length.minimum <= len(value) <= length.maximum:
        return (
            f"has {len(value)} characters, {where} takes {length.minimum or 1} to {length.maximum}"
        )
    return None


def _escaped(key: object) -> str:
    """Escape one RFC 6901 reference token."""
    return str(key).replace("~", "~0").replace("/", "~1")
