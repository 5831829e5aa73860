"""The endpoints the hosted service does not have: money, scores, faults, clock, documentation."""

from __future__ import annotations

import functools
import sqlite3
from collections.abc import Iterable
from decimal import Decimal
from typing import Any, Final

from starlette.requests import Request
from starlette.responses import FileResponse, Response

from musicnb.sandbox import _clock as clock
from musicnb.sandbox import tasks, wallet
from musicnb.sandbox._answers import json_of, ok
from musicnb.sandbox._clock import now_us, to_datetime
from musicnb.sandbox._docs import page
from musicnb.sandbox._folder import Folder, clip_names
from musicnb.sandbox._guard import tenant_of
from musicnb.sandbox._money import to_units
from musicnb.sandbox._reading import (
    fault_at,
    parse_json,
    read_body,
    read_query,
    require_json,
    to_record,
)
from musicnb.sandbox._records import About, Advance, Clock, TopUp
from musicnb.sandbox._refusals import Refusal
from musicnb.sandbox.faults import ArmedFault, Faults, FaultSpec, WrongFault
from musicnb.sandbox.openapi import document
from musicnb.sandbox.store import Store
from musicnb.wire import canonical_bytes

__all__ = ["OwnApi"]

_MAX_BALANCE: Final = Decimal(10) ** 12
# The page is ours alone: nothing runs in it and nothing is fetched for it.
_PAGE_POLICY: Final = "default-src 'none'; style-src 'unsafe-inline'; frame-ancestors 'none'"


class OwnApi:
    """The handlers of these endpoints.

    Parameters
    ----------
    store, folder
        Where money and clips are kept.
    base_url
        Scheme, host and port of this server.
    faults
        What goes wrong on command.
    """

    def __init__(self, store: Store, folder: Folder, base_url: str, faults: Faults) -> None:
        self._store = store
        self._folder = folder
        self._faults = faults
        self._base_url = base_url

    async def about(self, _: Request) -> Response:
        message = "this is a sandbox: its music, money and keys are its own"
        return ok(json_of(About(name=tasks.ENGINE, message=message)))

    async def wallet(self, request: Request) -> Response:
        tenant = tenant_of(request)
        read_query(request, ())
        account = await self._store.run(lambda connection: wallet.account(connection, tenant))
        return ok(canonical_bytes(account))

    async def top_up(self, request: Request) -> Response:
        tenant = tenant_of(request)
        body = await read_body(request)
        require_json(request)
        amount = to_units(to_record(TopUp, parse_json(body)).credits)

        def top_up(connection: sqlite3.Connection) -> dict[str, Any]:
            if wallet.balance(connection, tenant) + amount > to_units(_MAX_BALANCE):
                raise fault_at("/credits", f"a wallet holds at most {_MAX_BALANCE:,} credits")
            wallet.top_up(connection, tenant, amount, now=now_us(), note="top-up")
            return wallet.account(connection, tenant)

        return ok(canonical_bytes(await self._store.run(top_up)))

    async def ledger(self, request: Request) -> Response:
        tenant = tenant_of(request)
        read_query(request, ())
        rows = await self._store.run(lambda connection: wallet.ledger(connection, tenant))
        return ok(canonical_bytes(rows))

    async def score(self, request: Request) -> Response:
        tenant, artifact_id = tenant_of(request), request.path_params["artifact_id"]
        read_query(request, ())

        def find(connection: sqlite3.Connection) -> sqlite3.Row | None:
            query = "SELECT 1 FROM artifacts WHERE artifact_id = ? AND tenant = ? AND kind = 'clip'"
            row: sqlite3.Row | None = connection.execute(query, (artifact_id, tenant)).fetchone()
            return row

        if await self._store.run(find) is not None:
            _, name = clip_names(artifact_id)
            path = self._folder.artifacts / name
            if path.is_file():
                headers = {"Content-Disposition": f'attachment; filename="{name}"'}
                return FileResponse(path, media_type="audio/midi", headers=headers)
        # clips of earlier versions have no score
        raise Refusal("artifact_not_found", f"there is no score of a clip {artifact_id[:80]!r}")

    # ------------------------------------------------------------------- faults and the clock

    async def faults(self, request: Request) -> Response:
        read_query(request, ())
        return ok(_listed(self._faults.armed))

    async def arm(self, request: Request) -> Response:
        body = await read_body(request)
        require_json(request)
        value = parse_json(body)
        try:
            armed = self._faults.arm(FaultSpec.from_json(value))
        except WrongFault as error:
            problem = error
        else:
            return Response(canonical_bytes(armed.to_json()), 201, media_type="application/json")
        raise fault_at(f"/{problem.name}", problem.message)

    async def disarm_all(self, request: Request) -> Response:
        read_query(request, ())
        return ok(_listed(self._faults.disarm()))

    async def disarm(self, request: Request) -> Response:
        read_query(request, ())
        fault_id = request.path_params["fault_id"]
        gone = self._faults.disarm(fault_id)
        if not gone:
            raise Refusal("not_found", f"no fault {fault_id[:80]!r} is armed")
        return ok(canonical_bytes(gone[0].to_json()))

    async def clock(self, request: Request) -> Response:
        read_query(request, ())
        return ok(_time())

    async def advance(self, request: Request) -> Response:
        body = await read_body(request)
        require_json(request)
        seconds = to_record(Advance, parse_json(body)).advance_s

        def advance(connection: sqlite3.Connection) -> int:
            ahead_us = clock.write_advance(connection, seconds)
            if ahead_us is None:
                raise fault_at("/advance_s", "would put the clock over a hundred years ahead")
            tasks.pay_due(connection, now=clock.present_us(ahead_us))
            return ahead_us

        clock.put_forward(await self._store.run(advance))
        return ok(_time())

    # ------------------------------------------------------------------------- documentation

    @functools.cached_property
    def _document(self) -> dict[str, Any]:
        return document(self._base_url)

    async def openapi(self, _: Request) -> Response:
        return ok(canonical_bytes(self._document))

    async def docs(self, _: Request) -> Response:
        headers = {"Content-Security-Policy": _PAGE_POLICY, "X-Content-Type-Options": "nosniff"}
        return Response(page(self._document), media_type="text/html", headers=headers)


def _listed(faults: Iterable[ArmedFault]) -> bytes:
    return canonical_bytes({"object": "list", "data": [armed.to_json() for armed in faults]})


def _time() -> bytes:
    now = to_datetime(now_us())
    assert now is not None
    return json_of(Clock(now=now, ahead_s=clock.ahead_s()))
