"""Writing a pack: manifest and checksums first, then every file, in one new ZIP file."""

from __future__ import annotations

import hashlib
import io
import os
from collections.abc import Mapping
from functools import partial
from pathlib import Path
from typing import BinaryIO

from musicnb.deliver._archive import Entry, write_archive
from musicnb.deliver._records import CHECKSUMS, MANIFEST, PackManifest
from musicnb.errors import InvalidInput
from musicnb.sound import delete_partials, new_file

_fault = partial(InvalidInput.about, "files")

Content = bytes | Path


def write_pack(
    path: str | os.PathLike[str], manifest: PackManifest, contents: Mapping[str, Content]
) -> Path:
    """Write a pack; the same manifest and contents give the same bytes.

    Parameters
    ----------
    path
        A new file; what stands there is not replaced.
    manifest
        What the pack says of itself.
    contents
        For every file of the manifest, by its path: bytes, or a file to be copied.

    Returns
    -------
    pathlib.Path
        The pack.

    Raises
    ------
    InvalidInput
        A file of the manifest has no content, a content has no file, or a file on disk has not the
        bytes any more that the manifest says.
    FileExistsError
        There is something by this name.
    OSError
        It cannot be written; nothing is left behind.
    """
    _require_same(manifest, contents)
    about = (manifest.model_dump_json(indent=1) + "\n").encode()
    sums = {MANIFEST: hashlib.sha256(about).hexdigest()}
    sums |= {record.path: record.sha256 for record in manifest.files}
    lines = "".join(f"{sha256}  {name}\n" for name, sha256 in sums.items())
    entries = [
        _entry(name, content)
        for name, content in [
            (MANIFEST, about),
            (CHECKSUMS, lines.encode("ascii")),
            *((record.path, contents[record.path]) for record in manifest.files),
        ]
    ]
    target = Path(path)
    delete_partials(target.parent)  # a pack may be large
    with new_file(target) as file:
        write_archive(file, entries)
    return target


def _entry(name: str, content: Content) -> Entry:
    if isinstance(content, bytes):
        return Entry(name, len(content), lambda: io.BytesIO(content))
    return Entry(name, content.stat().st_size, lambda: content.open("rb"))


def _require_same(manifest: PackManifest, contents: Mapping[str, Content]) -> None:
    named = {record.path.casefold(): record for record in manifest.files}
    if len(named) != len(manifest.files):
        raise _fault("two files of the manifest have one name")
    if strange := {record.path for record in manifest.files} ^ set(contents):
        raise _fault(f"{min(strange)!r:.80} is in the manifest or in the contents, not in both")
    for record in manifest.files:
        with _entry(record.path, contents[record.path]).open() as source:
            if _hash(source) != record.sha256:
                raise _fault(f"{record.path!r:.80} has other bytes than when it was measured")


def _hash(source: BinaryIO) -> str:
    return hashlib.file_digest(source, "sha256").hexdigest()  # type: ignore[arg-type]
