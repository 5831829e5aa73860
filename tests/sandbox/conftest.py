"""A real sandbox in a real child process, spoken to by httpx over loopback."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any

import pytest
from mediaserver import MediaServer, make_certificate
from speaking import TEN_SECONDS, Service, connect
from traces import Quiet

from musicnb.sandbox import SandboxProcess


@pytest.fixture(scope="session")
def service(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Service]:
    """Return the sandbox that most tests share."""
    with (
        SandboxProcess.start(tmp_path_factory.mktemp("shared")) as process,
        connect(process) as http,
    ):
        yield Service(process, http)


@pytest.fixture(scope="session")
def quiet(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Quiet]:
    """Return the sandbox that gets refused requests only."""
    data = tmp_path_factory.mktemp("quiet")
    with SandboxProcess.start(data) as process, connect(process) as http:
        yield Quiet(Service(process, http), data)


@pytest.fixture(scope="session")
def certificate(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """Return a certificate for the names in use, but not for ``wrong.example``."""
    hosts = ("media.example", "cdn.example", "localhost")
    return make_certificate(tmp_path_factory.mktemp("tls"), "media", *hosts)


@pytest.fixture(scope="session")
def media(certificate: Path) -> Iterator[MediaServer]:
    """Return an HTTPS server that serves one sound."""
    with MediaServer(certificate) as server:
        yield server


@pytest.fixture
def start() -> Iterator[Callable[..., Service]]:
    """Return what starts sandboxes of a test's own; they end with it."""
    started: list[Service] = []

    def start(data: Path, **options: Any) -> Service:
        process = SandboxProcess.start(data, **options)
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
