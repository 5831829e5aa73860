"""Sound files in and out, through soundfile; the only room that knows libsndfile.

Samples are float32 arrays shaped ``(frames, channels)``. Decoding goes in blocks, from a path, from
bytes or from an open file; it believes no header about length, keeps every frame that is there, and
refuses what is not a WAV, FLAC, OGG or MP3 file by its first bytes. Writing makes new files only.
"""

from __future__ import annotations

from typing import TYPE_CHECKING

from musicnb._lazy import lazily
from musicnb.sound._decode import AudioFacts, Decoder, Sound, examine, read
from musicnb.sound._input import Source
from musicnb.sound._kinds import Kind, kind_of

if TYPE_CHECKING:
    from musicnb.sound._encode import (
        FORMATS,
        RATES,
        SUFFIXES,
        Encoding,
        Format,
        encode,
        encode_into,
        write,
    )
    from musicnb.sound._new_file import delete_partials, is_device, named_path, new_file
else:
    # what reading does not need
    __getattr__ = lazily(
        __name__,
        {
            "musicnb.sound._encode": (
                "FORMATS",
                "RATES",
                "SUFFIXES",
                "Encoding",
                "Format",
                "encode",
                "encode_into",
                "write",
            ),
            "musicnb.sound._new_file": ("delete_partials", "is_device", "named_path", "new_file"),
        },
    )

__all__ = [
    "FORMATS",
    "RATES",
    "SUFFIXES",
    "AudioFacts",
    "Decoder",
    "Encoding",
    "Format",
    "Kind",
    "Sound",
    "Source",
    "delete_partials",
    "encode",
    "encode_into",
    "examine",
    "is_device",
    "kind_of",
    "named_path",
    "new_file",
    "read",
    "write",
]
