"""What a client orders, and how it sees to it that all of it comes."""

from __future__ import annotations

from musicnb import Studio, TextToMusic
from musicnb.briefs import Brief

MODEL = "minimax-music-2.6"
SWEEP = "crashing"
_ROUNDS = 20
_PATIENCE_S = 120.0


def piece(number: int) -> Brief:
    """Return one of the shortest pieces there are, with its number in its prompt."""
    return TextToMusic(f"5 seconds solo bass, piece {number}", model=MODEL, instrumental=True)


def see_through(studio: Studio, pieces: int) -> list[str]:
    """Order a sweep and take up what does not end, until nothing is left; say what is."""
    briefs = [piece(number) for number in range(1, pieces + 1)]
    studio.generate_all(briefs, sweep=SWEEP).wait(_PATIENCE_S)
    for _ in range(_ROUNDS):
        if not studio.resume(timeout_s=_PATIENCE_S):
            return []
    return [f"still open: {task!r} {task.error}" for task in studio.resume(wait=False)]
