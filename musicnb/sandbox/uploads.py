"""Uploads: received, examined in a process of their own, and kept as artifacts."""

from __future__ import annotations

import asyncio
import functools
import hashlib
import json
import sqlite3
from collections.abc import Mapping
from dataclasses import dataclass, field
from pathlib import Path
from typing import TYPE_CHECKING, Final

from pydantic import TypeAdapter, ValidationError

from musicnb.errors import UndecodableAudio
from musicnb.sandbox._clock import now_us, to_datetime
from musicnb.sandbox._folder import Folder, publish
from musicnb.sandbox._idempotency import Answer, Ticket
from musicnb.sandbox._ids import new_artifact_id
from musicnb.sandbox._jobs import examine
from musicnb.sandbox._links import UrlSigner
from musicnb.sandbox._multipart import ReceivedForm
from musicnb.sandbox._reading import fault_at, parse_json
from musicnb.sandbox._refusals import Refusal
from musicnb.sandbox._workers import WorkerDied, Workers
from musicnb.sandbox.store import Store
from musicnb.wire import UploadAnswer

if TYPE_CHECKING:
    from musicnb.sound import AudioFacts

__all__ = ["PURPOSES", "Artifact", "examined", "fingerprint", "insert", "keep"]

PURPOSES: Final = ("media_input", "reference_audio")
_MAX_SECONDS: Final = 3600.0
_EXAMINE_S: Final = 60.0
_ACCEPTED: Final = ("audio/", "application/octet-stream", "application/ogg")
_METADATA: Final = TypeAdapter(dict[str, str])


@dataclass(frozen=True, slots=True)
class Artifact:
    """A sound file from outside, examined, and what its row will say of it."""

    artifact_id: str
    tenant: str
    facts: AudioFacts
    size_bytes: int
    sha256: str
    purpose: str
    metadata: Mapping[str, str] = field(default_factory=dict)

    @property
    def file_name(self) -> str:
        """Its file among the artifacts; nothing that a client said is part of it."""
        return f"{self.artifact_id}{self.facts.kind.suffix}"


def insert(connection: sqlite3.Connection, artifact: Artifact, *, now: int) -> None:
    """Write the row of an artifact whose file is in its place."""
    connection.execute(
        "INSERT INTO artifacts VALUES (?, ?, 'upload', ?, ?, ?, ?, ?, ?, ?, ?, ?, ?)",
        (
            artifact.artifact_id,
            artifact.tenant,
            artifact.facts.kind.format,
            artifact.file_name,
            artifact.facts.kind.media_type,
            artifact.size_bytes,
            artifact.sha256,
            artifact.facts.frames,
            artifact.facts.sample_rate,
            artifact.purpose,
            json.dumps(dict(artifact.metadata)),
            now,
        ),
    )


def fingerprint(form: ReceivedForm) -> bytes:
    """Return what makes two uploads the same: multipart boundaries differ at every attempt."""
    text = json.dumps([sorted(form.fields.items()), form.sha256])
    return hashlib.sha256(text.encode()).digest()


async def keep(
    form: ReceivedForm,
    ticket: Ticket,
    *,
    store: Store,
    folder: Folder,
    examiner: Workers,
    signer: UrlSigner,
) -> Answer:
    """Check a received file and make it an artifact.

    Parameters
    ----------
    ticket
        Whose it is, and the Idempotency-Key it came with.
    examiner
        The process that decodes what nobody has looked at yet.

    Raises
    ------
    Refusal
        415 when it is no sound file, 422 when its words are wrong or it cannot be decoded.
    """
    purpose, metadata = _checked_words(form.fields)
    facts = await examined(form.path, examiner, "/file")
    artifact = Artifact(
        new_artifact_id(), ticket.tenant, facts, form.size_bytes, form.sha256, purpose, metadata
    )
    final = folder.artifacts / artifact.file_name
    # file first, row after: a row promises that its file is there
    await asyncio.to_thread(publish, form.path, final)
    now = now_us()
    answer = Answer(
        201,
        UploadAnswer.model_validate(
            {
                "object": "artifact",
                "artifact_id": artifact.artifact_id,
                "url": signer.url(artifact.artifact_id),
                "purpose": purpose,
                "media_type": facts.kind.media_type,
                "size_bytes": form.size_bytes,
                "sha256": form.sha256,
                "duration_seconds": round(facts.duration_s, 3),
                "metadata": metadata,
                "created_at": to_datetime(now),
            }
        )
        .model_dump_json(exclude_none=True)
        .encode(),
    )

    def write(connection: sqlite3.Connection) -> Answer:
        earlier = ticket.recall(connection, now=now)
        if earlier is not None:
            return earlier
        insert(connection, artifact, now=now)
        ticket.remember(connection, answer, now=now)
        return answer

    try:
        kept = await store.run(write)
    except Refusal:
        # Only then there is certainly no row. When SQLite failed, or we are canceled, it may be
        # written all the same; if not, the next start removes the file.
        final.unlink(missing_ok=True)
        raise
    if kept is not answer:
        final.unlink(missing_ok=True)
    return kept


def _checked_words(fields: Mapping[str, str]) -> tuple[str, dict[str, str]]:
    purpose = fields.get("purpose") or PURPOSES[0]
    if purpose not in PURPOSES:
        raise fault_at("/purpose", f"must be one of {', '.join(PURPOSES)}")
    media_type = fields.get("media_type", "").strip().lower()
    if media_type and not media_type.startswith(_ACCEPTED):
        raise fault_at("/media_type", "must be a kind of audio, or left out")
    try:
        metadata = _METADATA.validate_python(
            parse_json(fields["metadata"].encode()) if fields.get("metadata") else {}
        )
    except (Refusal, ValidationError):
        raise fault_at("/metadata", "must be a JSON object of text to text") from None
    return purpose, metadata


async def examined(path: Path, examiner: Workers, pointer: str) -> AudioFacts:
    """Decode an untrusted file to its end in a process of its own.

    Parameters
    ----------
    pointer
        The part of the request that refusals point to.

    Raises
    ------
    Refusal
        415 when it is no sound file, 422 when it is damaged or brings the decoder down.
    """
    call = functools.partial(examine, path, _MAX_SECONDS)
    refusal: Refusal | None = None
    facts: AudioFacts | None = None
    try:
        facts = await examiner.run(lambda _: call, limit_s=_EXAMINE_S)
    except UndecodableAudio as error:
        refusal = Refusal("unsupported_media_type", f"{error.message}", param=pointer)
    except WorkerDied:
        refusal = fault_at(pointer, "brought the decoder down; convert it to WAV or FLAC")
    if refusal is not None:
        raise refusal
    assert facts is not None
    if not facts.whole:
        raise fault_at(pointer, f"is not whole: {facts.problem}")
    return facts
