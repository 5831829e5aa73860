"""Measures as people read them: one line for a terminal, a small table for a notebook."""

from __future__ import annotations

import math
from html import escape
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from musicnb.measure._measures import Measures

_MINUS: str = "\N{MINUS SIGN}"


def one_line(measures: Measures) -> str:
    """Return the facts that matter most, and how many things are wrong."""
    facts = [_duration(measures.duration_s), _level(measures.loudness_lufs, "LUFS")]
    facts += [_level(measures.true_peak_dbtp, "dBTP")]
    facts += [_tempo(measures), _key(measures)]
    kinds = ", ".join(dict.fromkeys(defect.kind for defect in measures.defects))
    facts += [f"wrong: {kinds}" if kinds else "nothing wrong"]
    return f"<Measures {', '.join(fact for fact in facts if fact)}>"


def html_table(measures: Measures) -> str:
    """Return an escaped table with what is wrong above it, in plain words."""
    rows = "".join(
        f'<tr><th style="text-align:left">{escape(name)}</th>'
        f'<td style="text-align:left">{escape(value)}</td></tr>'
        for name, value in _rows(measures)
        if value
    )
    wrong = "".join(
        f"<li>{escape(defect.text + _places(defect.places_s))}</li>" for defect in measures.defects
    )
    listed = f"<p><strong>What is wrong</strong></p><ul>{wrong}</ul>" if wrong else ""
    return f"{listed}<table><tbody>{rows}</tbody></table>"


def _rows(measures: Measures) -> list[tuple[str, str]]:
    spread = measures.loudness_range_lu
    firm = "" if measures.loudness_range_is_firm else " (under a minute: not firm)"
    channels = {1: "mono", 2: "stereo"}.get(measures.channels, f"{measures.channels} channels")
    return [
        (
            "sound",
            f"{_duration(measures.duration_s)}, {channels}, {measures.sample_rate_hz / 1000:g} kHz",
        ),
        ("loudness", _level(measures.loudness_lufs, "LUFS")),
        ("loudness range", f"{spread:.1f} LU{firm}" if spread is not None else ""),
        ("loudest 400 ms", _level(measures.momentary_max_lufs, "LUFS")),
        ("loudest 3 s", _level(measures.short_term_max_lufs, "LUFS")),
        ("true peak", _level(measures.true_peak_dbtp, "dBTP")),
        ("RMS", _level(measures.rms_dbfs, "dBFS")),
        ("crest factor", _level(measures.crest_factor_db, "dB")),
        ("tempo", _tempo(measures, more=True)),
        ("key", _key(measures, more=True)),
        ("tuning", _level(measures.tuning_cents, "cents")),
        ("onsets", _number(measures.onsets_per_s, "per second")),
        ("spectral centroid", _number(measures.spectral_centroid_hz, "Hz", digits=0)),
        ("cut off above", _number(measures.band_limit_hz, "Hz", digits=0)),
        ("stereo width", _level(measures.stereo_width_db, "dB")),
        ("phase correlation", _number(measures.phase_correlation, "", digits=2)),
        ("lost in mono", _level(measures.fold_down_loss_db, "dB")),
    ]


def _tempo(measures: Measures, *, more: bool = False) -> str:
    if measures.tempo_bpm is None:
        return ""
    text = f"{measures.tempo_bpm:.1f} bpm"
    if more and measures.tempo_confidence is not None:
        text += f" (confidence {measures.tempo_confidence:.2f})"
    if more and measures.tempo_alt_bpm is not None:
        text += f", else {measures.tempo_alt_bpm:.1f}"
    return text


def _key(measures: Measures, *, more: bool = False) -> str:
    if measures.key is None:
        return ""
    text = f"{measures.key} {measures.mode}"
    if more and measures.key_confidence is not None:
        text += f" (confidence {measures.key_confidence:.2f})"
    if more and measures.key_alt is not None:
        text += f", else {measures.key_alt}"
    return text


def _places(places_s: tuple[tuple[float, float], ...]) -> str:
    if not places_s:
        return ""
    shown = ", ".join(_moment(start) for start, _ in places_s[:5])
    return f" At {shown}{' …' if len(places_s) > 5 else ''}."  # noqa: PLR2004


def _moment(seconds: float) -> str:
    minutes, rest = divmod(seconds, 60)
    return f"{int(minutes)}:{rest:04.1f}"


def _duration(seconds: float) -> str:
    minutes, rest = divmod(round(seconds), 60)
    return f"{minutes}:{rest:02d}"


def _level(level: float | None, unit: str) -> str:
    if level is None:
        return ""
    if math.isinf(level):
        return f"{_MINUS if level < 0 else ''}∞ {unit}"
    return f"{level:.1f} {unit}".replace("-", _MINUS)


def _number(number: float | None, unit: str, *, digits: int = 1) -> str:
    return "" if number is None else f"{number:,.{digits}f} {unit}".strip().replace("-", _MINUS)
