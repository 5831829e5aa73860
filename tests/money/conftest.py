"""A real sandbox in a process of its own, and studios that take it for a service elsewhere."""

from __future__ import annotations

import contextlib
from collections.abc import Callable, Iterator

import pytest
from household import Household, one_sandbox

_HOUSEHOLDS = 500


@pytest.fixture(scope="module")
def move_in(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Callable[[], Household]]:
    """Return what opens a new library, with an account of its own at the sandbox of a file."""
    with one_sandbox(tmp_path_factory.mktemp("households"), _HOUSEHOLDS) as move_in:
        yield move_in


@pytest.fixture
def household(move_in: Callable[[], Household]) -> Iterator[Household]:
    """Return a studio for one test; in the end nothing is open and all books agree."""
    with contextlib.closing(move_in()) as household:
        yield household
        household.http.delete("/sandbox/faults")
        household.resume()
        household.check_at_the_end()
