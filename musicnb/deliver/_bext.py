"""The ``bext`` chunk of a Broadcast Wave file: EBU Tech 3285, version 2."""

from __future__ import annotations

import math
import os
import struct
from dataclasses import dataclass
from datetime import datetime
from typing import BinaryIO, Final

_FIXED: Final = struct.Struct("<256s32s32s10s8sQH64s5h180s")
_VERSION: Final = 2
_UNKNOWN: Final = 0x7FFF  # "not used" for a loudness value
_RIFF_HEAD: Final = 12
_WIDEST: Final = 0xFFFF_FFFF


@dataclass(frozen=True, slots=True)
class Bext:
    """What the chunk tells.

    Parameters
    ----------
    description
        The first 256 bytes of it are kept; letters outside ASCII become question marks.
    reference
        Names the file to its maker, 32 bytes.
    made_at
        Date and time of its making.
    history
        How it was coded, a line.
    """

    description: str
    reference: str
    made_at: datetime
    history: str

    def chunk(self, loudness_lufs: float = math.nan, true_peak_dbtp: float = math.nan) -> bytes:
        """Return the chunk with its head; levels that are no numbers are told as unknown."""
        history = _ascii(f"{self.history}\r\n")
        history += b"\0" * (len(history) % 2)
        unknown = [_UNKNOWN] * 2
        body = _FIXED.pack(
            _ascii(self.description),
            b"musicnb",
            _ascii(self.reference),
            self.made_at.strftime("%Y-%m-%d").encode(),
            self.made_at.strftime("%H:%M:%S").encode(),
            0,
            _VERSION,
            b"",
            _hundredths(loudness_lufs),
            _UNKNOWN,
            _hundredths(true_peak_dbtp),
            *unknown,
            b"",
        )
        return b"bext" + struct.pack("<I", len(body) + len(history)) + body + history


def leave_room(file: BinaryIO, bext: Bext) -> None:
    """Go to where a WAV file has to be written so that the chunk fits in front of it."""
    file.seek(len(bext.chunk()))


def put_first(file: BinaryIO, bext: Bext, loudness_lufs: float, true_peak_dbtp: float) -> None:
    """Write the chunk before all others of a WAV file that was written behind the room left."""
    size = file.seek(0, os.SEEK_END)
    chunk = bext.chunk(loudness_lufs, true_peak_dbtp)
    file.seek(0)
    # the head that was written behind the room is covered by the chunk's end
    file.write(b"RIFF" + struct.pack("<I", min(size - 8, _WIDEST)) + b"WAVE" + chunk)
    assert file.tell() == len(chunk) + _RIFF_HEAD


def _hundredths(level: float) -> int:
    return round(level * 100) if math.isfinite(level) else _UNKNOWN


def _ascii(text: str) -> bytes:
    return text.encode("ascii", errors="replace")
