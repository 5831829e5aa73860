"""Samples to a compressed or plain sound file: in memory, or block by block into a file."""

from __future__ import annotations

import io
import os
from collections.abc import Callable, Iterable, Iterator, Mapping
from dataclasses import dataclass
from typing import Any, BinaryIO, Final, Literal, TypeVar

import numpy as np
import soundfile as sf
from numpy.typing import NDArray

from musicnb.sound._id3 import TAGS, id3_tag
from musicnb.sound._new_file import new_file

_T = TypeVar("_T")

Format = Literal["MP3", "FLAC", "OGG", "OPUS", "WAV"]
FORMATS: Final = ("MP3", "FLAC", "OGG", "OPUS", "WAV")
SUFFIXES: Final = {"MP3": ".mp3", "FLAC": ".flac", "OGG": ".ogg", "OPUS": ".opus", "WAV": ".wav"}
#: Sample rates that a format takes; others take any.
RATES: Final = {
    "MP3": (8_000, 11_025, 12_000, 16_000, 22_050, 24_000, 32_000, 44_100, 48_000),
    "OPUS": (8_000, 12_000, 16_000, 24_000, 48_000),
}

# One large write to OGG ends in a segmentation fault inside libvorbis; small ones do not.
_BLOCK_FRAMES: Final = 16_384
# libsndfile's scale from 0 (best) to 1 (smallest); 0.2 is LAME's V2, transparent to most ears.
_MP3_LEVEL: Final = 0.2
_BITS: Final = {"WAV": (16, 24, 32), "FLAC": (16, 24)}
_MP3_CHANNELS: Final = 2
# what libsndfile spreads its scale over, kb/s: lame.c and ogg_opus.c of libsndfile 1.2.2
_MP3_KBPS: Final = ((32_000, 320, 32), (16_000, 160, 8), (0, 64, 8))
_OPUS_KBPS: Final = (256, 6)
_JUST_BELOW: Final = 0.999  # its end itself is refused for MP3


@dataclass(frozen=True, slots=True)
class Encoding:
    """What kind of file is to be written.

    Parameters
    ----------
    format
        One of `FORMATS`; ``OPUS`` is Opus in an OGG file. MP3 is written gapless (LAME).
    bits
        WAV: 16, 24, or 32 for floats, which alone keep what exceeds full scale. FLAC: 16 or 24.
    bitrate_kbps
        MP3 and OPUS: constant for MP3, aimed at for OPUS. Left out, MP3 gets LAME's V2, variable,
        about 190 kb/s for full stereo.
    quality
        OGG, and MP3 of variable bitrate: 0 to 1, the best.

    Raises
    ------
    ValueError
        The format is not known, or the option is none of its own.
    """

    format: Format
    bits: int = 16
    bitrate_kbps: float | None = None
    quality: float | None = None

    def __post_init__(self) -> None:
        if self.format not in FORMATS:
            raise ValueError(f"format must be one of {FORMATS}, not {self.format!r}")
        fit = _BITS.get(self.format, (16,))
        if self.bits not in fit:
            raise ValueError(f"{self.format} is written with {fit} bits here, not {self.bits!r}")
        if self.bitrate_kbps is not None and self.format not in ("MP3", "OPUS"):
            raise ValueError(f"{self.format} has no bitrate to choose")
        if self.quality is not None and (
            self.format not in ("MP3", "OGG") or self.bitrate_kbps is not None
        ):
            raise ValueError("a quality is for OGG, and for MP3 without a bitrate")
        if self.quality is not None and not 0 <= self.quality <= 1:
            raise ValueError(f"quality goes from 0 to 1, the best, not {self.quality!r}")

    @property
    def suffix(self) -> str:
        """Ending of its files' names."""
        return SUFFIXES[self.format]

    @property
    def is_lossy(self) -> bool:
        """Whether decoding gives other samples than were encoded."""
        return self.format in ("MP3", "OGG", "OPUS")

    @property
    def exceeds_full_scale(self) -> bool:
        """Whether samples beyond ±1 are kept."""
        return self.bits == 32  # noqa: PLR2004

    def best_rate(self, sample_rate: int) -> int:
        """Return the lowest rate of the format that holds all of a sound, else its highest."""
        rates = RATES.get(self.format, (sample_rate,))
        return min((rate for rate in rates if rate >= sample_rate), default=max(rates))

    def settings(self, sample_rate: int, channels: int) -> dict[str, object]:
        """Return what soundfile is to be told.

        Raises
        ------
        ValueError
            The format does not take such a rate, bitrate or number of channels.
        """
        rates = RATES.get(self.format)
        if rates and sample_rate not in rates:
            raise ValueError(f"{self.format} is written at {rates} Hz, not at {sample_rate}")
        if self.format == "MP3":
            if channels > _MP3_CHANNELS:
                raise ValueError(f"MP3 has one or two channels, not {channels}")
            return {"format": "MP3", **self._mp3(sample_rate)}
        if self.format == "OPUS":
            level = {} if self.bitrate_kbps is None else self._level(*_OPUS_KBPS, channels)
            return {"format": "OGG", "subtype": "OPUS", **level}
        if self.format == "OGG":
            level = {} if self.quality is None else {"compression_level": 1 - self.quality}
            return {"format": "OGG", "subtype": "VORBIS", **level}
        subtype = {16: "PCM_16", 24: "PCM_24", 32: "FLOAT"}[self.bits]
        return {"format": self.format, "subtype": subtype}

    def _mp3(self, sample_rate: int) -> dict[str, object]:
        if self.bitrate_kbps is None:
            level = _MP3_LEVEL if self.quality is None else (1 - self.quality) * _JUST_BELOW
            return {"compression_level": level, "bitrate_mode": "VARIABLE"}
        high, low = next((high, low) for rate, high, low in _MP3_KBPS if sample_rate >= rate)
        return {**self._level(high, low, 1), "bitrate_mode": "CONSTANT"}

    def _level(self, high: int, low: int, channels: int) -> dict[str, float]:
        assert self.bitrate_kbps is not None
        share = (high - self.bitrate_kbps / channels) / (high - low)
        if not 0 <= share <= 1:
            raise ValueError(
                f"{self.format} takes {low * channels} to {high * channels} kb/s here,"
                f" not {self.bitrate_kbps:g}"
            )
        return {"compression_level": min(share, _JUST_BELOW)}


def encode(
    samples: NDArray[np.float32],
    sample_rate: int,
    *,
    format: Format = "MP3",  # noqa: A002 - soundfile's own word
    tags: Mapping[str, str] | None = None,
    progress: Callable[[float], object] | None = None,
    bits: int = 16,
    bitrate_kbps: float | None = None,
    quality: float | None = None,
) -> bytes:
    """Encode samples as a whole file.

    Parameters
    ----------
    samples
        Shape ``(frames, channels)``, full scale at ±1; more is clipped, but for 32 bits.
    sample_rate
        Frames per second.
    format, bits, bitrate_kbps, quality
        See `Encoding`.
    tags
        ``title``, ``artist``, ``album`` or ``comment``; any text.
    progress
        Called with the share that is done, 0 to 1, before each 16,384 frames. What it raises ends
        the encoding, so this is also the way to cancel it.

    Raises
    ------
    ValueError
        The array has another shape or holds what is no number, or the format, an option or a tag
        is not known.
    """
    _check_shape(samples)
    encoding = Encoding(format, bits, bitrate_kbps, quality)
    buffer = io.BytesIO()

    def blocks() -> Iterator[NDArray[np.float32]]:
        for start in range(0, len(samples), _BLOCK_FRAMES):
            if progress is not None:
                progress(start / len(samples))
            yield samples[start : start + _BLOCK_FRAMES]

    encode_into(buffer, blocks(), sample_rate, samples.shape[1], encoding, tags=tags)
    return buffer.getvalue()


def write(
    path: str | os.PathLike[str],
    blocks: Iterable[NDArray[np.float32]],
    sample_rate: int,
    channels: int,
    encoding: Encoding,
    *,
    tags: Mapping[str, str] | None = None,
) -> None:
    """Encode a stream of samples into a new file, in constant memory.

    The file appears whole or not at all, durably, and never in the place of another.

    Parameters
    ----------
    path
        A name that is not taken.
    blocks
        Arrays shaped ``(frames, channels)``, of any length.

    Raises
    ------
    FileExistsError
        There is something by this name.
    OSError
        The folder cannot be written.
    ValueError
        As `encode`.
    """
    with new_file(path) as file:
        encode_into(file, blocks, sample_rate, channels, encoding, tags=tags)


class _After:
    """What libsndfile writes into: a file behind the tag that stands at its front.

    A callback of libsndfile cannot raise, so what goes wrong is kept, and the file left alone then.
    """

    def __init__(self, file: BinaryIO) -> None:
        self._file, self._origin = file, file.tell()
        self.failure: OSError | None = None

    def seek(self, offset: int, whence: int = os.SEEK_SET) -> int:
        origin = self._origin if whence == os.SEEK_SET else 0
        # what waits to be written is written first, which may fail
        return self._tried(lambda: self._file.seek(offset + origin, whence) - self._origin, 0)

    def tell(self) -> int:
        return self._tried(lambda: self._file.tell() - self._origin, 0)

    def read(self, count: int) -> bytes:
        return self._tried(lambda: self._file.read(count), b"")

    def write(self, data: bytes) -> int:
        return self._tried(lambda: self._file.write(data), 0)

    def _tried(self, step: Callable[[], _T], failed: _T) -> _T:
        if self.failure is None:
            try:
                return step()
            except OSError as error:
                self.failure = error
        return failed


def encode_into(
    file: BinaryIO,
    blocks: Iterable[NDArray[Any]],
    sample_rate: int,
    channels: int,
    encoding: Encoding,
    *,
    tags: Mapping[str, str] | None = None,
) -> None:
    """Encode a stream of samples into a file that is open for writing; see `write`.

    Integers are written as they are: int16 for 16 bits, int32 with the low byte empty for 24.
    """
    tags = tags or {}
    unknown = set(tags) - set(TAGS)
    if unknown:
        raise ValueError(f"tags are {TAGS}, not {sorted(unknown)}")
    settings = encoding.settings(sample_rate, channels)
    if encoding.format == "MP3":
        file.write(id3_tag(tags))
    target = _After(file)
    try:
        with sf.SoundFile(
            target, "w", samplerate=sample_rate, channels=channels, **settings
        ) as opened:
            if encoding.format != "MP3":
                for name, text in tags.items():
                    setattr(opened, name, text)
            for block in blocks:
                _check_shape(block)
                for start in range(0, len(block), _BLOCK_FRAMES):
                    opened.write(_fit(block[start : start + _BLOCK_FRAMES], encoding))
    except (sf.LibsndfileError, AssertionError):
        if target.failure is None:
            raise
    if target.failure is not None:
        raise target.failure


def _check_shape(samples: NDArray[Any]) -> None:
    if samples.ndim != 2:  # noqa: PLR2004
        raise ValueError(f"samples are shaped (frames, channels), not {samples.shape}")


def _fit(block: NDArray[Any], encoding: Encoding) -> NDArray[Any]:
    """Return what an encoder takes: LAME ends the process at a sample that is no number."""
    if np.issubdtype(block.dtype, np.integer):
        return block
    if not np.isfinite(block).all():
        raise ValueError("samples must be finite numbers")
    block = np.asarray(block, np.float32)
    return block if encoding.exceeds_full_scale else np.clip(block, -1.0, 1.0)
