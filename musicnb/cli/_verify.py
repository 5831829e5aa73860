"""Check a pack, byte by byte; nothing is unpacked."""

from __future__ import annotations

import argparse

from musicnb.deliver import verify_pack


def add_arguments(parser: argparse.ArgumentParser) -> None:
    """Declare the command's options."""
    parser.add_argument("pack", help="the ZIP file, or the folder into which it was unpacked")


def run(options: argparse.Namespace) -> int:
    """Run the command; 1 when the pack is refused."""
    check = verify_pack(options.pack)
    print(check)
    return 0 if check else 1
