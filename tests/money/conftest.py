"""A real sandbox in a process of its own, and a studio that takes it for a service elsewhere."""

from __future__ import annotations

from collections.abc import Iterator

import pytest
from household import Household

from musicnb.sandbox import SandboxProcess


@pytest.fixture(scope="module")
def household(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Household]:
    """Return a studio and the sandbox it orders from, for the tests of a file."""
    folder = tmp_path_factory.mktemp("household")
    with SandboxProcess.start(folder / "sandbox") as process:
        household = Household(folder / "library", process, folder / "sandbox")
        yield household
        household.close()
