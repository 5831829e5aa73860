"""How well deliveries stand on what the engine knows: beats, bars, sections, edit points.

Clips of all genres in turn, 75 s each, with seeds that nothing was tuned on. A clip counts as right
when every bar that was found begins within 20 ms of a beat of the score; its edit points (of
cut-downs to 6, 15, 30 and 60 s) when they lie within 20 ms of a bar.

Run it with ``python benchmarks/delivering.py [N] [--check]``, with N clips instead of 100. With
``--check`` a limit that is not kept ends it with status 1.
"""

from __future__ import annotations

import sys
from dataclasses import dataclass

import numpy as np
from threadpoolctl import threadpool_limits

from musicnb.deliver import cut_down
from musicnb.measure import find_bars
from musicnb.sandbox import engine
from musicnb.sound import Sound

CLIPS = 100
FIRST_SEED = 5_000
NEAR_S = 0.02
LENGTHS_S = (6, 15, 30, 60)
RATE = engine.SAMPLE_RATE


@dataclass(frozen=True)
class Found:
    """What came of one clip."""

    genre: str
    confidence: float
    on_beats: bool
    on_bars: bool
    borders: int
    right_borders: int
    sections: int
    right_sections: int
    points: int
    right_points: int
    own_endings: int
    exact: bool


def main() -> None:
    """Print how many are right."""
    counts = [int(word) for word in sys.argv[1:] if word.isdigit()]
    with threadpool_limits(1):
        clips = [examined(number) for number in range(counts[0] if counts else CLIPS)]
    print(f"{len(clips)} clips")
    kept = [
        told("every bar within 20 ms of a beat", clips, "on_beats", None, 0.95),
        told("every bar within 20 ms of a bar", clips, "on_bars", None, 0.0),
        told("edit points within 20 ms of a bar", clips, "right_points", "points", 0.95),
        told("borders within a beat of a section", clips, "right_borders", "borders", 0.95),
        told("sections that were found", clips, "right_sections", "sections", 0.0),
        told("cut-downs exact to the sample", clips, "exact", None, 1.0),
    ]
    own = sum(clip.own_endings for clip in clips)
    print(f"  cut-downs with the master's own ending: {own} of {len(LENGTHS_S) * len(clips)}")
    for clip in clips:
        if not clip.on_bars:
            print(f"  not on bars: {clip.genre}, confidence {clip.confidence:.2f}")
    if "--check" in sys.argv and not all(kept):
        sys.exit("not kept")


def told(words: str, clips: list[Found], right: str, of: str | None, at_least: float) -> bool:
    """Print a share with its limit; return whether it is kept."""
    total = sum(getattr(clip, of) for clip in clips) if of else len(clips)
    share = sum(getattr(clip, right) for clip in clips) / max(total, 1)
    limit = f" (at least {at_least:g}{'' if share >= at_least else ': NOT KEPT'})"
    print(f"  {words}: {share:.3f} of {total}{limit if at_least else ''}", flush=True)
    return share >= at_least


def examined(number: int) -> Found:
    """Render a clip, find its bars, and cut it down."""
    genre = engine.GENRE_NAMES[number % len(engine.GENRE_NAMES)]
    order = engine.Order("suno-5.5", f"{genre.replace('_', ' ')}, 75 s")
    score = engine.compose(engine.read_brief(order, seed=FIRST_SEED + number, take=0))
    samples = engine.render(score)
    beat_s = 60 / score.tempo_bpm
    edges = np.array([s.first_bar * score.bar_s for s in score.sections[1:]])
    known = np.append(edges, [0.0, score.bars * score.bar_s])
    bars = find_bars(samples, RATE)
    starts = [bars.at(bar) for bar in range(bars.count)] if bars else []
    starts = [start for start in starts if start < score.bars * score.bar_s]
    borders = np.array([border.second for border in bars.borders]) if bars else np.zeros(0)
    plans = [cut_down(Sound(samples, RATE), length) for length in LENGTHS_S]
    points = [
        point / RATE
        for plan in plans
        if len(plan.segments) > 1
        for point in (plan.segments[0].end, plan.segments[1].start)
    ]
    return Found(
        genre=genre,
        confidence=bars.confidence if bars else 0.0,
        on_beats=bool(starts) and all(_off(start, beat_s) <= NEAR_S for start in starts),
        on_bars=bool(starts) and all(_off(start, score.bar_s) <= NEAR_S for start in starts),
        borders=len(borders),
        right_borders=sum(bool(np.abs(known - one).min() <= beat_s) for one in borders),
        sections=len(edges),
        right_sections=sum(bool((np.abs(borders - edge) <= beat_s).any()) for edge in edges),
        points=len(points),
        right_points=sum(_off(point, score.bar_s) <= NEAR_S for point in points),
        own_endings=sum(plan.ending == "original" for plan in plans),
        exact=all(len(plan.render().samples) == round(plan.seconds * RATE) for plan in plans),
    )


def _off(second: float, step: float) -> float:
    return abs(second - round(second / step) * step)


if __name__ == "__main__":
    main()
