"""MPEG layer III frames, found by their headers alone (ISO/IEC 11172-3 and 13818-3).

An MP3 file tells its length only where an encoder has written it into the first frame, and
libsndfile believes that, or guesses from the first bitrate. So the frames are counted.
"""

from __future__ import annotations

import re
from dataclasses import dataclass
from typing import Final

_KBPS_1: Final = (0, 32, 40, 48, 56, 64, 80, 96, 112, 128, 160, 192, 224, 256, 320)
_KBPS_2: Final = (0, 8, 16, 24, 32, 40, 48, 56, 64, 80, 96, 112, 128, 144, 160)
_MPEG_1: Final = 3
_RATES: Final = {
    3: (44_100, 48_000, 32_000),
    2: (22_050, 24_000, 16_000),
    0: (11_025, 12_000, 8_000),
}
_MONO: Final = 3
_FRAMES_1, _FRAMES_2 = 1_152, 576
# the last of the rates, and the first and last of the bitrates, are no values
_THIRD_BYTES: Final = [n for n in range(256) if n >> 4 not in (0, 15) and ~n & 0x0C]
HEADER_BYTES: Final = 4
#: The longest frame there is: 320 kb/s at 32 kHz, padded.
LONGEST: Final = 1_441
#: What looks like a header of layer III with a known bitrate and rate.
LOOKS_LIKE: Final = re.compile(
    rb"\xff[\xe2\xe3\xf2\xf3\xfa\xfb][" + b"".join(b"\\x%02x" % n for n in _THIRD_BYTES) + rb"]",
    re.DOTALL,
)


@dataclass(frozen=True, slots=True)
class Header:
    """What a frame's header says.

    Parameters
    ----------
    length
        Bytes of the frame, header included.
    frames
        Samples of each channel in it.
    side
        Bytes between the header and what follows the side information.
    family
        What all frames of one stream have in common: version, rate, and whether it is mono.
    """

    length: int
    kbps: int
    sample_rate: int
    frames: int
    channels: int
    side: int
    family: tuple[int, int, bool]


_KNOWN: dict[bytes, Header | None] = {}
_MOST_KNOWN: Final = 4_096


def header(word: bytes) -> Header | None:
    """Read the four bytes of a frame's header; None when they are none."""
    try:
        return _KNOWN[word]
    except KeyError:
        read = _read(word)
    if len(_KNOWN) < _MOST_KNOWN:
        _KNOWN[word] = read
    return read


def _read(word: bytes) -> Header | None:
    if len(word) < HEADER_BYTES or not LOOKS_LIKE.match(word):
        return None
    version, padding = word[1] >> 3 & 3, word[2] >> 1 & 1
    mono = word[3] >> 6 == _MONO
    rate = _RATES[version][word[2] >> 2 & 3]
    kbps = (_KBPS_1 if version == _MPEG_1 else _KBPS_2)[word[2] >> 4]
    frames, side = _FRAMES_2, 9 if mono else 17
    if version == _MPEG_1:
        frames, side = _FRAMES_1, 17 if mono else 32
    length = frames // 8 * kbps * 1_000 // rate + padding
    return Header(length, kbps, rate, frames, 1 if mono else 2, side, (version, rate, mono))


# ------------------------------------------------------------------ the first frame's own account

_COUNT_FLAG, _BYTES_FLAG, _TOC_FLAG, _QUALITY_FLAG = 1, 2, 4, 8
_TOC_BYTES: Final = 100
_DELAYS_AT: Final = 21
NAMES: Final = (b"Xing", b"Info")
#: Fraunhofer's own account, which libsndfile plays as sound; always 32 bytes behind the header.
VBRI: Final = b"VBRI"
VBRI_AT: Final = HEADER_BYTES + 32


@dataclass(frozen=True, slots=True)
class Account:
    """What the first frame, which holds no sound, says of those that follow.

    Parameters
    ----------
    frames
        How many MPEG frames follow it, or None.
    padded
        Samples that the encoder added at both ends.
    """

    frames: int | None
    padded: int


def account_in(frame: bytes) -> Account | None:
    """Read the account in a frame that LAME or another encoder has put first."""
    head = header(frame[:HEADER_BYTES])
    if head is None:
        return None
    at = HEADER_BYTES + head.side
    if frame[at : at + 4] not in NAMES:
        is_vbri = frame[VBRI_AT : VBRI_AT + 4] == VBRI
        # 14 bytes behind its name
        return Account(int.from_bytes(frame[VBRI_AT + 14 : VBRI_AT + 18]), 0) if is_vbri else None
    flags = int.from_bytes(frame[at + 4 : at + 8])
    count = int.from_bytes(frame[at + 8 : at + 12]) if flags & _COUNT_FLAG else None
    delays = _delays_at(at, flags)
    field = int.from_bytes(frame[delays : delays + 3]) if frame[delays : delays + 3] else 0
    return Account(count, (field >> 12) + (field & 0xFFF))


def _delays_at(at: int, flags: int) -> int:
    parts = ((_COUNT_FLAG, 4), (_BYTES_FLAG, 4), (_TOC_FLAG, _TOC_BYTES), (_QUALITY_FLAG, 4))
    return at + 8 + sum(size for flag, size in parts if flags & flag) + _DELAYS_AT


def new_account(first: bytes, *, frames: int, sound_bytes: int, old: bytes = b"") -> bytes:
    """Write a frame that says how many follow.

    Parameters
    ----------
    first
        Header of the first frame of sound.
    old
        An earlier account to be put right: the samples that the encoder put before the sound stay
        known; those at its end do not, because nobody knows whether that end is still there.
    """
    head = header(first)
    assert head is not None
    word = bytearray(first[:HEADER_BYTES])
    word[1] |= 1  # no checksum
    # a rate of its own: 128 or 64 kb/s, in which an account has room at every sample rate
    word[2] = (9 if head.frames == _FRAMES_1 else 8) << 4 | word[2] & 0x0C
    own = header(bytes(word))
    assert own is not None
    at = HEADER_BYTES + own.side
    frame = bytearray(own.length)
    frame[:HEADER_BYTES] = word
    frame[at : at + 4] = b"Xing"
    frame[at + 4 : at + 8] = (_COUNT_FLAG | _BYTES_FLAG).to_bytes(4)
    frame[at + 8 : at + 12] = frames.to_bytes(4)
    frame[at + 12 : at + 16] = (sound_bytes + own.length).to_bytes(4)
    if old:
        here = _delays_at(at, _COUNT_FLAG | _BYTES_FLAG)
        there = _delays_at(at, int.from_bytes(old[at + 4 : at + 8]))
        before, after = -_DELAYS_AT, 9 - _DELAYS_AT  # the encoder's name
        frame[here + before : here + after] = old[there + before : there + after].ljust(9, b"\0")
        added = int.from_bytes(old[there : there + 3])
        frame[here : here + 3] = (added & 0xFFF000).to_bytes(3)
    return bytes(frame)
