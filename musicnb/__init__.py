"""Generate, audition, cost and deliver AI music from a notebook.

>>> import musicnb as mnb
>>> brief = mnb.TextToMusic("dream pop, warm analog drums, 96 bpm", model="suno-5.5")
>>> print(brief.price)
80 credits ($0.08), 2 clips

Names are loaded when they are first used (PEP 562), so that importing musicnb is cheap and loads
neither pandas nor Jupyter nor the sandbox.
"""

from __future__ import annotations

import importlib
from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from musicnb.analysis import measure_file, measure_many
    from musicnb.briefs import Artifact, ReferenceAudioToMusic, TextToMusic
    from musicnb.catalogue import MODELS
    from musicnb.errors import MusicnbError
    from musicnb.studio import Clip, Studio, Task

__all__ = [
    "MODELS",
    "Artifact",
    "Clip",
    "MusicnbError",
    "ReferenceAudioToMusic",
    "Studio",
    "Task",
    "TextToMusic",
    "__version__",
    "measure_file",
    "measure_many",
]

__version__ = "0.1.0"

_HOMES = {
    "MODELS": "musicnb.catalogue",
    "Artifact": "musicnb.briefs",
    "Clip": "musicnb.studio",
    "MusicnbError": "musicnb.errors",
    "ReferenceAudioToMusic": "musicnb.briefs",
    "Studio": "musicnb.studio",
    "Task": "musicnb.studio",
    "TextToMusic": "musicnb.briefs",
    "measure_file": "musicnb.analysis",
    "measure_many": "musicnb.analysis",
}


def __getattr__(name: str) -> Any:
    if name not in _HOMES:
        raise AttributeError(f"module 'musicnb' has no attribute {name!r}")
    value = getattr(importlib.import_module(_HOMES[name]), name)
    globals()[name] = value
    return value


def __dir__() -> list[str]:
    return sorted(__all__)
