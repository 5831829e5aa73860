"""Waveform, spectrogram and loudness as matplotlib axes, for people who plot.

matplotlib is the extra ``plot`` and is imported when something is plotted, never before.
"""

from __future__ import annotations

import math
from collections.abc import Mapping
from typing import TYPE_CHECKING, Any, Final, Protocol

import numpy as np
from numpy.typing import NDArray

from musicnb.pictures._canvas import require_matplotlib
from musicnb.pictures._colours import GREY, VIOLET, level_colours
from musicnb.pictures._loudness import LoudnessOverTime
from musicnb.pictures._scales import (
    FREQUENCIES_HZ,
    frequency_text,
    loudness_limits,
    loudness_ticks,
    time_text,
)
from musicnb.pictures._spectrogram import RANGE_DB
from musicnb.pictures._spectrum import spectrogram

if TYPE_CHECKING:
    from matplotlib.axes import Axes

_COLUMNS: Final = 1200
_ROWS: Final = 400
_SHORT_S: Final = 60.0
#: Okabe and Ito's colours, told apart with every kind of colour vision; the dashes differ too.
_TARGET_COLOURS: Final = ("#D55E00", "#009E73", "#0072B2", "#CC79A7")
_TARGET_DASHES: Final = ("--", "-.", ":", (0, (8, 3)))


class Sound(Protocol):
    """Decoded samples and their rate; what `musicnb.sound.read` gives."""

    @property
    def samples(self) -> NDArray[np.float32]:
        """Float32, shape ``(frames, channels)``."""

    @property
    def sample_rate(self) -> int:
        """Frames per second."""


class Readable(Protocol):
    """Something that can be decoded, such as a clip."""

    def read(self) -> Sound:
        """Decode it."""


class Measured(Protocol):
    """What holds loudness over time, such as the measures of a clip."""

    @property
    def series(self) -> LoudnessOverTime:
        """Momentary and short-term loudness."""


Samples = Sound | Readable | NDArray[np.float32]


def plot_waveform(
    clip_or_samples: Samples, ax: Axes | None = None, *, sample_rate: int | None = None
) -> Axes:
    """Plot amplitude over time: the extremes as an area, the RMS inside it darker.

    Parameters
    ----------
    clip_or_samples
        A clip, what `musicnb.sound.read` gives, or an array shaped ``(frames, channels)`` or
        ``(frames,)``, full scale at ±1. Channels are drawn over each other.
    ax
        Where to plot; None makes a figure.
    sample_rate
        Frames per second of an array.

    Returns
    -------
    matplotlib.axes.Axes
        For titles, limits, and ``.figure.savefig(...)``.

    Raises
    ------
    ConfigurationError
        matplotlib is not installed.
    ValueError
        There are no samples, or an array came without its rate.
    """
    samples, rate = _sound(clip_or_samples, sample_rate)
    ax = _axes(ax, height=2.4)
    duration = len(samples) / rate
    edges = np.linspace(0, len(samples), min(_COLUMNS, len(samples)) + 1).astype(np.intp)
    low = np.minimum.reduceat(samples, edges[:-1], axis=0).min(axis=1)
    high = np.maximum.reduceat(samples, edges[:-1], axis=0).max(axis=1)
    power = np.add.reduceat(np.square(samples, dtype=np.float64), edges[:-1], axis=0).mean(axis=1)
    rms = np.sqrt(power / np.diff(edges))
    # each value holds from its column's beginning to its end, the last one too
    times = edges / rate
    violet = _hex(VIOLET)
    for lower, upper, opacity, name in (
        (low, high, 0.35, "extremes"),
        (np.maximum(-rms, low), np.minimum(rms, high), 1.0, "RMS"),
    ):
        ax.fill_between(
            times, _held(lower), _held(upper), step="post", color=violet, alpha=opacity,
            linewidth=0, label=name,
        )  # fmt: skip
    ax.axhline(0, color=_hex(GREY), linewidth=0.5)
    reach = float(max(1.0, np.abs(low).max(), np.abs(high).max()))
    ax.set_ylim(-reach, reach)
    ax.set_yticks([-1, -0.5, 0, 0.5, 1])
    ax.set_ylabel("Amplitude (of full scale)")
    _time_axis(ax, duration)
    return ax


def plot_spectrogram(
    clip_or_samples: Samples,
    ax: Axes | None = None,
    *,
    sample_rate: int | None = None,
    colorbar: bool = True,
) -> Axes:
    """Plot levels over time and a logarithmic scale of frequencies, 40 Hz to 16 kHz.

    Parameters
    ----------
    clip_or_samples, ax, sample_rate
        As for `plot_waveform`; the powers of the channels are averaged.
    colorbar
        Whether the scale of 80 dB below the loudest level stands beside it.

    Returns
    -------
    matplotlib.axes.Axes
        As for `plot_waveform`.

    Raises
    ------
    ConfigurationError, ValueError
        As for `plot_waveform`.
    """
    samples, rate = _sound(clip_or_samples, sample_rate)
    ax = _axes(ax, height=3.2)
    from matplotlib.colors import ListedColormap  # noqa: PLC0415 - the extra plot

    seen = spectrogram(samples, rate, columns=_COLUMNS, rows=_ROWS)
    top = float(seen.levels_db.max())
    times = np.linspace(0, seen.duration_s, _COLUMNS + 1)
    mesh = ax.pcolormesh(
        times, seen.edges_hz, seen.levels_db, vmin=top - RANGE_DB, vmax=top, rasterized=True,
        cmap=ListedColormap(level_colours() / 255, name="musicnb"),
    )  # fmt: skip
    ax.set_yscale("log")
    ax.set_ylim(seen.edges_hz[0], seen.edges_hz[-1])
    shown = [hertz for hertz in FREQUENCIES_HZ if seen.edges_hz[0] <= hertz <= seen.edges_hz[-1]]
    ax.set_yticks(shown, [frequency_text(hertz) for hertz in shown])
    ax.set_yticks([], minor=True)
    ax.set_ylabel("Frequency (Hz)")
    ax.tick_params(direction="out")
    if colorbar:
        bar = ax.figure.colorbar(mesh, ax=ax, pad=0.015, fraction=0.04, aspect=18)
        bar.set_label("Level (dB, full-scale sine = 0)")
        bar.outline.set_visible(False)
    _time_axis(ax, seen.duration_s)
    return ax


def plot_loudness(
    measured: LoudnessOverTime | Measured | Any,
    ax: Axes | None = None,
    *,
    targets: Mapping[str, float] | None = None,
) -> Axes:
    """Plot momentary and short-term loudness (EBU Tech 3341) with lines for targets.

    Parameters
    ----------
    measured
        The measures of a clip, their ``series``, or a clip itself, which is measured then.
    ax
        Where to plot; None makes a figure.
    targets
        Names and LUFS of lines: ``{"EBU R 128": -23}``.

    Returns
    -------
    matplotlib.axes.Axes
        As for `plot_waveform`.

    Raises
    ------
    ConfigurationError
        matplotlib is not installed.
    ValueError
        There is no loudness over time, or a target is no number.
    """
    series = _series(measured)
    targets = dict(targets or {})
    if not len(series.times_s):
        raise ValueError("there is no loudness over time of less than 0.1 s of sound")
    if not all(map(math.isfinite, targets.values())):
        raise ValueError(f"targets are LUFS, not {targets}")
    ax = _axes(ax, height=2.8)
    bottom, top = loudness_limits(series.momentary_lufs.tolist(), targets.values())
    times, violet = series.times_s, _hex(VIOLET)
    # silence is -inf, which would tear the line: it falls out of the picture instead
    momentary, short_term = (
        np.maximum(levels, bottom - 1) for levels in (series.momentary_lufs, series.short_term_lufs)
    )
    ax.fill_between(
        times, bottom, np.maximum(momentary, bottom), color=violet, alpha=0.25, linewidth=0,
        label="momentary (0.4 s)",
    )  # fmt: skip
    ax.plot(times, short_term, color=violet, linewidth=1.6, label="short-term (3 s)")
    for i, (name, target) in enumerate(targets.items()):
        ax.axhline(
            target, linewidth=1.2, label=f"{name} ({_minus(target)} LUFS)",
            color=_TARGET_COLOURS[i % len(_TARGET_COLOURS)],
            linestyle=_TARGET_DASHES[i % len(_TARGET_DASHES)],
        )  # fmt: skip
    ax.set_ylim(bottom, top)
    ticks = loudness_ticks(bottom, top)
    ax.set_yticks(ticks, [_minus(tick) for tick in ticks])
    ax.grid(axis="y", color=_hex(GREY), alpha=0.25, linewidth=0.6)
    ax.set_axisbelow(True)
    ax.set_ylabel("Loudness (LUFS)")
    ax.legend(
        loc="lower left", bbox_to_anchor=(0, 1.0), ncols=2 + len(targets), frameon=False,
        fontsize="small", borderaxespad=0.2, handlelength=2.4,
    )  # fmt: skip
    _time_axis(ax, float(times[-1]))
    return ax


def _axes(ax: Axes | None, *, height: float) -> Axes:
    require_matplotlib()
    from matplotlib import pyplot as plt  # noqa: PLC0415 - an extra, and half a second

    if ax is None:
        _, ax = plt.subplots(figsize=(9, height), layout="constrained")
    ax.spines[["top", "right"]].set_visible(False)
    return ax


def _sound(source: Samples, sample_rate: int | None) -> tuple[NDArray[np.float32], int]:
    if isinstance(source, np.ndarray):
        if sample_rate is None:
            raise ValueError("an array does not know its rate: give sample_rate=")
        samples, rate = source, sample_rate
    else:
        sound: Sound = source.read() if hasattr(source, "read") else source
        samples, rate = sound.samples, sound.sample_rate
    samples = samples[:, None] if samples.ndim == 1 else samples
    if not len(samples):
        raise ValueError("there are no samples to plot")
    return np.nan_to_num(samples, nan=0.0, posinf=1.0, neginf=-1.0), rate


def _series(source: Any) -> LoudnessOverTime:
    if callable(measure := getattr(source, "measures", None)):
        source = measure()
    series: LoudnessOverTime = getattr(source, "series", source)
    return series


def _held(values: NDArray[np.floating[Any]]) -> NDArray[np.floating[Any]]:
    return np.concatenate([values, values[-1:]])


def _time_axis(ax: Axes, duration_s: float) -> None:
    from matplotlib.ticker import FuncFormatter, MultipleLocator  # noqa: PLC0415 - the extra plot

    ax.set_xlim(0, duration_s)
    if duration_s <= _SHORT_S:
        ax.set_xlabel("Time (s)")
        return
    step = next((step for step in (10, 15, 30, 60, 120, 300, 600) if duration_s / step <= 8), 1200)  # noqa: PLR2004
    ax.xaxis.set_major_locator(MultipleLocator(step))
    ax.xaxis.set_major_formatter(FuncFormatter(lambda x, _: time_text(x, duration_s)))
    ax.set_xlabel("Time (min:s)")


def _minus(number: float) -> str:
    return f"{number:g}".replace("-", "−")


def _hex(colour: tuple[int, int, int]) -> str:
    return "#{:02X}{:02X}{:02X}".format(*colour)
