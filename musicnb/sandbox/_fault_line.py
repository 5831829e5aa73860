"""The layer in which armed faults strike requests and their answers."""

from __future__ import annotations

import asyncio
import email.utils
import math
import re
import time
from dataclasses import dataclass, replace
from typing import Any, Final

from starlette.types import ASGIApp, Message, Receive, Scope, Send

from musicnb.sandbox._fault_edits import EDITS, Reply, html_page
from musicnb.sandbox._fault_spec import FaultSpec
from musicnb.sandbox._fault_table import Stage
from musicnb.sandbox._refusals import Refusal
from musicnb.sandbox.faults import Faults

__all__ = ["FaultLine"]

_DRIPS: Final = 20
_OPERATIONS: Final = (
    ("create", ("POST",), re.compile(r"/v1/music/[^/]+")),
    ("cancel", ("POST",), re.compile(r"/v1/tasks/[^/]+/cancel")),
    ("poll", ("GET",), re.compile(r"/v1/tasks/[^/]+")),
    ("list", ("GET",), re.compile(r"/v1/tasks")),
    ("upload", ("POST",), re.compile(r"/v1/uploads")),
    ("download", ("GET", "HEAD"), re.compile(r"/files/[^/]+")),
    ("models", ("GET",), re.compile(r"/v1/models")),
)
_ERROR_CODES: Final = {
    500: "internal_error",
    502: "upstream_unavailable",
    503: "upstream_unavailable",
    504: "upstream_timeout",
}


class FaultLine:
    """Everything that can go wrong between the guard and the endpoints, on command.

    It stands behind the guard: what has no key, or comes from elsewhere, meets no fault.

    Parameters
    ----------
    app
        What answers.
    faults
        What is armed.
    """

    def __init__(self, app: ASGIApp, faults: Faults) -> None:
        self._app = app
        self._faults = faults

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        if not self._faults.armed or scope["type"] != "http":
            await self._app(scope, receive, send)
            return
        operation = _operation(scope)
        if operation is None:
            await self._app(scope, receive, send)
            return
        line = _Line(scope, receive, send)
        struck = self._faults.first(operation, Stage.BEFORE)
        if struck is not None:
            await line.fail(struck, Reply(200, [], b""))
        elif self._faults.waiting(operation, Stage.EDIT, Stage.AFTER):
            await self._answer(operation, line)
        else:
            await self._app(scope, receive, send)

    async def _answer(self, operation: str, line: _Line) -> None:
        """Do what is asked, hold the answer back, and let it go wrong."""
        held = _Held()
        await self._app(line.scope, line.receive, held)
        reply = held.reply()
        for spec in self._faults.all(operation, Stage.EDIT):
            if spec.kind.name == "request_id_missing":
                line.scope["request_id_hidden"] = True
            reply = EDITS[spec.kind.name](reply, spec.parameters)
        struck = self._faults.first(operation, Stage.AFTER)
        if struck is None:
            await line.send_whole(reply)
        else:
            await line.fail(struck, reply)


class _Held:
    """Keeps an answer instead of sending it."""

    def __init__(self) -> None:
        self._messages: list[Message] = []

    async def __call__(self, message: Message) -> None:
        self._messages.append(message)

    def reply(self) -> Reply:
        start = next(item for item in self._messages if item["type"] == "http.response.start")
        body = b"".join(
            item.get("body", b"") for item in self._messages if item["type"] == "http.response.body"
        )
        headers = [(bytes(name).lower(), bytes(value)) for name, value in start["headers"]]
        return Reply(start["status"], headers, body)


@dataclass(frozen=True, slots=True)
class _Line:
    """One request's connection, and the ways in which an answer can fail on it."""

    scope: Scope
    receive: Receive
    send: Send

    async def fail(self, spec: FaultSpec, reply: Reply) -> None:
        """Let a fault strike in place of, or on, an answer.

        Raises
        ------
        Refusal
            The fault is an error answer; the guard sends it.
        """
        name, given = spec.kind.name, spec.parameters
        if name == "answer_lost":
            await self._hang_up()
        elif name == "slow_body":
            await self._drip(reply, _number(given["seconds"]))
        elif name == "cut_body":
            length = math.floor(len(reply.body) * _number(given["share"]))
            await self._cut(reply, length, announced=bool(given["length"]))
        elif name == "html_page":
            await self.send_whole(html_page(int(_number(given["status"]))))
        else:
            raise _refusal(name, given)

    async def send_whole(self, reply: Reply) -> None:
        await self._begin(reply)
        await self._part(reply.body, more=False)

    async def _drip(self, reply: Reply, seconds: float) -> None:
        await self._begin(reply)
        step = max(1, math.ceil(len(reply.body) / _DRIPS))
        for first in range(0, len(reply.body), step):
            await asyncio.sleep(seconds / _DRIPS)
            await self._part(reply.body[first : first + step], more=True)
        await self._part(b"", more=False)

    async def _cut(self, reply: Reply, length: int, *, announced: bool) -> None:
        if announced:
            await self._begin(reply)
            await self._part(reply.body[:length], more=True)
            await self._hang_up()
        else:
            headers = [item for item in reply.headers if item[0] != b"content-length"]
            await self.send_whole(replace(reply, headers=headers, body=reply.body[:length]))

    async def _begin(self, reply: Reply) -> None:
        start = {"type": "http.response.start", "status": reply.status, "headers": reply.headers}
        await self.send(start)

    async def _part(self, body: bytes, *, more: bool) -> None:
        await self.send({"type": "http.response.body", "body": body, "more_body": more})

    async def _hang_up(self) -> None:
        self.scope["hang_up"]()  # what was written before still goes out
        # until the server has noticed; else it would answer 500 for us
        while (await self.receive())["type"] != "http.disconnect":
            pass


def _operation(scope: Scope) -> str | None:
    for name, methods, path in _OPERATIONS:
        if scope["method"] in methods and path.fullmatch(scope["path"]):
            return name
    return None


def _number(value: Any) -> float:
    assert isinstance(value, (int, float))
    return value


def _refusal(name: str, given: Any) -> Refusal:
    """Build the error answer that a fault is."""
    if name == "rate_limited":
        return Refusal("rate_limited", "slow down", headers=_retry_after(given))
    if name == "in_progress":
        message = "a request with this Idempotency-Key is under way; send it again"
        return Refusal("idempotency_in_progress", message, headers=_retry_after(given))
    if name == "key_revoked":
        challenge = {"WWW-Authenticate": "Bearer"}
        return Refusal("invalid_api_key", "this key has been revoked", headers=challenge)
    if name == "cancel_refused":
        return Refusal("invalid_request", "this task cannot be canceled any more", status=409)
    if name == "url_expired":
        return Refusal("forbidden", "this URL has expired; read the task again for a new one")
    status = int(given["status"])
    message = f"a fault on command: {status}"
    return Refusal(_ERROR_CODES[status], message, status=status, headers=_retry_after(given))


def _retry_after(given: Any) -> dict[str, str]:
    seconds = given["retry_after"]
    if seconds is None:
        return {}
    if given["form"] == "date":
        # the client reads a date by its own clock, which ours may be hours ahead of
        moment = math.ceil(time.time() + seconds)
        return {"Retry-After": email.utils.formatdate(moment, usegmt=True)}
    return {"Retry-After": str(math.ceil(seconds))}
