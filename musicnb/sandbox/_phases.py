"""The fixed steps of a task's progress; a phase marker, not a share of the work."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Final


@dataclass(frozen=True, slots=True)
class Phase:
    """One step: its percentage, its name and what a person reads."""

    percent: int
    stage: str
    message: str


PHASES: Final = (
    Phase(0, "queued", "waiting for a free worker"),
    Phase(5, "starting", "a worker has taken it"),
    Phase(10, "composing", "writing the score"),
    Phase(25, "rendering", "playing the score"),
    Phase(50, "rendering", "playing the second half"),
    Phase(75, "mastering", "balancing and limiting"),
    Phase(85, "encoding", "writing the sound file"),
    Phase(95, "storing", "putting it on disk"),
    Phase(100, "finished", "ready"),
)
QUEUED: Final = PHASES[0]
STARTING: Final = PHASES[1]
FINISHED: Final = PHASES[-1]
_SECOND_HALF: Final = 0.5


def number_of(stage: str, share: float = 0.0) -> int:
    """Return the position in `PHASES` of a stage of which a share (0 to 1) is done.

    Names the table does not know count as rendering, which is where an engine spends its time.
    """
    numbers = [number for number, phase in enumerate(PHASES) if phase.stage == stage]
    if not numbers:
        return number_of("rendering", share)
    return numbers[-1] if share >= _SECOND_HALF else numbers[0]
