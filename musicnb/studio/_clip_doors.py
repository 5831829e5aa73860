"""What a studio does with the clips that it has: list, compare, choose by ear, deliver."""

from __future__ import annotations

import os
from collections.abc import Iterable
from typing import TYPE_CHECKING, Final, Unpack

from musicnb.prompts import read_terms
from musicnb.studio._clip import Clip
from musicnb.studio._clips import Clips, clips_of
from musicnb.studio._open_studio import OpenStudio
from musicnb.studio._scores import score_of

if TYPE_CHECKING:
    from concurrent.futures import Executor

    from musicnb.analysis import Progress
    from musicnb.deliver import Profile
    from musicnb.studio._deliverables import DeliveryOptions
    from musicnb.studio._delivery import Delivery
    from musicnb.studio._listening import ListeningOptions
    from musicnb.studio._session import Session
    from musicnb.table import Table
    from musicnb.widgets import Comparison


_TERMS: Final = "terms.txt"


class ClipDoors(OpenStudio):
    """The doors of a `musicnb.Studio` that open onto its clips; the parameters are its own."""

    def clips(self) -> Clips:
        """List every clip of the library, newest first; shows as players in a notebook."""
        return clips_of(self.library)

    @property
    def terms(self) -> tuple[str, ...]:
        """Words to keep out of requests: a line each in ``terms.txt`` of the library.

        You edit it: names of artists, brands, whatever a client forbids. Forms and ``%%music``
        point at them, and packs name them; they stop nothing.

        Raises
        ------
        InvalidInput
            The file cannot be read as that; see `musicnb.prompts.read_terms`.
        """
        path = self.library.folder / _TERMS
        return read_terms(path) if path.exists() else ()

    def score(self, clip: Clip) -> bytes:
        """Read the score of a clip that this sandbox composed, as a Standard MIDI File.

        Raises
        ------
        InvalidInput
            It is no clip.
        ConfigurationError
            The clip is not the embedded sandbox's, or another service is in use.
        NotFound
            The sandbox has no score of it any more.
        """
        return score_of(self._live_road(), clip)

    def table(
        self,
        *,
        every_order: bool = False,
        measure: bool = False,
        executor: Executor | None = None,
        progress: Progress = True,
    ) -> Table:
        """Every clip of the library side by side, oldest first.

        Parameters
        ----------
        every_order
            Also show orders that gave no clip, in a row without one.
        measure
            Measure the clips that were not measured yet, about a second each; they are remembered.
            Without, nothing is decoded: the columns are there, and hold what is known (duration and
            loudness always, the rest of clips that were measured before, here or by
            ``clip.measures()``).
        executor
            Where it is measured: any `concurrent.futures.Executor`; None starts a process for each
            processor, for which a script needs the usual ``if __name__ == "__main__":``. Processes
            elsewhere must see the library's folder.
        progress
            Whether to show a bar, or a function that gets how many are done and how many there are.

        Returns
        -------
        musicnb.table.Table
            A `pandas.DataFrame`, a row a clip: see `musicnb.table.takes_table` for the columns.
            ``.save("clips.xlsx")`` writes it where no spreadsheet computes its words. A clip that
            cannot be measured keeps its row, and a warning says why.
        """
        from musicnb.studio._tabling import library_table  # noqa: PLC0415 - pandas is slow to load

        return library_table(
            self.library,
            every_order=every_order,
            measure=measure,
            executor=executor,
            progress=progress,
        )

    def compare(self, clips: Iterable[Clip], *, blind: bool = False) -> Comparison:
        """Put clips under one playhead and switch between them; put it last in a cell to show it.

        They are level-matched and in step to the sample, so that what changes is the clip alone.

        Parameters
        ----------
        clips
            Two to eight clips.
        blind
            Call them A, B, C … in an order drawn by lot, and show nothing else of them until
            ``.reveal()``. Tags inside their files are not taken out.

        Raises
        ------
        InvalidInput
            Fewer than two clips, or more than eight.
        """
        return Clips(clips).compare(blind=blind)

    def listen(
        self, clips: Iterable[Clip], *, name: str, **options: Unpack[ListeningOptions]
    ) -> Session:
        """Choose among any clips by ear, blind; see `musicnb.studio.Run.listen`."""
        from musicnb.studio._listening import listen  # noqa: PLC0415 - only who listens

        return listen(self.library, clips, name=name, **options)

    def session(self, name: str, *, listener: str = "me") -> Session:
        """Find a listening session again, under way or over.

        Raises
        ------
        InvalidInput
            There is none of this name: those that there are, are named. Or the listener's is none.
        """
        from musicnb.studio._listening import reopen  # noqa: PLC0415 - only who listens

        return reopen(self.library, self.clips(), name, listener)

    def guest_session(self, path: str | os.PathLike[str], *, listener: str) -> Session:
        """Listen to a session that somebody handed out; see `musicnb.studio.Session.hand_out`.

        Parameters
        ----------
        path
            The file. It is checked, and may be opened again to go on.
        listener
            Who listens; the name stands in the votes that ``.export(path)`` gives.

        Raises
        ------
        InvalidInput
            It is no such file, or the listener's name is none.
        """
        from musicnb.studio._listening import guest  # noqa: PLC0415 - only who listens

        return guest(self.library, path, listener)

    def deliver(
        self,
        clips: Iterable[Clip],
        profiles: str | Profile | Iterable[str | Profile],
        **options: Unpack[DeliveryOptions],
    ) -> Delivery:
        """Make files of clips as places ask for them; look at them, then write them as a pack.

        Every file is measured after it was encoded. The clips themselves are only read.

        Parameters
        ----------
        clips
            Such as ``session.shortlist``.
        profiles
            Names in `musicnb.deliver.PROFILES`, or your own. There is no default: places disagree.
        **options
            See `DeliveryOptions`.

        Returns
        -------
        Delivery
            A row a file; ``.write("pack.zip")`` packs them.

        Raises
        ------
        InvalidInput
            No clips, an unknown profile, a template with an unknown field, a clip without a steady
            beat of which a loop was asked for.
        ConfigurationError
            Another sample rate needs soxr: ``pip install "musicnb[deliver]"``.
        LibraryError
            A clip's file has gone or is another than came, or the temporary folder is full.
        """
        from musicnb.studio._delivery import deliver  # noqa: PLC0415 - only who delivers

        options.setdefault("terms", self.terms)
        return deliver(clips, profiles, **options)
