"""What every request passes first: host, origin, key, and the id it is spoken of by."""

from __future__ import annotations

import hmac
import logging
import re
from typing import Final

from starlette.exceptions import HTTPException
from starlette.requests import Request
from starlette.responses import Response
from starlette.types import ASGIApp, Message, Receive, Scope, Send

from musicnb.sandbox._ids import new_request_id
from musicnb.sandbox._keys import hash_key
from musicnb.sandbox._reach import Reach
from musicnb.sandbox._refusals import Refusal

__all__ = ["MAX_HEAD_BYTES", "Answering", "Guard", "root_of", "tenant_of"]

_log = logging.getLogger("musicnb.sandbox")
_OPEN_PATHS: Final = frozenset({"/v1/health", "/sandbox", "/sandbox/", "/openapi.json", "/docs"})
_REQUEST_ID: Final = re.compile(rb"[A-Za-z0-9._:-]{1,128}")
MAX_HEAD_BYTES: Final = 32 * 1024
_HTTP_CODES: Final = {404: "not_found"}


def refused(refusal: Refusal, request_id: str) -> Response:
    """Build the response of a refusal."""
    return Response(
        refusal.body(request_id),
        refusal.status,
        headers=refusal.headers,
        media_type="application/json",
    )


class Answering:
    """Answers the refusals of endpoints, and what no endpoint takes.

    Parameters
    ----------
    app
        Routes requests; it refuses before it begins to answer.
    """

    def __init__(self, app: ASGIApp) -> None:
        self._app = app

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        scope["app"] = self  # without it Starlette's router answers by itself, in plain text
        try:
            await self._app(scope, receive, send)
        except Refusal as refusal:
            answer = refused(refusal, scope["request_id"])
        except HTTPException as error:
            answer = refused(_not_offered(scope, error), scope["request_id"])
        else:
            return
        await answer(scope, receive, send)


def _not_offered(scope: Scope, error: HTTPException) -> Refusal:
    code = _HTTP_CODES.get(error.status_code, "invalid_request")
    message = f"{scope['method']} {scope['path'][:80]} is not offered here ({error.detail})"
    return Refusal(code, message, status=error.status_code, headers=error.headers)


class Guard:
    """The outermost layer of the server.

    It refuses foreign hosts and origins (a web page in the user's browser must not reach the
    sandbox by a name that resolves to loopback), checks the key, gives every answer its
    ``X-Request-Id``, and keeps what went wrong inside to the log.

    Parameters
    ----------
    app
        What answers.
    keys
        Hash of each valid key, with its tenant.
    reach
        The hosts that requests may be addressed to.
    """

    def __init__(self, app: ASGIApp, keys: dict[bytes, str], reach: Reach) -> None:
        self._app = app
        self._keys = keys
        self._reach = reach

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        if scope["type"] != "http":
            await self._app(scope, receive, send)
            return
        headers: dict[bytes, list[bytes]] = {}
        for name, value in scope["headers"]:
            headers.setdefault(name.lower(), []).append(value)
        request_id = _inbound_id(headers) or new_request_id()
        id_header = (b"x-request-id", request_id.encode())
        begun = False

        async def send_with_id(message: Message) -> None:
            nonlocal begun
            if not begun:
                begun = True
                if "request_id_hidden" not in scope:
                    message = {**message, "headers": [*message["headers"], id_header]}
            await send(message)

        scope["request_id"] = request_id
        try:
            _check_size(scope)
            scope["root_url"] = self._root(headers)
            scope["tenant"] = self._tenant(scope, headers)
            await self._app(scope, receive, send_with_id)
        except Refusal as refusal:
            await refused(refusal, request_id)(scope, receive, send_with_id)
        except Exception:  # noqa: BLE001 - whatever it is, the server goes on
            _log.exception("%s failed", request_id)
            if not begun:
                mistake = Refusal("internal_error", "the sandbox made a mistake; see its log")
                await refused(mistake, request_id)(scope, receive, send_with_id)

    def _root(self, headers: dict[bytes, list[bytes]]) -> str:
        """Check where a request was meant to go and where it comes from."""
        hosts = [value.decode("latin-1") for value in headers.get(b"host", [])]
        root = self._reach.root_for(hosts[0]) if len(hosts) == 1 else None
        if root is None:
            raise Refusal("forbidden", "the sandbox does not answer to this host name")
        for origin in headers.get(b"origin", []):
            if not self._reach.knows_origin(origin.decode("latin-1"), hosts[0]):
                raise Refusal("forbidden", "the sandbox answers no pages from elsewhere")
        return root

    def _tenant(self, scope: Scope, headers: dict[bytes, list[bytes]]) -> str:
        path = scope["path"]
        if path in _OPEN_PATHS or path.startswith("/files/"):
            return ""
        values = headers.get(b"authorization", [])
        challenge = {"WWW-Authenticate": "Bearer"}
        if len(values) != 1:
            raise Refusal(
                "unauthorized", "send the header Authorization: Bearer sk-…", headers=challenge
            )
        scheme, _, key = values[0].partition(b" ")
        given = hash_key(key.strip())
        tenants = [
            # all are compared, each in constant time: the time tells nothing about any key
            tenant
            for known, tenant in list(self._keys.items())
            if hmac.compare_digest(known, given)
        ]
        if scheme.lower() != b"bearer" or not tenants:
            raise Refusal(
                "invalid_api_key", "this sandbox does not know this key", headers=challenge
            )
        return tenants[0]


def _inbound_id(headers: dict[bytes, list[bytes]]) -> str | None:
    values = headers.get(b"x-request-id", [])
    if len(values) == 1 and _REQUEST_ID.fullmatch(values[0]):
        return values[0].decode("ascii")
    return None


def _check_size(scope: Scope) -> None:
    # the connection's own limit is for heads that come in pieces; one that comes at once passes it
    size = len(scope.get("raw_path") or b"") + len(scope.get("query_string") or b"")
    size += sum(len(name) + len(value) for name, value in scope["headers"])
    if size > MAX_HEAD_BYTES:
        raise Refusal(
            "payload_too_large", f"URL and headers are over {MAX_HEAD_BYTES:,} bytes", status=431
        )


def root_of(request: Request) -> str:
    """Return what absolute URLs in the answer to a request begin with."""
    return str(request.scope["root_url"])


def tenant_of(request: Request) -> str:
    """Return whose key a request came with."""
    return str(request.scope["tenant"])
