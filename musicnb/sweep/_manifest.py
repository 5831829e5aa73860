"""The manifest of a campaign: what was planned, ordered and paid, and which bytes came of it.

A manifest is JSON for people and programs that come later. It holds neither a key nor a path of
this machine, and of an address of reference audio only what cannot be a signature. What is read is
somebody else's until it has been checked: its size, its depth, its names and every value.

``manifest.schema.json`` beside this file is the same as JSON Schema.
"""

from __future__ import annotations

from collections.abc import Iterator
from decimal import Decimal
from pathlib import Path
from typing import Annotated, Any, Final, Literal

from pydantic import BaseModel, ConfigDict, Field, JsonValue

from musicnb._foreign import read_record
from musicnb.briefs import Brief, brief_of
from musicnb.catalogue import Capability
from musicnb.errors import Fault, InvalidInput
from musicnb.sweep._axes import MOST_CELLS, Setting
from musicnb.sweep._cells import Cell
from musicnb.sweep._plan import Plan, digest_of, faults_of_name

VERSION: Final = 1
#: Ten thousand cells with long prompts take half of it.
MOST_BYTES: Final = 64 * 2**20
_LONGEST_LINE: Final = 10_000
_MOST_FAULTS: Final = 12

Name = Annotated[str, Field(min_length=1, max_length=1_000)]
Line = Annotated[str, Field(max_length=_LONGEST_LINE)]
Credits = Annotated[str, Field(pattern=r"^-?[0-9]{1,16}(\.[0-9]{1,4})?$")]
Moment = Annotated[str, Field(pattern=r"^[0-9]{4}-[0-9]{2}-[0-9]{2}T[0-9:.]{8,15}Z$")]
Count = Annotated[int, Field(ge=1, le=MOST_CELLS)]


class _Record(BaseModel):
    model_config = ConfigDict(extra="forbid", frozen=True, strict=True, allow_inf_nan=False)


class ClipEntry(_Record):
    """One clip: what to look for is its hash; the file's name is a hint, relative to a library."""

    clip_id: Name
    position: Count
    title: Line
    # one name in one folder: nothing that leads elsewhere, nothing hidden
    file: Annotated[str, Field(pattern=r"^clips/[^/\\.\x00-\x1f][^/\\\x00-\x1f]{0,254}$")]
    sha256: Annotated[str, Field(pattern="^[0-9a-f]{64}$")]
    size_bytes: Annotated[int, Field(ge=0, le=2**53)]
    media_type: Line
    duration_s: Annotated[float, Field(ge=0)]


class OrderEntry(_Record):
    """One order of a cell, from its first to its last; credits that are not reported are null."""

    repeat: Count
    status: Name
    job_id: Name | None = None
    task_id: Name | None = None
    model: Name | None = None
    expected_credits: Credits | None = None
    charged_credits: Credits | None = None
    refunded_credits: Credits | None = None
    planned_at: Moment | None = None
    sent_at: Moment | None = None
    ended_at: Moment | None = None
    clips: Annotated[tuple[ClipEntry, ...], Field(max_length=100)] = ()


class CellEntry(_Record):
    """One cell; one that could not be sent has no request, and says why."""

    number: Count
    labels: dict[Line, Line]
    repeats: Count
    problem: Line = ""
    capability: Capability
    request: dict[str, JsonValue] | None
    #: JSON pointers of what was left out of the request because it may be secret.
    withheld: Annotated[tuple[Name, ...], Field(max_length=10)] = ()
    orders: Annotated[tuple[OrderEntry, ...], Field(max_length=MOST_CELLS)] = ()


class Costs(_Record):
    """Sums over every order of the campaign, in credits."""

    expected_credits: Credits
    charged_credits: Credits
    refunded_credits: Credits
    spent_credits: Credits
    held_credits: Credits
    max_credits: Credits | None
    orders_without_reported_charge: Annotated[int, Field(ge=0)]


class AxisEntry(_Record):
    """An axis and the labels of its values, in order."""

    name: Line
    labels: Annotated[tuple[Line, ...], Field(max_length=MOST_CELLS)]


class ServiceEntry(_Record):
    """Which kind of service made the music."""

    kind: Literal["sandbox", "local", "hosted"]
    is_sandbox: bool


class Manifest(_Record):
    """A campaign as it stood when the manifest was written."""

    format: Literal["musicnb campaign"] = "musicnb campaign"
    version: Literal[1] = VERSION
    name: Annotated[str, Field(min_length=1, max_length=80)]
    made_at: Moment
    musicnb: Name
    python: Name
    service: ServiceEntry
    plan_digest: Annotated[str, Field(pattern="^[0-9a-f]{12}$")]
    #: The brief with its placeholders; null for a plan that was not made of one.
    brief: dict[str, JsonValue] | None
    axes: Annotated[tuple[AxisEntry, ...], Field(max_length=100)]
    cells: Annotated[tuple[CellEntry, ...], Field(max_length=MOST_CELLS)]
    #: Orders under the campaign's name that no cell shows: attempts that were repeated since.
    earlier_orders: Annotated[tuple[OrderEntry, ...], Field(max_length=10 * MOST_CELLS)] = ()
    costs: Costs

    @property
    def clips(self) -> tuple[ClipEntry, ...]:
        """Every clip, in the plan's order."""
        orders = [order for cell in self.cells for order in cell.orders]
        return tuple(clip for order in (*orders, *self.earlier_orders) for clip in order.clips)

    def plan(self, name: str) -> Plan:
        """Plan the same requests under another name, at today's prices; sends nothing.

        Raises
        ------
        InvalidInput
            The name is the campaign's own or cannot be one, a request is none that can be sent, or
            a part of it was withheld.
        """
        faults = faults_of_name(name)
        if not faults and name.strip() == self.name:
            text = "is the campaign's own, whose orders exist: choose another to order anew"
            faults.append(Fault("name", "", text))
        faults += [
            Fault(f"cells[{place}].request", pointer, "was withheld when the manifest was written")
            for place, cell in enumerate(self.cells)
            for pointer in cell.withheld
        ]
        if faults:
            raise InvalidInput.from_faults(faults[:_MOST_FAULTS])
        return self._planned(name.strip())

    def _planned(self, name: str) -> Plan:
        cells: list[Cell] = []
        faults: list[Fault] = []
        for place, cell in enumerate(self.cells):
            if cell.request is None:
                continue
            brief = _brief(cell, f"cells[{place}].request", faults)
            settings = tuple(Setting(axis, label, label) for axis, label in cell.labels.items())
            if brief is not None:
                cells.append(Cell(cell.number, settings, brief, cell.repeats))
        if faults:
            raise InvalidInput.from_faults(faults[:_MOST_FAULTS])
        return Plan(name, tuple(cells))

    def faults(self) -> Iterator[Fault]:
        """Find what the values say against each other."""
        yield from faults_of_name(self.name)
        axes = [axis.name for axis in self.axes]
        for place, cell in enumerate(self.cells):
            if list(cell.labels) != axes:
                yield Fault(f"cells[{place}].labels", f"/cells/{place}/labels", "are not the axes'")
            if (cell.request is None) != bool(cell.problem):
                text = "must say why exactly where there is no request"
                yield Fault(f"cells[{place}].problem", f"/cells/{place}/problem", text)
        tasks = sum(cell.repeats for cell in self.cells)
        if tasks > MOST_CELLS:
            yield Fault("cells", "/cells", f"make {tasks:,} tasks; at most {MOST_CELLS:,}")
        if not any(cell.withheld for cell in self.cells):
            # of the requests themselves: a model that is no longer sold must not hide its clips
            sent = [
                (cell.capability, cell.repeats, dict(cell.request))
                for cell in self.cells
                if cell.request is not None
            ]
            digest = digest_of(self.name, sent)
            if digest != self.plan_digest:
                text = f"is {self.plan_digest}, but these requests make {digest}"
                yield Fault("plan_digest", "/plan_digest", text)


def read_manifest(path: Path) -> Manifest:
    """Read a manifest that may come from anywhere.

    Raises
    ------
    InvalidInput
        It is no file, too large, no JSON, or a field is not what it must be; the first dozen of
        those are named.
    """
    problem = ""
    try:
        # a pipe or a device would never end
        size = path.stat().st_size if path.is_file() else -1
        if size > MOST_BYTES:
            problem = f"has {size:,} bytes; a manifest has at most {MOST_BYTES:,}"
        elif size < 0:
            problem = f"{path.name!r:.80} is no file"
        else:
            with path.open("rb") as file:
                data = file.read(MOST_BYTES)
    except (OSError, ValueError) as error:
        problem = f"{path.name!r:.80} cannot be read ({error!s:.80})"
    if problem:
        raise _fault("path", problem)
    return parsed_manifest(data)


def parsed_manifest(data: bytes) -> Manifest:
    """Check the bytes of a manifest; see `read_manifest`."""
    manifest = read_record(Manifest, data, called="manifest", version=VERSION)
    problems = list(manifest.faults())
    if problems:
        raise InvalidInput.from_faults(problems[:_MOST_FAULTS])
    return manifest


def manifest_schema() -> dict[str, Any]:
    """Return the JSON Schema (2020-12) of a manifest."""
    schema = Manifest.model_json_schema()
    return {"$schema": "https://json-schema.org/draft/2020-12/schema", **schema}


def _brief(cell: CellEntry, field: str, faults: list[Fault]) -> Brief | None:
    assert cell.request is not None
    try:
        brief = brief_of(cell.capability, cell.request)
        problems = brief.faults()
        if not problems and brief.request().body() != cell.request:
            problems = [Fault("request", "", "says something that a brief cannot say")]
    except InvalidInput as error:
        problems, brief = list(error.faults), None
    faults += [Fault(f"{field}.{fault.field}", fault.pointer, fault.message) for fault in problems]
    return brief


def _fault(field: str, message: str) -> InvalidInput:
    return InvalidInput.from_faults([Fault(field, "", message)])


def line_of(text: str) -> str:
    """Cut a text to what a manifest holds of it: no halves of characters, no novels."""
    return text[:_LONGEST_LINE].encode(errors="replace").decode()


def credits_text(amount: Decimal) -> str:
    """Write credits as a manifest does: exactly, without an exponent."""
    return f"{amount.normalize():f}"
