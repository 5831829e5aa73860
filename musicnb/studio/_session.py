"""A blind listening session: which pair is next, every vote at once on disk, the ranking after it.

Clips are compared in pairs, without a reference: methods with one, such as MUSHRA (ITU-R
BS.1534-3), ask how near a sound comes to an original that generated music does not have.
"""

from __future__ import annotations

import contextlib
import itertools
import os
import secrets
import statistics
import threading
from collections.abc import Callable, Iterable, Sequence
from dataclasses import dataclass, field
from pathlib import Path
from typing import TYPE_CHECKING, Any, Final

from musicnb._given import shown
from musicnb.analysis import Progress
from musicnb.errors import InvalidInput, LibraryError, MusicnbError
from musicnb.library import KeptSession, KeptVote, Library
from musicnb.listen import (
    BlindScreen,
    Pair,
    Slot,
    Vote,
    next_pair,
)
from musicnb.sound import named_path
from musicnb.studio._ballot import Ballot, Setup
from musicnb.studio._clip import Clip

if TYPE_CHECKING:
    from musicnb.studio._session_figures import SessionFigures

_fault = InvalidInput.about

#: What a listener may tick beside an answer.
REASONS: Final = ("melody", "groove", "sound", "voice", "mix", "fits the brief", "artefacts")
_BREAK_EVERY: Final = 20
# one pair in eight measures the listener
_REPEATS: Final = 0.125
# what a pair takes before the listener's own pace is known
_HEARD_OF_EACH_S: Final = 12.0
_JUDGING_S: Final = 6.0
_PACED_FROM: Final = 5
_LONGEST_GAP_S: Final = 120.0
_MOST_REASONS: Final = 20
_LONGEST_REASON: Final = 40
_LONGEST_NOTE: Final = 2_000
# what a page counts as heard ends a little before the clock does
_SLACK_S: Final = 0.1


@dataclass(frozen=True, slots=True)
class _Shown:
    """A pair as it stands before the listener."""

    token: str
    # a traceback that prints its locals must not tell
    pair: Pair = field(repr=False)


class Session(Ballot):
    """Blind listening. Made by `musicnb.studio.Run.listen`; put it last in a cell to listen.

    A vote is on disk before the next pair is shown; after a crash the same call goes on where it
    ended. While it is sealed nothing that it gives says which clip is heard, and what would say it
    is refused; `reveal` ends it for good.

    Without widgets: ``session.ask()`` in a terminal, or ``session.screen()``,
    ``session.write_pair(folder)`` and ``session.vote("A")``.
    """

    def __init__(
        self,
        kept: KeptSession,
        setup: Setup,
        clips: Sequence[Clip],
        library: Library,
        listener: str,
    ) -> None:
        super().__init__(kept, setup, clips, library, listener)
        self._lock = threading.RLock()
        self._shown: _Shown | None = None
        self._in_a_row = 0
        self._watchers: list[Callable[[], object]] = []

    # ------------------------------------------------------------------------------ what is known

    @property
    def minutes_left(self) -> float:
        """How long the rest takes, by this listener's pace once that is known."""
        times = [vote.voted_at for vote in self._own()]
        gaps = [b - a for a, b in itertools.pairwise(times) if 0 < b - a < _LONGEST_GAP_S]
        typical = 2 * min(self._sounds.seconds, _HEARD_OF_EACH_S) + _JUDGING_S
        pace_s = statistics.median(gaps) if len(gaps) >= _PACED_FROM else typical
        return max(0, self._setup.votes - self.answered) * pace_s / 60

    @property
    def estimate(self) -> str:
        """How much there is to do, in words."""
        minutes = max(1, round(self.minutes_left))
        return (
            f"{self._setup.votes} pairs of {self.kept_clips} clips, about {minutes} min from here,"
            f" with a break after every {_BREAK_EVERY}"
        )

    def prepare(self, *, progress: Progress = True) -> None:
        """Make the excerpts that are not there yet."""
        self._sounds.prepare(progress=progress)

    @property
    def plot(self) -> SessionFigures:
        """Figures of the votes: ``session.plot.strengths()`` and its neighbours."""
        from musicnb.studio._session_figures import SessionFigures  # noqa: PLC0415 - only when made

        return SessionFigures(self)

    # ------------------------------------------------------------------------------ listening

    def screen(self) -> BlindScreen:
        """Say what is to be heard now; the same until it is answered."""
        with self._lock:
            state, remark = self._state()
            if state != "pair":
                self._shown = None
            elif self._shown is None:
                self._shown = _Shown(secrets.token_hex(16), self._next())
            answered = self.answered
            seconds = self._sounds.seconds
            return BlindScreen(
                state=state,
                token=self._shown.token if self._shown else "",
                number=min(answered + 1, self._setup.votes),
                of=self._setup.votes,
                answered=answered,
                minutes_left=round(self.minutes_left, 1),
                seconds=seconds,
                least_heard_s=self.least_heard_s,
                reasons=REASONS,
                remark=remark,
            )

    def sound(self, token: str, slot: Slot) -> bytes:
        """Give A or B of the pair on the screen, as a WAV file.

        Raises
        ------
        InvalidInput
            The token is not that of the pair, or the slot is neither.
        """
        return self._sound_path(token, slot).read_bytes()

    def vote(
        self,
        answer: str,
        *,
        token: str | None = None,
        reasons: Iterable[str] = (),
        note: str = "",
        heard_s: tuple[float, float] | None = None,
    ) -> BlindScreen:
        """Answer the pair on the screen; it is on disk when this returns.

        Parameters
        ----------
        answer
            ``"A"``, ``"B"``, ``"tie"`` or ``"both_unusable"``.
        token
            Of the pair that was heard; by default the one on the screen. One that was answered
            before counts once.
        reasons, note
            Why: words, and free text.
        heard_s
            For how long A and B were played. None where nobody measured it, as in plain cells:
            then the least time is not asked for, and the vote says 0.

        Returns
        -------
        BlindScreen
            What comes next.

        Raises
        ------
        InvalidInput
            The pair is another, too little of it was heard, or a value is not what it should be.
        LibraryError
            The vote could not be written; it does not count.
        """
        with self._lock:
            if token is not None and self._is_kept(token):
                return self.screen()
            shown = self._pair_of(token)
            vote = _checked(
                Vote(
                    shown.pair.left,
                    shown.pair.right,
                    answer,  # type: ignore[arg-type] # the record checks it
                    listener=self.listener,
                    is_repeat=shown.pair.is_repeat,
                    reasons=_words(reasons),
                    note=note,
                    heard_s=(0.0, 0.0) if heard_s is None else heard_s,
                )
            )
            if heard_s is not None:
                self._require_heard(heard_s)
            self._library.journal.sessions.keep(
                KeptVote(
                    vote_id=shown.token, session=self.name, listener=vote.listener, left=vote.left,
                    right=vote.right, answer=vote.answer, is_repeat=vote.is_repeat,
                    reasons=vote.reasons, note=vote.note, heard_s=vote.heard_s,
                )
            )  # fmt: skip
            self._shown = None
            self._in_a_row += 1
        return self._moved()

    def undo(self) -> BlindScreen:
        """Take this listener's last vote back; the journal keeps it, and that it was taken back."""
        with self._lock:
            self._require_open()
            own = self._own()
            if own:
                last = own[-1]
                self._library.journal.sessions.withdraw(last.vote_id)
                # the same pair once more, under a new name
                pair = Pair(last.left, last.right, is_repeat=last.is_repeat)
                self._shown = _Shown(secrets.token_hex(16), pair)
                self._in_a_row = max(0, self._in_a_row - 1)
        return self._moved()

    def resume(self) -> BlindScreen:
        """Go on after a break."""
        with self._lock:
            self._in_a_row = 0
        return self._moved()

    def reveal(self) -> Session:
        """End the session for good and say which clip was which; the journal keeps when."""
        with self._lock:
            if self.is_guest:
                raise _fault(
                    "session",
                    "is somebody else's: .export(path) gives your votes to whoever can reveal it",
                )
            self._library.journal.sessions.reveal(self.name)
            self._shown = None
            self._sounds.remove()
        self._moved()
        return self

    def subscribe(self, tell: Callable[[], object]) -> None:
        """Have a function called after every change of what is on the screen."""
        self._watchers.append(tell)

    def unsubscribe(self, tell: Callable[[], object]) -> None:
        """Call a function no more; nothing happens if it was not called."""
        with contextlib.suppress(ValueError):
            self._watchers.remove(tell)

    def ask(self) -> Session:
        """Listen from a terminal: two files to play, an answer to type, until all is answered."""
        from musicnb.studio._asking import ask  # noqa: PLC0415 - only where there is no widget

        return ask(self)

    @property
    def least_heard_s(self) -> float:
        """How long each of A and B is to be played, at least."""
        return min(self._setup.least_heard_s, self._sounds.seconds)

    @property
    def pair_folder(self) -> Path:
        """Where `ask` puts the pair that is to be heard."""
        mine = self._sounds.code(f"pairs of {self.listener}")[:12]
        return self._library.folder / "listening" / mine

    def write_pair(self, folder: str | os.PathLike[str]) -> tuple[Path, Path]:
        """Put the pair on the screen into a folder as ``A.wav`` and ``B.wav``, for any player.

        Raises
        ------
        InvalidInput
            It is no path, or no pair is to be heard now.
        LibraryError
            The folder cannot be written, or an excerpt has gone; neither file is there then, for
            one of this pair beside one of the last would be heard as a pair.
        """
        from musicnb.studio._asking import write_pair  # noqa: PLC0415 - only where there is no widget

        return write_pair(self, named_path(folder))

    # ------------------------------------------------------------------------------ inside

    def _moved(self) -> BlindScreen:
        """Tell who shows it; without the lock, for a page that asks something has its own."""
        for tell in tuple(self._watchers):
            tell()
        return self.screen()

    def _is_kept(self, token: str) -> bool:
        votes = self._library.journal.sessions.votes(self.name, withdrawn=True)
        return any(vote.vote_id == token for vote in votes)

    def _state(self) -> tuple[Any, str]:
        if self.is_revealed:
            return "revealed", "It is known which clip was which: see session.ranking()."
        if self.answered >= self._setup.votes:
            return "done", "Every pair is answered. Revealing ends the session for good."
        if self._in_a_row >= _BREAK_EVERY:
            return "break", f"{self.answered} votes are kept. Rest your ears a little."
        return "pair", ""

    def _next(self) -> Pair:
        return next_pair(
            self._votes(),
            self._kept.clips,
            goal=self.goal,
            seed=self._setup.seed,
            listener=self.listener,
            repeats=_REPEATS,
        )

    def _pair_of(self, token: str | None) -> _Shown:
        self._require_open()
        state, remark = self._state()
        if state != "pair":
            more = " Go on with .resume()" if state == "break" else ""
            raise _fault("session", f"shows no pair. {remark}{more}")
        if token is None:
            self.screen()
        if self._shown is None or (token is not None and token != self._shown.token):
            raise _fault("token", "is not that of the pair on the screen: show it again")
        return self._shown

    def _sound_path(self, token: str, slot: str) -> Path:
        with self._lock:
            pair = self._pair_of(token).pair
            if slot not in ("A", "B"):
                raise _fault("slot", f"is {shown(slot)}; give 'A' or 'B'")
            clip_id = pair.left if slot == "A" else pair.right
            self._restore_sound(clip_id)
            return self._sounds.path(clip_id)

    def _restore_sound(self, clip_id: str) -> None:
        """Make an excerpt anew where it was deleted; an error must not say whose it is."""
        try:
            self._sounds.restore(clip_id)
        except OSError:
            pass
        except MusicnbError:
            if self.is_guest or not self.is_sealed:
                raise
        else:
            return
        raise LibraryError(
            "an excerpt has gone and cannot be made again: a clip's file is missing or damaged",
            hint="studio.library.verify() names it, and with that perhaps what you have heard",
        )

    def _require_heard(self, heard_s: tuple[float, float]) -> None:
        least = self.least_heard_s
        if min(heard_s) < least - _SLACK_S:
            raise _fault("heard_s", f"hear at least {least:g} s of both A and B first")

    def _require_open(self) -> None:
        if self.is_revealed:
            raise _fault("session", "is over: it was revealed. Start another under a new name")

    def __repr__(self) -> str:
        kept = f"{self.answered} of {self._setup.votes} votes of {self.listener!r:.40}"
        head = f"<Session {self.name!r:.80}: best {self.goal.k} of {self.kept_clips} clips, {kept}"
        if self.is_sealed:
            return f"{head}; sealed, {self.estimate}>"
        return f"{head}>\n{self.ranking().text(self.names())}"

    def _ipython_display_(self) -> None:
        from musicnb.studio._listening import show  # noqa: PLC0415 - Jupyter only on display

        show(self, self._library)


def _words(reasons: object) -> tuple[str, ...]:
    if isinstance(reasons, (str, bytes)) or not isinstance(reasons, Iterable):
        raise _fault("reasons", f"is {shown(reasons)}; give a list of words")
    words = tuple(reasons)
    if len(words) > _MOST_REASONS or not all(
        isinstance(word, str) and 0 < len(word) <= _LONGEST_REASON for word in words
    ):
        raise _fault("reasons", f"are at most {_MOST_REASONS} words of {_LONGEST_REASON} letters")
    return words


def _checked(vote: Vote) -> Vote:
    if len(vote.note) > _LONGEST_NOTE:
        raise _fault("note", f"has more than {_LONGEST_NOTE:,} characters")
    for text in (*vote.reasons, vote.note):
        if not text.isascii() and text != text.encode(errors="replace").decode():
            raise _fault("note", "has half of a character: take it out")
    return vote
