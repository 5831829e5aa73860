"""What Python thinks of the fields: faults, limits, price and whether the form may be sent."""

from __future__ import annotations

import itertools
from collections.abc import Mapping
from typing import Any

from musicnb.catalogue import AUTO, TEXT_TO_MUSIC, Length, Mode, Model, mode_of
from musicnb.errors import Fault
from musicnb.widgets._form_code import code_for
from musicnb.widgets._form_schema import clips_text, label_of, model_label, price_in, price_text
from musicnb.widgets._form_values import TEXTS, Values, offered, sendable

__all__ = ["lengths_of", "modes_of", "unusable_texts", "verdict_on"]


def verdict_on(values: Values, models: Mapping[str, Model]) -> dict[str, Any]:
    """Judge the fields; everything in the answer is JSON and ready to be shown.

    Returns
    -------
    dict
        ``faults`` (field → texts), ``limits`` (text field → minimum, maximum, required), ``off``
        (field → why it does not apply), ``implied`` (option → value it gets by itself), ``helpful``
        (labels of options that would do instead of a missing text), ``price``, ``clips``, ``mode``,
        ``can_send``, ``why_not``, ``code``.
    """
    brief = values.brief()
    faults = brief.faults()
    price = price_in(models, values.model)
    modes = modes_of(values, models)
    by_field: dict[str, list[str]] = {}
    for fault in faults:
        texts = by_field.setdefault(fault.field, [])
        if fault.message not in texts:
            texts.append(fault.message)
    limits = lengths_of(values, models)
    ways = _ways_out(faults, values, models)
    verdict = {
        "faults": by_field,
        "limits": {
            name: {
                "minimum": length.minimum,
                "maximum": length.maximum,
                "required": length.required,
            }
            for name, length in limits.items()
        },
        "off": {
            name: _why_off(name, values, models)
            for name, length in limits.items()
            # a text that counts is never disabled: its owner must be able to remove it
            if length.maximum == 0 and not values.text(name)
        },
        "implied": _implied(values, models),
        "helpful": [
            label_of(name, models[values.model])
            for name in dict.fromkeys(itertools.chain(*ways.values()))
            if name != "instrumental"
        ],
        "price": price_text(price),
        "clips": clips_text(price),
        "mode": "" if values.model == AUTO else f"{modes[0].name} mode",
        "can_send": not faults,
        "why_not": _why_not(faults, ways, values, models),
        "code": code_for(brief),
    }
    clean: dict[str, Any] = sendable(verdict)
    return clean


def modes_of(
    values: Values, models: Mapping[str, Model], *, with_lyrics: bool | None = None
) -> list[Mode]:
    """Return the mode the fields lead to, one for each model that ``auto`` may choose.

    Parameters
    ----------
    with_lyrics
        Whether there are lyrics; None looks.
    """
    sung = bool(values.text("lyrics")) if with_lyrics is None else with_lyrics
    chosen = list(models.values()) if values.model == AUTO else [models[values.model]]
    return [
        mode_of(
            model,
            TEXT_TO_MUSIC,
            instrumental=bool(values.instrumental),
            options=_effective(model, values.knobs(), sung=sung),
        )
        for model in chosen
    ]


def lengths_of(values: Values, models: Mapping[str, Model]) -> dict[str, Length]:
    """Return how long each text may be if one writes it, the other fields being as they are."""
    return {name: _length(name, values, models) for name in TEXTS}


def unusable_texts(values: Values, models: Mapping[str, Model]) -> frozenset[str]:
    """Return the texts that hold something and that the chosen mode does not take at all."""
    lengths = lengths_of(values, models)
    return frozenset(
        name for name in TEXTS if getattr(values, name).strip() and lengths[name].maximum == 0
    )


def _length(name: str, values: Values, models: Mapping[str, Model]) -> Length:
    # lyrics switch a model's mode, so their own limit is that of the mode they would lead to
    modes = modes_of(values, models, with_lyrics=True if name == "lyrics" else None)
    # auto: only models that take the other texts can lift the limit of this one
    others = [other for other in TEXTS if other != name]
    able = [
        mode for mode in modes if all(_fits(getattr(mode, one), values.text(one)) for one in others)
    ]
    lengths = [getattr(mode, name) for mode in able or modes]
    return Length(
        min(length.minimum for length in lengths),
        max(length.maximum for length in lengths),
        # lyrics that would lead to a mode that needs them are not needed while there are none
        required=all(getattr(mode, name).required for mode in modes_of(values, models)),
    )


def _fits(length: Length, text: str) -> bool:
    if not text.strip():
        return not length.required
    return length.minimum <= len(text) <= length.maximum


def _effective(model: Model, knobs: Mapping[str, Any], *, sung: bool) -> dict[str, Any]:
    """Add what a brief adds by itself before it is sent (a test compares the two)."""
    if model.namespace == "suno" and (knobs or sung):
        return {"custom_mode": True, **knobs}
    return dict(knobs)


def _implied(values: Values, models: Mapping[str, Model]) -> dict[str, Any]:
    if values.model == AUTO:
        return {}
    knobs = values.knobs()
    whole = _effective(models[values.model], knobs, sung=bool(values.text("lyrics")))
    return {name: value for name, value in whole.items() if name not in knobs}


def _why_off(name: str, values: Values, models: Mapping[str, Model]) -> str:
    who = model_label(values.model, models)
    if values.instrumental:
        how = "for instrumental music"
    elif values.model == AUTO:
        how = "with these choices"
    else:
        how = f"in {modes_of(values, models, with_lyrics=True)[0].name} mode"
    kept = " Yours stay here and are not sent." if name in values.parked else ""
    return f"{who} takes no {name} {how}.{kept}"


def _missing(faults: list[Fault], values: Values) -> list[str]:
    """Return the texts that are needed and not there."""
    names = dict.fromkeys(fault.field for fault in faults)
    return [name for name in names if name in TEXTS and not values.text(name)]


def _ways_out(
    faults: list[Fault], values: Values, models: Mapping[str, Model]
) -> dict[str, list[str]]:
    """Find the switches that do instead of a missing text, by asking the brief with each one on.

    Returns
    -------
    dict
        Missing text → ``"instrumental"`` and options of kind ``"bool"``.
    """
    brief = values.brief()
    before = {fault.field for fault in faults}
    switched = {"instrumental": brief.with_changes(instrumental=True)} | {
        option.name: brief.with_changes(options={**brief.options, option.name: True})
        for option in offered(models.get(values.model))
        if option.kind == "bool"
    }
    after = {name: {fault.field for fault in one.faults()} for name, one in switched.items()}
    return {
        missing: [name for name, left in after.items() if left < before and missing not in left]
        for missing in _missing(faults, values)
    }


def _why_not(
    faults: list[Fault],
    ways: Mapping[str, list[str]],
    values: Values,
    models: Mapping[str, Model],
) -> str:
    model = models.get(values.model)
    missing = list(ways)
    wrong = [name for name in dict.fromkeys(fault.field for fault in faults) if name not in ways]
    # only the prompt is always needed; that the rest is, comes from the mode
    needed = "Still needed"
    if model and set(missing) - {"prompt"}:
        needed += f" for {modes_of(values, models)[0].name} mode"
    groups = (
        (needed, [label_of(name, model) + _instead(ways[name], model) for name in missing]),
        ("Please check", [label_of(name, model) for name in wrong]),
    )
    return " · ".join(f"{word}: {_listed(group)}" for word, group in groups if group)


def _instead(ways: list[str], model: Model | None) -> str:
    """Name the switches that do instead: `` (or turn on …, or “…” in the options)``."""
    options = [f"“{label_of(name, model)}”" for name in ways if name != "instrumental"]
    words = [label_of("instrumental", model)] if "instrumental" in ways else []
    if options:
        words.append(f"{_listed(options)} in the options")
    return f" (or turn on {', or '.join(words)})" if words else ""


def _listed(words: list[str]) -> str:
    return words[0] if len(words) == 1 else f"{', '.join(words[:-1])} and {words[-1]}"
