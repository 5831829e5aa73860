"""What decoding costs here, beside soundfile's own.

Prints, for a stereo clip of each kind, processor time from one run on this machine:

- of our decoder in blocks, from a path, every frame counted and damage looked for;
- of ``soundfile.SoundFile.blocks`` with blocks of the same size, and of ``soundfile.read`` at once,
  which believe the header;
- the ratio of ours to both, as the median of pairs measured side by side, and how much each adds to
  the memory in use.

Run it with ``python benchmarks/decoding.py [repeats] [seconds]``.
"""

from __future__ import annotations

import statistics
import subprocess
import sys
import tempfile
import time
from collections.abc import Callable
from pathlib import Path

import numpy as np
import soundfile as sf

from musicnb import sound

NUMBERS = [int(word) for word in sys.argv[1:] if word.isdigit()]
REPEATS, SECONDS = (NUMBERS + [9, 180][len(NUMBERS) :])[:2]
RATE = 44_100
BLOCK_FRAMES = 65_536


def music() -> np.ndarray:
    """Return something that costs encoders and decoders what music does."""
    time_s = np.arange(SECONDS * RATE) / RATE
    random = np.random.default_rng(1)
    envelope = 0.1 + 0.4 * np.exp(-6 * (time_s % 0.5))
    chord = sum(np.sin(2 * np.pi * pitch * time_s) for pitch in (110, 220.5, 277, 331)) / 4
    sides = [envelope * (chord + random.normal(0, 0.1, len(time_s))) for _ in range(2)]
    return np.stack(sides, axis=1).astype(np.float32)


def ours(path: Path) -> int:
    """Decode as this package does."""
    return sound.examine(path).frames


def in_blocks(path: Path) -> int:
    """Decode as soundfile does, block by block."""
    with sf.SoundFile(path) as file:
        return sum(len(block) for block in file.blocks(BLOCK_FRAMES, dtype="float32"))


def at_once(path: Path) -> int:
    """Decode as soundfile does, whole."""
    return len(sf.read(path, dtype="float32")[0])


WAYS: dict[str, Callable[[Path], int]] = {"ours": ours, "in_blocks": in_blocks, "at_once": at_once}


def cpu_s(way: Callable[[Path], int], path: Path) -> float:
    """Return the processor time of one decoding."""
    start = time.process_time()
    way(path)
    return time.process_time() - start


def megabytes(way: str, path: Path) -> float:
    """Return what one decoding adds to the largest memory of a fresh process."""
    shown = subprocess.run(
        [sys.executable, __file__, "--memory", way, path],
        capture_output=True,
        text=True,
        check=True,
    )
    return float(shown.stdout)


def tell_memory(way: str, path: Path) -> None:
    """Print what one decoding adds to the memory of this process, in MB."""

    def peak_mb() -> float:
        # what getrusage tells is inherited from the process that started this one
        status = Path("/proc/self/status").read_text()
        return int(status.split("VmHWM:")[1].split()[0]) / 1024

    before = peak_mb()
    WAYS[way](path)
    print(peak_mb() - before)


def main() -> None:
    """Measure and print."""
    samples = music()
    print(f"{SECONDS} s stereo, median of {REPEATS}; CPU s, ratios, MB more")
    print(
        f"{'':6}{'ours':>9}{'blocks':>9}{'read':>9}{'ours/blocks':>13}{'ours/read':>11}{'MB':>14}"
    )
    with tempfile.TemporaryDirectory() as folder:
        for kind in ("MP3", "FLAC", "OGG", "WAV"):
            path = Path(folder) / f"clip.{kind.lower()}"
            path.write_bytes(sound.encode(samples, RATE, format=kind))
            runs = [{name: cpu_s(way, path) for name, way in WAYS.items()} for _ in range(REPEATS)]
            costs = [statistics.median(run[name] for run in runs) for name in WAYS]
            ratios = [
                statistics.median(run["ours"] / run[name] for run in runs)
                for name in ("in_blocks", "at_once")
            ]
            more = "/".join(f"{megabytes(name, path):.0f}" for name in WAYS)
            figures = "".join(f"{cost:9.3f}" for cost in costs)
            print(f"{kind:6}{figures}{ratios[0]:13.2f}{ratios[1]:11.2f}{more:>14}")


if __name__ == "__main__":
    if "--memory" in sys.argv:
        tell_memory(sys.argv[-2], Path(sys.argv[-1]))
    else:
        main()
