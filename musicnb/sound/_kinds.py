"""Which kind of sound file some bytes are, by their first bytes; names and headers may lie."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Final

HEAD_BYTES: Final = 16


@dataclass(frozen=True, slots=True)
class Kind:
    """A kind of sound file: libsndfile's name for it, its suffix and its media type."""

    format: str
    suffix: str
    media_type: str


WAV: Final = Kind("WAV", ".wav", "audio/wav")
FLAC: Final = Kind("FLAC", ".flac", "audio/flac")
OGG: Final = Kind("OGG", ".ogg", "audio/ogg")
MP3: Final = Kind("MP3", ".mp3", "audio/mpeg")

# an MPEG frame header: eleven sync bits, any version, layer III, any protection bit
_LAYER_III_SYNC: Final = 0xFFE2
_LAYER_III_MASK: Final = 0xFFE6

KINDS: Final = {kind.format: kind for kind in (WAV, FLAC, OGG, MP3)}


def kind_of(head: bytes) -> Kind | None:
    """Recognise a sound file by its first ``HEAD_BYTES`` bytes, or return None.

    Only the four kinds we trust libsndfile with are recognised: its other decoders are rarely
    used and have open security reports.
    """
    if head[:4] in (b"RIFF", b"RF64") and head[8:12] == b"WAVE":
        return WAV
    if head[:4] == b"fLaC":
        return FLAC
    if head[:4] == b"OggS":
        return OGG
    if head[:3] == b"ID3" or int.from_bytes(head[:2]) & _LAYER_III_MASK == _LAYER_III_SYNC:
        return MP3
    return None
