"""Put the notebooks where the user works, and open the first in JupyterLab."""

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
_FOLDER: Final = "notebooks"
_PACKAGE: Final = Path(__file__).resolve().parents[1]
# in a wheel the notebooks lie inside the package, in a checkout beside it
_SOURCES: Final = (_PACKAGE / _FOLDER, _PACKAGE.parent / _FOLDER)
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
    notebook = _first_notebook(Path.cwd())
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


def _first_notebook(here: Path) -> Path:
    """Put the notebooks under ``./notebooks``, each unless it is there already; name the first.

    Where this is that folder already, they are put here: nobody wants ``notebooks/notebooks``.
    """
    source = next((folder for folder in _SOURCES if (folder / FIRST).exists()), None)
    ours = sorted(source.glob("*.ipynb")) if source is not None else []
    is_here = here.name == _FOLDER and any((here / notebook.name).exists() for notebook in ours)
    folder = here if is_here else here / _FOLDER
    if source is None and not (folder / FIRST).exists():
        raise ConfigurationError(f"this installation of musicnb lacks {FIRST}")
    try:
        folder.mkdir(exist_ok=True)
        for notebook in ours:
            _copy_unless_there(notebook, folder / notebook.name)
    except OSError as error:
        raise ConfigurationError(
            f"the notebooks cannot be copied to {folder} ({error.strerror})",
            hint="Start it in a folder you may write to",
        ) from None
    return (folder / FIRST).relative_to(here)


def _copy_unless_there(source: Path, target: Path) -> None:
    """Copy a notebook; what somebody has worked in is never overwritten."""
    if os.path.lexists(target):
        return
    # first whole, then under its name: a copy that was cut short would never be mended
    part = target.with_suffix(".part")
    shutil.copyfile(source, part)
    part.replace(target)


def _port(text: str) -> int:
    if not text.isdecimal() or not 0 < int(text) <= _HIGHEST_PORT:
        raise argparse.ArgumentTypeError(f"{text!r} is not a port from 1 to {_HIGHEST_PORT}")
    return int(text)


def _has_browser() -> bool:
    """Whether a browser can be expected to open on this machine."""
    if sys.platform in ("win32", "darwin"):
        return True
    return bool(os.environ.get("DISPLAY") or os.environ.get("WAYLAND_DISPLAY"))
