"""Write a run or a revealed session as one page that any browser opens, offline."""

from __future__ import annotations

import argparse
from pathlib import Path

from musicnb.cli._library import add_library_option, named_library
from musicnb.errors import InvalidInput
from musicnb.library import Library, slug
from musicnb.studio import report_past

_fault = InvalidInput.about


def add_arguments(parser: argparse.ArgumentParser) -> None:
    """Declare the command's options."""
    parser.add_argument("name", help="of a listening session that was revealed, or of a sweep")
    parser.add_argument(
        "--out", type=Path, metavar="FILE", help="where to write it (default: ./NAME.html)"
    )
    add_library_option(parser)


def run(options: argparse.Namespace) -> int:
    """Run the command; a notebook may work with the library at the same time."""
    folder = named_library(options.library)
    path = options.out or Path(f"{slug(options.name)}.html")
    library = Library(folder, read_only=True)
    problem = ""
    try:
        written = report_past(library, options.name, path)
    except FileExistsError:
        problem = f"{path!s:.200} exists already; choose another name"
    finally:
        library.close()
    if problem:
        raise _fault("out", problem)
    print(f"{written}: {written.stat().st_size:,} bytes; any browser opens it, offline")
    return 0
