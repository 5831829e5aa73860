"""A real sandbox in a real child process, spoken to by httpx over loopback."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any

import pytest
from speaking import TEN_SECONDS, Service, connect

from musicnb.sandbox import SandboxProcess


@pytest.fixture(scope="session")
def service(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Service]:
    """Return the sandbox that most tests share."""
    with (
        SandboxProcess.start(tmp_path_factory.mktemp("shared")) as process,
        connect(process) as http,
    ):
        yield Service(process, http)


@pytest.fixture
def start() -> Iterator[Callable[..., Service]]:
    """Return what starts sandboxes of a test's own; they end with it."""
    started: list[Service] = []

    def start(data: Path, *, seed: int | None = None) -> Service:
        process = SandboxProcess.start(data, seed=seed)
        started.append(Service(process, connect(process)))
        return started[-1]

    yield start
    for service in started:
        service.http.close()
        service.process.stop()


@pytest.fixture(scope="session")
def techno(service: Service) -> dict[str, Any]:
    """Return one finished task, for tests that only look at it."""
    return service.make(TEN_SECONDS)
