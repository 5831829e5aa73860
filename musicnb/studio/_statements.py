"""What a person says along with a delivery; musicnb passes it on and checks none of it."""

from __future__ import annotations

import datetime as dt
from dataclasses import dataclass

from musicnb._given import shown
from musicnb.errors import InvalidInput
from musicnb.studio._files import statement

_fault = InvalidInput.about


@dataclass(frozen=True, slots=True)
class Statements:
    """What a person says along with a delivery: see `Delivery.write`, which takes the same.

    Made before the files are, it finds what could not be written down before minutes of work.

    Parameters
    ----------
    rights
        What you say about rights in this music. It is your statement: musicnb checks nothing.
    terms_url, terms_date
        The terms of the service that apply, and the day (``2026-11-26``) you read them.
    override
        Why files that fail their profile are delivered all the same; it stands in the manifest.

    Raises
    ------
    InvalidInput
        A text is none or longer than 2,000 characters, or the date is no day.
    """

    rights: str = ""
    terms_url: str = ""
    terms_date: str | None = None
    override: str = ""

    def __post_init__(self) -> None:
        for field in ("rights", "terms_url", "override"):
            statement(field, getattr(self, field))
        if self.terms_date is not None and not _is_day(self.terms_date):
            date = shown(self.terms_date)
            raise _fault("terms_date", f"is {date}; give a day like '2026-01-31'")


def _is_day(text: object) -> bool:
    try:
        # there are other ways of writing one
        return isinstance(text, str) and dt.date.fromisoformat(text).isoformat() == text
    except ValueError:
        return False
