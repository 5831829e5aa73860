"""Reading the command line and handing over."""

from __future__ import annotations

import argparse
import os
import sys
from collections.abc import Sequence
from typing import Final

from musicnb import __version__
from musicnb.errors import MusicnbError

#: Every command, with what it does.
COMMANDS: Final = {
    "lab": "put the notebooks into ./notebooks and open the first in JupyterLab",
    "demo": "make one piece with each model, without a browser",
    "deliver": "make files of clips as places ask for them, in a pack",
    "report": "write a run or a session as one page for others",
    "verify": "check every byte of a pack",
    "doctor": "look a library over: journal, clips, money",
    "sandbox": "run the offline stand-in for the service alone",
}
_INTERRUPTED: Final = 130


def main(arguments: Sequence[str] | None = None) -> int:
    """Run the command line.

    Returns
    -------
    int
        The process's exit status: 0 done, 1 an error (printed, if anybody reads), 130 interrupted.
    """
    options = _parser().parse_args(arguments)
    try:
        return int(options.run(options))
    except MusicnbError as error:
        print(f"musicnb: {error}", file=sys.stderr)
        return 1
    except BrokenPipeError:  # as in `musicnb demo | head`
        # the interpreter would complain again when it flushes what nobody reads
        os.dup2(os.open(os.devnull, os.O_WRONLY), sys.stdout.fileno())
        return 1
    except KeyboardInterrupt:
        print("\nmusicnb: interrupted; orders go on: musicnb.Studio().resume()", file=sys.stderr)
        return _INTERRUPTED


def _parser() -> argparse.ArgumentParser:
    # each command's own room is imported here, when a command line is really read
    from musicnb.cli import _deliver, _demo, _doctor, _lab, _report, _verify  # noqa: PLC0415
    from musicnb.sandbox import command as sandbox  # noqa: PLC0415

    parser = argparse.ArgumentParser(
        prog="musicnb",
        description="Generate, audition, cost and deliver AI music; offline by default.",
    )
    parser.add_argument("--version", action="version", version=f"musicnb {__version__}")
    commands = parser.add_subparsers(required=True, metavar="command")
    modules = (_lab, _demo, _deliver, _report, _verify, _doctor, sandbox)
    for (name, summary), module in zip(COMMANDS.items(), modules, strict=True):
        command = commands.add_parser(name, help=summary, description=module.__doc__)
        module.add_arguments(command)
        command.set_defaults(run=module.run)
    return parser
