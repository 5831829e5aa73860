"""PNG files read by the book, independently of how they are written."""

from __future__ import annotations

import struct
import zlib

import numpy as np


def chunks_of(png: bytes) -> dict[bytes, bytes]:
    """Return the chunks of a PNG in their order; every checksum must be right."""
    assert png.startswith(b"\x89PNG\r\n\x1a\n")
    at, found = 8, {}
    while at < len(png):
        (length,) = struct.unpack(">I", png[at : at + 4])
        kind, data = png[at + 4 : at + 8], png[at + 8 : at + 8 + length]
        assert struct.unpack(">I", png[at + 8 + length : at + 12 + length])[0] == zlib.crc32(
            kind + data
        )
        found[kind] = data
        at += 12 + length
    assert list(found)[-1] == b"IEND"
    return found


def indices_of(png: bytes) -> np.ndarray:
    """Decode the numbers of the colours, shaped ``(height, width)``."""
    found = chunks_of(png)
    width, height, bits, *rest = struct.unpack(">IIBBBBB", found[b"IHDR"])
    assert rest == [3, 0, 0, 0]
    rows = np.frombuffer(zlib.decompress(found[b"IDAT"]), np.uint8).reshape(height, -1)
    assert not rows[:, 0].any()
    bitwise = np.unpackbits(rows[:, 1:], axis=1)
    numbers = bitwise.reshape(height, -1, bits) @ (1 << np.arange(bits)[::-1])
    return numbers[:, :width]


def colours_of(png: bytes) -> np.ndarray:
    """Decode the pixels as red, green, blue and opacity."""
    found = chunks_of(png)
    table = np.frombuffer(found[b"PLTE"], np.uint8).reshape(-1, 3)
    opacity = np.full(len(table), 255, np.uint8)
    given = np.frombuffer(found.get(b"tRNS", b""), np.uint8)
    opacity[: len(given)] = given
    return np.hstack([table, opacity[:, None]])[indices_of(png)]
