"""The command line: ``musicnb lab``, ``musicnb demo`` and the others of `COMMANDS`."""

from __future__ import annotations

from musicnb.cli._main import COMMANDS, main

__all__ = ["COMMANDS", "main"]
