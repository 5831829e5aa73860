"""What is compared, which votes there are, and what they tell once nothing is blind any more."""

from __future__ import annotations

import os
from collections import Counter
from collections.abc import Sequence
from dataclasses import dataclass, field
from pathlib import Path
from typing import Final

from musicnb._given import shown
from musicnb.errors import InvalidInput, LibraryError
from musicnb.library import KeptSession, KeptVote, Library
from musicnb.listen import Agreement, Ranking, TopK, Vote, agreement, consistency, rank
from musicnb.studio._clip import Clip
from musicnb.studio._clips import Clips
from musicnb.studio._handout import GuestSounds, Rules, hand_out
from musicnb.studio._sealed import SealedSounds
from musicnb.studio._sealed_folders import sealed_folder
from musicnb.studio._votes_file import export_votes, imported_votes, named_here, person

_fault = InvalidInput.about

_SEED_DIGITS: Final = 15


@dataclass(frozen=True, slots=True)
class Setup:
    """How a session is run; see `Run.listen`."""

    k: int
    votes: int
    blind: bool
    #: With it and the clips the order could be drawn again: a traceback must not tell.
    seed: int = field(repr=False)
    excerpt_s: float | None
    least_heard_s: float
    #: To which the excerpts were brought; None of sessions that were made before it was kept.
    level_lufs: float | None = None
    #: Codes and length of a session that was handed out by somebody else.
    guest_of: str = ""
    guest_marks: str = ""
    guest_seconds: float = 0.0


class Ballot:
    """The votes of a session; what they would tell of a clip is refused while it is sealed."""

    def __init__(
        self,
        kept: KeptSession,
        setup: Setup,
        clips: Sequence[Clip],
        library: Library,
        listener: str,
    ) -> None:
        self.name, self.listener, self._setup = kept.name, listener, setup
        self._kept, self._clips, self._library = kept, Clips(clips), library
        folder = sealed_folder(library, kept)
        self._sounds: SealedSounds | GuestSounds = (
            GuestSounds(folder, setup.guest_of, setup.guest_marks, setup.guest_seconds)
            if setup.guest_of
            else SealedSounds(folder, kept.secret, clips, setup.excerpt_s, setup.level_lufs)
        )

    @property
    def goal(self) -> TopK:
        """How many of the best are looked for."""
        return TopK(self._setup.k)

    @property
    def seed(self) -> int:
        """Of everything that is drawn by lot, but for the names of sealed files.

        Refused while sealed: with it the order of the clips could be drawn again.
        """
        return self.setup.seed

    @property
    def setup(self) -> Setup:
        """How it is run. Refused while sealed, because the seed is part of it."""
        self._require_unsealed("the setup")
        return self._setup

    @property
    def is_revealed(self) -> bool:
        """Whether it is over."""
        return self._session().revealed_at is not None

    @property
    def is_sealed(self) -> bool:
        """Whether nobody may know yet what is what."""
        return self.is_guest or (self._setup.blind and not self.is_revealed)

    @property
    def is_guest(self) -> bool:
        """Whether somebody else handed it out, and only there can it be revealed."""
        return bool(self._setup.guest_of)

    @property
    def answered(self) -> int:
        """Votes of this listener that count."""
        return len(self._own())

    @property
    def kept_clips(self) -> int:
        """How many clips are compared."""
        return len(self._kept.clips)

    # ------------------------------------------------------------------------------ what came of it

    @property
    def clips(self) -> Clips:
        """What is compared. Refused while sealed."""
        self._require_unsealed("clips")
        return self._clips

    @property
    def votes(self) -> tuple[Vote, ...]:
        """Every vote that counts, of all listeners. Refused while sealed."""
        self._require_unsealed("votes")
        return self._votes()

    def ranking(self) -> Ranking:
        """Say what the votes tell; only counts while there are too few. Refused while sealed.

        Clips of one task are no independent witnesses: see `musicnb.listen.rank`.
        """
        self._require_unsealed("the ranking")
        clusters = {clip.clip_id: clip.job.job_id for clip in self._clips}
        return rank(
            self._votes(), self._kept.clips, clusters=clusters, goal=self.goal, seed=self.seed
        )

    @property
    def shortlist(self) -> Clips:
        """The clips most likely among the best; empty while there are only counts."""
        known = {clip.clip_id: clip for clip in self._clips}
        return Clips(known[clip_id] for clip_id in self.ranking().shortlist)

    def consistency(self) -> tuple[Agreement, ...]:
        """How often each listener answered a hidden repeat as before. Refused while sealed."""
        self._require_unsealed("the repeats")
        return consistency(self._votes())

    def agreement(self) -> tuple[Agreement, ...]:
        """How often listeners agree with each other. Refused while sealed."""
        self._require_unsealed("the agreement")
        return agreement(self._votes())

    def names(self) -> dict[str, str]:
        """Say what each clip is called, by its id: title, model, and which of several it is.

        Refused while sealed.
        """
        self._require_unsealed("names")
        called = [f"{clip.title}, {clip.model}" for clip in self._clips]
        seen: Counter[str] = Counter()
        names = {}
        for clip, name in zip(self._clips, called, strict=True):
            seen[name] += 1
            twin = f" #{seen[name]}" if called.count(name) > 1 else ""
            names[clip.clip_id] = name + twin
        return names

    # ----------------------------------------------------------------------- several listeners

    def export(self, path: str | os.PathLike[str], *, answers: bool = True) -> Path:
        """Write this listener's votes down for whoever adds them to theirs; it unseals nothing.

        Parameters
        ----------
        path
            A name that is not taken.
        answers
            Without, the file only says which session it is.

        Raises
        ------
        FileExistsError
            There is something by this name.
        OSError
            It cannot be written.
        """
        votes = self._own() if answers else []
        return export_votes(path, votes, self._kept.clips, self._sounds.code)

    def hand_out(self, path: str | os.PathLike[str]) -> Path:
        """Write the session for listeners elsewhere: rules and excerpts, no answer and no name.

        There, ``studio.guest_session(path, listener="Ada")`` opens it, and its ``export`` gives a
        file for `import_votes` here.

        Parameters
        ----------
        path
            A name that is not taken; a minute of sound in it takes about 11 MB a clip.

        Raises
        ------
        InvalidInput
            It is a guest itself, or over.
        FileExistsError
            There is something by this name.
        OSError
            It cannot be written.
        """
        if self.is_guest or self.is_revealed:
            raise _fault("session", "is a guest's or over: it cannot be handed out")
        self._sounds.prepare(progress=False)
        code, setup = self._sounds.code, self._setup
        sounds = {code(clip_id): self._sounds.path(clip_id) for clip_id in self._kept.clips}
        # a seed of its own: with that of the session the order could be drawn again
        seed = int(code("seed")[:_SEED_DIGITS], 16)
        rules = Rules(
            name=self.name, session=code(""), marks=code("repeats"), clips=tuple(sorted(sounds)),
            k=setup.k, votes=setup.votes, seed=seed, seconds=self._sounds.seconds,
            least_heard_s=setup.least_heard_s,
        )  # fmt: skip
        return hand_out(path, rules, sounds)

    def import_votes(self, path: str | os.PathLike[str], *, listener: str | None = None) -> int:
        """Add the votes of another listener; each counts once, however often it is added.

        Parameters
        ----------
        path
            What `export` wrote.
        listener
            How that person is called here. By default as in the file; and as before, if earlier
            votes of the same person are here. Two people need two names.

        Returns
        -------
        int
            How many were new.

        Raises
        ------
        InvalidInput
            It is no file of votes, or one of another session, or somebody else has that name here;
            nothing is added.
        """
        if self.is_guest:
            raise _fault("session", "is somebody else's: only there can votes be added")
        called = None if listener is None else person("listener", listener)
        votes = imported_votes(path, self.name, self._kept.clips, self._sounds.code)
        sessions = self._library.journal.sessions
        kept = sessions.votes(self.name, withdrawn=True)
        return sessions.keep_all(named_here(votes, kept, self.listener, called))

    # ------------------------------------------------------------------------------ inside

    def _session(self) -> KeptSession:
        kept = self._library.journal.sessions.find(self.name)
        if kept is None:
            raise LibraryError(f"the journal has no session {self.name!r:.80} any more")
        return kept

    def _all(self) -> list[KeptVote]:
        return self._library.journal.sessions.votes(self.name)

    def _own(self) -> list[KeptVote]:
        return [vote for vote in self._all() if vote.listener == self.listener]

    def _votes(self) -> tuple[Vote, ...]:
        return tuple(
            Vote(
                kept.left, kept.right, kept.answer,  # type: ignore[arg-type] # was checked
                listener=kept.listener, is_repeat=kept.is_repeat, reasons=kept.reasons,
                note=kept.note, heard_s=kept.heard_s,
            )
            for kept in self._all()
        )  # fmt: skip

    def _require_unsealed(self, what: str) -> None:
        if self.is_sealed:
            left = self._setup.votes - self.answered
            raise _fault(
                "session",
                f"is sealed: {what} would tell which clip is which."
                f" {left} of {self._setup.votes} votes are missing; .reveal() ends it for good",
            )


def require_session(field: str, value: object) -> None:
    """Refuse what is no session."""
    if not isinstance(value, Ballot):
        raise _fault(field, f"is {shown(value)}; give what run.listen() returned")
