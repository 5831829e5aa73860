"""A file on its way from the page to Python: piece by piece, checked before the first one."""

from __future__ import annotations

import contextlib
import tempfile
import weakref
from collections.abc import Callable, Mapping, Sequence
from pathlib import Path
from typing import IO, Any, Final

from musicnb.catalogue import ReferenceLimits
from musicnb.widgets._form_desk import Reference
from musicnb.widgets._form_limits import complaints

__all__ = ["Intake"]

#: Bytes of one message, and how many may be on their way: a server must take each at once.
CHUNK_BYTES: Final = 1 << 20
AHEAD: Final = 4
_LONGEST_NAME: Final = 200


class Intake:
    """Takes one file at a time; a new one takes the place of the one before.

    Parameters
    ----------
    limits
        Of what may be sent at all.
    reply
        Sends a message to the pages.
    arrived
        Called with the finished file, its name, and what removes it.
    """

    def __init__(
        self,
        limits: ReferenceLimits,
        reply: Callable[[dict[str, Any]], None],
        arrived: Callable[[Path, str, Callable[[], object]], None],
    ) -> None:
        self._limits, self._reply, self._arrived = limits, reply, arrived
        self._file: IO[bytes] | None = None
        self._id, self._name, self._size = "", "", 0

    def begin(self, message: Mapping[str, Any]) -> None:
        """Agree to a file, or say why not; nothing of it has been sent yet."""
        self.drop()
        size, name, transfer = message.get("size"), message.get("name"), message.get("id")
        if not isinstance(size, int) or not isinstance(name, str) or not isinstance(transfer, str):
            return
        name = Path(name.replace("\\", "/")).name[:_LONGEST_NAME] or "recording"
        why = complaints(Reference("", name, size_bytes=size), self._limits, "the service")
        if size <= 0:
            why = ["is empty"]
        if why:
            self._reply({"op": "file", "id": transfer, "why": f"{name} {why[0]}"})
            return
        self._id, self._name, self._size = transfer, name, size
        try:
            # the file outlives this object: whoever examines it removes it
            self._file = tempfile.NamedTemporaryFile(  # noqa: SIM115
                prefix="musicnb-", suffix=_plain_suffix(name), delete=False
            )
        except OSError as error:
            self._no_room(error)
            return
        # half a file whose page has gone is nobody's
        self._left_behind = weakref.finalize(self, _remove, Path(self._file.name))
        self._go_on(0)

    def take(self, message: Mapping[str, Any], buffers: Sequence[Any]) -> None:
        """Take the next piece; one that is not the next is left alone."""
        file = self._file
        if file is None or message.get("id") != self._id or not buffers:
            return
        if message.get("offset") != file.tell():
            return
        data = bytes(buffers[0])
        if not data or file.tell() + len(data) > self._size:
            self._reply({"op": "file", "id": self._id, "why": "The file changed on its way."})
            self.drop()
            return
        try:
            file.write(data)
            got = file.tell()
            if got == self._size:
                file.close()
        except OSError as error:
            self._no_room(error)
            self.drop()
            return
        if got < self._size:
            self._go_on(got)
            return
        path, name = Path(file.name), self._name
        self._file = None
        self._reply({"op": "file", "id": self._id, "got": got})
        self._arrived(path, name, self._left_behind)

    def drop(self) -> None:
        """Forget what has come of a file."""
        if self._file is not None:
            with contextlib.suppress(OSError):
                self._file.close()
            self._left_behind()
        self._file = None

    def _no_room(self, error: OSError) -> None:
        why = f"Python has no room for the file ({error.strerror})."
        self._reply({"op": "file", "id": self._id, "why": why})

    def _go_on(self, got: int) -> None:
        self._reply({"op": "file", "id": self._id, "got": got, "step": CHUNK_BYTES, "ahead": AHEAD})


def _plain_suffix(name: str) -> str:
    """Return a file's suffix, or nothing where the temporary folder may not take it."""
    suffix = Path(name).suffix[:8]
    return suffix if suffix[1:].isascii() and suffix[1:].isalnum() else ""


def _remove(path: Path) -> None:
    with contextlib.suppress(OSError):  # it stays where it cannot be removed
        path.unlink(missing_ok=True)
