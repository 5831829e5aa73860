"""How far long work has come: a bar where somebody looks, or the caller's own function."""

from __future__ import annotations

import contextlib
import sys
from collections.abc import Callable, Iterator
from typing import TypeAlias

#: Whether to show a bar, or what to call with how many are done and how many there are.
Progress: TypeAlias = bool | Callable[[int, int], object]


@contextlib.contextmanager
def telling(progress: Progress, total: int, *, doing: str) -> Iterator[Callable[[], object]]:
    """Give a function to call for each clip that is done.

    A bar is shown in a terminal and in a notebook, and nowhere else: a log is no place for it.
    """
    if callable(progress):
        tell, count = progress, 0

        def done() -> None:
            nonlocal count
            count += 1
            tell(count, total)

        yield done
        return
    from tqdm import tqdm  # noqa: PLC0415 - who measures one file does not wait for it

    noted = _in_notebook()
    hidden = not (progress and total > 1 and (sys.stderr.isatty() or noted))
    # a bar that goes away leaves an empty red box in a notebook: there it stays, and is no error
    stream = sys.stdout if noted else sys.stderr
    with tqdm(
        total=total, desc=doing, unit="clip", leave=noted, file=stream, disable=hidden
    ) as bar:
        yield bar.update


def _in_notebook() -> bool:
    if "IPython" not in sys.modules:  # scripts need not load it to be told that they are none
        return False
    return hasattr(sys.modules["IPython"].get_ipython(), "kernel")
