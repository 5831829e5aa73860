"""What comes over the wire, read with limits: bodies, JSON, query parameters.

Everything here answers a hostile request with a `Refusal` and never with a crash.
"""

from __future__ import annotations

import asyncio
import contextlib
import json
import math
import re
from collections.abc import AsyncIterator, Iterable
from typing import Any, Final, NoReturn, TypeVar

from pydantic import BaseModel, ValidationError
from starlette.requests import Request
from starlette.types import Message

from musicnb.errors import Fault
from musicnb.sandbox._refusals import Refusal

MAX_JSON_BYTES: Final = 256 * 1024
_MAX_DEPTH: Final = 32
_RECEIPT_S: Final = 30.0
# A client that is still sending would not read our answer, so a little too much is swallowed.
_DRAIN_BYTES: Final = 16 * 1024 * 1024
_DRAIN_S: Final = 2.0
# Strings are skipped whole, also one that never ends: this stays linear on any input.
_BRACKETS: Final = re.compile(rb'"(?:[^"\\]|\\.)*(?:"|\Z|\\\Z)|[\[\]{}]', re.DOTALL)

Record = TypeVar("Record", bound=BaseModel)


class Incoming:
    """A request's body as it arrives.

    Parameters
    ----------
    request
        Whose body; nothing else may read it.
    limit
        Bytes it may have.

    Raises
    ------
    Refusal
        415 when it is compressed: 200 KB of that can become 200 MB.
    """

    def __init__(self, request: Request, limit: int) -> None:
        if request.headers.get("content-encoding", "identity").strip().lower() != "identity":
            raise Refusal("unsupported_media_type", "send the body without Content-Encoding")
        self._receive = request.receive
        self._announced = request.headers.get("content-length", "")
        self._limit = limit
        self._finished = False

    async def parts(self, *, limit_s: float) -> AsyncIterator[bytes]:
        """Yield the body's bytes.

        Parameters
        ----------
        limit_s
            Seconds to wait for each part.

        Raises
        ------
        Refusal
            413 over the limit, announced or real; 408 when nothing comes.
        """
        self._check_announced()
        size = 0
        while not self._finished:
            part = await self._next(limit_s)
            size += len(part)
            if size > self._limit:
                raise too_large(self._limit)
            if part:
                yield part

    async def whole(self, *, limit_s: float) -> bytes:
        """Return all of the body's bytes.

        Parameters
        ----------
        limit_s
            Seconds to wait for all of them.

        Raises
        ------
        Refusal
            413 over the limit, announced or real; 408 when it does not arrive in time.
        """
        self._check_announced()
        body = bytearray()
        try:
            async with asyncio.timeout(limit_s):
                while not self._finished:
                    body += self._part(await self._receive())
                    if len(body) > self._limit:
                        raise too_large(self._limit)
        except TimeoutError:
            raise Refusal("request_timeout", "the body took too long to arrive") from None
        return bytes(body)

    async def drain(self) -> None:
        """Swallow some of what a client goes on sending, so that it comes to read the answer."""
        size = 0
        with contextlib.suppress(Refusal, TimeoutError):
            async with asyncio.timeout(_DRAIN_S):
                while not self._finished and size < _DRAIN_BYTES:
                    size += len(await self._next(_DRAIN_S))

    def _check_announced(self) -> None:
        announced = self._announced
        if announced.isascii() and announced.isdigit() and int(announced[:20]) > self._limit:
            raise too_large(self._limit)

    async def _next(self, limit_s: float) -> bytes:
        try:
            async with asyncio.timeout(limit_s):
                message = await self._receive()
        except TimeoutError:
            raise Refusal("request_timeout", f"nothing came for {limit_s:g} s") from None
        return self._part(message)

    def _part(self, message: Message) -> bytes:
        if message["type"] != "http.request":
            self._finished = True
            raise Refusal("invalid_request", "the client went away")
        self._finished = not message.get("more_body", False)
        part: bytes = message.get("body", b"")
        return part


async def read_body(request: Request, limit: int = MAX_JSON_BYTES) -> bytes:
    """Receive a whole body of at most `limit` bytes.

    Raises
    ------
    Refusal
        413 beyond the limit, 415 when it is compressed, 408 when it does not arrive in time.
    """
    incoming = Incoming(request, limit)
    try:
        return await incoming.whole(limit_s=_RECEIPT_S)
    except Refusal:
        await incoming.drain()
        raise


def too_large(limit: int) -> Refusal:
    """Build the refusal of a body over a limit in bytes."""
    return Refusal("payload_too_large", f"the body is larger than {limit:,} bytes")


def require_json(request: Request) -> None:
    """Refuse a body that is not declared as JSON in UTF-8.

    Raises
    ------
    Refusal
        415.
    """
    media_type, _, parameters = request.headers.get("content-type", "").partition(";")
    charset = parameters.lower().replace(" ", "").replace('"', "")
    if media_type.strip().lower() != "application/json" or charset not in ("", "charset=utf-8"):
        raise Refusal("unsupported_media_type", "send JSON with Content-Type: application/json")


def parse_json(body: bytes) -> dict[str, Any]:
    """Parse a JSON object from untrusted bytes.

    Raises
    ------
    Refusal
        422: bad UTF-8, bad syntax, nesting over 32 levels, NaN, Infinity, numbers beyond float64
        or with thousands of digits, the same key twice, lone surrogates, or not an object.
    """
    problem = ""
    value: Any = None
    try:
        _check_depth(body)
        value = _DECODER.decode(body.decode())
        if b"\\u" in body:  # only an escape can be half of a pair
            json.dumps(value, ensure_ascii=False).encode()
    except UnicodeDecodeError as error:
        problem = f"it is not UTF-8 (byte {error.start})"
    except UnicodeEncodeError:
        problem = "it holds half of a surrogate pair, which is no character"
    except json.JSONDecodeError as error:
        problem = f"{error.msg} (line {error.lineno}, column {error.colno})"
    except RecursionError:
        problem = "it is nested too deeply"
    except ValueError as error:
        problem = str(error)
    if not problem and not isinstance(value, dict):
        problem = "it must be an object, in braces"
    if problem:
        raise Refusal("invalid_request", f"the body cannot be read as JSON: {problem}", param="")
    assert isinstance(value, dict)
    return value


def to_record(kind: type[Record], value: dict[str, Any]) -> Record:
    """Turn parsed JSON into a strict record.

    Raises
    ------
    Refusal
        422 with every fault of structure.
    """
    try:
        return kind.model_validate(value)
    except ValidationError as error:
        faults = [_fault(item["loc"], item["msg"]) for item in error.errors(include_url=False)]
    raise Refusal.from_faults(faults)


def read_query(request: Request, allowed: Iterable[str]) -> dict[str, str]:
    """Read query parameters, each at most once.

    Raises
    ------
    Refusal
        422: an unknown parameter, or one given twice.
    """
    names = set(allowed)
    query: dict[str, str] = {}
    faults: list[Fault] = []
    for name, value in request.query_params.multi_items():
        if name not in names:
            known = ", ".join(sorted(names)) or "none"
            faults.append(_fault((name[:80],), f"is not a parameter here; known are: {known}"))
        elif name in query:
            faults.append(_fault((name,), "is given twice"))
        query[name] = value
    if faults:
        raise Refusal.from_faults(faults)
    return query


def fault_at(pointer: str, message: str) -> Refusal:
    """Build the refusal of one field."""
    return Refusal.from_faults([Fault(pointer.rpartition("/")[2], pointer, message)])


def _fault(location: tuple[str | int, ...], message: str) -> Fault:
    if location[:1] == ("reference_audio",) and len(location) > 2:  # noqa: PLR2004
        location = (location[0], *location[2:])  # pydantic puts the chosen variant in between
    names = [str(part) for part in location]
    pointer = "".join("/" + name.replace("~", "~0").replace("/", "~1") for name in names)
    return Fault(names[-1] if names else "body", pointer, message)


def _check_depth(body: bytes) -> None:
    if body.count(b"[") + body.count(b"{") <= _MAX_DEPTH:
        return
    depth = 0
    for match in _BRACKETS.finditer(body):
        token = match.group()[:1]
        if token in b"[{":
            depth += 1
            if depth > _MAX_DEPTH:
                raise ValueError(f"it is nested deeper than {_MAX_DEPTH} levels")
        elif token in b"]}":
            depth -= 1


def _refuse_constant(name: str) -> NoReturn:
    raise ValueError(f"{name} is not JSON")


def _finite(text: str) -> float:
    number = float(text)
    if not math.isfinite(number):
        raise ValueError("a number is too large")
    return number


def _unique(pairs: list[tuple[str, Any]]) -> dict[str, Any]:
    value = dict(pairs)
    if len(value) < len(pairs):
        raise ValueError("an object has the same key twice")
    return value


_DECODER: Final = json.JSONDecoder(
    parse_constant=_refuse_constant, parse_float=_finite, object_pairs_hook=_unique
)
