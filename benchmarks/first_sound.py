"""Time to the first sound, and what ``import musicnb`` costs.

Prints, from one run on this machine:

- seconds from pressing *Generate* (``studio.generate``) to the first clip on disk, decoded and
  measured, and to the last one, for a default suno order against a running sandbox;
- seconds of ``import musicnb`` and of ``from musicnb import Studio`` in a fresh process, with
  ``import pandas`` beside them as the yardstick, and their ratio.

Run it with ``python benchmarks/first_sound.py [repeats]``.
"""

from __future__ import annotations

import statistics
import subprocess
import sys
import tempfile
import time

from musicnb import Studio, TextToMusic

REPEATS = int(sys.argv[1]) if len(sys.argv) > 1 else 5
PROMPT = "dream pop, warm analog drums, shimmering guitars, 96 bpm"
STATEMENTS = ("import musicnb", "from musicnb import Studio", "import pandas")


def seconds_of(statement: str) -> float:
    """Return the seconds a statement takes in a fresh interpreter."""
    code = (
        f"import time; start = time.perf_counter(); {statement}; print(time.perf_counter() - start)"
    )
    shown = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, check=True)
    return float(shown.stdout)


def first_and_last_clip(studio: Studio) -> tuple[float, float]:
    """Order once; return the seconds to the first and to the last clip."""
    start = time.perf_counter()
    arrivals: list[float] = []
    task = studio.generate(TextToMusic(PROMPT))
    task.subscribe(
        lambda changed: arrivals.extend(
            [time.perf_counter() - start] * (len(changed.clips) - len(arrivals))
        )
    )
    task.result()
    return arrivals[0], arrivals[-1]


def main() -> None:
    """Measure and print."""
    with tempfile.TemporaryDirectory() as folder:
        start = time.perf_counter()
        with Studio(folder, quiet=True) as studio:
            print(f"Studio(), sandbox started   {time.perf_counter() - start:6.2f} s")
            runs = [first_and_last_clip(studio) for _ in range(REPEATS)]
    for name, values in zip(("first clip", "last clip"), zip(*runs, strict=True), strict=True):
        print(
            f"Generate to the {name:<11} {statistics.median(values):6.2f} s"
            f"   (median of {REPEATS}; {min(values):.2f} to {max(values):.2f})"
        )
    costs = {
        statement: statistics.median(seconds_of(statement) for _ in range(REPEATS))
        for statement in STATEMENTS
    }
    for statement, cost in costs.items():
        ratio = cost / costs["import pandas"]
        print(f"{statement:<27} {cost:6.3f} s   ({ratio:.2f} of import pandas)")


if __name__ == "__main__":
    main()
