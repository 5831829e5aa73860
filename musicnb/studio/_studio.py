"""The front door."""

from __future__ import annotations

import atexit
import contextlib
import os
import threading
from collections.abc import Callable
from decimal import Decimal
from pathlib import Path
from typing import TYPE_CHECKING, Any, Final, Self

from musicnb import __version__, sound
from musicnb.briefs import Artifact, Brief
from musicnb.catalogue import MAX_UPLOAD_BYTES
from musicnb.errors import Fault, InvalidInput, LibraryError, MusicnbError
from musicnb.library import Job, Library
from musicnb.settings import ApiKey, Settings
from musicnb.studio._clip import Clips
from musicnb.studio._loop import shared_loop
from musicnb.studio._road import Road
from musicnb.studio._service import open_service
from musicnb.studio._task import Task

if TYPE_CHECKING:
    import pandas as pd

    from musicnb.studio._form import StudioForm

DEFAULT_LIBRARY: Final = "musicnb-library"
_REFERENCE_SECONDS: Final = 600.0

# Running the cell `studio = Studio()` again must find the running work, not a locked folder.
_open: dict[Path, tuple[Road, Settings | None]] = {}
_open_lock = threading.RLock()


class Studio:
    """A service and a library, ready to make music.

    Without a base URL and a key everything runs on the embedded sandbox: offline, free, with an
    engine of its own. With them the same code uses the hosted service.

    Parameters
    ----------
    library
        Folder for the clips and the journal of what they cost; made if it is not there.
    base_url
        The service; by default ``MUSICNB_BASE_URL``, else the hosted one if a key is given here.
        ``"sandbox"`` is the embedded one, whatever the environment says.
    api_key
        The key; by default ``MUSICNB_API_KEY`` or ``BEATRA_API_KEY``. Best read with ``getpass``.
    quiet
        Do not print the line that says what is used.

    Raises
    ------
    ConfigurationError
        A base URL without a key, or one that a key must not be sent to.
    LibraryError
        The folder is in use by another process, or cannot be written.
    """

    def __init__(
        self,
        library: str | os.PathLike[str] = DEFAULT_LIBRARY,
        *,
        base_url: str | None = None,
        api_key: str | ApiKey | None = None,
        quiet: bool = False,
    ) -> None:
        if api_key is not None and not isinstance(api_key, ApiKey):
            api_key = ApiKey(api_key)  # rebound at once: tracebacks print local variables
        settings = Settings.resolve(base_url=base_url, api_key=api_key)
        self._folder, self._settings = _folder(library), settings
        self._road = _road(self._folder.resolve(), settings)
        if not quiet:
            print(self)  # noqa: T201 - saying which service is used is this line's purpose

    # -------------------------------------------------------------------------------- orders

    def generate(self, brief: Brief) -> Task:
        """Order music; returns at once.

        Parameters
        ----------
        brief
            A `TextToMusic` or `ReferenceAudioToMusic`.

        Returns
        -------
        Task
            Wait with ``.result()`` or ``await``; shows itself as a card in a notebook.

        Raises
        ------
        InvalidInput
            Something in the brief is wrong; every faulty field is named and nothing was sent.
        LibraryError
            The order could not be written down, so it was not sent.
        """
        if not isinstance(brief, Brief):
            raise InvalidInput.from_faults(
                [Fault("brief", "", f"must be a TextToMusic(...), not {type(brief).__name__}")]
            )
        road = self._live_road()
        return road.travel(road.library.journal.plan(brief, service=road.service.identity))

    def form(self, **values: Any) -> StudioForm:
        """Make a form for `TextToMusic`; put it last in a cell to show it.

        Parameters
        ----------
        **values
            Fields filled in beforehand, such as ``prompt="..."``, ``model="suno-5.5"``.

        Raises
        ------
        InvalidInput
            There is no such field, or it cannot hold such a value.
        """
        from musicnb.studio._form import StudioForm  # noqa: PLC0415 - scripts need no widgets

        self._live_road()
        return StudioForm(self, **values)

    def upload(self, path: str | os.PathLike[str]) -> Artifact:
        """Upload reference audio; free.

        Parameters
        ----------
        path
            A FLAC, MP3 or WAV file of at most 100 MB and 10 minutes.

        Returns
        -------
        Artifact
            For ``ReferenceAudioToMusic(..., reference_audio=artifact)``.

        Raises
        ------
        InvalidInput
            There is no such file, or it is too large.
        UndecodableAudio
            It is not the sound it claims to be.
        """
        try:
            file = Path(path).expanduser()
            size = file.stat().st_size if file.is_file() else 0
        except (TypeError, ValueError, OSError, RuntimeError) as error:
            raise InvalidInput.from_faults(
                [Fault("path", "", f"{path!r:.80} is no file ({error!s:.80})")]
            ) from None
        if not 0 < size <= MAX_UPLOAD_BYTES:
            reason = f"has {size:,} bytes, at most {MAX_UPLOAD_BYTES:,}" if size else "is no file"
            raise InvalidInput.from_faults([Fault("path", "", f"{file.name!r} {reason}")])
        facts = sound.examine(file, max_seconds=_REFERENCE_SECONDS)
        road = self._live_road()
        artifact_id = road.loop.run(
            road.client.upload(file, media_type=facts.kind.media_type, purpose="reference_audio")
        )
        return Artifact(artifact_id)

    def clips(self) -> Clips:
        """List every clip of the library, newest first; shows as players in a notebook."""
        road = self._live_road()
        takes = reversed(road.library.journal.takes())
        return Clips(road.clip(take.clip, take.job) for take in takes if take.clip is not None)

    def resume(self) -> list[Task]:
        """Take up every order that has not ended: after a crash, a lost network, a top-up.

        What the service has accepted is fetched; what got no answer, or was turned away for lack
        of credits, is sent again under its own key, so that it is charged at most once.

        Returns
        -------
        list of Task
            One for each order taken up.
        """
        road = self._live_road()
        return [road.travel(job) for job in self._waiting()]

    @property
    def running(self) -> list[Task]:
        """The tasks that are being watched right now, oldest first."""
        return self._live_road().travelling

    # --------------------------------------------------------------------------------- money

    @property
    def balance(self) -> Decimal | None:
        """Credits left in the wallet; None where the service does not say (the hosted one)."""
        road = self._live_road()
        return road.loop.run(road.balance())

    def when_balance_known(self, tell: Callable[[Decimal], None]) -> None:
        """Call a function with the balance, on the loop's thread, where the service tells it.

        Never waits, so that the loop's own thread may call it, too.
        """
        road = self._road

        async def ask() -> None:
            with contextlib.suppress(MusicnbError):  # a number on a page is worth no error
                balance = await road.balance()
                if balance is not None:
                    tell(balance)

        road.loop.start(ask())

    def table(self, *, every_order: bool = False) -> pd.DataFrame:
        """Every clip of the library side by side, oldest first.

        Parameters
        ----------
        every_order
            Also show orders that gave no clip, in a row without one.

        Returns
        -------
        pandas.DataFrame
            A row a clip; see `musicnb.table.takes_table` for the columns.
        """
        from musicnb.table import takes_table  # noqa: PLC0415 - pandas costs half a second

        library = self._live_road().library
        return takes_table(library.journal.takes(), folder=library.folder, every_order=every_order)

    # -------------------------------------------------------------------------------- itself

    @property
    def library(self) -> Path:
        """The library folder."""
        return self._folder

    @property
    def service_line(self) -> str:
        """Which service is used, in words."""
        return self._road.service.line

    def close(self) -> None:
        """Stop watching, stop the sandbox, let others use the library. Orders go on."""
        with _open_lock:
            mine = [folder for folder, (road, _) in _open.items() if road is self._road]
            for folder in mine:
                del _open[folder]
        # not under the lock: what listens to the end of a task may want it
        if mine:
            _close(self._road)

    def __enter__(self) -> Self:
        return self

    def __exit__(self, *_: object) -> None:
        self.close()

    def __repr__(self) -> str:
        if not hasattr(self, "_road"):  # a traceback may show a studio that did not open
            return "<musicnb studio that did not open>"
        text = f"musicnb {__version__} · {self.service_line} · library {self._folder}"
        if self._road not in [road for road, _ in _open.values()]:
            return f"{text} · closed"
        waiting = len(self._waiting())
        return f"{text} · {waiting} unfinished: studio.resume()" if waiting else text

    def _waiting(self) -> list[Job]:
        road = self._road
        running = {task.job.job_id for task in road.travelling}
        return [
            job
            for job in road.library.journal.unfinished(road.service.identity)
            if job.job_id not in running
        ]

    def _live_road(self) -> Road:
        with _open_lock:
            if self._road not in [road for road, _ in _open.values()]:
                raise LibraryError(
                    "this studio was closed, or belongs to the process that forked this one",
                    hint="Make a new one: studio = musicnb.Studio()",
                )
            if not self._road.service.alive:  # a sandbox that was killed is started again
                self._road = _road(self._folder.resolve(), self._settings)
        return self._road


def _road(folder: Path, settings: Settings | None) -> Road:
    """Return the running road of a library, or open it."""
    with _open_lock:
        if folder in _open:
            road, used = _open[folder]
            if _fingerprint(used) == _fingerprint(settings) and road.service.alive:
                return road
            del _open[folder]
            _close(road)
        library = Library(folder)
        try:
            service = open_service(settings, sandbox_folder=library.sandbox_folder)
            road = Road(service, library, shared_loop())
        except BaseException:
            library.close()
            raise
        _open[folder] = (road, settings)
        return road


def _folder(library: object) -> Path:
    try:
        folder = Path(library).expanduser()  # type: ignore[arg-type] # what is no path is refused
        folder.resolve()  # complains of what no file system takes
    except (TypeError, ValueError, RuntimeError) as error:
        problem = str(error)
    else:
        return folder
    raise LibraryError(
        f"{library!r:.80} is not a folder's name ({problem:.80})", hint='Such as "musicnb-library"'
    )


def _fingerprint(settings: Settings | None) -> tuple[str, str] | None:
    return None if settings is None else (settings.base_url, settings.api_key.fingerprint)


def _close(road: Road) -> None:
    road.loop.run(road.close())
    if road.service.process is not None:
        road.service.process.stop()
    road.library.close()


@atexit.register
def _close_all() -> None:
    with _open_lock:
        roads = [road for road, _ in _open.values()]
        _open.clear()
    for road in roads:
        _close(road)


def _forget_parents_roads() -> None:
    """In a forked child: its parent goes on working with them, so they are not ours to close."""
    global _open_lock  # noqa: PLW0603 - the parent may have held it while it forked
    for road, _ in _open.values():
        if road.service.process is not None:
            road.service.process.let_go()
    _open.clear()
    _open_lock = threading.RLock()


if hasattr(os, "register_at_fork"):
    os.register_at_fork(after_in_child=_forget_parents_roads)
