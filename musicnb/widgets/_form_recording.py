"""The recording that music follows: how it becomes usable while the page shows how far it is."""

from __future__ import annotations

import logging
import threading
import weakref
from collections.abc import Callable, Mapping, Sequence
from pathlib import Path
from typing import Any, Final

from musicnb.briefs import Artifact, public_text
from musicnb.catalogue import ReferenceLimits
from musicnb.errors import InvalidInput, MusicnbError
from musicnb.widgets._board_sound import SoundSender
from musicnb.widgets._board_views import heights_of
from musicnb.widgets._form_desk import FormDesk, Reference
from musicnb.widgets._form_intake import Intake
from musicnb.widgets._form_values import sendable

__all__ = ["RECORDING_OPS", "Recording", "on_page"]

#: What a page may ask for about a recording.
RECORDING_OPS: Final = ("file-begin", "file-part", "refer", "unrefer", "get")
_MEDIA_TYPES: Final = {"FLAC": "audio/flac", "MP3": "audio/mpeg", "WAV": "audio/wav"}
_STEPS: Final = 50
_LOG: Final = logging.getLogger("musicnb.widgets")


class Recording:
    """Makes files, clips and addresses usable, the last one that was asked for.

    Parameters
    ----------
    desk
        Who examines and uploads; without one, only an upload or an address will do.
    limits
        Of what may be sent at all.
    lock
        The form's.
    show
        Shows the pages how far it is.
    settle
        Called under the lock with what is usable now, or None.
    current
        Gives what is usable now.
    reply
        Sends a message to the pages.
    """

    def __init__(
        self,
        desk: FormDesk | None,
        limits: ReferenceLimits,
        lock: threading.RLock,
        *,
        show: Callable[[dict[str, Any]], None],
        settle: Callable[[Reference | None], None],
        current: Callable[[], Reference | None],
        reply: Callable[..., None],
    ) -> None:
        self._desk, self._lock, self._show, self._settle = desk, lock, show, settle
        self._current = current
        self._intake = Intake(limits, reply, self._arrived)
        self._sound = SoundSender(self._located, reply)
        self._wish = 0  # the number of the last thing that was asked for

    def referred(self, source: object) -> Reference:
        """Make a recording usable, and wait for it.

        Raises
        ------
        InvalidInput
            It is none, or none that a model takes.
        """
        if isinstance(source, Reference):
            return source
        if self._desk is not None:
            return self._desk.refer(source, told=lambda _doing, _part: None)
        if isinstance(source, Artifact):
            return Reference(source, source.artifact_id)
        if isinstance(source, str) and source.startswith("https://"):
            return Reference(source, public_text(source))
        raise InvalidInput.about("reference", "must be an upload or an https:// address")

    def forget(self) -> None:
        """Drop what is on its way. The lock is held."""
        self._wish += 1
        self._intake.drop()

    def hear(self, op: str, message: Mapping[str, Any], buffers: Sequence[Any]) -> None:
        """Take a message of a page."""
        if op == "get":
            self._sound.hear(message, self._type_of)
            return
        with self._lock:
            match op:
                case "file-part":
                    self._intake.take(message, buffers)
                case "file-begin" if self._desk is not None:
                    self._wish += 1
                    self._settle(None)
                    self._intake.begin(message)
                case "refer" if isinstance(message.get("source"), str):
                    self.forget()
                    self._begin(message["source"], str(message.get("name") or message["source"]))
                case "unrefer":
                    self.forget()
                    self._settle(None)

    def _type_of(self, _which: str) -> str:
        now = self._current()  # whether it is the one that is wanted is told where it is located
        return _MEDIA_TYPES.get(now.format, "") if now is not None else ""

    def _located(self, which: str) -> Path:
        now = self._current()
        if now is None or now.sound is None or which != _sound_id(now):
            raise InvalidInput.about("reference", "another recording has taken its place")
        if now.size_bytes not in (None, now.sound.stat().st_size):
            raise InvalidInput.about("reference", "the file has changed since it was looked at")
        return now.sound

    def _arrived(self, path: Path, name: str, remove: Callable[[], object]) -> None:
        self._begin(path, name, file_name=name, afterwards=remove)

    def _begin(
        self,
        source: object,
        shown: str,
        *,
        file_name: str = "",
        afterwards: Callable[[], object] = lambda: None,
    ) -> None:
        """Make a recording usable aside. The lock is held, and nobody waits."""
        self._settle(None)
        self._wish += 1
        mine, shown = self._wish, public_text(shown)

        def tell(**news: Any) -> None:
            with self._lock:
                if mine == self._wish:
                    self._show(sendable({"name": shown, **news}))

        def work() -> None:
            try:
                found = self._made_usable(source, file_name, tell)
            except MusicnbError as error:
                afterwards()
                tell(state="refused", why=f"{error.message}. {error.hint or ''}".strip())
            except Exception:  # noqa: BLE001 - whatever went wrong, the page must be told
                afterwards()
                _LOG.exception("a recording could not be made usable")
                tell(state="refused", why="Something went wrong; see the log")
            else:
                # its file is listened to as long as anybody holds it, and goes with it
                weakref.finalize(found, afterwards)
                with self._lock:
                    if mine == self._wish:
                        self._settle(found)

        tell(state="busy", doing="Looking at it", part=0.0)
        threading.Thread(target=work, name="musicnb-recording", daemon=True).start()

    def _made_usable(self, source: object, name: str, tell: Callable[..., None]) -> Reference:
        if self._desk is None:
            return self.referred(source)

        last: tuple[str, int] = ("", 0)

        def told(doing: str, part: float) -> None:
            nonlocal last
            now = (doing, int(part * _STEPS))
            if now != last:  # a message for every piece that is read would be thousands
                last = now
                tell(state="busy", doing=doing, part=part)

        return self._desk.refer(source, name=name, told=told)


def on_page(reference: Reference | None) -> dict[str, Any]:
    """Describe a recording that is usable, or that there is none."""
    if reference is None:
        return {"state": "none"}
    clean: dict[str, Any] = sendable(
        {
            "state": "ready",
            "name": reference.name,
            "facts": list(reference.facts),
            "note": reference.note,
            "sound": _sound_id(reference) if reference.sound is not None else "",
            "duration_s": reference.duration_s or 0.0,
        }
    )
    return clean | {"wave": heights_of(reference.peaks)}


def _sound_id(reference: Reference) -> str:
    """Name the bytes of a recording: the page keeps what it has fetched under this name."""
    source = reference.source
    return source.artifact_id if isinstance(source, Artifact) else source
