"""``%load_ext musicnb``: a cell that begins with ``%%music`` is a prompt."""

from __future__ import annotations

import contextlib
import json
import shlex
import threading
from argparse import Namespace
from decimal import Decimal
from keyword import iskeyword
from typing import TYPE_CHECKING, Any, Final

from IPython.core.error import UsageError
from IPython.core.magic import Magics, cell_magic, magics_class
from IPython.core.magic_arguments import argument, magic_arguments

from musicnb.briefs import TextToMusic
from musicnb.catalogue import amount_text
from musicnb.errors import InsufficientBalance, InvalidInput, MusicnbError
from musicnb.lyrics import SECTION_TAG
from musicnb.prompts import check_prompt
from musicnb.studio import Studio, Task, Tasks

if TYPE_CHECKING:
    from IPython.core.interactiveshell import InteractiveShell

__all__ = ["MusicMagics", "load_ipython_extension"]

#: As many orders as one cell may send; a sweep, which has a cap, is for more.
MOST_TIMES: Final = 10
_STUDIO: Final = "studio"
#: How long a cell waits to say how many of its orders were taken; they go on without it.
_PATIENCE_S: Final = 15.0


@magics_class
class MusicMagics(Magics):
    """The magic, with the studio that its cells share."""

    def __init__(self, shell: InteractiveShell) -> None:
        super().__init__(shell)
        self._names = shell.user_ns
        self._own: Studio | None = None

    @magic_arguments()
    @argument("name", nargs="?", help="variable that keeps the task")
    @argument("-m", "--model", default="suno-5.5", help="model to order from (suno-5.5)")
    @argument("-t", "--title", help="name of the piece, in quotes")
    @argument("-i", "--instrumental", action="store_true", help="no voice at all")
    @argument(
        "-o", "--option", action="append", default=[], metavar="NAME=VALUE",
        help="a knob of the model, such as style_weight=0.7; may be repeated",
    )  # fmt: skip
    @argument("-n", "--times", type=int, default=1, help="how often it is ordered (1)")
    @argument("-p", "--price", action="store_true", help="only say what it would cost")
    @cell_magic
    def music(self, line: str, cell: str) -> Task | Tasks | None:
        """Order the music that the cell describes; returns at once and shows a live card.

        Of several it waits, some seconds at most, until they are sent, and says so if some are not.

        From the first line on that is a section tag, such as [Verse], the text is lyrics. Run
        again, the cell orders again.
        """
        asked = self._asked(line)
        brief = _brief(asked, cell)
        if faults := brief.faults():  # in one line: a traceback through this file helps nobody
            raise UsageError(str(InvalidInput.from_faults(faults)))
        price = f"{asked.times} × {brief.price}" if asked.times > 1 else str(brief.price)
        if asked.price:
            print(f"{price}: not sent")
            return None
        studio = self._studio()
        print(price, *check_prompt(brief, studio.terms), sep="\n")
        tasks, broken = _ordered(studio, brief, asked.times)
        result = tasks[0] if asked.times == 1 else tasks
        if asked.name:
            self._names[asked.name] = result
        if asked.times > 1:  # of one alone its card says as much
            _wait_for_departures(tasks)
            if said := _shortfall(tasks, asked.times, broken):
                print(said)
        return result

    def _asked(self, line: str) -> Namespace:
        try:
            words = shlex.split(line)  # IPython's own way would leave the quotes in a title
        except ValueError as error:
            raise UsageError(f"{line.strip()!r}: {error}") from None
        asked: Namespace = self.music.parser.parse_args(words)
        if not 1 <= asked.times <= MOST_TIMES:
            raise UsageError(
                f"--times {asked.times} must be from 1 to {MOST_TIMES};"
                " studio.sweep(...) is for more"
            )
        # a keyword could not be read again, and the studio is what other cells look for
        if asked.name and (
            not asked.name.isidentifier() or iskeyword(asked.name) or asked.name == _STUDIO
        ):
            raise UsageError(f"{asked.name!r} cannot name a variable; the prompt stands below")
        return asked

    def _studio(self) -> Studio:
        """Use the notebook's studio; open one where there is none."""
        theirs = self._names.get(_STUDIO)
        if isinstance(theirs, Studio):
            return theirs
        if self._own is None:
            self._own = Studio()
        self._names.setdefault(_STUDIO, self._own)
        return self._own


def load_ipython_extension(shell: InteractiveShell) -> None:
    """Register ``%%music``; IPython calls this for ``%load_ext musicnb``."""
    shell.register_magics(MusicMagics)


def _brief(asked: Namespace, cell: str) -> TextToMusic:
    tag = SECTION_TAG.search(cell)
    prompt, lyrics = (cell[: tag.start()], cell[tag.start() :]) if tag else (cell, "")
    return TextToMusic(
        " ".join(prompt.split()),
        model=asked.model,
        title=asked.title,
        lyrics=lyrics.strip() or None,
        instrumental=asked.instrumental or None,
        options=dict(_option(text) for text in asked.option),
    )


def _ordered(studio: Studio, brief: TextToMusic, times: int) -> tuple[Tasks, MusicnbError | None]:
    """Order as often as asked; what keeps a later one from being written down ends it."""
    tasks: list[Task] = []
    try:
        for _ in range(times):
            tasks.append(studio.generate(brief))  # noqa: PERF401 - an error must not lose them
    except MusicnbError as error:
        if not tasks:
            raise
        return Tasks(tasks), error
    return Tasks(tasks), None


def _wait_for_departures(tasks: Tasks) -> None:
    """Wait, not for long, until each has been accepted or has come to rest before that."""
    changed = threading.Condition()

    def tell(_: Task) -> None:
        with changed:
            changed.notify()

    for task in tasks:
        task.subscribe(tell)
    # an interrupt ends the waiting alone: the cards are to be shown all the same
    with contextlib.suppress(KeyboardInterrupt), changed:
        changed.wait_for(lambda: all(task.task_id or task.done for task in tasks), _PATIENCE_S)


def _shortfall(tasks: Tasks, times: int, broken: MusicnbError | None) -> str:
    """Say what was sent and charged, and what to do about the rest; empty where all were sent."""
    sent = [task for task in tasks if task.task_id]
    leaving = [task for task in tasks if not task.task_id and not task.done]
    doubtful = [task for task in tasks if task.is_unknown]
    kept = [task for task in tasks if task.done and task not in (*sent, *doubtful)]
    if len(sent) == times:
        return ""
    lines = [f"{len(sent)} of {times} sent: {_credits(sent)} charged."]
    if leaving:
        lines.append(f"{len(leaving)} still on the way: the cards tell.")
    if doubtful:
        lines.append(
            f"{len(doubtful)} without an answer: {_credits(doubtful)} held;"
            " studio.resume() finds out, and nothing is charged twice."
        )
    if kept and (error := kept[-1].error):
        lines.append(
            f"{len(kept)} not sent, nothing charged for them: {error.message.rstrip('.')}."
        )
        lines.append(f"Next: {_way_out(kept, error)}.")
    if broken is not None:
        lines.append(f"{times - len(tasks)} never ordered, nothing charged for them: {broken}")
    return "\n".join(lines)


def _way_out(kept: list[Task], error: MusicnbError) -> str:
    if not isinstance(error, InsufficientBalance):
        return error.hint or "studio.resume() sends them"
    needed = sum((task.job.expected_credits for task in kept), Decimal(0))
    return (
        f"top up, they cost {amount_text(needed)} credits; then studio.resume() sends them."
        " Withdraw on a card gives that one up"
    )


def _credits(tasks: list[Task]) -> str:
    known = (task.charged_credits or task.job.expected_credits for task in tasks)
    return f"{amount_text(sum(known, Decimal(0)))} credits"


def _option(text: str) -> tuple[str, Any]:
    """Read ``name=value``; the value is JSON where it is that, else text."""
    name, equals, value = text.partition("=")
    if not equals or not name:
        raise UsageError(f"--option {text!r} must look like style_weight=0.7")
    try:
        return name, json.loads(value)
    except (ValueError, RecursionError):
        return name, value
