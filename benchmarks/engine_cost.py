"""What the engine costs, each figure from a fresh process, and what fluidsynth costs beside it."""

from __future__ import annotations

import os
import resource
import shutil
import statistics
import subprocess
import sys
from pathlib import Path

from engine_ears import RATE, composed

from musicnb.sandbox import engine

SOUNDFONT = Path(os.environ.get("SOUNDFONT", "/usr/share/sounds/sf2/FluidR3_GM.sf2"))
WARM = ("pop", "house", "rock", "jazz", "cinematic", "lofi", "trance", "folk")
SONG = "pop song, female voice, 90 s"
LYRICS = "\n\n".join(
    (
        "[Verse]\nThe morning comes across the bay\nAnd carries all the night away",
        "[Chorus]\nOh hold the light, oh hold the line\nThe day is yours, the day is mine",
    )
    * 3
)
_HEAD = """
import os, time
import numpy
from threadpoolctl import threadpool_limits
from musicnb.sandbox import engine
def render(prompt, seed, lyrics=""):
    order = engine.Order("suno-5.5", prompt, lyrics)
    score = engine.compose(engine.read_brief(order, seed=seed, take=0))
    start = time.process_time()
    engine.render(score)
    return score.duration_s / (time.process_time() - start)
with threadpool_limits(1):
"""


def _child(body: str) -> str:
    code = _HEAD + "".join(f"    {line}\n" for line in body.splitlines())
    environment = {**os.environ, "OPENBLAS_NUM_THREADS": "1"}
    for name in ("OPENBLAS_CORETYPE", "OPENBLAS_L2_SIZE"):
        environment.pop(name, None)  # for old builds only; they slow ours down
    shown = subprocess.run(
        [sys.executable, "-c", code], capture_output=True, text=True, check=True, env=environment
    )
    return shown.stdout.strip()


def cold_with_vocals(rounds: int) -> float:
    """Return how often faster than real time a fresh process sings its first song."""
    found = [float(_child(f"print(render({SONG!r}, {n}, {LYRICS!r}))")) for n in range(rounds)]
    return statistics.median(found)


def warm(genres: tuple[str, ...], seconds: int) -> dict[str, float]:
    """Return how often faster than real time each genre is once the tables are there."""
    body = "\n".join(
        f"render({f'{genre} 20 s'!r}, 1); print({genre!r}, render({f'{genre} {seconds} s'!r}, 2))"
        for genre in genres
    )
    rows = (line.split() for line in _child(body).splitlines())
    return {genre: float(speed) for genre, speed in rows}


def peak_mb(seconds: int) -> float:
    """Return the highest memory of a process that renders one clip with a voice."""
    body = (
        f"render({f'pop song, female voice, {seconds} s'!r}, 3, {LYRICS!r})\n"
        # not ru_maxrss: a child inherits its parent's
        "print(open('/proc/self/status').read().split('VmHWM:')[1].split()[0])"
    )
    return int(_child(body)) / 1024


def same_everywhere(folder: Path) -> tuple[set[str], float]:
    """Render one song on several kinds of BLAS kernels; return digests and largest difference."""
    import numpy as np  # noqa: PLC0415 - the cost of the parent is nobody's concern

    digests, waves = set(), []
    for kernel in ("", "Haswell", "Prescott", "SkylakeX"):
        path = folder / f"{kernel or 'own'}.npy"
        code = (
            "import sys, numpy; from musicnb.sandbox import engine\n"
            f"order = engine.Order('suno-5.5', 'funk, female voice, 12 s', {LYRICS!r})\n"
            "score = engine.compose(engine.read_brief(order, seed=5, take=0))\n"
            f"numpy.save({str(path)!r}, engine.render(score)); print(score.digest())"
        )
        environment = {**os.environ, "PYTHONHASHSEED": str(len(waves))}
        if kernel:
            environment["OPENBLAS_CORETYPE"] = kernel
        shown = subprocess.run(
            [sys.executable, "-c", code], capture_output=True, text=True, check=True,
            env=environment,
        )  # fmt: skip
        digests.add(shown.stdout.strip())
        waves.append(np.load(path))
    return digests, max(float(np.abs(wave - waves[0]).max()) for wave in waves)


def fluidsynth_missing() -> str:
    """Return what must be installed before fluidsynth can be measured, or nothing."""
    if shutil.which("fluidsynth") and SOUNDFONT.exists():
        return ""
    return "apt-get install fluidsynth fluid-soundfont-gm, or set SOUNDFONT to a .sf2 file"


def fluidsynth(genre: str, seconds: int, folder: Path) -> float:
    """Return how often faster than real time fluidsynth plays the same piece from its score.

    With its defaults, reverb and chorus included, into a WAV file; it neither masters nor limits.
    """
    score = composed(f"{genre} {seconds} s", 2)
    path = folder / f"{genre}.mid"
    path.write_bytes(engine.to_midi(score))
    command = ["fluidsynth", "-ni", "-q", "-F", str(folder / "out.wav"), "-r", str(RATE)]
    before = resource.getrusage(resource.RUSAGE_CHILDREN)
    subprocess.run([*command, str(SOUNDFONT), str(path)], check=True, capture_output=True)
    after = resource.getrusage(resource.RUSAGE_CHILDREN)
    spent = after.ru_utime - before.ru_utime + after.ru_stime - before.ru_stime
    return score.duration_s / spent
