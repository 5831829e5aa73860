"""Who wants to hear of every order of a library that sets out, whoever orders it."""

from __future__ import annotations

import threading
import weakref
from collections.abc import Callable
from pathlib import Path
from typing import TYPE_CHECKING, Final

if TYPE_CHECKING:
    from musicnb.studio._task import Task

_onlookers: Final[list[tuple[Path, weakref.WeakMethod[Callable[[Task], None]]]]] = []
_lock: Final = threading.Lock()


def tell_of_departures(folder: Path, tell: Callable[[Task], None]) -> None:
    """Have a bound method told of every order of a library that sets out, for as long as it lives.

    Parameters
    ----------
    folder
        The library's.
    tell
        Called on whatever thread orders; it returns at once. It is not kept alive by this.
    """
    with _lock:
        _onlookers[:] = [(place, onlooker) for place, onlooker in _onlookers if onlooker()]
        _onlookers.append((folder, weakref.WeakMethod(tell)))


def departed(folder: Path, task: Task) -> None:
    """Tell of an order that sets out."""
    with _lock:
        told = [onlooker for place, onlooker in _onlookers if place == folder]
    for onlooker in told:
        if (tell := onlooker()) is not None:
            tell(task)
