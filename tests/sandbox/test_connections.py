"""Connections that try to stay: the real protocol in a real server, with small limits."""

from __future__ import annotations

import asyncio
import contextlib
import socket
from collections.abc import Awaitable, Callable
from typing import Any

import pytest
from starlette.responses import PlainTextResponse
from starlette.types import ASGIApp, Receive, Scope, Send
from uvicorn import Config, Server

from musicnb.sandbox._connections import PatientProtocol

WHOLE = b"GET / HTTP/1.1\r\nHost: a\r\n\r\n"
HERE = PlainTextResponse("here")
CHUNKED = b"POST / HTTP/1.1\r\nHost: a\r\nTransfer-Encoding: chunked\r\n\r\n"


class Hasty(PatientProtocol):
    """Waits a fifth of a second for a head and has room for three."""

    head_s = 0.2
    max_connections = 3


async def served(talk: Callable[[int], Awaitable[Any]], app: ASGIApp = HERE) -> Any:
    """Run a server with the hasty protocol and let a test talk to it."""
    listener = socket.create_server(("127.0.0.1", 0))
    config = Config(app, http=Hasty, lifespan="off", log_config=None,
                    timeout_keep_alive=30)  # fmt: skip
    server = Server(config)
    serving = asyncio.create_task(server.serve(sockets=[listener]))
    while not server.started:  # noqa: ASYNC110 - uvicorn offers no event
        await asyncio.sleep(0.01)
    try:
        return await asyncio.wait_for(talk(listener.getsockname()[1]), 20)
    finally:
        server.should_exit = True
        await serving
        listener.close()


async def everything(port: int, *parts: bytes, pause_s: float = 0.0) -> bytes:
    """Send parts and return all that comes until the server closes."""
    reader, writer = await asyncio.open_connection("127.0.0.1", port)
    said = bytearray()

    async def listen() -> None:
        with contextlib.suppress(ConnectionError):  # we may still talk when the door is shut
            while part := await reader.read(65_536):
                said.extend(part)

    listening = asyncio.create_task(listen())
    for part in parts:
        writer.write(part)
        await asyncio.sleep(pause_s)
    await listening
    writer.close()
    return bytes(said)


@pytest.mark.parametrize(
    "parts",
    [
        (),
        (b"G",),
        (WHOLE[:-2],),
        (b"GET / HTTP/1.1\r\n", *[b"X: y\r\n"] * 40),
        (WHOLE + b"GET / HT", b"TP"),
    ],
    ids=["nothing", "a letter", "no end", "a slow trickle", "after a whole request"],
)
def test_head_that_does_not_come_is_given_up(parts: tuple[bytes, ...]) -> None:
    """The connection ends with 408, however the bytes trickle, also the second time."""
    said = asyncio.run(served(lambda port: everything(port, *parts, pause_s=0.02)))
    assert b"408" in said
    assert b'"code":"request_timeout"' in said
    assert said.count(b"here") == sum(WHOLE in part for part in parts)


def test_whole_requests_keep_their_connection() -> None:
    """The deadline is for heads: a connection that has been answered may rest."""

    async def talk(port: int) -> list[bytes]:
        reader, writer = await asyncio.open_connection("127.0.0.1", port)
        answers = []
        for _ in range(3):
            writer.write(WHOLE)
            answers.append(await reader.readuntil(b"here"))
            await asyncio.sleep(Hasty.head_s * 2)
        writer.close()
        return answers

    assert len(asyncio.run(served(talk))) == 3


def test_one_connection_too_many_is_told_so() -> None:
    """Beyond the cap it is 503 and a closed door; when somebody leaves there is room again."""

    async def talk(port: int) -> tuple[bytes, bytes]:
        guests = []
        for _ in range(Hasty.max_connections):
            reader, writer = await asyncio.open_connection("127.0.0.1", port)
            writer.write(WHOLE)
            await reader.readuntil(b"here")
            guests.append(writer)
        refused = await everything(port)
        for writer in guests:
            writer.close()
        await asyncio.sleep(0.1)
        return refused, await everything(port, WHOLE[:-2] + b"Connection: close\r\n\r\n")

    refused, welcome = asyncio.run(served(talk))
    assert b"503" in refused
    assert b'"retryable":true' in refused
    assert b"here" in welcome


def test_what_is_no_http_is_answered_in_the_envelope() -> None:
    """Even that is an error like all others."""
    said = asyncio.run(served(lambda port: everything(port, b"hello\r\n\r\n")))
    assert b"400" in said
    assert b'"code":"invalid_request"' in said


async def echo(scope: Scope, receive: Receive, send: Send) -> None:
    """Answer with the path, the names of the headers and the body; late, so that more can come."""
    body, more = b"", True
    while more:
        message = await receive()
        body += message.get("body", b"")
        more = message.get("more_body", False)
    await asyncio.sleep(0.01)
    names = b",".join(name for name, _ in scope["headers"])
    text = b"<%s %s %s>" % (scope["raw_path"], names, body)
    await PlainTextResponse(text)(scope, receive, send)


def test_requests_sent_ahead_are_answered_one_by_one() -> None:
    """In order, each with its own body, wherever the stream is cut into pieces."""
    measured = b"POST /%d HTTP/1.1\r\nHost: a\r\nContent-Length: 4\r\n\r\n\r\n\r\n"
    chunked = CHUNKED + b"3\r\nabc\r\n0\r\n\r\n"
    stream = measured % 1 + measured % 2 + WHOLE + chunked
    last = WHOLE[:-2] + b"Connection: close\r\n\r\n"
    expected = [b"</%d host,content-length \r\n\r\n>" % number for number in (1, 2)]
    expected += [b"</ host >", b"</ host,transfer-encoding abc>", b"</ host,connection >"]

    async def talk(port: int) -> None:
        for size in (1, 7, 64, len(stream)):
            reader, writer = await asyncio.open_connection("127.0.0.1", port)
            for first in range(0, len(stream), size):
                writer.write(stream[first : first + size])
                await asyncio.sleep(0)
            # what comes in one piece with the end of a body in chunks would not be read
            said = await reader.readuntil(expected[3])
            writer.write(last)
            said += await reader.read()
            writer.close()
            places = [said.find(text) for text in expected]
            assert min(places) > 0, (size, said)
            assert places == sorted(places), size
            assert said.count(b"HTTP/1.1 200") == len(expected)

    asyncio.run(served(talk, echo))


def test_thousands_of_requests_in_one_piece_are_worked_on_one_at_a_time() -> None:
    """What is sent ahead waits as bytes until the answer before it is given."""
    at_once = most = total = 0

    async def count(scope: Scope, receive: Receive, send: Send) -> None:
        nonlocal at_once, most, total
        at_once, total = at_once + 1, total + 1
        most = max(most, at_once)
        await asyncio.sleep(0)
        at_once -= 1
        await PlainTextResponse("here")(scope, receive, send)

    ahead, last = WHOLE * 2_000, WHOLE[:-2] + b"Connection: close\r\n\r\n"
    said = asyncio.run(served(lambda port: everything(port, ahead + last), count))
    assert (said.count(b"here"), total, most) == (2_001, 2_001, 1)


def test_trailers_are_no_headers() -> None:
    """What follows a body, such as another Authorization, is read by nobody."""
    request = CHUNKED[:-2] + b"Connection: close\r\n\r\n"
    request += b"1\r\nx\r\n0\r\nAuthorization: Bearer y\r\n\r\n"
    said = asyncio.run(served(lambda port: everything(port, request), echo))
    assert b"</ host,transfer-encoding,connection x>" in said


@pytest.mark.parametrize(
    "body", [b"Content-Length: 5\r\n\r\n", b"Transfer-Encoding: chunked\r\n\r\n"]
)
def test_body_of_a_request_to_upgrade_is_not_taken_for_a_request(body: bytes) -> None:
    """Such a request is refused; without a body it is answered as HTTP/1.1."""
    upgrade = b"POST / HTTP/1.1\r\nHost: a\r\nConnection: Upgrade\r\nUpgrade: h2c\r\n"
    said = asyncio.run(served(lambda port: everything(port, upgrade + body + WHOLE), echo))
    assert said.startswith(b"HTTP/1.1 400")
    assert said.count(b"HTTP/1.1 ") == 1
    last = WHOLE[:-2] + b"Connection: close\r\n\r\n"
    said = asyncio.run(served(lambda port: everything(port, upgrade + b"\r\n" + last), echo))
    assert said.count(b"HTTP/1.1 200") == 2


@pytest.mark.parametrize(
    "start",
    [b"GET / HTTP/1.1\r\nX: ", b"GET /", CHUNKED + b"1\r\nx\r\n0\r\nX: ", CHUNKED + b"1;"],
    ids=["a header", "a path", "a trailer", "a chunk's extension"],
)
def test_head_or_trailer_without_end_is_refused(start: bytes) -> None:
    """After 32 KB it is 400, in the envelope, and the door is closed."""
    parts = [start, *[b"x" * 4096] * 20]
    said = asyncio.run(served(lambda port: everything(port, *parts, pause_s=0.001), echo))
    assert said.startswith(b"HTTP/1.1 400")
    assert b'"code":"invalid_request"' in said


def test_body_that_trickles_on_after_its_answer_is_given_up() -> None:
    """Whoever was answered early cannot hold the connection by sending on."""
    head = b"POST / HTTP/1.1\r\nHost: a\r\nContent-Length: 99999\r\n\r\n"
    said = asyncio.run(served(lambda port: everything(port, head, *[b"x"] * 40, pause_s=0.02)))
    assert said.count(b"HTTP/1.1") == 1
    assert b"here" in said


def test_nonsense_after_a_whole_request_does_not_take_its_answer() -> None:
    """The request is answered; then the connection ends with the error of what followed."""
    said = asyncio.run(served(lambda port: everything(port, WHOLE + b"hello\r\n\r\n"), echo))
    assert 0 < said.index(b"</ host >") < said.index(b"HTTP/1.1 400")


def test_request_in_one_piece_with_the_end_of_chunks_is_left_to_be_repeated() -> None:
    """The answer before it is whole, and says that the connection ends: nothing of it was done."""
    request = CHUNKED + b"1\r\nx\r\n0\r\n\r\n" + WHOLE
    said = asyncio.run(served(lambda port: everything(port, request), echo))
    assert said.count(b"HTTP/1.1") == 1
    assert b"connection: close" in said
    assert said.endswith(b"</ host,transfer-encoding x>")


def test_hanging_up_reaches_a_request_that_others_were_sent_behind() -> None:
    """An endpoint that drops the line learns that it is gone, and ends."""
    ended = []

    async def hang_up(scope: Scope, receive: Receive, _: Send) -> None:
        scope["hang_up"]()
        while (await receive())["type"] != "http.disconnect":
            pass
        ended.append(scope["path"])

    async def talk(port: int) -> bytes:
        said = await everything(port, WHOLE + WHOLE)
        while not ended:  # noqa: ASYNC110 - the server is another task of this loop
            await asyncio.sleep(0.01)
        return said

    assert asyncio.run(served(talk, hang_up)) == b""
    assert ended == ["/"]
