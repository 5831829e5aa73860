"""Files that a service keeps for us, by the hash of their bytes: none has to be sent twice."""

from __future__ import annotations

import threading
from dataclasses import asdict, dataclass, fields, replace
from pathlib import Path
from typing import Final

from musicnb.errors import LibraryError
from musicnb.library._lines import SealedLines, make_folder

_FOLDER: Final = "uploads"
_RECORD: Final = "record.jsonl"


@dataclass(frozen=True, slots=True)
class Upload:
    """A file at a service.

    Parameters
    ----------
    service
        Which service and account, as in the journal.
    sha256, size_bytes
        Of the bytes that were sent.
    artifact_id
        What the service calls it.
    name
        What a person calls it.
    format
        ``FLAC``, ``MP3`` or ``WAV``.
    duration_s, sample_rate_hz, channels
        What was decoded.
    outline
        1,000 (lowest, highest) int8 pairs, in hexadecimal.
    uploaded_at
        Seconds since the epoch.
    rights
        What the person who sent it said about the rights in it; musicnb checks nothing.
    is_gone
        The service does not have it any more.
    """

    service: str
    sha256: str
    size_bytes: int
    artifact_id: str
    name: str
    format: str
    duration_s: float
    sample_rate_hz: int
    channels: int
    outline: str
    uploaded_at: float
    rights: str = ""
    is_gone: bool = False


class Uploads:
    """The uploads of a library; the last that was written of one counts.

    Parameters
    ----------
    library
        The library folder.
    """

    def __init__(self, library: Path) -> None:
        self._folder = library / _FOLDER
        names = frozenset(field.name for field in fields(Upload))
        self._record = SealedLines(self._folder / _RECORD, names)
        #: Held by whoever sends a file, from the look whether it was sent to the note that it is.
        self.turn = threading.Lock()

    def all(self, service: str) -> list[Upload]:
        """List what a service has, in the order it was sent."""
        return [upload for upload in self._ever(service) if not upload.is_gone]

    def of_bytes(self, service: str, sha256: str) -> Upload | None:
        """Find what a service has of some bytes."""
        found = [upload for upload in self.all(service) if upload.sha256 == sha256]
        return found[-1] if found else None

    def of_id(self, service: str, artifact_id: str) -> Upload | None:
        """Find an upload by what the service calls it."""
        found = (upload for upload in self.all(service) if upload.artifact_id == artifact_id)
        return next(found, None)

    def rights_in(self, service: str, artifact_id: str) -> str:
        """Return what was said about the rights in an upload, also in one that has gone since."""
        said = (
            upload.rights for upload in self._ever(service) if upload.artifact_id == artifact_id
        )
        return next(said, "")

    def add(self, upload: Upload) -> None:
        """Write an upload down, durably.

        Raises
        ------
        LibraryError
            It cannot be written.
        """
        make_folder(self._folder)
        problem = ""
        try:
            self._record.add(asdict(upload))
        except OSError as error:
            problem = error.strerror or str(error)
        if problem:
            raise LibraryError(
                f"that {upload.name!r:.80} was uploaded cannot be written down ({problem})",
                hint="Make room; until then it is uploaded again each time, at no cost",
            )

    def forget(self, service: str, artifact_id: str) -> None:
        """Write down that the service does not have a file any more."""
        upload = self.of_id(service, artifact_id)
        if upload is not None:
            self.add(replace(upload, is_gone=True))

    def _ever(self, service: str) -> list[Upload]:
        latest = {
            (upload.service, upload.artifact_id): upload
            for upload in (Upload(**values) for values in self._record.read()[0])
        }
        return [upload for upload in latest.values() if upload.service == service]
