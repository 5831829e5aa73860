"""A finished clip: bytes on disk, facts, a player."""

from __future__ import annotations

import os
from dataclasses import dataclass, field
from decimal import Decimal
from pathlib import Path
from typing import TYPE_CHECKING, Final, TypeAlias, Unpack

from musicnb import analysis, sound
from musicnb.convert import ChangesOptions, Converted
from musicnb.deliver import DISCLOSURE
from musicnb.errors import LibraryError
from musicnb.library import (
    ClipRecord,
    Conversion,
    Conversions,
    Job,
    Journal,
    Rating,
    RatingChanges,
)
from musicnb.measure import Measures
from musicnb.studio._converting import convert_clip
from musicnb.studio._rating import rate

if TYPE_CHECKING:
    from collections.abc import Sequence

    from musicnb.deliver import Conformed, CutDown, Ending, Loop, Profile
    from musicnb.pictures import Page
    from musicnb.sound import Format

#: The folder of a library that remembers what was measured.
MEASURES: Final = "measures"

_Path: TypeAlias = str | os.PathLike[str]


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
    journal
        Where its rating is kept; None for a clip that cannot be rated.
    """

    record: ClipRecord
    job: Job
    path: Path
    sandbox: bool = False
    journal: Journal | None = field(default=None, repr=False, compare=False)

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
        return sound.read(self.file())

    def measures(self) -> Measures:
        """Measure everything about the clip; remembered in the library's folder.

        Returns
        -------
        musicnb.measure.Measures
            Loudness, true peak, tempo, key, spectrum, stereo, defects …

        Raises
        ------
        UndecodableAudio
            The file was damaged since it was stored.
        LibraryError
            The file was removed.
        """
        return analysis.measure_file(self.file(), cache=self.folder / MEASURES)

    @property
    def folder(self) -> Path:
        """The library's folder."""
        return self.path.parents[self.record.file.count("/")]

    def file(self) -> Path:
        """Return the path once it is sure that the file is there.

        Raises
        ------
        LibraryError
            The file was removed.
        """
        if not self.path.is_file():
            raise LibraryError(
                f"{self.path.name} is no longer in the library",
                hint="Restore the file from a copy: its bytes are the service's own",
                charged=True,
            )
        return self.path

    def preview(self, seconds: float = 15, *, match_lufs: float | None = None) -> Page:
        """Make a short player that stays in the notebook and needs no kernel.

        It plays the loudest stretch, from the beginning of a beat: encoded anew, as a file cannot
        be cut without that. A whole clip that is short enough is put in byte for byte.

        Parameters
        ----------
        seconds
            Length of the excerpt, up to 60.
        match_lufs
            Attenuate the clip to this integrated loudness; one that is softer stays as it is. None
            changes no level.

        Returns
        -------
        musicnb.pictures.Page
            Shows itself in a notebook; ``.size_bytes``, ``.html``, ``.save("preview.html")``.

        Raises
        ------
        InvalidInput
            `seconds` or `match_lufs` is no such number.
        LibraryError
            The file was removed.
        UndecodableAudio
            The file was damaged since it was stored.
        """
        from musicnb.studio._pictures import preview_of  # noqa: PLC0415 - only when one is made

        return preview_of(self, seconds, match_lufs=match_lufs)

    # ------------------------------------------------------------------------------- ratings

    @property
    def rating(self) -> Rating:
        """Stars, tags and note as the journal has them now.

        Raises
        ------
        LibraryError
            The studio was closed.
        """
        return Rating(self.clip_id) if self.journal is None else self.journal.rating(self.clip_id)

    @property
    def stars(self) -> int | None:
        """1 to 5; None for a clip that is not starred."""
        return self.rating.stars

    @property
    def tags(self) -> tuple[str, ...]:
        """Its tags, in the order in which they were given."""
        return self.rating.tags

    @property
    def note(self) -> str:
        """What was written about it; empty where nothing was."""
        return self.rating.note

    def rate(self, **changes: Unpack[RatingChanges]) -> Clip:
        """Keep what you think of it in the journal, and show it on every board.

        Parameters
        ----------
        **changes
            ``stars=4`` (1 to 5, None takes them away), ``tags=["hook", "keep"]``,
            ``note="the bridge drags"``. What is left out stays as it is.

        Returns
        -------
        Clip
            This one.

        Raises
        ------
        InvalidInput
            Something of it cannot be kept; nothing was changed.
        LibraryError
            The studio was closed, or another process works with the library.
        """
        if self.journal is None:
            raise LibraryError(
                f"{self.clip_id} belongs to no library", hint="Take it from studio.clips()"
            )
        rate(self.journal, self.clip_id, changes)
        return self

    # --------------------------------------------------------------------------- conversions

    def to_wav(
        self, path: _Path | None = None, *, bits: int = 16, **changes: Unpack[ChangesOptions]
    ) -> Converted:
        """Make a WAV file of the clip: a new file; the clip itself stays as it is.

        Parameters
        ----------
        path
            A name that is not taken, or a folder; by default ``conversions/`` in the library.
        bits
            16, 24, or 32 for floats, which keep what exceeds full scale.
        **changes
            ``start_s end_s fade_in_s fade_out_s sample_rate loudness_lufs true_peak_dbtp``: see
            `musicnb.convert.Changes`.

        Returns
        -------
        musicnb.convert.Converted
            Prints what was made and how its level came out. `conversions` lists it.

        Raises
        ------
        InvalidInput
            A number is outside reason, or there is a file by this name: none is replaced.
        ConfigurationError
            Another sample rate needs soxr: ``pip install "musicnb[deliver]"``.
        LibraryError
            The clip's file has gone, or the new one cannot be written.
        UndecodableAudio
            The clip's file was damaged since it was stored.
        """
        return convert_clip(self, path, "WAV", {"bits": bits}, **changes)

    def to_flac(
        self, path: _Path | None = None, *, bits: int = 16, **changes: Unpack[ChangesOptions]
    ) -> Converted:
        """Make a FLAC file of 16 or 24 bits; see `to_wav`."""
        return convert_clip(self, path, "FLAC", {"bits": bits}, **changes)

    def to_mp3(
        self,
        path: _Path | None = None,
        *,
        bitrate_kbps: float | None = None,
        quality: float | None = None,
        **changes: Unpack[ChangesOptions],
    ) -> Converted:
        """Make an MP3 file, variable at about 190 kb/s unless a bitrate is named; see `to_wav`."""
        options = {"bitrate_kbps": bitrate_kbps, "quality": quality}
        return convert_clip(self, path, "MP3", options, **changes)

    def to_ogg(
        self,
        path: _Path | None = None,
        *,
        quality: float | None = None,
        **changes: Unpack[ChangesOptions],
    ) -> Converted:
        """Make an OGG Vorbis file of a quality from 0 to 1; see `to_wav`."""
        return convert_clip(self, path, "OGG", {"quality": quality}, **changes)

    def to_opus(
        self,
        path: _Path | None = None,
        *,
        bitrate_kbps: float | None = None,
        **changes: Unpack[ChangesOptions],
    ) -> Converted:
        """Make an Opus file, which means 48 kHz unless a lower rate is named; see `to_wav`."""
        return convert_clip(self, path, "OPUS", {"bitrate_kbps": bitrate_kbps}, **changes)

    def cut_down(self, seconds: float, *, ending: Ending | None = None) -> CutDown:
        """Plan a shorter form of the clip; see `musicnb.deliver.cut_down`."""
        from musicnb.deliver import cut_down  # noqa: PLC0415 - only who delivers

        return cut_down(self.file(), seconds, ending=ending)

    def conform(
        self,
        profile: str | Profile,
        path: _Path | None = None,
        *,
        plan: CutDown | Loop | None = None,
        disclosure: str = DISCLOSURE,
    ) -> Conformed:
        """Make a file of the clip as a profile of `musicnb.deliver.PROFILES` asks for it.

        Parameters
        ----------
        path
            As in `to_wav`.
        plan
            Of `cut_down` or `loops`; None takes the whole clip.
        disclosure
            What the file's tags say about AI.
        """
        from musicnb.studio._conforming import conform_clip  # noqa: PLC0415 - as above

        return conform_clip(self, profile, path, plan, disclosure)

    def loops(self, bars: int | Sequence[int] | None = None, *, most: int = 3) -> tuple[Loop, ...]:
        """Plan loops of the clip, the best first; see `musicnb.deliver.find_loops`."""
        from musicnb.deliver import find_loops  # noqa: PLC0415 - as above

        return find_loops(self.file(), bars=bars, most=most)

    def loop(
        self,
        bars: int | None = None,
        path: _Path | None = None,
        *,
        format: Format = "WAV",  # noqa: A002 - what `musicnb.sound` calls it
        profile: str | Profile | None = None,
    ) -> Conformed:
        """Make a file of the clip's best loop, named by bars, tempo and key, exact to the frame.

        Parameters
        ----------
        bars
            How many; None takes the best of 4, 8 and 16.
        path
            As in `to_wav`.
        format
            ``"WAV"``, whose points engines read, ``"FLAC"``, ``"OGG"``, ``"MP3"`` or ``"OPUS"``.
        profile
            Of a place, such as ``"game-loop"``: level and format are its own then.

        Raises
        ------
        InvalidInput
            There is no steady beat, no stretch that goes round, or a file by this name.
        """
        from musicnb.studio._conforming import loop_clip  # noqa: PLC0415 - as above

        return loop_clip(self, bars, path, format, profile)

    def conversions(self) -> tuple[Conversion, ...]:
        """List what was made of the clip, oldest first."""
        return Conversions(self.folder).of(self.clip_id)

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
