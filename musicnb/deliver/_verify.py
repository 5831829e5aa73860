"""Checking a pack that may come from anywhere: nothing is unpacked, nothing is believed."""

from __future__ import annotations

import hashlib
import io
import itertools
import os
import re
import stat
import zipfile
from collections.abc import Callable, Iterator, Mapping
from contextlib import ExitStack
from dataclasses import dataclass, field
from pathlib import Path
from typing import BinaryIO, Final, cast

from musicnb._foreign import read_record
from musicnb.deliver._archive import UNREADABLE, Entry, open_archive, write_archive
from musicnb.deliver._records import (
    CHECKSUMS,
    MANIFEST,
    MOST_FILES,
    PATH_PATTERN,
    VERSION,
    PackManifest,
)
from musicnb.errors import InvalidInput
from musicnb.sound import is_device, named_path

#: No pack is larger; a ZIP file of this size holds twenty hours of uncompressed stereo.
MOST_BYTES: Final = 16 * 2**30
_MOST_MANIFEST_BYTES: Final = 64 * 2**20
_MOST_PROBLEMS: Final = 50
# every file in two folders of its own, with manifest and checksums
_MOST_SEEN: Final = 3 * MOST_FILES + 2
_ENCRYPTED: Final = 0x1
_IS_PATH: Final = re.compile(PATH_PATTERN)
_CHECKSUM_LINE: Final = re.compile(r"([0-9a-f]{64})  (\S+)")


@dataclass(frozen=True)
class PackCheck:
    """What was found when a pack was checked; true if nothing is wrong with it.

    Parameters
    ----------
    path
        What was checked.
    problems
        What is wrong, in plain words; at most 50.
    files
        How many files were read.
    size_bytes
        Of these, together.
    sha256
        Of the ZIP file; None for a folder, and where it could not be read. A pack carries its own
        checksums, so whoever makes a new one makes them fit: compare this with what you were told.
    manifest
        What the pack says of itself; None where that cannot be read.
    """

    path: Path
    problems: tuple[str, ...]
    files: int = 0
    size_bytes: int = 0
    sha256: str | None = None
    manifest: PackManifest | None = field(default=None, repr=False)

    @property
    def ok(self) -> bool:
        """Whether every byte is the one that was written."""
        return not self.problems

    def __bool__(self) -> bool:
        return self.ok

    def __str__(self) -> str:
        if self.ok:
            seal = f", SHA-256 {self.sha256}" if self.sha256 else ""
            return f"{self.path.name}: {self.files} files as they were written{seal}"
        lines = [f"{self.path.name}: refused", *(f"  {problem}" for problem in self.problems)]
        return "\n".join(lines)

    __repr__ = __str__


class _Refused(Exception):
    """Reading on would be dangerous or senseless."""


class _Files:
    """The files of a pack by their paths, each with its length and a way to open it."""

    def __init__(self) -> None:
        self.entries: dict[str, Entry] = {}
        self.problems: list[str] = []
        self._names: set[str] = set()

    def add(self, path: str, size_bytes: int, opened: Callable[[], BinaryIO]) -> None:
        if not _IS_PATH.fullmatch(path) or any(map(is_device, path.split("/"))):
            raise _Refused(f"the name {path!r:.80} is no name of a pack's file")
        if path.casefold() in self._names:
            raise _Refused(f"the name {path!r:.80} stands twice")
        if len(self.entries) >= MOST_FILES + 2:
            raise _Refused(f"it has more than {MOST_FILES:,} files")
        self._names.add(path.casefold())
        self.entries[path] = Entry(path, size_bytes, opened)


def verify_pack(path: str | os.PathLike[str]) -> PackCheck:
    """Check a pack, byte by byte; nothing is unpacked and nothing is written.

    Parameters
    ----------
    path
        The ZIP file, or a folder into which it was unpacked.

    Returns
    -------
    PackCheck
        True if every file is there with the bytes it was written with, no other is, and, for a
        ZIP file, not one byte of the archive around them is different.

    Raises
    ------
    InvalidInput
        `path` is no path.
    """
    named = named_path(path)
    files = _Files()
    try:
        with ExitStack() as stack:
            sha256 = None
            if named.is_dir():
                _list_folder(named, files)
            else:
                file = stack.enter_context(_opened(named))
                sha256 = _hash(file)
                archive = stack.enter_context(_archive(file))
                _list_archive(archive, os.fstat(file.fileno()).st_size, files)
            manifest = _check_content(files)
            if sha256 and not files.problems:
                _require_same_archive(file, files)
            size = sum(entry.size_bytes for entry in files.entries.values())
            problems = tuple(files.problems[:_MOST_PROBLEMS])
            return PackCheck(named, problems, len(files.entries), size, sha256, manifest)
    except _Refused as refusal:
        return PackCheck(named, (str(refusal),))
    except OSError as error:
        return PackCheck(named, (f"it cannot be read ({error.strerror or error!s:.200})",))


# ------------------------------------------------------------------------------ what there is


def _opened(path: Path) -> BinaryIO:
    # a pipe or a device would never end
    if not stat.S_ISREG(path.stat().st_mode):
        raise _Refused("it is no file")
    if path.stat().st_size > MOST_BYTES:
        raise _Refused(f"it has more than {MOST_BYTES:,} bytes")
    return path.open("rb")


def _archive(file: BinaryIO) -> zipfile.ZipFile:
    problem = ""
    try:
        return open_archive(file, MOST_FILES + 2)
    except UNREADABLE as error:
        problem = f"it is no ZIP file ({error!s:.100})"
    raise _Refused(problem)


def _list_archive(archive: zipfile.ZipFile, size_bytes: int, files: _Files) -> None:
    total = 0
    for info in archive.infolist():
        kind = stat.S_IFMT(info.external_attr >> 16)
        if kind not in (0, stat.S_IFREG):
            raise _Refused(f"{info.filename!r:.80} is a link or another thing that is no file")
        if info.flag_bits & _ENCRYPTED:
            raise _Refused(f"{info.filename!r:.80} is encrypted")
        if info.compress_type != zipfile.ZIP_STORED or info.compress_size != info.file_size:
            raise _Refused(f"{info.filename!r:.80} is compressed; files of a pack never are")
        total += info.file_size
        # stored files that lie over each other would be a bomb, too
        if total > size_bytes:
            raise _Refused("its files are longer than the archive: they lie over each other")
        files.add(info.filename, info.file_size, _opener(archive, info))


def _opener(archive: zipfile.ZipFile, info: zipfile.ZipInfo) -> Callable[[], BinaryIO]:
    return lambda: cast("BinaryIO", archive.open(info))


def _reader(path: Path) -> Callable[[], BinaryIO]:
    return lambda: path.open("rb")


def _list_folder(folder: Path, files: _Files) -> None:
    waiting, seen = [(folder, "")], 0
    while waiting:
        here, prefix = waiting.pop()
        with os.scandir(here) as found:
            few = list(itertools.islice(found, _MOST_SEEN + 1 - seen))
            seen += len(few)
            if seen > _MOST_SEEN:
                raise _Refused(f"it has more than {_MOST_SEEN:,} files and folders")
            for item in sorted(few, key=lambda item: item.name):
                name = f"{prefix}{item.name}"
                if item.is_dir(follow_symlinks=False):
                    if name.count("/") > 1:
                        raise _Refused(f"the folder {name!r:.80} is nested too deep")
                    waiting.append((Path(item.path), f"{name}/"))
                elif item.is_file(follow_symlinks=False):
                    size = item.stat(follow_symlinks=False).st_size
                    files.add(name, size, _reader(Path(item.path)))
                else:
                    raise _Refused(f"{name!r:.80} is a link or another thing that is no file")


# ------------------------------------------------------------------------------ what it holds


def _check_content(files: _Files) -> PackManifest | None:
    for needed in (MANIFEST, CHECKSUMS):
        if needed not in files.entries:
            raise _Refused(f"{needed} is missing: this is no pack")
    sums = _checksums(files)
    hashes: dict[str, str] = {}
    for path, entry in files.entries.items():
        if path == CHECKSUMS:
            continue
        if path not in sums:
            files.problems.append(f"{path}: is not named in {CHECKSUMS}")
        try:
            with entry.open() as source:
                hashes[path] = _hash(source)
        except UNREADABLE as error:
            files.problems.append(f"{path}: cannot be read ({error!s:.100})")
            continue
        if path in sums and hashes[path] != sums[path]:
            files.problems.append(f"{path}: other bytes than {CHECKSUMS} says")
    files.problems += [f"{path}: missing" for path in sums if path not in files.entries]
    if hashes.get(MANIFEST) != sums.get(MANIFEST):
        return None
    manifest = _manifest(files)
    if manifest is not None:
        files.problems += _against_manifest(manifest, files.entries, hashes)
    return manifest


def _small(files: _Files, path: str) -> bytes:
    entry = files.entries[path]
    if entry.size_bytes > _MOST_MANIFEST_BYTES:
        raise _Refused(f"{path} has more than {_MOST_MANIFEST_BYTES:,} bytes")
    try:
        with entry.open() as source:
            return source.read(_MOST_MANIFEST_BYTES)
    except UNREADABLE as error:
        problem = f"{path} cannot be read ({error!s:.100})"
    raise _Refused(problem)


def _checksums(files: _Files) -> dict[str, str]:
    """Read the lines that ``sha256sum`` reads."""
    sums: dict[str, str] = {}
    for line in _small(files, CHECKSUMS).decode("ascii", "replace").splitlines():
        match = _CHECKSUM_LINE.fullmatch(line)
        if match is None:
            raise _Refused(f"{CHECKSUMS} has a line that is none: {line!r:.80}")
        if match[2] in sums:
            raise _Refused(f"{CHECKSUMS} names {match[2]!r:.80} twice")
        sums[match[2]] = match[1]
    return sums


def _manifest(files: _Files) -> PackManifest | None:
    data = _small(files, MANIFEST)
    try:
        return read_record(PackManifest, data, called="manifest", version=VERSION)
    except InvalidInput as error:
        files.problems += [f"{MANIFEST}: {fault.field} {fault.message}" for fault in error.faults]
    return None


def _against_manifest(
    manifest: PackManifest, entries: Mapping[str, Entry], hashes: Mapping[str, str]
) -> Iterator[str]:
    named = {record.path: record for record in manifest.files}
    if len(named) != len(manifest.files):
        yield f"{MANIFEST}: names a file twice"
    for path in entries:
        if path not in named and path not in (MANIFEST, CHECKSUMS):
            yield f"{path}: is not named in {MANIFEST}"
    for path, record in named.items():
        if path not in entries:
            yield f"{path}: missing"
        elif entries[path].size_bytes != record.size_bytes:
            yield f"{path}: other length than {MANIFEST} says"
        elif path in hashes and hashes[path] != record.sha256:
            yield f"{path}: other bytes than {MANIFEST} says"


def _require_same_archive(file: BinaryIO, files: _Files) -> None:
    """Write the archive again and compare: dates, gaps and comments are bytes, too."""
    again = _Again(file)
    write_archive(cast("BinaryIO", again), files.entries.values())
    if not again.is_same:
        files.problems.append("the archive around its files is not as it was written")


class _Again(io.RawIOBase):
    """Keeps nothing of what is written, only where it differs from a file."""

    def __init__(self, file: BinaryIO) -> None:
        self._file, self._at, self._end = file, 0, 0
        self._different: set[int] = set()

    def seekable(self) -> bool:
        return True

    def writable(self) -> bool:
        return True

    def tell(self) -> int:
        return self._at

    def seek(self, offset: int, whence: int = io.SEEK_SET) -> int:
        assert whence == io.SEEK_SET
        self._at = offset
        return offset

    def write(self, data: bytes) -> int:  # type: ignore[override] # a ZIP file is written in bytes
        self._file.seek(self._at)
        # a head is written twice: first without the checksum, which is not known yet
        if self._file.read(len(data)) == data:
            self._different.discard(self._at)
        else:
            self._different.add(self._at)
        self._at += len(data)
        self._end = max(self._end, self._at)
        return len(data)

    @property
    def is_same(self) -> bool:
        return not self._different and self._end == os.fstat(self._file.fileno()).st_size


def _hash(source: BinaryIO) -> str:
    return hashlib.file_digest(source, "sha256").hexdigest()  # type: ignore[arg-type]
