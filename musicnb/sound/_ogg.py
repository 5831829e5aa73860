"""How the sound lies in an OGG file: pages, and the streams that are chained in it (RFC 3533)."""

from __future__ import annotations

from dataclasses import dataclass
from itertools import accumulate
from typing import Final

from musicnb.sound._input import Input
from musicnb.sound._splice import Layout, Stretch

MAGIC: Final = b"OggS"
_HEAD: Final = 27
_BEGINS, _ENDS = 2, 4
_CHUNK: Final = 1 << 20
# a Vorbis block has 8,192 frames at most, an Opus packet 5,760
_LONGEST_PACKET: Final = 8_192
_WIDEST_GAP: Final = 1 << 24
_MOST_STREAMS: Final = 256


@dataclass(slots=True)
class _Link:
    """One stream of a chain."""

    start: int
    has_ended: bool = False
    in_headers: bool = True


def ogg_layout(source: Input) -> Layout:
    """Walk over the pages of an OGG file."""
    walk = _Walk(source)
    walk.run()
    links = walk.links[:_MOST_STREAMS]
    stops = [*(link.start for link in links[1:]), walk.end][: len(links)]
    notes = []
    if walk.lost_pages or walk.lost_bytes:
        notes.append(
            f"damaged (pages missing: {walk.lost_pages}, bytes of no page: {walk.lost_bytes:,})"
        )
    is_cut = any(not link.has_ended for link in links)
    if is_cut:
        notes.append("cut: its last page is not there")
    if len(links) > 1:
        notes.append(f"{len(links)} files glued together")
    stretches = [Stretch(((link.start, stop),)) for link, stop in zip(links, stops, strict=True)]
    if walk.cut_page is not None and 0 < len(walk.links) <= _MOST_STREAMS:
        at, page = walk.cut_page
        stretches[-1] = Stretch(((links[-1].start, at), page))
    elif len(links) == 1 and walk.end == source.size:
        stretches = [Stretch()]
    return Layout(
        stretches=tuple(stretches) or (Stretch(),),
        notes=tuple(notes),
        most_frames=walk.packets * _LONGEST_PACKET,
        whole=not (is_cut or walk.lost_pages or walk.lost_bytes),
    )


def _whole_packets(page: bytes) -> bytes:
    """Write a page anew that was cut, with those of its packets that are whole."""
    lacing = page[_HEAD : _HEAD + page[26]]
    there = len(page) - _HEAD - len(lacing)
    ends = [
        (count, size)
        for count, (size, last) in enumerate(zip(accumulate(lacing), lacing, strict=True), 1)
        if last < 255 and size <= there  # noqa: PLR2004 - 255 means that the packet goes on
    ]
    count, size = ends[-1] if ends else (0, 0)
    head = bytearray(page[:_HEAD])
    head[22:26], head[26] = bytes(4), count
    start = _HEAD + len(lacing)
    written = bytes(head) + lacing[:count] + page[start : start + size]
    return written[:22] + _crc32(written).to_bytes(4, "little") + written[26:]


def _crc32(data: bytes) -> int:
    """Return the checksum of RFC 3533, section 6: zlib's runs the other way round."""
    crc = 0
    for byte in data:
        crc = (crc << 8 & 0xFFFFFFFF) ^ _CRC32[crc >> 24 ^ byte]
    return crc


def _table() -> tuple[int, ...]:
    table = []
    for value in range(256):
        crc = value << 24
        for _ in range(8):
            crc = crc << 1 ^ (0x1_04C1_1DB7 if crc & 0x8000_0000 else 0)
        table.append(crc)
    return tuple(table)


_CRC32: Final = _table()


class _Walk:
    """One way through a file, from page to page."""

    def __init__(self, source: Input) -> None:
        self._source = source
        self._base, self._data = 0, b""
        self.links: list[_Link] = []
        self.lost_pages = self.lost_bytes = self.packets = self.end = 0
        self._numbers: dict[bytes, int] = {}
        self.cut_page: tuple[int, bytes] | None = None

    def run(self) -> None:
        """Go to the end of the file, or to where nothing more is to be expected."""
        at, size = 0, self._source.size
        while at + _HEAD <= size:
            head = self._at(at, _HEAD + 255)
            if head[:5] != MAGIC + b"\0":
                found = self._next_page(at + 1)
                if found is None:
                    return
                self.lost_bytes += found - at
                at = found
                continue
            self._take(at, head)
            lacing = head[_HEAD : _HEAD + head[26]]
            self.packets += len(lacing) - lacing.count(255)
            length = _HEAD + len(lacing) + sum(lacing)
            self.end = min(size, at + length)
            if at + length > size:
                self.cut_page = at, _whole_packets(self._at(at, size - at))
            at += length

    def _take(self, at: int, head: bytes) -> None:
        flags, serial = head[5], head[14:18]
        number = int.from_bytes(head[18:22], "little")
        if flags & _BEGINS and not (self.links and self.links[-1].in_headers):
            self.links.append(_Link(at))
            self._numbers = {}
        if not self.links:
            self.links.append(_Link(at))
        link = self.links[-1]
        link.in_headers = bool(flags & _BEGINS)
        link.has_ended = bool(flags & _ENDS)
        expected = self._numbers.get(serial, number)
        self.lost_pages += max(0, number - expected)
        self._numbers[serial] = number + 1

    def _next_page(self, at: int) -> int | None:
        start = at
        while start < min(self._source.size, at + _WIDEST_GAP):
            chunk = self._source.read_at(start, _CHUNK)
            found = chunk.find(MAGIC + b"\0")
            if found >= 0:
                return start + found
            start += len(chunk) - len(MAGIC) if len(chunk) == _CHUNK else _CHUNK
        return None

    def _at(self, at: int, count: int) -> bytes:
        if not self._base <= at <= self._base + len(self._data) - count:
            self._base, self._data = at, self._source.read_at(at, _CHUNK)
        index = at - self._base
        return self._data[index : index + count]
