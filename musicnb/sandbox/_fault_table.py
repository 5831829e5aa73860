"""The one table of faults: what each does, to which requests, and with which parameters."""

from __future__ import annotations

from dataclasses import dataclass
from enum import Enum
from typing import Final

__all__ = ["ANY", "KINDS", "OPERATIONS", "FaultKind", "Parameter", "Stage", "Value"]

Value = str | float | bool | None
"""What a parameter may be given: text, a number, yes or no, or nothing."""

ANY: Final = "any"
CREATE, POLL, LIST, CANCEL = ("create",), ("poll",), ("list",), ("cancel",)
OPERATIONS: Final = ("create", "poll", "list", "cancel", "upload", "download")
# Reading the models can go wrong too, but needs no name of its own: "any" reaches it.
KEYED: Final = ("create", "poll", "list", "cancel", "upload", "models")
_ALL: Final = (*KEYED, "download")
_ENVELOPES: Final = (*CREATE, *POLL, *LIST, *CANCEL)


class Stage(Enum):
    """When a fault strikes."""

    BEFORE = "before"
    """Instead of doing what was asked."""
    WORK = "work"
    """While it is done: the task itself goes wrong."""
    EDIT = "edit"
    """Done, and the answer is altered."""
    AFTER = "after"
    """Done and committed, and then the answer does not arrive as it should."""


@dataclass(frozen=True, slots=True)
class Parameter:
    """A parameter of a fault.

    Parameters
    ----------
    default
        Its value when nothing is given; also says what kind of value it takes.
    choices
        The only values there are, when there are few.
    highest
        Largest number taken; the smallest is 0.
    optional
        Whether it may be null.
    """

    name: str
    default: Value
    choices: tuple[Value, ...] = ()
    highest: float = 1e9
    optional: bool = False


@dataclass(frozen=True, slots=True)
class FaultKind:
    """One fault.

    Parameters
    ----------
    stage
        When it strikes; None when its parameter ``when`` says so.
    operations
        What it can happen to; the first is meant when nothing is said.
    says
        What happens, in a sentence.
    """

    name: str
    stage: Stage | None
    operations: tuple[str, ...]
    says: str
    parameters: tuple[Parameter, ...] = ()


def _when(default: str = "after") -> Parameter:
    return Parameter("when", default, choices=("before", "after"))


_RETRY_AFTER: Final = Parameter("retry_after", None, optional=True, highest=86_400)
_RETRY_FORM: Final = Parameter("form", "seconds", choices=("seconds", "date"))
_SHARE: Final = Parameter("share", 0.5, highest=1)
_SECONDS: Final = 10 * 365 * 86_400.0

_TABLE: Final = (
    # ------------------------------------------------------------ the answer does not arrive
    FaultKind(
        "answer_lost", None, _ALL,
        "The connection closes without a byte of an answer, before anything was done or after"
        " everything was committed.",
        (_when(),),
    ),
    FaultKind(
        "server_error", None, _ALL,
        "500, 502, 503 or 504 with the error envelope, before anything was done or after it was"
        " committed.",
        (Parameter("status", 503, choices=(500, 502, 503, 504)), _when("before"),
         _RETRY_AFTER, _RETRY_FORM),
    ),
    FaultKind(
        "html_page", None, _ALL,
        "A gateway's HTML page in place of the answer; with status 200 it poses as one.",
        (Parameter("status", 502, choices=(200, 502)), _when("before")),
    ),
    FaultKind(
        "slow_body", Stage.AFTER, _ALL,
        "The body drips, in twenty parts over so many real seconds.",
        (Parameter("seconds", 3.0, highest=600),),
    ),
    FaultKind(
        "cut_body", Stage.AFTER, _ALL,
        "Only a share of the body comes. With its length announced the connection closes in the"
        " middle; without, the cut body looks complete.",
        (_SHARE, Parameter("length", True)),
    ),
    # ---------------------------------------------------------------- refused without reason
    FaultKind(
        "rate_limited", Stage.BEFORE, _ALL,
        "429 rate_limited; with Retry-After where it is given, in seconds or as an HTTP date.",
        (_RETRY_AFTER, _RETRY_FORM),
    ),
    FaultKind(
        "in_progress", Stage.BEFORE, (*CREATE, *CANCEL, "upload"),
        "409 idempotency_in_progress, retryable: a twin of the request is said to be under way.",
        (_RETRY_AFTER, _RETRY_FORM),
    ),
    FaultKind(
        "key_revoked", Stage.BEFORE, KEYED,
        "401 invalid_api_key; without times, from now on. The endpoints under /sandbox/ still"
        " take the key.",
    ),
    FaultKind(
        "cancel_refused", None, CANCEL,
        "409, not retryable, before the cancel or after it was carried out.", (_when("before"),),
    ),
    FaultKind(
        "url_expired", Stage.BEFORE, ("download",),
        "403 forbidden, as for a URL whose time is over.",
    ),
    # -------------------------------------------------------------------- the answer is odd
    FaultKind(
        "json_broken", Stage.EDIT, KEYED,
        "The JSON stops in the middle, under a Content-Length that is right for what is sent.",
    ),
    FaultKind(
        "request_id_missing", Stage.EDIT, _ALL,
        "Neither the header X-Request-Id nor error.request_id is there.",
    ),
    FaultKind(
        "billing_missing", Stage.EDIT, _ENVELOPES, "Envelopes have no billing.",
    ),
    FaultKind(
        "fields_unknown", Stage.EDIT, (*_ENVELOPES, "upload", "models"),
        "Fields nobody knows stand in every object of the answer.",
    ),
    FaultKind(
        "status_unknown", Stage.EDIT, ("poll", "list", "create", "cancel"),
        "Envelopes have a status nobody knows; use times to keep it brief.",
        (Parameter("status", "paused"),),
    ),
    FaultKind(
        "list_doubled", Stage.EDIT, LIST, "The last task of a page stands on it twice.",
    ),
    FaultKind(
        "list_late", Stage.EDIT, LIST,
        "The newest task of a page is not on it yet; use times to let it come.",
    ),
    FaultKind(
        "type_wrong", Stage.EDIT, ("download",),
        "The sound file comes with another Content-Type.",
        (Parameter("media_type", "text/plain"),),
    ),
    # ----------------------------------------------------------------- the task goes wrong
    FaultKind(
        "task_failed", Stage.WORK, CREATE,
        "The task runs and fails, and is refunded so many seconds of the clock later; until then"
        " its billing shows nothing refunded.",
        (Parameter("seconds", 0.0, highest=_SECONDS),
         Parameter("code", "generation_failed",
                   choices=("generation_failed", "content_rejected", "timed_out"))),
    ),
    FaultKind(
        "task_stuck", Stage.WORK, CREATE,
        "The task stays running until a cancel ends it, or so many seconds of the clock have"
        " passed: then it has failed as timed_out and is refunded.",
        (Parameter("seconds", 3600.0, highest=_SECONDS),),
    ),
    FaultKind(
        "task_slow", Stage.WORK, CREATE,
        "The task runs for so many seconds of the clock before its music is made.",
        (Parameter("seconds", 3.0, highest=_SECONDS),),
    ),
    FaultKind(
        "clips_odd", Stage.WORK, CREATE,
        "The task succeeds with another number of clips than its model makes. With none it is"
        " charged all the same: the service counts it as delivered.",
        (Parameter("count", 0, choices=(0, 1, 2, 3)),),
    ),
    FaultKind(
        "cancel_late", Stage.WORK, CANCEL,
        "The cancel is accepted and comes too late: the task goes on, succeeds and stays paid.",
    ),
)  # fmt: skip

KINDS: Final = {kind.name: kind for kind in _TABLE}
