"""Answers and requests that only the sandbox knows; what it shares is in `musicnb.wire`."""

from __future__ import annotations

import re
from datetime import datetime
from decimal import Decimal
from typing import Annotated, Final, Literal

from pydantic import BaseModel, BeforeValidator, ConfigDict, Field, WithJsonSchema
from pydantic_core import PydanticCustomError

from musicnb.sandbox._clock import MAX_AHEAD_S
from musicnb.sandbox._fault_table import ANY, KINDS, OPERATIONS
from musicnb.wire import UploadAnswer

__all__ = [
    "MAX_TOP_UP",
    "About",
    "Advance",
    "ArmFault",
    "ArmedFault",
    "Clock",
    "FaultList",
    "Health",
    "Ledger",
    "StoredFile",
    "TopUp",
    "Wallet",
]

MAX_TOP_UP: Final = 1_000_000_000
_CREDITS: Final = re.compile(r"[0-9]{1,10}(\.[0-9]{1,4})?")

Money = Annotated[str, Field(pattern=r"^-?[0-9]+\.[0-9]{4}$")]


class Health(BaseModel):
    """Answer of ``GET /v1/health``."""

    status: Literal["ok"] = "ok"


class About(BaseModel):
    """Answer of ``GET /sandbox``: how a client tells a sandbox from the hosted service."""

    object: Literal["sandbox"] = "sandbox"
    name: str
    message: str


class Wallet(BaseModel):
    """Answer of ``GET /sandbox/wallet``; USD is for display."""

    object: Literal["wallet"]
    balance_credits: Money
    balance_credits_usd_reference: Money
    currency: Literal["USD"]


class Entry(BaseModel):
    """One side of a transfer."""

    account: str
    credits: Money


class Transfer(BaseModel):
    """One movement of money; its entries sum to zero."""

    id: int
    kind: Literal["top_up", "debit", "refund"]
    task_id: str | None
    note: str
    entries: list[Entry]


class Ledger(BaseModel):
    """Answer of ``GET /sandbox/ledger``, oldest first."""

    object: Literal["list"]
    data: list[Transfer]


class ArmFault(BaseModel):
    """Body of ``POST /sandbox/faults``; more fields are the parameters of the fault."""

    model_config = ConfigDict(extra="allow")

    fault: Annotated[str, Field(json_schema_extra={"enum": list(KINDS)})]
    on: Annotated[str, Field(json_schema_extra={"enum": [*OPERATIONS, ANY]})] = ANY
    times: Annotated[int, Field(ge=1)] | None = None
    probability: Annotated[float, Field(ge=0, le=1)] = 1.0
    after: Annotated[int, Field(ge=0)] = 0
    seed: Annotated[int, Field(ge=0)] = 0


class ArmedFault(ArmFault):
    """A fault that waits, and how often it has struck."""

    object: Literal["fault"]
    id: str
    met: int
    fired: int


class FaultList(BaseModel):
    """Answer of ``GET /sandbox/faults``, in the order in which they were armed."""

    object: Literal["list"]
    data: list[ArmedFault]


class Clock(BaseModel):
    """Answer of ``GET /sandbox/clock``: the sandbox's time, and its lead over the machine's."""

    object: Literal["clock"] = "clock"
    now: datetime
    ahead_s: float


class Advance(BaseModel):
    """Body of ``POST /sandbox/clock``."""

    model_config = ConfigDict(extra="forbid", frozen=True, strict=True)

    advance_s: Annotated[float, Field(ge=0, le=MAX_AHEAD_S)]


class StoredFile(UploadAnswer):
    """Answer of ``POST /v1/uploads``."""

    object: Literal["artifact"] = "artifact"
    artifact_id: str
    url: str
    purpose: str
    media_type: str
    size_bytes: int
    sha256: str
    duration_seconds: float
    metadata: dict[str, str]
    created_at: datetime


def _amount(value: object) -> Decimal:
    # a float is refused: 0.1 is no amount of money
    text = str(value) if isinstance(value, (str, int)) and not isinstance(value, bool) else ""
    amount = Decimal(text) if _CREDITS.fullmatch(text) else Decimal(0)
    if not 0 < amount <= MAX_TOP_UP:
        raise PydanticCustomError(
            "credits", f'must be an amount above 0 and up to {MAX_TOP_UP:,}, such as "1000.0000"'
        )
    return amount


class TopUp(BaseModel):
    """Body of ``POST /sandbox/wallet``."""

    model_config = ConfigDict(extra="forbid", frozen=True)

    credits: Annotated[
        Decimal,
        BeforeValidator(_amount),
        WithJsonSchema(
            {
                "description": "Play money: a decimal string with at most four places, or a whole"
                " number.",
                "examples": ["1000.0000"],
                "anyOf": [
                    {
                        "type": "string",
                        "pattern": r"^(?=.*[1-9])[0-9]{1,9}(\.[0-9]{1,4})?$",
                    },
                    {"type": "integer", "minimum": 1, "maximum": MAX_TOP_UP},
                ],
            }
        ),
    ]
