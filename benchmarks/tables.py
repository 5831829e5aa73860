"""What a table of 10,000 clips costs, beside the same rows fetched and framed in the usual way.

Makes a library of 10,000 clips (5,000 orders of one sweep) through the journal and the cache of
measures themselves, with outlines and fingerprints of clips of three minutes, and without audio.
Prints seconds (median) of

- `Studio.table`, with the measures of all clips, and what of it is reading the journal;
- the same in a library of which nothing is measured;
- `Run.table` and `Run.summary` of the sweep that all clips belong to;
- the peers on the same file: ``pandas.read_sql`` of one join, which knows neither measures nor
  likeness nor shares of money; and what one writes first: a query a clip, its cached measures read
  one by one, and ``pandas.DataFrame.from_records``;
- the memory that comparing all clips takes.

Run it with ``python benchmarks/tables.py [clips [repeats]]``; with ``--check`` it fails where a
table takes longer than a second.
"""

from __future__ import annotations

import hashlib
import sys
from collections.abc import Callable
from dataclasses import replace
from decimal import Decimal
from pathlib import Path

import numpy as np

from musicnb import Studio, TextToMusic
from musicnb.analysis import MeasureCache
from musicnb.library import ClipRecord, Library
from musicnb.measure import Fingerprint, LoudnessSeries, Measures
from musicnb.sandbox import engine
from musicnb.wire import Billing

NUMBERS = [word for word in sys.argv[1:] if not word.startswith("-")]
CLIPS = int(NUMBERS[0]) if NUMBERS else 10_000
REPEATS = int(NUMBERS[1]) if len(NUMBERS) > 1 else 5
CHECK = "--check" in sys.argv
SWEEP = "ten thousand"
BRIEF = TextToMusic("{mood} dream pop number {number}", model="suno-5.5", instrumental=True)
MOODS = ("calm", "bright", "dark", "tense", "=1+1")
SECONDS = 180
STYLES = 400


def axes() -> dict[str, list[str]]:
    """Name the sweep's axes: as many cells as there are orders of two clips."""
    numbers = range(CLIPS // 2 // len(MOODS))
    return {"mood": list(MOODS), "number": [f"{number:04d}" for number in numbers]}


def measured() -> Callable[[int], Measures]:
    """Measure one real clip, and give every other one numbers and a style of its own."""
    from musicnb.measure import Meter  # noqa: PLC0415 - only when a library is made

    order = engine.Order("suno-5.5", "dream pop, 96 bpm, 10 seconds", instrumental=True)
    samples = engine.render(engine.compose(engine.read_brief(order, seed=5, take=0)))
    meter = Meter(engine.SAMPLE_RATE, samples.shape[1])
    meter.push(samples.astype(np.float32))
    first = meter.close()
    assert first.fingerprint is not None
    middle = first.fingerprint.band_statistics()
    chance = np.random.default_rng(1)
    outline = first.outline
    series = LoudnessSeries(np.full(SECONDS * 10, -14.0, np.float32).tobytes())

    def clip(number: int) -> Measures:
        bands = middle + chance.normal(0, 0.3, middle.shape).astype(np.float32)
        chroma = chance.integers(0, 80, SECONDS * 5 * 12, np.uint8).tobytes()
        return replace(
            first,
            duration_s=float(SECONDS),
            loudness_lufs=-14.0 + chance.normal(),
            tempo_bpm=float(60 + number % 120),
            outline=outline,
            series=series,
            fingerprint=Fingerprint(chroma, bands.astype("<f4").tobytes()),
        )

    return clip


def fill(folder: Path) -> None:
    """Make the library."""
    library = Library(folder)
    journal, cache = library.journal, MeasureCache(folder / "measures")
    with Studio(folder / "plan", base_url="sandbox", quiet=True) as planner:
        briefs = planner.sweep(SWEEP, BRIEF, axes()).briefs
    planned = journal.plan_sweep(briefs, service="sandbox", sweep=SWEEP, max_credits=None)
    clip, price = measured(), Decimal(80)
    for place, (job, _) in enumerate(planned.orders):
        task_id = f"tsk_{place:06d}"
        journal.accepted(job.job_id, task_id)
        billing = Billing(charged_credits=price, refunded_credits=Decimal(0))
        journal.billed(job.job_id, billing, "suno-5.5")
        for position in (1, 2):
            number = 2 * place + position
            name = f"clips/{number:06d}.mp3"
            (folder / name).write_bytes(b"%d" % number)  # only whether it is there is looked at
            sha256 = hashlib.sha256(b"%d" % number).hexdigest()
            measures = clip(number)
            cache.put(sha256, measures)
            journal.keep(
                ClipRecord(
                    clip_id=f"{task_id}-{position}",
                    job_id=job.job_id,
                    position=position,
                    title=f"Dream {number}",
                    artifact_id=None,
                    file=name,
                    media_type="audio/mpeg",
                    size_bytes=3_500_000,
                    sha256=sha256,
                    duration_s=measures.duration_s,
                    sample_rate_hz=44_100,
                    channels=2,
                    loudness_lufs=measures.loudness_lufs,
                    peak_dbfs=measures.peak_dbfs,
                    rms_dbfs=measures.rms_dbfs,
                    outline=measures.outline,
                    saved_at=1.8e9 + number,
                )
            )
        journal.ended(job.job_id, "succeeded")
    library.close()
