"""The ``smpl`` chunk of a WAV file: where samplers and game engines read that it is a loop.

Microsoft, "Multimedia Data Standards Update", 1994: points in frames, the last one included.
"""

from __future__ import annotations

import os
import struct
from typing import BinaryIO, Final

_SAMPLER: Final = struct.Struct("<9I")
_LOOP: Final = struct.Struct("<6I")
_MIDDLE_C: Final = 60
_NS: Final = 1_000_000_000


def append_loop(file: BinaryIO, frames: int, sample_rate: int) -> None:
    """Write the chunk behind all others; the length in the file's head is the caller's."""
    if file.seek(0, os.SEEK_END) % 2:
        file.write(b"\0")
    body = _SAMPLER.pack(0, 0, round(_NS / sample_rate), _MIDDLE_C, 0, 0, 0, 1, 0)
    # identity, forward, first frame, last frame, no fraction, for ever
    body += _LOOP.pack(0, 0, 0, frames - 1, 0, 0)
    file.write(b"smpl" + struct.pack("<I", len(body)) + body)
