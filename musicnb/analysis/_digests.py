"""What a table shows of many measured files, kept together: one file instead of thousands."""

from __future__ import annotations

import base64
import contextlib
import hashlib
import json
import os
import uuid
from collections.abc import Iterable, Mapping
from pathlib import Path
from typing import Final, NamedTuple

from musicnb.analysis._cache import MeasureCache, code_version
from musicnb.measure import Measures

_FILE: Final = "digests.json"


class Digest(NamedTuple):
    """The part of `musicnb.measure.Measures` that stands in tables, by the same names.

    Parameters
    ----------
    key
        Tonic and mode, such as ``"F# minor"``.
    defects
        Their kinds, with commas between; empty where there are none.
    bands
        Of the fingerprint, for `musicnb.measure.styles_of`; base64, empty where there is none.
    """

    true_peak_dbtp: float
    loudness_range_lu: float | None
    tempo_bpm: float | None
    tempo_confidence: float | None
    key: str | None
    key_confidence: float | None
    spectral_centroid_hz: float | None
    defects: str
    bands: str

    def style_bytes(self) -> bytes:
        """Return `bands` as bytes."""
        return base64.b64decode(self.bands)


def digest_of(measures: Measures) -> Digest:
    """Take from measures what stands in tables."""
    fingerprint = measures.fingerprint
    return Digest(
        true_peak_dbtp=measures.true_peak_dbtp,
        loudness_range_lu=measures.loudness_range_lu,
        tempo_bpm=measures.tempo_bpm,
        tempo_confidence=measures.tempo_confidence,
        key=None if measures.key is None else f"{measures.key} {measures.mode}",
        key_confidence=measures.key_confidence,
        spectral_centroid_hz=measures.spectral_centroid_hz,
        defects=str(measures.as_dict()["defects"]),
        bands=base64.b64encode(fingerprint.bands if fingerprint else b"").decode(),
    )


def digests(cache: str | os.PathLike[str], sha256s: Iterable[str]) -> dict[str, Digest]:
    """Look up what is remembered of many contents; measures nothing.

    What is looked up for the first time is read from its own entry (0.4 ms each) and written into
    one file with all that was looked up before (20 µs each from then on).

    Parameters
    ----------
    cache
        The folder that was given to `measure_file` or `measure_many`.
    sha256s
        Hashes of the files' bytes.

    Returns
    -------
    dict
        By hash; without those that were not measured, or by other code.
    """
    folder, wanted = Path(cache), set(sha256s)
    known, useless = _read(folder)
    missing = (wanted - known.keys()) & _entries(folder)
    stamps = {sha256: _stamp(folder, sha256) for sha256 in missing}
    # an entry that other code made is not read again until somebody writes it anew
    missing = {sha256 for sha256 in missing if useless.get(sha256) != stamps[sha256]}
    entries = MeasureCache(folder)
    for sha256 in missing:
        measures = entries.get(sha256)
        if measures is None:
            useless[sha256] = stamps[sha256]
        else:
            known[sha256] = digest_of(measures)
    if missing:
        _write(folder, known, useless)
    return {sha256: known[sha256] for sha256 in wanted & known.keys()}


def keep_digests(cache: str | os.PathLike[str], found: Mapping[str, Digest]) -> None:
    """Remember digests of what was just measured, so that its entries need not be read again."""
    folder = Path(cache)
    known, useless = _read(folder)
    _write(folder, {**known, **found}, useless)


def _entries(folder: Path) -> set[str]:
    with contextlib.suppress(OSError), os.scandir(folder) as entries:
        return {entry.name.removesuffix(".json") for entry in entries}
    return set()


def _stamp(folder: Path, sha256: str) -> int:
    with contextlib.suppress(OSError):
        return os.stat(f"{folder}/{sha256}.json").st_mtime_ns  # noqa: PTH116 - for thousands
    return 0


def _read(folder: Path) -> tuple[dict[str, Digest], dict[str, int]]:
    """Read the common file: what is known, and which entries told nothing when they were written.

    A file that is damaged, or was made by other code, counts as none.
    """
    with contextlib.suppress(OSError, ValueError, TypeError, AttributeError, RecursionError):
        seal, _, body = (folder / _FILE).read_bytes().partition(b"\n")
        if seal == _seal(body):
            known, useless = json.loads(body)
            return {sha256: Digest(*values) for sha256, values in known.items()}, useless
    return {}, {}


def _write(folder: Path, known: Mapping[str, Digest], useless: Mapping[str, int]) -> None:
    body = json.dumps([known, useless], separators=(",", ":")).encode()
    partial = folder / f".{uuid.uuid4().hex}.part"
    with contextlib.suppress(OSError):  # as the entries: reading them again is no error
        try:
            partial.write_bytes(_seal(body) + b"\n" + body)
            partial.replace(folder / _FILE)
        finally:
            partial.unlink(missing_ok=True)


def _seal(body: bytes) -> bytes:
    made_by = f"{code_version()} {' '.join(Digest._fields)}\n"
    return hashlib.sha256(made_by.encode() + body).hexdigest().encode()
