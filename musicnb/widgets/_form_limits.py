"""What a recording may be for a model, and what is said of one that it does not take."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from typing import Any, Final

from musicnb.catalogue import AUTO, MAX_UPLOAD_BYTES, Model, ReferenceLimits
from musicnb.errors import Fault
from musicnb.widgets._form_desk import Reference

__all__ = ["complaints", "limits_for_page", "listed", "reference_faults", "widest"]

_FIELD: Final = "reference_audio"
_MEGABYTE: Final = 1024 * 1024
MISSING: Final = "is missing: drop a file, choose a clip, or give an https:// address"


def widest(models: Iterable[Model]) -> ReferenceLimits:
    """Return the limits that nothing may be beyond, whichever model is chosen."""
    known = [mode.reference for one in models for mode in one.modes.values() if mode.reference]
    if not known:
        return ReferenceLimits(0, 0, MAX_UPLOAD_BYTES)
    return ReferenceLimits(
        min(limits.minimum_s for limits in known),
        max(limits.maximum_s for limits in known),
        max(limits.maximum_bytes for limits in known),
        tuple(dict.fromkeys(kind for limits in known for kind in limits.formats)),
    )


def limits_for_page(models: Mapping[str, Model]) -> dict[str, Any]:
    """Describe what may be dropped at all; models are stricter, and the verdict says so."""
    limits = widest(models.values())
    return {
        "formats": list(limits.formats),
        "minimum_s": limits.minimum_s,
        "maximum_s": limits.maximum_s,
        "maximum_bytes": limits.maximum_bytes,
        "words": f"{listed(limits.formats)}, up to {limits.maximum_s / 60:g} minutes"
        f" and {limits.maximum_bytes // _MEGABYTE} MB",
    }


def reference_faults(
    reference: Reference | None,
    limits: Iterable[ReferenceLimits],
    model_id: str,
    models: Mapping[str, Model],
) -> list[Fault]:
    """Find what keeps a recording from a model, as far as anybody has looked at it."""
    if reference is None:
        return [Fault(_FIELD, f"/{_FIELD}", MISSING)]
    who = models[model_id].label if model_id in models else "Auto"
    texts = [text for one in limits for text in complaints(reference, one, who)]
    if texts and model_id != AUTO:
        able = [
            other.label
            for other in models.values()
            if other.id != model_id and not complaints(reference, widest([other]), other.label)
        ]
        if able:
            texts[-1] += f" ({listed(able)} takes this one)"
    return [Fault(_FIELD, f"/{_FIELD}", text) for text in dict.fromkeys(texts)]


def complaints(reference: Reference, limits: ReferenceLimits, who: str) -> list[str]:
    """Say in plain words what of a recording is beyond some limits."""
    texts = []
    if reference.format and reference.format not in limits.formats:
        texts.append(f"is {reference.format}, {who} takes {listed(limits.formats)}")
    size, seconds = reference.size_bytes, reference.duration_s
    if size is not None and size > limits.maximum_bytes:
        most = limits.maximum_bytes // _MEGABYTE
        texts.append(f"has {size / _MEGABYTE:.1f} MB, {who} takes up to {most} MB")
    if seconds is not None and not limits.minimum_s <= seconds <= limits.maximum_s:
        span = f"up to {limits.maximum_s:g} s"
        if limits.minimum_s:
            span = f"{limits.minimum_s:g} to {limits.maximum_s:g} s"
        texts.append(f"lasts {seconds:.1f} s, {who} takes {span}")
    return texts


def listed(words: Iterable[str], *, joined: str = "or") -> str:
    """Write words as a list: ``FLAC, MP3 or WAV``."""
    *most, last = words
    return f"{', '.join(most)} {joined} {last}" if most else last
