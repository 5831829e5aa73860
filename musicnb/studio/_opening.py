"""The libraries that are open in this process: one road each, found again by its folder."""

from __future__ import annotations

import atexit
import logging
import os
import threading
from pathlib import Path

from musicnb.errors import LibraryError
from musicnb.library import Library
from musicnb.settings import Settings
from musicnb.studio._loop import shared_loop
from musicnb.studio._road import Road
from musicnb.studio._service import open_service

_log = logging.getLogger(__name__)
# Running the cell `studio = Studio()` again must find the running work, not a locked folder.
_open: dict[Path, tuple[Road, Settings | None]] = {}
_open_lock = threading.RLock()


def open_road(folder: Path, settings: Settings | None) -> Road:
    """Return the running road of a library, or open it.

    Raises
    ------
    LibraryError
        The folder is in use by another process (``code`` is ``library_in_use``), or cannot be used.
    """
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
            if road.loop.run(road.adopt()):
                _log.info("took over orders made with an earlier key of this account")
        except BaseException:
            library.close()
            raise
        _open[folder] = (road, settings)
        return road


def is_open(road: Road) -> bool:
    """Whether a road is one of this process and was not closed."""
    return road in [opened for opened, _ in _open.values()]


def live(road: Road, folder: Path, settings: Settings | None) -> Road:
    """Return a road that can be used; a sandbox that was killed is started again.

    Raises
    ------
    LibraryError
        It was closed, or belongs to the process that forked this one.
    """
    with _open_lock:
        if not is_open(road):
            raise LibraryError(
                "this studio was closed, or belongs to the process that forked this one",
                hint="Make a new one: studio = musicnb.Studio()",
            )
        return road if road.service.alive else open_road(folder, settings)


def close_road(road: Road) -> None:
    """Stop watching, stop the sandbox, let others use the library."""
    with _open_lock:
        mine = [folder for folder, (opened, _) in _open.items() if opened is road]
        for folder in mine:
            del _open[folder]
    # not under the lock: what listens to the end of a task may want it
    if mine:
        _close(road)


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
