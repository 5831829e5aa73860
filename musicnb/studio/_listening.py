"""Starting a session, finding it again, and showing it."""

from __future__ import annotations

import secrets
from collections import defaultdict
from collections.abc import Callable, Iterable, Sequence
from dataclasses import asdict, replace
from itertools import chain, zip_longest
from pathlib import Path
from typing import Any, Final, TypedDict, Unpack

import numpy as np

from musicnb._given import real, shown, whole
from musicnb.analysis import Progress
from musicnb.errors import InvalidInput
from musicnb.library import KeptSession, Library
from musicnb.studio._ballot import Setup
from musicnb.studio._clip import Clip
from musicnb.studio._clips import Clips
from musicnb.studio._handout import take_in
from musicnb.studio._sealed import SealedSounds
from musicnb.studio._sealed_folders import folder_of, sealed_folder, starting
from musicnb.studio._session import Session
from musicnb.studio._votes_file import LONGEST_NAME, person

_fault = InvalidInput.about

_MOST_CLIPS: Final = 64
_NUMBERS: Final = ("votes", "seed", "excerpt_s", "least_heard_s")
_MOST_VOTES: Final = 2_000
_VOTES_PER_CLIP: Final = 4
_LONGEST_S: Final = 600.0
_REJECTED: Final = 1


class ListeningOptions(TypedDict, total=False):
    """How a session is run.

    Attributes
    ----------
    blind
        Whether nobody may know what is heard until the session is revealed; True by default.
    goal
        What the votes are for: ``"top 3"`` by default, or a number.
    listener
        Who listens, ``"me"`` by default. Each listener has votes and a pace of her own.
    votes
        Pairs that each listener answers; four for each clip by default. In simulation 32 votes on
        8 clips have the true best among the best three in nine of ten sessions or more.
    seed
        Of what is drawn by lot: clips, order, sides, repeats. By default a new one, which the
        session keeps.
    excerpt_s
        Length of the excerpts in seconds, the loudest stretch of each clip; 30 by default. None
        for as much as the shortest clip has. All are equally long.
    least_heard_s
        Seconds of A and of B to be played before a vote counts; 3 by default.
    progress
        Whether to show a bar while excerpts are made, or a function that gets how many are done
        and how many there are.
    """

    blind: bool
    goal: str | int
    listener: str
    votes: int | None
    seed: int | None
    excerpt_s: float | None
    least_heard_s: float
    progress: Progress


def listen(
    library: Library,
    clips: Iterable[Clip],
    *,
    name: str,
    count: int | None = None,
    **options: Unpack[ListeningOptions],
) -> Session:
    """Start a session, or go on with the one of this name; see `musicnb.studio.Run.listen`."""
    if strange := set(options) - set(ListeningOptions.__annotations__):
        known = ", ".join(ListeningOptions.__annotations__)
        raise _fault(min(strange), f"is no option; there are {known}")
    listener, goal = options.get("listener", "me"), options.get("goal", "top 3")
    votes, seed = options.get("votes"), options.get("seed")
    name, listener, clips = person("name", name), person("listener", listener), _listed(clips)
    kept = library.journal.sessions.find(name)
    if kept is None:
        drawn = _seed(seed)
        chosen = _chosen(clips, count, drawn)
        setup = Setup(
            k=_k(goal, len(chosen)),
            votes=_votes(votes, len(chosen)),
            blind=_yes_or_no("blind", options.get("blind", True)),
            seed=drawn,
            excerpt_s=_excerpt_s(options.get("excerpt_s", 30.0)),
            least_heard_s=_seconds("least_heard_s", options.get("least_heard_s", 3.0), least=0),
        )
        new = KeptSession(
            name, secrets.token_hex(32), tuple(clip.clip_id for clip in chosen), asdict(setup)
        )
        started = _started(new, setup, chosen, library, options.get("progress", True))
        return Session(started, Setup(**started.settings), chosen, library, listener)
    found = reopen(library, clips, name, listener)
    running: dict[str, Any] = {**kept.settings, "goal": kept.settings["k"]}
    given = dict[str, Any](options)
    asked: dict[str, Any] = {
        field: given[field] for field in ("blind", *_NUMBERS) if field in given
    }
    if "goal" in options:
        asked["goal"] = _k(goal, found.kept_clips)
    usable = {clip.clip_id for clip in clips if clip.stars != _REJECTED}
    if count is None and usable - set(kept.clips):
        raise _fault("clips", f"are others than those of {name!r}: give another name")
    for field, value in asked.items():
        if value != running[field] and not (value is None and field in ("votes", "seed")):
            # while sealed, with the seed the order could be drawn again
            has = "another" if field == "seed" and found.is_sealed else running[field]
            raise _fault(
                field,
                f"is {shown(value)}, but the session {name!r} has {has}:"
                " leave it out to go on, or give another name",
            )
    return found


def _started(
    new: KeptSession, setup: Setup, clips: Clips, library: Library, progress: Progress
) -> KeptSession:
    """Make the excerpts of a new session, then write it down."""
    sounds = SealedSounds(sealed_folder(library, new), new.secret, clips, setup.excerpt_s)
    with starting(library):
        # before anything is written down: a clip may be silent, or gone
        try:
            sounds.prepare(progress=progress)
            settings = asdict(replace(setup, level_lufs=sounds.level_lufs))
            return library.journal.sessions.start(replace(new, settings=settings))
        except BaseException:
            sounds.remove()
            raise


def reopen(library: Library, clips: Iterable[Clip], name: str, listener: str) -> Session:
    """Find a session again."""
    listener = person("listener", listener)
    kept = library.journal.sessions.find(person("name", name))
    if kept is None:
        known = ", ".join(repr(session.name) for session in library.journal.sessions.all()[-10:])
        raise _fault("name", f"is {name!r:.80}; there are {known or 'no sessions'}")
    setup = Setup(**kept.settings)
    if setup.guest_of:
        return Session(kept, setup, (), library, listener)
    by_id = {clip.clip_id: clip for clip in clips}
    if missing := [clip_id for clip_id in kept.clips if clip_id not in by_id]:
        raise _fault("name", f"{name!r:.80} compares {len(missing)} clips that are not here")
    return Session(kept, setup, [by_id[clip_id] for clip_id in kept.clips], library, listener)


def guest(library: Library, path: object, listener: str) -> Session:
    """Open a session that somebody handed out; see `musicnb.Studio.guest_session`."""
    listener = person("listener", listener)
    with starting(library):
        return _taken_in(library, path, listener)


def _taken_in(library: Library, path: object, listener: str) -> Session:
    rules = take_in(path, lambda code: folder_of(code, library))
    name = f"{person('name', rules.name)[: LONGEST_NAME - 11]} {rules.session[:10]}"
    if library.journal.sessions.find(name) is None:
        setup = Setup(
            k=rules.k, votes=rules.votes, blind=True, seed=rules.seed, excerpt_s=None,
            least_heard_s=rules.least_heard_s, guest_of=rules.session, guest_marks=rules.marks,
            guest_seconds=rules.seconds,
        )  # fmt: skip
        kept = KeptSession(name, secrets.token_hex(32), rules.clips, asdict(setup))
        library.journal.sessions.start(kept)
    return reopen(library, (), name, listener)


#: What ends the display of a session: by library, session and listener.
_shown: dict[tuple[Path, str, str], Callable[[], object]] = {}


def show(session: Session, library: Library) -> None:
    """Show a session in a notebook; a former display of it is left with its static copy.

    A cell that runs again would otherwise leave a widget behind each time, which Jupyter keeps.
    """
    from musicnb.widgets import BlindListening  # noqa: PLC0415 - scripts need no widgets

    mine = (library.folder, session.name, session.listener)
    if former := _shown.pop(mine, None):
        former()
    widget = BlindListening(session, elsewhere="session.ask() names files to play, and asks.")
    session.subscribe(widget.refresh)

    def end() -> None:
        session.unsubscribe(widget.refresh)
        widget.close()

    _shown[mine] = end
    widget.show()


# ------------------------------------------------------------------------------ what is compared


def _listed(clips: object) -> list[Clip]:
    if isinstance(clips, (str, bytes)) or not isinstance(clips, Iterable):
        raise _fault("clips", f"is {shown(clips)}; give a whole number from 2, or a list of clips")
    listed = list(clips)
    for clip in listed:
        if not isinstance(clip, Clip):
            raise _fault("clips", f"has {shown(clip)}, which is no clip; give run.clips")
    return list({clip.clip_id: clip for clip in listed}.values())


def _chosen(clips: Sequence[Clip], count: int | None, seed: int) -> Clips:
    """Draw clips, as many of each order as of any other; in an order that says nothing."""
    usable = [clip for clip in clips if clip.stars != _REJECTED]
    if count is not None and count < 2:  # noqa: PLR2004
        raise _fault("clips", f"is {shown(count)}; give a whole number from 2, or a list of clips")
    count = len(usable) if count is None else min(count, len(usable))
    if count > _MOST_CLIPS:
        raise _fault("clips", f"are {count}; at most {_MOST_CLIPS} can be heard against each other")
    if count < 2:  # noqa: PLR2004
        raise _fault("clips", f"are {count}; two are needed to compare anything")
    chance = np.random.default_rng(seed)
    groups: dict[str, list[Clip]] = defaultdict(list)
    for place in chance.permutation(len(usable)):
        groups[usable[place].job.job_id].append(usable[place])
    turns = chain.from_iterable(zip_longest(*groups.values()))
    drawn = [clip for clip in turns if clip is not None][:count]
    return Clips(drawn[place] for place in chance.permutation(count))


def _votes(votes: object, clips: int) -> int:
    wanted = _VOTES_PER_CLIP * clips if votes is None else whole(votes)
    if wanted is None or not 1 <= wanted <= _MOST_VOTES:
        raise _fault("votes", f"is {shown(votes)}; give a whole number from 1 to {_MOST_VOTES:,}")
    return wanted


def _yes_or_no(field: str, value: object) -> bool:
    if not isinstance(value, bool):
        raise _fault(field, f"is {shown(value)}; give True or False")
    return value


def _excerpt_s(value: object) -> float | None:
    return None if value is None else _seconds("excerpt_s", value, least=1.0)


def _k(goal: object, clips: int) -> int:
    """Read ``"top 3"`` or 3."""
    words = goal.split() if isinstance(goal, str) else []
    if len(words) == 2 and words[0] == "top" and words[1].isascii() and words[1].isdigit():  # noqa: PLR2004
        goal = int(words[1][:6])
    k = whole(goal)
    if k is None or k < 1:
        raise _fault("goal", f"is {shown(goal)}; give 'top 3', or another number of the best")
    if k >= clips:
        message = f"is the best {shown(k)} of {clips} clips, which are all: ask for fewer"
        raise _fault("goal", message)
    return k


def _seconds(field: str, value: object, *, least: float) -> float:
    seconds = real(value)
    if seconds is None or not least <= seconds <= _LONGEST_S:
        raise _fault(field, f"is {shown(value)}; give {least:g} to {_LONGEST_S:g} seconds")
    return seconds


def _seed(seed: object) -> int:
    if seed is None:
        return secrets.randbelow(2**31)
    drawn = whole(seed)
    if drawn is None or not 0 <= drawn < 2**63:
        raise _fault("seed", f"is {shown(seed)}; give a whole number from 0")
    return drawn
