"""Connections that hold nothing for long: a deadline for heads, a cap, and errors as everywhere.

uvicorn waits for ever for the rest of a half-sent head, so a thousand clients that send a byte a
minute would be a thousand connections for good.
"""

from __future__ import annotations

import asyncio
from typing import Any, ClassVar

import h11
from uvicorn.protocols.http.h11_impl import H11Protocol

from musicnb.sandbox._ids import new_request_id
from musicnb.sandbox._refusals import Refusal

__all__ = ["PatientProtocol"]


class PatientProtocol(H11Protocol):
    """HTTP/1.1 by uvicorn, with limits: seconds for a request's head, and connections at a time."""

    head_s: ClassVar[float] = 10.0
    max_connections: ClassVar[int] = 512

    _deadline: asyncio.TimerHandle | None = None

    def connection_made(self, transport: asyncio.Transport) -> None:  # type: ignore[override]
        """Begin; one connection too many is told so and closed."""
        super().connection_made(transport)
        answer = self.app

        async def answer_on_line(scope: Any, receive: Any, send: Any) -> None:
            scope["hang_up"] = transport.close  # ASGI has no word for it, and faults need one
            await answer(scope, receive, send)

        self.app = answer_on_line
        if len(self.connections) > self.max_connections:
            self._close_with(
                Refusal("upstream_unavailable", "too many connections; try again in a moment")
            )
            return
        self._watch()

    def data_received(self, data: bytes) -> None:
        """Take bytes; the deadline runs from the first of a head and is not moved by more.

        Between two requests uvicorn's own keep-alive timer runs, until something comes.
        """
        if self.transport.is_closing():
            return
        super().data_received(data)
        self._watch()

    def connection_lost(self, exc: Exception | None) -> None:
        """End."""
        self._unwatch()
        super().connection_lost(exc)

    def send_400_response(self, msg: str) -> None:
        """Answer what is no HTTP in the envelope that every error has."""
        self._close_with(Refusal("invalid_request", msg, status=400))

    def _watch(self) -> None:
        if self.conn.their_state is not h11.IDLE or self.transport.is_closing():
            self._unwatch()
        elif self._deadline is None:
            self._deadline = self.loop.call_later(self.head_s, self._too_slow)

    def _unwatch(self) -> None:
        if self._deadline is not None:
            self._deadline.cancel()
            self._deadline = None

    def _too_slow(self) -> None:
        self._deadline = None
        message = f"the head took over {self.head_s:g} s to arrive"
        self._close_with(Refusal("request_timeout", message))

    def _close_with(self, refusal: Refusal) -> None:
        """Say why, if the connection is in a state to hear it, and close it."""
        self._unwatch()
        request_id = new_request_id()
        body = refusal.body(request_id)
        headers: list[tuple[str, str]] = [
            ("content-type", "application/json"),
            ("content-length", str(len(body))),
            ("x-request-id", request_id),
            ("connection", "close"),
        ]
        events: list[Any] = [
            h11.Response(status_code=refusal.status, headers=headers),
            h11.Data(data=body),
            h11.EndOfMessage(),
        ]
        try:
            for event in events:
                self.transport.write(self.conn.send(event) or b"")
        except h11.LocalProtocolError:  # an answer is under way already
            pass
        self.transport.close()
