"""What a delivery is made of: only read, as often as it takes."""

from __future__ import annotations

import io
import os
from pathlib import Path
from typing import Final

import numpy as np
from numpy.typing import NDArray

from musicnb._given import shown, whole
from musicnb.convert import Blocks
from musicnb.deliver._labels import has_content_credentials
from musicnb.errors import InvalidInput
from musicnb.sound import Decoder, Sound, Source, read

#: A path, a sound file's bytes, or samples.
Material = str | os.PathLike[str] | bytes | Sound

_BLOCK_FRAMES: Final = 65_536
_FLOAT_BITS: Final = 32
_RATES: Final = (8_000, 192_000)
_MOST_CHANNELS: Final = 8
_DIMENSIONS: Final = 2


def sound_of(source: Source | Sound) -> Sound:
    """Return what is to be cut or looped: samples as they are once checked, anything else decoded.

    Raises
    ------
    InvalidInput
        Samples have no such shape, kind or rate.
    UndecodableAudio
        It is no sound.
    """
    return _checked(source) if isinstance(source, Sound) else read(source)


def same_sound(samples: NDArray[np.float32], sample_rate: int, sound: Sound) -> bool:
    """Return whether these are the samples of a sound; what is no number counts as any other."""
    if sample_rate != sound.sample_rate or samples.shape != sound.samples.shape:
        return False
    equal = (samples == sound.samples) | ~np.isfinite(sound.samples)
    return bool(equal.all())


def _checked(sound: Sound) -> Sound:
    samples, rate = sound.samples, sound.sample_rate
    problem = ""
    if not isinstance(samples, np.ndarray) or samples.ndim != _DIMENSIONS or not samples.size:
        problem = (
            f"must be shaped (frames, channels), not {getattr(samples, 'shape', samples)!r:.40}"
        )
    elif samples.shape[1] > _MOST_CHANNELS or not np.issubdtype(samples.dtype, np.floating):
        kind = f"{samples.shape[1]} channels of {samples.dtype}"
        problem = f"must be floats in at most {_MOST_CHANNELS} channels, not {kind}"
    elif (frames := whole(rate)) is None or not _RATES[0] <= frames <= _RATES[1]:
        problem = f"must have {_RATES[0]:,} to {_RATES[1]:,} frames a second, not {shown(rate)}"
    if problem:
        raise InvalidInput.about("samples", problem)
    return Sound(samples.astype(np.float32, copy=False), int(rate))


class Original:
    """A file, its bytes, or samples.

    Attributes
    ----------
    rate, channels
        Of its sound.
    frames, bits, problem
        How many there are, how a sample is kept, and what is wrong with it: known when its blocks
        have been read to their end.
    signed
        Whether it carries a C2PA manifest store.

    Raises
    ------
    InvalidInput
        Samples have no such shape, kind or rate.
    UndecodableAudio
        It is no sound.
    """

    def __init__(self, source: Material) -> None:
        self._source = source = _checked(source) if isinstance(source, Sound) else source
        self.bits = _FLOAT_BITS
        self.problem: str | None = None
        self.frames = 0
        self.signed = False
        if isinstance(source, Sound):
            self.rate, self.channels = source.sample_rate, source.samples.shape[1]
            return
        with Decoder(source) as decoder:
            self.rate, self.channels = decoder.sample_rate, decoder.channels
        if isinstance(source, bytes):
            self.signed = has_content_credentials(io.BytesIO(source))
        else:
            with Path(source).open("rb") as file:
                self.signed = has_content_credentials(file)

    def blocks(self) -> Blocks:
        """Yield its samples."""
        if isinstance(self._source, Sound):
            samples = self._source.samples
            self.frames = len(samples)
            for start in range(0, len(samples), _BLOCK_FRAMES):
                yield samples[start : start + _BLOCK_FRAMES]
            return
        with Decoder(self._source) as decoder:
            yield from decoder.blocks()
            facts = decoder.facts
        self.frames, self.problem = facts.frames, facts.problem
        self.bits = facts.bits or _FLOAT_BITS
