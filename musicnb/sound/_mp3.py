"""How the sound lies in an MP3 file: which bytes are frames, and what is wrong with it."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass, field
from typing import Final

from musicnb.errors import UndecodableAudio
from musicnb.sound._id3 import ID3_BYTES, id3_length
from musicnb.sound._input import Input, too_long
from musicnb.sound._mpeg import (
    HEADER_BYTES,
    LONGEST,
    LOOKS_LIKE,
    NAMES,
    VBRI,
    VBRI_AT,
    Account,
    Header,
    account_in,
    header,
    new_account,
)
from musicnb.sound._splice import Layout, Stretch

_CHUNK: Final = 1 << 20
#: This much without a frame, and nothing more is looked for.
_WIDEST_GAP: Final = 1 << 24
# A file made of headers without frames would keep us busy for minutes.
_MOST_TRIES: Final = 100_000
_MOST_STREAMS: Final = 256
_ID3V1_BYTES: Final = 128
_APE_BYTES: Final = 32


@dataclass(slots=True)
class _Stream:
    """Frames that belong together: one encoder's work, with its own account at the front."""

    first: bytes
    account: Account | None = None
    account_frame: bytes = b""
    spans: list[list[int]] = field(default_factory=list)
    frames: int = 0
    rates: set[int] = field(default_factory=set)

    @property
    def head(self) -> Header:
        head = header(self.first)
        assert head is not None
        return head

    @property
    def declared_frames(self) -> int | None:
        if self.account is None or self.account.frames is None:
            return None
        return max(0, self.account.frames * self.head.frames - self.account.padded)

    @property
    def is_vbri(self) -> bool:
        """Whether its account is one that libsndfile does not know."""
        return self.account_frame[VBRI_AT : VBRI_AT + 4] == VBRI

    def take(self, start: int, head: Header) -> None:
        if self.spans and self.spans[-1][1] == start:
            self.spans[-1][1] = start + head.length
        else:
            self.spans.append([start, start + head.length])
        self.frames += 1
        self.rates.add(head.kbps)


def mp3_layout(source: Input, *, max_seconds: float) -> Layout:
    """Find every frame of an MP3 file.

    Raises
    ------
    UndecodableAudio
        There is none, or more than `max_seconds` of them.
    """
    walk = _Walk(source, max_seconds)
    walk.run()
    streams = [stream for stream in walk.streams if stream.frames]
    if not streams:
        raise UndecodableAudio("there is no MP3 frame in it")
    first = streams[0]
    alike = [stream for stream in streams if stream.head.family == first.head.family]
    declared = [stream.declared_frames for stream in alike]
    missing = bool(walk.lost) or walk.is_cut
    notes = []
    for at, count in walk.lost[:1]:
        more = f" and at {len(walk.lost) - 1} more places" if len(walk.lost) > 1 else ""
        notes.append(f"damaged at {at:.1f} s ({count:,} bytes there{more} are no MP3 frames)")
    if walk.is_cut:
        notes.append("cut in the middle of a frame")
    if len(alike) > 1:
        notes.append(f"{len(alike)} files glued together")
    if len(alike) < len(streams):
        missing = True
        notes.append(f"{len(streams) - len(alike)} parts at another rate or width are left out")
    if len(first.rates) > 1 and declared[0] is None:
        notes.append("its header gives no length, and its bitrate changes")
    return Layout(
        stretches=tuple(_stretch(stream, walk) for stream in alike),
        declared_frames=None if None in declared else sum(filter(None, declared)),
        slack_frames=2 * first.head.frames,
        notes=tuple(notes),
        whole=not missing,
        sound_bytes=sum(stop - start for stream in alike for start, stop in stream.spans),
    )


def _stretch(stream: _Stream, walk: _Walk) -> Stretch:
    """Put a stream together, with an account at its front that libsndfile may believe."""
    count = stream.account.frames if stream.account else None
    # some encoders count the account itself
    is_right = count in (stream.frames, stream.frames + 1) and not stream.is_vbri
    if is_right and len(walk.streams) == 1 and len(stream.spans) == 1 and walk.is_tidy:
        return Stretch()
    account = stream.account_frame
    if not is_right:
        account = new_account(
            stream.first,
            frames=stream.frames,
            sound_bytes=sum(stop - start for start, stop in stream.spans),
            old=b"" if stream.is_vbri else account,
        )
    return Stretch((account, *((start, stop) for start, stop in stream.spans)))


class _Walk:
    """One way through a file, from frame to frame.

    Parameters
    ----------
    lost
        Filled with (seconds into the sound, bytes) of what lies between frames and is no tag.
    is_tidy
        Whether the first frame stands where libsndfile looks for it.
    """

    def __init__(self, source: Input, max_seconds: float) -> None:
        self._source, self._max_seconds = source, max_seconds
        self._base, self._data = 0, source.read_at(0, _CHUNK)
        self._tries = 0
        self._seconds = 0.0
        self._accounts = self._find_accounts()
        self.streams: list[_Stream] = []
        self.lost: list[tuple[float, int]] = []
        self.is_cut = False
        self.id3_tags = 0
        self.is_tidy = True

    def run(self) -> None:
        """Go to the end of the file, or to where nothing more is to be expected."""
        at = 0
        while at + HEADER_BYTES <= self._source.size:
            at = self._frames_from(at)
            if at + HEADER_BYTES > self._source.size:
                self._end(at)
                return
            if tag := self._tag_at(at):
                at += tag
                continue
            found = self._next_frame(at)
            if found is None:
                self._end(at)
                return
            if not self.streams:
                self.is_tidy = found == at and self.id3_tags <= 1
            elif found > at:
                self.lost.append((self._seconds, found - at))
            at = self._enter(found)

    def _end(self, at: int) -> None:
        """Judge what is left: a frame that was cut, or bytes that nobody needs."""
        rest = self._source.size - at
        stream = self.streams[-1] if self.streams else None
        if stream is None or not rest:
            return
        head = header(self._at(at, HEADER_BYTES))
        if head is not None and head.family == stream.head.family and head.length > rest:
            self.is_cut = True
        elif stream.account is None or stream.account.frames != stream.frames:
            self.lost.append((self._seconds, rest))

    def _frames_from(self, at: int) -> int:
        """Take frames for as long as one follows the other; return where they end."""
        stream = self.streams[-1] if self.streams else None
        if stream is None:
            return at
        family, size = stream.head.family, self._source.size
        most = self._max_seconds * stream.head.sample_rate
        while True:
            index = at - self._base
            if not 0 <= index <= len(self._data) - LONGEST - HEADER_BYTES:
                self._load(at)
                index = at - self._base
            head = header(self._data[index : index + HEADER_BYTES])
            if head is None or head.family != family or at + head.length > size:
                return at
            if self._accounts and self._is_account(at, head):
                stream = self._begin(at)
            else:
                stream.take(at, head)
                self._seconds += head.frames / head.sample_rate
                if stream.frames * head.frames > most:
                    raise too_long(self._max_seconds)
            at += head.length

    def _enter(self, at: int) -> int:
        """Go on at a frame, in a new stream if it does not fit; return where sound begins."""
        head = header(self._at(at, HEADER_BYTES))
        assert head is not None
        if self.streams and self.streams[-1].head.family == head.family:
            return at
        return at + (head.length if self._begin(at).account is not None else 0)

    def _begin(self, at: int) -> _Stream:
        """Begin a stream at a frame; its account, if that is one, is not sound."""
        if len(self.streams) >= _MOST_STREAMS:
            raise UndecodableAudio(f"it is made of more than {_MOST_STREAMS} files")
        first = self._at(at, LONGEST)
        self.streams.append(_Stream(first[:HEADER_BYTES]))
        account = account_in(first)
        if account is not None:
            stream = self.streams[-1]
            stream.account, stream.account_frame = account, first[: stream.head.length]
        return self.streams[-1]

    # ------------------------------------------------------------------- what lies between frames

    def _tag_at(self, at: int) -> int:
        """Return how many bytes of tag begin here, or nothing."""
        word = self._at(at, _APE_BYTES)
        if word[:3] == b"ID3" and len(word) >= ID3_BYTES:
            self.id3_tags += 1
            return id3_length(word)
        if word[:3] == b"TAG":
            return _ID3V1_BYTES
        if word[:8] == b"APETAGEX":
            header_too = _APE_BYTES if word[23] & 0x80 else 0
            return max(_APE_BYTES, int.from_bytes(word[12:16], "little") + header_too)
        return 0

    def _next_frame(self, at: int) -> int | None:
        """Find the next frame that another one, or the end of the file, follows."""
        for start in self._candidates(at):
            self._tries += 1
            if self._tries > _MOST_TRIES:
                return None
            head = header(self._at(start, HEADER_BYTES))
            if head is None:
                continue
            end = start + head.length
            if end == self._source.size:
                return start
            after = header(self._at(end, HEADER_BYTES))
            if (after is not None and after.family == head.family) or self._at(end, 3) in (
                b"ID3",
                b"TAG",
                b"APE",
            ):
                return start
        return None

    def _candidates(self, at: int) -> Iterator[int]:
        start = at
        while start < min(self._source.size, at + _WIDEST_GAP):
            chunk = self._source.read_at(start, _CHUNK)
            yield from (start + match.start() for match in LOOKS_LIKE.finditer(chunk))
            # a header may lie across two chunks
            start += len(chunk) - HEADER_BYTES if len(chunk) == _CHUNK else _CHUNK

    # --------------------------------------------------------------------------------- reading

    def _at(self, at: int, count: int) -> bytes:
        index = at - self._base
        if 0 <= index <= len(self._data) - count:
            return self._data[index : index + count]
        return self._source.read_at(at, count)

    def _load(self, at: int) -> None:
        if at + LONGEST + HEADER_BYTES > self._base + len(self._data) < self._source.size or (
            at < self._base
        ):
            self._base, self._data = at, self._source.read_at(at, _CHUNK)
            self._accounts = self._find_accounts()

    def _find_accounts(self) -> set[int]:
        """Find where an account's name stands: looking in every frame would cost a third more."""
        found = set()
        for name in (*NAMES, VBRI):
            index = self._data.find(name)
            while index >= 0:
                found.add(self._base + index)
                index = self._data.find(name, index + 1)
        return found

    def _is_account(self, at: int, head: Header) -> bool:
        named_at = {at + HEADER_BYTES + head.side, at + VBRI_AT}
        return bool(named_at & self._accounts) and account_in(self._at(at, LONGEST)) is not None
