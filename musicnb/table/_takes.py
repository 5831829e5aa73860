"""A row a clip: what it is, how it sounds, what it cost, what you thought of it, where it is."""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, field
from decimal import Decimal
from pathlib import Path
from typing import Any, Final

import numpy as np
import pandas as pd

from musicnb.analysis import Digest
from musicnb.catalogue import CREDITS_PER_USD
from musicnb.library import Job, Rating, Take
from musicnb.measure import most_alike, styles_of
from musicnb.table._frame import Table

_SECONDS_PER_MINUTE: Final = 60
_CREDITS_PER_USD: Final = float(CREDITS_PER_USD)

COLUMNS: Final = {
    "model": "string",
    "sweep": "string",
    "title": "string",
    "prompt": "string",
    "duration_s": "Float64",
    "loudness_lufs": "Float64",
    "true_peak_dbtp": "Float64",
    "tempo_bpm": "Float64",
    "tempo_confidence": "Float64",
    "key": "string",
    "key_confidence": "Float64",
    "spectral_centroid_hz": "Float64",
    "defects": "string",
    "task_similarity": "Float64",
    "cell_similarity": "Float64",
    "nearest_similarity": "Float64",
    "nearest_clip_id": "string",
    "stars": "Int64",
    "tags": "string",
    "note": "string",
    "task_credits": "Float64",
    "refunded_credits": "Float64",
    "net_credits": "Float64",
    "held_credits": "Float64",
    "clip_credits": "Float64",
    "clip_usd": "Float64",
    "credits_per_minute": "Float64",
    "status": "string",
    "problem": "string",
    "task_id": "string",
    "clip_id": "string",
    "file": "string",
}
_MEASURED: Final = tuple(name for name in COLUMNS if name in Digest._fields)


@dataclass(frozen=True, slots=True)
class Known:
    """What is known of clips beside what the journal says of their orders.

    Parameters
    ----------
    digests
        By the SHA-256 of the clip's file.
    ratings
        By the clip's id.
    """

    digests: Mapping[str, Digest] = field(default_factory=dict)
    ratings: Mapping[str, Rating] = field(default_factory=dict)

    def digest(self, take: Take) -> Digest | None:
        """Return what was measured of a take's clip."""
        return None if take.clip is None else self.digests.get(take.clip.sha256)

    def bands(self, take: Take) -> bytes:
        """Return what `musicnb.measure.styles_of` wants of a take; empty where nothing is known."""
        digest = self.digest(take)
        return b"" if digest is None else digest.style_bytes()


def takes_table(
    takes: Iterable[Take],
    *,
    folder: Path,
    known: Known | None = None,
    every_order: bool = False,
    cells: Sequence[int] | None = None,
) -> Table:
    """Lay takes out as a table.

    Parameters
    ----------
    takes
        As the journal lists them.
    folder
        The library folder, for the paths.
    known
        Measures and ratings.
    every_order
        Keep orders without a clip, too.
    cells
        Of which cell of a sweep each take is; without, there is no ``cell_similarity``.

    Returns
    -------
    Table
        What is not known is missing (NA), never zero. All of these columns are always there:

        ``model`` (as resolved), ``sweep`` (NA for an order of its own), ``title``, ``prompt``;

        ``duration_s`` (seconds, decoded), ``loudness_lufs`` (integrated), ``true_peak_dbtp``,
        ``tempo_bpm``, ``tempo_confidence`` (0 to 1), ``key``, ``key_confidence``,
        ``spectral_centroid_hz`` (brightness), ``defects`` (kinds; empty where there are none): see
        `musicnb.measure.Measures`;

        ``task_similarity``, ``cell_similarity`` (of sweeps), ``nearest_similarity``: −1 to 1, how
        much it sounds like the clip most like it of the same task, of the same cell, of the whole
        table (``nearest_clip_id``). It is the style of `musicnb.measure.Similarity`, which compares
        timbre, balance and density: 1 may be a copy, and may be another piece by the same band;

        ``stars`` (1 to 5), ``tags``, ``note``;

        of the whole task ``task_credits`` (charged), ``refunded_credits``, ``net_credits`` (charged
        less refunds), ``held_credits`` (gone, or perhaps gone, with nothing for it yet); the same
        in every row of a task, so add them up once a task. Of the clip ``clip_credits`` and
        ``clip_usd``, the task's net price shared evenly by its clips, and ``credits_per_minute``;

        ``status``, ``problem``, ``task_id``, ``clip_id``, ``file``.
    """
    known = known or Known()
    rows = [take for take in takes if every_order or take.clip is not None]
    values = _words(rows, folder) | _money(rows) | _measures(rows, known) | _ratings(rows, known)
    values |= _similarities(rows, known, cells)
    columns = {
        name: pd.array(values[name], dtype=dtype)
        for name, dtype in COLUMNS.items()
        if name in values
    }
    return Table(columns, index=pd.RangeIndex(len(rows)))


def _words(rows: Sequence[Take], folder: Path) -> dict[str, Any]:
    requests = _once_each(rows, lambda job: job.request)
    clips = [take.clip for take in rows]
    return {
        "model": [
            take.job.resolved_model or request["model"]
            for take, request in zip(rows, requests, strict=True)
        ],
        "sweep": [take.job.sweep or None for take in rows],
        "title": [
            clip.title if clip else request.get("title")
            for clip, request in zip(clips, requests, strict=True)
        ],
        "prompt": [request["prompt"] for request in requests],
        "duration_s": [clip.duration_s if clip else None for clip in clips],
        "loudness_lufs": [clip.loudness_lufs if clip else None for clip in clips],
        "status": [take.job.state for take in rows],
        "problem": [(take.clip.problem if take.clip else None) or take.job.problem
                    for take in rows],
        "task_id": [take.job.task_id for take in rows],
        "clip_id": [clip.clip_id if clip else None for clip in clips],
        "file": [f"{folder}/{clip.file}" if clip else None for clip in clips],
    }  # fmt: skip


def _money(rows: Sequence[Take]) -> dict[str, Any]:
    sums = _once_each(rows, _sums)
    shares = [
        None if net is None or take.clip is None else net / take.clips_of_task
        for take, (_, _, net, _) in zip(rows, sums, strict=True)
    ]
    return {
        **dict(
            zip(
                ("task_credits", "refunded_credits", "net_credits", "held_credits"),
                zip(*sums, strict=True) if sums else ((), (), (), ()),
                strict=True,
            )
        ),
        "clip_credits": shares,
        "clip_usd": [None if share is None else share / _CREDITS_PER_USD for share in shares],
        "credits_per_minute": [
            None
            if share is None or take.clip is None or take.clip.duration_s <= 0
            else share * _SECONDS_PER_MINUTE / take.clip.duration_s
            for take, share in zip(rows, shares, strict=True)
        ],
    }


def _sums(job: Job) -> tuple[float | None, ...]:
    charged, refunded = job.charged_credits, job.refunded_credits
    net = None if charged is None else charged - (refunded or Decimal(0))
    amounts = (charged, refunded, net, job.held_credits)
    return tuple(None if amount is None else float(amount) for amount in amounts)


def _once_each(rows: Sequence[Take], ask: Any) -> list[Any]:
    """Ask every order once, though it stands in a row for each of its clips."""
    answers: dict[str, Any] = {}
    for take in rows:
        if take.job.job_id not in answers:
            answers[take.job.job_id] = ask(take.job)
    return [answers[take.job.job_id] for take in rows]


def _measures(rows: Sequence[Take], known: Known) -> dict[str, Any]:
    digests = [known.digest(take) for take in rows]
    return {
        name: [None if digest is None else getattr(digest, name) for digest in digests]
        for name in _MEASURED
    }


def _ratings(rows: Sequence[Take], known: Known) -> dict[str, Any]:
    ratings = [known.ratings.get(take.clip.clip_id) if take.clip else None for take in rows]
    return {
        "stars": [rating.stars if rating else None for rating in ratings],
        "tags": [", ".join(rating.tags) if rating else None for rating in ratings],
        "note": [rating.note if rating else None for rating in ratings],
    }


def _similarities(
    rows: Sequence[Take], known: Known, cells: Sequence[int] | None
) -> dict[str, Any]:
    styles = styles_of([known.bands(take) for take in rows])
    numbers: dict[str, int] = {}
    tasks = [numbers.setdefault(take.job.job_id, len(numbers)) for take in rows]
    nearest, places = most_alike(styles)
    ids = [take.clip.clip_id if take.clip else None for take in rows]
    values = {
        "task_similarity": most_alike(styles, np.array(tasks, np.int64))[0],
        "nearest_similarity": nearest,
        "nearest_clip_id": [ids[place] if place >= 0 else None for place in places],
    }
    if cells is not None:
        values["cell_similarity"] = most_alike(styles, np.array(cells, np.int64))[0]
    return {
        name: found if isinstance(found, list) else _with_gaps(found)
        for name, found in values.items()
    }


def _with_gaps(values: Any) -> Any:
    return pd.arrays.FloatingArray(values.astype(np.float64), np.isnan(values))
