"""Open the first notebook in JupyterLab."""

from __future__ import annotations

import argparse
import importlib.util
import os
import shutil
import signal
import subprocess
import sys
from pathlib import Path
from typing import Final
from urllib.parse import quote

from musicnb.errors import ConfigurationError

FIRST: Final = "01_first_clip.ipynb"
_PACKAGE: Final = Path(__file__).resolve().parents[1]
# in a wheel the notebooks lie inside the package, in a checkout beside it
_SOURCES: Final = (_PACKAGE / "notebooks", _PACKAGE.parent / "notebooks")
# JupyterLab's defaults for this one server: without them the first page asks about news
_SETTINGS: Final = Path(__file__).resolve().parent / "lab_settings"
_ADMIN_SETTINGS: Final = Path(sys.prefix) / "share" / "jupyter" / "lab" / "settings"
_HIGHEST_PORT: Final = 65_535


def add_arguments(parser: argparse.ArgumentParser) -> None:
    """Declare the command's options."""
    parser.add_argument("--no-browser", action="store_true", help="only print the URL")
    parser.add_argument("--port", type=_port, help="port of JupyterLab (default: a free one)")


def run(options: argparse.Namespace) -> int:
    """Run JupyterLab until it is stopped; return its exit status.

    Raises
    ------
    ConfigurationError
        JupyterLab is not installed.
    """
    if importlib.util.find_spec("jupyterlab") is None:
        raise ConfigurationError(
            "JupyterLab is not installed", hint='Install it: pip install "musicnb[lab]"'
        )
    notebook = _notebook(Path.cwd())
    command = [
        sys.executable,
        "-m",
        "jupyterlab",
        # unlike an argument, this also puts the notebook into the URL that is printed
        f"--LabApp.default_url=/lab/tree/{quote(notebook.as_posix())}",
        # offline by promise: no news, no look for updates
        "--LabApp.news_url=None",
        "--LabApp.check_for_updates_class=jupyterlab.NeverCheckForUpdate",
    ]
    if not _ADMIN_SETTINGS.exists():  # theirs count more than a box that asks about news
        command.append(f"--LabApp.app_settings_dir={_SETTINGS}")
    if options.no_browser or not _has_browser():
        command.append("--no-browser")
    if options.port:
        command += [f"--port={options.port}", "--ServerApp.port_retries=0"]
    if hasattr(os, "geteuid") and os.geteuid() == 0:
        command.append("--allow-root")  # containers run as root; the server stays on loopback
    print(f"musicnb: opening {notebook} in JupyterLab; stop it with Ctrl-C", flush=True)
    with subprocess.Popen(command) as lab:  # noqa: S603 - our own interpreter, fixed arguments
        # JupyterLab gets the same Ctrl-C and asks its own question
        signal.signal(signal.SIGINT, signal.SIG_IGN)
        return lab.wait()


def _notebook(here: Path) -> Path:
    """Return the first notebook under ``./notebooks``, copied there unless it is there already."""
    folder = here / "notebooks"
    target = folder / FIRST
    if not target.exists():
        source = next((folder / FIRST for folder in _SOURCES if (folder / FIRST).exists()), None)
        if source is None:
            raise ConfigurationError(f"this installation of musicnb lacks {FIRST}")
        try:
            folder.mkdir(exist_ok=True)
            shutil.copyfile(source, target)
        except OSError as error:
            raise ConfigurationError(
                f"the notebook cannot be copied to {folder} ({error.strerror})",
                hint="Start it in a folder you may write to",
            ) from None
    return target.relative_to(here)


def _port(text: str) -> int:
    if not text.isdecimal() or not 0 < int(text) <= _HIGHEST_PORT:
        raise argparse.ArgumentTypeError(f"{text!r} is not a port from 1 to {_HIGHEST_PORT}")
    return int(text)


def _has_browser() -> bool:
    """Whether a browser can be expected to open on this machine."""
    if sys.platform in ("win32", "darwin"):
        return True
    return bool(os.environ.get("DISPLAY") or os.environ.get("WAYLAND_DISPLAY"))
