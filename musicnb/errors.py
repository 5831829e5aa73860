"""Every error a user of musicnb can meet, as one tree.

::

    MusicnbError
    ├── InvalidInput           yours: a field is wrong; nothing was sent, nothing was charged
    ├── ConfigurationError     yours: which service, which key
    ├── ServiceError           the service answered with an error
    │   ├── AuthenticationError    401, 403: the key
    │   ├── InvalidRequest         400, 413, 415, 422: the request as sent
    │   ├── InsufficientBalance    402: the wallet
    │   ├── NotFound               404
    │   ├── Conflict               409
    │   ├── RateLimited            429
    │   └── ServiceUnavailable     5xx
    ├── ConnectionFailed       no answer: unreachable, or the answer was lost
    ├── OutcomeUnknown         whether the service took an order cannot be told; its price is held
    ├── TaskFailed             the service gave up on a task; its refund may come later
    ├── TaskCanceled           you, or somebody with your key, canceled it
    ├── WaitTimeout            your patience ended; the task goes on
    ├── DownloadFailed         a finished clip is not on disk yet; it can be fetched again
    ├── UndecodableAudio       bytes that are not the sound they claim to be
    └── LibraryError           the folder on disk: locked, unreadable, full

Each error is one line of text, says what to do, and carries what a program needs to decide:
whether anything was charged, whether a repeat can help, and the ids to ask about.
"""

from __future__ import annotations

import functools
from dataclasses import dataclass
from typing import Any

__all__ = [
    "AuthenticationError",
    "ConfigurationError",
    "Conflict",
    "ConnectionFailed",
    "DownloadFailed",
    "Fault",
    "InsufficientBalance",
    "InvalidInput",
    "InvalidRequest",
    "LibraryError",
    "MusicnbError",
    "NotFound",
    "OutcomeUnknown",
    "RateLimited",
    "ServiceError",
    "ServiceUnavailable",
    "TaskCanceled",
    "TaskFailed",
    "UndecodableAudio",
    "WaitTimeout",
]

_CHARGED_TEXT = {True: "charged", False: "not charged", None: "unknown whether charged"}


@dataclass(frozen=True, slots=True)
class Fault:
    """One thing wrong with one field of a request.

    Parameters
    ----------
    field
        The field's name as the musician writes it: ``"lyrics"``, ``"style_weight"``.
    pointer
        RFC 6901 pointer into the request body: ``"/model_options/suno/style_weight"``.
    message
        What is wrong, with the value and the limit, and what to do.
    code
        ``"invalid_request"``, ``"unsupported_option"``, ``"unsupported_model"``.
    """

    field: str
    pointer: str
    message: str
    code: str = "invalid_request"

    def __str__(self) -> str:
        return f"{self.field}: {self.message}"


class MusicnbError(Exception):
    """Base of all errors of musicnb; catch it to catch all that orders, files and listening meet.

    Measures and pictures of samples raise ``ValueError`` for arrays of another shape or rate.

    :Charged: see ``charged``
    :Next: read the message: it ends with what to do

    Parameters
    ----------
    message
        What happened, in plain words.
    code
        The machine-readable name: the service's own code where it gave one.
    hint
        What to do next.
    charged
        True, False, or None when it cannot be known yet.
    retryable
        Whether sending the identical request again may help.
    task_id, idempotency_key, request_id
        What to quote when asking the service about it.
    http_status
        The HTTP status of the answer, where there was one.
    param
        RFC 6901 pointer to the offending part of the request.
    retry_after_s
        Seconds the service asked us to wait.
    faults
        All faults found in the request, not only the first.
    """

    default_code = "error"

    def __init__(
        self,
        message: str,
        *,
        code: str | None = None,
        hint: str | None = None,
        charged: bool | None = False,
        retryable: bool = False,
        task_id: str | None = None,
        idempotency_key: str | None = None,
        request_id: str | None = None,
        http_status: int | None = None,
        param: str | None = None,
        retry_after_s: float | None = None,
        faults: tuple[Fault, ...] = (),
    ) -> None:
        super().__init__(message)
        self.message = message
        self.code = code or self.default_code
        self.hint = hint
        self.charged = charged
        self.retryable = retryable
        self.task_id = task_id
        self.idempotency_key = idempotency_key
        self.request_id = request_id
        self.http_status = http_status
        self.param = param
        self.retry_after_s = retry_after_s
        self.faults = faults

    @property
    def fields(self) -> dict[str, Any]:
        """All facts but the message, as the keyword arguments that rebuild this error."""
        return {name: value for name, value in vars(self).items() if name != "message"}

    def with_facts(self, **facts: Any) -> MusicnbError:
        """Return a copy that knows more: a task id, a key, whether money moved."""
        return type(self)(self.message, **{**self.fields, **facts})

    def __reduce__(self) -> tuple[Any, ...]:
        # keyword-only arguments do not survive Exception's own pickling
        return functools.partial(type(self), **self.fields), (self.message,)

    def __str__(self) -> str:
        facts = [
            ", ".join(
                part
                for part in (
                    f"HTTP {self.http_status}" if self.http_status else "",
                    self.request_id,
                )
                if part
            ),
            self.task_id or "",
            _CHARGED_TEXT[self.charged],
            f"retry in {self.retry_after_s:g} s" if self.retry_after_s is not None else "",
        ]
        line = f"[{self.code}] {self.message} ({'; '.join(fact for fact in facts if fact)})"
        return f"{line}. {self.hint}" if self.hint else line


class InvalidInput(MusicnbError, ValueError):
    """A field is wrong. Raised before anything is sent; the wallet is untouched.

    :Charged: no
    :Next: mend the fields that ``faults`` names; it names all of them
    """

    default_code = "invalid_input"

    @classmethod
    def about(cls, field: str, message: str) -> InvalidInput:
        """Build the error about one field that is in no request body."""
        return cls.from_faults([Fault(field, "", message)])

    @classmethod
    def from_faults(cls, faults: list[Fault] | tuple[Fault, ...]) -> InvalidInput:
        """Build the one error that names every faulty field."""
        return cls("; ".join(map(str, faults)), faults=tuple(faults))


class ConfigurationError(MusicnbError):
    """The service or the key is not set up so that a request could be sent.

    :Charged: no
    :Next: set base URL and key, or neither; or install the extra that is named
    """

    default_code = "configuration"


class ServiceError(MusicnbError):
    """The service answered with an error; ``code`` is kept verbatim.

    :Charged: see ``charged``
    :Next: read the message; quote ``request_id`` when you ask the service
    """

    default_code = "service_error"


class AuthenticationError(ServiceError):
    """The key was refused (401), or may not do this (403).

    :Charged: not by this answer; orders that wait are kept
    :Next: check the key and that it belongs to this service, then ``studio.resume()``
    """


class InvalidRequest(ServiceError):
    """The service refused the request as sent (400, 413, 415, 422).

    :Charged: no
    :Next: change the request: ``param`` or ``faults`` say where
    """


class InsufficientBalance(ServiceError):
    """The wallet holds less than the task costs (402). Top up and send the same request again.

    :Charged: no; orders that wait are kept
    :Next: top up, then ``studio.resume()``
    """


class NotFound(ServiceError):
    """The service knows no such task, artifact or page (404).

    :Charged: not by this answer
    :Next: compare the id and the key: what belongs to another project is not found either
    """


class Conflict(ServiceError):
    """The same Idempotency-Key came with another body, or is still being worked on (409).

    :Charged: not by this answer
    :Next: wait where a twin of the request is being worked on: it is the same order
    """


class RateLimited(ServiceError):
    """Too many requests (429); ``retry_after_s`` says how long to wait, where it is known.

    :Charged: unknown for an order until it is asked for again
    :Next: nothing at first: requests slow down by themselves; later ``studio.resume()``
    """


class ServiceUnavailable(ServiceError):
    """The service is broken or busy (408, 5xx).

    :Charged: unknown for an order: it may have been taken before the answer was lost
    :Next: try later: ``studio.resume()`` asks again under the same key, which is charged once
        at most
    """


class ConnectionFailed(MusicnbError):
    """No answer came. ``charged`` is None when the request may have arrived.

    :Charged: unknown for an order that may have arrived, else no
    :Next: look after the network, then ``studio.resume()``
    """

    default_code = "no_answer"


class OutcomeUnknown(MusicnbError):
    """An order got no answer and cannot be found: it may have been taken. Its price is held.

    :Charged: unknown: its price is held, not shown as zero
    :Next: ``task.resume()`` looks again; ``task.cancel()`` gives it up; ``task.send_again()``
        orders anew and may pay twice
    """

    default_code = "outcome_unknown"


class TaskFailed(MusicnbError):
    """The service gave up on a task. ``charged`` is False once the refund is reported.

    :Charged: no once the refund is reported, until then yes or unknown
    :Next: change the brief, or order the same once more: ``run.retry_failed()``
    """

    default_code = "task_failed"


class TaskCanceled(MusicnbError):
    """The task was canceled before it produced its clips.

    :Charged: only what the service did not give back
    :Next: nothing, or order once more
    """

    default_code = "task_canceled"


class WaitTimeout(MusicnbError, TimeoutError):
    """Waiting ended, the task did not: it goes on at the service and can be waited for again.

    :Charged: yes once the service has reported it, until then unknown
    :Next: wait again: ``task.result()``
    """

    default_code = "wait_timeout"


class DownloadFailed(MusicnbError):
    """A clip that was paid for is not on disk yet; fetching it again costs nothing.

    :Charged: yes
    :Next: ``studio.resume()`` fetches the clip again, at no cost
    """

    default_code = "download_failed"


class UndecodableAudio(MusicnbError, ValueError):
    """The bytes are not sound that can be decoded.

    :Charged: no; where it is a clip, its task was paid
    :Next: name another file; ``studio.library.verify()`` tells which clips changed
    """

    default_code = "undecodable_audio"


class LibraryError(MusicnbError):
    """The library folder cannot be used as it is.

    :Charged: see ``charged``; an order that cannot be written down is not sent
    :Next: do as the hint says: end the other program, make room, or ``musicnb doctor``
    """

    default_code = "library"
