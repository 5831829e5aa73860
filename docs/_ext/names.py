"""Names in docstrings and signatures: led to where they are documented, or refused.

Docstrings say `Studio.upload` or `musicnb.Studio.table`; annotations name what lies behind a room's
door. Both mean something public, which stands in the reference under the room that gives it.
"""

from __future__ import annotations

import builtins
import functools
import importlib
import importlib.util
import inspect
from typing import Any

from docutils.nodes import Element
from public import rooms

_LENIENT = ("class", "data")  # in signatures: other people's types, and our own private ones


def setup(app: Any) -> dict[str, Any]:
    """Be asked about every name that Sphinx does not find."""
    app.connect("missing-reference", lead)
    return {"parallel_read_safe": True}


def lead(app: Any, env: Any, node: Element, shown: Element) -> Element | None:
    """Give the link, plain text where none is due, or None: then the build fails."""
    if node.get("refdomain") != "py":
        return None
    target = node["reftarget"].removeprefix("~")
    domain = env.get_domain("py")
    for name in _candidates(target, node.get("py:module"), node.get("py:class")):
        if name in domain.objects and name != target:
            return domain.resolve_xref(
                env, node["refdoc"], app.builder, node["reftype"], name, node, shown
            )
    is_plain = "." not in target and (not target[:1].isupper() or hasattr(builtins, target))
    is_foreign = not target.startswith("musicnb") and _is_importable(target)
    return shown if is_plain or is_foreign or node["reftype"] in _LENIENT else None


def _candidates(target: str, module: str | None, owner: str | None) -> list[str]:
    """Say what a name may mean, likeliest first."""
    head, *rest = [part for part in target.split(".") if part[:1] != "_"] or [target]
    if head == "musicnb" and rest:
        head, *rest = rest
        if rest and head in [room.__name__.rpartition(".")[2] for room in rooms()]:
            head, *rest = rest  # musicnb.studio._clip.Clip is known as Clip
    found = [f"{module}.{owner}.{target}"] if owner and not rest else []
    value = _seen_from(head, module, owner)
    for room in rooms():
        if head in room.__all__:
            name = ".".join([room.__name__, head, *rest])
            is_it = value is not None and getattr(room, head) is value
            # fields of a record stand among its parameters
            names = [name, name.rpartition(".")[0]] if rest else [name]
            found = names + found if is_it else found + names
    return found


def _seen_from(name: str, module: str | None, owner: str | None) -> object:
    """Return what a name means in the file in which an object is written."""
    if not module:
        return None
    room = importlib.import_module(module)
    written = inspect.getmodule(getattr(room, (owner or "").partition(".")[0], room)) or room
    return getattr(written, name, None)


@functools.cache
def _is_importable(target: str) -> bool:
    """Whether a dotted name begins with a module that is no part of musicnb."""
    head = target.partition(".")[0]
    try:
        return "." in target and importlib.util.find_spec(head) is not None
    except (ImportError, ValueError):
        return False
