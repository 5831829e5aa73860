"""Code in documents, found and run as a reader would: in order, each document from its top."""

from __future__ import annotations

import contextlib
import io
import itertools
import re
from dataclasses import dataclass
from pathlib import Path
from typing import Any

_FENCE = re.compile(r"^```(python|text)\n(.*?)^```$", re.DOTALL | re.MULTILINE)


@dataclass(frozen=True)
class Block:
    """Some lines of Python, and what the document says that they print."""

    line: int
    code: str
    shown: str | None


def blocks_of(path: Path) -> list[Block]:
    """Find the ``python`` blocks; a ``text`` block right after one is what it prints."""
    text = path.read_text(encoding="utf-8")
    found = list(_FENCE.finditer(text))
    blocks = []
    for fence, after in itertools.zip_longest(found, found[1:]):
        if fence[1] != "python":
            continue
        follows = after and after[1] == "text" and not text[fence.end() : after.start()].strip()
        line = text.count("\n", 0, fence.start(2))
        blocks.append(Block(line, fence[2], after[2] if after and follows else None))
    return blocks


def run_document(path: Path) -> list[tuple[str, str]]:
    """Run the blocks in one namespace; return what they print and what the document shows."""
    names: dict[str, Any] = {"__name__": "__main__"}
    compared = []
    for block in blocks_of(path):
        printed = io.StringIO()
        # tracebacks name the line of the document
        code = compile("\n" * block.line + block.code, str(path), "exec")
        with contextlib.redirect_stdout(printed):
            exec(code, names)  # noqa: S102 - it is our own documentation
        if block.shown is not None:
            compared.append((printed.getvalue(), block.shown))
    return compared
