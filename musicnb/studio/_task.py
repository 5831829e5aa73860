"""Our handle on one order: to look at, to wait for, to await, to cancel."""

from __future__ import annotations

import asyncio
import inspect
import sys
import threading
import weakref
from collections.abc import Callable, Generator, Iterable
from concurrent.futures import Future, wait
from dataclasses import dataclass, field, replace
from decimal import Decimal
from typing import TYPE_CHECKING, Any

from musicnb.errors import Fault, InvalidInput, MusicnbError, WaitTimeout
from musicnb.library import FINISHED
from musicnb.studio._clips import Clips

if TYPE_CHECKING:
    from musicnb.library import Job, Journal
    from musicnb.studio._road import Road
    from musicnb.widgets import Board

_CANCEL_PATIENCE_S = 10.0


@dataclass(frozen=True, slots=True)
class TaskState:
    """Everything known about a task at one moment.

    Parameters
    ----------
    status
        ``planned`` (not sent), ``sending``, ``unknown`` (no answer came), then the service's own:
        ``queued``, ``running``, ``succeeded``, ``failed``, ``canceled``.
    stage, percent
        The phase the service reports; the percentage marks the phase, not a share of the work.
    submitted_at, ended_at
        Seconds since the epoch.
    clips
        Those that are on disk.
    warnings
        What the service did otherwise than asked.
    """

    status: str = "planned"
    stage: str = ""
    percent: float | None = None
    submitted_at: float | None = None
    ended_at: float | None = None
    clips: Clips = field(default_factory=Clips)
    warnings: tuple[str, ...] = ()
    error: MusicnbError | None = None


class Task:
    """One order and what becomes of it. Made by `Studio.generate`.

    The work goes on in the background whatever is done with this handle. ``task.result()`` waits,
    ``await task`` awaits from any event loop, and both give the clips or raise what went wrong.
    """

    def __init__(self, job: Job, road: Road) -> None:
        self._road = road
        self._job = job
        # one that is taken up again was accepted before; its status is read in a moment
        status = "queued" if job.task_id else "planned"
        self._state = TaskState(status=status, submitted_at=job.planned_at)
        self._done: Future[Clips] = Future()
        self._listeners: list[Callable[[], Callable[[Task], None] | None]] = []
        self._boards: weakref.WeakSet[Board] = weakref.WeakSet()
        self._lock = threading.Lock()
        self.cancel_wanted = False

    @classmethod
    def at_rest(cls, job: Job, road: Road, clips: Clips, error: MusicnbError | None) -> Task:
        """Make the handle on an order that ended in an earlier run."""
        task = cls(job, road)
        task.change(status=job.state, clips=clips, error=error, ended_at=job.ended_at)
        if error is None:
            task.finish(clips)
        else:
            task.fail(error)
        return task

    # ------------------------------------------------------------------------------ looking

    @property
    def job(self) -> Job:
        """The order as the journal has it."""
        return self._job

    @property
    def state(self) -> TaskState:
        """Everything known at this moment, as one consistent value."""
        return self._state

    @property
    def status(self) -> str:
        """See `TaskState`."""
        return self._state.status

    @property
    def progress(self) -> str:
        """Status and phase in words, such as ``running: rendering``."""
        status, stage = self._state.status, self._state.stage
        return f"{status}: {stage}" if stage not in ("", status) else status

    @property
    def clips(self) -> Clips:
        """The clips that are on disk by now."""
        return self._state.clips

    @property
    def error(self) -> MusicnbError | None:
        """Why there are no clips, once that is known."""
        return self._state.error

    @property
    def task_id(self) -> str | None:
        """The service's id of the task; None until it has accepted the order."""
        return self._job.task_id

    @property
    def charged_credits(self) -> Decimal | None:
        """Credits debited, as reported; None while not known."""
        return self._job.charged_credits

    @property
    def refunded_credits(self) -> Decimal | None:
        """Credits given back, as reported; None while not known."""
        return self._job.refunded_credits

    @property
    def usual_s(self) -> float | None:
        """Seconds that half of its model's tasks took; None while that is not known."""
        return self._road.usual_s(self._job.model)

    @property
    def is_sandbox(self) -> bool:
        """Whether the sandbox of this studio does the work."""
        return self._road.service.is_sandbox

    @property
    def done(self) -> bool:
        """Whether there is nothing more to wait for."""
        return self._done.done()

    # ------------------------------------------------------------------------------ waiting

    def result(self, timeout_s: float | None = None, *, progress: bool | None = None) -> Clips:
        """Wait for the clips.

        Parameters
        ----------
        timeout_s
            Seconds to wait at most; None waits as long as it takes.
        progress
            Whether to show a line of progress on stderr; by default in a terminal only.

        Raises
        ------
        WaitTimeout
            `timeout_s` is over. The task goes on and can be waited for again.
        MusicnbError
            What went wrong, and whether anything was charged.
        """
        self._road.loop.refuse_own_thread()
        if timeout_s is not None and timeout_s >= threading.TIMEOUT_MAX:
            timeout_s = None
        if progress if progress is not None else sys.stderr.isatty():
            from musicnb.studio._progress import follow  # noqa: PLC0415 - it imports this file

            follow([self], timeout_s=timeout_s)
        problem = None
        try:
            return self._done.result(timeout_s)
        except KeyboardInterrupt as error:
            error.add_note(f"The task goes on ({self.progress}): result() waits for it again")
            raise
        except TimeoutError as error:
            if isinstance(error, MusicnbError):  # the task's own end, not our patience
                raise
            problem = WaitTimeout(
                f"no result after {timeout_s:g} s ({self.progress})",
                hint="The task goes on; call result() again",
                task_id=self.task_id,
                charged=True if self.charged_credits else None,
            )
        finally:
            settle_boards([self])
        raise problem

    def __await__(self) -> Generator[Any, None, Clips]:
        # shielded: a canceled waiter must not cancel what others wait for
        return asyncio.shield(asyncio.wrap_future(self._done)).__await__()

    async def watch(self) -> None:
        """Wait for the end and keep the card live where it otherwise is not; see `Tasks.watch`."""
        from musicnb.studio._tasks import Tasks  # noqa: PLC0415 - it imports this file

        await Tasks([self]).watch()

    def cancel(self) -> str:
        """Ask the service to stop and wait, for ten seconds at most, until it has.

        Returns
        -------
        str
            The status after that: ``canceled``, or another where the service took longer, or was
            faster than the wish; a finished task stays finished.

        Raises
        ------
        MusicnbError
            The service could not be asked.
        """
        self._road.loop.run(self._road.cancel(self))
        wait([self._done], _CANCEL_PATIENCE_S)
        return self.status

    def request_cancel(self) -> None:
        """Ask the service to stop and return at once; for buttons."""
        self._road.aside(self._road.cancel(self))

    # ------------------------------------------------------------------------------ at rest

    @property
    def is_unknown(self) -> bool:
        """Whether the order got no answer, so that its price is on hold."""
        return self._is_at_rest and self._state.status == "unknown"

    @property
    def can_resume(self) -> bool:
        """Whether it has come to rest before its end, so that it can be taken up again."""
        return self._is_at_rest and self._job.state not in FINISHED

    @property
    def _is_at_rest(self) -> bool:
        return self._state.ended_at is not None

    def resume(self) -> Task:
        """Take this order up again, as `Studio.resume` does for all; never charged twice.

        One that was turned away is sent. One without an answer is sent again under its own key
        within 24 hours, and searched among the service's tasks after that. One whose clips did not
        arrive is fetched. Returns at once: wait with ``task.resume().result()``.

        Raises
        ------
        InvalidInput
            It is still under way, or has ended.
        LibraryError
            The studio was closed, or its sandbox has ended.
        """
        self._road.require_usable()
        if not self.can_resume:
            raise InvalidInput.from_faults(
                [Fault("resume", "", f"is for orders at rest before their end; this is {self!r}")]
            )
        self.renew()
        return self._road.travel_again(self)

    def send_again(self) -> Task:
        """Order the same once more under a new key: **this may charge you a second time**.

        For an order that got no answer and cannot be found. The old one keeps its hold until
        ``resume()`` finds it or ``cancel()`` gives it up.

        Returns
        -------
        Task
            The new order's.

        Raises
        ------
        InvalidInput
            The order is not without an answer, or its sweep's cap has no room.
        LibraryError
            The studio was closed, or its sandbox has ended.
        """
        self._road.require_usable()
        if not self.is_unknown:
            raise InvalidInput.from_faults(
                [Fault("send_again", "", f"is for orders without an answer; this is {self!r}")]
            )
        return self._road.repeat(self._job)

    # --------------------------------------------------------------------- for the road only

    def subscribe(self, listener: Callable[[Task], None]) -> None:
        """Have a function called, on the loop's thread, after every change.

        A bound method is not kept alive by this: a board that nobody sees any more is let go.
        """
        method = inspect.ismethod(listener)
        with self._lock:
            self._listeners.append(weakref.WeakMethod(listener) if method else lambda: listener)

    def shown_on(self, board: Board) -> None:
        """Remember a board, so that a waiting cell can make its last state stay."""
        self._boards.add(board)

    @property
    def journal(self) -> Journal:
        """Where its order, its money and the ratings of its clips are kept."""
        return self._road.library.journal

    def change(self, *, job: Job | None = None, **fields: Any) -> None:
        """Take a new reading; called on the loop's thread."""
        if job is not None:
            self._job = job
        self._state = replace(self._state, **fields)
        with self._lock:
            self._listeners = [known for known in self._listeners if known() is not None]
            listeners = list(self._listeners)
        for known in listeners:
            if (listener := known()) is not None:
                listener(self)

    def renew(self) -> None:
        """Let it be waited for once more."""
        self._done = Future()
        self._state = replace(self._state, error=None, ended_at=None)

    def finish(self, clips: Clips) -> None:
        """Give the clips to whoever waits."""
        if not self._done.done():
            self._done.set_result(clips)

    def fail(self, error: MusicnbError) -> None:
        """Give an error to whoever waits."""
        if not self._done.done():
            self._done.set_exception(error)

    @property
    def boards(self) -> list[Board]:
        """The boards it is shown on."""
        return list(self._boards)

    def __repr__(self) -> str:
        name = self.task_id or "not accepted yet"
        clips = f", {len(self.clips)} clips" if self.clips else ""
        return f"<Task {name}, {self._job.request['model']}, {self.progress}{clips}>"

    def _ipython_display_(self) -> None:
        from musicnb.studio._display import show_tasks  # noqa: PLC0415 - Jupyter only on display

        show_tasks([self])


def settle_boards(tasks: Iterable[Task]) -> None:
    """Resend the final state from the cell that waits, so that saved notebooks are right."""
    for board in {id(board): board for task in tasks for board in task.boards}.values():
        board.settle()
