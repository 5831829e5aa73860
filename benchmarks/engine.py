"""How the sandbox's engine is heard, whether its pieces differ, and what they cost.

- *hearing*: at least 200 requests of all genres, tempi from 64 to 176 and 24 keys with two seeds
  each, heard by our own measures, by librosa and by libebur128;
- *telling*: a linear classifier, trained on what it renders itself, tells the genres of unseen
  seeds; dark and bright, calm and energetic, sparse and busy come in the right order;
- *variety*: different scores and progressions among 100 seeds of one prompt; the same score and
  nearly the same samples on other BLAS kernels;
- *cost*: processor time and memory of rendering, beside fluidsynth on the exported score.

Run it with ``python benchmarks/engine.py [--check] [--small] [part ...]`` with the extra ``bench``
and ``dev`` installed; 15 minutes on two cores, a tenth of it with ``--small``. With ``--check`` a
limit that is not kept ends it with status 1.
"""

from __future__ import annotations

import os
import statistics
import sys
import tempfile
import time
from collections import Counter
from collections.abc import Callable, Sequence
from concurrent.futures import ProcessPoolExecutor
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import engine_cost as cost
import numpy as np
from engine_ears import BROKEN, Heard, colours, composed, difference, hear, requests, tell

from musicnb.measure import KEYS
from musicnb.sandbox import engine

SMALL = "--small" in sys.argv
#: Two words, and the measure that has to be larger for the second.
PAIRS = (
    ("dark", "bright", "spectral_centroid_hz"),
    ("calm", "energetic", "onsets_per_s"),
    ("sparse", "busy", "onsets_per_s"),
)
_failed: list[str] = []


@dataclass(frozen=True)
class Profile:
    """How much is rendered."""

    rounds: int
    train_seeds: int
    test_seeds: int
    pair_seeds: int
    variety_seeds: int
    warm_genres: tuple[str, ...]
    warm_s: int


FULL = Profile(5, 12, 4, 2, 100, cost.WARM, 120)
BRIEF = Profile(1, 5, 1, 1, 100, cost.WARM[:2], 60)


def main() -> None:
    """Measure and print everything, or the parts that are named."""
    profile = BRIEF if SMALL else FULL
    parts = {"hearing": hearing, "telling": telling, "variety": variety, "cost": costs}
    chosen = [name for name in sys.argv[1:] if name in parts] or list(parts)
    for name in chosen:
        start = time.monotonic()
        parts[name](profile)
        print(f"  ({name} took {time.monotonic() - start:.0f} s)\n", flush=True)
    if _failed and "--check" in sys.argv:
        sys.exit(f"not kept: {'; '.join(_failed)}")


def told(
    words: str, figure: float, *, at_most: float | None = None, at_least: float | None = None
) -> None:
    """Print a figure with its limit, and remember whether it is kept."""
    kept = (at_most is None or figure <= at_most) and (at_least is None or figure >= at_least)
    limit = f"at most {at_most:g}" if at_most is not None else f"at least {at_least:g}"
    print(f"  {words}: {figure:.3g} ({limit}{'' if kept else ': NOT KEPT'})", flush=True)
    if not kept:
        _failed.append(words)


def in_parallel(work: Callable[..., Any], *arguments: Sequence[Any]) -> list[Any]:
    """Return what the work gives for every argument, from as many processes as there are cores."""
    with ProcessPoolExecutor(os.cpu_count()) as pool:
        return list(pool.map(work, *arguments, chunksize=2))


# ------------------------------------------------------------------------------------- hearing


def hearing(profile: Profile) -> None:
    """Print how far what is heard is what was asked for."""
    clips: list[Heard] = in_parallel(hear, requests(profile.rounds))
    print(f"hearing: {len(clips)} requests")
    beats = [clip for clip in clips if clip.beat]
    ours = [clip.tempo_is_right(clip.tempo_bpm, 0.02) for clip in beats]
    told("tempo within 2 %, of those with a beat", np.mean(ours), at_least=0.97)
    exact, related = zip(*(clip.key_is(clip.key) for clip in clips), strict=True)
    told("key exact", np.mean(exact), at_least=0.85)
    told("key exact or relative", np.mean(related), at_least=0.96)
    theirs = [clip.tempo_is_right(clip.librosa_bpm, 0.02) for clip in beats]
    told("librosa: tempo within 2 %", np.mean(theirs), at_least=0.85)
    exact, librosas = zip(*(clip.key_is(clip.librosa_key) for clip in clips), strict=True)
    print(f"  librosa: key exact: {np.mean(exact):.3g}")
    told("librosa: key exact or relative", np.mean(librosas), at_least=0.85)
    loudness = [clip.loudness_lufs for clip in clips]
    print(f"  libebur128: {min(loudness):.2f} to {max(loudness):.2f} LUFS")
    told("furthest from -14 LUFS", max(abs(level + 14) for level in loudness), at_most=0.5)
    told("highest true peak, dBTP", max(clip.true_peak_dbtp for clip in clips), at_most=-1.0)
    told(f"clips with any of {', '.join(sorted(BROKEN))}", sum(bool(clip.broken) for clip in clips),
         at_most=0)  # fmt: skip
    wrong = Counter(
        f"{clip.request.genre} {what}"
        for clip in clips
        for what, right in (
            ("tempo", not clip.beat or clip.tempo_is_right(clip.tempo_bpm, 0.02)),
            ("key", clip.key_is(clip.key)[1]),
            ("librosa tempo", not clip.beat or clip.tempo_is_right(clip.librosa_bpm, 0.02)),
            ("librosa key", clip.key_is(clip.librosa_key)[1]),
            (f"broken {clip.broken}", not clip.broken),
        )
        if not right
    )
    print("  misheard:", ", ".join(f"{what} {count}" for what, count in wrong.most_common(24)))


# ------------------------------------------------------------------------------------- telling


def telling(profile: Profile) -> None:
    """Print how well genres and pairs of words are told apart."""
    names = engine.GENRE_NAMES
    seeds = profile.train_seeds + profile.test_seeds
    jobs = [(genre, 5000 + seed) for genre in names for seed in range(seeds)]
    rows = np.array(in_parallel(colours, *zip(*jobs, strict=True)))
    genres = np.array([genre for genre, _ in jobs])
    held_out = np.array([seed % seeds >= profile.train_seeds for seed in range(len(jobs))])
    found = tell(rows[~held_out], genres[~held_out], rows[held_out])
    right = found == genres[held_out]
    print(f"telling: {len(names)} genres, {profile.train_seeds} seeds each to learn from")
    told("genres told of unseen seeds", float(right.mean()), at_least=0.8)
    confused = Counter(
        f"{true} as {heard}" for true, heard in zip(genres[held_out], found, strict=True)
        if true != heard
    )  # fmt: skip
    print("  mistaken:", ", ".join(f"{pair} {count}" for pair, count in confused.most_common(12)))
    for low, high, measure in PAIRS:
        jobs = [
            (genre, seed, low, high, measure)
            for genre in names
            for seed in range(profile.pair_seeds)
        ]
        differences = in_parallel(difference, *zip(*jobs, strict=True))
        told(f"{low} below {high} in {measure}", np.mean([d > 0 for d in differences]),
             at_least=0.95)  # fmt: skip
        wrong = [job[0] for job, d in zip(jobs, differences, strict=True) if d <= 0]
        print(f"    by {100 * statistics.median(differences):.0f} % in the middle; not: {wrong}")


# ------------------------------------------------------------------------------------- variety


def variety(profile: Profile) -> None:
    """Print how many different pieces one prompt gives, and whether one is always the same."""
    scores = [composed("pop, 40 s", seed) for seed in range(profile.variety_seeds)]
    print(f"variety: {len(scores)} seeds of one prompt")
    told("distinct scores", len({score.digest() for score in scores}),
         at_least=0.95 * len(scores))  # fmt: skip
    told("distinct progressions", len({_progression(score) for score in scores}), at_least=12)
    with tempfile.TemporaryDirectory() as folder:
        digests, difference = cost.same_everywhere(Path(folder))
    told("digests of one order on other kernels", len(digests), at_most=1)
    told("largest difference of samples", difference, at_most=1e-4)


def _progression(score: engine.Score) -> tuple[str, ...]:
    """Return the chords of the first four bars of the chorus, as semitones above the tonic."""
    section = next((s for s in score.sections if s.kind == "chorus"), score.sections[0])
    degrees = []
    for symbol in score.chords[section.first_bar : section.first_bar + 4]:
        name = symbol[:2] if symbol[1:2] in {"b", "#"} else symbol[:1]
        step = (KEYS.index(name) - KEYS.index(score.tonic)) % 12
        degrees.append(f"{step}{symbol.removeprefix(name)}")
    return tuple(degrees)


# ---------------------------------------------------------------------------------------- cost


def costs(profile: Profile) -> None:
    """Print speeds and memory; processor time, as others may use the machine."""
    print("cost, on one core")
    told("cold with vocals, x real time", cost.cold_with_vocals(1 if SMALL else 3), at_least=50)
    speeds = cost.warm(profile.warm_genres, profile.warm_s)
    print("  ", ", ".join(f"{genre} {speed:.0f}" for genre, speed in speeds.items()))
    told("warm, x real time, median", statistics.median(speeds.values()), at_least=100)
    told("240 s with vocals, MB", cost.peak_mb(240), at_most=400)
    if problem := cost.fluidsynth_missing():
        print(f"  fluidsynth was not measured: {problem}")
        return
    with tempfile.TemporaryDirectory() as folder:
        theirs = {g: cost.fluidsynth(g, profile.warm_s, Path(folder)) for g in speeds}
    print("   fluidsynth:", ", ".join(f"{genre} {speed:.0f}" for genre, speed in theirs.items()))
    ratio = statistics.median(speeds[genre] / theirs[genre] for genre in speeds)
    print(f"  speed beside fluidsynth's, median: {ratio:.2f}")


if __name__ == "__main__":
    main()
