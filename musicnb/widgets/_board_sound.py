"""How a clip's bytes reach the page: asked for piece by piece, or sent while nobody can ask."""

from __future__ import annotations

import logging
import os
from collections.abc import Callable, Mapping
from pathlib import Path
from typing import Any, Final, Protocol

from IPython import get_ipython

from musicnb.errors import MusicnbError
from musicnb.widgets._board_views import ClipView

__all__ = ["CellWatch", "SoundSender"]

#: Bytes of sound in one message: with four on the way 3.5 MB arrive in about 0.2 s.
CHUNK_BYTES: Final = 1 << 20
#: Chunks that one request may ask for.
MOST_CHUNKS: Final = 8
#: Bytes a board sends unasked. A blocked kernel (ipykernel 6.31, 7.4) hears no press of play, but
#: what other threads send arrives: so clips that come in meanwhile can be played at once. The
#: page keeps 48 MB.
PUSH_BYTES: Final = 24 << 20

_log = logging.getLogger(__name__)


class _Send(Protocol):
    def __call__(self, content: dict[str, Any], buffers: list[bytes] | None = None) -> None: ...


class SoundSender:
    """Sends the bytes of clips.

    Parameters
    ----------
    locate
        Gives the file with a clip's bytes, or the bytes themselves.
    send
        Sends a message with buffers to the page.
    """

    def __init__(self, locate: Callable[[str], Path | bytes], send: _Send) -> None:
        self._locate = locate
        self._send = send
        self._left = PUSH_BYTES

    def hear(self, message: Mapping[str, Any], type_of: Callable[[str], str | None]) -> None:
        """Answer a page that asks for sound; what no page of ours asks for is left alone.

        Parameters
        ----------
        message
            Names what is wanted, the first byte and how many chunks.
        type_of
            Gives the media type of what has a name; None where nothing has it.
        """
        name, offset, chunks = message.get("id"), message.get("offset"), message.get("chunks", 1)
        if not isinstance(name, str) or not isinstance(offset, int) or not isinstance(chunks, int):
            return
        if offset >= 0 and 0 < chunks <= MOST_CHUNKS and (media_type := type_of(name)) is not None:
            self._answer(name, media_type, offset, chunks)

    def _answer(self, clip_id: str, media_type: str, offset: int, chunks: int) -> None:
        """Send the chunks from an offset on, or say in plain words why there is none."""
        try:
            for begin in range(offset, offset + chunks * CHUNK_BYTES, CHUNK_BYTES):
                if begin + CHUNK_BYTES >= self._send_chunk(clip_id, media_type, begin):
                    break
        except MusicnbError as error:
            self._refuse(clip_id, error.message)
        except OSError:
            self._refuse(clip_id, "the file is not there any more")
        except Exception:  # noqa: BLE001 - the owner's callback; the page must get an answer
            _log.exception("the sound of clip %s could not be read", clip_id)
            self._refuse(clip_id, "the file could not be read")

    def push(self, clip: ClipView) -> None:
        """Send a whole clip unasked, while the allowance lasts. Never raises, never complains."""
        if not 0 < clip.size_bytes <= self._left:
            return
        self._left -= clip.size_bytes
        try:
            for offset in range(0, clip.size_bytes, CHUNK_BYTES):
                self._send_chunk(clip.clip_id, clip.media_type, offset, unasked=True)
        except Exception:  # noqa: BLE001 - nobody asked; pressing play will give the reason
            _log.debug("clip %s was not sent ahead", clip.clip_id, exc_info=True)

    def _send_chunk(
        self, clip_id: str, media_type: str, offset: int, *, unasked: bool = False
    ) -> int:
        """Send one chunk; return how long the whole is."""
        part, total = _piece(self._locate(clip_id), offset)
        self._send(
            {
                "op": "chunk",
                "id": clip_id,
                "offset": offset,
                "total": total,
                "step": CHUNK_BYTES,
                "type": media_type,
                "unasked": unasked,
            },
            [part],
        )
        return total

    def _refuse(self, clip_id: str, why: str) -> None:
        self._send({"op": "missing", "id": clip_id, "why": why})


def _piece(source: Path | bytes, offset: int) -> tuple[bytes, int]:
    """Read one chunk; return it, and how long the whole is."""
    if isinstance(source, bytes):
        return source[offset : offset + CHUNK_BYTES], len(source)
    with Path(source).open("rb") as file:
        file.seek(offset)
        return file.read(CHUNK_BYTES), os.fstat(file.fileno()).st_size


class CellWatch:
    """Knows whether a cell is running, so that sound is sent ahead only when it must be."""

    def __init__(self) -> None:
        self.running = False
        self._watching = False

    def start(self) -> None:
        """Begin to watch; called from a running cell."""
        shell = get_ipython()
        if self._watching or shell is None:
            return
        self._watching = self.running = True
        shell.events.register("pre_run_cell", self._on_start)
        shell.events.register("post_run_cell", self._on_end)

    def _on_start(self, *_: object) -> None:
        self.running = True

    def _on_end(self, *_: object) -> None:
        self.running = False
