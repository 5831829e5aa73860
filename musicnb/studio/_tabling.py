"""From the journal, the measures and the ratings to tables; pandas is loaded with this file."""

from __future__ import annotations

import warnings
from collections.abc import Mapping, Sequence
from typing import TYPE_CHECKING

from musicnb.analysis import (
    Digest,
    MeasureCache,
    Progress,
    digest_of,
    digests,
    keep_digests,
    measure_many,
    sha256_of,
)
from musicnb.library import Library, Take
from musicnb.measure import Measures
from musicnb.studio._clip import MEASURES
from musicnb.table import Heard, Known, Table, Usable, summarized, takes_of_cells, takes_table

if TYPE_CHECKING:
    from concurrent.futures import Executor

    from musicnb.studio._ballot import Ballot
    from musicnb.studio._pieces import Piece

_MOST_NAMED = 3


def library_table(
    library: Library,
    *,
    every_order: bool,
    measure: bool,
    executor: Executor | None,
    progress: Progress,
) -> Table:
    """Lay a library out; see `Studio.table`."""
    takes = library.journal.takes(outlines=False)
    known = _known(library, takes, measure=measure, executor=executor, progress=progress)
    return takes_table(takes, folder=library.folder, known=known, every_order=every_order)


def run_table(
    library: Library,
    pieces: Sequence[Piece],
    *,
    measure: bool,
    executor: Executor | None,
    progress: Progress,
) -> Table:
    """Lay a sweep out; see `Run.table`."""
    takes = _takes(library, pieces)
    every = [take for some in takes for take in some]
    known = _known(library, every, measure=measure, executor=executor, progress=progress)
    return _of_cells(library, pieces, takes, known)


def run_summary(
    library: Library,
    pieces: Sequence[Piece],
    by: str | Sequence[str],
    usable: Usable | None,
    session: Ballot | None = None,
) -> Table:
    """Sum a sweep up; see `Run.summary`."""
    # first, because a sealed session refuses
    heard = None if session is None else _heard(session)
    takes = _takes(library, pieces)
    every = [take for some in takes for take in some]
    known = _known(library, every)
    bands = {take.clip.clip_id: known.bands(take) for take in every if take.clip is not None}
    cells = _of_cells(library, pieces, takes, known)
    return summarized(cells, by, usable=usable, bands=bands, heard=heard)


def _heard(session: Ballot) -> Heard:
    from musicnb.studio._ballot import require_session  # noqa: PLC0415 - only who has listened

    require_session("shortlist", session)
    votes = [(vote.left, vote.right, vote.answer) for vote in session.votes if not vote.is_repeat]
    return Heard(frozenset(session.ranking().shortlist), votes)


def _of_cells(
    library: Library, pieces: Sequence[Piece], takes: Sequence[Sequence[Take]], known: Known
) -> Table:
    cells = [
        (piece.cell.labels, some, piece.not_run) for piece, some in zip(pieces, takes, strict=True)
    ]
    return takes_of_cells(cells, folder=library.folder, known=known)


def _takes(library: Library, pieces: Sequence[Piece]) -> list[list[Take]]:
    """Return the takes of each piece; the journal is asked once for all of them."""
    orders = {piece.task.job.job_id: piece.task.job for piece in pieces if piece.task is not None}
    sweeps = {(job.service, job.sweep) for job in orders.values()}
    found: dict[str, list[Take]] = {}
    for service, sweep in sweeps:
        for take in library.journal.takes(service, sweep, outlines=False):
            found.setdefault(take.job.job_id, []).append(take)
    return [
        found.get(piece.task.job.job_id, []) if piece.task is not None else [] for piece in pieces
    ]


def _known(
    library: Library,
    takes: Sequence[Take],
    *,
    measure: bool = False,
    executor: Executor | None = None,
    progress: Progress = True,
) -> Known:
    """Look up what is known of clips, after measuring the others where that is asked for."""
    folder = library.folder / MEASURES
    files = {take.clip.sha256: take.clip.file for take in takes if take.clip}
    found = digests(folder, files)
    missing = {sha256: file for sha256, file in files.items() if sha256 not in found}
    if measure and missing:
        found |= _measured(library, missing, executor, progress)
    return Known(found, library.journal.ratings())


def _measured(
    library: Library, files: Mapping[str, str], executor: Executor | None, progress: Progress
) -> dict[str, Digest]:
    """Measure files, by the hash of what they should hold; warn of those that cannot be."""
    folder = library.folder / MEASURES
    cache = MeasureCache(folder)
    # what is kept under a clip's hash must have been measured of these very bytes
    whole = {s: file for s, file in files.items() if sha256_of(library.folder / file) in (s, None)}
    faults = [f"{file} (altered)" for sha256, file in files.items() if sha256 not in whole]
    paths = [library.folder / file for file in whole.values()]
    results = measure_many(paths, executor=executor, progress=progress, cache=folder)
    found = {}
    for (sha256, file), result in zip(whole.items(), results, strict=True):
        if isinstance(result, Measures):
            cache.put(sha256, result)  # who measured may have had another disk
            found[sha256] = digest_of(result)
        else:
            faults.append(f"{file} ({result})")
    keep_digests(folder, found)
    if faults:
        named = "; ".join(faults[:_MOST_NAMED])
        more = f"; and {len(faults) - _MOST_NAMED:,} more" if len(faults) > _MOST_NAMED else ""
        # a row without measures stays, so that one lost file does not cost the whole table
        warnings.warn(f"not measured: {named}{more}", stacklevel=5)
    return found
