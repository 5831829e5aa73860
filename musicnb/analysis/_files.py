"""One file, decoded once and measured on the way."""

from __future__ import annotations

import contextlib
import dataclasses
import hashlib
import os
from pathlib import Path
from typing import TypeAlias

from musicnb.analysis._cache import MeasureCache
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
    sha256 = sha256_of(source)
    if sha256 is None:
        return _measure(source)
    known = MeasureCache(cache)
    measures = known.get(sha256)
    if measures is None:
        measures = _measure(source)
        known.put(sha256, measures)
    return measures


def remembered(source: Source, cache: str | os.PathLike[str]) -> Measures | None:
    """Return what a cache knows of a file's bytes, or None."""
    sha256 = sha256_of(source)
    return None if sha256 is None else MeasureCache(cache).get(sha256)


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


def sha256_of(source: Source) -> str | None:
    """Return the hash of a file's bytes, or None where they cannot be read: decoding says why."""
    if isinstance(source, bytes):
        return hashlib.sha256(source).hexdigest()
    if not os.path.isfile(source):  # noqa: PTH113 - a NUL in a name is no error here; a pipe never ends
        return None
    with contextlib.suppress(OSError), Path(source).open("rb") as file:
        return hashlib.file_digest(file, "sha256").hexdigest()
    return None
