"""The sandbox's HTTP face: routes, and what each endpoint does."""

from __future__ import annotations

import asyncio
import contextlib
import functools
import json
import re
import sqlite3
from collections.abc import AsyncIterator
from dataclasses import dataclass
from decimal import Decimal, InvalidOperation
from typing import Any, Final

from starlette.applications import Starlette
from starlette.requests import Request
from starlette.responses import FileResponse, Response
from starlette.routing import Route
from starlette.types import ASGIApp

from musicnb import catalogue
from musicnb.catalogue import REFERENCE_TO_MUSIC, TEXT_TO_MUSIC, Capability
from musicnb.sandbox import tasks, uploads, wallet
from musicnb.sandbox._clock import now_us
from musicnb.sandbox._folder import Folder
from musicnb.sandbox._guard import ERROR_HANDLERS, Guard, tenant_of
from musicnb.sandbox._idempotency import Answer, Ticket
from musicnb.sandbox._ids import new_artifact_id
from musicnb.sandbox._links import UrlSigner
from musicnb.sandbox._listing import PARAMETERS, Listing
from musicnb.sandbox._money import to_units
from musicnb.sandbox._multipart import receive
from musicnb.sandbox._orders import check_reference, read_order
from musicnb.sandbox._phases import STARTING
from musicnb.sandbox._reading import (
    fault_at,
    parse_json,
    read_body,
    read_query,
    require_json,
    to_record,
)
from musicnb.sandbox._refusals import Refusal
from musicnb.sandbox._runner import Runner
from musicnb.sandbox._workers import Workers
from musicnb.sandbox.store import Store
from musicnb.wire import CancelRequest, ModelEntry, ModelList, TaskEnvelope, canonical_bytes

__all__ = ["Sandbox", "build_app"]

_CREDITS: Final = re.compile(r"[0-9]{1,12}(\.[0-9]{1,4})?")
_MAX_BALANCE: Final = Decimal(10) ** 12


@dataclass(frozen=True, slots=True)
class Sandbox:
    """All parts of a running sandbox.

    Parameters
    ----------
    keys
        Hash of each API key, with its tenant.
    folder_seed
        What the seed of every task is derived from.
    """

    store: Store
    folder: Folder
    signer: UrlSigner
    renderers: Workers
    examiner: Workers
    runner: Runner
    keys: dict[bytes, str]
    folder_seed: int


def build_app(sandbox: Sandbox) -> ASGIApp:
    """Build the ASGI application; its lifespan starts and ends the workers."""

    @contextlib.asynccontextmanager
    async def lifespan(_: Starlette) -> AsyncIterator[None]:
        sandbox.renderers.warm_up()
        await sandbox.runner.resume()
        yield
        await sandbox.runner.close()
        sandbox.examiner.replace()
        await asyncio.to_thread(sandbox.store.close)

    api = _Api(sandbox)
    get, post = ["GET"], ["POST"]
    music = "/v1/music"
    routes = [
        Route(f"{music}/text-to-music", api.text_to_music, methods=post),
        Route(f"{music}/reference-audio-to-music", api.reference_to_music, methods=post),
        Route(f"{music}/{{capability}}", api.unknown_capability, methods=post),
        Route("/v1/tasks", api.list_tasks, methods=get),
        Route("/v1/tasks/{task_id}", api.task, methods=get),
        Route("/v1/tasks/{task_id}/cancel", api.cancel, methods=post),
        Route("/v1/uploads", api.upload, methods=post),
        Route("/v1/models", api.models, methods=get),
        Route("/v1/health", api.health, methods=get),
        Route("/files/{artifact_id}", api.file, methods=get),
        Route("/sandbox", api.about, methods=get),
        Route("/sandbox/wallet", api.wallet, methods=get),
        Route("/sandbox/wallet", api.top_up, methods=post),
        Route("/sandbox/ledger", api.ledger, methods=get),
    ]
    app = Starlette(routes=routes, lifespan=lifespan, exception_handlers=dict(ERROR_HANDLERS))
    app.router.redirect_slashes = False  # a redirect would carry the key elsewhere
    return Guard(app, sandbox.keys)


class _Api:
    """The endpoints."""

    def __init__(self, sandbox: Sandbox) -> None:
        self._sandbox = sandbox
        self._store = sandbox.store

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
        earlier = await self._store.run(functools.partial(ticket.recall, now=now_us()))
        if earlier is not None:
            return _answered(earlier)
        require_json(request)
        read_query(request, ())
        order = read_order(capability, body)
        now = now_us()

        def create(connection: sqlite3.Connection) -> tuple[Answer, sqlite3.Row | None]:
            # asked again inside the transaction: a twin may have been created since
            earlier = ticket.recall(connection, now=now)
            if earlier is not None:
                return earlier, None
            check_reference(connection, tenant, order)
            row = tasks.create(
                connection, tenant, order, folder_seed=self._sandbox.folder_seed, now=now
            )
            answer = Answer(202, _json(self._envelope(connection, row)))
            ticket.remember(connection, answer, now=now)
            return answer, row

        answer, row = await self._store.run(create)
        if row is not None:
            self._sandbox.runner.submit(row)
        return _answered(answer)

    # ------------------------------------------------------------------------------- tasks

    def _envelope(self, connection: sqlite3.Connection, row: sqlite3.Row) -> TaskEnvelope:
        running = row["status"] == "running"
        phase = self._sandbox.runner.phase_of(row["task_id"]) if running else STARTING
        return tasks.envelope(connection, row, self._sandbox.signer, phase)

    async def task(self, request: Request) -> Response:
        tenant, task_id = tenant_of(request), request.path_params["task_id"]
        read_query(request, ())

        def read(connection: sqlite3.Connection) -> TaskEnvelope:
            return self._envelope(connection, tasks.find(connection, tenant, task_id))

        return _ok(_json(await self._store.run(read)))

    async def list_tasks(self, request: Request) -> Response:
        tenant = tenant_of(request)
        listing = Listing.from_query(read_query(request, PARAMETERS))

        def read(connection: sqlite3.Connection) -> dict[str, Any]:
            return listing.page(connection, tenant, lambda row: self._envelope(connection, row))

        return _ok(canonical_bytes(await self._store.run(read)))

    async def cancel(self, request: Request) -> Response:
        tenant, task_id = tenant_of(request), request.path_params["task_id"]
        body = await read_body(request)
        ticket = _ticket(request, body)
        if body.strip():
            require_json(request)
            to_record(CancelRequest, parse_json(body))

        def cancel(connection: sqlite3.Connection) -> Answer:
            now = now_us()
            earlier = ticket.recall(connection, now=now)
            if earlier is not None:
                return earlier
            row = tasks.cancel(connection, tenant, task_id, now=now)
            answer = Answer(200, _json(self._envelope(connection, row)))
            ticket.remember(connection, answer, now=now)
            return answer

        answer = await self._store.run(cancel)
        self._sandbox.runner.cancel(task_id)
        return _answered(answer)

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
                    signer=parts.signer,
                )
        finally:
            temporary.unlink(missing_ok=True)
        return _answered(answer)

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
        return _ok(_json(ModelList(data=entries)))

    async def health(self, _: Request) -> Response:
        return _ok(b'{"status":"ok"}')

    async def about(self, _: Request) -> Response:
        return _ok(
            canonical_bytes(
                {
                    "object": "sandbox",
                    "name": tasks.ENGINE,
                    "message": "this is a sandbox: its music, money and keys are its own",
                }
            )
        )

    async def wallet(self, request: Request) -> Response:
        tenant = tenant_of(request)
        read_query(request, ())
        account = await self._store.run(lambda connection: wallet.account(connection, tenant))
        return _ok(canonical_bytes(account))

    async def top_up(self, request: Request) -> Response:
        tenant = tenant_of(request)
        body = await read_body(request)
        require_json(request)
        value = parse_json(body)
        amount = _amount(value.pop("credits", None))
        if value:
            raise fault_at(f"/{next(iter(value))}", "is not known here; only credits is")

        def top_up(connection: sqlite3.Connection) -> dict[str, Any]:
            if wallet.balance(connection, tenant) + to_units(amount) > to_units(_MAX_BALANCE):
                raise fault_at("/credits", f"a wallet holds at most {_MAX_BALANCE:,} credits")
            wallet.top_up(connection, tenant, to_units(amount), now=now_us(), note="top-up")
            return wallet.account(connection, tenant)

        return _ok(canonical_bytes(await self._store.run(top_up)))

    async def ledger(self, request: Request) -> Response:
        tenant = tenant_of(request)
        read_query(request, ())
        rows = await self._store.run(lambda connection: wallet.ledger(connection, tenant))
        return _ok(canonical_bytes(rows))


def _ticket(request: Request, body: bytes) -> Ticket:
    keys = request.headers.getlist("idempotency-key")
    if len(keys) > 1:
        raise Refusal("invalid_request", "send one Idempotency-Key")
    return Ticket.of(
        tenant_of(request), keys[0] if keys else None, request.method, request.scope["path"], body
    )


def _amount(value: object) -> Decimal:
    text = str(value) if isinstance(value, (str, int)) and not isinstance(value, bool) else ""
    try:
        amount = Decimal(text) if _CREDITS.fullmatch(text) else Decimal(0)
    except InvalidOperation:
        amount = Decimal(0)
    if not 0 < amount <= wallet.MAX_TOP_UP:
        raise fault_at(
            "/credits",
            f'must be an amount above 0 and up to {wallet.MAX_TOP_UP:,}, such as "1000.0000"',
        )
    return amount


def _json(record: TaskEnvelope | ModelList) -> bytes:
    return canonical_bytes(json.loads(record.model_dump_json()))


def _ok(body: bytes) -> Response:
    return Response(body, media_type="application/json")


def _answered(answer: Answer) -> Response:
    headers = {"Idempotency-Replayed": "true"} if answer.replayed else None
    return Response(answer.body, answer.status, headers=headers, media_type="application/json")
