"""Every error the sandbox can answer with: codes, statuses, and the contract's envelope."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from types import MappingProxyType
from typing import Any, Final

from musicnb.errors import Fault
from musicnb.wire import ErrorBody, ErrorEnvelope

__all__ = ["CODES", "Code", "Refusal"]


@dataclass(frozen=True, slots=True)
class Code:
    """What an error code means to HTTP: its usual status, and whether a repeat may help."""

    status: int
    retryable: bool = False


# The hosted service documents the first group; the names in the second are the sandbox's own.
CODES: Final[Mapping[str, Code]] = MappingProxyType(
    {
        "unauthorized": Code(401),
        "invalid_api_key": Code(401),
        "forbidden": Code(403),
        "insufficient_balance": Code(402),
        "billing_failed": Code(500, retryable=True),
        "invalid_request": Code(422),
        "unsupported_capability": Code(400),
        "unsupported_model": Code(400),
        "unsupported_option": Code(422),
        "rate_limited": Code(429, retryable=True),
        "model_unavailable": Code(503, retryable=True),
        "idempotency_conflict": Code(409),
        "idempotency_in_progress": Code(409, retryable=True),
        "task_not_found": Code(404),
        "artifact_not_found": Code(404),
        "not_found": Code(404),
        "payload_too_large": Code(413),
        "request_timeout": Code(408, retryable=True),
        "unsupported_media_type": Code(415),
        "media_download_failed": Code(422),
        "internal_error": Code(500, retryable=True),
        "upstream_unavailable": Code(503, retryable=True),
        "upstream_timeout": Code(504, retryable=True),
    }
)

# The first code of this list that any fault of a request carries is the request's.
_CHECK_ORDER: Final = ("unsupported_model", "unsupported_option", "invalid_request")


class Refusal(Exception):
    """A request that is answered with an error.

    Parameters
    ----------
    code
        A key of `CODES`.
    message
        What is wrong and what to do, in plain words.
    param
        RFC 6901 pointer to the part at fault.
    details
        More facts as JSON values.
    status
        Another HTTP status than the code's usual one.
    headers
        Further response headers.
    """

    def __init__(
        self,
        code: str,
        message: str,
        *,
        param: str | None = None,
        details: Mapping[str, Any] | None = None,
        status: int | None = None,
        headers: Mapping[str, str] | None = None,
    ) -> None:
        super().__init__(message)
        self.code = code
        self.message = message
        self.param = param
        self.details = dict(details) if details else None
        self.status = status or CODES[code].status
        self.headers = dict(headers or {})

    @classmethod
    def from_faults(cls, faults: Sequence[Fault]) -> Refusal:
        """Build the one refusal that names every fault of a request."""
        code = next(
            (code for code in _CHECK_ORDER if any(fault.code == code for fault in faults)),
            "invalid_request",
        )
        first = next((fault for fault in faults if fault.code == code), faults[0])
        more = f" (and {len(faults) - 1} more)" if len(faults) > 1 else ""
        details: dict[str, Any] = {
            "errors": [
                {
                    "field": fault.field,
                    "param": fault.pointer,
                    "code": fault.code,
                    "message": fault.message,
                }
                for fault in faults
            ]
        }
        unsupported = [fault.pointer for fault in faults if fault.code == "unsupported_option"]
        if unsupported:
            details["unsupported_fields"] = unsupported
        return cls(code, f"{first}{more}", param=first.pointer, details=details)

    def body(self, request_id: str) -> bytes:
        """Write the contract's error envelope as JSON."""
        error = ErrorBody(
            code=self.code,
            message=self.message,
            retryable=CODES[self.code].retryable,
            request_id=request_id,
            param=self.param,
            details=self.details,
        )
        # what a hostile request made us quote may hold lone surrogates; the answer must not
        return ErrorEnvelope(error=_printable(error)).model_dump_json(exclude_none=True).encode()


def _printable(error: ErrorBody) -> ErrorBody:
    return ErrorBody.model_construct(
        **{name: _clean(value) for name, value in error.model_dump().items()}
    )


def _clean(value: Any) -> Any:
    if isinstance(value, str):
        return value.encode("utf-8", "backslashreplace").decode()
    if isinstance(value, dict):
        return {_clean(key): _clean(item) for key, item in value.items()}
    if isinstance(value, list):
        return [_clean(item) for item in value]
    return value
