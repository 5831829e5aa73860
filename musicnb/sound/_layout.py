"""Which kind of sound file something is, and how the sound lies in it."""

from __future__ import annotations

from typing import Final

from musicnb.errors import UndecodableAudio
from musicnb.sound._id3 import id3_length
from musicnb.sound._input import Input
from musicnb.sound._kinds import FLAC, HEAD_BYTES, MP3, OGG, WAV, Kind, kind_of
from musicnb.sound._splice import Layout

_MOST_TAGS: Final = 16


def lay_out(source: Input, *, max_seconds: float) -> tuple[Kind, Layout]:
    """Recognise a sound file by its first bytes, and find the sound in it.

    Raises
    ------
    UndecodableAudio
        It is none of the four kinds, there is no sound in it, or more than `max_seconds`.
    """
    kind = kind_of(source.read_at(0, HEAD_BYTES))
    start = _after_tags(source) if kind is MP3 else 0
    if start and kind_of(source.read_at(start, HEAD_BYTES)) is FLAC:
        kind = FLAC  # some programs put the tag of MP3 files in front of FLAC
    # loaded when they are met: the tables of all four take as long as measuring a short clip
    if kind is WAV:
        from musicnb.sound._riff import wav_layout  # noqa: PLC0415

        return kind, wav_layout(source, max_seconds=max_seconds)
    if kind is FLAC:
        from musicnb.sound._flac import flac_layout  # noqa: PLC0415

        return kind, flac_layout(source, start=start, max_seconds=max_seconds)
    if kind is OGG:
        from musicnb.sound._ogg import ogg_layout  # noqa: PLC0415

        return kind, ogg_layout(source)
    if kind is MP3:
        from musicnb.sound._mp3 import mp3_layout  # noqa: PLC0415

        return kind, mp3_layout(source, max_seconds=max_seconds)
    raise UndecodableAudio(
        "the file is empty"
        if not source.size
        else "this is not a WAV, FLAC, OGG or MP3 file, whatever its name says",
        hint="Convert it to one of these",
    )


def _after_tags(source: Input) -> int:
    at = 0
    for _ in range(_MOST_TAGS):
        head = source.read_at(at, HEAD_BYTES)
        if head[:3] != b"ID3" or len(head) < HEAD_BYTES:
            break
        at += id3_length(head)
    return at
