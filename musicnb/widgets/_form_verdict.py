"""What Python thinks of the fields: faults, limits, price and whether the form may be sent."""

from __future__ import annotations

import itertools
from collections.abc import Mapping, Sequence
from dataclasses import replace
from decimal import Decimal
from functools import lru_cache
from typing import Any

from musicnb.catalogue import (
    AUTO,
    REFERENCE_TO_MUSIC,
    Length,
    Mode,
    Model,
    amount_text,
    auto_mode,
    mode_of,
)
from musicnb.errors import Fault
from musicnb.lyrics import read_stanzas
from musicnb.prompts import check_prompt
from musicnb.widgets._form_code import code_on_page
from musicnb.widgets._form_limits import listed, reference_faults
from musicnb.widgets._form_schema import clips_text, label_of, model_label, price_in, price_text
from musicnb.widgets._form_values import TEXTS, Values, makes, offered, sendable

__all__ = ["faults_of", "lengths_of", "modes_of", "unusable_fields", "verdict_on"]


def faults_of(values: Values, models: Mapping[str, Model]) -> list[Fault]:
    """Find everything wrong: what the brief says, and what is known of the recording."""
    faults = values.brief(models).faults()
    if values.endpoint != REFERENCE_TO_MUSIC:
        return faults
    others = [fault for fault in faults if fault.field != "reference_audio" or values.reference]
    limits = {mode.reference for mode in modes_of(values, models) if mode.reference}
    return others + reference_faults(values.reference, limits, values.model, models)


def verdict_on(
    values: Values,
    models: Mapping[str, Model],
    balance: Decimal | None = None,
    terms: Sequence[str] = (),
) -> dict[str, Any]:
    """Judge the fields; everything in the answer is JSON and ready to be shown.

    Parameters
    ----------
    balance
        Credits in the wallet; None where nobody has said.
    terms
        Words to keep out, each of which is pointed at and stops nothing.

    Returns
    -------
    dict
        ``faults`` and ``advice`` (field → texts), ``limits`` (text field → minimum, maximum,
        required), ``off`` (field → why it does not apply), ``implied`` (option → value it gets by
        itself), ``helpful`` (labels of options that would do instead of a missing text),
        ``sections`` (of the lyrics), ``model`` and ``times`` that it is about, ``price`` and
        ``clips`` of all orders, ``mode``, ``can_send``, ``short`` (what the wallet lacks),
        ``why_not``, ``code``.
    """
    brief = values.brief(models)
    faults = faults_of(values, models)
    price = price_in(models, values.model, values.endpoint, values.times)
    short = _short_of(price.credits_high, values, balance)
    modes = modes_of(values, models)
    by_field: dict[str, list[str]] = {}
    for fault in faults:
        texts = by_field.setdefault(fault.field, [])
        if fault.message not in texts:
            texts.append(fault.message)
    advice: dict[str, list[str]] = {}
    for hint in check_prompt(brief, terms):
        advice.setdefault(hint.field, []).append(hint.message)
    limits = lengths_of(values, models)
    ways = _ways_out(faults, values, models)
    verdict = {
        "faults": by_field,
        "advice": advice,
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
        }
        | _instrumental_off(values, models),
        "implied": _implied(values, models),
        "helpful": [
            label_of(name, models[values.model])
            for name in dict.fromkeys(itertools.chain(*ways.values()))
            if name != "instrumental"
        ],
        "sections": _sections(values.text("lyrics")),
        "model": values.model,
        "times": values.times,
        "price": price_text(price),
        "clips": clips_text(price),
        "mode": "" if values.model == AUTO else f"{modes[0].name} mode",
        "can_send": not faults and not short,
        "short": short,
        "why_not": _why_not(faults, ways, values, models) or short,
        "code": code_on_page(brief, values.times),
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
    if values.model == AUTO and values.endpoint == REFERENCE_TO_MUSIC:
        return [auto_mode(values.endpoint, has_lyrics=sung)]
    chosen = list(models.values()) if values.model == AUTO else [models[values.model]]
    return [
        mode_of(
            model,
            values.endpoint,
            instrumental=bool(values.wants_instrumental),
            options=_effective(model, values.knobs(models), sung=sung),
        )
        for model in chosen
        if makes(model, values.endpoint)
    ]


def lengths_of(values: Values, models: Mapping[str, Model]) -> dict[str, Length]:
    """Return how long each text may be if one writes it, the other fields being as they are."""
    return {name: _length(name, values, models) for name in TEXTS}


def unusable_fields(values: Values, models: Mapping[str, Model]) -> frozenset[str]:
    """Return the fields that hold something and that the chosen mode does not take at all."""
    switch = {"instrumental"} if _refuses_instrumental(values, models) else set()
    lengths = lengths_of(replace(values, parked=values.parked | switch), models)
    return frozenset(
        name for name in TEXTS if getattr(values, name).strip() and lengths[name].maximum == 0
    ) | (switch if values.instrumental else set())


def _refuses_instrumental(values: Values, models: Mapping[str, Model]) -> bool:
    brief = values.brief(models).with_changes(instrumental=True, lyrics=None)
    return any(fault.field == "instrumental" for fault in brief.faults())


def _instrumental_off(values: Values, models: Mapping[str, Model]) -> dict[str, str]:
    if values.wants_instrumental or not _refuses_instrumental(values, models):
        return {}
    who = model_label(values.model, models)
    return {"instrumental": f"{who} does not take this with reference audio."}


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
    knobs = values.knobs(models)
    whole = _effective(models[values.model], knobs, sung=bool(values.text("lyrics")))
    return {name: value for name, value in whole.items() if name not in knobs}


def _why_off(name: str, values: Values, models: Mapping[str, Model]) -> str:
    who = model_label(values.model, models)
    if values.wants_instrumental:
        how = "for instrumental music"
    elif values.model == AUTO:
        how = "with these choices"
    else:
        how = f"in {modes_of(values, models, with_lyrics=True)[0].name} mode"
    kept = " Yours stay here and are not sent." if name in values.parked else ""
    return f"{who} takes no {name} {how}.{kept}"


def _missing(faults: list[Fault], values: Values) -> list[str]:
    """Return what is needed and not there."""
    names = dict.fromkeys(fault.field for fault in faults)
    missing = {name for name in TEXTS if not values.text(name)}
    if values.reference is None:
        missing.add("reference_audio")
    return [name for name in names if name in missing]


def _ways_out(
    faults: list[Fault], values: Values, models: Mapping[str, Model]
) -> dict[str, list[str]]:
    """Find the switches that do instead of a missing text, by asking the brief with each one on.

    Returns
    -------
    dict
        Missing text → ``"instrumental"`` and options of kind ``"bool"``.
    """
    brief = values.brief(models)
    before = {fault.field for fault in faults}
    switched = {"instrumental": brief.with_changes(instrumental=True)} | {
        option.name: brief.with_changes(options={**brief.options, option.name: True})
        for option in offered(models.get(values.model), values.endpoint)
        if option.kind == "bool"
    }
    after = {name: {fault.field for fault in one.faults()} for name, one in switched.items()}
    return {
        missing: [name for name, left in after.items() if left < before and missing not in left]
        if missing in TEXTS
        else []
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
    if model and set(missing) - {"prompt", "reference_audio"}:
        needed += f" for {modes_of(values, models)[0].name} mode"
    groups = (
        (needed, [label_of(name, model) + _instead(ways[name], model) for name in missing]),
        ("Please check", [label_of(name, model) for name in wrong]),
    )
    return " · ".join(f"{word}: {listed(group, joined='and')}" for word, group in groups if group)


def _instead(ways: list[str], model: Model | None) -> str:
    """Name the switches that do instead: `` (or turn on …, or “…” in the options)``."""
    options = [f"“{label_of(name, model)}”" for name in ways if name != "instrumental"]
    words = [label_of("instrumental", model)] if "instrumental" in ways else []
    if options:
        words.append(f"{listed(options, joined='and')} in the options")
    return f" (or turn on {', or '.join(words)})" if words else ""


def _short_of(needed: Decimal, values: Values, balance: Decimal | None) -> str:
    if balance is None or needed <= balance:
        return ""
    orders = f"{values.times} orders may cost" if values.times > 1 else "This may cost"
    missing = amount_text(needed - balance)
    return (
        f"{orders} {amount_text(needed)} credits, the wallet holds {amount_text(balance)}:"
        f" {missing} are missing"
    )


@lru_cache(maxsize=8)
def _sections(lyrics: str) -> list[dict[str, Any]]:
    """Count what is sung in each section, as the sandbox's singer would."""
    return [
        {"tag": stanza.tag, "lines": len(stanza.lines), "syllables": stanza.syllables}
        for stanza in read_stanzas(lyrics)
    ]
