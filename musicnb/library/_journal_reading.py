"""What a journal tells of orders, their clips and how long they took; nothing here writes."""

from __future__ import annotations

from musicnb.errors import LibraryError
from musicnb.library._database import Database
from musicnb.library._records import FINISHED, ClipRecord, Job, Take
from musicnb.library._rows import CLIP_COLUMNS, JOB_COLUMNS, job_of, where


class JournalReading:
    """The questions to a `musicnb.library.Journal`.

    Parameters
    ----------
    database
        The journal's own.
    """

    def __init__(self, database: Database) -> None:
        self._db = database

    def job(self, job_id: str) -> Job:
        """Read one order.

        Raises
        ------
        LibraryError
            There is none by this id.
        """
        row = self._db.one(f"SELECT {JOB_COLUMNS} FROM jobs WHERE job_id = ?", job_id)  # noqa: S608
        if row is None:
            raise LibraryError(f"the journal has no order {job_id!r}")
        return job_of(row)

    def jobs(self, service: str | None = None, sweep: str | None = None) -> list[Job]:
        """List every order, of one service and sweep or of all, oldest first."""
        condition, values = where(service=service, sweep=sweep)
        rows = self._db.all(
            f"SELECT {JOB_COLUMNS} FROM jobs {condition} ORDER BY planned_at, rowid",  # noqa: S608
            *values,
        )
        return [job_of(row) for row in rows]

    def newest_of_sweep(self, service: str, sweep: str) -> list[Job]:
        """List the last attempt of each order of a sweep, in the order they were first planned."""
        same = (
            "FROM jobs AS one WHERE one.service = jobs.service AND one.sweep = jobs.sweep"
            " AND one.brief_digest = jobs.brief_digest AND one.cell = jobs.cell"
        )
        rows = self._db.all(
            f"SELECT {JOB_COLUMNS} FROM jobs WHERE service = ? AND sweep = ?"  # noqa: S608
            f" AND generation = (SELECT max(one.generation) {same})"
            f" ORDER BY (SELECT min(one.rowid) {same})",
            service, sweep,
        )  # fmt: skip
        return [job_of(row) for row in rows]

    def unfinished(self, service: str) -> list[Job]:
        """List the orders at a service that have not ended, oldest first."""
        return [job for job in self.jobs(service) if job.state not in FINISHED]

    def clips(self, job_id: str | None = None) -> list[ClipRecord]:
        """List the clips of one order, or of all, in their order."""
        condition, values = where(job_id=job_id)
        order = "saved_at, position" if job_id is None else "position"
        rows = self._db.all(
            f"SELECT {CLIP_COLUMNS} FROM clips {condition} ORDER BY {order}",  # noqa: S608
            *values,
        )
        return [ClipRecord(*row) for row in rows]

    def takes(
        self, service: str | None = None, sweep: str | None = None, *, outlines: bool = True
    ) -> list[Take]:
        """List every clip with its order, oldest first, and every order that has no clip.

        Parameters
        ----------
        service, sweep
            Only of this one.
        outlines
            Without, those of the clips are empty: tables draw nothing, and read 2 kB a clip less.
        """
        columns = CLIP_COLUMNS if outlines else CLIP_COLUMNS.replace("outline", "x'' AS outline")
        condition, values = where(service=service, sweep=sweep)
        rows = self._db.all(
            f"SELECT {columns} FROM clips WHERE job_id IN"  # noqa: S608
            f" (SELECT job_id FROM jobs {condition}) ORDER BY position",
            *values,
        )
        by_job: dict[str, list[ClipRecord]] = {}
        for clip in (ClipRecord(*row) for row in rows):
            by_job.setdefault(clip.job_id, []).append(clip)
        takes = []
        for job in self.jobs(service, sweep):
            clips = by_job.get(job.job_id, [])
            takes += [Take(job, clip, len(clips)) for clip in clips] or [Take(job, None, 0)]
        return takes

    def durations(self) -> dict[str, list[float]]:
        """Return how long tasks took at the service: model to seconds, oldest first."""
        found: dict[str, list[float]] = {}
        for model, seconds in self._db.all("SELECT model, seconds FROM durations ORDER BY id"):
            found.setdefault(model, []).append(seconds)
        return found
