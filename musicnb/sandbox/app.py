"""The sandbox's HTTP face: routes, and what each endpoint does."""

from __future__ import annotations

import asyncio
import contextlib
import dataclasses
import functools
import sqlite3
from collections.abc import AsyncIterator, Awaitable, Callable
from typing import Any

from pydantic_core import to_json
from starlette.requests import Request
from starlette.responses import FileResponse, Response
from starlette.routing import Route, Router
from starlette.types import ASGIApp, Receive, Scope, Send

from musicnb import catalogue
from musicnb.catalogue import REFERENCE_TO_MUSIC, TEXT_TO_MUSIC, Capability
from musicnb.sandbox import tasks, uploads
from musicnb.sandbox._answers import answered, json_of, ok
from musicnb.sandbox._clock import now_us
from musicnb.sandbox._endpoints import ENDPOINTS
from musicnb.sandbox._envelopes import Envelope, Row
from musicnb.sandbox._fault_line import FaultLine
from musicnb.sandbox._fault_tasks import Marks, mark_canceled, mark_created
from musicnb.sandbox._folder import Folder
from musicnb.sandbox._guard import Answering, Guard, root_of, tenant_of
from musicnb.sandbox._idempotency import Answer, Ticket
from musicnb.sandbox._ids import new_artifact_id
from musicnb.sandbox._links import UrlSigner
from musicnb.sandbox._listing import PARAMETERS, Listing
from musicnb.sandbox._multipart import receive
from musicnb.sandbox._orders import PlacedOrder, check_reference, read_order
from musicnb.sandbox._own import OwnApi
from musicnb.sandbox._reach import Reach
from musicnb.sandbox._reading import (
    parse_json,
    read_body,
    read_query,
    require_json,
    to_record,
)
from musicnb.sandbox._records import Health
from musicnb.sandbox._refusals import Refusal
from musicnb.sandbox._runner import Runner
from musicnb.sandbox._shown import Shown
from musicnb.sandbox._workers import Workers
from musicnb.sandbox.faults import Faults
from musicnb.sandbox.rehost import Rehoster
from musicnb.sandbox.store import Store
from musicnb.wire import CancelRequest, ModelEntry, ModelList, canonical_bytes

__all__ = ["Sandbox", "build_app"]


@dataclasses.dataclass(frozen=True, slots=True)
class Sandbox:
    """All parts of a running sandbox.

    Parameters
    ----------
    keys
        Hash of each API key, with its tenant.
    reach
        The hosts it answers to.
    folder_seed
        What the seed of every task is derived from.
    """

    store: Store
    folder: Folder
    signer: UrlSigner
    renderers: Workers
    examiner: Workers
    runner: Runner
    rehoster: Rehoster
    keys: dict[bytes, str]
    reach: Reach
    folder_seed: int
    faults: Faults


def build_app(sandbox: Sandbox) -> ASGIApp:
    """Build the ASGI application; its lifespan starts and ends the workers."""

    @contextlib.asynccontextmanager
    async def lifespan(_: object) -> AsyncIterator[None]:
        sandbox.renderers.warm_up()
        await api.start()
        await sandbox.runner.resume()
        yield
        await sandbox.runner.close()
        sandbox.examiner.close()
        await asyncio.to_thread(sandbox.store.close)

    api = _Api(sandbox)
    own = OwnApi(sandbox.store, sandbox.folder, sandbox.signer.base_url, sandbox.faults)
    handlers = [
        (entry.path, getattr(api, entry.handler, None) or getattr(own, entry.handler), entry.method)
        for entry in ENDPOINTS
    ]
    handlers.append(("/v1/music/{capability}", api.unknown_capability, "POST"))
    router = Router(
        [Route(path, _Endpoint(handler), methods=[method]) for path, handler, method in handlers],
        redirect_slashes=False,  # a redirect would carry the key elsewhere
        lifespan=lifespan,
    )
    return Guard(FaultLine(Answering(router), sandbox.faults), sandbox.keys, sandbox.reach)


class _Endpoint:
    """An endpoint without the layers that a Starlette application puts around each of them.

    They look out for errors three times; `Answering` does it once.
    """

    def __init__(self, handler: Callable[[Request], Awaitable[Response]]) -> None:
        self._handler = handler

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        response = await self._handler(Request(scope, receive))
        await response(scope, receive, send)


class _Api:
    """The endpoints."""

    def __init__(self, sandbox: Sandbox) -> None:
        self._sandbox = sandbox
        self._store = sandbox.store
        self._shown = Shown(sandbox.store, sandbox.runner)
        self.start = self._shown.watch

    # ------------------------------------------------------------------------------- music

    async def text_to_music(self, request: Request) -> Response:
        return await self._create(request, TEXT_TO_MUSIC)

    async def reference_to_music(self, request: Request) -> Response:
        return await self._create(request, REFERENCE_TO_MUSIC)

    async def unknown_capability(self, request: Request) -> Response:
        capability = request.path_params["capability"]
        raise Refusal("unsupported_capability", f"there is no /v1/music/{capability[:80]}")

    async def _create(self, request: Request, capability: Capability) -> Response:
        tenant = tenant_of(request)
        body = await read_body(request)
        ticket = _ticket(request, body)
        order, refusal = _read_order(request, capability, body)
        if order is None or order.url is not None:
            # What was answered before is answered again, before its faults are told and before
            # anything is fetched. All other orders ask in their own transaction only: one trip to
            # the store less for each.
            earlier = await self._store.run(functools.partial(ticket.recall, now=now_us()))
            if earlier is not None:
                return answered(earlier)
        if order is None:
            assert refusal is not None
            raise refusal
        artifact = await self._sandbox.rehoster.bring(tenant, order)
        if artifact is not None:
            order = dataclasses.replace(order, rehosted=artifact.artifact_id)
        now = now_us()

        def create(connection: sqlite3.Connection) -> tuple[Answer, Row | None, Marks]:
            # inside the transaction: a twin may have been created a moment ago
            earlier = ticket.recall(connection, now=now)
            if earlier is not None:
                return earlier, None, {}
            self._sandbox.runner.require_room()
            if artifact is not None:
                uploads.insert(connection, artifact, now=now)
            check_reference(connection, tenant, order)
            row = tasks.create(
                connection, tenant, order, folder_seed=self._sandbox.folder_seed, now=now
            )
            marks = mark_created(self._sandbox.faults, connection, row["task_id"])
            answer = Answer(202, to_json(self._envelope(request, connection, row)))
            ticket.remember(connection, answer, now=now)
            return answer, row, marks

        try:
            answer, row, marks = await self._store.run(create)
        except Refusal:  # otherwise the rows may be written all the same, as in `uploads.keep`
            self._sandbox.rehoster.drop(artifact)
            raise
        if row is None:
            self._sandbox.rehoster.drop(artifact)
        else:
            self._sandbox.runner.submit(row["task_id"], row["resolved_model"], marks)
        return answered(answer)

    # ------------------------------------------------------------------------------- tasks

    def _envelope(self, request: Request, connection: sqlite3.Connection, row: Row) -> Envelope:
        return self._shown.envelope(connection, row, self._signer(request))

    def _signer(self, request: Request) -> UrlSigner:
        return self._sandbox.signer.at(root_of(request))

    async def task(self, request: Request) -> Response:
        tenant, task_id = tenant_of(request), request.path_params["task_id"]
        read_query(request, ())
        return ok(await self._shown.body(tenant, task_id, self._signer(request)))

    async def list_tasks(self, request: Request) -> Response:
        tenant = tenant_of(request)
        listing = Listing.from_query(read_query(request, PARAMETERS))

        def read(connection: sqlite3.Connection) -> dict[str, Any]:
            return listing.page(
                connection, tenant, lambda row: self._envelope(request, connection, row)
            )

        return ok(canonical_bytes(await self._store.run(read)))

    async def cancel(self, request: Request) -> Response:
        tenant, task_id = tenant_of(request), request.path_params["task_id"]
        body = await read_body(request)
        ticket = _ticket(request, body)
        if body.strip():
            require_json(request)
            to_record(CancelRequest, parse_json(body))

        def cancel(connection: sqlite3.Connection) -> tuple[Answer, bool]:
            now = now_us()
            earlier = ticket.recall(connection, now=now)
            row = tasks.find(connection, tenant, task_id)
            if earlier is not None:
                return earlier, tasks.wanted(connection, row)
            faults = self._sandbox.faults
            late = not tasks.is_over(row) and mark_canceled(faults, connection, task_id)
            row = tasks.cancel(connection, tenant, task_id, now=now, late=late)
            answer = Answer(200, to_json(self._envelope(request, connection, row)))
            ticket.remember(connection, answer, now=now)
            return answer, late

        answer, late = await self._store.run(cancel)
        if not late:
            self._sandbox.runner.cancel(task_id)
        return answered(answer)

    # ------------------------------------------------------------------- uploads and files

    async def upload(self, request: Request) -> Response:
        parts = self._sandbox
        temporary = parts.folder.incoming / f"{new_artifact_id()}.upload"
        try:
            form = await receive(request, temporary)
            ticket = _ticket(request, uploads.fingerprint(form))
            answer = await self._store.run(functools.partial(ticket.recall, now=now_us()))
            if answer is None:
                answer = await uploads.keep(
                    form,
                    ticket,
                    store=self._store,
                    folder=parts.folder,
                    examiner=parts.examiner,
                    signer=self._signer(request),
                )
        finally:
            temporary.unlink(missing_ok=True)
        return answered(answer)

    async def file(self, request: Request) -> Response:
        artifact_id = request.path_params["artifact_id"]
        query = read_query(request, ("expires", "signature"))
        self._sandbox.signer.check(
            artifact_id,
            expires=query.get("expires", ""),
            signature=query.get("signature", ""),
        )
        row = await self._store.run(
            lambda connection: connection.execute(
                "SELECT * FROM artifacts WHERE artifact_id = ?", (artifact_id,)
            ).fetchone()
        )
        path = self._sandbox.folder.artifacts / row["file_name"] if row is not None else None
        if path is None or not path.is_file():
            raise Refusal("artifact_not_found", "this file is not here any more")
        headers = {
            "Cache-Control": "private, max-age=3600",
            "Content-Disposition": f'inline; filename="{row["file_name"]}"',
            "X-Content-Type-Options": "nosniff",
        }
        return FileResponse(path, media_type=row["media_type"], headers=headers)

    # --------------------------------------------------------------------- about the service

    async def models(self, request: Request) -> Response:
        read_query(request, ())
        entries = [
            ModelEntry(id=model.id, owned_by=model.owned_by) for model in catalogue.MODELS.values()
        ]
        return ok(json_of(ModelList(data=entries)))

    async def health(self, _: Request) -> Response:
        return ok(json_of(Health()))


def _read_order(
    request: Request, capability: Capability, body: bytes
) -> tuple[PlacedOrder | None, Refusal | None]:
    """Return what a request orders, or why it cannot."""
    try:
        require_json(request)
        read_query(request, ())
        return read_order(capability, body), None
    except Refusal as refusal:
        return None, refusal


def _ticket(request: Request, body: bytes) -> Ticket:
    keys = request.headers.getlist("idempotency-key")
    if len(keys) > 1:
        raise Refusal("invalid_request", "send one Idempotency-Key")
    return Ticket.of(
        tenant_of(request), keys[0] if keys else None, request.method, request.scope["path"], body
    )
