"""The front door."""

from __future__ import annotations

import contextlib
import os
from collections.abc import Iterable, Sequence
from decimal import Decimal
from typing import TYPE_CHECKING, Any

from musicnb.briefs import Artifact, Brief, TextToMusic
from musicnb.errors import (
    Fault,
    InvalidInput,
    MusicnbError,
)
from musicnb.studio._account import Account, differences
from musicnb.studio._clip import Clip
from musicnb.studio._clip_doors import ClipDoors
from musicnb.studio._files import statement
from musicnb.studio._manifest import OpenedManifest, open_manifest
from musicnb.studio._ordering import bound, order_sweep, run_plan, waiting
from musicnb.studio._rehearsing import rehearse
from musicnb.studio._run import Run
from musicnb.studio._summaries import account_of, checked_sweep
from musicnb.studio._task import Task
from musicnb.studio._tasks import Tasks, watch
from musicnb.studio._uploading import send_once
from musicnb.sweep import Axes, Exclusion, Plan, equal_money, plan_sweep

if TYPE_CHECKING:
    from musicnb.studio._form import StudioForm


class Studio(ClipDoors):
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
        """Make a form for music from words or from a recording; put it last in a cell to show it.

        Parameters
        ----------
        **values
            Fields filled in beforehand, such as ``prompt="..."``, ``model="suno-5.5"``,
            ``reference=clip``; see `musicnb.widgets.Form.set`.

        Raises
        ------
        InvalidInput
            There is no such field, or it cannot hold such a value.
        """
        from musicnb.studio._form import StudioForm  # noqa: PLC0415 - scripts need no widgets

        self._live_road()
        return StudioForm(self, self._live_road, values)

    def show(self, **values: Any) -> None:
        """Show form, running work, library, compare tray, account and settings in one view.

        It orders nothing by itself: what the service has accepted is watched and fetched, what
        never got that far waits on its card for a decision. The same call finds it all again after
        a restart of the kernel. Where there is no notebook a summary is printed.

        Parameters
        ----------
        **values
            Fields of the form filled in beforehand; see `form`.

        Raises
        ------
        InvalidInput
            There is no such field, or it cannot hold such a value.
        """
        from musicnb.studio._view import show_studio  # noqa: PLC0415 - scripts need no widgets

        show_studio(self, values)

    def upload(
        self, source: str | os.PathLike[str] | Clip, *, again: bool = False, rights: str = ""
    ) -> Artifact:
        """Upload reference audio; free, and only once for the same bytes.

        Parameters
        ----------
        source
            A FLAC, MP3 or WAV file of at most 100 MB and 10 minutes, or a clip.
        again
            Send it even if the same bytes were sent to this service before.
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
            There is no such file, it cannot be read or is too large, or `rights` is no text.
        UndecodableAudio
            It is not the sound it claims to be.
        LibraryError
            What was uploaded cannot be written down; it costs nothing to upload it again.
        """
        rights = statement("rights", rights)
        upload, _ = send_once(self._live_road(), source, again=again, rights=rights)
        return Artifact(upload.artifact_id)

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

    async def watch(self) -> None:
        """Wait for all that runs, and keep every board of it live; see `Tasks.watch`."""
        await watch(self.running)

    # --------------------------------------------------------------------------------- money

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
