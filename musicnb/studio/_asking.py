"""Blind listening in a terminal: files to play, answers to type."""

from __future__ import annotations

import contextlib
import shutil
import time
from pathlib import Path
from typing import TYPE_CHECKING, Final

from musicnb.errors import InvalidInput, LibraryError
from musicnb.sound import new_file

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


def write_pair(session: Session, folder: Path) -> tuple[Path, Path]:
    """Write the pair on the screen into a folder; see `Session.write_pair`."""
    token = session.screen().token
    sounds = session.sound(token, "A"), session.sound(token, "B")
    paths = folder / "A.wav", folder / "B.wav"
    problem = ""
    try:
        folder.mkdir(parents=True, exist_ok=True)
        _remove(paths)
        for path, data in zip(paths, sounds, strict=True):
            with new_file(path, overwrite=True) as file:
                file.write(data)
    except OSError as error:
        problem = error.strerror or str(error)
        _remove(paths)
    else:
        return paths
    raise LibraryError(
        f"the pair cannot be written into {str(folder)!r:.200} ({problem:.200})",
        hint="Make room, or choose another folder",
    )


def _remove(paths: tuple[Path, ...]) -> None:
    for path in paths:
        with contextlib.suppress(OSError):
            path.unlink()


def _typed(question: str) -> str:
    try:
        return input(question).strip().casefold()
    except EOFError:  # nobody is there
        return "stop"
