"""PNG files of few colours, in numpy and zlib alone (PNG 1.2, W3C recommendation of 2003)."""

from __future__ import annotations

import struct
import zlib

import numpy as np
from numpy.typing import NDArray

_BYTE = 8
_MOST_COLOURS = 256
_INDEXED = 3


def png(pixels: NDArray[np.uint8], colours: NDArray[np.uint8]) -> bytes:
    """Encode a picture whose pixels are numbers of colours.

    Parameters
    ----------
    pixels
        Shape ``(height, width)``, the upper row first; each an index into `colours`.
    colours
        Shape ``(n, 4)``: red, green, blue and opacity, 1 to 256 of them. The fewer there are, the
        smaller the file: 2, 4 and 16 colours need 1, 2 and 4 bits a pixel.

    Raises
    ------
    ValueError
        The arrays have other shapes, or a pixel has no colour.
    """
    if pixels.ndim != 2 or not pixels.size or colours.shape[1:] != (4,):  # noqa: PLR2004
        raise ValueError(f"no picture: pixels {pixels.shape}, colours {colours.shape}")
    if not int(pixels.max()) < len(colours) <= _MOST_COLOURS:
        raise ValueError(f"pixel {pixels.max()} is none of {len(colours)} colours")
    height, width = pixels.shape
    bits = next(bits for bits in (1, 2, 4, 8) if len(colours) <= 1 << bits)
    header = struct.pack(">IIBBBBB", width, height, bits, _INDEXED, 0, 0, 0)
    # rows begin with the number of their filter: none, as neighbouring colours are not close
    rows = np.hstack([np.zeros((height, 1), np.uint8), _packed(pixels, bits)])
    opacity = colours[:, 3]
    parts = [b"\x89PNG\r\n\x1a\n", _chunk(b"IHDR", header), _chunk(b"PLTE", _bytes(colours[:, :3]))]
    if opacity.min() < 255:  # noqa: PLR2004
        parts.append(_chunk(b"tRNS", _bytes(opacity)))
    parts += [_chunk(b"IDAT", zlib.compress(_bytes(rows), 9)), _chunk(b"IEND", b"")]
    return b"".join(parts)


def _packed(pixels: NDArray[np.uint8], bits: int) -> NDArray[np.uint8]:
    """Put the pixels of each row into bytes, the leftmost in the highest bits."""
    per_byte = _BYTE // bits
    if per_byte == 1:
        return pixels
    height, width = pixels.shape
    padded = np.zeros((height, -(-width // per_byte) * per_byte), np.uint8)
    padded[:, :width] = pixels
    shifts = np.arange(_BYTE - bits, -1, -bits, dtype=np.uint8)
    shifted = padded.reshape(height, -1, per_byte) << shifts
    return np.asarray(np.bitwise_or.reduce(shifted, axis=2), np.uint8)


def _bytes(values: NDArray[np.uint8]) -> bytes:
    return np.ascontiguousarray(values, np.uint8).tobytes()


def _chunk(kind: bytes, data: bytes) -> bytes:
    return struct.pack(">I", len(data)) + kind + data + struct.pack(">I", zlib.crc32(kind + data))
