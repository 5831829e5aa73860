"""A library made through the real journal and the real cache of measures, without audio."""

from __future__ import annotations

import hashlib
from dataclasses import dataclass, replace
from decimal import Decimal
from functools import cache

import numpy as np

from musicnb import TextToMusic
from musicnb.analysis import MeasureCache
from musicnb.library import ClipRecord, Library
from musicnb.measure import Defect, Fingerprint, Measures, Meter
from musicnb.sweep import plan_sweep
from musicnb.wire import Billing

RATE = 44_100
BRIEF = TextToMusic("{mood} dream pop", model="suno-5.5", instrumental=True)


@dataclass(frozen=True)
class Sung:
    """A clip: how it sounds, and what is wrong with it."""

    style: int = 0
    defects: tuple[str, ...] = ()
    measured: bool = True
    duration_s: float = 120.0
    title: str = "Dream"


@dataclass(frozen=True)
class Ordered:
    """What became of an order; a charge of None is one that the service has not reported."""

    clips: tuple[Sung, ...] = (Sung(), Sung())
    state: str = "succeeded"
    charged: int | None = 80
    refunded: int | None = 0


class Shelf:
    """A sweep over moods, in a library of its own."""

    def __init__(self, folder, orders, name="spring", brief=BRIEF, axis="mood"):
        self.library = Library(folder)
        self.journal, self.folder = self.library.journal, folder
        repeats = {mood: len(some) for mood, some in orders.items()}
        self.plan = plan_sweep(name, brief, {axis: repeats})
        planned = self.journal.plan_sweep(
            self.plan.briefs, service="sandbox", sweep=name, max_credits=None
        )
        self.jobs = [job for job, _ in planned.orders]
        every = [order for some in orders.values() for order in some]
        for number, (job, order) in enumerate(zip(self.jobs, every, strict=True)):
            self._fulfil(job.job_id, f"tsk_{name}_{number:03d}", order)

    def _fulfil(self, job_id, task_id, order):
        self.journal.accepted(job_id, task_id)
        charged, refunded = (
            None if amount is None else Decimal(amount)
            for amount in (order.charged, order.refunded)
        )
        billing = Billing(charged_credits=charged, refunded_credits=refunded)
        self.journal.billed(job_id, billing, "suno-5.5")
        for position, sung in enumerate(order.clips, 1):
            self._keep(job_id, f"{task_id}-{position}", position, sung)
        if order.state not in ("accepted", "unknown"):
            problem = None if order.state == "succeeded" else "=it went wrong"
            self.journal.ended(job_id, order.state, problem)

    def _keep(self, job_id, clip_id, position, sung):
        sha256 = hashlib.sha256(clip_id.encode()).hexdigest()
        measures = measured(sung)
        if sung.measured:
            MeasureCache(self.folder / "measures").put(sha256, measures)
        self.journal.keep(
            ClipRecord(
                clip_id=clip_id,
                job_id=job_id,
                position=position,
                title=sung.title,
                artifact_id=None,
                file=f"clips/{clip_id}.mp3",
                media_type="audio/mpeg",
                size_bytes=1,
                sha256=sha256,
                duration_s=sung.duration_s,
                sample_rate_hz=RATE,
                channels=2,
                loudness_lufs=measures.loudness_lufs,
                peak_dbfs=measures.peak_dbfs,
                rms_dbfs=measures.rms_dbfs,
                outline=measures.outline,
                saved_at=1.8e9,
            )
        )

    def cells(self):
        """Give what `takes_of_cells` wants."""
        takes = {}
        for take in self.journal.takes("sandbox", self.plan.name):
            takes.setdefault(take.job.job_id, []).append(take)
        cells = [cell for cell in self.plan.runnable for _ in range(cell.repeats)]
        return [
            (cell.labels, takes[job.job_id], "") for cell, job in zip(cells, self.jobs, strict=True)
        ]


def measured(sung: Sung) -> Measures:
    """Return real measures, with a style by number: the same number is the same style."""
    first = _real()
    bands = first.fingerprint.band_statistics()
    bands = bands + np.random.default_rng(sung.style).normal(0, 2, bands.shape).astype("<f4")
    defects = tuple(Defect(kind, f"{kind}!") for kind in sung.defects)
    return replace(
        first,
        duration_s=sung.duration_s,
        defects=defects,
        fingerprint=Fingerprint(first.fingerprint.chroma, bands.astype("<f4").tobytes()),
    )


@cache
def _real() -> Measures:
    times = np.arange(8 * RATE) / RATE
    beats = np.exp(-8 * (times % 0.5))
    tone = beats * sum(np.sin(2 * np.pi * hertz * times) for hertz in (220, 277.18, 329.63))
    meter = Meter(RATE, 2)
    meter.push(np.repeat((0.1 * tone)[:, None], 2, axis=1).astype(np.float32))
    return meter.close()
