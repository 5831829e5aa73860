"""What was uploaded as reference audio, and what was said about the rights in it."""

from __future__ import annotations

from dataclasses import asdict, dataclass, fields
from pathlib import Path
from typing import Final

from musicnb.errors import LibraryError
from musicnb.library._sealed_lines import SealedLines

_RECORD: Final = "uploads.jsonl"


@dataclass(frozen=True, slots=True)
class Upload:
    """A file that the service keeps for us.

    Parameters
    ----------
    artifact_id
        The service's name for it.
    file, sha256, size_bytes
        What was sent.
    rights
        What the person who sent it said about rights; musicnb checks nothing.
    uploaded_at
        Seconds since the epoch.
    """

    artifact_id: str
    file: str
    sha256: str
    size_bytes: int
    rights: str
    uploaded_at: float


class Uploads:
    """The uploads of a library.

    Parameters
    ----------
    library
        The library folder.
    """

    def __init__(self, library: Path) -> None:
        names = tuple(field.name for field in fields(Upload))
        self._lines = SealedLines(library / _RECORD, names)

    def add(self, upload: Upload) -> None:
        """Write an upload down, durably.

        Raises
        ------
        LibraryError
            It cannot be written.
        """
        problem = ""
        try:
            self._lines.append(asdict(upload))
        except OSError as error:
            problem = error.strerror or str(error)
        if problem:
            raise LibraryError(
                f"what {upload.file!r:.80} is cannot be written down ({problem})",
                hint="Make room, then upload again",
            )

    def of(self, artifact_id: str) -> Upload | None:
        """Return what is known of an upload; the latest where it was said twice."""
        found = None
        for values in self._lines.read():
            if values["artifact_id"] == artifact_id:
                found = Upload(**values)
        return found
