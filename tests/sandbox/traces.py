"""What requests leave behind in a sandbox, and one where none may leave anything."""

from __future__ import annotations

import socket
from dataclasses import dataclass
from pathlib import Path
from typing import Any
from urllib.parse import urlsplit

import httpx
from speaking import Service


def traces_of(service: Service, data: Path) -> dict[str, Any]:
    """Return everything that a refused request must not change."""
    return {
        "ledger": service.transfers(),
        "tasks": service.http.get("/v1/tasks?limit=100").json()["data"],
        "artifacts": sorted(path.name for path in (data / "artifacts").iterdir()),
        "incoming": sorted(path.name for path in (data / "incoming").iterdir()),
    }


@dataclass(frozen=True)
class Quiet:
    """A sandbox that gets nothing but refused requests."""

    service: Service
    data: Path

    def refuses(
        self, answer: httpx.Response, status: int, code: str, param: str | None = None
    ) -> None:
        """Check that a request was refused as the contract says, and that nothing is left of it."""
        assert answer.headers["content-type"] == "application/json", answer.text[:500]
        error = answer.json()["error"]
        assert (answer.status_code, error["code"]) == (status, code), answer.text[:500]
        assert error.get("param") == param
        assert error["request_id"] == answer.headers["x-request-id"]
        assert len(answer.content) < 2_000_000
        self.is_untouched()

    def raw(self, *lines: str | bytes) -> httpx.Response:
        """Send a request's head as it stands, with our own host and key unless it has others."""
        texts = [line.encode() if isinstance(line, str) else line for line in lines]
        names = {text.partition(b":")[0].lower() for text in texts[1:]}
        address = urlsplit(self.service.process.base_url)
        if b"host" not in names:
            texts.append(f"Host: {address.netloc}".encode())
        if b"authorization" not in names:
            texts.append(f"Authorization: Bearer {self.service.process.api_key}".encode())
        return httpx_of(self.bytes(b"\r\n".join(texts) + b"\r\n\r\n"))

    def bytes(self, data: bytes) -> bytes:
        """Send bytes, and return all that comes back."""
        address = urlsplit(self.service.process.base_url)
        with socket.create_connection((address.hostname, address.port), timeout=20) as connection:
            connection.sendall(data)
            return b"".join(iter(lambda: connection.recv(65_536), b""))

    def is_untouched(self) -> None:
        """Check that the sandbox is as it was when it was new, and still answers."""
        traces = traces_of(self.service, self.data)
        assert [move["note"] for move in traces.pop("ledger")] == ["initial balance"]
        assert traces == {"tasks": [], "artifacts": [], "incoming": []}


def httpx_of(data: bytes) -> httpx.Response:
    """Read an answer that ended with its connection."""
    head, _, body = data.partition(b"\r\n\r\n")
    first, *lines = head.split(b"\r\n")
    headers = [tuple(part.strip() for part in line.split(b":", 1)) for line in lines]
    return httpx.Response(int(first.split()[1]), headers=headers, content=body)
