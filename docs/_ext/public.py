"""What is public: the rooms, the names in their ``__all__``, and where each is documented."""

from __future__ import annotations

import functools
import importlib
import pkgutil
import re
from pathlib import Path
from types import ModuleType
from typing import Any

import musicnb

_SHORT = 100
# what most people look for first; a room that is not named here comes after these
_FIRST = ("studio", "briefs", "catalogue", "errors", "sweep", "table", "listen", "deliver")


@functools.cache
def rooms() -> tuple[ModuleType, ...]:
    """Import every room, those that people look for first at the front."""
    names = [m.name for m in pkgutil.iter_modules(musicnb.__path__) if m.name[0] != "_"]
    names.sort(key=lambda name: (_FIRST.index(name) if name in _FIRST else len(_FIRST), name))
    return tuple(importlib.import_module(f"musicnb.{name}") for name in names)


def home_of(name: str) -> str:
    """Return the full public name of one of ``musicnb.__all__``, or nothing."""
    value = getattr(musicnb, name)
    for room in rooms():
        if name in room.__all__ and getattr(room, name) is value:
            return f"{room.__name__}.{name}"
    return ""


def first_line(value: Any) -> str:
    """Return the first sentence of a docstring."""
    return (value.__doc__ or "").strip().partition("\n")[0]


def said_of(room: ModuleType, name: str) -> str:
    """Return the ``#:`` comment of a constant of a room, or where else it is told of."""
    here = Path(room.__file__ or "")
    files = here.parent.glob("*.py") if here.name == "__init__.py" else [here]
    for file in files:
        text = file.read_text(encoding="utf-8")
        for found in re.finditer(rf"((?:^#:.*\n)*)^{name}\b(?:: [^=\n]+)? = ", text, re.MULTILINE):
            said = " ".join(line.removeprefix("#:").strip() for line in found[1].splitlines())
            if said:
                return said
    shown = repr(getattr(room, name))
    return f"``{shown}``" if len(shown) < _SHORT else "A type, or a value of many lines."
