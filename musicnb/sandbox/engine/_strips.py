"""The channels of the mixing desk, and a note on its way into one."""

from __future__ import annotations

import math
from dataclasses import dataclass

import numpy as np

from musicnb.sandbox.engine._filters import FloatArray


@dataclass(frozen=True, slots=True)
class Strip:
    """One channel of the desk.

    Attributes
    ----------
    gain : float
        Linear level.
    pan : float
        -1 (left) to 1 (right).
    send : float
        Share that enters the room.
    spread : float
        How far single notes stand from the middle of the part.
    echo : float
        Level of the dotted-eighth echo.
    ducked : bool
        Whether the kick pushes it down in genres that pump.
    """

    gain: float
    pan: float
    send: float
    spread: float = 0.0
    echo: float = 0.0
    ducked: bool = False


STRIPS: dict[str, Strip] = {
    "drums": Strip(gain=0.80, pan=0.0, send=0.07),
    "bass": Strip(gain=0.58, pan=0.0, send=0.0, ducked=True),
    "chords": Strip(gain=0.38, pan=-0.18, send=0.16, spread=0.25, ducked=True),
    "pad": Strip(gain=0.22, pan=0.0, send=0.30, ducked=True),
    "arp": Strip(gain=0.26, pan=0.38, send=0.26, spread=0.3, echo=0.22, ducked=True),
    "lead": Strip(gain=0.42, pan=0.08, send=0.22, echo=0.2),
    "vocal": Strip(gain=0.62, pan=0.0, send=0.18, echo=0.12),
    "backing": Strip(gain=0.34, pan=-0.35, send=0.28, spread=0.1),
}


@dataclass(frozen=True, slots=True)
class Voice:
    """A note in sound: samples shared with its twins, level per channel, place and fade."""

    wave: FloatArray
    level: FloatArray
    start: int
    frames: int
    fade: int

    def add_to(self, buffer: FloatArray, block_start: int, block_frames: int) -> None:
        """Add what falls into the block."""
        begin = max(0, block_start - self.start)
        end = min(self.frames, block_start + block_frames - self.start)
        if end <= begin:
            return
        piece = self.wave[..., begin:end]
        fading = self.frames - self.fade
        if self.fade and end > fading:
            knee = max(begin, fading)
            piece = piece.copy()
            rest = (self.frames - np.arange(knee, end, dtype=np.float32)) / np.float32(self.fade)
            piece[..., knee - begin :] *= rest * rest
        place = self.start + begin - block_start
        buffer[:, place : place + end - begin] += piece * self.level


def panned(pan: float, level: float) -> FloatArray:
    """Return gains of both channels by the constant-power law, shape (2, 1)."""
    angle = (min(1.0, max(-1.0, pan)) + 1) * math.pi / 4
    gains = [[math.cos(angle) * level], [math.sin(angle) * level]]
    return np.array(gains, np.float32) * np.float32(math.sqrt(2))
