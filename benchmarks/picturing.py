"""What pictures of a three-minute clip cost, beside matplotlib's in the same run.

Prints CPU milliseconds (median) and sizes of

- the waveform from its outline, loudness over time, the spectrogram with axes, the one for a table;
- the same drawn by matplotlib with its own ``specgram``, and by our ``plot_*``;
- the first picture in a fresh process, import included, with and without matplotlib;
- a preview of 15 s, and a contact sheet of 100 clips.

Run it with ``python benchmarks/picturing.py [repeats]``; it needs the extra ``plot``.
"""

from __future__ import annotations

import io
import json
import statistics
import subprocess
import sys
import tempfile
import time
from collections.abc import Callable
from decimal import Decimal
from pathlib import Path
from types import SimpleNamespace

import matplotlib as mpl
import numpy as np
from numpy.typing import NDArray

from musicnb import Clip
from musicnb.library import ClipRecord, Job
from musicnb.measure import Outline
from musicnb.pictures import (
    THUMBNAIL,
    loudness_png,
    plot_spectrogram,
    plot_waveform,
    spectrogram,
    spectrogram_png,
    thumbnail_png,
    waveform_png,
)
from musicnb.sandbox import engine
from musicnb.sound import encode
from musicnb.studio import Clips

mpl.use("agg")
from matplotlib import pyplot as plt

REPEATS = int(sys.argv[1]) if len(sys.argv) > 1 else 7
RATE = engine.SAMPLE_RATE
PROMPT = "dream pop, warm analog drums, shimmering guitars, 96 bpm, 3 minutes"
FRESH = {
    "numpy and zlib": "from musicnb.pictures import spectrogram_png; spectrogram_png(x, 44100)",
    "matplotlib": "import matplotlib; matplotlib.use('agg'); from matplotlib import pyplot as p;"
    " f, a = p.subplots(); a.specgram(x, NFFT=4096, Fs=44100); f.savefig(io.BytesIO())",
}


def song() -> NDArray[np.float32]:
    """Render three minutes with the sandbox's engine."""
    brief = engine.read_brief(engine.Order("suno-5.5", PROMPT), seed=7, take=0)
    return np.asarray(engine.render(engine.compose(brief)), np.float32)


def figure_png(figure: plt.Figure) -> bytes:
    """Save a figure as a PNG and close it."""
    file = io.BytesIO()
    figure.savefig(file, format="png", dpi=100)
    plt.close(figure)
    return file.getvalue()


def specgram(samples: NDArray[np.float32]) -> bytes:
    """Draw what most notebooks draw: matplotlib's own spectrogram of the mono sum."""
    figure, ax = plt.subplots(figsize=(8, 2))
    ax.specgram(samples.mean(axis=1), NFFT=4096, Fs=RATE, noverlap=2048)
    ax.set_yscale("symlog", linthresh=40)
    ax.set_ylim(40, 16_000)
    return figure_png(figure)


def lines(samples: NDArray[np.float32]) -> bytes:
    """Draw what most notebooks draw: every sample as a line."""
    figure, ax = plt.subplots(figsize=(8, 2))
    ax.plot(np.arange(len(samples)) / RATE, samples[:, 0], linewidth=0.5)
    return figure_png(figure)


def report(name: str, draw: Callable[[], bytes | str], repeats: int = REPEATS) -> None:
    """Print the CPU time and the size of a picture."""
    times = []
    for _ in range(repeats):
        start = time.process_time()
        picture = draw()
        times.append(time.process_time() - start)
    size = len(picture if isinstance(picture, bytes) else picture.encode())
    print(f"{name:<52} {statistics.median(times) * 1e3:9.1f} ms {size / 1e3:9.1f} kB")


def clip_of(samples: NDArray[np.float32], outline: bytes, path: Path) -> Clip:
    """Write samples as an MP3; return the clip of it."""
    path.write_bytes(encode(samples, RATE))
    body = json.dumps({"model": "suno-5.5", "prompt": PROMPT}).encode()
    job = Job("j", "x", "text_to_music", body, "k", "succeeded", Decimal(80), 0.0, task_id="tsk_1")
    record = ClipRecord(
        clip_id="tsk_1-1", job_id="j", position=1, title="Dream pop, warm analog drums",
        artifact_id=None, file=path.name, media_type="audio/mpeg",
        size_bytes=path.stat().st_size, sha256="", duration_s=len(samples) / RATE,
        sample_rate_hz=RATE, channels=2, loudness_lufs=-14.1, peak_dbfs=-1.0, rms_dbfs=-16.0,
        outline=outline, saved_at=0.0,
    )  # fmt: skip
    return Clip(record, job, path)


def seconds_of(code: str) -> float:
    """Return the seconds that code takes in a fresh interpreter, which has numpy already."""
    program = f"""
import io, time
import numpy as np
x = np.random.default_rng(1).standard_normal(180 * 44100, dtype=np.float32) * 0.1
start = time.perf_counter()
{code}
print(time.perf_counter() - start)"""
    shown = subprocess.run(
        [sys.executable, "-c", program], capture_output=True, text=True, check=True
    )
    return float(shown.stdout)


def main() -> None:
    """Measure and print."""
    samples = song()
    collector = Outline()
    collector.push(samples)
    outline = collector.pairs()
    levels = 10 * np.log10(
        np.add.reduceat(np.square(samples).sum(axis=1), np.arange(0, len(samples), RATE // 10))
        / (RATE // 10)
        + 1e-12
    )
    series = SimpleNamespace(
        times_s=np.arange(1, len(levels) + 1) / 10, momentary_lufs=levels, short_term_lufs=levels
    )
    columns, rows = THUMBNAIL
    print(f"{len(samples) / RATE:.0f} s of stereo, CPU time, median of {REPEATS}\n")
    report("waveform_png (from the outline)", lambda: waveform_png(outline))
    report("  plot_waveform", lambda: figure_png(plot_waveform(samples, sample_rate=RATE).figure))
    report("  matplotlib, every sample", lambda: lines(samples), 3)
    report("loudness_png (from the series)", lambda: loudness_png(series, targets={"r128": -23}))
    report(
        "thumbnail_png (decoded already)",
        lambda: thumbnail_png(spectrogram(samples, RATE, columns=columns, rows=rows)),
    )
    report("spectrogram_png (800 × 200, axes)", lambda: spectrogram_png(samples, RATE))
    report(
        "  plot_spectrogram",
        lambda: figure_png(plot_spectrogram(samples, sample_rate=RATE).figure), 3,
    )  # fmt: skip
    report("  matplotlib's specgram (800 × 200)", lambda: specgram(samples), 3)
    print()
    for name, code in FRESH.items():
        seconds = statistics.median(seconds_of(code) for _ in range(min(3, REPEATS)))
        print(f"{'first spectrogram in a process, ' + name:<52} {seconds * 1e3:9.1f} ms")
    print()
    with tempfile.TemporaryDirectory() as folder:
        clip = clip_of(samples, outline, Path(folder) / "clip.mp3")
        many, few = Clips([clip] * 100), Clips([clip] * 10)
        report("clip.preview(): 15 s, decoded twice, encoded", lambda: clip.preview().html, 3)
        report("contact sheet of 10 clips", lambda: few.contact_sheet().html, 1)
        report(
            "contact sheet of 100 clips, waveforms only",
            lambda: many.contact_sheet(spectrograms=False).html,
        )
        one = Clips([clip]).contact_sheet()
        two = Clips([clip] * 2).contact_sheet()
        hundred = one.size_bytes + 99 * (two.size_bytes - one.size_bytes)
        print(f"{'contact sheet of 100 clips':<52} {'':>12} {hundred / 1e3:9.1f} kB")
        print(f"{'the clip itself':<52} {'':>12} {clip.record.size_bytes / 1e3:9.1f} kB")


if __name__ == "__main__":
    main()
