"""Samples to a compressed or plain sound file in memory."""

from __future__ import annotations

import io
from collections.abc import Callable, Mapping
from typing import Final, Literal

import numpy as np
import soundfile as sf
from numpy.typing import NDArray

from musicnb.sound._id3 import TAGS, id3_tag

FORMATS: Final = ("MP3", "FLAC", "OGG", "WAV")

# One large write to OGG ends in a segmentation fault inside libvorbis; small ones do not.
_BLOCK_FRAMES: Final = 16_384
# libsndfile's scale from 0 (best) to 1 (smallest); 0.2 is LAME's V2, transparent to most ears.
_MP3_LEVEL: Final = 0.2


def encode(
    samples: NDArray[np.float32],
    sample_rate: int,
    *,
    format: Literal["MP3", "FLAC", "OGG", "WAV"] = "MP3",  # noqa: A002 - soundfile's own word
    tags: Mapping[str, str] | None = None,
    progress: Callable[[float], object] | None = None,
) -> bytes:
    """Encode samples as a whole file.

    Parameters
    ----------
    samples
        Shape ``(frames, channels)``, full scale at ±1; more is clipped by the encoder.
    sample_rate
        Frames per second.
    format
        One of `FORMATS`. MP3 is written gapless (LAME), WAV and FLAC with 16 bits.
    tags
        ``title``, ``artist``, ``album`` or ``comment``; any text.
    progress
        Called with the share that is done, 0 to 1, before each 16,384 frames. What it raises ends
        the encoding, so this is also the way to cancel it.

    Raises
    ------
    ValueError
        The array has another shape, or the format or a tag is not known.
    """
    if samples.ndim != 2:  # noqa: PLR2004
        raise ValueError(f"samples are shaped (frames, channels), not {samples.shape}")
    if format not in FORMATS:
        raise ValueError(f"format must be one of {FORMATS}, not {format!r}")
    unknown = set(tags or {}) - set(TAGS)
    if unknown:
        raise ValueError(f"tags are {TAGS}, not {sorted(unknown)}")
    settings = (
        {"compression_level": _MP3_LEVEL, "bitrate_mode": "VARIABLE"} if format == "MP3" else {}
    )
    buffer = io.BytesIO()
    with sf.SoundFile(
        buffer, "w", samplerate=sample_rate, channels=samples.shape[1], format=format, **settings
    ) as file:
        if format != "MP3":
            for name, text in (tags or {}).items():
                setattr(file, name, text)
        for start in range(0, len(samples), _BLOCK_FRAMES):
            if progress is not None:
                progress(start / len(samples))
            file.write(samples[start : start + _BLOCK_FRAMES])
    return (id3_tag(tags or {}) if format == "MP3" else b"") + buffer.getvalue()
