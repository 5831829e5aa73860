"""``GET /v1/tasks``: filters, pages and what a page shows."""

from __future__ import annotations

import base64
import binascii
import hashlib
import json
import sqlite3
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from datetime import datetime
from typing import Any, Final

from musicnb.catalogue import REFERENCE_TO_MUSIC, TEXT_TO_MUSIC
from musicnb.errors import Fault
from musicnb.sandbox._clock import rfc3339, to_us
from musicnb.sandbox._envelopes import Envelope
from musicnb.sandbox._refusals import Refusal

_CHOICES: Final[Mapping[str, tuple[str, ...]]] = {
    "status": ("queued", "running", "succeeded", "failed", "canceled"),
    "capability": (TEXT_TO_MUSIC, REFERENCE_TO_MUSIC),
    "order": ("desc", "asc"),
}
_EXPANDABLE: Final = ("output", "usage", "billing", "callback", "input")
SUMMARY: Final = (
    "object",
    "task_id",
    "status",
    "capability",
    "model",
    "resolved_model",
    "created_at",
    "started_at",
    "completed_at",
    "cancel_requested_at",
)
_DEFAULT_LIMIT: Final = 20
_MAX_LIMIT: Final = 100
# JSON schema of every query parameter.
PARAMETERS: Final[Mapping[str, dict[str, Any]]] = {
    **{name: {"type": "string", "enum": list(choices)} for name, choices in _CHOICES.items()},
    "created_after": {"type": "string", "format": "date-time"},
    "created_before": {"type": "string", "format": "date-time"},
    "limit": {
        "type": "integer",
        "minimum": 1,
        "maximum": _MAX_LIMIT,
        "default": _DEFAULT_LIMIT,
    },
    "cursor": {"type": "string", "description": "The next_cursor of the page before."},
    "expand": {"type": "array", "items": {"enum": [*_EXPANDABLE, "all"]}},
}
_MAX_LIMIT_DIGITS: Final = 3


@dataclass(frozen=True, slots=True)
class Listing:
    """A checked list query.

    Parameters
    ----------
    filters
        Column comparisons such as ``("status =", "failed")``.
    after_ordinal
        Where the page before this one ended.
    """

    filters: tuple[tuple[str, str | int], ...]
    descending: bool
    limit: int
    after_ordinal: int | None
    expand: frozenset[str]

    @classmethod
    def from_query(cls, query: Mapping[str, str]) -> Listing:
        """Check a query.

        Raises
        ------
        Refusal
            422, naming every parameter at fault.
        """
        faults: list[Fault] = []
        for name, choices in _CHOICES.items():
            if query.get(name, choices[0]) not in choices:
                faults.append(_fault(name, f"must be one of {', '.join(choices)}"))
        filters: list[tuple[str, str | int]] = [
            (f"{name} =", query[name]) for name in ("status", "capability") if name in query
        ]
        for name, comparison in (("created_after", ">"), ("created_before", "<")):
            if name in query:
                moment = _moment(query[name])
                if moment is None:
                    message = "must be a time with its zone, such as 2026-01-31T12:00:00Z"
                    faults.append(_fault(name, message))
                else:
                    filters.append((f"created_at {comparison}", moment))
        limit = query.get("limit", str(_DEFAULT_LIMIT))
        digits = limit.isascii() and limit.isdigit() and len(limit) <= _MAX_LIMIT_DIGITS
        if not digits or not 1 <= int(limit) <= _MAX_LIMIT:
            faults.append(_fault("limit", f"must be a whole number from 1 to {_MAX_LIMIT}"))
        wanted = {name for name in query.get("expand", "").split(",") if name}
        if not wanted <= {*_EXPANDABLE, "all"}:
            faults.append(_fault("expand", f"must be of {', '.join((*_EXPANDABLE, 'all'))}"))
        if faults:
            raise Refusal.from_faults(faults)
        listing = cls(
            filters=tuple(filters),
            descending=query.get("order", "desc") == "desc",
            limit=int(limit),
            after_ordinal=None,
            expand=frozenset(_EXPANDABLE if "all" in wanted else wanted),
        )
        return listing._continued(query["cursor"]) if "cursor" in query else listing

    def page(
        self,
        connection: sqlite3.Connection,
        tenant: str,
        show: Callable[[sqlite3.Row], Envelope],
    ) -> dict[str, Any]:
        """Return the answer's JSON values.

        Parameters
        ----------
        show
            Makes the envelope of a row.
        """
        conditions: list[tuple[str, str | int]] = [("tenant =", tenant), *self.filters]
        if self.after_ordinal is not None:
            comparison = "ordinal <" if self.descending else "ordinal >"
            conditions.append((comparison, self.after_ordinal))
        where = " AND ".join(f"{column} ?" for column, _ in conditions)
        columns = "*" if self.expand else ", ".join(("ordinal", *SUMMARY[1:]))
        rows = connection.execute(
            f"SELECT {columns} FROM tasks WHERE {where}"  # noqa: S608 - columns are ours, values are bound
            f" ORDER BY ordinal {'DESC' if self.descending else 'ASC'} LIMIT ?",
            (*(value for _, value in conditions), self.limit + 1),
        ).fetchall()
        has_more = len(rows) > self.limit
        rows = rows[: self.limit]
        return {
            "object": "list",
            "data": [self._item(row, show) for row in rows],
            "next_cursor": self._cursor(rows[-1]["ordinal"]) if has_more else None,
            "has_more": has_more,
        }

    def _item(self, row: sqlite3.Row, show: Callable[[sqlite3.Row], Envelope]) -> dict[str, Any]:
        item: dict[str, Any] = {"object": "task"}
        for name in SUMMARY[1:]:
            item[name] = rfc3339(row[name]) if name.endswith("_at") else row[name]
        if self.expand:
            # metadata came with the input
            names = {*self.expand, *(("metadata",) if "input" in self.expand else ())}
            shown = show(row)
            item |= {name: shown[name] for name in names}
        return item

    def _digest(self) -> str:
        text = json.dumps([self.filters, self.descending])
        return hashlib.sha256(text.encode("utf-8", "surrogatepass")).hexdigest()[:12]

    def _cursor(self, ordinal: int) -> str:
        return base64.urlsafe_b64encode(f"{ordinal}:{self._digest()}".encode()).decode()

    def _continued(self, cursor: str) -> Listing:
        try:
            text = base64.b64decode(cursor.encode(), altchars=b"-_", validate=True).decode()
        except (binascii.Error, ValueError):
            text = ""
        ordinal, _, digest = text.partition(":")
        valid = ordinal.isascii() and ordinal.isdigit() and len(ordinal) < 19  # noqa: PLR2004 - 2**63
        if not valid or digest != self._digest():
            message = "is not the next_cursor of a list with these filters and this order"
            raise Refusal.from_faults([_fault("cursor", message)])
        return Listing(self.filters, self.descending, self.limit, int(ordinal), self.expand)


def _moment(text: str) -> int | None:
    # in a query string "+" means a space, so a zone of +02:00 arrives as " 02:00"
    head, blank, zone = text.rpartition(" ")
    try:
        moment = datetime.fromisoformat(f"{head}+{zone}" if blank and "T" in head else text)
        return None if moment.tzinfo is None else to_us(moment)
    except (ValueError, OverflowError):
        return None


def _fault(name: str, message: str) -> Fault:
    return Fault(name, f"/{name}", message)
