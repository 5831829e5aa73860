"""The tag at the head of an MP3 file: how long one is, and writing ID3v2.4 text frames in UTF-8.

libsndfile hands LAME its text as Latin-1, so that every letter outside ASCII arrives broken.
"""

from __future__ import annotations

from collections.abc import Mapping
from typing import Final

# id3.org, "ID3 tag version 2.4.0 - Native Frames", section 4.2
_FRAMES: Final = {"title": b"TIT2", "artist": b"TPE1", "album": b"TALB", "comment": b"COMM"}
TAGS: Final = tuple(_FRAMES)
#: The head of a tag, which says how long it is.
ID3_BYTES: Final = 10
_UTF8: Final = b"\x03"
_NO_LANGUAGE: Final = b"XXX"


def id3_tag(tags: Mapping[str, str]) -> bytes:
    """Write a tag, or nothing when there is nothing to say.

    Parameters
    ----------
    tags
        Keys of `TAGS`. NUL ends a text in ID3, so it is left out.
    """
    frames = b"".join(_frame(_FRAMES[name], text) for name, text in tags.items() if text)
    return b"ID3\x04\x00\x00" + _synchsafe(len(frames)) + frames if frames else b""


def id3_length(head: bytes) -> int:
    """Return how long a tag at the front of a file is, from its first ten bytes."""
    size = 0
    for byte in head[6:ID3_BYTES]:
        size = size << 7 | byte & 0x7F
    footer = ID3_BYTES if head[5] & 0x10 else 0
    return ID3_BYTES + size + footer


def _frame(identifier: bytes, text: str) -> bytes:
    data = text.replace("\0", "").encode(errors="replace")
    # a comment has a language and an empty description before its text
    head = _UTF8 + _NO_LANGUAGE + b"\0" if identifier == b"COMM" else _UTF8
    return identifier + _synchsafe(len(head) + len(data)) + b"\0\0" + head + data


def _synchsafe(number: int) -> bytes:
    """Write a number in four bytes of seven bits, so that it cannot look like a frame's start."""
    return bytes(number >> shift & 0x7F for shift in (21, 14, 7, 0))
