"""Blind listening in a terminal: files to play, answers to type."""

from __future__ import annotations

import shutil
import time
from typing import TYPE_CHECKING, Final

from musicnb.errors import InvalidInput

if TYPE_CHECKING:
    from musicnb.studio._session import Session

_ANSWERS: Final = {"a": "A", "b": "B", "t": "tie", "tie": "tie", "u": "both_unusable"}
_QUESTION: Final = "A, B, (t)ie, both (u)nusable, undo, stop: "


def ask(session: Session) -> Session:
    """Ask until every pair is answered, or somebody has had enough; see `Session.ask`."""
    print(session.estimate)  # noqa: T201 - a dialogue
    try:
        return _asked(session)
    finally:
        shutil.rmtree(session.pair_folder, ignore_errors=True)


def _asked(session: Session) -> Session:
    screen = session.screen()
    while screen.state in ("pair", "break"):
        if screen.state == "break":
            word = _typed(f"{screen.remark} Enter goes on, stop ends: ")
            if word == "stop":
                return session
            screen = session.resume()
            continue
        paths = session.write_pair(session.pair_folder)
        shown_at = time.monotonic()
        print(f"pair {screen.number} of {screen.of}: {paths[0]} and {paths[1].name}")  # noqa: T201
        word = _typed(_QUESTION)
        if word == "stop":
            return session
        if word != "undo" and time.monotonic() - shown_at < 2 * session.least_heard_s:
            print(f"hear at least {session.least_heard_s:g} s of both first")  # noqa: T201
            continue
        try:
            screen = session.undo() if word == "undo" else session.vote(_ANSWERS.get(word, word))
        except InvalidInput as error:
            print(f"{error.message}. {error.hint or ''}")  # noqa: T201
    print(screen.remark)  # noqa: T201
    return session


def _typed(question: str) -> str:
    try:
        return input(question).strip().casefold()
    except EOFError:  # nobody is there
        return "stop"
