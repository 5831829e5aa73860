"""Sound files to samples: in blocks, counting what is really there."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass
from typing import Final, Self

import numpy as np
from numpy.typing import NDArray

from musicnb.errors import UndecodableAudio
from musicnb.sound._input import Input, Source, too_long
from musicnb.sound._kinds import FLAC, OGG, Kind
from musicnb.sound._layout import lay_out
from musicnb.sound._splice import Stretch
from musicnb.sound._stretches import OpenStretch

MAX_SECONDS: Final = 3600.0
# A file made to fail would otherwise be taken up again for minutes.
_MOST_FAILURES: Final = 256
_BITS: Final = {"PCM_S8": 8, "PCM_U8": 8, "PCM_16": 16, "PCM_24": 24, "PCM_32": 32,
                "FLOAT": 32, "DOUBLE": 64}  # fmt: skip


@dataclass(frozen=True, slots=True)
class AudioFacts:
    """What a file really holds, counted by decoding it to its end.

    Parameters
    ----------
    kind
        Recognised by the first bytes.
    sample_rate, channels, frames
        ``frames`` are those that were decoded, whatever the header says.
    problem
        What is wrong with the file, in words, or None.
    whole
        False when sound is known to be missing. A file can have a problem and be whole: one whose
        header gives no length, for instance.
    encoding
        libsndfile's name for how samples are kept: ``PCM_16``, ``FLOAT``, ``MPEG_LAYER_III``,
        ``VORBIS``, ``OPUS`` …
    bits
        Bits of a sample, or None where samples have none (MP3, OGG).
    bitrate_kbps
        1,000 bits for each second of sound, without tags and pictures where they can be told apart.
    declared_s
        Seconds that the file's own header promises, or None where it promises none.
    """

    kind: Kind
    sample_rate: int
    channels: int
    frames: int
    problem: str | None = None
    whole: bool = True
    encoding: str = ""
    bits: int | None = None
    bitrate_kbps: float = 0.0
    declared_s: float | None = None

    @property
    def duration_s(self) -> float:
        """Seconds of sound."""
        return self.frames / self.sample_rate


@dataclass(frozen=True, slots=True)
class Sound:
    """Decoded samples, float32, shaped ``(frames, channels)``."""

    samples: NDArray[np.float32]
    sample_rate: int


class Decoder:
    """An open sound file, read once from its beginning to its real end.

    Every frame that is there is given: those behind a hole, those that the header does not count,
    and those of a second file that was appended to the first. Samples of float files that are no
    finite numbers are given as they are, and counted.

    Parameters
    ----------
    source
        A path, a sound file's bytes, or a seekable binary file, which stays open.
    max_seconds
        More sound than this is refused, so that a small file cannot unfold without end.

    Raises
    ------
    UndecodableAudio
        It cannot be read, is not a WAV, FLAC, OGG or MP3 file, or has a header outside reason
        (over 8 channels, rates outside 4 to 384 kHz).
    """

    def __init__(self, source: Source, *, max_seconds: float = MAX_SECONDS) -> None:
        self._max_seconds = max_seconds
        self._input = Input(source)
        try:
            self.kind, self._layout = lay_out(self._input, max_seconds=max_seconds)
            self._waiting = list(self._layout.stretches)
            self._now: OpenStretch | None = self._first()
        except BaseException:
            self._input.close()
            raise
        self._sample_rate, self._channels = self._now.sample_rate, self._now.channels
        self._encoding = self._now.encoding
        self._declared = self._layout.declared_frames
        if self.kind is OGG:  # libsndfile reads it off the last page
            self._declared = self._now.declared_frames
            self._refuse_more_than_allowed()
        self._notes = list(self._layout.notes)
        self._whole = self._layout.whole
        self._frames = self._given = self._odd_samples = 0
        self._damage: str | None = None

    def __enter__(self) -> Self:
        return self

    def __exit__(self, *_: object) -> None:
        self.close()

    def close(self) -> None:
        """Let go of the file."""
        if self._now is not None:
            self._now.close()
            self._now = None
        self._input.close()

    @property
    def sample_rate(self) -> int:
        """Frames per second."""
        return self._sample_rate

    @property
    def channels(self) -> int:
        """Number of channels."""
        return self._channels

    @property
    def facts(self) -> AudioFacts:
        """What has been found so far; all of it once `blocks` has ended."""
        problems, whole = self._problems()
        size = self._layout.sound_bytes or self._input.size
        seconds = self._frames / self._sample_rate
        return AudioFacts(
            kind=self.kind,
            sample_rate=self._sample_rate,
            channels=self._channels,
            frames=self._frames,
            problem="; ".join(problems) or None,
            whole=whole,
            encoding=self._encoding,
            bits=_BITS.get(self._encoding),
            bitrate_kbps=round(size * 8 / 1000 / seconds, 1) if seconds else 0.0,
            declared_s=None if self._declared is None else self._declared / self._sample_rate,
        )

    def blocks(self) -> Iterator[NDArray[np.float32]]:
        """Yield the samples in blocks of up to 65,536 frames.

        Raises
        ------
        UndecodableAudio
            There is more than `max_seconds` of sound, or none at all, or the disk fails.
        """
        failures = 0
        while self._now is not None and failures <= _MOST_FAILURES:
            block = self._now.read()
            if len(block):
                self._frames += len(block)
                self._given += len(block)
                self._odd_samples += self._now.odd_samples
                if self._frames > self._max_seconds * self._sample_rate:
                    raise too_long(self._max_seconds)
                yield block
            failure = self._now.failure
            failures += failure is not None
            if failure is not None or not len(block):
                self._go_on(failure, fruitless=not len(block))
        if not self._frames:
            raise UndecodableAudio(f"no sound in it: {self._damage or 'the file is empty'}")

    # ----------------------------------------------------------------- from stretch to stretch

    def _refuse_more_than_allowed(self) -> None:
        """Refuse at once where the packets confirm the length that is declared."""
        frames, most = self._declared or 0, self._layout.most_frames or 0
        if self._max_seconds * self._sample_rate < frames <= most:
            self.close()
            raise too_long(self._max_seconds)

    def _first(self) -> OpenStretch:
        """Open the first stretch that can be decoded; its rate and channels are the file's."""
        problem = "there is no sound in it"
        while self._waiting:
            self._stretch = self._waiting.pop(0)
            try:
                return OpenStretch(self._input, self._stretch)
            except UndecodableAudio as error:
                problem = error.message
        raise UndecodableAudio(problem)

    def _go_on(self, failure: str | None, *, fruitless: bool) -> None:
        """Find where sound goes on, at a stretch's end or where it cannot be decoded."""
        follow = self._stretch.follow
        if failure is not None:
            at = self._frames / self._sample_rate
            self._damage = self._damage or f"damaged at {at:.1f} s ({failure})"
            if follow is None and not fruitless:
                return  # the decoder goes on by itself
        if follow is not None and (failure is not None or self._stretch.most_frames is not None):
            self._go_on_with(follow(self._given))
        else:
            self._go_on_with(None)

    def _go_on_with(self, stretch: Stretch | None) -> None:
        """Leave what has been read, and open what comes next where it fits."""
        if self._now is not None:
            self._now.close()
            self._now = None
        self._given = 0
        while stretch is not None or self._waiting:
            self._stretch = stretch or self._waiting.pop(0)
            stretch = None
            try:
                following = OpenStretch(self._input, self._stretch)
            except UndecodableAudio as error:
                self._damage = self._damage or error.message
                if self._stretch.follow is not None and self._stretch.most_frames is not None:
                    stretch = self._stretch.follow(0)
                continue
            found = (following.sample_rate, following.channels)
            if found == (self._sample_rate, self._channels):
                self._now = following
                if self.kind is OGG and self._declared is not None:
                    self._declared += following.declared_frames or 0
                return
            following.close()
            self._whole = False
            self._notes.append(
                f"what follows {self._frames / self._sample_rate:.1f} s is at {found[0]} Hz with"
                f" {found[1]} channels and left out"
            )

    def _problems(self) -> tuple[list[str], bool]:
        """Say what is wrong, and whether sound is known to be missing."""
        # a tag behind the last frame of a FLAC cannot be decoded, and need not
        damage = None if self.kind is FLAC and self._frames == self._declared else self._damage
        problems = [damage] if damage else []
        problems += self._notes
        whole = self._whole and not damage
        slack = self._layout.slack_frames
        if self._declared is not None and abs(self._frames - self._declared) > slack:
            declared_s, s = self._declared / self._sample_rate, self._frames / self._sample_rate
            problems.append(f"its header promises {declared_s:.2f} s, {s:.2f} s are there")
            whole = whole and self._frames > self._declared
        if self._odd_samples:
            problems.append(f"{self._odd_samples:,} samples are no finite numbers")
        return problems, whole


def examine(source: Source, *, max_seconds: float = MAX_SECONDS) -> AudioFacts:
    """Decode a whole file in constant memory to learn what is in it.

    Raises
    ------
    UndecodableAudio
        As `Decoder` and its blocks.
    """
    with Decoder(source, max_seconds=max_seconds) as decoder:
        for _ in decoder.blocks():
            pass
        return decoder.facts


def read(source: Source, *, max_seconds: float = MAX_SECONDS) -> Sound:
    """Decode a whole file into memory.

    Raises
    ------
    UndecodableAudio
        As `Decoder` and its blocks.
    """
    with Decoder(source, max_seconds=max_seconds) as decoder:
        return Sound(np.concatenate(list(decoder.blocks())), decoder.sample_rate)
