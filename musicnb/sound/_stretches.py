"""One stretch of a sound file, decoded by libsndfile."""

from __future__ import annotations

from typing import Any, Final

import numpy as np
import soundfile as sf
from numpy.typing import NDArray

from musicnb.errors import UndecodableAudio
from musicnb.sound._input import Input
from musicnb.sound._splice import Splice, Stretch

# 65,536 frames decode as fast as a whole read and need 1.3 MB instead of 82 MB for four minutes.
BLOCK_FRAMES: Final = 65_536
_MAX_CHANNELS: Final = 8
_RATES: Final = (4_000, 384_000)
_FLOATS: Final = ("FLOAT", "DOUBLE")
# libsndfile's way to say that it does not know
_ENDLESS: Final = 1 << 62


class _ForwardFile(sf.SoundFile):
    """A file that is only read onward.

    soundfile seeks to its own position after every read of a seekable file. In an MP3 that restarts
    the decoder without its bit reservoir: 25 to 90 ms of a VBR file are wrong after each block.
    """

    def seekable(self) -> bool:
        return False


class OpenStretch:
    """A stretch that is being decoded.

    Parameters
    ----------
    failure
        What the decoder said about the place where the last block ended, or None.
    odd_samples
        How many samples of the last block were no finite numbers.

    Raises
    ------
    UndecodableAudio
        libsndfile cannot decode it, or its header is outside reason.
    """

    def __init__(self, source: Input, stretch: Stretch) -> None:
        self._splice: Splice | None = None
        target: Any = source.path
        if stretch.pieces is not None or target is None:
            pieces = ((0, source.size),) if stretch.pieces is None else stretch.pieces
            target = self._splice = Splice(source, pieces)
        self._stretch = stretch
        self._file = _open(target)
        self.sample_rate, self.channels = int(self._file.samplerate), int(self._file.channels)
        self.encoding = str(self._file.subtype)
        frames = int(self._file.frames)
        self.declared_frames = frames if 0 < frames < _ENDLESS else None
        self.failure: str | None = None
        self.odd_samples = 0
        self._is_done = False

    def close(self) -> None:
        """Let go of the decoder."""
        self._file.close()

    def read(self) -> NDArray[np.float32]:
        """Return the next block; empty at the end, short where something is wrong.

        Raises
        ------
        UndecodableAudio
            The disk fails.
        """
        if self._stretch.most_frames is not None:
            return self._read_one(self._stretch.skipped, self._stretch.most_frames)
        block = np.empty((BLOCK_FRAMES, self.channels), np.float32)
        before = self._file.tell()
        self.failure = None
        try:
            block = self._file.read(out=block)
        except sf.LibsndfileError as error:
            self.failure = error.error_string.rstrip(".").removeprefix("Error : ")
            # What was decoded is in the block, but was not returned. Where it can be decoded again,
            # frame by frame, it is: it may come from both sides of the damage.
            again = self._stretch.follow is not None
            block = block[: 0 if again else max(0, self._file.tell() - before)]
        if self._splice is not None and self._splice.failure is not None:
            raise self._splice.failure
        if self.encoding in _FLOATS:
            self.odd_samples = block.size - int(np.isfinite(block).sum())
        return block

    def _read_one(self, skipped: int, frames: int) -> NDArray[np.float32]:
        """Return a frame of the format that stands alone; nothing when it is not whole."""
        self.failure = None
        if self._is_done:
            return np.empty((0, self.channels), np.float32)
        self._is_done = True
        try:
            block = self._file.read(skipped + frames, dtype="float32", always_2d=True)
        except sf.LibsndfileError:
            block = np.empty((0, self.channels), np.float32)
        if self._splice is not None and self._splice.failure is not None:
            raise self._splice.failure
        whole: NDArray[np.float32] = block[skipped:]
        return whole if len(block) == skipped + frames else whole[:0]


def _open(target: Any) -> _ForwardFile:
    problem = ""
    try:
        file = _ForwardFile(target)
    except (sf.LibsndfileError, ValueError, TypeError) as error:
        problem = getattr(error, "error_string", "") or str(error)
    if problem:
        raise UndecodableAudio(f"it cannot be decoded ({problem.rstrip('.')})")
    lowest, highest = _RATES
    if not (1 <= file.channels <= _MAX_CHANNELS and lowest <= file.samplerate <= highest):
        file.close()
        raise UndecodableAudio(
            f"its header claims {file.channels} channels at {file.samplerate} Hz",
            hint=f"At most {_MAX_CHANNELS} channels at {lowest} to {highest} Hz are read",
        )
    return file
