"""A row a clip: what it is, what it cost, where it is."""

from __future__ import annotations

from collections.abc import Iterable
from decimal import Decimal
from pathlib import Path
from typing import Any, Final

import pandas as pd

from musicnb.catalogue import usd
from musicnb.library import Take

COLUMNS: Final = {
    "model": "string",
    "title": "string",
    "prompt": "string",
    "duration_s": "float64",
    "loudness_lufs": "float64",
    "task_credits": "float64",
    "refunded_credits": "float64",
    "clip_credits": "float64",
    "clip_usd": "float64",
    "status": "string",
    "task_id": "string",
    "clip_id": "string",
    "file": "string",
}


def takes_table(takes: Iterable[Take], *, folder: Path, every_order: bool = False) -> pd.DataFrame:
    """Lay takes out as a table.

    Parameters
    ----------
    takes
        As the journal lists them.
    folder
        The library folder, for the paths.
    every_order
        Keep orders without a clip, too.

    Returns
    -------
    pandas.DataFrame
        ``model`` (as resolved), ``title``, ``prompt``; ``duration_s`` (seconds, decoded),
        ``loudness_lufs`` (LUFS, integrated); ``task_credits`` charged for the whole task,
        ``refunded_credits`` of it; ``clip_credits`` and ``clip_usd``, the task's net price
        shared evenly by its clips; ``status``, ``task_id``, ``clip_id``, ``file``.
        Money that the service has not reported is missing (NaN), never zero.
    """
    rows = [_row(take, folder) for take in takes if every_order or take.clip is not None]
    return pd.DataFrame(rows, columns=list(COLUMNS)).astype(COLUMNS)


def _row(take: Take, folder: Path) -> dict[str, Any]:
    job, clip, request = take.job, take.clip, take.job.request
    share = None
    if clip is not None and job.charged_credits is not None:
        net = job.charged_credits - (job.refunded_credits or Decimal(0))
        share = net / take.clips_of_task
    return {
        "model": job.resolved_model or request["model"],
        "title": clip.title if clip else request.get("title"),
        "prompt": request["prompt"],
        "duration_s": clip.duration_s if clip else None,
        "loudness_lufs": clip.loudness_lufs if clip else None,
        "task_credits": job.charged_credits,
        "refunded_credits": job.refunded_credits,
        "clip_credits": share,
        "clip_usd": None if share is None else usd(share),
        "status": job.state,
        "task_id": job.task_id,
        "clip_id": clip.clip_id if clip else None,
        "file": str(folder / clip.file) if clip else None,
    }
