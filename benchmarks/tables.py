"""What a table of 10,000 clips costs, beside the same rows fetched and framed in the usual way.

Makes a library of 10,000 clips (5,000 orders of one sweep) through the journal and the cache of
measures themselves, with outlines and fingerprints of clips of three minutes, and without audio; a
few minutes, nearly all of it for making every row durable (``TMPDIR=/dev/shm`` is faster).
Prints seconds and CPU seconds (median) of

- `Studio.table` with the measures of all clips, once for the first time and then as always;
- the same where nothing is measured, and what of it is reading the journal;
- `Run.table` and `Run.summary` of the sweep that all clips belong to;
- the peers on the same files: ``pandas.read_sql`` of one join, which knows neither measures nor
  likeness nor shares of money; and what one writes first: a query a clip, its cached measures read
  one by one, and ``pandas.DataFrame.from_records``;
- how much memory a table takes while it is made.

Run it with ``python benchmarks/tables.py [clips [repeats]]``; with ``--check`` it fails where a
table takes a second or more.
"""

from __future__ import annotations

import hashlib
import sqlite3
import statistics
import sys
import tempfile
import time
import tracemalloc
from collections.abc import Callable
from dataclasses import replace
from decimal import Decimal
from pathlib import Path
from typing import Any

import numpy as np
import pandas as pd

from musicnb import Studio, TextToMusic
from musicnb.analysis import MeasureCache
from musicnb.library import ClipRecord, Library
from musicnb.measure import Fingerprint, LoudnessSeries, Measures, Meter
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


def axes() -> dict[str, list[str]]:
    """Name the sweep's axes: as many cells as there are orders of two clips."""
    numbers = range(CLIPS // 2 // len(MOODS))
    return {"mood": list(MOODS), "number": [f"{number:04d}" for number in numbers]}


def measured() -> Callable[[int], Measures]:
    """Measure one real clip, and give every other one numbers and a style of its own."""
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


def read_by_sql(folder: Path) -> pd.DataFrame:
    """Frame what one join gives: no measures, no likeness, no shares of money."""
    with sqlite3.connect(f"file:{folder}/journal.sqlite?mode=ro", uri=True) as db:
        return pd.read_sql(
            "SELECT * FROM clips JOIN jobs USING (job_id) ORDER BY planned_at, position", db
        )


def read_one_by_one(folder: Path) -> pd.DataFrame:
    """Frame what a query a clip and a file a clip give."""
    cache = MeasureCache(folder / "measures")
    rows = []
    with sqlite3.connect(f"file:{folder}/journal.sqlite?mode=ro", uri=True) as db:
        db.row_factory = sqlite3.Row
        for (clip_id,) in db.execute("SELECT clip_id FROM clips").fetchall():
            row = dict(
                db.execute(
                    "SELECT * FROM clips JOIN jobs USING (job_id) WHERE clip_id = ?", (clip_id,)
                ).fetchone()
            )
            measures = cache.get(row["sha256"])
            rows.append(row | (measures.as_dict() if measures else {}))
    return pd.DataFrame.from_records(rows)


def timed(work: Callable[[], Any], repeats: int = REPEATS) -> tuple[float, float]:
    """Return median seconds and CPU seconds of some work."""
    spans = []
    for _ in range(repeats):
        wall, cpu = time.perf_counter(), time.process_time()
        work()
        spans.append((time.perf_counter() - wall, time.process_time() - cpu))
    return statistics.median(wall for wall, _ in spans), statistics.median(cpu for _, cpu in spans)


def told(what: str, work: Callable[[], Any], repeats: int = REPEATS) -> float:
    """Print what some work takes; return the seconds."""
    wall, cpu = timed(work, repeats)
    print(f"{what:<58} {wall:8.3f} s {cpu:8.3f} s CPU")
    return wall


def main() -> None:
    """Make the library, and read it in every way."""
    with tempfile.TemporaryDirectory(prefix="musicnb-tables-") as place:
        folder = Path(place) / "library"
        wall, _ = timed(lambda: fill(folder), 1)
        print(f"{CLIPS:,} clips written in {wall:.0f} s; the rest is the median of {REPEATS}")
        with Studio(folder, base_url="sandbox", quiet=True) as studio:
            told("studio.table(), the first after measuring", studio.table, 1)
            table = told("studio.table()", studio.table)
            told("  of it the journal", studio.library.journal.takes)
            run = studio.sweep(SWEEP, BRIEF, axes()).run()
            of_run = told("run.table()", run.table)
            told('run.summary("mood")', lambda: run.summary("mood"))
            tracemalloc.start()
            frame = studio.table()
            peak = tracemalloc.get_traced_memory()[1] / 1e6
            tracemalloc.stop()
            assert len(frame) == CLIPS
            assert frame["nearest_similarity"].notna().all()
            sql = told("pandas.read_sql of one join", lambda: read_by_sql(folder))
            naive = told(
                "a query and a file a clip, from_records", lambda: read_one_by_one(folder), 1
            )
            (folder / "measures").rename(folder / "elsewhere")
            told("studio.table(), nothing measured", studio.table)
    print(f"studio.table() takes {table / sql:.1f} × read_sql, {table / naive:.2f} × one by one")
    print(f"it needs {peak:.0f} MB while it is made")
    if CHECK and max(table, of_run) >= 1:
        sys.exit("a table took a second or more")


if __name__ == "__main__":
    main()
