"""One file, decoded once and measured on the way."""

from __future__ import annotations

import os

from musicnb.measure import Measures, Meter
from musicnb.sound import Decoder


def measure_file(path: str | os.PathLike[str]) -> Measures:
    """Measure a sound file.

    Raises
    ------
    UndecodableAudio
        It is no sound file, or too broken to decode anything.
    """
    with Decoder(path) as decoder:
        meter = Meter(decoder.sample_rate, decoder.channels)
        for block in decoder.blocks():
            meter.push(block)
        return meter.close()
