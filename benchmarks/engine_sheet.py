"""A contact sheet of the engine's genres: waveform and spectrogram of one clip each.

A dull block, a clipped wall or dead air shows at once. Beside each name stand tempo, key, loudness
range and width.

Run it with ``python benchmarks/engine_sheet.py [docs/images/engine.png] [seconds]`` with the extra
``plot`` installed; a minute.
"""

from __future__ import annotations

import io
import sys
from pathlib import Path

import matplotlib as mpl
import numpy as np
from PIL import Image
from threadpoolctl import threadpool_limits

from musicnb.measure import Meter
from musicnb.sandbox import engine

mpl.use("Agg")
from matplotlib import pyplot as plt

RATE = engine.SAMPLE_RATE
COLUMNS = 4
COLOURS = 96
_POINTS, _HOP, _ROWS, _COLUMNS = 4096, 2048, 72, 300


def main() -> None:
    """Render, draw, and write the picture."""
    path = Path(sys.argv[1] if len(sys.argv) > 1 else "docs/images/engine.png")
    seconds = int(sys.argv[2]) if len(sys.argv) > 2 else 60
    genres = engine.GENRE_NAMES[: len(engine.GENRE_NAMES) // COLUMNS * COLUMNS]
    rows = len(genres) // COLUMNS
    figure, axes = plt.subplots(
        2 * rows, COLUMNS, figsize=(14, 1.75 * rows), layout="constrained",
        gridspec_kw={"height_ratios": (1, 2) * rows},
    )  # fmt: skip
    for place, genre in enumerate(genres):
        row, column = divmod(place, COLUMNS)
        draw(genre, seconds, axes[2 * row][column], axes[2 * row + 1][column])
        print(genre, flush=True)
    drawn = io.BytesIO()
    figure.savefig(drawn, dpi=100)
    path.parent.mkdir(parents=True, exist_ok=True)
    # few colours: a third of the size, and nobody sees it
    Image.open(drawn).convert("RGB").quantize(COLOURS).save(path, optimize=True)
    print(f"{path}: {path.stat().st_size / 1024:.0f} kB")


def draw(genre: str, seconds: int, above: plt.Axes, below: plt.Axes) -> None:
    """Render one clip of a genre and draw it into two axes."""
    order = engine.Order("suno-5.5", f"{genre.replace('_', ' ')}, {seconds} s")
    score = engine.compose(engine.read_brief(order, seed=11, take=0))
    with threadpool_limits(1):
        samples = engine.render(score)
        meter = Meter(RATE, 2)
        meter.push(samples)
        heard = meter.close()
    above.set_title(
        f"{genre.replace('_', ' ')}: {score.tempo_bpm:.0f} bpm, {score.key},"
        f" {heard.loudness_range_lu:.1f} LU, {heard.stereo_width_db:.0f} dB wide",
        fontsize=8, pad=3,
    )  # fmt: skip
    step = len(samples) // _COLUMNS
    cut = samples[: step * _COLUMNS].reshape(_COLUMNS, -1)
    times = np.arange(_COLUMNS) * step / RATE
    above.fill_between(times, cut.min(axis=1), cut.max(axis=1), color="#6d5bd0", linewidth=0)
    above.fill_between(times, -_rms(cut), _rms(cut), color="#b9aef2", linewidth=0)
    above.set(xlim=(0, len(samples) / RATE), ylim=(-1, 1), xticks=[], yticks=[])
    below.imshow(
        _levels_db(samples), origin="lower", aspect="auto", cmap="magma", vmin=-75, vmax=-10,
        extent=(0, len(samples) / RATE, 0, 1), interpolation="nearest",
    )  # fmt: skip
    for section in score.sections:
        below.axvline(section.first_bar * score.bar_s, color="white", alpha=0.35, linewidth=0.6)
    below.set(xticks=[], yticks=[])


def _rms(cut: np.ndarray) -> np.ndarray:
    return np.sqrt((cut**2).mean(axis=1))


def _levels_db(samples: np.ndarray) -> np.ndarray:
    """Return levels in dB by pitch (low to high, 40 Hz to 18 kHz) and time."""
    mono = samples.mean(axis=1)
    frames = np.lib.stride_tricks.sliding_window_view(mono, _POINTS)[::_HOP]
    power = np.abs(np.fft.rfft(frames * np.hanning(_POINTS).astype(np.float32), axis=1)) ** 2
    edges = np.searchsorted(np.fft.rfftfreq(_POINTS, 1 / RATE), np.geomspace(40, 18_000, _ROWS + 1))
    edges = np.maximum.accumulate(np.maximum(edges, np.arange(_ROWS + 1) + 1))
    rows = np.add.reduceat(power, edges, axis=1)[:, :-1].T / (_POINTS / 4) ** 2
    columns = np.array_split(rows, min(_COLUMNS, rows.shape[1]), axis=1)
    return 10 * np.log10(np.stack([part.mean(axis=1) for part in columns], axis=1) + 1e-12)


if __name__ == "__main__":
    main()
