"""Keeps BLAS to one thread."""

from __future__ import annotations

from typing import TYPE_CHECKING

import pytest
from threadpoolctl import threadpool_limits

if TYPE_CHECKING:
    from collections.abc import Iterator


@pytest.fixture(scope="session", autouse=True)
def _one_blas_thread() -> Iterator[None]:
    """Hold BLAS to one thread, as the server does: more only wait for one another."""
    with threadpool_limits(1, "blas"):
        yield
