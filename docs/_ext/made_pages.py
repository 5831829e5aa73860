"""Pages that nobody writes: made from the package whenever the documentation is built.

They are in ``docs/made``: a page of the reference for every room, from its ``__all__``; the tables
of models, errors and delivery profiles; what every command says of itself.
"""

from __future__ import annotations

import inspect
import os
import subprocess
import sys
from collections.abc import Iterator
from pathlib import Path
from types import ModuleType
from typing import Any

import made_tables
from public import first_line, home_of, rooms, said_of

import musicnb
from musicnb.cli import COMMANDS


def setup(app: Any) -> dict[str, Any]:
    """Make the pages before Sphinx looks which there are."""
    app.connect("config-inited", lambda app, _config: make(Path(app.srcdir) / "made"))
    app.connect("autodoc-process-signature", without_making)
    return {"parallel_read_safe": True}


def make(folder: Path) -> None:
    """Write every page, and take away those of rooms that are no more."""
    pages = dict(_pages())
    folder.mkdir(exist_ok=True)
    for path in folder.iterdir():
        if path.name not in pages:
            path.unlink()
    for name, text in pages.items():
        path = folder / name
        # a page that is as it was is not read again
        if not path.exists() or path.read_text(encoding="utf-8") != text:
            path.write_text(text, encoding="utf-8")


def without_making(
    _app: Any, kind: str, _name: str, value: Any, _options: Any, *_signature: Any
) -> tuple[str, str] | None:
    """Leave out how an object is made that is made by another."""
    made = kind == "class" and "Made by `" in (value.__doc__ or "")
    return ("", "") if made else None


def _pages() -> Iterator[tuple[str, str]]:
    yield "catalogue.md", made_tables.catalogue_page()
    yield "errors.md", made_tables.errors_page()
    yield "profiles.md", made_tables.profiles_page()
    yield "commands.md", _commands()
    yield "musicnb.rst", _front()
    for room in rooms():
        yield f"{room.__name__}.rst", _room(room)


def _front() -> str:
    """Write the page of ``musicnb`` itself: every name, and where it is described."""
    lines = [_titled("musicnb"), ".. py:module:: musicnb", ""]
    lines += ["``import musicnb as mnb`` gives:", ""]
    for name in musicnb.__all__:
        home = home_of(name)
        if home:
            about = first_line(getattr(musicnb, name)) if name != "MODELS" else "The models."
            lines += [f":py:obj:`musicnb.{name} <{home}>`", f"    {about}", ""]
        else:
            lines += [f".. py:data:: {name}", "", "    The version, such as ``0.1.0``.", ""]
    lines += ["Everything else is in a room of its own:", ""]
    for room in rooms():
        lines += [f"* :doc:`{room.__name__}` – {first_line(room)}"]
    lines += ["", ".. toctree::", "    :hidden:", ""]
    lines += [f"    {room.__name__}" for room in rooms()]
    return "\n".join(lines) + "\n"


def _room(room: ModuleType) -> str:
    lines = [_titled(room.__name__), f".. automodule:: {room.__name__}", "    :no-members:", ""]
    for name in _ordered(room):
        lines += [f"* :py:obj:`~{room.__name__}.{name}`{_in_short(getattr(room, name))}"]
    lines.append("")
    for name in _ordered(room):
        value = getattr(room, name)
        full = f"{room.__name__}.{name}"
        if inspect.isclass(value):
            lines += [f".. autoclass:: {full}", "    :members:"]
            if hasattr(value, "model_config"):
                lines.append("    :exclude-members: model_config")
            if strangers := _hidden_parents(value):
                lines.append(f"    :inherited-members: {', '.join(strangers)}")
        elif inspect.isroutine(value):
            lines += [f".. autofunction:: {full}"]
        else:
            lines += [f".. py:data:: {name}", "", f"    {said_of(room, name)}"]
        lines.append("")
    return "\n".join(lines)


def _in_short(value: object) -> str:
    """Return what a class or function is for; a constant says so where it stands."""
    described = inspect.isclass(value) or inspect.isfunction(value)
    return f" – {first_line(value)}" if described and first_line(value) else ""


def _ordered(room: ModuleType) -> list[str]:
    """Classes first, then functions, then data; each in the order of ``__all__``."""

    def rank(name: str) -> int:
        value = getattr(room, name)
        return 0 if inspect.isclass(value) else 1 if inspect.isroutine(value) else 2

    return sorted(room.__all__, key=rank)


def _hidden_parents(kind: type) -> list[str]:
    """Name the bases of others where a base of ours has no page, so that its members are shown."""
    parents = kind.__mro__[1:]
    ours = [parent for parent in parents if parent.__module__.startswith("musicnb.")]
    if all(any(parent.__name__ in room.__all__ for room in rooms()) for parent in ours):
        return []
    return [parent.__name__ for parent in parents if parent not in ours]


def _commands() -> str:
    """Write what every command says of itself, as a person at a prompt reads it."""
    parts = []
    for words in ([], *([command] for command in COMMANDS)):
        said = subprocess.run(  # noqa: S603 - our own interpreter, fixed arguments
            [sys.executable, "-m", "musicnb", *words, "--help"],
            env=os.environ | {"COLUMNS": "88", "NO_COLOR": "1"},
            capture_output=True, text=True, check=True,
        ).stdout  # fmt: skip
        name = " ".join(["musicnb", *words])
        parts.append(f"## `{name}`\n\n```text\n{said.strip()}\n```\n")
    return "# Commands\n\n" + "\n".join(parts)


def _titled(title: str) -> str:
    return f"{title}\n{'=' * len(title)}\n"
