"""What a delivery is made of: only read, as often as it takes."""

from __future__ import annotations

import io
import os
from pathlib import Path
from typing import Final

from musicnb.convert import Blocks
from musicnb.deliver._labels import has_content_credentials
from musicnb.sound import Decoder, Sound

#: A path, a sound file's bytes, or samples.
Material = str | os.PathLike[str] | bytes | Sound

_BLOCK_FRAMES: Final = 65_536
_FLOAT_BITS: Final = 32


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
    UndecodableAudio
        It is no sound.
    """

    def __init__(self, source: Material) -> None:
        self._source = source
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
