"""Dead at each single moment at which money or knowledge changes hands."""

from __future__ import annotations

import contextlib
import uuid
from collections.abc import Callable, Iterator

import pytest
from sweeping import LOST_MOMENTS, MOMENTS, Nursery, Sweep, one_service

DURABLE = (
    "fsync of a download",
    "rename of a clip",
    "fsync of the clips folder",
    "commit of keep",
)


@pytest.fixture(scope="module")
def begin(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Callable[[], Sweep]]:
    """Return what begins a sweep of one piece on the service of this file."""
    folder = tmp_path_factory.mktemp("moments")
    keys = [f"sk-{uuid.uuid4().hex}" for _ in range(4)]
    nursery = Nursery(folder / "clients.log")
    with one_service(folder, keys) as victim, contextlib.closing(nursery):
        yield lambda: Sweep(folder / f"sweep{len(keys)}", nursery, victim, keys.pop(), pieces=1)
    assert not nursery.log.read_text()


def die(sweep: Sweep, moment: str) -> None:
    """Let a client die at a moment, and look at what it leaves."""
    death = sweep.live(moment)
    assert death is not None, f"no client came to {moment!r}"
    assert death.startswith(moment)
    assert not sweep.problems_now(), f"after a death {moment!r}"


def test_order_whose_client_dies_at_every_moment_in_turn_is_paid_once_and_arrives(
    begin: Callable[[], Sweep],
) -> None:
    """Each session comes one moment further, the journal knows of all money, the clip comes."""
    with contextlib.closing(begin()) as sweep:
        for moment in MOMENTS:
            die(sweep, moment)
        assert sweep.live() is None
        assert not sweep.problems_at_the_end()


@pytest.mark.parametrize("when", ["before", "after"])
def test_order_without_an_answer_whose_client_dies_at_every_moment_is_paid_once(
    begin: Callable[[], Sweep], when: str
) -> None:
    """Whether the service took it or not, it is asked for again, found, and paid once."""
    lost = {"fault": "answer_lost", "on": "create", "when": when}
    with contextlib.closing(begin()) as sweep:
        sweep.http.post("/sandbox/faults", json=lost).raise_for_status()
        for moment in LOST_MOMENTS:
            if when == "before" or "unknown" not in moment:  # else it is found at once
                die(sweep, moment)
        sweep.http.delete("/sandbox/faults").raise_for_status()
        assert sweep.live() is None
        assert not sweep.problems_at_the_end()


def test_clip_is_durable_before_it_is_named_and_named_before_it_is_written_down(
    begin: Callable[[], Sweep],
) -> None:
    """All bytes are synced, then renamed, then the folder is synced, then the journal commits."""
    with contextlib.closing(begin()) as sweep:
        sweep.live()
        steps = [step for step in sweep.report["steps"] if step.split(" ", 1)[1] in DURABLE]
    assert steps == [f"{side} {step}" for step in DURABLE for side in ("before", "after")]
