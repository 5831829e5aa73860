"""What a pack says of itself: its files, what they were made of, what that cost, whose it is.

``pack.schema.json`` beside this file is the same as JSON Schema.
"""

from __future__ import annotations

from typing import Annotated, Any, Final, Literal

from pydantic import BaseModel, ConfigDict, Field, JsonValue

VERSION: Final = 1
MOST_FILES: Final = 5_000
#: The others tell what these are.
MOST_SOUNDS: Final = 4_900
MANIFEST: Final = "manifest.json"
CHECKSUMS: Final = "SHA256SUMS"

#: A path of at most two folders that means the same on every system: nothing that leads elsewhere,
#: nothing hidden, no letters that some file system has not.
PATH_PATTERN: Final = (
    r"^([A-Za-z0-9][A-Za-z0-9_-]{0,63}/){0,2}"
    r"[A-Za-z0-9][A-Za-z0-9_-]{0,99}(\.[A-Za-z0-9_-]{1,16}){0,3}$"
)

Name = Annotated[str, Field(min_length=1, max_length=1_000)]
Line = Annotated[str, Field(max_length=10_000)]
SafePath = Annotated[str, Field(pattern=PATH_PATTERN)]
Sha256 = Annotated[str, Field(pattern="^[0-9a-f]{64}$")]
Bytes = Annotated[int, Field(ge=0, le=2**53)]
Credits = Annotated[str, Field(pattern=r"^-?[0-9]{1,16}(\.[0-9]{1,4})?$")]
Moment = Annotated[str, Field(pattern=r"^[0-9]{4}-[0-9]{2}-[0-9]{2}T[0-9:.]{8,15}Z$")]
Day = Annotated[str, Field(pattern=r"^[0-9]{4}-[0-9]{2}-[0-9]{2}$")]
Role = Literal["original", "cut", "loop", "conformed", "page", "table", "picture", "schema"]


class _Record(BaseModel):
    model_config = ConfigDict(extra="forbid", frozen=True, strict=True, allow_inf_nan=False)


class Measured(_Record):
    """What was measured of a sound file as it lies in the pack, after encoding."""

    duration_s: Annotated[float, Field(ge=0)]
    frames: Annotated[int, Field(ge=0)]
    sample_rate_hz: Annotated[int, Field(ge=1)]
    channels: Annotated[int, Field(ge=1, le=8)]
    #: LUFS and dBTP; null where there is silence.
    loudness_lufs: float | None = None
    true_peak_dbtp: float | None = None


class Rights(_Record):
    """What the person who made the pack says about rights; musicnb neither knows nor checks it."""

    note: Line = ""
    terms_url: Annotated[str, Field(max_length=2_000)] = ""
    terms_date: Day | None = None


class ClipRecord(_Record):
    """A clip that files were made of: the request that it came from, and its cost."""

    clip_id: Name
    task_id: Name | None
    job_id: Name
    model: Name
    title: Line
    sha256: Sha256
    request: dict[str, JsonValue]
    #: Its share of what its task cost, in credits; null while the service has not said.
    credits: Credits | None
    is_sandbox: bool
    reference_rights: Line = ""
    #: What stands in its request and on the list of terms that the delivery was checked against.
    found_terms: Annotated[tuple[Line, ...], Field(max_length=10_000)] = ()
    c2pa: bool = False


class FileRecord(_Record):
    """One file of a pack."""

    path: SafePath
    role: Role
    sha256: Sha256
    size_bytes: Bytes
    media_type: Line
    clip_id: Name | None = None
    profile: Name | None = None
    #: Hash of the file it was made of.
    parent_sha256: Sha256 | None = None
    #: What was done to the parent, in order.
    edits: Annotated[tuple[dict[str, JsonValue], ...], Field(max_length=1_000)] = ()
    ending: Line = ""
    measured: Measured | None = None
    #: What its profile asks for and it has not.
    failures: Annotated[tuple[Line, ...], Field(max_length=50)] = ()
    #: Why it was delivered all the same.
    override: Line = ""

    @property
    def passed(self) -> bool:
        """Whether it is what its profile asks for."""
        return not self.failures


class Edge(_Record):
    """One step of the way from a brief to a file, with what it cost."""

    source: Name
    target: Name
    step: Line
    credits: Credits | None = None


class PackManifest(_Record):
    """A pack as it was written."""

    format: Literal["musicnb pack"] = "musicnb pack"
    version: Literal[1] = VERSION
    name: Annotated[str, Field(min_length=1, max_length=200)]
    made_at: Moment
    musicnb: Name
    is_sandbox: bool
    disclosure: Line
    rights: Rights = Rights()
    clips: Annotated[tuple[ClipRecord, ...], Field(max_length=MOST_FILES)]
    files: Annotated[tuple[FileRecord, ...], Field(max_length=MOST_FILES)]
    lineage: Annotated[tuple[Edge, ...], Field(max_length=10 * MOST_FILES)] = ()


def pack_schema() -> dict[str, Any]:
    """Return the JSON Schema (2020-12) of a pack's manifest."""
    schema = PackManifest.model_json_schema()
    return {"$schema": "https://json-schema.org/draft/2020-12/schema", **schema}
