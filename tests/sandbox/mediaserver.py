"""A web server that says what a test tells it to, and the names that lead there.

It speaks bytes, not HTTP: what is tested is how a client bears answers that no library would send.
"""

from __future__ import annotations

import contextlib
import socket
import ssl
import subprocess
import threading
from collections.abc import Callable, Iterable, Iterator, Sequence
from pathlib import Path
from typing import Any, Self

import httpcore

PUBLIC = "93.184.216.34"
Say = bytes | Callable[[socket.socket], object]


class MediaServer:
    """Answers each path as `answers` says, on loopback, one connection per request.

    Parameters
    ----------
    certificate
        File with a certificate and its key; plain HTTP without.
    """

    def __init__(self, certificate: Path | None = None) -> None:
        self.answers: dict[str, Say] = {}
        self.requests: list[str] = []
        self._context = None
        if certificate is not None:
            self._context = ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER)
            self._context.load_cert_chain(certificate)
        self._listener = socket.create_server(("127.0.0.1", 0))
        self.port: int = self._listener.getsockname()[1]
        self._threads: list[threading.Thread] = []

    def __enter__(self) -> Self:
        self._start(self._accept)
        return self

    def __exit__(self, *_: object) -> None:
        with contextlib.suppress(OSError):
            self._listener.shutdown(socket.SHUT_RDWR)
        self._listener.close()
        for thread in self._threads:
            thread.join(10)

    def _start(self, work: Callable[..., None], *args: Any) -> None:
        thread = threading.Thread(target=work, args=args, daemon=True)
        self._threads.append(thread)
        thread.start()

    def _accept(self) -> None:
        with contextlib.suppress(OSError):
            while True:
                self._start(self._serve, self._listener.accept()[0])

    def _serve(self, connection: socket.socket) -> None:
        connection.settimeout(10)
        with contextlib.suppress(OSError), connection:
            if self._context is None:
                self._speak(connection)
            else:
                with self._context.wrap_socket(connection, server_side=True) as secured:
                    self._speak(secured)

    def _speak(self, connection: socket.socket) -> None:
        head = b""
        while b"\r\n\r\n" not in head:
            part = connection.recv(65_536)
            if not part:
                return
            head += part
        path = head.split()[1].decode()
        self.requests.append(head.decode())
        say = self.answers.get(path, answer(b"", status="404 Not Found"))
        if isinstance(say, bytes):
            connection.sendall(say)
        else:
            say(connection)


def answer(body: bytes, *headers: str, status: str = "200 OK", length: int | None = None) -> bytes:
    """Return an answer; its declared length may lie."""
    lines = [f"HTTP/1.1 {status}", *headers]
    lines.append(f"Content-Length: {len(body) if length is None else length}")
    return "\r\n".join(lines).encode("latin-1") + b"\r\n\r\n" + body


def redirect(*locations: str) -> bytes:
    """Return an answer that leads elsewhere."""
    return answer(b"", *(f"Location: {there}" for there in locations), status="302 Found")


def make_certificate(folder: Path, name: str, *hosts: str) -> Path:
    """Make a certificate that signs itself, for some host names; return the file with its key."""
    file = folder / f"{name}.pem"
    names = ",".join(f"DNS:{host}" for host in hosts)
    subprocess.run(
        ["openssl", "req", "-x509", "-newkey", "ec", "-pkeyopt", "ec_paramgen_curve:P-256",
         "-nodes", "-days", "2", "-subj", f"/CN={name}", "-addext", f"subjectAltName={names}",
         "-keyout", f"{file}.key", "-out", f"{file}.crt"],
        check=True, capture_output=True,
    )  # fmt: skip
    file.write_bytes(Path(f"{file}.key").read_bytes() + Path(f"{file}.crt").read_bytes())
    return file


class Names:
    """A resolver whose answers change from question to question; the last one stays."""

    def __init__(self, **answers: Sequence[Sequence[str]]) -> None:
        self._answers: dict[str, Iterator[Sequence[str]]] = {}
        for name, several in answers.items():
            self._answers[name.replace("_", ".")] = _lasting(several)
        self.questions: list[str] = []

    async def __call__(self, host: str, _: int) -> Sequence[str]:
        """Answer a question for the addresses of a name."""
        self.questions.append(host)
        if host not in self._answers:
            raise socket.gaierror(socket.EAI_NONAME, "no such name")
        return next(self._answers[host])


def _lasting(several: Sequence[Sequence[str]]) -> Iterator[Sequence[str]]:
    yield from several
    while True:
        yield several[-1]


class Dialler(httpcore.AsyncNetworkBackend):
    """Notes what is dialled; every address leads to the test's own server."""

    def __init__(self, port: int) -> None:
        self._port = port
        self._real = httpcore.AnyIOBackend()
        self.dialled: list[tuple[str, int]] = []

    async def connect_tcp(
        self,
        host: str,
        port: int,
        timeout: float | None = None,  # noqa: ASYNC109 - httpcore's own signature
        local_address: str | None = None,
        socket_options: Iterable[httpcore.SOCKET_OPTION] | None = None,
    ) -> httpcore.AsyncNetworkStream:
        """Connect to the test's server, whatever was asked for."""
        self.dialled.append((host, port))
        return await self._real.connect_tcp(
            "127.0.0.1", self._port, timeout, local_address, socket_options
        )
