"""A client's life: it opens its library, orders a sweep, and sees to it until nothing is left.

``python tests/money/living.py`` has musicnb loaded and makes a process of its own for each life it
is told of, one line of JSON each: a process that is killed costs no imports, and is as dead as any.
"""

from __future__ import annotations

import contextlib
import io
import json
import os
import sys
import traceback
from pathlib import Path
from typing import Any

from dying import Points, report, watch
from ordering import see_through

import musicnb.sound
import musicnb.studio  # noqa: F401 - what it imports is shared by all lives
from musicnb import Studio


def live(life: dict[str, Any]) -> None:
    """Live one life; it ends early at the moment that was chosen for it."""
    folder = Path(life["folder"])
    known = frozenset(life["known"])
    points = Points(life["kind"], life["nth"], life["latest"], folder / "death", known)
    watch(points)
    library = folder / "library"
    with (
        contextlib.redirect_stdout(io.StringIO()),
        Studio(library, base_url=life["url"], api_key=life["key"], quiet=True) as studio,
    ):
        problems = see_through(studio, life["pieces"])
    report(points, folder / "report", problems)


def main() -> None:
    """Give lives until there is nobody left who asks for one."""
    for line in sys.stdin:
        child = os.fork()
        if not child:
            status = 1
            try:
                live(json.loads(line))
                status = 0
            except BaseException:  # noqa: BLE001 - the parent hears of all of them
                traceback.print_exc()
            finally:
                os._exit(status)
        _, status = os.waitpid(child, 0)
        sys.stdout.write(f"{os.waitstatus_to_exitcode(status)}\n")
        sys.stdout.flush()


if __name__ == "__main__":
    main()
