"""Answers of the service, read into records or raised as errors."""

from __future__ import annotations

from typing import Final, TypeVar

import httpx
from pydantic import BaseModel, ValidationError

from musicnb import wire
from musicnb.client._retry import retry_after_s
from musicnb.errors import (
    AuthenticationError,
    Conflict,
    Fault,
    InsufficientBalance,
    InvalidRequest,
    NotFound,
    RateLimited,
    ServiceError,
    ServiceUnavailable,
)

Record = TypeVar("Record", bound=BaseModel)

_KINDS: Final[dict[int, type[ServiceError]]] = {
    400: InvalidRequest,
    401: AuthenticationError,
    402: InsufficientBalance,
    403: AuthenticationError,
    404: NotFound,
    408: ServiceUnavailable,
    409: Conflict,
    413: InvalidRequest,
    415: InvalidRequest,
    422: InvalidRequest,
    429: RateLimited,
}
_RETRYABLE: Final = frozenset({408, 429})
_SERVER_ERROR: Final = 500
_LONGEST_MESSAGE: Final = 600

_HINTS: Final[dict[type[ServiceError], str]] = {
    AuthenticationError: "Check the key (MUSICNB_API_KEY) and that it belongs to this service",
    InsufficientBalance: "Top up the wallet",
    RateLimited: "Wait a little; fewer requests at once help",
    ServiceUnavailable: "Try again later; the same request is never charged twice",
}


def read(response: httpx.Response, record: type[Record], *, creates: bool = False) -> Record:
    """Return the record in a 2xx answer.

    Parameters
    ----------
    creates
        The request spends money, so an answer that cannot be read leaves open whether it did.

    Raises
    ------
    ServiceError
        The service said no, or said something that is not its contract.
    """
    if not response.is_success:
        raise error_of(response, creates=creates)
    problem = ""
    try:
        return record.model_validate_json(response.content)
    except ValidationError as error:
        problem = f"{error.error_count()} problem(s) in it"
    raise ServiceUnavailable(
        f"the answer to {response.request.method} {response.url.path} cannot be read ({problem})",
        code="unreadable_answer",
        http_status=response.status_code,
        retryable=True,
        charged=None if creates else False,
        request_id=response.headers.get("x-request-id"),
    )


def error_of(response: httpx.Response, *, creates: bool) -> ServiceError:
    """Make the error of an answer outside 2xx, whatever its body is."""
    status = response.status_code
    body = _error_body(response)
    kind = _KINDS.get(status, ServiceUnavailable if status >= _SERVER_ERROR else ServiceError)
    by_status = status in _RETRYABLE or status >= _SERVER_ERROR
    retryable = by_status if body.retryable is None else body.retryable
    message = body.message or f"{response.reason_phrase or 'the service refused'}, no details given"
    return kind(
        message[:_LONGEST_MESSAGE],
        code=body.code or f"http_{status}",
        hint=_HINTS.get(kind),
        http_status=status,
        retryable=retryable,
        # A 5xx on a create may come from a proxy after the task was accepted.
        charged=None if creates and (status >= _SERVER_ERROR or status in _RETRYABLE) else False,
        request_id=body.request_id or response.headers.get("x-request-id"),
        param=body.param,
        retry_after_s=retry_after_s(response.headers.get("retry-after")),
        faults=_faults(body),
    )


def _error_body(response: httpx.Response) -> wire.ErrorBody:
    try:
        return wire.ErrorEnvelope.model_validate_json(response.content).error
    except ValidationError:  # an HTML page of a proxy, cut JSON, nothing at all
        return wire.ErrorBody()


def _faults(body: wire.ErrorBody) -> tuple[Fault, ...]:
    entries = (body.details or {}).get("errors")
    if not isinstance(entries, list):
        return ()
    return tuple(
        Fault(
            str(entry.get("field") or entry.get("param") or ""),
            str(entry.get("param") or ""),
            str(entry.get("message") or ""),
            str(entry.get("code") or body.code or "invalid_request"),
        )
        for entry in entries
        if isinstance(entry, dict)
    )
