"""The table itself: the models of the service, as its public documents price and limit them."""

from __future__ import annotations

from collections.abc import Mapping
from decimal import Decimal
from types import MappingProxyType
from typing import Final

from musicnb.catalogue._records import (
    REFERENCE_TO_MUSIC,
    TEXT_TO_MUSIC,
    Capability,
    Length,
    Mode,
    Model,
    Option,
    ReferenceLimits,
)

_CUSTOM_MODE = Option(
    "custom_mode",
    "bool",
    "Custom mode",
    "Take lyrics and the options below; needs a title. Set by itself when one of them is used.",
)
_SUNO_OPTIONS = (
    _CUSTOM_MODE,
    Option("style_weight", "share", "Style weight", "How strictly the prompt's style is kept."),
    Option("weirdness_constraint", "share", "Weirdness", "How far it may stray from the usual."),
    Option(
        "audio_weight",
        "share",
        "Audio weight",
        "How closely the reference audio is followed.",
        capability=REFERENCE_TO_MUSIC,
    ),
    Option("negative_tags", "text", "Leave out", "Styles or instruments to avoid.", maximum=200),
    Option(
        "vocal_gender",
        "choice",
        "Voice",
        "The singer's voice.",
        choices=(("f", "female"), ("m", "male")),
    ),
)
_MINIMAX_OPTIONS = (
    Option(
        "lyrics_optimizer",
        "bool",
        "Write the lyrics for me",
        "Sings words made from the prompt when there are no lyrics.",
        capability=TEXT_TO_MUSIC,
    ),
)

_SUNO_REFERENCE = ReferenceLimits(0, 480)
_MINIMAX_REFERENCE = ReferenceLimits(6, 360, 50 * 1024 * 1024)


def _suno_modes(capability: Capability) -> dict[tuple[Capability, str], Mode]:
    reference = _SUNO_REFERENCE if capability == REFERENCE_TO_MUSIC else None
    prompt = Length(1, 1000, required=True)
    title = Length(1, 80, required=True)
    modes = (
        Mode("simple", Length(1, 500, required=True), Length(0, 0), Length(0, 80), reference),
        Mode("custom vocal", prompt, Length(1, 5000, required=True), title, reference),
        Mode("custom instrumental", prompt, Length(0, 0), title, reference),
    )
    return {(capability, mode.name): mode for mode in modes}


def _minimax_modes() -> dict[tuple[Capability, str], Mode]:
    text, title = Length(1, 2000, required=True), Length(0, 100)
    modes: dict[tuple[Capability, str], Mode] = {
        (TEXT_TO_MUSIC, mode.name): mode
        for mode in (
            Mode("vocal", text, Length(1, 3500, required=True), title),
            Mode("written lyrics", text, Length(0, 3500), title),
            Mode("instrumental", text, Length(0, 0), title),
        )
    }
    modes[REFERENCE_TO_MUSIC, "reference"] = Mode(
        "reference", Length(10, 300, required=True), Length(10, 1000), title, _MINIMAX_REFERENCE
    )
    return modes


#: The models by id: what each costs, gives, takes and allows.
MODELS: Final[Mapping[str, Model]] = MappingProxyType(
    {
        model.id: model
        for model in (
            Model(
                id="suno-5.5",
                label="Suno 5.5",
                credits=Decimal("80.0000"),
                clips=2,
                namespace="suno",
                about="Two takes of one idea; styles, lyrics, voices.",
                owned_by="suno",
                options=_SUNO_OPTIONS,
                modes=_suno_modes(TEXT_TO_MUSIC) | _suno_modes(REFERENCE_TO_MUSIC),
            ),
            Model(
                id="minimax-music-2.6",
                label="MiniMax Music 2.6",
                credits=Decimal("50.0000"),
                clips=1,
                namespace="minimax",
                about="One clip; long prompts, instrumental beds, lyrics written for you.",
                owned_by="minimax",
                options=_MINIMAX_OPTIONS,
                modes=_minimax_modes(),
            ),
        )
    }
)

# What a request for `auto` may be at most, whichever model it resolves to.
AUTO_TEXT = Mode("auto", Length(1, 2000, required=True), Length(0, 5000), Length(0, 100))
AUTO_REFERENCE = Mode(
    "auto", Length(10, 300, required=True), Length(10, 1000), Length(0, 100), _MINIMAX_REFERENCE
)
