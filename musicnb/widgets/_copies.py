"""The copy that stands beside a live widget: shown with it, hidden by it.

A widget without its kernel is an empty box, so every widget of ours is two outputs: itself, and a
copy of plain HTML. The live widget hides the copy; where none appears, the copy hides the box.
"""

from __future__ import annotations

import contextlib
import sys
from collections.abc import Mapping
from typing import Any, Final

from IPython import get_ipython
from IPython.display import display, update_display

# ``Loading widget…`` and ``model not found`` stand in the output before this one. Rules reach it
# only where this style is kept: an untrusted notebook loses the style, but shows no widgets.
_HIDING: Final = """
body:has(.LIVE) .jp-OutputArea-child:has(.STATIC), body:has(.LIVE) .STATIC,
.jp-OutputArea-child:has(+ .jp-OutputArea-child .STATIC):not(:has(.LIVE)) { display: none }
"""


def live_class(uid: str) -> str:
    """Name of the class that the live widget carries."""
    return f"mnb-live-{uid}"


def static_class(uid: str) -> str:
    """Name of the class that the static copy carries."""
    return f"mnb-static-{uid}"


def hiding_rules(uid: str) -> str:
    """Write the style by which live widget and static copy give way to each other.

    Parameters
    ----------
    uid
        Ties the copy to its live widget; letters and digits.
    """
    return _HIDING.replace("LIVE", live_class(uid)).replace("STATIC", static_class(uid))


def show_with_copy(
    bundle: tuple[Mapping[str, Any], Mapping[str, Any]],
    copy: Mapping[str, str],
    *,
    text: str,
    uid: str,
) -> bool:
    """Display a live widget and, as an output of its own, its copy.

    Parameters
    ----------
    bundle
        Data and metadata of the widget.
    copy
        Its copy by media type.
    text
        What is written where there is no notebook.
    uid
        Also the display id under which the copy can be refreshed.

    Returns
    -------
    bool
        Whether this is a notebook.
    """
    if not hasattr(get_ipython(), "kernel"):  # a script, or IPython in a terminal
        sys.stdout.write(text + "\n")
        return False
    data, metadata = bundle
    display(dict(data), metadata=dict(metadata), raw=True)
    display(dict(copy), raw=True, display_id=uid)
    return True


def refresh_copy(copy: Mapping[str, str], *, uid: str) -> None:
    """Replace a copy wherever it is shown. Never raises: it is a copy."""
    with contextlib.suppress(Exception):
        update_display(dict(copy), raw=True, display_id=uid)


def running_cell() -> tuple[str, str]:
    """Name the cell that is running, and this run of it; empty where the front end tells none."""
    shell = get_ipython()
    asked = shell.get_parent() if hasattr(shell, "get_parent") else {}
    cell = asked.get("metadata", {}).get("cellId", "")
    return str(cell), str(asked.get("header", {}).get("msg_id", ""))
