"""Starting a session, finding it again, and showing it."""

from __future__ import annotations

import math
import secrets
from collections import defaultdict
from collections.abc import Iterable, Sequence
from dataclasses import asdict
from itertools import chain, zip_longest
from typing import Any, Final

import numpy as np

from musicnb.analysis import Progress
from musicnb.errors import Fault, InvalidInput
from musicnb.library import KeptSession, Library
from musicnb.studio._clip import Clip, Clips
from musicnb.studio._session import Session, Setup

_MOST_CLIPS: Final = 64
_MOST_VOTES: Final = 2_000
_VOTES_PER_CLIP: Final = 4
_LONGEST_NAME: Final = 80
_LONGEST_S: Final = 600.0
_REJECTED: Final = 1


def listen(
    library: Library,
    clips: Sequence[Clip],
    *,
    name: str,
    count: int | None = None,
    blind: bool = True,
    goal: str | int = "top 3",
    listener: str = "me",
    votes: int | None = None,
    seed: int | None = None,
    excerpt_s: float | None = 30.0,
    least_heard_s: float = 3.0,
    progress: Progress = True,
) -> Session:
    """Start a session, or go on with the one of this name; see `musicnb.studio.Run.listen`."""
    name, listener = _name("name", name), _name("listener", listener)
    kept = library.journal.sessions.find(name)
    if kept is None:
        chosen_seed = _seed(seed)
        chosen = _chosen(clips, count, chosen_seed)
        setup = _setup(
            len(chosen), goal=goal, votes=votes, blind=blind, seed=chosen_seed,
            excerpt_s=excerpt_s, least_heard_s=least_heard_s,
        )  # fmt: skip
        session = KeptSession(
            name, secrets.token_hex(32), tuple(clip.clip_id for clip in chosen), asdict(setup)
        )
        made = Session(session, setup, chosen, library, listener)
        # before anything is written: a clip may be silent, or gone
        made._sounds.prepare(progress)  # noqa: SLF001 - the two are one thing in two files
        library.journal.sessions.start(session)
        return made
    found = reopen(library, clips, name, listener)
    asked = {"goal": None if goal == "top 3" else _k(goal), "votes": votes, "seed": seed}
    running = {"goal": found.setup.k, "votes": found.setup.votes, "seed": found.setup.seed}
    for field, value in asked.items():
        if value is not None and value != running[field]:
            raise _fault(
                field,
                f"is {value!r:.40}, but the session {name!r} has {running[field]}:"
                " leave it out to go on, or give another name",
            )
    return found


def reopen(library: Library, clips: Iterable[Clip], name: str, listener: str) -> Session:
    """Find a session again."""
    kept = library.journal.sessions.find(_name("name", name))
    if kept is None:
        known = ", ".join(repr(session.name) for session in library.journal.sessions.all()[-10:])
        raise _fault("name", f"is {name!r:.80}; there are {known or 'no sessions'}")
    by_id = {clip.clip_id: clip for clip in clips}
    if missing := [clip_id for clip_id in kept.clips if clip_id not in by_id]:
        raise _fault("name", f"{name!r:.80} compares {len(missing)} clips that are not here")
    setup = Setup(**kept.settings)
    return Session(kept, setup, [by_id[clip_id] for clip_id in kept.clips], library, listener)


def show(session: Session) -> None:
    """Show a session in a notebook."""
    from musicnb.widgets import BlindListening  # noqa: PLC0415 - scripts need no widgets

    BlindListening(session).show()


# ------------------------------------------------------------------------------ what is compared


def _chosen(clips: Sequence[Clip], count: int | None, seed: int) -> Clips:
    """Draw clips, as many of each order as of any other; in an order that says nothing."""
    usable = [clip for clip in clips if clip.stars != _REJECTED]
    if count is not None and (isinstance(count, bool) or not isinstance(count, int) or count < 2):  # noqa: PLR2004
        raise _fault("clips", f"is {count!r:.40}; give a whole number from 2, or a list of clips")
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


def _setup(
    clips: int,
    *,
    goal: str | int,
    votes: int | None,
    blind: object,
    seed: int,
    excerpt_s: float | None,
    least_heard_s: float,
) -> Setup:
    k = _k(goal)
    if k >= clips:
        raise _fault("goal", f"the best {k} of {clips} clips are all of them: ask for fewer")
    wanted = _VOTES_PER_CLIP * clips if votes is None else votes
    if isinstance(wanted, bool) or not isinstance(wanted, int) or not 1 <= wanted <= _MOST_VOTES:
        raise _fault("votes", f"is {wanted!r:.40}; give a whole number from 1 to {_MOST_VOTES:,}")
    if not isinstance(blind, bool):
        raise _fault("blind", f"is {blind!r:.40}; give True or False")
    length = None if excerpt_s is None else _seconds("excerpt_s", excerpt_s, least=1.0)
    return Setup(k, wanted, blind, seed, length, _seconds("least_heard_s", least_heard_s, least=0))


def _k(goal: object) -> int:
    """Read ``"top 3"`` or 3."""
    words = goal.split() if isinstance(goal, str) else []
    if len(words) == 2 and words[0] == "top" and words[1].isascii() and words[1].isdigit():  # noqa: PLR2004
        goal = int(words[1][:6])
    if isinstance(goal, bool) or not isinstance(goal, int) or goal < 1:
        raise _fault("goal", f"is {goal!r:.40}; give 'top 3', or another number of the best")
    return goal


def _seconds(field: str, value: Any, *, least: float) -> float:
    if isinstance(value, bool) or not isinstance(value, (int, float)) or not math.isfinite(value):
        raise _fault(field, f"is {value!r:.40}; give seconds")
    if not least <= value <= _LONGEST_S:
        raise _fault(field, f"is {value!r:.40}; give {least:g} to {_LONGEST_S:g} seconds")
    return float(value)


def _seed(seed: object) -> int:
    if seed is None:
        return secrets.randbelow(2**31)
    if isinstance(seed, bool) or not isinstance(seed, int) or not 0 <= seed < 2**63:
        raise _fault("seed", f"is {seed!r:.40}; give a whole number from 0")
    return seed


def _name(field: str, value: object) -> str:
    if not isinstance(value, str) or not value.strip() or len(value) > _LONGEST_NAME:
        raise _fault(field, f"is {value!r:.60}; give 1 to {_LONGEST_NAME} characters")
    if not value.isprintable():
        raise _fault(field, f"is {value!r:.60}; take what cannot be seen out of it")
    return value.strip()


def _fault(field: str, message: str) -> InvalidInput:
    return InvalidInput.from_faults([Fault(field, "", message)])
