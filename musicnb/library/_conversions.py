"""Files that were made of clips: where they go by default, and of what each was made.

The record is a file of sealed lines beside the conversions.
"""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import asdict, dataclass, fields
from pathlib import Path
from typing import Any, Final

from musicnb.errors import LibraryError
from musicnb.library._files import slug
from musicnb.library._lines import SealedLines, make_folder

_FOLDER: Final = "conversions"
_RECORD: Final = "record.jsonl"
_MOST_NAMES: Final = 10_000


@dataclass(frozen=True, slots=True)
class Conversion:
    """A file and the clip it was made of.

    Parameters
    ----------
    file
        Path relative to the library folder, with forward slashes, or an absolute one elsewhere.
    sha256, size_bytes
        Of the file as it was written.
    parent_clip_id, parent_sha256
        The clip, and the hash of the bytes that were converted.
    changes
        What was done, by the names of `musicnb.convert.Changes`, with the format and its options.
    made_at
        Seconds since the epoch.
    """

    file: str
    sha256: str
    size_bytes: int
    parent_clip_id: str
    parent_sha256: str
    changes: dict[str, Any]
    made_at: float


class Conversions:
    """The conversions of a library.

    Parameters
    ----------
    library
        The library folder.
    """

    def __init__(self, library: Path) -> None:
        self._library = library
        self.folder = library / _FOLDER
        names = frozenset(field.name for field in fields(Conversion))
        self._record = SealedLines(self.folder / _RECORD, names)

    def names(self, words: str, suffix: str, *, tail: str = "") -> Iterator[Path]:
        """Yield paths for a new file: the plain name, then numbered ones.

        Parameters
        ----------
        words
            Any text; it is reduced to letters, digits and dashes and cannot leave the folder.
        tail
            Comes behind them as it is.
        """
        make_folder(self.folder)
        stem = f"{slug(words)}{tail}"
        yield self.folder / f"{stem}{suffix}"
        for number in range(2, _MOST_NAMES):
            yield self.folder / f"{stem}-{number}{suffix}"

    def add(self, path: Path, **facts: Any) -> Conversion:
        """Write down where a file comes from, durably.

        Parameters
        ----------
        path
            The file.
        **facts
            The other fields of `Conversion`.

        Raises
        ------
        LibraryError
            It cannot be written.
        """
        path = path.absolute()
        inside = path.is_relative_to(self._library.absolute())
        file = path.relative_to(self._library.absolute()).as_posix() if inside else str(path)
        conversion = Conversion(file=file, **facts)
        make_folder(self.folder)
        problem = ""
        try:
            self._record.add(asdict(conversion))
        except OSError as error:
            problem = error.strerror or str(error)
        if problem:
            raise LibraryError(
                f"what {path.name} was made of cannot be written down ({problem})",
                hint="Make room, then convert again",
            )
        return conversion

    def all(self) -> tuple[Conversion, ...]:
        """List every conversion, oldest first."""
        return tuple(Conversion(**values) for values in self._record.read()[0])

    @property
    def unreadable(self) -> int:
        """How many lines of the record are cut or altered."""
        return self._record.read()[1]

    def of(self, clip_id: str) -> tuple[Conversion, ...]:
        """List what was made of one clip, oldest first."""
        return tuple(made for made in self.all() if made.parent_clip_id == clip_id)

    def path(self, conversion: Conversion) -> Path:
        """Return where the file was written."""
        return self._library / conversion.file
