"""The front door."""

from __future__ import annotations

import contextlib
import os
from collections.abc import Iterable, Sequence
from decimal import Decimal
from typing import TYPE_CHECKING, Any, Unpack

from musicnb.briefs import Artifact, Brief, TextToMusic
from musicnb.errors import (
    Fault,
    InvalidInput,
    MusicnbError,
)
from musicnb.library import Uploads
from musicnb.settings import SANDBOX
from musicnb.studio._account import Account, differences
from musicnb.studio._clip import Clip, Clips
from musicnb.studio._files import examine_upload, statement, upload_record
from musicnb.studio._manifest import OpenedManifest, open_manifest
from musicnb.studio._open_studio import OpenStudio
from musicnb.studio._ordering import bound, order_sweep, run_plan, waiting
from musicnb.studio._rehearsing import rehearse
from musicnb.studio._run import Run
from musicnb.studio._scores import score_of
from musicnb.studio._summaries import account_of, checked_sweep
from musicnb.studio._task import Task
from musicnb.studio._tasks import Tasks
from musicnb.sweep import Axes, Exclusion, Plan, equal_money, plan_sweep

if TYPE_CHECKING:
    from concurrent.futures import Executor

    from musicnb.analysis import Progress
    from musicnb.deliver import Profile
    from musicnb.studio._deliverables import DeliveryOptions
    from musicnb.studio._delivery import Delivery
    from musicnb.studio._form import StudioForm
    from musicnb.studio._listening import ListeningOptions
    from musicnb.studio._session import Session
    from musicnb.table import Table
    from musicnb.widgets import Comparison


class Studio(OpenStudio):
    """A service and a library, ready to make music.

    Without a base URL and a key everything runs on the embedded sandbox: offline, free, with an
    engine of its own. With them the same code uses the hosted service.

    Parameters
    ----------
    library
        Folder for the clips and the journal of what they cost; made if it is not there.
    base_url
        The service; by default ``MUSICNB_BASE_URL``, else the hosted one if a key is given here.
        ``"sandbox"`` is the embedded one, whatever the environment says.
    api_key
        The key; by default ``MUSICNB_API_KEY`` or ``BEATRA_API_KEY``. Best read with ``getpass``.
    quiet
        Do not print the line that says what is used.

    Raises
    ------
    ConfigurationError
        A base URL without a key, or one that a key must not be sent to.
    LibraryError
        The folder cannot be written, or its journal is damaged. One that another process works
        with is opened all the same, to look at and listen to.
    """

    # -------------------------------------------------------------------------------- orders

    def generate(self, brief: Brief) -> Task:
        """Order music; returns at once.

        Parameters
        ----------
        brief
            A `TextToMusic` or `ReferenceAudioToMusic`.

        Returns
        -------
        Task
            Wait with ``.result()`` or ``await``; shows itself as a card in a notebook.

        Raises
        ------
        InvalidInput
            Something in the brief is wrong; every faulty field is named and nothing was sent.
        LibraryError
            The order could not be written down, so it was not sent.
        """
        if not isinstance(brief, Brief):
            raise InvalidInput.from_faults(
                [Fault("brief", "", f"must be a TextToMusic(...), not {type(brief).__name__}")]
            )
        road = self._live_road()
        return road.travel(road.library.journal.plan(brief, service=road.service.identity))

    def generate_all(
        self,
        briefs: Iterable[Brief],
        *,
        sweep: str,
        max_credits: Decimal | float | str | None = None,
    ) -> Tasks:
        """Order many under one name, each at most once; returns at once.

        The same call again, in this kernel or the next, finds the same orders and sends nothing
        new: an order is recognised by the sweep's name and its brief. A brief that stands twice in
        the list is ordered twice. What was left unfinished is taken up.

        Parameters
        ----------
        briefs
            What to order, in order.
        sweep
            The name that they share.
        max_credits
            What the sweep may cost in all, in credits. A brief that does not fit is left out, a
            later one that fits is still ordered; a refund makes no room. Left out, the cap of an
            earlier call stays; a larger one raises it.

        Returns
        -------
        Tasks
            One a brief, in order, without those left out; ``.said`` says what was sent and what
            not, ``.left_out`` what did not fit. Shows as one board in a notebook.

        Raises
        ------
        InvalidInput
            A brief, the name or the cap is wrong; every faulty brief is named, nothing was sent.
        """
        briefs, sweep, cap = checked_sweep(briefs, sweep, max_credits)
        _, tasks = order_sweep(self._live_road(), briefs, sweep=sweep, max_credits=cap)
        self._say(tasks.said)
        return tasks

    def sweep(
        self,
        name: str,
        brief: Brief,
        axes: Axes,
        *,
        repeats: int = 1,
        exclude: Exclusion | Iterable[Exclusion] = (),
    ) -> Plan:
        """Plan one brief in many variations, priced to the credit; sends nothing.

        Parameters
        ----------
        name
            What the sweep is called. Running the same cell of the same sweep again sends nothing.
        brief
            What is varied: ``{mood}`` in its prompt, title or lyrics stands for the axis ``mood``.
        axes
            Values by name, the last axis fastest. ``{"mood": ["calm", "bright"], "model":
            {"suno-5.5": 1, "minimax-music-2.6": 2}}`` makes every combination, the second model
            twice each. An axis fills its braces, sets the field of its name, or an option of a
            model. ``{("mood", "tempo"): [("calm", "60 bpm"), ...]}`` varies two together; a list of
            mappings names every cell itself; ``{"mood": {"calm": "very calm, slow", ...}}`` gives
            labels.
        repeats
            How often every cell is ordered.
        exclude
            Patterns such as ``{"mood": "calm", "tempo": "140 bpm"}``, or a function of a cell's
            values.

        Returns
        -------
        musicnb.sweep.Plan
            Shows as a card; ``plan.run(max_credits=750)`` runs it.

        Raises
        ------
        InvalidInput
            The axes are wrong. Cells that the service would refuse are listed by the plan.
        """
        return self._bound(plan_sweep(name, brief, axes, repeats=repeats, exclude=exclude))

    def compare_models(
        self,
        models: Sequence[str],
        prompts: Sequence[str],
        *,
        credits_per_arm: Decimal | float | str,
        name: str = "models",
        brief: TextToMusic | None = None,
    ) -> Plan:
        """Plan as many tasks of every model as the same money buys; sends nothing.

        The same number of tasks would give the dearer model more money.

        Parameters
        ----------
        models
            Keys of `musicnb.catalogue.MODELS`.
        prompts
            What each of them is asked for, in turns.
        credits_per_arm
            What one model may cost: 400 are 5 tasks and 10 clips of suno-5.5, or 8 tasks and 8
            clips of minimax-music-2.6.
        name
            The sweep's.
        brief
            Everything else of the request; its model and prompt are replaced.

        Returns
        -------
        musicnb.sweep.Plan
            As of `sweep`.

        Raises
        ------
        InvalidInput
            A model is not known or named twice, or the money does not reach once round the prompts.
        """
        return self._bound(equal_money(name, models, prompts, credits_per_arm, brief))

    def open_manifest(self, path: str | os.PathLike[str]) -> OpenedManifest:
        """Read what `Run.manifest` has written, here or elsewhere; sends nothing.

        Parameters
        ----------
        path
            The file; it is checked as something from outside.

        Returns
        -------
        OpenedManifest
            ``.clips()`` finds the same bytes in this library by their hash; ``.plan(name)`` plans
            the same requests anew, at today's prices.

        Raises
        ------
        InvalidInput
            It is no manifest; the faulty fields are named.
        """
        service = self._road.service.identity if self._road is not None else ""
        return open_manifest(path, self.library, service, self._bound)

    def _bound(self, plan: Plan) -> Plan:
        """Add to a plan what only a studio knows, and let it be run here."""
        balance = None
        with contextlib.suppress(MusicnbError):  # a plan is worth having without a service
            balance = self.balance
        seconds = self.library.journal.durations()
        return bound(plan, balance=balance, durations_s=seconds, runner=self._run)

    def _run(self, plan: Plan, max_credits: object) -> Run:
        run = run_plan(self._live_road(), plan, max_credits, balance=self.balance)
        self._say(run.said)
        return run

    def form(self, **values: Any) -> StudioForm:
        """Make a form for `TextToMusic`; put it last in a cell to show it.

        Parameters
        ----------
        **values
            Fields filled in beforehand, such as ``prompt="..."``, ``model="suno-5.5"``.

        Raises
        ------
        InvalidInput
            There is no such field, or it cannot hold such a value.
        """
        from musicnb.studio._form import StudioForm  # noqa: PLC0415 - scripts need no widgets

        self._live_road()
        return StudioForm(self, **values)

    def upload(self, path: str | os.PathLike[str], *, rights: str = "") -> Artifact:
        """Upload reference audio; free.

        Parameters
        ----------
        path
            A FLAC, MP3 or WAV file of at most 100 MB and 10 minutes.
        rights
            What you say about the rights in it, such as ``"my own recording"``: it is kept in the
            library and stands in the manifest of every pack with a clip that follows it. It is
            your statement: musicnb checks nothing.

        Returns
        -------
        Artifact
            For ``ReferenceAudioToMusic(..., reference_audio=artifact)``.

        Raises
        ------
        InvalidInput
            There is no such file, it is too large, or `rights` is no text.
        UndecodableAudio
            It is not the sound it claims to be.
        LibraryError
            What was uploaded cannot be written down; it costs nothing to upload it again.
        """
        rights = statement("rights", rights)
        file, facts = examine_upload(path)
        road = self._live_road()
        artifact_id = road.loop.run(
            road.client.upload(file, media_type=facts.kind.media_type, purpose="reference_audio")
        )
        Uploads(self.library.folder).add(upload_record(artifact_id, file, rights))
        return Artifact(artifact_id)

    def clips(self) -> Clips:
        """List every clip of the library, newest first; shows as players in a notebook."""
        folder, journal = self.library.folder, self.library.journal
        return Clips(
            Clip(
                take.clip,
                take.job,
                folder / take.clip.file,
                sandbox=take.job.service == SANDBOX,
                journal=journal,
            )
            for take in reversed(journal.takes())
            if take.clip is not None
        )

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
            There is none of this name: those that there are, are named.
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
            It is no such file.
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
            A clip's file has gone.
        """
        from musicnb.studio._delivery import deliver  # noqa: PLC0415 - only who delivers

        return deliver(clips, profiles, **options)

    def resume(self, *, wait: bool = True, timeout_s: float | None = None) -> Tasks:
        """Take up every order that has not ended: after a crash, a lost network, a top-up.

        What the service has accepted is watched and fetched, and so are clips whose file has gone.
        What got no answer is asked for again under its own key within 24 hours, and searched among
        the service's tasks after that. What was turned away is sent. Nothing is ever charged twice.

        Parameters
        ----------
        wait
            Wait until all of it has come to rest, and print a short account. Without, return at
            once.
        timeout_s
            Seconds to wait at most.

        Returns
        -------
        Tasks
            One for each order taken up; ``.said`` is the account.
        """
        road = self._live_road()
        tasks = Tasks(road.travel(job) for job in waiting(self.library, road))
        if wait:
            tasks.wait(timeout_s)
            road.loop.run(road.settle_money())
            tasks.said = account_of(tasks)
            self._say(tasks.said)
        return tasks

    @property
    def running(self) -> list[Task]:
        """The tasks that are being watched right now, oldest first."""
        return self._live_road().travelling

    # --------------------------------------------------------------------------------- money

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

    def account(self) -> Account:
        """Add up what was charged, refunded, spent and is held, at the service in use.

        Reads refunds that came late, the balance and the ledger, where the service has them.

        Returns
        -------
        Account
            Prints as a summary; ``.by("model")``, ``.by("sweep")``, ``.by("day")`` split it, and
            ``.table(by=...)`` gives a frame.
        """
        if self._road is None:
            return Account(tuple(self.library.journal.jobs()))
        road = self._live_road()
        balance, ledger = road.loop.run(road.money())
        jobs = tuple(self.library.journal.jobs(road.service.identity))
        return Account(jobs, balance, None if ledger is None else differences(jobs, ledger))

    def rehearse(self, fault: str | None, **options: Any) -> None:
        """Have the sandbox misbehave, to see what becomes of your orders and their money.

        Parameters
        ----------
        fault
            A name such as ``"answer_lost"`` or ``"task_failed"``; see the table of faults in the
            documentation. None ends every rehearsal.
        **options
            Such as ``on="create"``, ``times=1``, ``probability=0.3``.

        Raises
        ------
        ConfigurationError
            The service is not the embedded sandbox.
        InvalidInput
            An option is no value that JSON has.
        InvalidRequest
            There is no such fault, or it takes no such option.
        """
        rehearse(self._live_road(), fault, options)
