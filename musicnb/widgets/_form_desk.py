"""What a form is told and may ask for: a recording, clips, earlier requests, presets."""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any, Protocol

from musicnb.briefs import Artifact, Brief

__all__ = ["ClipChoice", "FormDesk", "KeptRecording", "OrderChoice", "Reference"]


@dataclass(frozen=True, slots=True, weakref_slot=True)
class Reference:
    """A recording that music follows.

    Parameters
    ----------
    source
        What stands in the brief: the id of an upload, or an HTTPS address.
    name
        What a person calls it: a file's name, a clip's title.
    facts
        What is known of it, in words: ``("2:31", "44.1 kHz stereo", "MP3")``.
    format
        ``FLAC``, ``MP3`` or ``WAV``; empty where nobody has looked.
    duration_s, size_bytes
        None where nobody has looked.
    peaks
        (min, max) pairs of int8, as of `musicnb.widgets.ClipView`.
    note
        Anything else worth a line, such as that it was uploaded before.
    sound
        The file with its bytes, where it can be listened to on this machine.
    sha256
        Hash of the bytes, where a person named the file, so that a preset may name it, too.
    """

    source: Artifact | str
    name: str
    facts: tuple[str, ...] = ()
    format: str = ""
    duration_s: float | None = None
    size_bytes: int | None = None
    peaks: bytes = b""
    note: str = ""
    sound: Path | None = None
    sha256: str = ""


@dataclass(frozen=True, slots=True)
class KeptRecording:
    """What recording a preset names: what it is made usable from, and what that means.

    Parameters
    ----------
    source
        An upload's id, an address, a clip's id or the path of a file.
    uploads
        The path of the file that is uploaded when the preset is used; empty where none is.
    problem
        What is to be known before: that the file is gone, or is not what it was.
    """

    source: str
    uploads: str = ""
    problem: str = ""


@dataclass(frozen=True, slots=True)
class ClipChoice:
    """A clip that can be followed."""

    clip_id: str
    title: str
    about: str
    peaks: bytes


@dataclass(frozen=True, slots=True)
class OrderChoice:
    """An earlier request: how it is called, what it asked for, and what became of it."""

    order_id: str
    title: str
    prompt: str
    about: str
    when: float


class FormDesk(Protocol):
    """Whoever owns a form answers it with this; called on any thread, and may take its time."""

    def refer(
        self, source: object, *, name: str = "", told: Callable[[str, float], None]
    ) -> Reference:
        """Make a recording usable: a path, a clip or its id, an upload, its id, or an address.

        Parameters
        ----------
        name
            What to call a file that has none of its own.
        told
            Called with what is being done and which part of it is done, from 0 to 1.

        Raises
        ------
        MusicnbError
            It cannot be used, and why; nothing of it was sent then.
        """

    def clips(self, search: str) -> Sequence[ClipChoice]:
        """List recent clips whose words hold what is searched, newest first."""

    def orders(self, search: str) -> Sequence[OrderChoice]:
        """List recent requests whose words hold what is searched, newest first."""

    def brief_of(self, order_id: str) -> Brief:
        """Return what an earlier request asked for."""

    def presets(self) -> Mapping[str, Mapping[str, Any]]:
        """Return what was kept: name → fields, by name."""

    def kept_recording(self, fields: Mapping[str, Any]) -> KeptRecording | None:
        """Say what recording a preset names, None where it names none; uploads nothing."""

    def keep_preset(self, name: str, fields: Mapping[str, Any]) -> None:
        """Keep fields under a name; an earlier one of this name is replaced."""

    def drop_preset(self, name: str) -> None:
        """Forget what was kept under a name."""

    def ask_balance(self) -> None:
        """Have the wallet read anew and told to the form; never waits."""
