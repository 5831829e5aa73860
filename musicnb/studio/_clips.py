"""Clips together: players on one board, a contact sheet, measures side by side."""

from __future__ import annotations

import os
from typing import TYPE_CHECKING, SupportsIndex, TypeAlias, overload

from musicnb import analysis
from musicnb.measure import Measures
from musicnb.settings import SANDBOX
from musicnb.studio._clip import MEASURES, Clip

if TYPE_CHECKING:
    from concurrent.futures import Executor

    from musicnb.library import Library
    from musicnb.pictures import Page
    from musicnb.widgets import Comparison

_Path: TypeAlias = str | os.PathLike[str]


class Clips(tuple[Clip, ...]):
    """Clips in an order, such as those of one task in the service's; players in a notebook."""

    __slots__ = ()

    @overload
    def __getitem__(self, index: SupportsIndex, /) -> Clip: ...

    @overload
    def __getitem__(self, index: slice, /) -> Clips: ...

    def __getitem__(self, index: SupportsIndex | slice, /) -> Clip | Clips:
        found = super().__getitem__(index)
        return Clips(found) if isinstance(found, tuple) else found

    def contact_sheet(
        self,
        path: _Path | None = None,
        *,
        columns: int = 4,
        spectrograms: bool = True,
        progress: analysis.Progress = True,
    ) -> Page:
        """Put all clips on one page: name, duration, loudness, waveform, spectrogram.

        Parameters
        ----------
        path
            Write the page there too, with links to the clips that lie beside or below it.
        columns
            Clips side by side, 1 to 12.
        spectrograms
            Whether to decode every clip for its spectrogram; waveforms are known already.
        progress
            Whether to show a bar, or a function that gets how many are done and how many there are.

        Returns
        -------
        musicnb.pictures.Page
            About 9 kB a clip; shows itself in a notebook; ``.size_bytes``, ``.save(...)``.

        Raises
        ------
        InvalidInput
            There are no clips, or no such columns.
        OSError
            It cannot be written there.
        """
        from musicnb.studio._pictures import sheet_of  # noqa: PLC0415 - only when one is made

        return sheet_of(self, path, columns=columns, spectrograms=spectrograms, progress=progress)

    def measure(
        self,
        *,
        executor: Executor | None = None,
        progress: analysis.Progress = True,
        patience_s: float = analysis.PATIENCE_S,
    ) -> list[Measures | Exception]:
        """Measure all clips side by side; what was measured before is remembered.

        Parameters
        ----------
        executor
            Any `concurrent.futures.Executor`, such as ``dask.distributed.Client(...)
            .get_executor()``; its workers must see the library's folder. None starts a process for
            each processor of this machine.
        progress
            Whether to show a bar, or a function that gets how many are done and how many there are.
        patience_s
            Seconds in which your executor must bring something; what is missing then is given up.

        Returns
        -------
        list of musicnb.measure.Measures or Exception
            One for each clip, in their order. A clip that cannot be measured has its error in its
            place, ``TimeoutError`` where it was given up; nothing is raised.
        """
        caches = {clip.folder / MEASURES for clip in self}
        cache = caches.pop() if len(caches) == 1 else None
        paths = [clip.path for clip in self]
        return analysis.measure_many(
            paths, executor=executor, progress=progress, cache=cache, patience_s=patience_s
        )

    def compare(self, *, blind: bool = False) -> Comparison:
        """Put two to eight clips under one playhead; see `Studio.compare`."""
        from musicnb.studio._display import comparison_of  # noqa: PLC0415 - scripts need no widgets

        return comparison_of(self, blind=blind)

    def _ipython_display_(self) -> None:
        from musicnb.studio._display import show_clips  # noqa: PLC0415 - Jupyter only on display

        show_clips(list(self))


def clips_of(library: Library) -> Clips:
    """List every clip of a library, newest first."""
    return Clips(
        Clip(
            take.clip,
            take.job,
            library.folder / take.clip.file,
            sandbox=take.job.service == SANDBOX,
            journal=library.journal,
        )
        for take in reversed(library.journal.takes())
        if take.clip is not None
    )
