"""The library folder: its lock, its file names, and the way a download becomes a clip."""

from __future__ import annotations

import contextlib
import os
import sys
import time
import uuid
from collections.abc import Callable, Iterable
from pathlib import Path
from typing import IO, Final

from musicnb.errors import LibraryError
from musicnb.library._conversions import Conversions
from musicnb.library._database import GOOD_COPY
from musicnb.library._files import slug, sync_folder
from musicnb.library._journal import Journal
from musicnb.library._presets import Presets
from musicnb.library._records import ClipRecord
from musicnb.library._restoring import restore_good_copy
from musicnb.library._uploads import Uploads
from musicnb.library._verify import PARTIAL, Verification, verify

if sys.platform != "win32":  # there, two processes on one library are not noticed
    import fcntl

JOURNAL: Final = "journal.sqlite"
IN_USE: Final = "library_in_use"


class Library:
    """A folder of clips and the journal of what they cost.

    Parameters
    ----------
    folder
        Made if it is not there.
    clock
        Seconds since the epoch.
    read_only
        Only look at it, while another process works with it.

    Attributes
    ----------
    uploads : Uploads
        What services keep for us.
    presets : Presets
        What forms were filled in with.

    Raises
    ------
    LibraryError
        Another process works with the folder (``code`` is ``library_in_use``), or it cannot be
        written, or its journal is damaged.
    """

    def __init__(
        self, folder: Path, *, clock: Callable[[], float] = time.time, read_only: bool = False
    ) -> None:
        self.folder = folder
        self.clips_folder = folder / "clips"
        self.sandbox_folder = folder / "sandbox"
        self.read_only = read_only
        self.uploads, self.presets = Uploads(folder), Presets(folder)
        if read_only:
            self.journal = Journal(folder / JOURNAL, clock=clock, read_only=True)
            return
        problem = ""
        try:
            self.clips_folder.mkdir(parents=True, exist_ok=True)
            self._lock = (folder / ".lock").open("a+")
        except OSError as error:
            problem = error.strerror or str(error)
        except ValueError as error:  # a NUL in the name
            problem = str(error)
        if problem:
            raise LibraryError(
                f"the library folder {str(folder)!r:.200} cannot be used ({problem})",
                hint="Choose another: Studio(library=...), on the command line --library",
            )
        _take_lock(self._lock, folder)
        try:
            self.journal = Journal(folder / JOURNAL, clock=clock)
        except BaseException:
            self._lock.close()
            raise
        for partial in self.clips_folder.glob(f".*{PARTIAL}"):  # of a process that was killed
            partial.unlink(missing_ok=True)

    def close(self) -> None:
        """Close the journal and let others use the folder."""
        self.journal.close()
        if not self.read_only:
            self._lock.close()

    def verify(self, clips: Iterable[ClipRecord] | None = None) -> Verification:
        """Hash every clip and conversion again and compare; shows a bar in a terminal.

        Parameters
        ----------
        clips
            Only these; nothing is said then about conversions, nor about files of no clip.

        Returns
        -------
        Verification
            What is intact, missing or altered; prints as a short account.
        """
        if clips is not None:
            return verify(self.folder, clips)
        conversions = Conversions(self.folder)
        return verify(self.folder, self.journal.clips(), self.clips_folder, conversions)

    def missing_clips(self) -> list[ClipRecord]:
        """List the clips whose file is gone; looks at names only, so it is quick."""
        return [clip for clip in self.journal.clips() if not (self.folder / clip.file).is_file()]

    def __fspath__(self) -> str:
        return os.fspath(self.folder)

    def __str__(self) -> str:
        return str(self.folder)

    def __repr__(self) -> str:
        return f"<Library {str(self.folder)!r}{', read only' if self.read_only else ''}>"

    def new_download(self) -> Path:
        """Return a path in the clips folder, beside the final names, that is not taken yet."""
        with contextlib.suppress(OSError):  # somebody may have removed it; writing tells the rest
            self.clips_folder.mkdir(exist_ok=True)
        return self.clips_folder / f".{uuid.uuid4().hex}{PARTIAL}"

    def adopt(self, download: Path, *, words: str, model: str, task_id: str, position: int,
              suffix: str) -> Path:  # fmt: skip
        """Give a finished download its final name, durably.

        Parameters
        ----------
        words
            Title or prompt: what a person would look for. It is data, so it is reduced to letters,
            digits and dashes; it cannot leave the folder.

        Returns
        -------
        pathlib.Path
            The clip's path. A file of the same name is replaced: it is the same clip.

        Raises
        ------
        LibraryError
            The folder cannot be written; the download is gone.
        """
        name = f"{slug(words)}_{slug(model)}_{slug(task_id)[-8:]}_{position}{suffix}"
        target = self.clips_folder / name
        problem = ""
        try:
            download.replace(target)
            sync_folder(self.clips_folder)
        except OSError as error:
            problem = error.strerror or str(error)
            download.unlink(missing_ok=True)
        if problem:
            raise LibraryError(
                f"cannot write {self.clips_folder} ({problem})",
                hint="Make room, then studio.resume() fetches it again",
                charged=True,
            )
        return target

    def relative(self, path: Path) -> str:
        """Return a file's path as the journal keeps it."""
        return path.relative_to(self.folder).as_posix()


def is_library(folder: Path) -> bool:
    """Whether a folder holds a journal, or what is left of one."""
    return any((folder / name).exists() for name in (JOURNAL, GOOD_COPY))


def restore_journal(folder: Path, *, stamp: str) -> Path:
    """Put the last good state of a damaged journal in its place, while nobody uses the library.

    Returns
    -------
    pathlib.Path
        Where the damaged journal is now.

    Raises
    ------
    LibraryError
        Somebody uses the library, or there is no good state.
    """
    with (folder / ".lock").open("a+") as lock:
        _take_lock(lock, folder)
        return restore_good_copy(folder / JOURNAL, stamp=stamp)


def _take_lock(file: IO[str], folder: Path) -> None:
    """Lock the folder for this process; the system frees the lock when the process dies."""
    if sys.platform == "win32":
        return
    try:
        fcntl.flock(file, fcntl.LOCK_EX | fcntl.LOCK_NB)
    except OSError:
        file.seek(0)
        owner = file.read().strip() or "another process"
        file.close()
    else:
        file.truncate(0)
        # Jupyter tells its kernels which notebook they belong to
        notebook = Path(os.environ.get("JPY_SESSION_NAME", "")).name
        file.write(f"process {os.getpid()}" + (f" ({notebook})" if notebook else ""))
        file.flush()
        # a forked child would keep the lock alive after we are gone
        os.register_at_fork(after_in_child=file.close)
        return
    raise LibraryError(
        f"the library {folder} is in use by {owner}",
        code=IN_USE,
        hint="Shut down that notebook's kernel (closing its tab leaves it running) or that script,"
        " or give this one a folder of its own: Studio(library=...), on the command line --library",
    )
