"""Briefs: frozen, checked, and always the same request."""

import pickle

import pytest

from musicnb import Artifact, ReferenceAudioToMusic, TextToMusic
from musicnb.errors import InvalidInput
from musicnb.wire import canonical_bytes


def test_brief_with_lyrics_switches_custom_mode_on():
    """Lyrics need custom mode at suno; the musician does not have to know that."""
    brief = TextToMusic("pop", lyrics="la la", title="T")
    assert brief.request().body()["model_options"] == {"suno": {"custom_mode": True}}


def test_plain_brief_sends_only_what_was_set():
    """Fields left out, and empty text fields of a form, are not sent."""
    brief = TextToMusic("pop", lyrics=" \n ", title="")
    assert brief.request().body() == {"model": "suno-5.5", "prompt": "pop"}


def test_brief_for_auto_sends_options_in_the_namespace_that_knows_them():
    """An option of minimax narrows auto to minimax."""
    brief = TextToMusic("pop", model="auto", options={"lyrics_optimizer": True})
    assert brief.request().body()["model_options"] == {"minimax": {"lyrics_optimizer": True}}


@pytest.mark.parametrize(
    ("brief", "field"),
    [
        (TextToMusic(""), "prompt"),
        (TextToMusic("x", model="nope"), "model"),
        (TextToMusic("x", model=None), "model"),
        (TextToMusic(b"x"), "prompt"),
        (TextToMusic("x", lyrics=3), "lyrics"),
        (TextToMusic("x", instrumental=1), "instrumental"),
        (TextToMusic("x", title=["t"]), "title"),
        (TextToMusic("x", options={"vocal_gender": "robot"}, instrumental=True), "vocal_gender"),
        (TextToMusic("x", options="loud"), "options"),
        (TextToMusic("x", metadata={"a": 1}), "metadata"),
        *[(TextToMusic("x", lyrics=wrong), "lyrics") for wrong in (False, 0, [], {})],
        *[(TextToMusic("x", title=wrong), "title") for wrong in (False, 0, [], {})],
        *[(TextToMusic("x", model=wrong), "model") for wrong in ([], {}, 0, True)],
        (TextToMusic("\x00\x01\x1b"), "prompt"),
        (TextToMusic("a\x00b"), "prompt"),
        (TextToMusic("x", title="a\x07b"), "title"),
        (TextToMusic("x", metadata={"a": "\x00"}), "metadata"),
        (TextToMusic("x", metadata={"\ud800": "a"}), "metadata"),
        (TextToMusic("x", instrumental=True, options={"negative_tags": " "}), "negative_tags"),
        (TextToMusic("x", instrumental=True, options={"negative_tags": "\ud800"}), "negative_tags"),
        *[
            (ReferenceAudioToMusic("x" * 10, reference_audio=Artifact(wrong)), "reference_audio")
            for wrong in ("", None, 5, "a\nb")
        ],
        (ReferenceAudioToMusic("x" * 10), "reference_audio"),
        (ReferenceAudioToMusic("x" * 10, reference_audio="http://a/b.mp3"), "reference_audio"),
        (ReferenceAudioToMusic("x" * 10, reference_audio=7), "reference_audio"),
    ],
)
def test_wrong_brief_is_refused_with_the_fields_name(brief, field):
    """Nothing leaves the machine; the error names the field as the musician wrote it."""
    with pytest.raises(InvalidInput) as caught:
        brief.request()
    assert field in [fault.field for fault in caught.value.faults]
    assert caught.value.charged is False


def test_reference_brief_sends_the_artifact():
    """The tagged form with ``type`` is what the service reads for certain."""
    brief = ReferenceAudioToMusic("x" * 10, reference_audio=Artifact("art_1"))
    assert brief.request().body()["reference_audio"] == {"type": "artifact", "artifact_id": "art_1"}


def test_brief_is_frozen_and_independent_of_the_callers_dictionary():
    """Changing the dictionary afterwards changes nothing."""
    options = {"lyrics_optimizer": True}
    brief = TextToMusic("x", model="minimax-music-2.6", options=options)
    options["lyrics_optimizer"] = False
    assert brief.options == {"lyrics_optimizer": True}
    with pytest.raises(AttributeError):
        brief.prompt = "y"
    with pytest.raises(TypeError):
        brief.options["x"] = 1


def test_brief_survives_pickling():
    """Briefs travel to worker processes."""
    brief = TextToMusic("x", options={"style_weight": 0.5}, title="T", instrumental=True)
    assert pickle.loads(pickle.dumps(brief)) == brief  # noqa: S301 - our own bytes


def test_equal_requests_are_equal_bytes():
    """The order in which options are given does not matter to the stored bytes."""
    one = TextToMusic("é x", options={"a": 1, "b": 2})
    other = TextToMusic("é x", options={"b": 2, "a": 1})
    assert canonical_bytes(one._body()) == canonical_bytes(other._body())
    assert "é".encode() in canonical_bytes(one._body())
