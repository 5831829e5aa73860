"""Uploads, and music that follows them."""

from __future__ import annotations

from typing import Any

import httpx
import pytest
from speaking import Service, tone

REFERENCE = "/v1/music/reference-audio-to-music"


def upload(service: Service, content: bytes, **fields: str) -> httpx.Response:
    return service.http.post(
        "/v1/uploads", files={"file": ("tone.bin", content)}, data=fields or None
    )


def order(artifact_id: str, **more: Any) -> dict[str, Any]:
    return {
        "model": "minimax-music-2.6",
        "prompt": "10 seconds techno",
        "reference_audio": {"type": "artifact", "artifact_id": artifact_id},
        **more,
    }


@pytest.mark.parametrize("kind", ["WAV", "FLAC", "MP3"])
def test_upload_becomes_an_artifact(service: Service, kind: str) -> None:
    """The file is recognised by its bytes, measured, kept and served unchanged."""
    content = tone(7, format=kind)
    answer = upload(service, content, purpose="reference_audio", metadata='{"a":"b"}')
    artifact = answer.json()
    assert answer.status_code == 201
    assert artifact["artifact_id"].startswith("art_")
    assert artifact["size_bytes"] == len(content)
    assert artifact["duration_seconds"] == pytest.approx(7, abs=0.1)
    assert artifact["media_type"].startswith("audio/")
    assert artifact["metadata"] == {"a": "b"}
    assert httpx.get(artifact["url"]).content == content


def test_upload_is_free_and_the_music_that_follows_it_is_not(service: Service) -> None:
    """A reference leads to a task of the other capability, paid as any."""
    before = service.balance()
    artifact_id = upload(service, tone(8)).json()["artifact_id"]
    assert service.balance() == before
    created = service.post(REFERENCE, order(artifact_id))
    assert created.status_code == 202, created.text
    task = service.until(created.json()["task_id"])
    assert task["status"] == "succeeded"
    assert task["capability"] == "reference_audio_to_music"
    assert service.balance() == before - 50


def test_delivered_clip_can_be_a_reference(service: Service, techno: dict[str, Any]) -> None:
    """What the sandbox made is an artifact like any other."""
    artifact_id = techno["output"]["clips"][0]["audio"]["artifact_id"]
    created = service.post(REFERENCE, order(artifact_id))
    assert created.status_code == 202
    service.drop(created.json()["task_id"])


@pytest.mark.parametrize(
    ("content", "model", "words"),
    [
        (tone(3), "minimax-music-2.6", "lasts 3.0 s"),
        (tone(3), "auto", "lasts 3.0 s"),
        (tone(8, format="OGG"), "suno-5.5", "is OGG"),
    ],
)
def test_unfit_reference_is_refused_for_free(
    service: Service, content: bytes, model: str, words: str
) -> None:
    """Length and format are checked against the model before anything is charged."""
    before = service.balance()
    artifact_id = upload(service, content).json()["artifact_id"]
    answer = service.post(REFERENCE, order(artifact_id, model=model))
    assert answer.status_code == 422
    assert words in answer.json()["error"]["message"]
    assert service.balance() == before


@pytest.mark.parametrize(
    ("content", "fields", "status"),
    [
        (b"", {}, 422),
        (b"x", {}, 415),
        (b"\x89PNG\r\n\x1a\n" + b"\0" * 100, {}, 415),
        (b"RIFF\xff\xff\xff\xffWAVEfmt ", {}, 415),
        (b"fLaC" + b"\xff" * 200, {}, 415),
        (b"ID3" + b"\0" * 200, {}, 415),
        (b"OggS" + b"\xff" * 5000, {}, 415),
        (tone(1), {"purpose": "avatar"}, 422),
        (tone(1), {"metadata": "[]"}, 422),
        (tone(1), {"metadata": '{"a":1}'}, 422),
        (tone(1), {"metadata": "{" * 1000}, 422),
        (tone(1), {"metadata": "x" * 20_000}, 422),
        (tone(1), {"media_type": "image/png"}, 422),
        (tone(1), {"colour": "red"}, 422),
    ],
)
def test_odd_uploads_are_refused(
    service: Service, content: bytes, fields: dict[str, str], status: int
) -> None:
    """What is no sound, or has odd words beside it, is not kept."""
    answer = upload(service, content, **fields)
    assert answer.status_code == status, answer.text
    assert answer.json()["error"]["param"].startswith("/")


@pytest.mark.parametrize(
    ("content_type", "content", "status"),
    [
        ("application/json", b"{}", 415),
        ("multipart/form-data", b"", 422),
        ("multipart/form-data; boundary=" + "x" * 100, b"", 422),
        ("multipart/form-data; boundary=x", b"", 422),
        ("multipart/form-data; boundary=x", b"no form at all", 422),
        ("multipart/form-data; boundary=x", b"--x\r\n\r\nbody\r\n--x--\r\n", 422),
        (
            "multipart/form-data; boundary=x",
            b'--x\r\nContent-Disposition: form-data; name="file"; filename="a"\r\n\r\ncut off',
            422,
        ),
        (
            "multipart/form-data; boundary=x",
            b"--x\r\n" + b"A: b\r\n" * 1000 + b"\r\n\r\n--x--\r\n",
            422,
        ),
        (
            "multipart/form-data; boundary=x",
            b'--x\r\nContent-Disposition: form-data; name="purpose"\r\n\r\n\xff\r\n' * 3 + b"--x--",
            422,
        ),
    ],
)
def test_broken_forms_are_refused(
    service: Service, content_type: str, content: bytes, status: int
) -> None:
    """A form that is none ends in an envelope."""
    answer = service.http.post(
        "/v1/uploads", content=content, headers={"Content-Type": content_type}
    )
    assert answer.status_code == status, answer.text
    assert answer.json()["error"]["retryable"] is False


def test_two_files_are_one_too_many(service: Service) -> None:
    """An upload is one file."""
    files = [("file", ("a.wav", tone(1))), ("file", ("b.wav", tone(1)))]
    answer = service.http.post("/v1/uploads", files=files)
    assert answer.status_code == 422


def test_more_than_a_hundred_megabytes_are_refused(service: Service) -> None:
    """The announced length is enough to say no."""
    content = b"RIFF" + bytes(101 * 1024 * 1024)
    answer = upload(service, content)
    assert answer.status_code == 413
    assert answer.json()["error"]["code"] == "payload_too_large"
