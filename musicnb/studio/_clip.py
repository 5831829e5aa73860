"""A finished clip: bytes on disk, facts, a player."""

from __future__ import annotations

from dataclasses import dataclass
from decimal import Decimal
from pathlib import Path
from typing import TYPE_CHECKING

from musicnb import sound
from musicnb.errors import LibraryError
from musicnb.library import ClipRecord, Job

if TYPE_CHECKING:
    from musicnb.widgets import Comparison


@dataclass(frozen=True)
class Clip:
    """One finished piece of sound in the library.

    Parameters
    ----------
    record
        What the journal knows of it.
    job
        The order it came from.
    path
        The file, byte for byte as the service made it.
    sandbox
        Whether the sandbox's engine made it, and not the model it stands in for.
    """

    record: ClipRecord
    job: Job
    path: Path
    sandbox: bool = False

    @property
    def clip_id(self) -> str:
        """Task id and position, such as ``tsk_…-1``."""
        return self.record.clip_id

    @property
    def title(self) -> str:
        """Title as the service gave it, else the one asked for, else the prompt's beginning."""
        return self.record.title

    @property
    def duration_s(self) -> float:
        """Seconds of sound that were decoded."""
        return self.record.duration_s

    @property
    def loudness_lufs(self) -> float:
        """Integrated loudness, ITU-R BS.1770-5."""
        return self.record.loudness_lufs

    @property
    def model(self) -> str:
        """The model that was asked for, or that ``auto`` resolved to."""
        return self.job.resolved_model or str(self.job.request["model"])

    @property
    def credits(self) -> Decimal | None:
        """What its whole task was charged, less refunds; None while not reported."""
        if self.job.charged_credits is None:
            return None
        return self.job.charged_credits - (self.job.refunded_credits or 0)

    def read(self) -> sound.Sound:
        """Decode the clip.

        Returns
        -------
        musicnb.sound.Sound
            ``.samples`` float32 shaped ``(frames, channels)`` and ``.sample_rate``.

        Raises
        ------
        UndecodableAudio
            The file was damaged since it was stored.
        LibraryError
            The file was removed.
        """
        if not self.path.is_file():
            raise LibraryError(
                f"{self.path.name} is no longer in the library",
                hint="Restore the file from a copy: its bytes are the service's own",
                charged=True,
            )
        return sound.read(self.path)

    def __repr__(self) -> str:
        minutes, seconds = divmod(round(self.duration_s), 60)
        mark = ", sandbox" if self.sandbox else ""
        return (
            f"<Clip {self.title!r} {minutes}:{seconds:02d}, {self.model}{mark},"
            f" {self.loudness_lufs:.1f} LUFS, {self.path}>"
        )

    def _ipython_display_(self) -> None:
        from musicnb.studio._display import show_clips  # noqa: PLC0415 - Jupyter only on display

        show_clips([self])


class Clips(tuple[Clip, ...]):
    """The clips of one task, in the service's order; shows as players in a notebook."""

    __slots__ = ()

    def compare(self, *, blind: bool = False) -> Comparison:
        """Put two to eight clips under one playhead; see `Studio.compare`."""
        from musicnb.studio._display import comparison_of  # noqa: PLC0415 - scripts need no widgets

        return comparison_of(self, blind=blind)

    def _ipython_display_(self) -> None:
        from musicnb.studio._display import show_clips  # noqa: PLC0415 - Jupyter only on display

        show_clips(list(self))
