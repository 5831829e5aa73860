"""The front door: a service, a library and the loop that joins them."""

from __future__ import annotations

from typing import TYPE_CHECKING

from musicnb._lazy import lazily
from musicnb.studio._account import Account
from musicnb.studio._clip import Clip
from musicnb.studio._clips import Clips
from musicnb.studio._manifest import OpenedManifest, Reopened
from musicnb.studio._past_run import report_past
from musicnb.studio._progress import follow
from musicnb.studio._run import Piece, Run
from musicnb.studio._studio import Studio
from musicnb.studio._task import Task, TaskState
from musicnb.studio._tasks import Tasks

if TYPE_CHECKING:
    from musicnb.studio._session import Session
else:
    __getattr__ = lazily(__name__, {"musicnb.studio._session": ("Session",)})

__all__ = [
    "Account",
    "Clip",
    "Clips",
    "OpenedManifest",
    "Piece",
    "Reopened",
    "Run",
    "Session",
    "Studio",
    "Task",
    "TaskState",
    "Tasks",
    "follow",
    "report_past",
]
