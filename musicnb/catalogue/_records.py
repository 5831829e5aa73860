"""The shapes of the catalogue's entries: lengths, modes, options, models, prices."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from decimal import Decimal
from typing import Final, Literal

Capability = Literal["text_to_music", "reference_audio_to_music"]
TEXT_TO_MUSIC: Final[Capability] = "text_to_music"
REFERENCE_TO_MUSIC: Final[Capability] = "reference_audio_to_music"

CREDITS_PER_USD: Final = Decimal(1000)
MAX_UPLOAD_BYTES: Final = 100 * 1024 * 1024


@dataclass(frozen=True, slots=True)
class Length:
    """How long a text may be, in characters; ``maximum=0`` means that it must be left out."""

    minimum: int
    maximum: int
    required: bool = False


@dataclass(frozen=True, slots=True)
class ReferenceLimits:
    """What a reference recording may be: seconds, bytes and formats."""

    minimum_s: float
    maximum_s: float
    maximum_bytes: int = MAX_UPLOAD_BYTES
    formats: tuple[str, ...] = ("FLAC", "MP3", "WAV")


@dataclass(frozen=True, slots=True)
class Mode:
    """One way of asking a model for music, with the limits that then apply."""

    name: str
    prompt: Length
    lyrics: Length
    title: Length
    reference: ReferenceLimits | None = None


@dataclass(frozen=True, slots=True)
class Option:
    """A knob of one model.

    Parameters
    ----------
    name
        Its key under ``model_options.<namespace>``.
    kind
        ``"bool"``, ``"share"`` (0 to 1 in steps of 0.01), ``"text"`` or ``"choice"``.
    label, help
        What a form writes beside it.
    choices
        For ``"choice"``: the value sent and the words shown.
    maximum
        For ``"text"``: characters.
    capability
        The only endpoint that knows it, or None for both.
    """

    name: str
    kind: Literal["bool", "share", "text", "choice"]
    label: str
    help: str
    choices: tuple[tuple[str, str], ...] = ()
    maximum: int = 0
    capability: Capability | None = None

    def complaint(self, value: object) -> str | None:
        """Say what is wrong with a value, or None."""
        match self.kind:
            case "bool":
                return (
                    None if isinstance(value, bool) else f"must be True or False, not {value!r:.40}"
                )
            case "share":
                return _share_complaint(value)
            case "text":
                return self._text_complaint(value)
            case "choice":
                allowed = [sent for sent, _ in self.choices]
                fits = isinstance(value, str) and value in allowed
                return None if fits else f"must be one of {allowed}, not {value!r:.40}"

    def _text_complaint(self, value: object) -> str | None:
        if not isinstance(value, str):
            return f"must be text, not {value!r:.40}"
        if not value.strip():
            return "is empty; leave it out"
        if len(value) > self.maximum:
            return f"has {len(value)} characters, at most {self.maximum} are allowed"
        return None


@dataclass(frozen=True, slots=True)
class Model:
    """A model of the service.

    Parameters
    ----------
    id
        What ``model`` is set to.
    credits
        Price of one task, in credits, debited when the task is created.
    clips
        How many clips one task usually gives; deliver what comes, never rely on it.
    namespace
        Its key under ``model_options``.
    usual_s
        Seconds from request to clips that users should expect; shown, never relied on.
    """

    id: str
    label: str
    credits: Decimal
    clips: int
    namespace: str
    about: str
    owned_by: str
    options: tuple[Option, ...] = ()
    modes: Mapping[tuple[Capability, str], Mode] = field(default_factory=dict)

    def option(self, name: str) -> Option | None:
        """Find an option by its name."""
        return next((option for option in self.options if option.name == name), None)


@dataclass(frozen=True, slots=True)
class Price:
    """What one task costs and gives; low and high differ only for ``auto``."""

    credits_low: Decimal
    credits_high: Decimal
    clips_low: int
    clips_high: int

    def __str__(self) -> str:
        clips = _span(str(self.clips_low), str(self.clips_high))
        low, high = self.credits_low, self.credits_high
        return (
            f"{_span(amount_text(low), amount_text(high))} credits"
            f" (${_span(dollars_text(low), dollars_text(high))})"
            f", {clips} clip{'' if clips == '1' else 's'}"
        )


def usd(credits: Decimal) -> Decimal:  # noqa: A002 - credits is the service's word for its money
    """Convert credits to US dollars, for display only."""
    return credits / CREDITS_PER_USD


def amount_text(credits: Decimal) -> str:  # noqa: A002 - as `usd`
    """Write credits without needless zeros, such as ``1,080`` or ``2.5``."""
    whole = credits == credits.to_integral_value()
    return f"{credits:,.0f}" if whole else f"{credits.normalize():,f}"


def dollars_text(credits: Decimal) -> str:  # noqa: A002 - as `usd`
    """Write what credits are in US dollars, with cents at least, such as ``0.08`` or ``0.0125``."""
    dollars = usd(credits)
    cents = dollars.quantize(Decimal("0.01"))
    return f"{cents:,f}" if cents == dollars else f"{dollars.normalize():,f}"


def _span(low: str, high: str) -> str:
    return low if low == high else f"{low}–{high}"


def _share_complaint(value: object) -> str | None:
    if isinstance(value, bool) or not isinstance(value, (int, float)):
        return f"must be a number from 0 to 1, not {value!r:.40}"
    if not 0 <= value <= 1:
        # Python refuses to write integers of thousands of digits
        return "must lie from 0 to 1" + (f", not {value!r}" if abs(value) < 10**15 else "")
    # a hundredth is not exact in binary: 0.29 * 100 is 28.999999999999996
    if abs(value * 100 - round(value * 100)) > 1e-6:  # noqa: PLR2004
        return f"goes in steps of 0.01, so {value!r} will not do; use {round(value, 2)!r}"
    return None
