"""Exact moments at which a client dies: its journal, its wire and its files tell when they are due.

Everything here works in the client's own process, on the libraries below musicnb (sqlite3, httpx,
os), so that it needs no hook in the product and cannot be passed by.
"""

from __future__ import annotations

import collections
import json
import os
import re
import signal
import sqlite3
import stat
import sys
import threading
from collections.abc import Callable
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

import httpx

_JOB = re.compile(r"[0-9a-f]{8}-[0-9a-f]{4}-5[0-9a-f]{3}-[0-9a-f]{4}-[0-9a-f]{12}")
_PIECE = re.compile(rb"piece ([0-9]+)")
_LIBRARY = f"{os.sep}musicnb{os.sep}library{os.sep}"
_OPERATIONS = (
    ("create", "POST", re.compile(r"/v1/music/[^/]+")),
    ("cancel", "POST", re.compile(r"/v1/tasks/[^/]+/cancel")),
    ("poll", "GET", re.compile(r"/v1/tasks/[^/]+")),
    ("list", "GET", re.compile(r"/v1/tasks")),
    ("download", "GET", re.compile(r"/files/[^/]+")),
)
# httpcore says where it is; these four are the moments at which knowledge changes hands
_WIRE = {
    "http11.send_request_body.complete": "is sent",
    "http11.receive_response_headers.complete": "is being answered",
    "http11.receive_response_body.complete": "is answered",
}


@dataclass
class Points:
    """Counts the moments a life comes to, and ends it at the one that was chosen.

    Parameters
    ----------
    kind, nth
        Die when this kind of moment comes for the n-th time.
    latest
        Die after so many moments of any kind at the latest; None lives on.
    record
        File that gets the name of the moment of death.
    known
        Moments at which somebody has died before; they are lived through, and do not count.
    """

    kind: str
    nth: int
    latest: int | None
    record: Path
    known: frozenset[str] = frozenset()
    fresh: int = 0
    seen: collections.Counter[str] = field(default_factory=collections.Counter)
    steps: list[str] = field(default_factory=list)
    _lock: threading.Lock = field(default_factory=threading.Lock)

    def reach(self, kind: str, order: str = "") -> None:
        """Come to a moment; does not return from the chosen one."""
        with self._lock:
            self.seen[kind] += 1
            self.steps.append(kind)
            name = f"{kind} #{order or self.seen[kind]}"
            if name in self.known:
                return
            self.fresh += kind == self.kind
            is_late = self.latest is not None and self.seen.total() >= self.latest
            if (kind == self.kind and self.fresh == self.nth) or is_late:
                self.record.write_text(name, encoding="utf-8")
                os.kill(os.getpid(), signal.SIGKILL)
                signal.pause()  # the signal is on its way; nothing more may happen

    def around(self, kind: str, work: Callable[..., Any], order: str = "") -> Callable[..., Any]:
        """Return a function with a moment before it and one after it."""

        def watched(*given: Any, **named: Any) -> Any:
            self.reach(f"before {kind}", order)
            result = work(*given, **named)
            self.reach(f"after {kind}", order)
            return result

        return watched


def watch(points: Points) -> None:
    """Make every write of the journal, every request and every file's steps moments."""
    orders = _Orders()
    _watch_journal(points, orders)
    _watch_wire(points, orders)
    os.fsync = _watched_fsync(points, os.fsync)
    for name in ("replace", "rename"):
        setattr(os, name, _watched_rename(points, getattr(os, name)))


class _Orders:
    """Knows which order of the sweep an id belongs to, by the number in its prompt."""

    def __init__(self) -> None:
        self._by_id: dict[str, str] = {}

    def learn(self, values: tuple[Any, ...]) -> str:
        """Take the values of a statement; return the order they are about, or nothing."""
        texts = [value for value in values if isinstance(value, str)]
        numbers = [
            match[1].decode()
            for value in values
            if isinstance(value, bytes) and (match := _PIECE.search(value))
        ]
        known = numbers or [self._by_id[text] for text in texts if text in self._by_id]
        if known:
            self._by_id.update((t, known[0]) for t in texts if _JOB.fullmatch(t) or "tsk_" in t)
        return known[0] if known else ""

    def of_request(self, request: httpx.Request) -> str:
        """Return the order a request is about, or nothing."""
        if request.method == "POST" and request.url.path.startswith("/v1/music/"):
            match = _PIECE.search(request.content)
            return match[1].decode() if match else ""
        return self._by_id.get(request.url.path.split("/")[-1], "")


def _watch_journal(points: Points, orders: _Orders) -> None:
    class Watched(sqlite3.Connection):
        """A connection whose commits are moments."""

        about = ""

        def execute(self, statement: str, values: Any = (), /) -> sqlite3.Cursor:
            word = statement.lstrip().split(None, 1)[0].upper().rstrip(";")
            if word == "BEGIN":
                self.about = ""
            elif word in ("INSERT", "UPDATE", "SELECT"):
                self.about = orders.learn(tuple(values)) or self.about
            elif word == "COMMIT":
                commit = points.around(f"commit of {_writer()}", super().execute, self.about)
                return commit(statement, values)  # type: ignore[no-any-return]
            return super().execute(statement, values)

        def commit(self) -> None:
            points.around(f"commit of {_writer()}", super().commit, self.about)()

    connect = sqlite3.connect

    def connect_watched(*given: Any, **named: Any) -> sqlite3.Connection:
        return connect(*given, **{"factory": Watched, **named})

    sqlite3.connect = connect_watched


def _writer() -> str:
    """Return which method of the library is writing: the outermost one."""
    name, frame = "?", sys._getframe(1)
    while frame is not None:
        if _LIBRARY in frame.f_code.co_filename:
            name = frame.f_code.co_name
        frame = frame.f_back  # type: ignore[assignment]
    return name


def _watch_wire(points: Points, orders: _Orders) -> None:
    send = httpx.AsyncHTTPTransport.handle_async_request

    async def send_watched(
        transport: httpx.AsyncHTTPTransport, request: httpx.Request
    ) -> httpx.Response:
        operation = _operation(request)
        order = orders.of_request(request)

        async def trace(event: str, _: dict[str, Any]) -> None:
            if event in _WIRE:
                points.reach(f"a {operation} {_WIRE[event]}", order)

        if operation is not None:
            request.extensions = {**request.extensions, "trace": trace}
            points.reach(f"before a {operation}", order)
        return await send(transport, request)

    httpx.AsyncHTTPTransport.handle_async_request = send_watched  # type: ignore[method-assign]


def _operation(request: httpx.Request) -> str | None:
    for name, method, path in _OPERATIONS:
        if request.method == method and path.fullmatch(request.url.path):
            return name
    return None


def _watched_fsync(points: Points, fsync: Callable[[int], None]) -> Callable[[int], None]:
    def watched(descriptor: int) -> None:
        if stat.S_ISDIR(os.fstat(descriptor).st_mode):
            kind = "the clips folder"
        else:
            path = Path(f"/proc/self/fd/{descriptor}").readlink()  # our own open file
            kind = "a download" if _in_clips(path) else "a copy of the journal"
        points.around(f"fsync of {kind}", fsync)(descriptor)

    return watched


def _watched_rename(points: Points, rename: Callable[..., None]) -> Callable[..., None]:
    def watched(source: Any, target: Any, **named: Any) -> None:
        kind = "a clip" if _in_clips(target) else "a copy of the journal"
        match = _PIECE.search(os.fsencode(target).replace(b"-", b" "))
        order = match[1].decode() if match else ""
        points.around(f"rename of {kind}", rename, order)(source, target, **named)

    return watched


def _in_clips(path: Any) -> bool:
    return Path(path).parent.name == "clips"


def report(points: Points, path: Path, problems: list[str]) -> None:
    """Write down what a life that was not ended came to."""
    told = {"seen": points.seen, "steps": points.steps, "problems": problems}
    path.write_text(json.dumps(told), encoding="utf-8")
