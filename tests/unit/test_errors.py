"""The error tree: one line of text, facts for programs, picklable."""

import inspect
import pickle

import pytest

from musicnb import errors
from musicnb.errors import Fault, InvalidInput, MusicnbError, RateLimited

KINDS = [
    kind
    for _, kind in inspect.getmembers(errors, inspect.isclass)
    if issubclass(kind, MusicnbError)
]


def test_error_is_one_line_that_says_all():
    """Code, message, HTTP status, request, money, pause and advice stand in one line."""
    error = RateLimited(
        "slow down",
        code="rate_limited",
        http_status=429,
        request_id="req_1",
        retry_after_s=1.0,
        hint="Wait a little",
    )
    assert str(error) == (
        "[rate_limited] slow down (HTTP 429, req_1; not charged; retry in 1 s). Wait a little"
    )


@pytest.mark.parametrize("kind", KINDS)
def test_error_survives_pickling_with_its_facts(kind):
    """Errors come back from worker processes as they were."""
    fault = Fault("prompt", "/prompt", "is empty")
    error = kind("text", hint="do this", charged=None, task_id="tsk_1", faults=(fault,))
    copy = pickle.loads(pickle.dumps(error))  # noqa: S301 - our own bytes
    assert type(copy) is kind
    assert (str(copy), copy.fields) == (str(error), error.fields)


def test_with_facts_adds_without_losing_any():
    """An error learns a task id on its way up and keeps the rest."""
    error = MusicnbError("text", hint="h", request_id="req_1").with_facts(task_id="tsk_1")
    assert (error.hint, error.request_id, error.task_id) == ("h", "req_1", "tsk_1")


def test_invalid_input_lists_every_fault():
    """Several wrong fields make one error that names each."""
    error = InvalidInput.from_faults([Fault("a", "/a", "is wrong"), Fault("b", "/b", "is too")])
    assert "a: is wrong; b: is too" in str(error)
    assert isinstance(error, ValueError)


def test_every_error_class_is_drawn_in_the_tree():
    """The picture at the top of the file and the public list are complete."""
    assert {kind.__name__ for kind in KINDS} <= set(errors.__all__)
    assert all(kind.__name__ in errors.__doc__ for kind in KINDS)
