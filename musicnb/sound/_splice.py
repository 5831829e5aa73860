"""A sound file as it should be, put together from parts of the one that is there."""

from __future__ import annotations

import os
from bisect import bisect_right
from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass
from itertools import accumulate
from typing import Any

from musicnb.errors import UndecodableAudio
from musicnb.sound._input import Input

#: Bytes written here, or (start, stop) of bytes that stand in the file.
Piece = bytes | tuple[int, int]


@dataclass(frozen=True, slots=True)
class Stretch:
    """What one decoder decodes, from its first byte to its last.

    Parameters
    ----------
    pieces
        What it reads, end to end; None stands for the whole file as it is.
    follow
        For formats in which the next sound frame can be found: takes how many good frames the
        stretch has given, and returns what is to be decoded next, or None. Asked when the stretch
        has failed, and always where it was a single frame.
    skipped
        Frames at the front that were given already.
    most_frames
        Of a single frame of the format: how many frames it holds; others are not to be believed.
    """

    pieces: tuple[Piece, ...] | None = None
    follow: Callable[[int], Stretch | None] | None = None
    skipped: int = 0
    most_frames: int | None = None


@dataclass(frozen=True, slots=True)
class Layout:
    """How the sound lies in a file.

    Parameters
    ----------
    stretches
        To be decoded one after the other.
    declared_frames
        The length that the file's own header claims, or None where it claims none.
    slack_frames
        How far lengths may differ without anything being wrong.
    notes
        What is wrong, in words.
    whole
        False when sound is known to be missing.
    sound_bytes
        Bytes of sound, without tags and pictures.
    most_frames
        What so many packets can hold at most, where the declared length needs confirming.
    """

    stretches: tuple[Stretch, ...]
    declared_frames: int | None = None
    slack_frames: int = 0
    notes: tuple[str, ...] = ()
    whole: bool = True
    sound_bytes: int | None = None
    most_frames: int | None = None


class Splice:
    """A read-only file made of pieces, for soundfile's virtual files.

    What goes wrong in a callback of libsndfile cannot be raised through it; it is kept in
    `failure`, and the file seems to end.
    """

    def __init__(self, source: Input, pieces: Sequence[Piece]) -> None:
        self._source, self._pieces = source, pieces
        lengths = (len(p) if isinstance(p, bytes) else p[1] - p[0] for p in pieces)
        self._starts = [0, *accumulate(lengths)]
        self._at = 0
        self.failure: UndecodableAudio | None = None

    def seek(self, offset: int, whence: int = os.SEEK_SET) -> int:
        """Go to a place."""
        origin = {os.SEEK_SET: 0, os.SEEK_CUR: self._at, os.SEEK_END: self._starts[-1]}[whence]
        self._at = max(0, origin + offset)
        return self._at

    def tell(self) -> int:
        """Return the present place."""
        return self._at

    def readinto(self, buffer: Any) -> int:
        """Fill a buffer as far as there is something to fill it with."""
        filled = 0
        for data in self._parts(len(buffer)):
            buffer[filled : filled + len(data)] = data
            filled += len(data)
        self._at += filled
        return filled

    def write(self, data: bytes) -> int:
        """Refuse: soundfile asks every file for this method."""
        raise OSError(f"{len(data)} bytes for a file that is only read")

    def _parts(self, count: int) -> Iterator[bytes]:
        at = self._at
        index = bisect_right(self._starts, at) - 1
        while count > 0 and index < len(self._pieces):
            piece, skipped = self._pieces[index], at - self._starts[index]
            if isinstance(piece, bytes):
                data = piece[skipped : skipped + count]
            else:
                start = piece[0] + skipped
                try:
                    data = self._source.read_at(start, min(count, piece[1] - start))
                except UndecodableAudio as error:
                    self.failure = error
                    return
                if not data:  # the file has become shorter meanwhile
                    return
            yield data
            at, count, index = at + len(data), count - len(data), index + 1
            if at < self._starts[index]:  # a short piece: the rest of it has gone
                return
