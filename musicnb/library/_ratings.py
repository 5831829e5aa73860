"""What a listener thinks of clips: stars, tags, a note; durable in the journal."""

from __future__ import annotations

import json
import unicodedata
from collections.abc import Callable, Iterable
from dataclasses import dataclass
from typing import Any, Final, TypedDict

from musicnb._given import shown, whole
from musicnb.errors import Fault, InvalidInput
from musicnb.library._database import Database

MOST_STARS: Final = 5
_MOST_TAGS: Final = 20
_LONGEST_TAG: Final = 40
_LONGEST_NOTE: Final = 2_000

_COLUMNS: Final = "clip_id, stars, tags, note, rated_at"
_NAMES: Final = ("stars", "tags", "note")


class RatingChanges(TypedDict, total=False):
    """What `Journal.rate` changes; what is left out stays as it is.

    Attributes
    ----------
    stars
        1 to 5, or None to take them away.
    tags
        At most 20 of at most 40 characters, without commas and line breaks. They replace all
        earlier ones; spaces around them and repeats are dropped.
    note
        At most 2,000 characters; empty to take it away.
    """

    stars: int | None
    tags: Iterable[str]
    note: str


@dataclass(frozen=True, slots=True)
class Rating:
    """What a listener thinks of a clip.

    Parameters
    ----------
    stars
        1 to 5; None for a clip without, which is not starred.
    tags
        In the order in which they were given, each once.
    note
        Empty where there is none.
    rated_at
        Seconds since the epoch, of the last change.
    """

    clip_id: str
    stars: int | None = None
    tags: tuple[str, ...] = ()
    note: str = ""
    rated_at: float = 0.0


class Ratings:
    """The journal's table of ratings.

    Parameters
    ----------
    db
        The journal's file.
    clock
        Seconds since the epoch.
    """

    def __init__(self, db: Database, clock: Callable[[], float]) -> None:
        self._db, self._clock = db, clock

    def rate(self, clip_id: str, changes: RatingChanges) -> Rating:
        """Write a rating down, durably; see `Journal.rate`."""
        values = checked_rating(changes)
        with self._db.transaction(charged=False) as db:
            if not self._is_clip(clip_id):
                message = f"is {clip_id!r:.80}; the library has no such clip: see studio.clips()"
                raise InvalidInput.from_faults([Fault("clip_id", "", message)])
            before = self.of(clip_id)
            known = {name: getattr(before, name) for name in _NAMES}
            rating = Rating(clip_id, **(known | values), rated_at=self._clock())
            if (rating.stars, rating.tags, rating.note) == (None, (), ""):
                db.execute("DELETE FROM ratings WHERE clip_id = ?", (clip_id,))
            else:
                db.execute(
                    f"INSERT OR REPLACE INTO ratings ({_COLUMNS}) VALUES (?,?,?,?,?)",  # noqa: S608
                    (clip_id, rating.stars, json.dumps(rating.tags), rating.note, rating.rated_at),
                )
                self._db.seal("ratings", clip_id)
        return rating

    def _is_clip(self, clip_id: object) -> bool:
        if not isinstance(clip_id, str) or _has_control(clip_id, allowed=""):
            return False
        return self._db.one("SELECT 1 FROM clips WHERE clip_id = ?", clip_id) is not None

    def of(self, clip_id: str) -> Rating:
        """Read one clip's rating; one without anything where it has none."""
        query = f"SELECT {_COLUMNS} FROM ratings WHERE clip_id = ?"  # noqa: S608
        row = self._db.one(query, clip_id)
        return Rating(clip_id) if row is None else _rating_of(row)

    def all(self) -> dict[str, Rating]:
        """Read every rating, by clip."""
        rows = self._db.all(f"SELECT {_COLUMNS} FROM ratings ORDER BY rated_at")  # noqa: S608
        return {row[0]: _rating_of(row) for row in rows}


def _rating_of(row: tuple[Any, ...]) -> Rating:
    clip_id, stars, tags, note, rated_at = row
    return Rating(clip_id, stars, tuple(json.loads(tags)), note, rated_at)


def checked_rating(changes: RatingChanges) -> dict[str, Any]:
    """Check what is to change, and bring tags into their one form.

    Raises
    ------
    InvalidInput
        About everything that is wrong at once.
    """
    faults: list[Fault] = []
    values: dict[str, Any] = {}
    for name, given in changes.items():
        try:
            values[name] = _checked(name, given)
        except InvalidInput as error:
            faults += error.faults
    if faults:
        raise InvalidInput.from_faults(faults)
    return values


def _checked(name: str, given: object) -> Any:
    match name:
        case "stars":
            return _stars(given)
        case "tags":
            return _tags(given)
        case "note":
            return _note(given)
    raise _fault(name, f"is nothing that a rating has; give {', '.join(_NAMES)}")


def _stars(given: object) -> int | None:
    if given is None:
        return None
    stars = whole(given)
    if stars is None or not 1 <= stars <= MOST_STARS:
        text = f"is {shown(given)}; give 1 to {MOST_STARS}, or None to take the stars away"
        raise _fault("stars", text)
    return stars


def _tags(given: object) -> tuple[str, ...]:
    if isinstance(given, (str, bytes)) or not isinstance(given, Iterable):
        text = f"is {shown(given)}; give a list of words, such as ['hook', 'keep']"
        raise _fault("tags", text)
    tags: dict[str, str] = {}
    for tag in given:
        words = tag.strip() if isinstance(tag, str) else ""
        if not 0 < len(words) <= _LONGEST_TAG or "," in words or _has_control(words, allowed=""):
            raise _fault(
                "tags",
                f"has {shown(tag)}; give 1 to {_LONGEST_TAG} characters a tag, without commas,"
                " line breaks and control characters",
            )
        tags.setdefault(words.casefold(), words)
        if len(tags) > _MOST_TAGS:
            raise _fault("tags", f"are more than {_MOST_TAGS}; leave some out")
    return tuple(tags.values())


def _note(given: object) -> str:
    if not isinstance(given, str):
        raise _fault("note", f"is {shown(given)}; give text, or '' to take the note away")
    note = given.replace("\r\n", "\n").strip()
    if len(note) > _LONGEST_NOTE:
        text = f"has {len(note):,} characters; at most {_LONGEST_NOTE:,} are kept"
        raise _fault("note", text)
    if _has_control(note, allowed="\n\t"):
        raise _fault("note", f"is {shown(note)}; take its control characters out")
    return note


def _fault(field: str, message: str) -> InvalidInput:
    return InvalidInput.from_faults([Fault(field, "", message)])


def _has_control(text: str, *, allowed: str) -> bool:
    """Whether there are control characters, or halves of characters, which no file can hold."""
    return any(
        unicodedata.category(letter) in ("Cc", "Cs", "Zl", "Zp") and letter not in allowed
        for letter in text
    )
