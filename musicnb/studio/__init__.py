"""The front door: a service, a library and the loop that joins them."""

from __future__ import annotations

from typing import TYPE_CHECKING

from musicnb._lazy import lazily
from musicnb.studio._account import Account
from musicnb.studio._clip import Clip
from musicnb.studio._clips import Clips
from musicnb.studio._manifest import OpenedManifest, Reopened
from musicnb.studio._past_run import report_past
from musicnb.studio._pieces import Piece
from musicnb.studio._progress import follow
from musicnb.studio._run import Run
from musicnb.studio._studio import Studio
from musicnb.studio._task import Task, TaskState
from musicnb.studio._tasks import Tasks

if TYPE_CHECKING:
    from musicnb.studio._deliverables import Deliverable, DeliveryOptions
    from musicnb.studio._delivery import Delivery
    from musicnb.studio._figures import RunFigures
    from musicnb.studio._form import StudioForm
    from musicnb.studio._listening import ListeningOptions
    from musicnb.studio._session import Session
    from musicnb.studio._session_figures import SessionFigures
    from musicnb.studio._statements import Statements
else:
    __getattr__ = lazily(
        __name__,
        {
            "musicnb.studio._deliverables": ("Deliverable", "DeliveryOptions"),
            "musicnb.studio._delivery": ("Delivery",),
            "musicnb.studio._figures": ("RunFigures",),
            "musicnb.studio._form": ("StudioForm",),
            "musicnb.studio._listening": ("ListeningOptions",),
            "musicnb.studio._session": ("Session",),
            "musicnb.studio._session_figures": ("SessionFigures",),
            "musicnb.studio._statements": ("Statements",),
        },
    )

__all__ = [
    "Account",
    "Clip",
    "Clips",
    "Deliverable",
    "Delivery",
    "DeliveryOptions",
    "ListeningOptions",
    "OpenedManifest",
    "Piece",
    "Reopened",
    "Run",
    "RunFigures",
    "Session",
    "SessionFigures",
    "Statements",
    "Studio",
    "StudioForm",
    "Task",
    "TaskState",
    "Tasks",
    "follow",
    "report_past",
]
