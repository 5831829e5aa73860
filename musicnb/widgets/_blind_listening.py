"""Blind listening in a notebook: two plates on one playhead, votes by keyboard."""

from __future__ import annotations

import logging
import math
import threading
import uuid
from collections.abc import Callable, Mapping
from dataclasses import asdict
from typing import Any, Final

import anywidget
import traitlets

from musicnb.errors import InvalidInput, LibraryError, MusicnbError
from musicnb.listen import BlindDesk, BlindScreen, Slot
from musicnb.pictures import Html, element
from musicnb.widgets._board_page import joined
from musicnb.widgets._board_sound import SoundSender
from musicnb.widgets._copies import (
    hiding_rules,
    live_class,
    refresh_copy,
    show_with_copy,
    static_class,
)
from musicnb.widgets._letting_go import let_go, shown_by_cell

__all__ = ["BlindListening"]

_SCRIPTS: Final = (
    "_page.js",
    "_sound_store.js",
    "_controls.js",
    "_deck.js",
    "_heard.js",
    "_blind_parts.js",
    "_blind_stage.js",
    "blind.js",
)
_STYLES: Final = ("_page.css", "blind.css")
_SLOTS: Final[tuple[Slot, ...]] = ("A", "B")
_GO_ON: Final = "Run this cell again to go on: no vote is lost."

_log = logging.getLogger(__name__)


class BlindListening(anywidget.AnyWidget):
    """Let somebody vote on pairs of sounds without knowing what they are.

    Nothing but the desk's screen and, pulled by its token, the bytes of A and B leave Python. A
    vote is shown as kept once the desk has kept it.

    Parameters
    ----------
    desk
        Keeps the votes and knows what is A and what is B. Called on whatever thread the kernel
        chooses, never by two at once.
    go_on
        What a copy without its kernel says: how to go on. It must not tell what is compared.
    elsewhere
        How to listen where there are no widgets.
    """

    # strings: a Path would keep every widget alive (anywidget#929)
    _esm = joined(_SCRIPTS)
    _css = joined(_STYLES)

    #: Class of the live widget on the page, which hides the static copy. Text, set once.
    live_class = traitlets.Unicode("").tag(sync=True)
    #: Class of the static copy. Text, set once.
    static_class = traitlets.Unicode("").tag(sync=True)
    #: How to go on without this kernel. Text.
    go_on = traitlets.Unicode(_GO_ON).tag(sync=True)
    #: The desk's screen, with a number that grows from one to the next.
    screen = traitlets.Dict().tag(sync=True)

    def __init__(self, desk: BlindDesk, *, go_on: str = _GO_ON, elsewhere: str = "") -> None:
        self._uid = uuid.uuid4().hex[:12]
        self._lock = threading.RLock()
        self._desk, self._elsewhere = desk, elsewhere
        self._serial = 0
        self._sounds: dict[str, bytes] = {}
        self._sender = SoundSender(self._sound, self._to_page)
        self._shown = False
        super().__init__(
            live_class=live_class(self._uid),
            static_class=static_class(self._uid),
            go_on=go_on,
            screen=self._packed(desk.screen()),
        )
        self.on_msg(self._on_message)

    # -- what the owner calls ------------------------------------------------------------------

    def refresh(self) -> None:
        """Show the desk's screen as it is now; to be called after votes that came another way."""
        with self._lock:
            self._take(self._desk.screen())

    def show(self) -> None:
        """Display the live widget and, as an output of its own, its static copy."""
        self.refresh()
        bundle = self._repr_mimebundle_()
        self._shown = show_with_copy(bundle, self._copy(), text=self.text(), uid=self._uid)
        if self._shown:
            shown_by_cell(self)

    def close(self) -> None:
        """Take it off every page, and let go of what it holds there."""
        let_go(self)

    def text(self) -> str:
        """Say in plain text how the session stands."""
        screen = self._desk.screen()
        counted = f"Blind listening, {screen.answered} of {screen.of} votes kept"
        hint = self._elsewhere if screen.state in ("pair", "break") else ""
        return "\n".join(filter(None, [counted, screen.remark, hint]))

    def static_html(self) -> str:
        """Give the static copy: HTML that needs neither kernel nor script."""
        return element(
            "div",
            element("style", Html(hiding_rules(self._uid))),
            self._copy_text(),
            class_=f"mnb-static {static_class(self._uid)}",
        )

    # -- Jupyter's hooks -----------------------------------------------------------------------

    def _ipython_display_(self) -> None:
        self.show()

    def _repr_mimebundle_(self, **kwargs: Any) -> tuple[dict[str, Any], dict[str, Any]]:
        bundle = super()._repr_mimebundle_(**kwargs)
        data, metadata = bundle if bundle is not None else ({}, {})
        data["text/plain"] = "Blind listening (live; its copy stands below)"
        return data, metadata

    def __repr__(self) -> str:
        return f"<BlindListening: {self.screen['answered']} of {self.screen['of']} votes kept>"

    # -- from the page -------------------------------------------------------------------------

    def _on_message(self, _widget: object, content: Mapping[str, Any], _buffers: object) -> None:
        desk, token = self._desk, content.get("token")
        match content.get("op"):
            case "hello":
                self._answer(content, desk.screen)
            case "vote":
                self._answer(content, lambda: self._vote(content))
            case "undo":  # of what the page shows, and not of what another page did meanwhile
                kept = content.get("answered")
                self._answer(content, lambda: self._unless_moved(token, kept, desk.undo))
            case "resume":
                self._answer(content, desk.resume)
            case "reveal":
                self._answer(content, self._reveal)
            case "get":
                asked = {**content, "id": str(content.get("id"))}  # also what is no name is refused
                self._sender.hear(asked, lambda _name: "audio/wav")

    def _answer(self, content: Mapping[str, Any], action: Callable[[], BlindScreen]) -> None:
        """Do what was asked, and tell whoever asked how it went and what is shown now."""
        why = ""
        with self._lock:
            try:
                screen = action()
            except Exception as error:  # noqa: BLE001 - the desk's; the page must be told
                # not louder: a kernel's log stands on the page, and a traceback may name clips
                _log.debug("blind listening: %s failed", content.get("op"), exc_info=True)
                why = error.message if isinstance(error, MusicnbError) else "something went wrong"
                screen = self._desk.screen()
            self._take(screen)
            # a state update is taken in later than a message: so the message brings the screen
            answer = {"op": "answer", "number": content.get("number"), "why": why}
            self.send(answer | {"screen": self.screen})

    def _vote(self, content: Mapping[str, Any]) -> BlindScreen:
        a, b = (_seconds(part) for part in content["heard_s"])
        return self._desk.vote(
            str(content["answer"]),
            token=str(content["token"]),
            reasons=tuple(str(reason) for reason in content["reasons"]),
            note=str(content["note"]),
            heard_s=(a, b),
        )

    def _unless_moved(
        self, token: object, answered: object, action: Callable[[], BlindScreen]
    ) -> BlindScreen:
        screen = self._desk.screen()
        return action() if (screen.token, screen.answered) == (token, answered) else screen

    def _reveal(self) -> BlindScreen:
        if self._desk.screen().state == "done":
            self._desk.reveal()
        return self._desk.screen()

    def _sound(self, name: str) -> bytes:
        """Give the sound that a page calls by token and slot; a pair is cut once for its chunks."""
        token, _, slot = name.partition(" ")
        with self._lock:
            if name not in self._sounds:
                if slot not in _SLOTS:
                    raise FileNotFoundError(name)
                data = self._cut(token, slot)
                kept = {key: old for key, old in self._sounds.items() if key.startswith(token)}
                self._sounds = kept | {name: data}
            return self._sounds[name]

    def _cut(self, token: str, slot: Slot) -> bytes:
        """Have the desk give a sound; what goes wrong with a file must not tell which it is."""
        try:
            return self._desk.sound(token, slot)
        except InvalidInput:
            raise
        except Exception as error:
            _log.debug("blind listening: no sound", exc_info=True)
            raise LibraryError(f"the clip behind {slot} cannot be read") from error

    # -- towards the page ----------------------------------------------------------------------

    def _to_page(self, content: dict[str, Any], buffers: list[bytes] | None = None) -> None:
        self.send(content, buffers)

    def _packed(self, screen: BlindScreen) -> dict[str, Any]:
        packed = asdict(screen) | {"reasons": list(screen.reasons)}
        # endless numbers are no JSON
        packed["minutes_left"] = _seconds(screen.minutes_left)
        return packed | {"serial": self._serial}

    def _take(self, screen: BlindScreen) -> None:
        """Show a screen, if it is another. The lock is held."""
        if self._packed(screen) == self.screen:
            return
        before = self.screen["state"]
        self._serial += 1
        self.screen = self._packed(screen)
        if "revealed" in {before, screen.state} and before != screen.state and self._shown:
            refresh_copy(self._copy(), uid=self._uid)

    # -- the static copy -----------------------------------------------------------------------

    def _copy(self) -> dict[str, str]:
        return {"text/html": self.static_html(), "text/plain": self._copy_text()}

    def _copy_text(self) -> str:
        # no counts: they would grow old in a notebook that was saved on the way
        if self.screen["state"] == "revealed":
            return "Blind listening: over and revealed."
        return f"Blind listening: under way and sealed. {self.go_on}"


def _seconds(value: Any) -> float:
    number = float(value)
    return number if math.isfinite(number) else 0.0
