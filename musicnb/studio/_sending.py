"""How an order leaves this machine, and how one without an answer is found again."""

from __future__ import annotations

import asyncio
import contextlib
import time
from collections.abc import AsyncIterator, Awaitable, Callable
from datetime import UTC, datetime, timedelta
from decimal import Decimal
from typing import Any, Final

from musicnb.catalogue import amount_text
from musicnb.client import Client
from musicnb.errors import (
    AuthenticationError,
    Conflict,
    InsufficientBalance,
    InvalidRequest,
    MusicnbError,
    OutcomeUnknown,
    ServiceError,
)
from musicnb.library import JOB_ID_FIELD, Job, Journal
from musicnb.wire import TaskEnvelope

#: The service remembers an Idempotency-Key for 24 hours; the hour is for clocks that disagree.
KEY_COUNTS_S: Final = 23 * 3600.0
_AT_ONCE: Final = 4
#: Code of an order that several tasks of the service may be.
AMBIGUOUS: Final = "outcome_ambiguous"
# A clock that was put back by less is only corrected; by more, nobody knows what time has passed.
_CLOCK_SKEW_S: Final = 600.0
# Clocks differ, by a whole day where a time zone or a date is set wrong; our job id is what
# matches, so that a wider window costs pages and no certainty.
_SEARCH_SKEW: Final = timedelta(days=1)
_MOST_PAGES: Final = 50
_REDIRECTS: Final = range(300, 400)
_UNPROCESSABLE: Final = 422


class Sender:
    """Sends orders, a few at a time, each with its own key and bytes, and finds lost ones.

    Parameters
    ----------
    client
        Speaks to the service.
    journal
        Is told before anything leaves, and after.
    service
        The service's name in the journal.
    balance
        Reads the wallet where the service tells it.
    clock
        Seconds since the epoch.
    """

    def __init__(
        self,
        client: Client,
        journal: Journal,
        *,
        service: str,
        balance: Callable[[], Awaitable[Decimal | None]],
        clock: Callable[[], float] = time.time,
    ) -> None:
        self._client, self._journal = client, journal
        self._service, self._balance, self._clock = service, balance, clock
        self._slots = asyncio.Semaphore(_AT_ONCE)
        self._paused: dict[str, asyncio.Event] = {}
        self._halts = 0
        self._halted_by: MusicnbError | None = None

    async def send(self, job: Job, *, departing: Callable[[], None]) -> TaskEnvelope:
        """Send an order, or find out what became of it, and write the outcome down.

        Parameters
        ----------
        departing
            Called when it is the order's turn and a request is about to leave.

        Raises
        ------
        MusicnbError
            It was refused, or is without an answer; the journal says in which state it is now.
        """
        halts = self._halts
        async with self._turn_of(job):
            job = self._journal.job(job.job_id)
            if halts != self._halts and self._halted_by is not None and job.sent_at is None:
                # what made the service turn one away, it would say to all that waited behind it;
                # but one in doubt may have been taken before that, and its key tells
                raise self._kept(job, self._halted_by)
            if not self._key_counts(job):
                if job.sent_at is not None:
                    return await self.look(job)
                found, _ = await self._find(job)
                if found is not None:
                    return self._accept(job, found)
            departing()
            self._journal.sending(job.job_id)
            try:
                envelope = await self._client.create(
                    job.capability, job.body, idempotency_key=job.idempotency_key
                )
            except MusicnbError as error:
                refusal = error
            else:
                return self._accept(job, envelope)
            return await self._after(job, refusal)

    def pause(self, sweep: str) -> None:
        """Let no more orders of a sweep leave; what the service has is its own."""
        self._paused.setdefault(sweep, asyncio.Event())

    def go_on(self, sweep: str) -> None:
        """Let them leave again."""
        gate = self._paused.pop(sweep, None)
        if gate is not None:
            gate.set()

    @contextlib.asynccontextmanager
    async def _turn_of(self, job: Job) -> AsyncIterator[None]:
        """Wait until an order may leave: its sweep is not paused, and few are leaving."""
        while True:
            while (gate := self._paused.get(job.sweep)) is not None:
                await gate.wait()
            async with self._slots:
                if job.sweep not in self._paused:  # or it was, while it waited for its slot
                    yield
                    return

    async def look(self, job: Job) -> TaskEnvelope:
        """Look for an order without an answer among the tasks of the service; spends nothing.

        Raises
        ------
        OutcomeUnknown
            It is not there, or cannot be told apart: its price stays on hold.
        MusicnbError
            The service could not be asked.
        """
        try:
            found, why = await self._find(job)
        except MusicnbError as error:
            self._journal.unknown(job.job_id, error.message)
            raise
        if found is not None:
            return self._accept(job, found)
        self._journal.unknown(job.job_id, why)
        raise OutcomeUnknown(
            why,
            code=AMBIGUOUS if "may be" in why else None,
            hint="task.resume() looks again; task.send_again() orders it anew and may be charged a"
            " second time; task.cancel() gives it up",
            idempotency_key=job.idempotency_key,
            charged=None,
        )

    # ------------------------------------------------------------------------ after a refusal

    async def _after(self, job: Job, error: MusicnbError) -> TaskEnvelope:
        """Write down how sending ended; return the task after all if the service has it."""
        facts: dict[str, Any] = {"idempotency_key": job.idempotency_key}
        doubtful = job.sent_at is not None or error.charged is None or isinstance(error, Conflict)
        # these two come after the look-up of the key: no earlier attempt was accepted
        if isinstance(error, InsufficientBalance):
            self._journal.not_sent(job.job_id, error.message)
            return self._halt(job, await self._with_missing_sum(error))
        refused = isinstance(error, InvalidRequest) and not error.retryable
        if refused and (not doubtful or error.http_status == _UNPROCESSABLE):
            self._journal.ended(job.job_id, "failed", error.message)
            raise error.with_facts(**facts, charged=False)
        if doubtful:
            with contextlib.suppress(MusicnbError):
                found, _ = await self._find(job)
                if found is not None:
                    return self._accept(job, found)
            self._journal.unknown(job.job_id, error.message)
            error = error.with_facts(
                **facts,
                charged=None,
                hint=_joined(
                    error.hint,
                    "studio.resume() asks again under the same key, so it is charged once at most",
                ),
            )
        elif _may_be_sent_again(error):
            self._journal.not_sent(job.job_id, error.message)
            error = self._kept(job, error)
        else:
            self._journal.ended(job.job_id, "failed", error.message)
            error = error.with_facts(**facts)
        if isinstance(error, AuthenticationError):
            return self._halt(job, error)
        raise error

    def _halt(self, job: Job, error: MusicnbError) -> TaskEnvelope:
        """Turn away what waits behind an order whose fate every next one would share."""
        self._halts += 1
        self._halted_by = error
        raise self._kept(job, error) if error.charged is False else error

    def _kept(self, job: Job, error: MusicnbError) -> MusicnbError:
        kept = "The order is kept: studio.resume() sends it, task.cancel() withdraws it"
        hint = error.hint if error.hint and kept in error.hint else _joined(error.hint, kept)
        return error.with_facts(hint=hint, idempotency_key=job.idempotency_key, charged=False)

    async def _with_missing_sum(self, error: MusicnbError) -> MusicnbError:
        """Say what the orders that wait need, and what of it the wallet lacks."""
        unfinished = self._journal.unfinished(self._service)
        waiting = [job for job in unfinished if job.state in ("planned", "sending")]
        needed = sum((job.expected_credits for job in waiting), Decimal(0))
        orders = "1 order needs" if len(waiting) == 1 else f"{len(waiting)} orders need"
        text = f"{orders} {amount_text(needed)} credits"
        balance = None
        with contextlib.suppress(MusicnbError):
            balance = await self._balance()
        if balance is not None and balance < needed:
            text += f", the wallet holds {amount_text(balance)}: {amount_text(needed - balance)}"
            text += " are missing"
        return error.with_facts(hint=_joined(text, error.hint), charged=False)

    # -------------------------------------------------------------------------- lost answers

    def _key_counts(self, job: Job) -> bool:
        """Whether the service still knows the key, so that the same request is never a new one."""
        # one that was planned long ago may have been sent since, as a restored journal cannot tell
        age_s = self._clock() - (job.sent_at or job.planned_at)
        # a clock that was put back says nothing about how much time has passed
        return -_CLOCK_SKEW_S < age_s < KEY_COUNTS_S

    async def _find(self, job: Job) -> tuple[TaskEnvelope | None, str]:
        """Search the tasks since the order was sent for the one that carries its id.

        Returns
        -------
        tuple
            The task, or None and why there is none.
        """
        since = datetime.fromtimestamp(job.sent_at or job.planned_at, UTC) - _SEARCH_SKEW
        matches: dict[str, TaskEnvelope] = {}
        cursor = None
        for _ in range(_MOST_PAGES):
            page = await self._client.tasks(
                created_after=since, cursor=cursor, expand="input,output,billing"
            )
            for task in page.data:
                if (task.metadata or {}).get(JOB_ID_FIELD) == job.job_id:
                    matches[task.task_id] = task
            cursor = page.next_cursor
            if not page.has_more or cursor is None:
                break
        same = [task for task in matches.values() if _asks_the_same(task, job)]
        if len(same) == 1 and len(matches) == 1:
            return same[0], ""
        if not matches:
            return None, "no answer came, and the service lists no task for this order"
        return None, f"the service lists {len(matches)} tasks that may be this order"

    def _accept(self, job: Job, envelope: TaskEnvelope) -> TaskEnvelope:
        self._journal.accepted(job.job_id, envelope.task_id)
        return envelope


def _asks_the_same(task: TaskEnvelope, job: Job) -> bool:
    """Whether a task's input, where it is shown, is the order's."""
    shown, asked = task.input or {}, job.request
    return all(shown[name] == value for name, value in asked.items() if name in shown)


def _may_be_sent_again(error: MusicnbError) -> bool:
    """Whether an order that was certainly not accepted is worth keeping."""
    redirected = isinstance(error, ServiceError) and error.http_status in _REDIRECTS
    return error.retryable or redirected or isinstance(error, AuthenticationError)


def _joined(*sentences: str | None) -> str:
    return "; ".join(sentence for sentence in sentences if sentence)
