"""What a pack's manifest says of a delivery: files, clips, and the way from one to the other."""

from __future__ import annotations

import hashlib
import math
import time
from collections.abc import Sequence
from decimal import Decimal
from pathlib import Path
from typing import TYPE_CHECKING, Final

from musicnb import __version__
from musicnb.deliver import (
    ClipRecord,
    FileRecord,
    Measured,
    PackManifest,
    Rights,
    has_content_credentials,
)
from musicnb.library import Uploads
from musicnb.studio._clip import Clip
from musicnb.studio._lineage import lineage_of
from musicnb.studio._manifest import moment, without_secrets
from musicnb.sweep import credits_text, line_of

if TYPE_CHECKING:
    from musicnb.studio._deliverables import Deliverable
    from musicnb.studio._statements import Statements

_MEDIA: Final = {
    "WAV": "audio/wav", "FLAC": "audio/flac", "MP3": "audio/mpeg", "OGG": "audio/ogg",
    "OPUS": "audio/ogg",
}  # fmt: skip

_ROLES: Final = {".html": "page", ".csv": "table", ".json": "schema"}
_EXTRA_MEDIA: Final = {
    ".html": "text/html", ".csv": "text/csv", ".json": "application/schema+json",
}  # fmt: skip


def manifest_of(
    files: Sequence[Deliverable], *, name: str, disclosure: str, said: Statements
) -> PackManifest:
    """Write down what a delivery is; what else a pack holds is added later."""
    made_of = {file.clip.clip_id: file for file in files}.values()
    clips = [file.clip for file in made_of]
    return PackManifest(
        name=name,
        made_at=moment(time.time()) or "",
        musicnb=__version__,
        is_sandbox=any(clip.sandbox for clip in clips),
        disclosure=disclosure,
        rights=Rights(note=said.rights, terms_url=said.terms_url, terms_date=said.terms_date),
        clips=tuple(_clip_record(file.clip, file.found_terms) for file in made_of),
        files=tuple(_file_record(file, said.override.strip()) for file in files),
        lineage=tuple(lineage_of(clips, files)),
    )


def extra_file(name: str, data: bytes) -> FileRecord:
    """Write down a file that is no sound."""
    suffix = Path(name).suffix
    return FileRecord(
        path=name,
        role=_ROLES[suffix],  # type: ignore[arg-type] # they are roles
        sha256=hashlib.sha256(data).hexdigest(),
        size_bytes=len(data),
        media_type=_EXTRA_MEDIA[suffix],
    )


def _file_record(file: Deliverable, override: str) -> FileRecord:
    made = file.made
    return FileRecord(
        path=file.name,
        role="loop" if file.loop else "cut" if file.cut else "conformed",
        sha256=made.sha256,
        size_bytes=made.size_bytes,
        media_type=_MEDIA[file.profile.format],
        clip_id=file.clip.clip_id,
        profile=file.profile.name,
        parent_sha256=file.clip.record.sha256,
        edits=(
            *([] if file.cut is None else [{"kind": "cut", **file.cut.edit_list()}]),
            *([] if file.loop is None else [{"kind": "loop", **file.loop.edit_list()}]),
            {"kind": "gain", "db": round(made.gain_db, 3)},
            {"kind": "limit", "most_db": round(made.limited_db, 3)},
        ),
        ending=_ending(file),
        measured=Measured(
            duration_s=made.duration_s,
            frames=made.frames,
            sample_rate_hz=made.sample_rate_hz,
            channels=made.channels,
            loudness_lufs=_finite(made.loudness_lufs),
            true_peak_dbtp=_finite(made.true_peak_dbtp),
        ),
        failures=made.problems,
        override=override if made.problems else "",
    )


def _ending(file: Deliverable) -> str:
    if file.loop is not None:
        return f"loop: {file.loop}"
    return file.ending if file.cut is None else f"{file.ending}: {file.cut.reason}"


def _clip_record(clip: Clip, found_terms: tuple[str, ...]) -> ClipRecord:
    request, _ = without_secrets(clip.job.request)
    with clip.file().open("rb") as file:
        signed = has_content_credentials(file)
    share = None if clip.credits is None else clip.credits / Decimal(_takes(clip))
    return ClipRecord(
        clip_id=clip.clip_id,
        task_id=clip.job.task_id,
        job_id=clip.job.job_id,
        model=clip.model,
        title=line_of(clip.title),
        sha256=clip.record.sha256,
        request=request,
        credits=None if share is None else credits_text(share.quantize(Decimal("0.0001"))),
        is_sandbox=clip.sandbox,
        found_terms=found_terms,
        reference_rights=_reference_rights(clip),
        c2pa=signed,
    )


def _reference_rights(clip: Clip) -> str:
    """Return what was said about the recording that a clip follows."""
    reference = clip.job.request.get("reference_audio")
    if not isinstance(reference, dict) or "artifact_id" not in reference:
        return ""
    return Uploads(clip.folder).rights_in(clip.job.service, str(reference["artifact_id"]))


def _takes(clip: Clip) -> int:
    """Among how many clips the cost of a task is shared."""
    if clip.journal is None:
        return 1
    return max(1, len(clip.journal.clips(clip.job.job_id)))


def _finite(value: float) -> float | None:
    return value if abs(value) < math.inf else None
