"""Faults on command: what is armed, and which request it strikes.

Nothing goes wrong unless it was armed here, and every strike is counted. The faults themselves
stand in `musicnb.sandbox._fault_table`.
"""

from __future__ import annotations

import itertools
import random
import threading
from collections.abc import Iterable, Iterator
from dataclasses import dataclass, field
from typing import Any, Final

from musicnb.sandbox._fault_spec import FaultSpec, WrongFault
from musicnb.sandbox._fault_table import Stage

__all__ = ["MAX_ARMED", "ArmedFault", "FaultSpec", "Faults", "WrongFault"]

MAX_ARMED: Final = 1_000


@dataclass(slots=True)
class ArmedFault:
    """A fault that waits for requests.

    Parameters
    ----------
    met
        How many of the requests it waits for have come.
    fired
        How many of them it has struck.
    """

    id: str
    spec: FaultSpec
    chances: random.Random = field(repr=False)
    met: int = 0
    fired: int = 0

    def meet(self) -> bool:
        """Decide about one request it waits for."""
        if self.fired == self.spec.times:
            return False
        self.met += 1
        if self.met <= self.spec.after:
            return False
        # drawn also when it is certain, so that another probability keeps the same chances
        if self.chances.random() >= self.spec.probability:
            return False
        self.fired += 1
        return True

    def to_json(self) -> dict[str, Any]:
        """Show it as ``GET /sandbox/faults`` does."""
        return {
            "object": "fault",
            "id": self.id,
            **self.spec.to_json(),
            "met": self.met,
            "fired": self.fired,
        }


class Faults:
    """All armed faults, in the order in which they were armed.

    Requests are decided on in the server's loop, tasks in the thread of the database.

    Parameters
    ----------
    specs
        What is armed from the start.
    """

    def __init__(self, specs: Iterable[FaultSpec] = ()) -> None:
        self.armed: tuple[ArmedFault, ...] = ()
        """What is armed; while it is empty nothing else of this class is touched."""
        self._numbers = itertools.count(1)
        self._lock = threading.Lock()
        for spec in specs:
            self.arm(spec)

    def arm(self, spec: FaultSpec) -> ArmedFault:
        """Arm a fault.

        Raises
        ------
        WrongFault
            A thousand are armed already.
        """
        with self._lock:
            if len(self.armed) >= MAX_ARMED:
                raise WrongFault("fault", f"{MAX_ARMED:,} are armed; disarm some first")
            # each has chances of its own: arming another one does not move them
            chances = random.Random(f"{spec.seed} {spec.kind.name}")  # noqa: S311
            armed = ArmedFault(f"flt_{next(self._numbers)}", spec, chances)
            self.armed = (*self.armed, armed)
        return armed

    def disarm(self, fault_id: str | None = None) -> list[ArmedFault]:
        """Disarm one fault, or all; return those that were armed."""
        with self._lock:
            gone = [armed for armed in self.armed if fault_id in (None, armed.id)]
            self.armed = tuple(armed for armed in self.armed if armed not in gone)
        return gone

    def waiting(self, operation: str, *stages: Stage) -> bool:
        """Tell whether anything might strike an operation at these stages."""
        return any(
            armed.spec.stage in stages and armed.spec.waits_for(operation) for armed in self.armed
        )

    def first(self, operation: str, stage: Stage) -> FaultSpec | None:
        """Return the first fault that strikes; those armed after it do not meet the request."""
        with self._lock:
            return next(self._struck(operation, stage), None)

    def all(self, operation: str, stage: Stage) -> list[FaultSpec]:
        """Return every fault that strikes."""
        with self._lock:
            return list(self._struck(operation, stage))

    def _struck(self, operation: str, stage: Stage) -> Iterator[FaultSpec]:
        return (
            armed.spec
            for armed in self.armed
            if armed.spec.stage is stage and armed.spec.waits_for(operation) and armed.meet()
        )
