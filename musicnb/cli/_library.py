"""The option that names the library, and refusing a folder that is none."""

from __future__ import annotations

import argparse
from pathlib import Path

from musicnb.errors import InvalidInput
from musicnb.library import is_library


def add_library_option(parser: argparse.ArgumentParser) -> None:
    """Declare ``--library``."""
    parser.add_argument(
        "--library", default="musicnb-library", help="the folder (default: ./musicnb-library)"
    )


def named_library(name: str) -> Path:
    """Return the folder of a library that is there.

    Raises
    ------
    InvalidInput
        There is none.
    """
    folder = Path(name)
    if not is_library(folder):
        raise InvalidInput.about("library", f"{name!r:.80} is no folder with a library in it")
    return folder
