"""Answers are read forgivingly, requests strictly."""

from decimal import Decimal

import pytest
from hypothesis import given
from hypothesis import strategies as st
from pydantic import ValidationError

from musicnb.wire import ErrorEnvelope, MusicRequest, ReferenceMusicRequest, TaskEnvelope, TaskList

KEYS = st.text(max_size=8)
JSON = st.recursive(
    st.none() | st.booleans() | st.integers() | st.floats() | st.text(max_size=20),
    lambda inner: st.lists(inner, max_size=3) | st.dictionaries(KEYS, inner, max_size=3),
    max_leaves=10,
)
NAMES = sorted(set(TaskEnvelope.model_fields) - {"task_id", "status"})


def test_envelope_needs_an_id_and_a_status_only():
    """Everything else may be missing from a preview service."""
    task = TaskEnvelope.model_validate({"task_id": "tsk_1", "status": "dreaming"})
    assert (task.status, task.is_terminal, task.billing) == ("dreaming", False, None)


def test_missing_money_is_unknown_not_zero():
    """An absent amount stays None."""
    task = TaskEnvelope.model_validate(
        {"task_id": "t", "status": "failed", "billing": {"charged_credits": "80.0000"}}
    )
    assert task.billing.charged_credits == Decimal("80.0000")
    assert task.billing.refunded_credits is None


@given(st.dictionaries(st.sampled_from([*NAMES, "new_field"]), JSON))
def test_envelope_with_any_values_is_still_read(values):
    """A field of an unexpected type counts as left out; the task is not lost for it."""
    task = TaskEnvelope.model_validate({**values, "task_id": "tsk_1", "status": "running"})
    assert (task.task_id, task.status) == ("tsk_1", "running")


def test_envelope_keeps_unknown_keys():
    """What we do not know yet is not thrown away."""
    task = TaskEnvelope.model_validate({"task_id": "t", "status": "x", "mood": "blue"})
    assert task.model_dump()["mood"] == "blue"


def test_audio_is_read_under_either_name():
    """Size and type have two spellings in the field."""
    clip = {"audio": {"url": "https://a/b", "content_type": "audio/mpeg", "bytes": 5}}
    task = TaskEnvelope.model_validate(
        {"task_id": "t", "status": "succeeded", "output": {"clips": [clip]}}
    )
    audio = task.output.clips[0].audio
    assert (audio.mime_type, audio.size_bytes) == ("audio/mpeg", 5)


def test_error_page_without_the_envelope_gives_an_empty_error():
    """A body of another shape is not an exception of its own."""
    assert ErrorEnvelope.model_validate({"detail": "no"}).error.code is None
    assert TaskList.model_validate({"data": "none"}).data == []


@pytest.mark.parametrize(
    "body",
    [
        {"model": "m", "prompt": "p", "duration": 30},
        {"model": "m", "prompt": 3},
        {"model": "m"},
        {"model": "m", "prompt": "p", "instrumental": 1},
        {"model": "m", "prompt": "p", "metadata": {"a": None}},
    ],
)
def test_request_with_unknown_or_wrong_fields_is_refused(body):
    """What would be sent is exactly what the contract names."""
    with pytest.raises(ValidationError):
        MusicRequest.model_validate(body)


def test_reference_request_needs_its_tagged_reference():
    """The reference's ``type`` decides how it is read."""
    body = {"model": "m", "prompt": "p", "reference_audio": {"type": "url", "url": "https://a/b"}}
    assert ReferenceMusicRequest.model_validate(body).reference_audio.url == "https://a/b"
    with pytest.raises(ValidationError):
        ReferenceMusicRequest.model_validate(body | {"reference_audio": {"url": "https://a/b"}})
