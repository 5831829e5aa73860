"""Uploads: received, examined in a process of their own, and kept as artifacts."""

from __future__ import annotations

import asyncio
import functools
import hashlib
import json
import sqlite3
from collections.abc import Mapping
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

__all__ = ["PURPOSES", "fingerprint", "keep"]

PURPOSES: Final = ("media_input", "reference_audio")
_MAX_SECONDS: Final = 3600.0
_EXAMINE_S: Final = 60.0
_ACCEPTED: Final = ("audio/", "application/octet-stream", "application/ogg")
_METADATA: Final = TypeAdapter(dict[str, str])


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
    facts = await _facts(form.path, examiner)
    artifact_id = new_artifact_id()
    file_name = f"{artifact_id}{facts.kind.suffix}"
    # file first, row after: a row promises that its file is there
    await asyncio.to_thread(publish, form.path, folder.artifacts / file_name)
    now = now_us()
    answer = Answer(
        201,
        UploadAnswer.model_validate(
            {
                "object": "artifact",
                "artifact_id": artifact_id,
                "url": signer.url(artifact_id),
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

    def insert(connection: sqlite3.Connection) -> Answer:
        earlier = ticket.recall(connection, now=now)
        if earlier is not None:
            return earlier
        connection.execute(
            "INSERT INTO artifacts VALUES (?, ?, 'upload', ?, ?, ?, ?, ?, ?, ?, ?, ?, ?)",
            (
                artifact_id,
                ticket.tenant,
                facts.kind.format,
                file_name,
                facts.kind.media_type,
                form.size_bytes,
                form.sha256,
                facts.frames,
                facts.sample_rate,
                purpose,
                json.dumps(metadata),
                now,
            ),
        )
        ticket.remember(connection, answer, now=now)
        return answer

    kept = await store.run(insert)
    if kept is not answer:
        (folder.artifacts / file_name).unlink(missing_ok=True)
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


async def _facts(path: Path, examiner: Workers) -> AudioFacts:
    call = functools.partial(examine, path, _MAX_SECONDS)
    refusal: Refusal | None = None
    facts: AudioFacts | None = None
    try:
        facts = await examiner.run(lambda _: call, limit_s=_EXAMINE_S)
    except UndecodableAudio as error:
        refusal = Refusal("unsupported_media_type", f"{error.message}", param="/file")
    except WorkerDied:
        refusal = fault_at("/file", "brought the decoder down; convert it to WAV or FLAC")
    if refusal is not None:
        raise refusal
    assert facts is not None
    if facts.problem:
        raise fault_at("/file", f"is {facts.problem}; send it whole")
    return facts
