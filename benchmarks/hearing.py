"""How well tempo and key are heard, and at what cost, beside librosa on the same clips.

The clips are composed from seeds that nothing was tuned on, and rendered by fluidsynth: 18 styles,
24 keys, 56 to 180 bpm. Prints accuracies and median CPU seconds a clip (after a first clip that
warms both up), in one run. librosa answers with `beat.beat_track`, and with `feature.chroma_cqt`
against the key profiles of Albrecht and Shanahan (2013), the best of those in use.

Run it with ``pip install -e .[dev,bench]`` and ``python benchmarks/hearing.py [clips]``.
"""

from __future__ import annotations

import statistics
import sys
import tempfile
import time
from collections.abc import Callable
from pathlib import Path

import librosa
import numpy as np
from threadpoolctl import threadpool_limits

sys.path.insert(0, str(Path(__file__).parents[1] / "tests" / "measure"))

from answering import key_marks, tempo_marks
from composing import Piece, compose
from rendering import missing, render

from musicnb.measure import KEYS, MusicMeter

CLIPS = int(sys.argv[1]) if len(sys.argv) > 1 else 72
PROFILES = {
    "major": (0.238, 0.006, 0.111, 0.006, 0.137, 0.094, 0.016, 0.214, 0.009, 0.080, 0.008, 0.081),
    "minor": (0.220, 0.006, 0.104, 0.123, 0.019, 0.103, 0.012, 0.214, 0.062, 0.022, 0.061, 0.052),
}
Heard = tuple[float | None, tuple[str | None, str | None]]


def ours(mono: np.ndarray, rate: int) -> Heard:
    """Return tempo and key as musicnb hears them."""
    meter = MusicMeter(rate)
    for start in range(0, len(mono), 65_536):
        meter.push(mono[start : start + 65_536])
    music = meter.close()
    return music.rhythm.tempo_bpm, (music.tonality.key, music.tonality.mode)


def librosas(mono: np.ndarray, rate: int) -> Heard:
    """Return tempo and key as librosa hears them."""
    tempo, _ = librosa.beat.beat_track(y=mono, sr=rate)
    chroma = librosa.feature.chroma_cqt(y=mono, sr=rate).mean(axis=1)
    likeness = {
        (KEYS[tonic], mode): np.corrcoef(np.roll(profile, tonic), chroma)[0, 1]
        for mode, profile in PROFILES.items()
        for tonic in range(12)
    }
    return float(np.atleast_1d(tempo)[0]), max(likeness, key=lambda key: likeness[key])


def marks(
    ear: Callable[[np.ndarray, int], Heard], clips: list[tuple[Piece, np.ndarray, int]]
) -> tuple[float, ...]:
    """Return accuracies of tempo and key, and the median CPU seconds a clip."""
    ear(*clips[0][1:])
    rows, seconds = [], []
    for piece, mono, rate in clips:
        start = time.process_time()
        tempo, key = ear(mono, rate)
        seconds.append(time.process_time() - start)
        rows.append(
            (*tempo_marks(tempo, piece.tempo_bpm), *key_marks(key, piece.tonic, piece.mode))
        )
    return *np.mean(rows, axis=0), statistics.median(seconds)


def main() -> None:
    """Measure and print."""
    if problem := missing():
        sys.exit(problem)
    with tempfile.TemporaryDirectory() as folder, threadpool_limits(1):
        clips = []
        for seed in range(CLIPS):
            piece = compose(seed)
            samples, rate = render(piece, Path(folder), seed)
            clips.append((piece, samples.mean(axis=1), rate))
        print(f"{CLIPS} clips          tempo acc1   acc2   key exact  MIREX   CPU ms a clip")
        for name, ear in (("musicnb", ours), ("librosa", librosas)):
            first, second, exact, weighted, seconds = marks(ear, clips)
            print(
                f"{name:<18} {first:10.3f} {second:6.3f} {exact:11.3f} {weighted:6.3f}"
                f" {1000 * seconds:12.1f}"
            )


if __name__ == "__main__":
    main()
