"""Whether files are as loud as their profile asks for, by a meter that is not ours.

Clips of all genres in turn, 12 s each; every profile makes a file of each, which is decoded and
measured by libebur128. A file is right within 0.3 LU of the profile's loudness, under its ceiling,
and within its size.

Run it with ``python benchmarks/conforming.py [N]``, with N clips instead of 10. A file that is not
right ends it with status 1.
"""

from __future__ import annotations

import sys
import tempfile
from pathlib import Path

from threadpoolctl import threadpool_limits

sys.path.insert(0, str(Path(__file__).parents[1] / "tests" / "deliver"))

from delivering import RATE, metered, played

from musicnb.deliver import PROFILES, conform
from musicnb.sandbox import engine
from musicnb.sound import Sound

CLIPS = 10
FIRST_SEED = 40_000
NEAR_LU = 0.3


def main() -> None:
    """Print how far each profile's files are from it, at most."""
    counts = [int(word) for word in sys.argv[1:] if word.isdigit()]
    clips = [rendered(number) for number in range(counts[0] if counts else CLIPS)]
    wrong = []
    for name, profile in PROFILES.items():
        away, over, made = [0.0], [-99.0], []
        for clip in clips:
            with tempfile.TemporaryDirectory() as folder, threadpool_limits(1):
                made.append(conform(clip, Path(folder) / "clip", name))
                loudness, peak = metered(made[-1].path)
            if profile.loudness_lufs is not None:
                away.append(abs(loudness - profile.loudness_lufs))
            if profile.true_peak_dbtp is not None:
                over.append(peak - profile.true_peak_dbtp)
        failed = sum(not one.passed for one in made)
        print(
            f"{name}: {len(made)} files, at most {max(away):.2f} LU away, {max(over):.2f} dB over,"
            f" {failed} failed",
            flush=True,
        )
        if max(away) > NEAR_LU or max(over) > 0 or failed:
            wrong.append(name)
    if wrong:
        sys.exit(f"not right: {', '.join(wrong)}")


def rendered(number: int) -> Sound:
    """Render a clip."""
    genre = engine.GENRE_NAMES[number % len(engine.GENRE_NAMES)]
    _, samples = played(f"{genre.replace('_', ' ')}, 12 s", seed=FIRST_SEED + number)
    return Sound(samples, RATE)


if __name__ == "__main__":
    main()
