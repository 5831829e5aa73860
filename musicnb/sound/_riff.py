"""How the sound lies in a WAV file, whatever sizes its header claims."""

from __future__ import annotations

from typing import Final

from musicnb.errors import UndecodableAudio
from musicnb.sound._input import Input, too_long
from musicnb.sound._splice import Layout, Stretch

_HEAD: Final = 12
_CHUNK_HEAD: Final = 8
_MOST_CHUNKS: Final = 1_000
# written by what streams and cannot go back to fill in the size
_NO_LENGTH: Final = 0x7FFF_0000
_WIDE: Final = 0xFFFF_FFFF
#: PCM, float, A-law, mu-law and "extensible": one frame in every block
_PLAIN: Final = (1, 3, 6, 7, 0xFFFE)


def wav_layout(source: Input, *, max_seconds: float) -> Layout:
    """Find the samples of a WAV file: from its data chunk to the end of what is there.

    Raises
    ------
    UndecodableAudio
        It has no format or no data, or more than `max_seconds` of it.
    """
    fmt, at, declared = _chunks(source)
    form, align = int.from_bytes(fmt[:2], "little"), int.from_bytes(fmt[12:14], "little")
    rate = int.from_bytes(fmt[4:8], "little")
    there = source.size - at
    if declared is not None and declared < there and _is_ended(source, at + declared):
        there, is_patched = declared, False
    else:
        is_patched = declared is None or declared < there
    if form not in _PLAIN or not align or not rate:
        return Layout((Stretch(),), sound_bytes=there)  # libsndfile knows, or refuses it
    if there // align > max_seconds * rate:
        raise too_long(max_seconds)
    notes = ("its header gives no length",) if declared is None else ()
    stretch = Stretch()
    if is_patched:
        size = min(there, _WIDE).to_bytes(4, "little")
        stretch = Stretch((b"RIFF", (4, at - 4), size, (at, source.size)))
    return Layout(
        stretches=(stretch,),
        declared_frames=None if declared is None else declared // align,
        notes=notes,
        sound_bytes=there,
    )


def _chunks(source: Input) -> tuple[bytes, int, int | None]:
    """Return the format, where the data begin, and how many bytes of them the header claims."""
    at, fmt, wide = _HEAD, b"", None
    for _ in range(_MOST_CHUNKS):
        head = source.read_at(at, _CHUNK_HEAD)
        if len(head) < _CHUNK_HEAD:
            break
        name, size = head[:4], int.from_bytes(head[4:], "little")
        at += _CHUNK_HEAD
        if name == b"data":
            if not fmt:
                break
            if size == _WIDE and wide is not None:
                size = wide
            unknown = size == 0 or (size >= _NO_LENGTH and at + size > source.size)
            is_empty = size == 0 and _is_ended(source, at)
            return fmt, at, None if unknown and not is_empty else size
        if name == b"fmt ":
            fmt = source.read_at(at, min(size, 40))
        elif name == b"ds64":  # EBU Tech 3306: sizes beyond 4 GB
            wide = int.from_bytes(source.read_at(at + 8, 8), "little")
        at += size + size % 2
    raise UndecodableAudio("it has no sound data: the file was cut, or is none")


def _is_ended(source: Input, at: int) -> bool:
    """Whether the data really end here: at the end of the file, or before another chunk or tag."""
    for start in (at, at + at % 2):
        head = source.read_at(start, _CHUNK_HEAD)
        size = int.from_bytes(head[4:], "little")
        if len(head) < _CHUNK_HEAD or head[:3] in (b"ID3", b"TAG", b"APE"):
            return True
        is_name = head[:4].isascii() and head[:4].decode().isprintable() and head[:4].strip()
        if is_name and start + _CHUNK_HEAD + size <= source.size + 1:
            return True
    return False
