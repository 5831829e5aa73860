"""The API client: every endpoint once, the key on every request and nowhere else."""

from __future__ import annotations

from collections.abc import Callable, Generator, Mapping
from contextlib import AbstractAsyncContextManager, nullcontext
from datetime import datetime
from decimal import Decimal
from io import FileIO
from pathlib import Path
from types import TracebackType
from typing import Any, Final, Self, TypedDict, TypeVar, Unpack
from urllib.parse import quote

import httpx
from pydantic import BaseModel

from musicnb import wire
from musicnb.catalogue import REFERENCE_TO_MUSIC, TEXT_TO_MUSIC, Capability
from musicnb.client._answers import error_of, read
from musicnb.client._retry import Retry
from musicnb.errors import Conflict, ConnectionFailed, NotFound
from musicnb.settings import ApiKey

Record = TypeVar("Record", bound=BaseModel)
Writing = Callable[[], AbstractAsyncContextManager[None]]

# httpx loses most of its speed with many requests in flight, so few connections do more.
_LIMITS: Final = httpx.Limits(max_connections=8, max_keepalive_connections=8)
_TIMEOUT: Final = httpx.Timeout(30.0, connect=10.0)
_PATHS: Final[Mapping[Capability, str]] = {
    TEXT_TO_MUSIC: "music/text-to-music",
    REFERENCE_TO_MUSIC: "music/reference-audio-to-music",
}
# Failures that happen before a byte of the request has left this machine.
_NEVER_SENT: Final = (httpx.ConnectError, httpx.ConnectTimeout, httpx.PoolTimeout)


class TaskQuery(TypedDict, total=False):
    """Which tasks a page holds; what is left out is up to the service, but for order and limit."""

    created_after: datetime | None
    created_before: datetime | None
    limit: int
    cursor: str | None
    order: str
    expand: str | None


def _given(query: TaskQuery) -> dict[str, Any]:
    values: dict[str, Any] = {"limit": 100, "order": "asc", **query}
    return {
        name: value.isoformat() if isinstance(value, datetime) else value
        for name, value in values.items()
        if value is not None
    }


class _KeyAuth(httpx.Auth):
    """Adds the key to one request at a time, so that no client object carries it as a header."""

    def __init__(self, key: ApiKey) -> None:
        self._key = key

    def auth_flow(self, request: httpx.Request) -> Generator[httpx.Request, httpx.Response, None]:
        request.headers["Authorization"] = f"Bearer {self._key.reveal()}"
        yield request


class _Counted(FileIO):
    """A file that tells how much of it was read."""

    def __init__(self, path: Path, tell: Callable[[float], None]) -> None:
        super().__init__(path)
        self._tell, self._size = tell, max(1, path.stat().st_size)

    def read(self, size: int | None = -1, /) -> bytes:
        """Read on."""
        data = super().read(-1 if size is None else size)
        self._tell(min(1.0, self.tell() / self._size))
        return data


class Client:
    """The service's API, one coroutine per endpoint.

    Parameters
    ----------
    base_url
        Ends in ``/v1``.
    api_key
        Sent to that origin only; redirects are not followed.
    retry
        How repeatable requests are repeated.
    transport
        Replaces the network; for tests that count or delay requests.
    """

    def __init__(
        self,
        base_url: str,
        api_key: ApiKey,
        *,
        retry: Retry | None = None,
        transport: httpx.AsyncBaseTransport | None = None,
    ) -> None:
        self.base_url = base_url.rstrip("/")
        self._retry = retry or Retry()
        self._writing: Writing = nullcontext
        self._http = httpx.AsyncClient(
            base_url=self.base_url + "/",
            auth=_KeyAuth(api_key),
            timeout=_TIMEOUT,
            limits=_LIMITS,
            transport=transport,
            follow_redirects=False,
            trust_env=not self.base_url.startswith("http://"),
            headers={"Accept": "application/json", "User-Agent": "musicnb"},
        )

    async def __aenter__(self) -> Self:
        return self

    async def __aexit__(
        self,
        kind: type[BaseException] | None,
        error: BaseException | None,
        traceback: TracebackType | None,
    ) -> None:
        await self.close()

    async def close(self) -> None:
        """Close the connections."""
        await self._http.aclose()

    def pace_writes(self, writing: Writing) -> None:
        """Have every attempt at a POST enter a context first, which may let it wait its turn."""
        self._writing = writing

    async def create(
        self, capability: Capability, body: bytes, *, idempotency_key: str
    ) -> wire.TaskEnvelope:
        """Order music: ``POST /v1/music/…``. This is what spends money.

        Parameters
        ----------
        body
            The exact bytes; a repeat must be the same bytes under the same key.
        idempotency_key
            The same for every attempt at this one order; the service charges it once.

        Raises
        ------
        MusicnbError
            `charged` is None when the order may have been accepted all the same.
        """
        return await self._send(
            "POST",
            _PATHS[capability],
            wire.TaskEnvelope,
            creates=True,
            content=body,
            headers={"Content-Type": "application/json", "Idempotency-Key": idempotency_key},
        )

    async def task(self, task_id: str) -> wire.TaskEnvelope:
        """Read one task: ``GET /v1/tasks/{task_id}``. Sent once; the poller repeats."""
        return await self._once("GET", f"tasks/{quote(task_id, safe='')}", wire.TaskEnvelope)

    async def tasks(self, **query: Unpack[TaskQuery]) -> wire.TaskList:
        """Read a page of tasks: ``GET /v1/tasks``. Sent once."""
        return await self._once("GET", "tasks", wire.TaskList, params=_given(query))

    async def page(self, **query: Unpack[TaskQuery]) -> wire.TaskPage:
        """Read a page of tasks and leave each as it came. Sent once; the poller repeats."""
        return await self._once("GET", "tasks", wire.TaskPage, params=_given(query))

    async def cancel(self, task_id: str, *, reason: str | None = None) -> wire.TaskEnvelope:
        """Ask to cancel, then read the task, whose status and billing alone are believed."""
        path = f"tasks/{quote(task_id, safe='')}"
        await self._retry.call(lambda: self._cancel(path, reason))
        return await self._send("GET", path, wire.TaskEnvelope)

    async def _cancel(self, path: str, reason: str | None) -> None:
        body = wire.CancelRequest(reason=reason).model_dump(exclude_none=True)
        async with self._writing():
            response = await self._exchange("POST", f"{path}/cancel", creates=False, json=body)
            try:
                read(response, wire.TaskEnvelope)
            except Conflict as error:
                # it is too late, and the task itself tells; or a twin of the request is under way
                if error.retryable:
                    raise

    async def upload(
        self,
        file: Path,
        *,
        media_type: str,
        purpose: str,
        sent: Callable[[float], None] = lambda _part: None,
    ) -> str:
        """Upload a file: ``POST /v1/uploads``; free.

        Parameters
        ----------
        sent
            Called on the loop's thread with the part of the file that has left, from 0 to 1.

        Returns
        -------
        str
            The artifact id.

        Raises
        ------
        MusicnbError
            Refused, or the answer names no artifact.
        """

        async def send() -> wire.UploadAnswer:
            with _Counted(file, sent) as stream:
                return await self._once(
                    "POST",
                    "uploads",
                    wire.UploadAnswer,
                    files={"file": (f"reference{file.suffix}", stream, media_type)},
                    data={"purpose": purpose, "media_type": media_type},
                )

        answer = await self._retry.call(send)
        artifact_id = answer.artifact_id or answer.id
        if not artifact_id:
            raise NotFound("the service took the upload but named no artifact", retryable=True)
        return artifact_id

    async def models(self) -> wire.ModelList:
        """List the models on offer: ``GET /v1/models``."""
        return await self._send("GET", "models", wire.ModelList)

    async def health(self) -> bool:
        """Whether the service answers: ``GET /v1/health``."""
        response = await self._exchange("GET", "health", creates=False)
        return response.is_success

    async def sandbox_balance(self) -> Decimal | None:
        """Read the sandbox's wallet, in credits; None where the service is no sandbox."""
        root = self.base_url.removesuffix("/v1")
        response = await self._exchange("GET", f"{root}/sandbox/wallet", creates=False)
        return read(response, wire.SandboxWallet).balance_credits if response.is_success else None

    async def sandbox_ledger(self) -> dict[str, Decimal] | None:
        """Read what the sandbox's wallet has paid for each task, refunds taken off, in credits.

        Returns
        -------
        dict or None
            Task id to net amount; None where the service is no sandbox.
        """
        root = self.base_url.removesuffix("/v1")
        response = await self._exchange("GET", f"{root}/sandbox/ledger", creates=False)
        if not response.is_success:
            return None
        paid: dict[str, Decimal] = {}
        for transfer in read(response, wire.SandboxLedger).data:
            if transfer.task_id is not None:
                lost = sum(
                    (-e.credits for e in transfer.entries if e.account.startswith("wallet:")),
                    Decimal(0),
                )
                paid[transfer.task_id] = paid.get(transfer.task_id, Decimal(0)) + lost
        return paid

    async def sandbox_score(self, artifact_id: str) -> bytes:
        """Read the score of a clip the sandbox made, as a Standard MIDI File."""
        path = f"{self.base_url.removesuffix('/v1')}/sandbox/scores/{artifact_id}"
        response = await self._exchange("GET", path, creates=False)
        if not response.is_success:
            raise error_of(response, creates=False)
        return response.content

    async def sandbox_faults(self, fault: dict[str, Any] | None) -> None:
        """Arm a fault of the sandbox, or disarm all of them with None."""
        root = f"{self.base_url.removesuffix('/v1')}/sandbox/faults"
        if fault is None:
            response = await self._exchange("DELETE", root, creates=False)
        else:
            response = await self._exchange("POST", root, creates=False, json=fault)
        if not response.is_success:
            raise error_of(response, creates=False)

    async def _send(
        self, method: str, path: str, record: type[Record], *, creates: bool = False, **parts: Any
    ) -> Record:
        return await self._retry.call(
            lambda: self._once(method, path, record, creates=creates, **parts)
        )

    async def _once(
        self, method: str, path: str, record: type[Record], *, creates: bool = False, **parts: Any
    ) -> Record:
        async with self._writing() if method == "POST" else nullcontext():
            response = await self._exchange(method, path, creates=creates, **parts)
            return read(response, record, creates=creates)

    async def _exchange(
        self, method: str, path: str, *, creates: bool, **parts: Any
    ) -> httpx.Response:
        """Send once; turn every failure of the network into `ConnectionFailed`."""
        problem, sent = "", True
        try:
            return await self._http.request(method, path, **parts)
        except httpx.HTTPError as error:
            problem, sent = f"{type(error).__name__}: {error}", not isinstance(error, _NEVER_SENT)
        # raised outside the handler: httpx's error holds the request, and that holds the key
        raise ConnectionFailed(
            f"{self.base_url} did not answer ({problem.rstrip(': ')})",
            hint="Check the network and the base URL; nothing is lost",
            retryable=True,
            charged=None if creates and sent else False,
        )
