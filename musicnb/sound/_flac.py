"""How the sound lies in a FLAC file, and where it goes on after damage (RFC 9639)."""

from __future__ import annotations

import re
from collections import deque
from collections.abc import Iterator
from dataclasses import dataclass
from typing import Final

from musicnb.errors import UndecodableAudio
from musicnb.sound._input import Input
from musicnb.sound._splice import Layout, Stretch

MAGIC: Final = b"fLaC"
_INFO_AT: Final = 8
_INFO_BYTES: Final = 34
_TOTAL_MASK: Final = (1 << 36) - 1
_LAST_FLAG: Final = 0x80
_MOST_BLOCKS: Final = 1_000
# a whole frame of eight channels is shorter than this
_TAIL: Final = 1 << 18
_CHUNK: Final = 1 << 20
_WIDEST_GAP: Final = 1 << 24
_LONGEST_HEADER: Final = 16
#: Beginnings of what is a frame's header if its checksum agrees: 14 sync bits, a zero, then the
#: kind of blocks; a block size and a rate that are not reserved.
_LOOKS_LIKE: Final = re.compile(rb"\xff[\xf8\xf9][\x10-\xff]|fLaC[\x00\x80]\x00\x00\x22")
_BLOCK_SIZES: Final = {1: 192, **{n: 576 << n - 2 for n in range(2, 6)},
                       **{n: 256 << n - 8 for n in range(8, 16)}}  # fmt: skip


@dataclass(frozen=True, slots=True)
class _Info:
    """The stream's own account, RFC 9639 section 8.2."""

    block_frames: int
    sample_rate: int
    total_frames: int


@dataclass(frozen=True, slots=True)
class _Frame:
    """Where a frame begins, which samples it holds, or that a new stream begins here."""

    at: int
    first: int
    count: int
    is_stream: bool = False


def flac_layout(source: Input, *, start: int, max_seconds: float) -> Layout:
    """Find out how long a FLAC file really is, from its last frame.

    Parameters
    ----------
    start
        Where the stream begins, behind a tag that some programs put in front.

    Raises
    ------
    UndecodableAudio
        Its header is no FLAC header, or there are more than `max_seconds` of sound.
    """
    info, frames_at = _header(source, start)
    declared = info.total_frames or None
    tail = deque(_frames(source, info, max(frames_at, source.size - _TAIL)), maxlen=1)
    there = tail[0].first + tail[0].count if tail and not tail[0].is_stream else None
    if there is not None and there == declared and there > max_seconds * info.sample_rate:
        raise UndecodableAudio(
            f"the file holds more than {max_seconds:g} s of sound", hint="Give a shorter file"
        )
    head = _endless(source, start)
    is_plain = start == 0 and declared is not None and declared == there
    stretch = Stretch() if is_plain else Stretch((head, (frames_at, source.size)))
    search = _Search(source, info, head, frames_at)
    return Layout(
        stretches=(stretch,),
        declared_frames=declared,
        notes=() if declared is not None else ("its header gives no length",),
        sound_bytes=source.size - frames_at,
        resume=search.after,
    )


class _Search:
    """Finds where the sound goes on after a place that cannot be decoded."""

    def __init__(self, source: Input, info: _Info, head: bytes, start: int) -> None:
        self._source, self._info, self._head = source, info, head
        self._at, self._expected, self._counted = start, 0, 0

    def after(self, decoded: int) -> Stretch | None:
        """Return what comes next.

        Parameters
        ----------
        decoded
            How many frames were decoded so far, in all.
        """
        self._expected += decoded - self._counted
        self._counted = decoded
        for frame in _frames(self._source, self._info, self._at):
            if frame.is_stream:
                self._info, self._at = _header(self._source, frame.at)
                self._expected = 0
                self._head = _endless(self._source, frame.at)
                pieces = (self._head, (self._at, self._source.size))
                return Stretch(pieces, self._info.total_frames)
            if frame.first >= self._expected:
                self._at, self._expected = frame.at + 1, frame.first
                return Stretch((self._head, (frame.at, self._source.size)))
        return None


def _header(source: Input, start: int) -> tuple[_Info, int]:
    """Read the account of a stream, and find where its frames begin."""
    info = source.read_at(start + _INFO_AT, _INFO_BYTES)
    at = start + len(MAGIC)
    for _ in range(_MOST_BLOCKS):
        head = source.read_at(at, 4)
        at += 4 + int.from_bytes(head[1:])
        if len(head) < 4 or head[0] & _LAST_FLAG:  # noqa: PLR2004
            break
    packed = int.from_bytes(info[10:18])
    rate = packed >> 44
    if len(info) < _INFO_BYTES or not rate:
        raise UndecodableAudio("its header is no FLAC header")
    return _Info(int.from_bytes(info[2:4]), rate, packed & _TOTAL_MASK), at


def _endless(source: Input, start: int) -> bytes:
    """Write the header that says nothing about the length, so that nothing is left out."""
    block = bytearray(source.read_at(start + _INFO_AT, _INFO_BYTES))
    block[10:18] = (int.from_bytes(block[10:18]) & ~_TOTAL_MASK).to_bytes(8)
    block[18:] = bytes(16)  # nor about the hash of what is no longer the same
    return MAGIC + bytes([_LAST_FLAG, 0, 0, _INFO_BYTES]) + bytes(block)


def _frames(source: Input, info: _Info, start: int) -> Iterator[_Frame]:
    """Find the headers of frames, and of streams, from a place on."""
    stop = min(source.size, start + _WIDEST_GAP)
    while start < stop:
        chunk = source.read_at(start, _CHUNK)
        for match in _LOOKS_LIKE.finditer(chunk):
            at = start + match.start()
            if match.group().startswith(MAGIC):
                yield _Frame(at, 0, 0, is_stream=True)
                continue
            head = chunk[match.start() : match.start() + _LONGEST_HEADER]
            if len(head) < _LONGEST_HEADER:
                head = source.read_at(at, _LONGEST_HEADER)
            frame = _read(head, at, info)
            if frame is not None:
                yield frame
        # what looks like a header may lie across two chunks
        start += len(chunk) - 8 if len(chunk) == _CHUNK else _CHUNK


def _read(head: bytes, at: int, info: _Info) -> _Frame | None:
    """Read a frame's header, RFC 9639 section 9.1; None when its checksum disagrees."""
    coded = head[4:5]
    if len(coded) < 1 or head[3] & 1 or head[3] >> 4 > 10:  # noqa: PLR2004
        return None
    ones = 8 - (coded[0] ^ 0xFF).bit_length()
    length = max(1, ones)
    if ones in (1, 8) or len(head) < 4 + length:
        return None
    number = coded[0] & (0x7F >> ones)
    for byte in head[5 : 4 + length]:
        number = number << 6 | byte & 0x3F
    size_code, rate_code = head[2] >> 4, head[2] & 15
    end = 4 + length
    count = _BLOCK_SIZES.get(size_code, 0)
    if size_code in (6, 7):
        count = 1 + int.from_bytes(head[end : end + size_code - 5])
        end += size_code - 5
    end += {12: 1, 13: 2, 14: 2}.get(rate_code, 0)
    if rate_code == 15 or end >= len(head) or _crc8(head[:end]) != head[end]:  # noqa: PLR2004
        return None
    is_variable = head[1] & 1
    return _Frame(at, number if is_variable else number * info.block_frames, count)


def _crc8(data: bytes) -> int:
    crc = 0
    for byte in data:
        crc = _CRC8[crc ^ byte]
    return crc


def _table() -> tuple[int, ...]:
    table = []
    for value in range(256):
        for _ in range(8):
            value = value << 1 ^ (0x107 if value & 0x80 else 0)  # noqa: PLW2901
        table.append(value & 0xFF)
    return tuple(table)


_CRC8: Final = _table()
