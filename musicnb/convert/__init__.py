"""Sound files to other sound files: trimmed, resampled, faded, brought to a loudness.

Everything runs in blocks, so length costs no memory. What is made is a new file that appears whole
or not at all; what it is made of is only read.

``convert("a.mp3", "b.wav", Encoding("WAV", bits=24), Changes(end_s=30))`` makes a file and says
what came of it.
"""

from __future__ import annotations

from musicnb.convert._blocks import Blocks, Mended, amplified, faded, resampled, trimmed
from musicnb.convert._changes import Changes, ChangesOptions
from musicnb.convert._convert import Converted, convert, gauged

__all__ = [
    "Blocks",
    "Changes",
    "ChangesOptions",
    "Converted",
    "Mended",
    "amplified",
    "convert",
    "faded",
    "gauged",
    "resampled",
    "trimmed",
]
