"""The command line: ``musicnb lab``, ``musicnb demo``, ``musicnb sandbox``."""

from __future__ import annotations

from musicnb.cli._main import main

__all__ = ["main"]
