"""The loopback server of ``polling.py``: tasks that end by the clock, behind a round trip of 50 ms.

Run as a process it prints its port. ``/start`` creates tasks, ``/count`` tells what was asked.
"""

from __future__ import annotations

import asyncio
import json
import random
import time
from collections import deque
from datetime import UTC, datetime
from typing import Any
from urllib.parse import parse_qs, unquote

ROUND_TRIP_S = 0.05
SHORTEST_S, LONGEST_S = 2.0, 6.0
LIMIT_PER_S = 10


class Tasks:
    """Tasks that end by the clock, and what was asked about them."""

    def __init__(self) -> None:
        self.ids: list[str] = []
        self.start(0, limited=False)

    def start(self, number: int, *, limited: bool, every_s: float = 1e-6) -> dict[str, Any]:
        """Forget everything and create tasks, one after another from now on."""
        self.limited, self.requests, self.refusals = limited, 0, 0
        self.recent: deque[float] = deque()
        now, spread = time.time(), LONGEST_S - SHORTEST_S
        durations = [SHORTEST_S + spread * (place + 0.5) / number for place in range(number)]
        random.shuffle(durations)
        self.ids = [f"tsk_{random.getrandbits(128):032x}" for _ in range(number)]
        self.places = {task_id: place for place, task_id in enumerate(self.ids)}
        self.born = [now + place * every_s for place in range(number)]
        self.ends = [born + lasts for born, lasts in zip(self.born, durations, strict=True)]
        self.bodies: dict[tuple[int, bool, bool], bytes] = {}
        return {"ids": self.ids, "born": self.born, "ends": self.ends}

    def answer(self, target: str) -> tuple[int, bytes]:
        """Answer ``GET`` of a task or of the list."""
        self.requests += 1
        now = time.time()
        if self.limited:
            while self.recent and self.recent[0] <= now - 1.0:
                self.recent.popleft()
            if len(self.recent) >= LIMIT_PER_S:
                self.refusals += 1
                return 429, b'{"error":{"code":"rate_limited","retryable":true}}'
            self.recent.append(now)
        path, _, query = target.partition("?")
        if path == "/v1/tasks":
            return 200, self.page(dict(parse_qs(query)), now)
        place = self.places[unquote(path.rpartition("/")[2])]
        return 200, self.body(place, now, full=True)

    def page(self, query: dict[str, list[str]], now: float) -> bytes:
        """Write a page of the list, the oldest first."""
        after = datetime.fromisoformat(query["created_after"][0]).timestamp()
        limit = int(query["limit"][0])
        start = int(query["cursor"][0]) if "cursor" in query else 0
        if not start:
            start = next((n for n, born in enumerate(self.born) if born > after), len(self.ids))
        end = min(start + limit, len(self.ids))
        cursor = f'"{end}"' if end < len(self.ids) else "null"
        items = b",".join(self.body(place, now, full=False) for place in range(start, end))
        tail = f'],"next_cursor":{cursor},"has_more":{str(end < len(self.ids)).lower()}}}'
        return b'{"object":"list","data":[' + items + tail.encode()

    def body(self, place: int, now: float, *, full: bool) -> bytes:
        """Write a task; the same bytes until it has ended."""
        key = (place, self.ends[place] <= now, full)
        if key not in self.bodies:
            self.bodies[key] = json.dumps(self.envelope(*key)).encode()
        return self.bodies[key]

    def envelope(self, place: int, ended: bool, full: bool) -> dict[str, Any]:  # noqa: FBT001
        """Show a task as the contract does, with two clips once it has ended."""
        audio = {"artifact_id": "art_" + "0" * 26, "duration_seconds": 61.2}
        audio |= {"url": "https://media.example/" + "a" * 90, "mime_type": "audio/mpeg"}
        clip = {"audio": audio | {"size_bytes": 1_000_000}, "title": "Dream", "tags": "dream pop"}
        money = {"charged_credits": "80.0000", "refunded_credits": "0.0000", "currency": "USD"}
        dollars = {"charged_credits_usd_reference": "0.0800"}
        task = {
            "object": "task", "task_id": self.ids[place],
            "status": "succeeded" if ended else "running",
            "capability": "text_to_music", "model": "m", "resolved_model": "m",
            "created_at": date(self.born[place]), "started_at": date(self.born[place] + 0.1),
            "completed_at": date(self.ends[place]) if ended else None,
            "cancel_requested_at": None, "output": {"clips": [clip, clip]} if ended else None,
            "billing": money | dollars | {"refunded_credits_usd_reference": "0.0000"},
        }  # fmt: skip
        progress = {"percent": 100 if ended else 50, "stage": "rendering", "message": None}
        links = {"self": "https://api.example/v1/tasks/x", "cancel": "https://api.example/v1/x"}
        return task | {"progress": progress, "warnings": [], "links": links} if full else task


def date(moment: float) -> str:
    """Write a time as the contract does."""
    return datetime.fromtimestamp(moment, UTC).isoformat().replace("+00:00", "Z")


class Connection(asyncio.Protocol):
    """Answers requests of one connection after the round trip, looking at the tasks half-way."""

    def __init__(self, tasks: Tasks) -> None:
        self._tasks, self._data = tasks, b""

    def connection_made(self, transport: asyncio.BaseTransport) -> None:
        """Keep the connection."""
        assert isinstance(transport, asyncio.Transport)
        self._transport = transport

    def data_received(self, data: bytes) -> None:
        """Take a request once its head is whole; none has a body."""
        self._data += data
        while b"\r\n\r\n" in self._data:
            head, _, self._data = self._data.partition(b"\r\n\r\n")
            _, target, _ = head.split(b"\r\n", 1)[0].decode().split(" ")
            path, _, query = target.partition("?")
            if path == "/start":
                asked = {name: float(values[0]) for name, values in parse_qs(query).items()}
                started = self._tasks.start(
                    int(asked["number"]), limited=bool(asked["limited"]), every_s=asked["every_s"]
                )
                self._write(200, json.dumps(started).encode())
            elif path == "/count":
                counts = {"requests": self._tasks.requests, "refusals": self._tasks.refusals}
                self._write(200, json.dumps(counts).encode())
            elif path == "/v1/health":
                self._write(200, b'{"status":"ok"}')
            else:
                asyncio.get_running_loop().call_later(ROUND_TRIP_S / 2, self._look, target)

    def _look(self, target: str) -> None:
        loop = asyncio.get_running_loop()
        loop.call_later(ROUND_TRIP_S / 2, self._write, *self._tasks.answer(target))

    def _write(self, status: int, body: bytes) -> None:
        head = f"HTTP/1.1 {status} X\r\nContent-Type: application/json\r\n"
        head += "Retry-After: 1\r\n" if status == 429 else ""
        self._transport.write(f"{head}Content-Length: {len(body)}\r\n\r\n".encode() + body)


async def serve() -> None:
    """Serve until the process is ended; print the port first."""
    tasks = Tasks()
    loop = asyncio.get_running_loop()
    server = await loop.create_server(lambda: Connection(tasks), "127.0.0.1", 0)
    print(server.sockets[0].getsockname()[1], flush=True)
    await server.serve_forever()


if __name__ == "__main__":
    asyncio.run(serve())
