"""What a create request asks for, checked in the contract's order: structure, model, limits."""

from __future__ import annotations

import sqlite3
from dataclasses import dataclass
from typing import Any

from musicnb import catalogue
from musicnb.catalogue import REFERENCE_TO_MUSIC, Capability, Model, ReferenceLimits
from musicnb.errors import Fault
from musicnb.sandbox._reading import parse_json, to_record
from musicnb.sandbox._refusals import Refusal
from musicnb.wire import ArtifactReference, MusicRequest, ReferenceMusicRequest, UrlReference


@dataclass(frozen=True, slots=True)
class PlacedOrder:
    """A request that the catalogue accepts, and the model that will do it."""

    capability: Capability
    request: MusicRequest
    model: Model

    @property
    def body(self) -> dict[str, Any]:
        """The request as JSON values, without what was left out."""
        return self.request.body()

    @property
    def artifact_id(self) -> str | None:
        """The reference audio's artifact, where there is one."""
        if not isinstance(self.request, ReferenceMusicRequest):
            return None
        reference = self.request.reference_audio
        return reference.artifact_id if isinstance(reference, ArtifactReference) else None


def read_order(capability: Capability, body: bytes) -> PlacedOrder:
    """Read and check the body of a create request.

    Raises
    ------
    Refusal
        400 or 422, naming every fault; or the reference is a URL.
    """
    record = ReferenceMusicRequest if capability == REFERENCE_TO_MUSIC else MusicRequest
    request = to_record(record, parse_json(body))
    faults = catalogue.faults_in(capability, request.body())
    if faults:
        raise Refusal.from_faults(faults)
    model = catalogue.resolve(capability, request.body())
    if isinstance(request, ReferenceMusicRequest) and isinstance(
        request.reference_audio, UrlReference
    ):
        raise Refusal(
            "media_download_failed",
            "this sandbox does not fetch reference audio from URLs yet;"
            " upload the file to /v1/uploads and send its artifact_id",
            param="/reference_audio/url",
        )
    return PlacedOrder(capability, request, model)


def check_reference(connection: sqlite3.Connection, tenant: str, order: PlacedOrder) -> None:
    """Check that the reference audio exists and is what the model takes.

    Raises
    ------
    Refusal
        404 ``artifact_not_found``, or 422 when its length, size or format will not do.
    """
    if order.artifact_id is None:
        return
    row = connection.execute(
        "SELECT * FROM artifacts WHERE artifact_id = ? AND tenant = ?",
        (order.artifact_id, tenant),
    ).fetchone()
    if row is None:
        raise Refusal(
            "artifact_not_found",
            f"there is no artifact {order.artifact_id!r}; upload the file first",
            param="/reference_audio/artifact_id",
        )
    faults = [
        Fault("reference_audio", "/reference_audio/artifact_id", complaint)
        for limits in _reference_limits(order)
        if (complaint := _complaint(limits, row))
    ]
    if faults:
        raise Refusal.from_faults(faults)


def _reference_limits(order: PlacedOrder) -> set[ReferenceLimits]:
    # auto promises the strictest of the models it may choose from
    return {
        mode.reference
        for model in catalogue.candidates(order.request.model)
        for (capability, _), mode in model.modes.items()
        if capability == REFERENCE_TO_MUSIC and mode.reference is not None
    }


def _complaint(limits: ReferenceLimits, row: sqlite3.Row) -> str | None:
    duration_s = row["frames"] / row["sample_rate"]
    if row["format"] not in limits.formats:
        return f"is {row['format']}; reference audio must be {', '.join(limits.formats)}"
    if not limits.minimum_s <= duration_s <= limits.maximum_s:
        return (
            f"lasts {duration_s:.1f} s; it must last {limits.minimum_s:g} to {limits.maximum_s:g} s"
        )
    if row["size_bytes"] > limits.maximum_bytes:
        return f"has {row['size_bytes']:,} bytes, at most {limits.maximum_bytes:,} are taken"
    return None
