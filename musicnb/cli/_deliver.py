"""Make files of clips as places ask for them, show how they measure, and write them as a pack."""

from __future__ import annotations

import argparse
import os
from dataclasses import asdict
from pathlib import Path

from musicnb.cli._library import add_library_option, named_library
from musicnb.deliver import DISCLOSURE, PROFILES
from musicnb.errors import InvalidInput
from musicnb.sound import named_path
from musicnb.studio import Clip, Statements, Studio

_fault = InvalidInput.about


def add_arguments(parser: argparse.ArgumentParser) -> None:
    """Declare the command's options."""
    parser.add_argument("clips", nargs="*", help="ids of clips, or the beginnings of their titles")
    parser.add_argument(
        "--profile", action="append", default=[], metavar="NAME",
        help=f"what place it is for; again for another: {', '.join(PROFILES)}",
    )  # fmt: skip
    parser.add_argument(
        "--length", action="append", type=float, metavar="SECONDS",
        help="a shorter form of every clip; again for another",
    )  # fmt: skip
    parser.add_argument(
        "--loop", action="append", type=int, metavar="BARS",
        help="a loop of every clip of so many bars; again for another",
    )  # fmt: skip
    parser.add_argument(
        "--terms", type=Path, metavar="FILE",
        help="words to look for in the prompts, one a line; they stop nothing",
    )  # fmt: skip
    parser.add_argument("--stars", type=int, metavar="N", help="all clips of at least N stars")
    parser.add_argument("--pack", help="where to write it; without, only a table")
    parser.add_argument("--name", default="delivery", help="what the pack is called")
    parser.add_argument("--rights", default="", help="what you say about rights in this music")
    parser.add_argument("--terms-url", default="", help="the terms that apply")
    parser.add_argument("--terms-date", help="the day you read them, like 2026-01-31")
    parser.add_argument("--disclosure", default=DISCLOSURE, help="how AI's work is disclosed")
    parser.add_argument("--override", default="", help="why files that fail are delivered")
    add_library_option(parser)


def run(options: argparse.Namespace) -> int:
    """Run the command; 1 when a file fails its profile and no reason is given."""
    folder = named_library(options.library)
    # before minutes of encoding
    pack = None if options.pack is None else _new_file(options.pack)
    said = Statements(
        rights=options.rights, terms_url=options.terms_url, terms_date=options.terms_date,
        override=options.override,
    )  # fmt: skip
    with Studio(folder, base_url="sandbox", quiet=True) as studio:
        clips = _chosen(list(studio.clips()), options.clips, options.stars)
        given = {"lengths": options.length, "loops": options.loop, "terms": options.terms}
        shorter = {name: value for name, value in given.items() if value is not None}
        delivery = studio.deliver(
            clips, options.profile, name=options.name, disclosure=options.disclosure, **shorter
        )
        print(delivery)
        if pack is None:
            return 1 if delivery.failures else 0
        delivery.write(pack, **asdict(said))
    print(f"{pack}: {pack.stat().st_size:,} bytes; check it with: musicnb verify {pack}")
    return 0


def _new_file(given: str) -> Path:
    path = named_path(given)
    if os.path.lexists(path):
        raise _fault("pack", f"{given!r:.200} exists already; choose another name")
    if not path.parent.is_dir():
        raise _fault("pack", f"{given!r:.200} cannot be written: there is no such folder")
    return path


def _chosen(clips: list[Clip], words: list[str], stars: int | None) -> list[Clip]:
    found = [clip for clip in clips if stars is not None and (clip.stars or 0) >= stars]
    for word in words:
        matching = [
            clip
            for clip in clips
            if clip.clip_id == word or clip.title.casefold().startswith(word.casefold())
        ]
        if not matching:
            raise _fault("clips", f"{word!r:.80} is no clip's id or title's beginning here")
        found += matching
    if not found:
        raise _fault("clips", "are none: name some, or give --stars 4")
    return found
