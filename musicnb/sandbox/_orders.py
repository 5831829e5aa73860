"""What a create request asks for, checked in the contract's order: structure, model, limits."""

from __future__ import annotations

import sqlite3
from dataclasses import dataclass
from typing import Any

from musicnb import catalogue
from musicnb.catalogue import REFERENCE_TO_MUSIC, Capability, Model, ReferenceLimits
from musicnb.errors import Fault, InvalidInput
from musicnb.sandbox._reading import parse_json, to_record
from musicnb.sandbox._refusals import Refusal
from musicnb.wire import ArtifactReference, MusicRequest, ReferenceMusicRequest, UrlReference


@dataclass(frozen=True, slots=True)
class PlacedOrder:
    """A request that the catalogue accepts, and the model that will do it."""

    capability: Capability
    request: MusicRequest
    model: Model
    body: dict[str, Any]
    """The request as JSON values, without what was left out."""
    rehosted: str | None = None
    """Artifact that the reference audio's URL has become."""

    @property
    def artifact_id(self) -> str | None:
        """The reference audio's artifact, where there is one."""
        if not isinstance(self.request, ReferenceMusicRequest):
            return None
        reference = self.request.reference_audio
        return reference.artifact_id if isinstance(reference, ArtifactReference) else self.rehosted

    @property
    def url(self) -> str | None:
        """The reference audio's URL, where it is named by one."""
        if not isinstance(self.request, ReferenceMusicRequest):
            return None
        reference = self.request.reference_audio
        return reference.url if isinstance(reference, UrlReference) else None


def read_order(capability: Capability, body: bytes) -> PlacedOrder:
    """Read and check the body of a create request.

    Raises
    ------
    Refusal
        400 or 422, naming every fault.
    """
    record = ReferenceMusicRequest if capability == REFERENCE_TO_MUSIC else MusicRequest
    request = to_record(record, parse_json(body))
    values = request.body()
    faults: tuple[Fault, ...] = ()
    try:
        return PlacedOrder(capability, request, catalogue.resolve(capability, values), values)
    except InvalidInput as error:
        faults = error.faults
    raise Refusal.from_faults(faults)


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
    name = "artifact_id" if order.url is None else "url"
    faults = [
        Fault("reference_audio", f"/reference_audio/{name}", complaint)
        for limits in reference_limits(order)
        if (complaint := _complaint(limits, row))
    ]
    if faults:
        raise Refusal.from_faults(faults)


def reference_limits(order: PlacedOrder) -> set[ReferenceLimits]:
    """Return the limits of an order's reference audio, which has to keep them all."""
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
