"""Generate, audition, cost and deliver AI music from a notebook.

>>> import musicnb as mnb
>>> brief = mnb.TextToMusic("dream pop, warm analog drums, 96 bpm", model="suno-5.5")
>>> print(brief.price)
80 credits ($0.08), 2 clips

Names are loaded when they are first used (PEP 562), so that importing musicnb is cheap and loads
neither pandas nor Jupyter nor the sandbox.
"""

from __future__ import annotations

from typing import TYPE_CHECKING

from musicnb._lazy import lazily

if TYPE_CHECKING:
    from musicnb.analysis import measure_file, measure_many
    from musicnb.briefs import Artifact, ReferenceAudioToMusic, TextToMusic
    from musicnb.catalogue import MODELS
    from musicnb.deliver import verify_pack
    from musicnb.errors import MusicnbError
    from musicnb.prompts import check_prompt
    from musicnb.studio import Clip, Studio, Task
else:
    __getattr__ = lazily(
        __name__,
        {
            "musicnb.analysis": ("measure_file", "measure_many"),
            "musicnb.briefs": ("Artifact", "ReferenceAudioToMusic", "TextToMusic"),
            "musicnb.catalogue": ("MODELS",),
            "musicnb.deliver": ("verify_pack",),
            "musicnb.prompts": ("check_prompt",),
            "musicnb.errors": ("MusicnbError",),
            "musicnb.magic": ("load_ipython_extension",),  # what %load_ext looks for
            "musicnb.studio": ("Clip", "Studio", "Task"),
        },
    )

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
    "check_prompt",
    "measure_file",
    "measure_many",
    "verify_pack",
]

__version__ = "0.1.0"


def __dir__() -> list[str]:
    return sorted(__all__)
