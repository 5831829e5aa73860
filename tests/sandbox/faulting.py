"""Arming faults, and what tests ask of a service that has some."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from contextlib import contextmanager
from typing import Any

import httpx
from speaking import Service

CREATE = "/v1/music/text-to-music"


def arm(service: Service, fault: str, **more: Any) -> str:
    """Arm a fault and return its id."""
    answer = service.post("/sandbox/faults", {"fault": fault, **more})
    assert answer.status_code == 201, answer.text
    return str(answer.json()["id"])


@contextmanager
def armed(service: Service, fault: str, **more: Any) -> Iterator[Callable[[], int]]:
    """Arm a fault for a while; gives what tells how often it has fired."""
    fault_id = arm(service, fault, **more)

    def fired() -> int:
        data = service.http.get("/sandbox/faults").json()["data"]
        return int(next(item["fired"] for item in data if item["id"] == fault_id))

    try:
        yield fired
    finally:
        service.http.delete(f"/sandbox/faults/{fault_id}")


def advance(service: Service, seconds: float) -> None:
    """Let time pass at once."""
    answer = service.post("/sandbox/clock", {"advance_s": seconds})
    assert answer.status_code == 200, answer.text


def fetch(url: str) -> httpx.Response:
    return httpx.get(url, trust_env=False)
