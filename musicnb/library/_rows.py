"""Rows of the journal's file, written from records and read back into them."""

from __future__ import annotations

from dataclasses import fields
from decimal import Decimal
from hashlib import sha256
from typing import Any, Final

from musicnb.library._records import ClipRecord, Job
from musicnb.wire import canonical_bytes

JOB_COLUMNS: Final = (
    "job_id, service, capability, body, idempotency_key, state, expected, planned_at, task_id,"
    " resolved_model, charged, refunded, ended_at, problem, sent_at, sweep"
)
_JOB_NAMES: Final = tuple(name.strip() for name in JOB_COLUMNS.split(","))
CLIP_COLUMNS: Final = ", ".join(field.name for field in fields(ClipRecord))
_UNITS_PER_CREDIT: Final = 10_000


def digest_of(capability: str, body: dict[str, Any]) -> str:
    return sha256(capability.encode() + canonical_bytes(body)).hexdigest()


def units(credits: Decimal) -> int:  # noqa: A002 - the service's word
    return int((credits * _UNITS_PER_CREDIT).to_integral_value())


def credits_of(units: int | None) -> Decimal | None:
    return None if units is None else Decimal(units) / _UNITS_PER_CREDIT


def job_of(row: tuple[Any, ...]) -> Job:
    values = dict(zip(_JOB_NAMES, row, strict=True))
    expected = credits_of(values.pop("expected"))
    assert expected is not None
    return Job(
        expected_credits=expected,
        charged_credits=credits_of(values.pop("charged")),
        refunded_credits=credits_of(values.pop("refunded")),
        **values,
    )


def where(**columns: str | None) -> tuple[str, tuple[str, ...]]:
    """Write the condition that these columns have these values; None is any."""
    given = {name: value for name, value in columns.items() if value is not None}
    terms = " AND ".join(f"{name} = ?" for name in given)
    return f"WHERE {terms}" if terms else "", tuple(given.values())
