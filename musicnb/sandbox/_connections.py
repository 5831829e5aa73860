"""Connections that hold nothing for long: deadlines, caps, and errors as everywhere.

uvicorn waits for ever for the rest of a half-sent head, so a thousand clients that send a byte a
minute would be a thousand connections for good.
"""

from __future__ import annotations

import asyncio
from typing import Any, ClassVar, Final
from urllib.parse import unquote

from uvicorn.protocols.http.flow_control import HIGH_WATER_LIMIT
from uvicorn.protocols.http.httptools_impl import STATUS_LINE, HttpToolsProtocol

from musicnb.sandbox._guard import MAX_HEAD_BYTES
from musicnb.sandbox._ids import new_request_id
from musicnb.sandbox._refusals import Refusal

__all__ = ["PatientProtocol"]

_HEAD_END: Final = b"\r\n\r\n"
_BODIES: Final = (b"content-length", b"transfer-encoding")


class PatientProtocol(HttpToolsProtocol):
    """HTTP/1.1 by uvicorn, with limits: seconds for a request's head, and connections at a time.

    Its parser is given one request at a time. Left to itself it makes a task of every request that
    lies in what has arrived, be it thousands, and takes the trailers of a body for headers.
    """

    head_s: ClassVar[float] = 10.0
    max_connections: ClassVar[int] = 512

    def __init__(self, *args: Any, **more: Any) -> None:
        super().__init__(*args, **more)
        self._deadline: asyncio.TimerHandle | None = None
        self._ahead = bytearray()  # what has arrived and is not the parser's turn yet
        self._last = b""  # the last bytes of a head whose end has not come
        self._unframed_bytes = 0  # of a head, or between the parts of a body
        self._body_left: int | None = None  # None: as its chunks say
        self._in_head = True
        self._incomplete = True  # a request has begun, or is due, and has not arrived whole
        self._deaf = False

    def connection_made(self, transport: asyncio.Transport) -> None:  # type: ignore[override]
        """Begin; one connection too many is told so and closed."""
        super().connection_made(transport)
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
        if self._deaf:
            return
        self._ahead += data
        self._go_on()
        if len(self._ahead) > HIGH_WATER_LIMIT:
            self.flow.pause_reading()

    def connection_lost(self, exc: Exception | None) -> None:
        """End."""
        self._unwatch()
        super().connection_lost(exc)

    def send_400_response(self, msg: str) -> None:
        """Answer what is no HTTP in the envelope that every error has."""
        if self._is_answering and not self._incomplete:
            # the request before was whole: it gets its answer, and then the door is closed
            self.cycle.keep_alive = False
            self._deaf = True
        else:
            self._close_with(Refusal("invalid_request", msg, status=400))

    # ------------------------------------------------------------- what the parser has found

    def on_message_begin(self) -> None:
        """Begin a request."""
        if self._is_answering:  # it came in one piece with the last chunk of the one before
            raise ValueError("one request at a time")
        super().on_message_begin()

    def on_header(self, name: bytes, value: bytes) -> None:
        """Take a header; what follows a body is none."""
        if self._in_head:
            super().on_header(name, value.strip(b" \t"))

    def on_headers_complete(self) -> None:
        """Let a request be answered."""
        if self.parser.should_upgrade() and any(name in _BODIES for name, _ in self.headers):
            # the parser would take its body for the next request
            message = "send a body without the header Upgrade; this is HTTP/1.1"
            self._close_with(Refusal("invalid_request", message, status=400))
            raise ValueError(message)
        super().on_headers_complete()
        # an absolute URL stays whole, and so is a path that does not exist
        raw_path = self.url.partition(b"?")[0]
        self.scope["path"], self.scope["raw_path"] = unquote(raw_path.decode("ascii")), raw_path
        self.scope["hang_up"] = self.transport.close  # type: ignore[typeddict-unknown-key]
        lengths = [value for name, value in self.headers if name == b"content-length"]
        self._body_left = int(lengths[0]) if lengths else None
        self._in_head = False
        self._unframed_bytes = 0

    def on_body(self, body: bytes) -> None:
        """Take a part of a body."""
        self._unframed_bytes = 0
        super().on_body(body)

    def on_message_complete(self) -> None:
        """End a request."""
        self._in_head, self._incomplete = True, False
        self._unframed_bytes = 0
        super().on_message_complete()

    def on_response_complete(self) -> None:
        """End an answer, and go on with what was sent ahead."""
        super().on_response_complete()
        self._go_on()

    # -------------------------------------------------------------------- one after another

    @property
    def _is_answering(self) -> bool:
        return self.cycle is not None and not self.cycle.response_complete

    def _go_on(self) -> None:
        """Feed the parser to the end of the present request, and on if that has its answer."""
        while self._ahead and not self.transport.is_closing() and not self._deaf:
            if self._is_answering and not self._incomplete:
                break
            self._incomplete = True
            piece = self._next_piece()
            self._unframed_bytes += len(piece)
            super().data_received(piece)
            if self._unframed_bytes > MAX_HEAD_BYTES and not self.transport.is_closing():
                self.send_400_response(f"the head is over {MAX_HEAD_BYTES:,} bytes")
        self._watch()

    def _next_piece(self) -> bytes:
        """Take what may be fed at once: nothing behind the end of a head or a body."""
        size = len(self._ahead)
        if self._in_head:
            end = (self._last + self._ahead).find(_HEAD_END)
            if end >= 0:
                size = end + len(_HEAD_END) - len(self._last)
        elif self._body_left is not None:
            size = min(size, self._body_left)
            self._body_left -= size
        piece = bytes(self._ahead[:size])
        del self._ahead[:size]
        self._last = (self._last + piece)[1 - len(_HEAD_END) :] if self._in_head else b""
        return piece

    # ------------------------------------------------------------------------ running late

    def _watch(self) -> None:
        if self._is_answering or not self._incomplete or self.transport.is_closing():
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
        """Say why, unless an answer has begun or was given, and close the connection."""
        self._unwatch()
        if self.transport.is_closing():
            return
        if self.cycle is None or self._in_head or not self.cycle.response_started:
            request_id = new_request_id()
            body = refusal.body(request_id)
            head = (
                f"content-type: application/json\r\ncontent-length: {len(body)}\r\n"
                f"x-request-id: {request_id}\r\nconnection: close\r\n\r\n"
            )
            self.transport.write(STATUS_LINE[refusal.status] + head.encode() + body)
        self.transport.close()
