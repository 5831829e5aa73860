"""What was measured before: one small JSON file for each content, written at once or not at all."""

from __future__ import annotations

import base64
import contextlib
import dataclasses
import hashlib
import json
import os
from functools import lru_cache
from pathlib import Path
from typing import Any, Final

import musicnb.measure
import musicnb.sound
from musicnb.analysis._files import Source
from musicnb.measure import Defect, Fingerprint, LoudnessSeries, Measures

_FIELDS: Final = frozenset(field.name for field in dataclasses.fields(Measures))


class MeasureCache:
    """A folder of measures by the SHA-256 of the file they were taken from.

    An entry that is damaged, or was made by other code, counts as none. A folder that cannot be
    written is no error: measuring again is.

    Parameters
    ----------
    folder
        Made when the first entry is written.
    """

    def __init__(self, folder: str | os.PathLike[str]) -> None:
        self._folder = Path(folder)

    def get(self, sha256: str) -> Measures | None:
        """Return what is remembered of a content, or None."""
        try:
            entry = json.loads((self._folder / f"{sha256}.json").read_bytes())
            whole = entry["seal"] == _seal(entry["measures"], sha256)
            return _from_json(entry["measures"]) if whole else None
        # whatever stands in the file is no reason not to measure
        except (OSError, ValueError, TypeError, KeyError, AttributeError, RecursionError):
            return None

    def put(self, sha256: str, measures: Measures) -> None:
        """Remember measures; a reader sees the entry whole or not at all."""
        values = _to_json(measures)
        entry = {"seal": _seal(values, sha256), "measures": values}
        partial = self._folder / f".{os.urandom(16).hex()}.part"
        with contextlib.suppress(OSError):
            self._folder.mkdir(parents=True, exist_ok=True)
            try:
                partial.write_text(json.dumps(entry), encoding="utf-8")
                partial.replace(self._folder / f"{sha256}.json")
            finally:
                partial.unlink(missing_ok=True)


def remembered(source: Source, cache: str | os.PathLike[str]) -> Measures | None:
    """Return what a cache knows of a file's bytes, or None."""
    sha256 = sha256_of(source)
    return None if sha256 is None else MeasureCache(cache).get(sha256)


def sha256_of(source: Source) -> str | None:
    """Return the hash of a file's bytes, or None where they cannot be read: decoding says why."""
    if isinstance(source, bytes):
        return hashlib.sha256(source).hexdigest()
    if not os.path.isfile(source):  # noqa: PTH113 - a NUL in a name is no error here; a pipe never ends
        return None
    with contextlib.suppress(OSError), Path(source).open("rb") as file:
        return hashlib.file_digest(file, "sha256").hexdigest()
    return None


@lru_cache(maxsize=1)
def code_version() -> str:
    """Return a hash of the code that decodes and measures: a number would be forgotten."""
    digest = hashlib.sha256()
    for room in (musicnb.measure, musicnb.sound):
        for path in sorted(Path(str(room.__file__)).parent.glob("*.py")):
            digest.update(path.read_bytes())
    return digest.hexdigest()


def _seal(values: Any, sha256: str) -> str:
    """Return the hash of an entry with everything it depends on."""
    text = json.dumps([code_version(), sha256, values], sort_keys=True)
    return hashlib.sha256(text.encode()).hexdigest()


def _to_json(measures: Measures) -> dict[str, Any]:
    values = {name: getattr(measures, name) for name in sorted(_FIELDS)}
    values["defects"] = [dataclasses.asdict(defect) for defect in measures.defects]
    values["series"] = _text(measures.series.steps)
    values["outline"] = _text(measures.outline)
    if measures.fingerprint is not None:
        kept = (measures.fingerprint.chroma, measures.fingerprint.bands)
        values["fingerprint"] = [_text(data) for data in kept]
    # through JSON once, so that the seal is taken of what a reader will see: lists, not tuples
    return dict(json.loads(json.dumps(values)))


def _from_json(values: dict[str, Any]) -> Measures:
    values = dict(values)
    if values.keys() != _FIELDS:
        raise ValueError("other fields")
    values["defects"] = tuple(
        Defect(
            defect["kind"],
            defect["text"],
            tuple((float(start), float(end)) for start, end in defect["places_s"]),
            tuple(defect["channels"]),
        )
        for defect in values["defects"]
    )
    values["series"] = LoudnessSeries(_bytes(values["series"]))
    values["outline"] = _bytes(values["outline"])
    if values["fingerprint"] is not None:
        values["fingerprint"] = Fingerprint(*map(_bytes, values["fingerprint"]))
    values["balance_db"] = values["balance_db"] and tuple(values["balance_db"])
    return Measures(**values)


def _text(data: bytes) -> str:
    return base64.b64encode(data).decode()


def _bytes(text: str) -> bytes:
    return base64.b64decode(text, validate=True)
