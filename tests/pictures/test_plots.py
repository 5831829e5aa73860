"""Plots for people who plot: rendered by matplotlib, their content read back."""

from __future__ import annotations

import io
import subprocess
import sys
from collections.abc import Iterator
from pathlib import Path
from types import SimpleNamespace

import matplotlib as mpl
import numpy as np
import pytest
from clipmaking import RATE, clip_of, tone
from matplotlib import pyplot as plt
from PIL import Image

from musicnb.pictures import plot_loudness, plot_spectrogram, plot_waveform
from musicnb.sound import Sound

mpl.use("agg")


@pytest.fixture(autouse=True)
def closed_figures() -> Iterator[None]:
    """Leave no figure to the next test."""
    yield
    plt.close("all")


def rendered(ax: plt.Axes) -> np.ndarray:
    """Draw the figure that axes belong to; return its pixels."""
    file = io.BytesIO()
    ax.figure.savefig(file, format="png", dpi=80)
    return np.asarray(Image.open(file).convert("RGB"))


def labels(ticks: list[plt.Text]) -> list[str]:
    """Return what ticks say."""
    return [tick.get_text() for tick in ticks]


def loudness(*levels: float, seconds: float = 120.0) -> SimpleNamespace:
    """Make loudness that stands at each level for equally long."""
    count = int(seconds * 10)
    values = np.repeat(np.array(levels), -(-count // len(levels)))[:count]
    return SimpleNamespace(
        times_s=np.arange(1, count + 1) / 10, momentary_lufs=values, short_term_lufs=values
    )


def test_waveform_has_units_and_the_extremes_of_the_sound() -> None:
    """A quiet half and a loud half, each as high as it is, over its own time."""
    samples = np.concatenate([tone(440, 45, 0.1), tone(440, 45, 0.8)])
    ax = plot_waveform(samples, sample_rate=RATE)
    assert rendered(ax).std() > 0
    assert (ax.get_xlabel(), ax.get_ylabel()) == ("Time (min:s)", "Amplitude (of full scale)")
    assert ax.get_xlim() == (0, 90)
    assert ax.get_ylim() == (-1, 1)
    assert labels(ax.get_xticklabels())[1:4] == ["0:00", "0:15", "0:30"]
    assert ax.get_xticks()[1:4].tolist() == [0, 15, 30]
    extremes, rms = (collection.get_paths()[0].vertices for collection in ax.collections)
    for area, ratio in ((extremes, 1.0), (rms, 2**-0.5)):
        for first, last, level in ((1, 44, 0.1), (46, 89, 0.8)):
            there = area[(area[:, 0] > first) & (area[:, 0] < last), 1]
            assert np.abs(there).max() == pytest.approx(level * ratio, rel=0.03)
            assert there.min() == pytest.approx(-there.max(), rel=0.03)


def test_sound_beyond_full_scale_is_not_cut_off() -> None:
    """Floating-point files may hold it, and it is what one wants to see."""
    assert plot_waveform(tone(440, 1, 1.5), sample_rate=RATE).get_ylim()[1] == pytest.approx(1.5)


def test_spectrogram_shows_a_tone_at_its_frequency_on_a_logarithmic_axis() -> None:
    """The brightest row of pixels is beside 1 kHz; ticks are round, the colour bar in dB."""
    ax = plot_spectrogram(Sound(tone(1_000, 10), RATE))
    pixels = rendered(ax)
    assert ax.get_yscale() == "log"
    assert (ax.get_xlabel(), ax.get_ylabel()) == ("Time (s)", "Frequency (Hz)")
    assert labels(ax.get_yticklabels()) == ["50", "100", "200", "500", "1k", "2k", "5k", "10k"]
    assert ax.get_xlim() == (0, 10)
    assert ax.get_ylim() == pytest.approx((40, 16_000))
    (bar,) = [other for other in ax.figure.axes if other is not ax]
    assert "dB" in bar.get_ylabel()
    low, high = bar.get_ylim()
    assert high - low == pytest.approx(80)
    assert high == pytest.approx(-6, abs=1.5)
    box = ax.get_window_extent().extents
    left, bottom, right, top = (round(edge * 80 / ax.figure.dpi) for edge in box)
    inside = pixels[len(pixels) - top : len(pixels) - bottom, left:right].sum(axis=2, dtype=int)
    row = 1 - inside.mean(axis=1).argmax() / len(inside)
    assert row == pytest.approx(np.log(1_000 / 40) / np.log(400), abs=0.02)


def test_loudness_has_a_named_line_for_each_target() -> None:
    """Targets lie within the scale, and differ by colour and by dashes."""
    targets = {"EBU R 128": -23, "Streaming": -14.0, "Podcast": -16.5}
    ax = plot_loudness(loudness(-20, -30, -np.inf, -20), targets=targets)
    assert rendered(ax).std() > 0
    short_term, *lines = ax.get_lines()
    assert np.isfinite(short_term.get_ydata()).all()
    assert [line.get_ydata()[0] for line in lines] == [-23, -14, -16.5]
    assert len({line.get_color() for line in lines}) == 3
    assert len({str(line.get_linestyle()) + str(line._dash_pattern) for line in lines}) == 3
    assert labels(ax.get_legend().get_texts()) == [
        "momentary (0.4 s)",
        "short-term (3 s)",
        "EBU R 128 (−23 LUFS)",
        "Streaming (−14 LUFS)",
        "Podcast (−16.5 LUFS)",
    ]
    assert ax.get_ylim() == (-48, -12)
    assert labels(ax.get_yticklabels()) == ["−48", "−42", "−36", "−30", "−24", "−18", "−12"]
    assert (ax.get_xlabel(), ax.get_ylabel()) == ("Time (min:s)", "Loudness (LUFS)")


def test_plots_take_axes_and_give_them_back() -> None:
    """Three plots in one figure of the caller's own."""
    figure, axes = plt.subplots(3)
    samples = tone(440, 2)
    assert plot_waveform(samples, axes[0], sample_rate=RATE) is axes[0]
    assert plot_spectrogram(samples, axes[1], sample_rate=RATE, colorbar=False) is axes[1]
    assert plot_loudness(loudness(-20), axes[2]) is axes[2]
    assert figure.axes == list(axes)
    assert rendered(axes[0]).std() > 0


def test_plots_take_clips_sounds_and_measures(tmp_path: Path) -> None:
    """Whatever holds the sound, or its loudness, at one remove or two."""
    clip = clip_of(tone(440, 2), tmp_path / "a.flac")
    for sound in (clip, clip.read()):
        assert plot_waveform(sound).get_xlim() == (0, 2)
        assert plot_spectrogram(sound).get_xlim() == (0, 2)
    series = loudness(-20, seconds=2)
    measures = SimpleNamespace(series=series)
    measured = SimpleNamespace(measures=lambda: measures)
    for holder in (series, measures, measured):
        assert plot_loudness(holder).get_xlim() == (0, 2)


def test_what_cannot_be_plotted_is_an_error_that_says_why() -> None:
    """No rate, no samples, no loudness, no number."""
    with pytest.raises(ValueError, match="give sample_rate="):
        plot_waveform(tone(440, 1))
    with pytest.raises(ValueError, match="no samples"):
        plot_waveform(np.zeros((0, 2), np.float32), sample_rate=RATE)
    with pytest.raises(ValueError, match=r"less than 0\.1 s"):
        plot_loudness(loudness(-20, seconds=0))
    with pytest.raises(ValueError, match="targets are LUFS"):
        plot_loudness(loudness(-20), targets={"x": float("nan")})


def test_pictures_are_imported_and_drawn_without_matplotlib() -> None:
    """Only who plots pays for it, and who lacks it is told the extra's name."""
    code = """
import sys
sys.modules["matplotlib"] = None
import numpy as np
from musicnb.errors import ConfigurationError
from musicnb.pictures import plot_waveform, spectrogram_png
samples = np.zeros((4410, 2), np.float32)
assert spectrogram_png(samples, 44100)
try:
    plot_waveform(samples, sample_rate=44100)
except ConfigurationError as error:
    print(error)
"""
    shown = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, check=True)
    assert "pip install 'musicnb[plot]'" in shown.stdout
