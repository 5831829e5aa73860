"""One file, decoded once and measured on the way."""

from __future__ import annotations

import dataclasses
import os
from typing import TypeAlias

from musicnb.measure import Defect, Measures, Meter
from musicnb.sound import Decoder

#: A path, or the bytes of a sound file.
Source: TypeAlias = str | os.PathLike[str] | bytes


def measure_file(source: Source, *, cache: str | os.PathLike[str] | None = None) -> Measures:
    """Measure a sound file in one pass and constant memory.

    Parameters
    ----------
    source
        Path of a WAV, FLAC, OGG or MP3 file, or its bytes.
    cache
        A folder that remembers what was measured, by the hash of the file's bytes; made if it is
        not there. None remembers nothing.

    Returns
    -------
    Measures
        Of all frames that can be decoded; what is wrong with the file comes first among its
        defects.

    Raises
    ------
    UndecodableAudio
        It cannot be read, is no sound file, or too broken to decode anything.
    """
    if cache is None:
        return _measure(source)
    # hashes and JSON are a tenth of a first answer's wait
    from musicnb.analysis._cache import MeasureCache, sha256_of  # noqa: PLC0415

    sha256 = sha256_of(source)
    if sha256 is None:
        return _measure(source)
    known = MeasureCache(cache)
    measures = known.get(sha256)
    if measures is None:
        measures = _measure(source)
        known.put(sha256, measures)
    return measures


def _measure(source: Source) -> Measures:
    with Decoder(source) as decoder:
        meter = Meter(decoder.sample_rate, decoder.channels)
        for block in decoder.blocks():
            meter.push(block)
        facts = decoder.facts
    measures = meter.close()
    if facts.problem is None:
        return measures
    text = f"{facts.problem[:1].upper()}{facts.problem[1:].rstrip('.')}."
    defect = Defect("odd_file" if facts.whole else "damaged_file", text)
    return dataclasses.replace(measures, defects=(defect, *measures.defects))
