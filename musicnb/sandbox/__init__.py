"""An offline service that speaks the hosted service's contract, prices and errors.

It runs as a process of its own on the loopback interface, keeps its wallet, tasks and sound files
in one folder, and makes real music with a small engine in place of the hosted models. Starting it
is all that the rest of musicnb knows of it; see `SandboxProcess`.
"""

from __future__ import annotations

from musicnb.sandbox.process import SandboxProcess

__all__ = ["SandboxProcess"]
