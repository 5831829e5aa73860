"""Sound files in and out, through soundfile; the only room that knows libsndfile.

Samples are float32 arrays shaped ``(frames, channels)``. Decoding goes in blocks, believes no
header about length, and refuses what is not a WAV, FLAC, OGG or MP3 file by its first bytes.
"""

from __future__ import annotations

from musicnb.sound._decode import AudioFacts, Decoder, Sound, examine, read
from musicnb.sound._encode import FORMATS, encode
from musicnb.sound._kinds import Kind, kind_of

__all__ = [
    "FORMATS",
    "AudioFacts",
    "Decoder",
    "Kind",
    "Sound",
    "encode",
    "examine",
    "kind_of",
    "read",
]
