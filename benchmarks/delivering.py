"""How well deliveries stand on what the engine knows: beats, bars, sections, edit points.

Clips of all genres in turn, 75 s each, with seeds that nothing was tuned on. A clip counts as right
when every bar that was found begins within 20 ms of a beat of the score; its edit points (of
cut-downs to 6, 15, 30 and 60 s) when they lie within 20 ms of a bar. Of the sections that were not
found it tells how many begin with the very parts that played before, at nearly the same intensity:
these change their chords at most. Of loops the best of 4 or 8 bars is taken, encoded as WAV and as
MP3, and its seam measured after decoding, with the tempo and the metre of the score; how many a
listener who does not know these would pass as well is told.

Run it with ``python benchmarks/delivering.py [N] [--check] [--jobs=1]``, with N clips instead of
100. With ``--check`` a limit that is not kept ends it with status 1.
"""

from __future__ import annotations

import sys
from collections.abc import Iterator
from concurrent.futures import ProcessPoolExecutor
from dataclasses import dataclass

import numpy as np
from threadpoolctl import threadpool_limits

from musicnb.deliver import Loop, cut_down, find_loops
from musicnb.errors import InvalidInput
from musicnb.measure import Bars, find_bars, loop_seam
from musicnb.sandbox import engine
from musicnb.sound import Sound, encode, read

CLIPS = 100
FIRST_SEED = 5_000
NEAR_S = 0.02
LENGTHS_S = (6, 15, 30, 60)
LOOP_BARS = (4, 8)
SAME_INTENSITY = 0.15
TICKS = 960
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
    alike_sections: int
    points: int
    right_points: int
    own_endings: int
    exact: bool
    loops: int
    right_loops: int
    heard_loops: int
    refusal: str


def main() -> None:
    """Print how many are right."""
    counts = [int(word) for word in sys.argv[1:] if word.isdigit()]
    jobs = [int(word[7:]) for word in sys.argv[1:] if word.startswith("--jobs=")]
    clips = list(all_examined(counts[0] if counts else CLIPS, jobs[0] if jobs else 1))
    print(f"{len(clips)} clips")
    kept = [
        told("every bar within 20 ms of a beat", clips, "on_beats", None, 0.95),
        told("every bar within 20 ms of a bar", clips, "on_bars", None, 0.0),
        told("edit points within 20 ms of a bar", clips, "right_points", "points", 0.95),
        told("borders within a beat of a section", clips, "right_borders", "borders", 0.95),
        told("sections that were found", clips, "right_sections", "sections", 0.0),
        told("cut-downs exact to the sample", clips, "exact", None, 1.0),
        told("loops without a click, MP3 too", clips, "right_loops", "loops", 1.0),
        told(
            "loops that are whole bars also to who knows no tempo", clips, "heard_loops", "loops", 0
        ),
    ]
    missed = sum(clip.sections - clip.right_sections for clip in clips)
    alike = sum(clip.alike_sections for clip in clips)
    print(f"  of {missed} sections not found, {alike} begin with the parts that played before")
    own = sum(clip.own_endings for clip in clips)
    print(f"  cut-downs with the master's own ending: {own} of {len(LENGTHS_S) * len(clips)}")
    for clip in clips:
        if not clip.on_bars:
            print(f"  not on bars: {clip.genre}, confidence {clip.confidence:.2f}")
        if clip.refusal:
            print(f"  no loop: {clip.genre}: {clip.refusal}")
    if "--check" in sys.argv and not all(kept):
        sys.exit("not kept")


def told(words: str, clips: list[Found], right: str, of: str | None, at_least: float) -> bool:
    """Print a share with its limit; return whether it is kept."""
    total = sum(getattr(clip, of) for clip in clips) if of else len(clips)
    share = sum(getattr(clip, right) for clip in clips) / max(total, 1)
    limit = f" (at least {at_least:g}{'' if share >= at_least else ': NOT KEPT'})"
    print(f"  {words}: {share:.3f} of {total}{limit if at_least else ''}", flush=True)
    return share >= at_least


def all_examined(count: int, jobs: int) -> Iterator[Found]:
    """Yield every clip, examined here or in several processes."""
    if jobs == 1:
        yield from map(examined, range(count))
        return
    with ProcessPoolExecutor(jobs) as pool:
        yield from pool.map(examined, range(count))


def examined(number: int) -> Found:
    """Render a clip, find its bars, and cut it down."""
    with threadpool_limits(1):
        return of_clip(number)


def of_clip(number: int) -> Found:
    """Examine a clip in this thread."""
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
    master = Sound(samples, RATE)
    plans = [cut_down(master, length, grid=bars) for length in LENGTHS_S]
    loop, refusal = looped(master, bars)
    found = np.array([bool((np.abs(borders - edge) <= beat_s).any()) for edge in edges], bool)
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
        right_sections=int(found.sum()),
        alike_sections=sum(
            not is_found and begins_as_before(score, place)
            for place, is_found in enumerate(found, 1)
        ),
        points=len(points),
        right_points=sum(_off(point, score.bar_s) <= NEAR_S for point in points),
        own_endings=sum(plan.ending == "original" for plan in plans),
        exact=all(len(plan.render().samples) == round(plan.seconds * RATE) for plan in plans),
        loops=loop is not None,
        right_loops=loop is not None and goes_round(loop, score.tempo_bpm, score.meter),
        heard_loops=loop is not None and goes_round(loop, None, score.meter),
        refusal=refusal,
    )


def looped(master: Sound, bars: Bars | None) -> tuple[Loop | None, str]:
    """Return the best loop, or why there is none."""
    try:
        return find_loops(master, bars=LOOP_BARS, most=1, grid=bars)[0], ""
    except InvalidInput as error:
        return None, error.faults[0].message


def goes_round(loop: Loop, tempo_bpm: float | None, meter: int) -> bool:
    """Return whether a loop is exact and has no fault at its seam, as it is and as an MP3."""
    sound = loop.render()
    for kind in ("WAV", "MP3"):
        heard = read(encode(sound.samples, RATE, format=kind)).samples
        seam = loop_seam(heard, RATE, tempo_bpm=tempo_bpm, beats_per_bar=meter)
        if len(heard) != loop.frames or not seam.loops:
            return False
    return True


def begins_as_before(score: engine.Score, place: int) -> bool:
    """Return whether the parts of a section's first two bars are those of the two bars before."""
    section, before = score.sections[place], score.sections[place - 1]
    bar = TICKS * score.meter
    at = section.first_bar * bar
    parts = [
        {note.part for note in score.notes if start <= note.tick < start + 2 * bar}
        for start in (at - 2 * bar, at)
    ]
    return parts[0] == parts[1] and abs(section.intensity - before.intensity) < SAME_INTENSITY


def _off(second: float, step: float) -> float:
    return abs(second - round(second / step) * step)


if __name__ == "__main__":
    main()
