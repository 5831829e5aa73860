"""Pictures of sound: small PNGs and pages that need nothing, matplotlib axes for people who plot.

The PNGs are made with numpy and zlib alone and are small enough for tables and for the copies that
stay in a notebook: a waveform under 6 kB, a spectrogram under 150 kB. `plot_waveform` and its
neighbours need the extra ``plot``.
"""

from __future__ import annotations

from musicnb.pictures._canvas import Drawing, require_matplotlib
from musicnb.pictures._choices import (
    Arm,
    Heard,
    plot_cost_variety,
    plot_similarity,
    plot_spread,
)
from musicnb.pictures._course import Movement, Span, plot_spend, plot_timeline
from musicnb.pictures._days import days_png
from musicnb.pictures._html import Html, data_url, element, file_link
from musicnb.pictures._judged import (
    Accord,
    Strength,
    plot_agreement,
    plot_strengths,
    plot_wins,
)
from musicnb.pictures._loudness import LoudnessOverTime, loudness_png
from musicnb.pictures._page import Page
from musicnb.pictures._plots import plot_loudness, plot_spectrogram, plot_waveform
from musicnb.pictures._preview import Excerpt, preview_page
from musicnb.pictures._report_page import (
    facts,
    interval_bar,
    number,
    paragraph,
    report_page,
    section,
    table,
)
from musicnb.pictures._scales import clock, size_text
from musicnb.pictures._sheet import Frame, sheet_page
from musicnb.pictures._spectrogram import THUMBNAIL, spectrogram_png, thumbnail_png
from musicnb.pictures._spectrum import Spectrogram, SpectrumReader, spectrogram
from musicnb.pictures._waveform import waveform_png

__all__ = [
    "THUMBNAIL",
    "Accord",
    "Arm",
    "Drawing",
    "Excerpt",
    "Frame",
    "Heard",
    "Html",
    "LoudnessOverTime",
    "Movement",
    "Page",
    "Span",
    "Spectrogram",
    "SpectrumReader",
    "Strength",
    "clock",
    "data_url",
    "days_png",
    "element",
    "facts",
    "file_link",
    "interval_bar",
    "loudness_png",
    "number",
    "paragraph",
    "plot_agreement",
    "plot_cost_variety",
    "plot_loudness",
    "plot_similarity",
    "plot_spectrogram",
    "plot_spend",
    "plot_spread",
    "plot_strengths",
    "plot_timeline",
    "plot_waveform",
    "plot_wins",
    "preview_page",
    "report_page",
    "require_matplotlib",
    "section",
    "sheet_page",
    "size_text",
    "spectrogram",
    "spectrogram_png",
    "table",
    "thumbnail_png",
    "waveform_png",
]
