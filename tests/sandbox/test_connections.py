"""Connections that try to stay: the real protocol in a real server, with small limits."""

from __future__ import annotations

import asyncio
import contextlib
import socket
from collections.abc import Awaitable, Callable
from typing import Any

import pytest
from starlette.responses import PlainTextResponse
from uvicorn import Config, Server

from musicnb.sandbox._connections import PatientProtocol

WHOLE = b"GET / HTTP/1.1\r\nHost: a\r\n\r\n"


class Hasty(PatientProtocol):
    """Waits a fifth of a second for a head and has room for three."""

    head_s = 0.2
    max_connections = 3


async def served(talk: Callable[[int], Awaitable[Any]]) -> Any:
    """Run a server with the hasty protocol and let a test talk to it."""
    listener = socket.create_server(("127.0.0.1", 0))
    config = Config(PlainTextResponse("here"), http=Hasty, lifespan="off", log_config=None,
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
