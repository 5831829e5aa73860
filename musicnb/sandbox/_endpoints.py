"""The one table of endpoints: routes and OpenAPI document are both made from it."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Any, Final

from pydantic import BaseModel

from musicnb import wire
from musicnb.catalogue import REFERENCE_TO_MUSIC, TEXT_TO_MUSIC, Capability
from musicnb.sandbox import _records as own
from musicnb.sandbox._listing import PARAMETERS
from musicnb.sandbox._refusals import CODES

__all__ = ["ENDPOINTS", "Endpoint"]

# What any request may meet: a page from elsewhere, a head that is too large, our own mistake.
_EVERYWHERE: Final = ("forbidden", "invalid_request", "internal_error")
_HEAD_TOO_LARGE: Final = 431
_KEYED: Final = (
    "unauthorized", "invalid_api_key", "rate_limited", "billing_failed", "model_unavailable",
    "upstream_unavailable", "upstream_timeout",
)  # fmt: skip
_BODY: Final = ("payload_too_large", "request_timeout", "unsupported_media_type")
_CREATE: Final = (
    *_BODY,
    "idempotency_conflict",
    "insufficient_balance",
    "unsupported_model",
    "unsupported_option",
)


@dataclass(frozen=True, slots=True)
class Endpoint:
    """One operation.

    Parameters
    ----------
    handler
        Name of the method that answers it.
    answer
        What a success answers: a record, or a media type.
    codes
        Error codes it may answer with, beside those that any request may meet.
    body
        The JSON it takes, or ``"form"`` for a file in a multipart form.
    query
        JSON schema of each query parameter.
    keyed
        Whether it needs an API key.
    repeatable
        Whether it takes an Idempotency-Key.
    capability
        What the catalogue knows a music endpoint as.
    """

    method: str
    path: str
    handler: str
    summary: str
    answer: type[BaseModel] | str
    status: int = 200
    codes: tuple[str, ...] = ()
    body: type[BaseModel] | str | None = None
    query: Mapping[str, dict[str, Any]] = field(default_factory=dict)
    keyed: bool = True
    repeatable: bool = False
    capability: Capability | None = None

    @property
    def errors(self) -> dict[int, list[str]]:
        """Every error code it may answer with, by status."""
        codes = (*_EVERYWHERE, *(_KEYED if self.keyed else ()), *self.codes)
        by_status = {_HEAD_TOO_LARGE: ["payload_too_large"]}
        for code in codes:
            by_status.setdefault(CODES[code].status, []).append(code)
        return dict(sorted(by_status.items()))


_SIGNATURE: Final = {
    "expires": {"type": "string", "description": "As it stands in the URL; so is signature."},
    "signature": {"type": "string"},
}

ENDPOINTS: Final = (
    Endpoint(
        "POST", "/v1/music/text-to-music", "text_to_music", "Make music from words",
        wire.TaskEnvelope, status=202, codes=_CREATE, body=wire.MusicRequest, repeatable=True,
        capability=TEXT_TO_MUSIC,
    ),
    Endpoint(
        "POST", "/v1/music/reference-audio-to-music", "reference_to_music",
        "Make music from words and a recording",
        wire.TaskEnvelope, status=202, body=wire.ReferenceMusicRequest, repeatable=True,
        codes=(*_CREATE, "artifact_not_found", "media_download_failed"),
        capability=REFERENCE_TO_MUSIC,
    ),
    Endpoint("GET", "/v1/tasks", "list_tasks", "List tasks", wire.TaskList, query=PARAMETERS),
    Endpoint(
        "GET", "/v1/tasks/{task_id}", "task", "Read a task", wire.TaskEnvelope,
        codes=("task_not_found",),
    ),
    Endpoint(
        "POST", "/v1/tasks/{task_id}/cancel", "cancel",
        "Cancel a task, as far as it is not over; a refund follows", wire.TaskEnvelope,
        codes=(*_BODY, "task_not_found", "idempotency_conflict"), body=wire.CancelRequest,
        repeatable=True,
    ),
    Endpoint(
        "POST", "/v1/uploads", "upload", "Upload a sound file; free", own.StoredFile, status=201,
        codes=(*_BODY, "idempotency_conflict"), body="form", repeatable=True,
    ),
    Endpoint("GET", "/v1/models", "models", "List the models", wire.ModelList),
    Endpoint("GET", "/v1/health", "health", "Ask whether it lives", own.Health, keyed=False),
    Endpoint(
        "GET", "/files/{artifact_id}", "file", "Fetch a sound file by its signed URL", "audio/*",
        codes=("artifact_not_found",), query=_SIGNATURE, keyed=False,
    ),
    Endpoint("GET", "/sandbox", "about", "Tell that this is a sandbox", own.About, keyed=False),
    Endpoint("GET", "/sandbox/wallet", "wallet", "Read the balance", own.Wallet),
    Endpoint(
        "POST", "/sandbox/wallet", "top_up", "Top up with play money", own.Wallet, codes=_BODY,
        body=own.TopUp,
    ),
    Endpoint("GET", "/sandbox/ledger", "ledger", "Read every movement of money", own.Ledger),
    Endpoint(
        "GET", "/sandbox/scores/{artifact_id}", "score",
        "Read the score of a clip, as a Standard MIDI File", "audio/midi",
        codes=("artifact_not_found",),
    ),
    Endpoint("GET", "/sandbox/faults", "faults", "List the armed faults", own.FaultList),
    Endpoint(
        "POST", "/sandbox/faults", "arm", "Arm a fault", own.ArmedFault, status=201, codes=_BODY,
        body=own.ArmFault,
    ),
    Endpoint("DELETE", "/sandbox/faults", "disarm_all", "Disarm all faults", own.FaultList),
    Endpoint(
        "DELETE", "/sandbox/faults/{fault_id}", "disarm", "Disarm a fault", own.ArmedFault,
        codes=("not_found",),
    ),
    Endpoint("GET", "/sandbox/clock", "clock", "Read the sandbox's clock", own.Clock),
    Endpoint(
        "POST", "/sandbox/clock", "advance", "Put the clock forward; it never goes back",
        own.Clock, codes=_BODY, body=own.Advance,
    ),
    Endpoint(
        "GET", "/openapi.json", "openapi", "This document", "application/json", keyed=False
    ),
    Endpoint("GET", "/docs", "docs", "This document to read", "text/html", keyed=False),
)  # fmt: skip
