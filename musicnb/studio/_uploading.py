"""Recordings on their way to the service: looked at first, and none sent twice."""

from __future__ import annotations

import hashlib
import logging
import time
from collections.abc import Callable
from dataclasses import replace
from pathlib import Path
from typing import Final

from musicnb import sound
from musicnb.errors import LibraryError
from musicnb.library import Upload
from musicnb.measure import Outline
from musicnb.studio._clip import Clip
from musicnb.studio._files import named_upload, reading
from musicnb.studio._road import Road

_REFERENCE_SECONDS: Final = 600.0
_log = logging.getLogger(__name__)


def send_once(
    road: Road,
    source: object,
    *,
    field: str = "source",
    name: str = "",
    again: bool = False,
    rights: str = "",
    check: Callable[[Upload], None] = lambda _upload: None,
    told: Callable[[str, float], None] = lambda _doing, _part: None,
) -> tuple[Upload, bool]:
    """Upload a recording, unless the service has the same bytes from us already.

    Parameters
    ----------
    source
        A path or a clip.
    field
        What an error calls it.
    name
        What to call it; by default the file's name or the clip's title.
    again
        Send it whatever the service has.
    rights
        What is said about the rights in it.
    check
        Called with what is known of it before anything is sent, to refuse it.
    told
        Called with what is being done and which part of it is done, from 0 to 1.

    Returns
    -------
    tuple
        The upload, and whether it was sent just now.

    Raises
    ------
    InvalidInput
        There is no such file, it cannot be read, or it is too large.
    UndecodableAudio
        It is not the sound it claims to be.
    LibraryError
        What is said about rights cannot be written down.
    """
    file = named_upload(source.path if isinstance(source, Clip) else source, field)
    name = name or (source.title if isinstance(source, Clip) else file.name)
    uploads, service = road.library.uploads, road.service.identity
    # in turn, because two at once of the same bytes would both be sent
    with uploads.turn, reading(file, field):
        told("Looking at it", 0.0)
        digest = sha256_of(file)
        known = None if again else uploads.of_bytes(service, digest)
        if known is not None:
            check(known)
            if rights not in ("", known.rights):
                known = replace(known, rights=rights)
                uploads.add(known)
            return known, False
        told("Listening to it", 0.0)
        upload, media_type = _examined(file, service, digest, name)
        check(upload)
        told("Uploading", 0.0)
        artifact_id = road.loop.run(
            road.client.upload(
                file,
                media_type=media_type,
                purpose="reference_audio",
                sent=lambda part: told("Uploading", part),
            )
        )
        upload = replace(upload, artifact_id=artifact_id, rights=rights, uploaded_at=time.time())
        try:
            uploads.add(upload)
        except LibraryError as error:
            if rights:  # what somebody states is not to be lost in silence
                raise
            _log.warning("%s", error)  # it is there; only that it is will be forgotten
        return upload, True


def _examined(file: Path, service: str, digest: str, name: str) -> tuple[Upload, str]:
    outline = Outline()
    with sound.Decoder(file, max_seconds=_REFERENCE_SECONDS) as decoder:
        for block in decoder.blocks():
            outline.push(block)
        facts = decoder.facts
    upload = Upload(
        service=service,
        sha256=digest,
        size_bytes=file.stat().st_size,
        artifact_id="",
        name=name,
        format=facts.kind.format,
        duration_s=facts.duration_s,
        sample_rate_hz=facts.sample_rate,
        channels=facts.channels,
        outline=outline.pairs().hex(),
        uploaded_at=0.0,
    )
    return upload, facts.kind.media_type


def sha256_of(file: Path) -> str:
    """Hash a file's bytes."""
    with file.open("rb") as stream:
        return hashlib.file_digest(stream, "sha256").hexdigest()
