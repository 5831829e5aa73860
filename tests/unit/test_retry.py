"""Sending again: bounded, only what may be repeated, and honest about doubt."""

import asyncio
from datetime import UTC, datetime

import pytest
from hypothesis import given
from hypothesis import strategies as st

from musicnb.client import Retry
from musicnb.client._retry import retry_after_s
from musicnb.errors import ConnectionFailed, InvalidRequest, MusicnbError, RateLimited

NOW = datetime(2026, 1, 1, tzinfo=UTC)


def call(*outcomes, **options):
    """Run a sender that gives these outcomes; return what came and the pauses taken."""
    pauses, left = [], list(outcomes)

    async def sleep(seconds):
        pauses.append(seconds)

    async def send():
        outcome = left.pop(0)
        if isinstance(outcome, Exception):
            raise outcome
        return outcome

    retry = Retry(sleep=sleep, draw=lambda: 1.0, **options)
    try:
        return asyncio.run(retry.call(send)), pauses
    except MusicnbError as error:
        return error, pauses


def test_retryable_error_is_followed_by_another_attempt():
    """The bounds of the pauses double."""
    lost = ConnectionFailed("x", retryable=True)
    assert call(lost, lost, "done") == ("done", [0.4, 0.8])


def test_final_error_is_not_repeated():
    """What is not retryable is sent once."""
    error, pauses = call(InvalidRequest("no"), "never sent")
    assert isinstance(error, InvalidRequest)
    assert pauses == []


def test_attempts_are_bounded():
    """The last error is raised when the attempts are used up."""
    lost = ConnectionFailed("x", retryable=True)
    error, pauses = call(*[lost] * 9, attempts=3)
    assert isinstance(error, ConnectionFailed)
    assert len(pauses) == 2


def test_retry_after_replaces_our_own_pause():
    """The service knows better when it has room."""
    assert call(RateLimited("x", retryable=True, retry_after_s=3.0), "done") == ("done", [3.0])


def test_doubt_of_one_attempt_stays_after_a_later_refusal():
    """A lost answer may have been a charge, whatever a later attempt says."""
    error, _ = call(
        ConnectionFailed("lost", retryable=True, charged=None),
        InvalidRequest("no", charged=False),
    )
    assert error.charged is None


@pytest.mark.parametrize(
    ("header", "seconds"),
    [
        (None, None),
        ("", None),
        ("3", 3.0),
        (" 0 ", 0.0),
        ("99999999", 60.0),
        ("-5", None),
        ("soon", None),
        ("1.5", None),
        ("Thu, 01 Jan 2026 00:00:10 GMT", 10.0),
        ("Thu, 01 Jan 2026 00:00:10", 10.0),
        ("Wed, 31 Dec 2025 00:00:00 GMT", 0.0),
        ("Fri, 01 Jan 2027 00:00:00 GMT", 60.0),
    ],
)
def test_retry_after_is_read_in_both_forms_and_bounded(header, seconds):
    """Seconds or an HTTP date, never negative, never more than a minute."""
    assert retry_after_s(header, NOW) == seconds


@given(st.text(max_size=40))
def test_retry_after_never_fails(header):
    """Any header gives a sane pause or none."""
    seconds = retry_after_s(header, NOW)
    assert seconds is None or 0 <= seconds <= 60
