"""The service's JSON, as records: requests strict, answers tolerant.

The music endpoints are a preview, so an answer is read forgivingly: unknown keys are kept, every
key but ``task_id`` and ``status`` may be missing, a value of an unexpected type counts as missing,
and words such as a status stay open. A request is written strictly, and always to the same bytes.
"""

from __future__ import annotations

import json
from datetime import datetime
from decimal import Decimal
from typing import Annotated, Any, Final, Literal

from pydantic import (
    AliasChoices,
    BaseModel,
    ConfigDict,
    Field,
    GetCoreSchemaHandler,
    PlainSerializer,
)
from pydantic_core import CoreSchema

__all__ = [
    "TERMINAL",
    "ArtifactReference",
    "AudioFile",
    "Billing",
    "CancelRequest",
    "Credits",
    "ErrorBody",
    "ErrorEnvelope",
    "ModelEntry",
    "ModelList",
    "ModelOptions",
    "MusicRequest",
    "Output",
    "OutputClip",
    "Progress",
    "ReferenceMusicRequest",
    "SandboxEntry",
    "SandboxLedger",
    "SandboxTransfer",
    "SandboxWallet",
    "TaskEnvelope",
    "TaskError",
    "TaskList",
    "TaskPage",
    "TaskWarning",
    "UploadAnswer",
    "UrlReference",
    "canonical_bytes",
]

TERMINAL: Final = frozenset({"succeeded", "failed", "canceled"})

Credits = Annotated[
    Decimal,
    Field(allow_inf_nan=False, max_digits=20),
    PlainSerializer(lambda amount: f"{amount:.4f}", return_type=str, when_used="json"),
]


# --------------------------------------------------------------------------------- requests


class _Request(BaseModel):
    model_config = ConfigDict(extra="forbid", frozen=True, strict=True)


class ArtifactReference(_Request):
    """Reference audio that was uploaded before."""

    type: Literal["artifact"] = "artifact"
    artifact_id: str = Field(min_length=1, max_length=200)


class UrlReference(_Request):
    """Reference audio that the service fetches from an HTTPS URL."""

    type: Literal["url"] = "url"
    url: str = Field(min_length=1, max_length=2000)


ModelOptions = dict[str, dict[str, Any]]


class MusicRequest(_Request):
    """Body of ``POST /v1/music/text-to-music``; what was left out is not sent."""

    model: str
    prompt: str
    lyrics: str | None = None
    instrumental: bool | None = None
    title: str | None = None
    model_options: ModelOptions | None = None
    metadata: dict[str, str] | None = None

    def body(self) -> dict[str, Any]:
        """Return the request as JSON values, without what was left out."""
        return self.model_dump(mode="json", exclude_none=True)


class ReferenceMusicRequest(MusicRequest):
    """Body of ``POST /v1/music/reference-audio-to-music``."""

    reference_audio: Annotated[ArtifactReference | UrlReference, Field(discriminator="type")]


class CancelRequest(_Request):
    """Body of ``POST /v1/tasks/{task_id}/cancel``."""

    reason: str | None = Field(default=None, max_length=500)


_CANONICAL: Final = json.JSONEncoder(
    ensure_ascii=False, allow_nan=False, sort_keys=True, separators=(",", ":")
)


def canonical_bytes(body: dict[str, Any]) -> bytes:
    """Write JSON so that equal requests are equal bytes: sorted keys, no spaces, UTF-8.

    A repeat of a request under its Idempotency-Key must be the same request; stored bytes are.
    """
    return _CANONICAL.encode(body).encode()


# ---------------------------------------------------------------------------------- answers


class _Answer(BaseModel):
    model_config = ConfigDict(extra="allow", frozen=True, populate_by_name=True)

    @classmethod
    def __get_pydantic_core_schema__(
        cls, source: type[BaseModel], handler: GetCoreSchemaHandler
    ) -> CoreSchema:
        """Read a value of an unexpected type as if it had been left out.

        Only fields with a default can be left out: nothing stands in for task_id and status. The
        core does it by itself once it is told; a validator in Python takes six times as long, and
        a page of the task list has thousands of fields.
        """
        schema = handler(source)
        fields = handler.resolve_ref_schema(schema)
        while fields["type"] != "model-fields":
            fields = fields["schema"]
        for field in fields["fields"].values():
            if field["schema"]["type"] == "default":
                field["schema"]["on_error"] = "default"
        return schema


class Progress(_Answer):
    """Where a running task is; ``percent`` marks a phase, not a share of the work."""

    percent: float | None = None
    stage: str | None = None
    message: str | None = None


class AudioFile(_Answer):
    """One finished sound file at the service."""

    url: str | None = None
    artifact_id: str | None = None
    duration_seconds: float | None = None
    mime_type: str | None = Field(
        default=None, validation_alias=AliasChoices("mime_type", "content_type")
    )
    size_bytes: int | None = Field(
        default=None, validation_alias=AliasChoices("size_bytes", "bytes", "size")
    )


class OutputClip(_Answer):
    """One clip of a task."""

    audio: AudioFile = AudioFile()
    title: str | None = None
    lyrics: str | None = None
    tags: str | list[str] | None = None


class Output(_Answer):
    """What a task produced: as many clips as there are, in order."""

    clips: list[OutputClip] = []


class Billing(_Answer):
    """What a task cost. None means not reported, which is not zero."""

    charged_credits: Credits | None = None
    refunded_credits: Credits | None = None
    charged_credits_usd_reference: Credits | None = None
    refunded_credits_usd_reference: Credits | None = None
    currency: str | None = None


class TaskWarning(_Answer):
    """Something the service did otherwise than asked."""

    code: str | None = None
    message: str | None = None
    field: str | None = None


class TaskError(_Answer):
    """Why a task failed."""

    code: str | None = None
    message: str | None = None
    retryable: bool | None = None


class TaskEnvelope(_Answer):
    """A task as the service reports it."""

    object: str = "task"
    task_id: str = Field(min_length=1)
    status: str
    capability: str | None = None
    model: str | None = None
    resolved_model: str | None = None
    metadata: dict[str, str] | None = None
    input: dict[str, Any] | None = None
    progress: Progress | None = None
    output: Output | None = None
    warnings: list[TaskWarning] = Field(default_factory=list)
    error: TaskError | None = None
    usage: dict[str, Any] | None = None
    billing: Billing | None = None
    callback: dict[str, Any] | None = None
    created_at: datetime | None = None
    started_at: datetime | None = None
    completed_at: datetime | None = None
    cancel_requested_at: datetime | None = None
    links: dict[str, str] | None = None

    @property
    def is_terminal(self) -> bool:
        """Whether this is the task's last word."""
        return self.status in TERMINAL


class TaskList(_Answer):
    """One page of ``GET /v1/tasks``."""

    object: str = "list"
    data: list[TaskEnvelope] = []
    next_cursor: str | None = None
    has_more: bool = False


class TaskPage(_Answer):
    """One page of ``GET /v1/tasks`` whose tasks are left as they came.

    Whoever asks for the same page again and again needs to read only what has changed in it; to
    read all of it each time is most of what watching a hundred tasks costs.
    """

    data: list[dict[str, Any]] = []
    next_cursor: str | None = None
    has_more: bool = False


class UploadAnswer(_Answer):
    """An uploaded file; only the id is promised."""

    artifact_id: str | None = None
    id: str | None = None
    url: str | None = None
    cdn_url: str | None = None


class ModelEntry(_Answer):
    """One model the service offers."""

    id: str
    object: str = "model"
    owned_by: str | None = None


class ModelList(_Answer):
    """Answer of ``GET /v1/models``."""

    object: str = "list"
    data: list[ModelEntry] = []


class SandboxWallet(_Answer):
    """Answer of the sandbox's own ``GET /sandbox/wallet``; the hosted service has none."""

    balance_credits: Credits | None = None


class SandboxEntry(_Answer):
    """One side of a transfer: an account and what it gained, negative where it lost."""

    account: str = ""
    credits: Credits = Decimal(0)


class SandboxTransfer(_Answer):
    """One movement of money in the sandbox."""

    kind: str = ""
    task_id: str | None = None
    entries: list[SandboxEntry] = []


class SandboxLedger(_Answer):
    """Answer of the sandbox's own ``GET /sandbox/ledger``: every transfer of the wallet."""

    data: list[SandboxTransfer] = []


class ErrorBody(_Answer):
    """The service's account of an error."""

    code: str | None = None
    message: str | None = None
    retryable: bool | None = None
    request_id: str | None = None
    param: str | None = None
    details: dict[str, Any] | None = None


class ErrorEnvelope(_Answer):
    """Body of every answer outside 2xx."""

    error: ErrorBody = ErrorBody()
