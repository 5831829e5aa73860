"""Votes in a file of their own: for several listeners who add theirs to one session.

Clips stand in it under names that say nothing, so neither sender nor reader of a file learns what
is compared.
"""

from __future__ import annotations

import hmac
from collections.abc import Callable, Iterable, Sequence
from dataclasses import replace
from pathlib import Path
from typing import Annotated, Final, Literal

from pydantic import BaseModel, ConfigDict, Field

from musicnb._foreign import read_record
from musicnb._given import shown
from musicnb.errors import InvalidInput
from musicnb.library import KeptVote
from musicnb.listen import Answer
from musicnb.sound import named_path, new_file

_fault = InvalidInput.about

VERSION: Final = 1
_MOST_BYTES: Final = 16 * 2**20
_MOST_VOTES: Final = 100_000
LONGEST_NAME: Final = 80

Code = Annotated[str, Field(pattern="^[0-9a-f]{32}$")]
Seconds = Annotated[float, Field(ge=0, le=1e6)]
Listener = Annotated[str, Field(min_length=1, max_length=LONGEST_NAME)]


class _Record(BaseModel):
    model_config = ConfigDict(extra="forbid", frozen=True, strict=True, allow_inf_nan=False)


class FiledVote(_Record):
    """A vote of a file."""

    vote_id: Code
    listener: Listener
    left: Code
    right: Code
    answer: Answer
    #: Says whether the pair was a hidden repeat, to those who have the session.
    mark: Code
    reasons: Annotated[
        tuple[Annotated[str, Field(min_length=1, max_length=40)], ...], Field(max_length=20)
    ] = ()
    note: Annotated[str, Field(max_length=2_000)] = ""
    heard_s: tuple[Seconds, Seconds] = (0.0, 0.0)
    voted_at: Annotated[float, Field(gt=0, le=1e11)]


class VotesFile(_Record):
    """Votes of some listeners on one session."""

    format: Literal["musicnb votes"] = "musicnb votes"
    version: Literal[1] = VERSION
    #: Of the session; it cannot be guessed from its name.
    session: Code
    clips: Annotated[tuple[Code, ...], Field(min_length=2, max_length=64)]
    votes: Annotated[tuple[FiledVote, ...], Field(max_length=_MOST_VOTES)] = ()


def read_votes(path: object) -> VotesFile:
    """Read a file of votes that may come from anywhere.

    Raises
    ------
    InvalidInput
        It is no such file, or a value in it is not what it should be.
    """
    named = named_path(path)
    problem = ""
    data = b""
    try:
        # a pipe or a device would never end
        if not named.is_file():
            problem = f"{named.name!r:.80} is no file"
        else:
            with named.open("rb") as file:
                data = file.read(_MOST_BYTES + 1)
    except OSError as error:
        problem = f"{named.name!r:.80} cannot be read ({error.strerror})"
    if len(data) > _MOST_BYTES:
        problem = f"{named.name!r:.80} has more than {_MOST_BYTES:,} bytes"
    if problem:
        raise _fault("path", problem)
    return read_record(VotesFile, data, called="votes", version=VERSION)


def export_votes(
    path: object, votes: Iterable[KeptVote], clips: Iterable[str], code: Callable[[str], str]
) -> Path:
    """Write votes down under codes; see `musicnb.studio.Session.export`."""
    target = named_path(path)
    filed = VotesFile(
        session=code(""),
        clips=tuple(sorted(map(code, clips))),
        votes=tuple(
            FiledVote(
                vote_id=vote.vote_id, listener=vote.listener, left=code(vote.left),
                right=code(vote.right), answer=vote.answer,  # type: ignore[arg-type] # was checked
                mark=_mark(code, vote.vote_id, is_repeat=vote.is_repeat), reasons=vote.reasons,
                note=vote.note, heard_s=vote.heard_s, voted_at=vote.voted_at,
            )
            for vote in votes
        ),
    )  # fmt: skip
    with new_file(target) as file:
        file.write((filed.model_dump_json(indent=1) + "\n").encode())
    return target


def imported_votes(
    path: object, session: str, clips: Iterable[str], code: Callable[[str], str]
) -> list[KeptVote]:
    """Read votes on a session's clips; see `musicnb.studio.Session.import_votes`."""
    filed = read_votes(path)
    clip_of = {code(clip): clip for clip in clips}
    if filed.session != code("") or set(filed.clips) != set(clip_of):
        raise _fault("path", "holds votes of another session")
    votes = []
    for number, vote in enumerate(filed.votes):
        if vote.left not in clip_of or vote.right not in clip_of or vote.left == vote.right:
            raise _fault(f"votes[{number}]", "is about clips that are not compared here")
        if vote.listener != person("listener", vote.listener):
            raise _fault(f"votes[{number}].listener", "has spaces around it")
        is_repeat = vote.mark == _mark(code, vote.vote_id, is_repeat=True)
        if not is_repeat and vote.mark != _mark(code, vote.vote_id, is_repeat=False):
            raise _fault(f"votes[{number}]", "carries a mark of another listening")
        given = vote.model_dump(exclude={"left", "right", "mark"})
        votes.append(
            KeptVote(
                session=session, left=clip_of[vote.left], right=clip_of[vote.right],
                is_repeat=is_repeat, **given,
            )
        )  # fmt: skip
    return votes


def named_here(
    votes: Sequence[KeptVote], kept: Iterable[KeptVote], own: str, listener: str | None
) -> list[KeptVote]:
    """Give the listeners of a file the names that they have here.

    A file holds all votes that count of its listener. So one of which a vote is here already comes
    from the same person, and one of which none is comes from another, whatever both are called.

    Parameters
    ----------
    votes
        Of the file.
    kept
        All that the session has, also those that were taken back.
    own
        Who listens here.
    listener
        How the person is to be called here; None for as in the file, or as before.

    Raises
    ------
    InvalidInput
        The name is somebody else's here, or `listener` is given for several people.
    """
    name_of = {vote.vote_id: vote.listener for vote in kept}
    taken = {own, *name_of.values()}
    names: dict[str, str] = {}
    for filed in dict.fromkeys(vote.listener for vote in votes):
        known = {
            name_of[vote.vote_id]
            for vote in votes
            if vote.listener == filed and vote.vote_id in name_of
        }
        names[filed] = name = min(known, default=listener or filed)
        if len(known) > 1 or (known and listener not in (None, name)):
            raise _fault("listener", f"of the file is {name!r} here: leave it out")
        if not known and name in taken:
            raise _fault(
                "listener",
                f"is {name!r} in the file and here, but none of the votes is the same: two people"
                f" need two names. Give another: listener={name + ' 2'!r}",
            )
    if listener is not None and len(names) > 1:
        raise _fault("listener", f"cannot be one: the file has votes of {len(names)} people")
    return [replace(vote, listener=names[vote.listener]) for vote in votes]


def person(field: str, value: object) -> str:
    """Return a name that can be shown.

    Raises
    ------
    InvalidInput
        It is none, or longer than 80 characters.
    """
    if not isinstance(value, str) or not value.strip() or len(value) > LONGEST_NAME:
        raise _fault(field, f"is {shown(value)}; give 1 to {LONGEST_NAME} characters")
    if not value.isprintable():
        raise _fault(field, f"is {shown(value)}; take what cannot be seen out of it")
    return value.strip()


def _mark(code: Callable[[str], str], vote_id: str, *, is_repeat: bool) -> str:
    words = f"{vote_id} {is_repeat}".encode()
    return hmac.digest(code("repeats").encode(), words, "sha256").hex()[:32]
