"""What becomes of an order under each fault at each operation: the table that is tested.

Each row is a way in which a fault can strike, and what the user, the journal and the service have
to show while it lasts. What has to be true afterwards is the same for all and stands in the tests.
"""

from __future__ import annotations

from dataclasses import dataclass, field
from typing import Any

from musicnb.errors import (
    AuthenticationError,
    Conflict,
    ConnectionFailed,
    DownloadFailed,
    MusicnbError,
    RateLimited,
    ServiceUnavailable,
    TaskFailed,
)

HOUR = 3600


@dataclass(frozen=True)
class Case:
    """One way in which a fault strikes an operation.

    Parameters
    ----------
    given
        Parameters of the fault.
    error
        What the user gets while it lasts; None for nothing but the result, or the wait for it.
    charged
        What the error says about the money.
    state
        The order in the journal while it lasts.
    made
        Tasks the service has made of the order by then.
    holds_up
        Whether the work waits until the fault is gone.
    end
        The order in the journal when all is over.
    clips
        How many there are on disk then.
    passes_s
        Seconds of the service's clock that have to pass before that.
    blind
        Whether the list of tasks fails, too, so that nobody can look the order up.
    """

    given: dict[str, Any] = field(default_factory=dict)
    error: type[MusicnbError] | None = None
    charged: bool | None = False
    state: str = "succeeded"
    made: int = 1
    holds_up: bool = False
    end: str = "succeeded"
    clips: int = 1
    passes_s: float = 0.0
    blind: bool = False


BEFORE, AFTER = {"when": "before"}, {"when": "after"}
_AT_ONCE = {"retry_after": 0}


def _found(**given: Any) -> Case:
    """Say that an order whose answer was lost is found in the list, and nobody notices."""
    return Case(given)


def _doubtful(error: type[MusicnbError], made: int, **given: Any) -> Case:
    """Say that nobody can know whether it was taken: it is unknown, its price is held."""
    return Case(given, error, None, "unknown", made, blind=made > 0)


def _canceling(error: type[MusicnbError] | None, state: str = "accepted", **given: Any) -> Case:
    """Say that a cancel that fails, or seems to, can be repeated and ends with the money back."""
    return Case(given, error, state=state, end="canceled", clips=0)


def _without(error: type[MusicnbError], **given: Any) -> Case:
    """Say that a paid clip cannot be fetched yet."""
    return Case(given, error, True, "accepted")


_WAITS = Case(state="accepted", holds_up=True)
_FINE = Case()

CASES: dict[tuple[str, str], tuple[Case, ...]] = {
    # ------------------------------------------------------------------------------ create
    ("answer_lost", "create"): (
        _doubtful(ConnectionFailed, 0, **BEFORE),
        _doubtful(ConnectionFailed, 1, **AFTER),
        _found(**AFTER),
    ),
    ("server_error", "create"): (
        *(_doubtful(ServiceUnavailable, 0, status=status, **_AT_ONCE) for status in (500, 502)),
        *(_found(status=status, **AFTER, **_AT_ONCE) for status in (503, 504)),
        _doubtful(ServiceUnavailable, 1, form="date", **AFTER, **_AT_ONCE),
    ),
    ("html_page", "create"): (
        _doubtful(ServiceUnavailable, 0),
        _found(**AFTER),
        _doubtful(ServiceUnavailable, 1, status=200, **AFTER),
    ),
    ("slow_body", "create"): (Case({"seconds": 0.4}),),
    ("cut_body", "create"): (
        _found(),
        _doubtful(ServiceUnavailable, 1, length=False),
        _found(length=False, share=0),
    ),
    ("rate_limited", "create"): (_doubtful(RateLimited, 0, **_AT_ONCE),),
    ("in_progress", "create"): (_doubtful(Conflict, 0, **_AT_ONCE),),
    ("key_revoked", "create"): (Case({}, AuthenticationError, False, "planned", 0),),
    ("json_broken", "create"): (_doubtful(ServiceUnavailable, 1), _found()),
    ("request_id_missing", "create"): (_FINE,),
    ("billing_missing", "create"): (_FINE,),
    ("fields_unknown", "create"): (_FINE,),
    ("status_unknown", "create"): (_FINE,),
    ("task_failed", "create"): (
        *(
            Case({"code": code}, TaskFailed, False, "failed", end="failed", clips=0)
            for code in ("generation_failed", "content_rejected", "timed_out")
        ),
        Case({"seconds": HOUR}, TaskFailed, True, "failed", end="failed", clips=0, passes_s=HOUR),
    ),
    ("task_stuck", "create"): (
        Case(state="accepted", holds_up=True, end="failed", clips=0, passes_s=HOUR),
    ),
    ("task_slow", "create"): (
        Case({"seconds": HOUR}, state="accepted", holds_up=True, passes_s=HOUR),
    ),
    ("clips_odd", "create"): tuple(Case({"count": count}, clips=count) for count in (0, 2)),
    # -------------------------------------------------------------------------------- poll
    ("answer_lost", "poll"): (_WAITS,),
    ("server_error", "poll"): (Case({"status": 500}, state="accepted", holds_up=True),),
    ("html_page", "poll"): (_WAITS, Case({"status": 200}, state="accepted", holds_up=True)),
    ("slow_body", "poll"): (Case({"seconds": 0.4}),),
    ("cut_body", "poll"): (_WAITS, Case({"length": False}, state="accepted", holds_up=True)),
    ("rate_limited", "poll"): (Case({"retry_after": 1}, state="accepted", holds_up=True),),
    ("key_revoked", "poll"): (_WAITS,),
    ("json_broken", "poll"): (_WAITS,),
    ("request_id_missing", "poll"): (_FINE,),
    ("billing_missing", "poll"): (_FINE,),
    ("fields_unknown", "poll"): (_FINE,),
    ("status_unknown", "poll"): (_WAITS,),
    # -------------------------------------------------------------------------------- list
    ("answer_lost", "list"): (_WAITS,),
    ("server_error", "list"): (_WAITS,),
    ("html_page", "list"): (_WAITS, Case({"status": 200}, state="accepted", holds_up=True)),
    ("slow_body", "list"): (Case({"seconds": 0.4}),),
    ("cut_body", "list"): (_WAITS, Case({"length": False}, state="accepted", holds_up=True)),
    ("rate_limited", "list"): (_WAITS,),
    ("key_revoked", "list"): (_WAITS,),
    ("json_broken", "list"): (_WAITS,),
    ("request_id_missing", "list"): (_FINE,),
    ("billing_missing", "list"): (_FINE,),
    ("fields_unknown", "list"): (_FINE,),
    ("status_unknown", "list"): (_WAITS,),
    ("list_doubled", "list"): (_FINE,),
    ("list_late", "list"): (_FINE,),
    # ------------------------------------------------------------------------------ cancel
    ("answer_lost", "cancel"): (
        _canceling(ConnectionFailed, **BEFORE),
        _canceling(ConnectionFailed, "canceled", **AFTER),
    ),
    ("server_error", "cancel"): (
        _canceling(ServiceUnavailable, **_AT_ONCE),
        _canceling(ServiceUnavailable, "canceled", **AFTER, **_AT_ONCE),
    ),
    ("html_page", "cancel"): (
        _canceling(ServiceUnavailable),
        _canceling(ServiceUnavailable, "canceled", status=200, **AFTER),
    ),
    ("slow_body", "cancel"): (_canceling(None, "canceled", seconds=0.4),),
    ("cut_body", "cancel"): (_canceling(ConnectionFailed, "canceled"),),
    ("rate_limited", "cancel"): (_canceling(RateLimited, **_AT_ONCE),),
    ("in_progress", "cancel"): (_canceling(Conflict, **_AT_ONCE),),
    ("key_revoked", "cancel"): (_canceling(AuthenticationError),),
    ("cancel_refused", "cancel"): (
        _canceling(None, **BEFORE),
        _canceling(None, "canceled", **AFTER),
    ),
    ("json_broken", "cancel"): (_canceling(ServiceUnavailable, "canceled"),),
    ("request_id_missing", "cancel"): (_canceling(None, "canceled"),),
    ("billing_missing", "cancel"): (_canceling(None, "canceled"),),
    ("fields_unknown", "cancel"): (_canceling(None, "canceled"),),
    ("status_unknown", "cancel"): (_canceling(None, "canceled"),),
    ("cancel_late", "cancel"): (Case(state="accepted", passes_s=HOUR),),
    # ------------------------------------------------------------------------------ upload
    ("answer_lost", "upload"): (Case(error=ConnectionFailed),),
    ("server_error", "upload"): (Case(_AT_ONCE, ServiceUnavailable),),
    ("html_page", "upload"): (Case({"status": 200}, ServiceUnavailable),),
    ("slow_body", "upload"): (Case({"seconds": 0.4}),),
    ("cut_body", "upload"): (Case(error=ConnectionFailed),),
    ("rate_limited", "upload"): (Case(_AT_ONCE, RateLimited),),
    ("in_progress", "upload"): (Case(_AT_ONCE, Conflict),),
    ("key_revoked", "upload"): (Case(error=AuthenticationError),),
    ("json_broken", "upload"): (Case(error=ServiceUnavailable),),
    ("request_id_missing", "upload"): (_FINE,),
    ("fields_unknown", "upload"): (_FINE,),
    # ---------------------------------------------------------------------------- download
    ("answer_lost", "download"): (_without(DownloadFailed),),
    ("server_error", "download"): (_without(DownloadFailed, **_AT_ONCE),),
    ("html_page", "download"): (
        _without(DownloadFailed),
        _without(DownloadFailed, status=200),
    ),
    ("slow_body", "download"): (Case({"seconds": 0.4}),),
    ("cut_body", "download"): (
        _without(DownloadFailed),
        _without(DownloadFailed, length=False),
    ),
    ("rate_limited", "download"): (_without(DownloadFailed, **_AT_ONCE),),
    ("url_expired", "download"): (_without(DownloadFailed),),
    ("request_id_missing", "download"): (_FINE,),
    ("type_wrong", "download"): (_FINE,),
}
