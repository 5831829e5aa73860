"""Sound files to samples: in blocks, counting what is really there."""

from __future__ import annotations

import io
import os
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path
from typing import Final, Self

import numpy as np
import soundfile as sf
from numpy.typing import NDArray

from musicnb.errors import UndecodableAudio
from musicnb.sound._kinds import HEAD_BYTES, Kind, kind_of

# 65,536 frames decode as fast as a whole read and need 1.3 MB instead of 82 MB for four minutes.
BLOCK_FRAMES: Final = 65_536
MAX_SECONDS: Final = 3600.0
_MAX_CHANNELS: Final = 8
_RATES: Final = (4_000, 384_000)


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
        What is wrong with a file that could be decoded in part, or None.
    """

    kind: Kind
    sample_rate: int
    channels: int
    frames: int
    problem: str | None = None

    @property
    def duration_s(self) -> float:
        """Seconds of sound."""
        return self.frames / self.sample_rate


@dataclass(frozen=True, slots=True)
class Sound:
    """Decoded samples, float32, shaped ``(frames, channels)``."""

    samples: NDArray[np.float32]
    sample_rate: int


class _ForwardFile(sf.SoundFile):
    """A file that is only read onward.

    soundfile seeks to its own position after every read of a seekable file. In an MP3 that restarts
    the decoder without its bit reservoir: 25 to 90 ms of a VBR file are wrong after each block.
    """

    def seekable(self) -> bool:
        return False


class Decoder:
    """An open sound file, read once from its beginning to its real end.

    Parameters
    ----------
    source
        Path of the file, or its bytes.
    max_seconds
        More sound than this is refused, so that a small file cannot unfold without end.

    Raises
    ------
    UndecodableAudio
        Not a WAV, FLAC, OGG or MP3 file, or a header outside reason (over 8 channels, rates
        outside 4 to 384 kHz).
    """

    def __init__(
        self, source: str | os.PathLike[str] | bytes, *, max_seconds: float = MAX_SECONDS
    ) -> None:
        self.kind = _kind(source)
        self._file = _open(source)
        self._max_seconds = max_seconds
        self._frames = 0
        self._problem: str | None = None

    def __enter__(self) -> Self:
        return self

    def __exit__(self, *_: object) -> None:
        self._file.close()

    @property
    def sample_rate(self) -> int:
        """Frames per second."""
        return int(self._file.samplerate)

    @property
    def channels(self) -> int:
        """Number of channels."""
        return int(self._file.channels)

    @property
    def facts(self) -> AudioFacts:
        """What has been found so far; all of it once `blocks` has ended."""
        return AudioFacts(self.kind, self.sample_rate, self.channels, self._frames, self._problem)

    def blocks(self) -> Iterator[NDArray[np.float32]]:
        """Yield the samples in blocks of up to 65,536 frames; a damaged file just ends.

        Raises
        ------
        UndecodableAudio
            There is more than `max_seconds` of sound, or none at all.
        """
        while True:
            try:
                block = self._file.read(BLOCK_FRAMES, dtype="float32", always_2d=True)
            except sf.LibsndfileError as error:
                block = np.empty((0, self.channels), np.float32)
                at = self._frames / self.sample_rate
                self._problem = f"damaged after {at:.1f} s ({error.error_string.rstrip('.')})"
            if not len(block):
                break
            self._frames += len(block)
            if self._frames > self._max_seconds * self.sample_rate:
                raise UndecodableAudio(
                    f"the file holds more than {self._max_seconds:g} s of sound",
                    hint="Give a shorter file",
                )
            yield block
        if not self._frames:
            raise UndecodableAudio(f"no sound in it: {self._problem or 'the file is empty'}")


def examine(path: str | os.PathLike[str], *, max_seconds: float = MAX_SECONDS) -> AudioFacts:
    """Decode a whole file in constant memory to learn what is in it.

    Raises
    ------
    UndecodableAudio
        As `Decoder` and its blocks.
    """
    with Decoder(path, max_seconds=max_seconds) as decoder:
        for _ in decoder.blocks():
            pass
        return decoder.facts


def read(path: str | os.PathLike[str], *, max_seconds: float = MAX_SECONDS) -> Sound:
    """Decode a whole file into memory.

    Raises
    ------
    UndecodableAudio
        As `Decoder` and its blocks.
    """
    with Decoder(path, max_seconds=max_seconds) as decoder:
        return Sound(np.concatenate(list(decoder.blocks())), decoder.sample_rate)


def _kind(source: str | os.PathLike[str] | bytes) -> Kind:
    if isinstance(source, bytes):
        kind = kind_of(source[:HEAD_BYTES])
    else:
        with Path(source).open("rb") as file:
            kind = kind_of(file.read(HEAD_BYTES))
    if kind is None:
        raise UndecodableAudio(
            "this is not a WAV, FLAC, OGG or MP3 file, whatever its name says",
            hint="Convert it to one of these",
        )
    return kind


def _open(source: str | os.PathLike[str] | bytes) -> _ForwardFile:
    problem = ""
    try:
        file = _ForwardFile(io.BytesIO(source) if isinstance(source, bytes) else os.fspath(source))
    except (sf.LibsndfileError, ValueError, TypeError) as error:
        problem = str(error).removeprefix("Error opening ")
    if problem:
        raise UndecodableAudio(f"it cannot be decoded ({problem})")
    lowest, highest = _RATES
    if not (1 <= file.channels <= _MAX_CHANNELS and lowest <= file.samplerate <= highest):
        file.close()
        raise UndecodableAudio(
            f"its header claims {file.channels} channels at {file.samplerate} Hz",
            hint=f"At most {_MAX_CHANNELS} channels at {lowest} to {highest} Hz are read",
        )
    return file
