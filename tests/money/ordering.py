"""What a client orders, and how it sees to it that all of it comes."""

from __future__ import annotations

from musicnb import Studio, TextToMusic
from musicnb.briefs import Brief
from musicnb.errors import MusicnbError
from musicnb.studio._task import Task

MODEL = "minimax-music-2.6"
_ROUNDS = 20
_PATIENCE_S = 120.0


def briefs(pieces: int) -> list[Brief]:
    """Return a sweep of the shortest pieces there are, each with its number in its prompt."""
    return [
        TextToMusic(f"5 seconds solo bass, piece {number}", model=MODEL, instrumental=True)
        for number in range(1, pieces + 1)
    ]


def order_all(studio: Studio, wanted: list[Brief], sweep: str) -> list[Task]:
    """Order a sweep; each brief at most once, however often this is asked for."""
    if hasattr(studio, "generate_all"):
        return list(studio.generate_all(wanted, sweep=sweep))
    journal = studio._road.library.journal
    known = {take.job.request["prompt"] for take in journal.takes()}
    return [studio.generate(brief) for brief in wanted if brief.prompt not in known]


def see_through(studio: Studio) -> list[str]:
    """Wait, and take up again what did not end, until nothing is left; say what is."""
    settle(studio.running)
    for _ in range(_ROUNDS):
        waiting = resume(studio)
        if not waiting:
            return []
        settle(waiting)
    return [f"still open: {task!r} {task.error}" for task in resume(studio)]


def resume(studio: Studio) -> list[Task]:
    """Take up what has not ended, without waiting."""
    return list(studio.resume())


def settle(tasks: list[Task]) -> None:
    """Wait for tasks, however they end."""
    for task in tasks:
        try:
            task.result(_PATIENCE_S, progress=False)
        except MusicnbError:
            continue
