"""A studio on a real sandbox, and one on a service that answers as it is told to."""

from dataclasses import replace

import pytest
from scripted import KEY, Scripted

from musicnb import Studio


@pytest.fixture(autouse=True)
def no_service_in_the_environment(monkeypatch):
    """No variable of the person who runs the tests takes part."""
    for name in ("MUSICNB_BASE_URL", "MUSICNB_API_KEY", "BEATRA_API_KEY"):
        monkeypatch.delenv(name, raising=False)


@pytest.fixture(scope="module")
def studio(tmp_path_factory):
    """One sandbox for the tests of a file."""
    with Studio(tmp_path_factory.mktemp("library"), quiet=True) as studio:
        yield studio


@pytest.fixture
def scripted():
    """Make a scripted service."""
    server = Scripted()
    yield server
    server.close()


@pytest.fixture
def remote(scripted, tmp_path):
    """Open a studio whose service is the scripted one."""
    with Studio(
        tmp_path / "library", base_url=f"{scripted.url}/v1", api_key=KEY, quiet=True
    ) as studio:
        # what is sent, and how often, stays the same; only the pauses between are short
        for owner in (studio._road.client, studio._road._fetcher):
            owner._retry = replace(owner._retry, base_s=0.02)
        studio._road._poller._budget.rate_per_s = studio._road._poller._budget._rate = 1_000.0
        yield studio
