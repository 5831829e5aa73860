"""How answers are put into HTTP: always the same JSON bytes for the same values."""

from __future__ import annotations

import json

from pydantic import BaseModel
from starlette.responses import Response

from musicnb.sandbox._idempotency import Answer
from musicnb.wire import canonical_bytes

__all__ = ["answered", "json_of", "ok"]


def json_of(record: BaseModel) -> bytes:
    """Write a record as canonical JSON."""
    return canonical_bytes(json.loads(record.model_dump_json()))


def ok(body: bytes) -> Response:
    """Answer 200 with JSON."""
    return Response(body, media_type="application/json")


def answered(answer: Answer) -> Response:
    """Send an answer, or send it again."""
    headers = {"Idempotency-Replayed": "true"} if answer.replayed else None
    return Response(answer.body, answer.status, headers=headers, media_type="application/json")
