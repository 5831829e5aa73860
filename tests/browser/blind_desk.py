"""A desk for blind listening that keeps its votes in one file: what the page is tested against.

It asks for pairs as `musicnb.listen.next_pair` does, writes every vote down before it answers, and
takes up where its file ends. Clips are tones, so that what is heard can be told from the outside.
"""

from __future__ import annotations

import json
import os
import secrets
from collections.abc import Sequence
from dataclasses import dataclass, field
from pathlib import Path

import numpy as np

from musicnb.errors import InvalidInput
from musicnb.listen import ANSWERS, BlindScreen, Pair, TopK, Vote, next_pair
from musicnb.sound import encode

RATE = 22_050


def tone(hz: float, seconds: float) -> bytes:
    """Give a sine as WAV: 16 bit, no chunks but format and samples."""
    t = np.arange(round(seconds * RATE)) / RATE
    return encode((0.3 * np.sin(2 * np.pi * hz * t)).astype("f4")[:, None], RATE, format="WAV")


@dataclass
class FileDesk:
    """Keeps votes on tones in a file of JSON lines; ``null`` takes the last one back."""

    path: Path
    tones: dict[str, float]
    planned: int = 28
    seconds: float = 8.0
    least_heard_s: float = 1.0
    break_after: int = 14
    reasons: tuple[str, ...] = ("hook", "mix", "voice", "rhythm", "ending")
    clips: tuple[str, ...] = field(init=False)

    def __post_init__(self) -> None:
        self.clips = tuple(self.tones)
        self.votes: list[Vote] = []
        if self.path.exists():
            for line in self.path.read_text().splitlines():
                row = json.loads(line)
                if row is None:
                    self.votes.pop()
                else:
                    kept = {"reasons": tuple(row["reasons"]), "heard_s": tuple(row["heard_s"])}
                    self.votes.append(Vote(**row | kept))
        self.rested = len(self.votes)
        self.is_revealed = False
        self.last_token = ""
        self._present()

    def screen(self) -> BlindScreen:
        """Say what is to be shown now."""
        answered = len(self.votes)
        is_break = answered == self.break_after and self.rested != answered
        state, remark = "pair", ""
        if self.is_revealed:
            state, remark = "revealed", f"The clips were {', '.join(self.clips)}."
        elif answered >= self.planned:
            state, remark = "done", "Revealing ends the session: no more votes count after it."
        elif is_break:
            state, remark = "break", f"You have given {answered} votes. Ears tire; rest yours."
        return BlindScreen(
            state=state,  # type: ignore[arg-type]
            token=self.token if state == "pair" else "",
            number=answered + 1,
            of=self.planned,
            answered=answered,
            minutes_left=(self.planned - answered) * 0.35,
            seconds=self.seconds,
            least_heard_s=self.least_heard_s,
            reasons=self.reasons,
            remark=remark,
        )

    def vote(
        self,
        answer: str,
        *,
        token: str,
        reasons: Sequence[str] = (),
        note: str = "",
        heard_s: tuple[float, float] = (0.0, 0.0),
    ) -> BlindScreen:
        """Keep a vote for good before saying what comes next."""
        if token == self.last_token:
            return self.screen()
        if token != self.token:
            raise InvalidInput("this pair has been answered or replaced")
        if answer not in ANSWERS:
            raise InvalidInput(f"answer {answer} is not known")
        if min(heard_s) < self.least_heard_s:
            raise InvalidInput("each must be heard for longer")
        row = {
            "left": self.pair.left,
            "right": self.pair.right,
            "answer": answer,
            "is_repeat": self.pair.is_repeat,
            "reasons": list(reasons),
            "note": note,
            "heard_s": list(heard_s),
        }
        self._write(row)
        self.votes.append(Vote(**row | {"reasons": tuple(reasons), "heard_s": heard_s}))  # type: ignore[arg-type]
        self.last_token = token
        self._present()
        return self.screen()

    def undo(self) -> BlindScreen:
        """Take back the last vote."""
        if not self.votes:
            raise InvalidInput("there is no vote to take back")
        self._write(None)
        self.votes.pop()
        self._present()
        return self.screen()

    def sound(self, token: str, slot: str) -> bytes:
        """Give the WAV that is A or B."""
        if token != self.token:
            raise InvalidInput("this pair has been answered or replaced")
        return tone(self.tones[self.pair.left if slot == "A" else self.pair.right], self.seconds)

    def resume(self) -> BlindScreen:
        """Go on after a break."""
        self.rested = len(self.votes)
        return self.screen()

    def reveal(self) -> None:
        """End the session."""
        self.is_revealed = True

    def _write(self, row: object) -> None:
        with self.path.open("a") as file:
            file.write(json.dumps(row) + "\n")
            file.flush()
            os.fsync(file.fileno())

    def _present(self) -> None:
        self.pair: Pair = next_pair(self.votes, self.clips, goal=TopK(3), seed=7)
        self.token = secrets.token_hex(16)
