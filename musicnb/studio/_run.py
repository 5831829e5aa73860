"""A sweep that runs: each cell with its orders, to wait for, to pause, to end, to look at."""

from __future__ import annotations

import asyncio
import os
from collections import Counter
from collections.abc import Generator, Iterable, Sequence
from decimal import Decimal
from pathlib import Path
from typing import TYPE_CHECKING, Any, Final, Unpack, cast

from musicnb._given import whole
from musicnb.catalogue import amount_text
from musicnb.errors import InvalidInput
from musicnb.library import Planned
from musicnb.studio._clip import Clip
from musicnb.studio._clips import Clips
from musicnb.studio._manifest import write_manifest
from musicnb.studio._pieces import Piece, pieces_of
from musicnb.studio._road import Road
from musicnb.studio._service import Service
from musicnb.studio._task import Task
from musicnb.studio._tasks import Tasks
from musicnb.sweep import Plan

if TYPE_CHECKING:
    from concurrent.futures import Executor

    from musicnb.analysis import Progress
    from musicnb.studio._figures import RunFigures
    from musicnb.studio._listening import ListeningOptions
    from musicnb.studio._session import Session
    from musicnb.table import Table, Usable

_END_S: Final = 15.0


class Run:
    """A plan on its way. Made by `musicnb.sweep.Plan.run`; shows as a board in a notebook.

    The work goes on in the background. ``run.wait()`` waits with a progress bar, ``await run``
    from any event loop, and both return the run, whatever became of its tasks.
    """

    def __init__(self, plan: Plan, pieces: Sequence[Piece], road: Road, *, said: str = "") -> None:
        self.plan = plan
        self._pieces, self._road = list(pieces), road
        self.said = said
        self._tasks = self._as_tasks()

    @classmethod
    def of(cls, plan: Plan, planned: Planned, tasks: Iterable[Task], road: Road, said: str) -> Run:
        """Join a plan with what the journal has made of it."""
        return cls(plan, pieces_of(plan, planned, tasks), road, said=said)

    # ------------------------------------------------------------------------------ looking

    @property
    def pieces(self) -> tuple[Piece, ...]:
        """Every order of every cell, in the plan's order."""
        return tuple(self._pieces)

    @property
    def tasks(self) -> Tasks:
        """The orders that run or have run."""
        return self._tasks

    @property
    def not_run(self) -> tuple[Piece, ...]:
        """The orders that did not fit what the sweep may cost."""
        return tuple(piece for piece in self._pieces if piece.task is None)

    @property
    def spent_credits(self) -> Decimal:
        """Paid for what was delivered, less refunds."""
        return self._sum(task.job.spent_credits for task in self._tasks)

    @property
    def held_credits(self) -> Decimal:
        """On its way, or without an answer: it may be gone, with nothing for it yet."""
        return self._sum(task.job.held_credits for task in self._tasks)

    @property
    def refunded_credits(self) -> Decimal:
        """Given back; it makes no room for more."""
        return self._sum(task.job.refunded_credits or Decimal(0) for task in self._tasks)

    # ------------------------------------------------------------------------------ waiting

    def wait(self, timeout_s: float | None = None) -> Run:
        """Wait until every order has come to rest; raises nothing of theirs.

        Parameters
        ----------
        timeout_s
            Seconds to wait at most. A paused sweep comes to rest only when it goes on.
        """
        self._tasks.wait(timeout_s)
        return self

    async def watch(self) -> Run:
        """Wait, and keep the grid live where it otherwise is not; see `Tasks.watch`."""
        await self._tasks.watch()
        return self

    def __await__(self) -> Generator[Any, None, Run]:
        return self._all().__await__()

    async def _all(self) -> Run:
        await asyncio.gather(*self._tasks, return_exceptions=True)
        return self

    # ------------------------------------------------------------------------------- ruling

    def pause(self) -> Run:
        """Let no more orders leave; what the service has goes on. Returns at once."""
        self._road.pause(self.plan.name, paused=True)
        return self

    def go_on(self) -> Run:
        """Let the rest leave after a pause."""
        self._road.pause(self.plan.name, paused=False)
        return self

    def cancel(self, timeout_s: float = _END_S) -> Run:
        """End it: what has not left is withdrawn and costs nothing, the rest is canceled.

        What the service cancels it refunds; what has ended stays.

        Parameters
        ----------
        timeout_s
            Seconds to wait for the last ends.
        """
        for task in self._tasks:
            if not task.done:
                task.request_cancel()
        self.go_on()
        return self.wait(timeout_s)

    def retry_failed(self) -> Run:
        """Order what has failed once more, as new orders within the same cap.

        A refund makes no room under the cap: raise it with ``plan.run(max_credits=...)`` first
        where there is none. An order that does not fit stays as it is and says why in its piece's
        ``not_run``.
        """
        for piece in self._pieces:
            task = piece.task
            if task is None or task.job.state != "failed" or not task.done:
                continue
            try:
                piece.task, piece.not_run = self._road.repeat(task.job), ""
            except InvalidInput as error:
                reasons = "; ".join(fault.message for fault in error.faults)
                piece.not_run = f"not run again: {reasons}"
        self._tasks = self._as_tasks()
        return self

    # ------------------------------------------------------------------------------- tables

    def table(
        self,
        *,
        measure: bool = False,
        executor: Executor | None = None,
        progress: Progress = True,
    ) -> Table:
        """Show a row for every clip, and for every order that has none, indexed by the axes.

        Parameters
        ----------
        measure, executor, progress
            As of `musicnb.Studio.table`.

        Returns
        -------
        musicnb.table.Table
            A `pandas.DataFrame` with the columns of `musicnb.table.takes_of_cells`.
        """
        from musicnb.studio._tabling import run_table  # noqa: PLC0415 - pandas costs half a second

        library = self._road.library
        return run_table(
            library, self._pieces, measure=measure, executor=executor, progress=progress
        )

    def summary(
        self,
        by: str | Sequence[str] | None = None,
        *,
        usable: Usable | None = None,
        shortlist: Session | None = None,
    ) -> Table:
        """Say what every choice gave and cost, and how sure that is.

        Parameters
        ----------
        by
            Axes, or columns of `table`; all axes when left out.
        usable
            Which clips are: a function of `table`, such as ``lambda t: t["stars"] >= 4``, the name
            of a column, or a True or False a row. By default those that nobody rejects: three stars
            or more where they were rated, no severe defect where they were not.
        shortlist
            A session that was revealed: adds what a clip of its shortlist cost, and win rates.

        Returns
        -------
        musicnb.table.Table
            Tasks, clips, credits, what a clip and a usable clip cost with 95 % intervals, variety:
            see `musicnb.table.summarized`. It knows what is measured already:
            ``run.table(measure=True)`` measures.

        Raises
        ------
        InvalidInput
            There is no such axis or column, or `usable` does not say yes or no to every row, or the
            session is sealed.
        """
        from musicnb.studio._tabling import run_summary  # noqa: PLC0415 - as above

        by = list(self.plan.axes) if by is None else by
        return run_summary(self._road.library, self._pieces, by, usable, shortlist)

    # ------------------------------------------------------------------------------ figures

    @property
    def clips(self) -> Clips:
        """Every clip that is there, in the plan's order."""
        return Clips(clip for task in self._tasks for clip in task.clips)

    @property
    def plot(self) -> RunFigures:
        """Figures of the run: ``run.plot.spend()`` and its neighbours; see `RunFigures`."""
        from musicnb.studio._figures import RunFigures  # noqa: PLC0415 - only when one is made

        return RunFigures(self, self._road.library.journal)

    def report(
        self,
        path: str | os.PathLike[str],
        session: Session | None = None,
        *,
        preview_s: float = 12.0,
        overwrite: bool = False,
    ) -> Path:
        """Write the campaign as one page that any browser opens, offline: what came, what it cost.

        Players of the shortlist, ranking, costs, plan against spend, failures, method and seeds.
        It holds no key and no address, and loads nothing.

        Parameters
        ----------
        path
            Where; a file that is there stays.
        session
            A session that was revealed. Without one there is no ranking, and the page says so; the
            clips that it plays are then the first that nobody rejected.
        preview_s
            Seconds of each player, up to 60; a second takes about 27 kB of the page.
        overwrite
            Whether a file of this name is replaced.

        Raises
        ------
        InvalidInput
            The session is sealed or of other clips, or a value is not what it should be.
        FileExistsError
            There is something by this name.
        LibraryError
            It cannot be written.
        """
        from musicnb.studio._report import write_report  # noqa: PLC0415 - only when one is made

        return write_report(
            self, path, session, self._road.library, preview_s=preview_s, overwrite=overwrite
        )

    # ------------------------------------------------------------------------------ listening

    def listen(
        self,
        clips: int | Sequence[Clip] = 8,
        *,
        name: str | None = None,
        **options: Unpack[ListeningOptions],
    ) -> Session:
        """Choose by ear: start a blind session, or go on with the one of this name.

        Clips are heard in pairs, level-matched, in step and under no name; the next pair is the one
        that teaches most about the goal. Some pairs come twice, unannounced: that measures the
        listener. Put the session last in a cell to listen.

        Parameters
        ----------
        clips
            How many, drawn by lot so that every order has its turn, without those of one star; or
            a list of clips. At most 64.
        name
            How the session is found again; by default the sweep's name.
        **options
            See `ListeningOptions`.

        Returns
        -------
        Session
            ``.reveal()`` ends it; ``.ranking()``, ``.shortlist`` say what came of it.

        Raises
        ------
        InvalidInput
            Fewer than two clips, a silent one, a value that is not what it should be, or a session
            of this name that has another goal, number of votes or seed.
        """
        from musicnb.studio._listening import listen  # noqa: PLC0415 - only who listens

        count = whole(clips)
        some = self.clips if count is not None else cast("Iterable[Clip]", clips)
        name = self.plan.name if name is None else name
        return listen(self._road.library, some, name=name, count=count, **options)

    # ------------------------------------------------------------------------------ keeping

    def manifest(self, path: str | os.PathLike[str] | None = None) -> Path:
        """Write the campaign down as JSON: what was planned, ordered and paid, and hashes of files.

        It holds no key and no path of this machine; addresses of reference audio, and labels, are
        without what may be a signature. Your own words in prompts and metadata stay as they are.
        `musicnb.Studio.open_manifest` reads it.

        Parameters
        ----------
        path
            A name that is not taken; by default a new one in ``manifests/`` in the library.

        Raises
        ------
        InvalidInput
            There is a file by this name: none is replaced.
        LibraryError
            It cannot be written there.
        """
        return write_manifest(self, path, self._road.library)

    @property
    def service(self) -> Service:
        """Which service the orders go to."""
        return self._road.service

    # ---------------------------------------------------------------------------- showing

    def __str__(self) -> str:
        states = Counter(task.status for task in self._tasks)
        words = [f"{count} {state}" for state, count in states.items()]
        words += [
            f"{count} {why}"
            for why, count in Counter(p.not_run for p in self._pieces if p.not_run).items()
        ]
        money = [f"{amount_text(self.spent_credits)} spent"]
        money += [
            f"{amount_text(amount)} {what}"
            for what, amount in (("held", self.held_credits), ("refunded", self.refunded_credits))
            if amount
        ]
        return f"<Run {self.plan.name!r}: {', '.join(words)}; {', '.join(money)} credits>"

    __repr__ = __str__

    def _ipython_display_(self) -> None:
        self._tasks._ipython_display_()

    # ----------------------------------------------------------------------------- inside

    def _as_tasks(self) -> Tasks:
        tasks = Tasks(piece.task for piece in self._pieces if piece.task is not None)
        tasks.said = self.said
        tasks.show = self._show
        return tasks

    def _show(self) -> None:
        from musicnb.studio._run_board import show_run  # noqa: PLC0415 - Jupyter only on display

        show_run(self)

    @staticmethod
    def _sum(amounts: Iterable[Decimal]) -> Decimal:
        return sum(amounts, Decimal(0))
