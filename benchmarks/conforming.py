"""Whether files are as loud as their profile asks for, by two meters that are not ours.

Clips of all genres in turn, 12 s each; every profile makes a file of each. It is decoded by us and
measured by libebur128, and decoded and measured by ffmpeg (its filter ``ebur128``). A file is right
when both find it within 0.3 LU of the profile's loudness and under its ceiling, and it is within
its size.

Run it with ``python benchmarks/conforming.py [N]``, with N clips instead of 10; ffmpeg must be
installed. A file that is not right ends it with status 1.
"""

from __future__ import annotations

import math
import re
import shutil
import subprocess
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
    if shutil.which("ffmpeg") is None:
        sys.exit("ffmpeg is needed, the second meter: apt-get install ffmpeg")
    counts = [int(word) for word in sys.argv[1:] if word.isdigit()]
    clips = [rendered(number) for number in range(counts[0] if counts else CLIPS)]
    wrong = []
    for name, profile in PROFILES.items():
        away, over, made = [0.0], [-99.0], []
        for clip in clips:
            with tempfile.TemporaryDirectory() as folder, threadpool_limits(1):
                made.append(conform(clip, Path(folder) / "clip", name))
                heard = (metered(made[-1].path), by_ffmpeg(made[-1].path))
            for loudness, peak in heard:
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


def by_ffmpeg(path: Path) -> tuple[float, float]:
    """Return loudness in LUFS and true peak in dBTP as ffmpeg decodes and measures a file."""
    meter = "ebur128=peak=true:metadata=1,ametadata=mode=print:file=-"
    command = ["ffmpeg", "-nostdin", "-v", "error", "-i", str(path), "-filter:a", meter]
    ended = subprocess.run(
        [*command, "-f", "null", "-"], check=True, capture_output=True, text=True
    )
    loudness = re.findall(r"^lavfi\.r128\.I=(\S+)", ended.stdout, re.MULTILINE)
    peaks = re.findall(r"^lavfi\.r128\.true_peak=(\S+)", ended.stdout, re.MULTILINE)
    return float(loudness[-1]), 20 * math.log10(max(map(float, peaks)))


def rendered(number: int) -> Sound:
    """Render a clip."""
    genre = engine.GENRE_NAMES[number % len(engine.GENRE_NAMES)]
    _, samples = played(f"{genre.replace('_', ' ')}, 12 s", seed=FIRST_SEED + number)
    return Sound(samples, RATE)


if __name__ == "__main__":
    main()
