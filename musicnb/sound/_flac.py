"""How the sound lies in a FLAC file, and where it goes on after damage (RFC 9639)."""

from __future__ import annotations

import re
from collections import deque
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from functools import partial
from itertools import islice
from typing import Final

from musicnb.errors import UndecodableAudio
from musicnb.sound._input import Input, too_long
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
#: What is a frame's header if its checksum agrees: 14 sync bits, a zero, the kind of blocks, and a
#: block size that is not reserved.
_LOOKS_LIKE: Final = re.compile(rb"\xff[\xf8\xf9][\x10-\xff]")
#: A stream's first block is its account, of 34 bytes.
_BEGINS: Final = re.compile(rb"fLaC[\x00\x80]\x00\x00\x22")
_MOST_STREAMS: Final = 256
# a file made of headers would be tried for minutes
_MOST_BAD: Final = 256
_SEEN_AHEAD: Final = 64
_GOOD_ONES: Final = 4
_MOST_TRIES: Final = 50_000
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
    """Where a frame begins, and which samples it holds."""

    at: int
    first: int
    count: int


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
    streams = _streams(source, start)
    first = streams[0]
    declared = first.info.total_frames or None
    there = first.length()
    if there is not None and there > max_seconds * first.info.sample_rate:
        raise too_long(max_seconds)
    is_plain = start == 0 and len(streams) == 1 and declared is not None and declared == there
    notes = [] if declared is not None else ["its header gives no length"]
    if len(streams) > 1:
        notes.append(f"{len(streams)} files glued together")
    totals = [stream.info.total_frames for stream in streams]
    return Layout(
        stretches=tuple(stream.whole(is_plain=is_plain) for stream in streams),
        declared_frames=sum(totals) if all(totals) else None,
        notes=tuple(notes),
        sound_bytes=source.size - first.start,
    )


def _streams(source: Input, start: int) -> list[_Stream]:
    """Find every stream of a file: there are several in what was glued together."""
    starts = [start]
    at = start + len(MAGIC)
    while at < source.size and len(starts) < _MOST_STREAMS:
        chunk = source.read_at(at, _CHUNK)
        found = chunk.find(MAGIC)  # much faster than the pattern
        while found >= 0:
            if _BEGINS.match(chunk, found):
                starts.append(at + found)
            found = chunk.find(MAGIC, found + 1)
        at += len(chunk) - len(MAGIC) - 4 if len(chunk) == _CHUNK else _CHUNK
    starts = sorted(set(starts))[:_MOST_STREAMS]
    return [
        _Stream(source, begin, stop)
        for begin, stop in zip(starts, [*starts[1:], source.size], strict=True)
    ]


class _Stream:
    """One FLAC stream, and the search for where it goes on behind damage.

    libFLAC looks for the next frame itself and does not say how much it has left out, so what it
    gives around a damaged place cannot be told apart. There, frames are decoded one by one.
    """

    def __init__(self, source: Input, begin: int, stop: int) -> None:
        self._source, self._stop = source, stop
        self.info, self.start = _header(source, begin)
        self._head = _endless(source, begin)
        self._good_ones = self._bad_ones = self._tries = 0

    def length(self) -> int | None:
        """Return where the last frame ends; None where what looks like one may be none."""
        tail = deque(self._frames(max(self.start, self._stop - _TAIL)), maxlen=2)
        if not tail:
            return None
        before, last = tail[0], tail[-1]
        is_alone = before is last and not last.first
        is_next = before.first + before.count == last.first
        return last.first + last.count if is_alone or is_next else None

    def whole(self, *, is_plain: bool) -> Stretch:
        """Return all of it; `is_plain` where the file may be decoded as it stands."""
        follow = partial(self._behind, first=0, at=self.start)
        if is_plain:
            return Stretch(None, follow)
        return Stretch((self._head, (self.start, self._stop)), follow)

    def _behind(self, given: int, *, first: int, at: int) -> Stretch | None:
        """Go on where a stretch has failed after so many good frames."""
        self._good_ones = 0
        return self._one(first + given, at)

    def _one(self, position: int, at: int) -> Stretch | None:
        """Return the frame that holds a position, or the next one there is."""
        while self._bad_ones <= _MOST_BAD:
            frames = list(islice(self._reaching(position, at), _SEEN_AHEAD))
            found = _believable(frames, position)
            if found is None:
                return None
            frame, end = found
            skipped = max(0, position - frame.first)
            return Stretch(
                (self._head, (frame.at, self._stop if end is None else end)),
                partial(self._after_one, frame=frame, wanted=frame.count - skipped),
                skipped=skipped,
                most_frames=frame.count - skipped,
            )
        return None

    def _after_one(self, given: int, *, frame: _Frame, wanted: int) -> Stretch | None:
        """Go on behind a frame that was decoded alone, in a long stretch after some good ones."""
        following = frame.first + frame.count
        if given == wanted:
            self._good_ones += 1
        else:
            self._good_ones = 0
            self._bad_ones += 1
        if self._good_ones < _GOOD_ONES:
            return self._one(following, frame.at + 1)
        found = next(self._reaching(following, frame.at + 1), None)
        if found is None or found.first != following:
            return self._one(following, frame.at + 1)
        self._good_ones = 0
        return Stretch(
            (self._head, (found.at, self._stop)),
            partial(self._behind, first=found.first, at=found.at),
        )

    def _reaching(self, position: int, at: int) -> Iterator[_Frame]:
        return (frame for frame in self._frames(at) if frame.first + frame.count > position)

    def _frames(self, at: int) -> Iterator[_Frame]:
        """Find the headers of frames from a place on."""
        stop = min(self._stop, at + _WIDEST_GAP)
        while at < stop:
            chunk = self._source.read_at(at, min(_CHUNK, self._stop - at))
            for match in _LOOKS_LIKE.finditer(chunk):
                head = chunk[match.start() : match.start() + _LONGEST_HEADER]
                if len(head) < _LONGEST_HEADER:
                    head = self._source.read_at(at + match.start(), _LONGEST_HEADER)
                frame = _read(head, at + match.start(), self.info)
                self._tries += frame is None
                if frame is not None:
                    yield frame
                elif self._tries > _MOST_TRIES:
                    return
            # what looks like a header may lie across two chunks
            at += len(chunk) - 2 if len(chunk) == _CHUNK else _CHUNK


def _believable(frames: Sequence[_Frame], position: int) -> tuple[_Frame, int | None] | None:
    """Return the first frame that is expected or that another one follows, and where it ends.

    A header by chance, right to its checksum, stands in every 60 MB or so of sound.
    """
    for index, frame in enumerate(frames):
        following = frame.first + frame.count
        later = [other for other in frames[index + 1 :] if other.at > frame.at]
        end = next((other.at for other in later if other.first == following), None)
        if end is not None:
            return frame, end
        if frame.first <= position or not later:
            return frame, later[0].at if later else None
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
        if byte >> 6 != 2:  # noqa: PLR2004 - as in UTF-8
            return None
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
