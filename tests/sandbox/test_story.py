"""From an order to music on disk."""

from __future__ import annotations

import io
from collections.abc import Callable
from pathlib import Path
from typing import Any

import httpx
import numpy as np
import pytest
import soundfile as sf
from speaking import TEN_SECONDS, Service, decoded

from musicnb.wire import TaskEnvelope


def test_minimax_delivers_one_decodable_mp3(service: Service, techno: dict[str, Any]) -> None:
    """The clip is an MP3 of the promised length and size, and it is not silent."""
    (clip,) = techno["output"]["clips"]
    content = httpx.get(clip["audio"]["url"]).content
    samples, rate = decoded(content)
    assert clip["audio"]["mime_type"] == "audio/mpeg"
    assert clip["audio"]["size_bytes"] == len(content)
    assert len(samples) / rate == pytest.approx(clip["audio"]["duration_seconds"], abs=0.01)
    assert 8 < len(samples) / rate < 14
    assert np.abs(samples).max() > 0.1
    assert service.http.get("/v1/health").json() == {"status": "ok"}


def test_suno_delivers_two_different_clips_with_its_title(service: Service) -> None:
    """Two takes of one order share the title and differ in sound."""
    task = service.make(
        {
            "model": "suno-5.5",
            "prompt": "10 seconds house",
            "title": "Night Bus",
            "instrumental": True,
            "model_options": {"suno": {"custom_mode": True, "style_weight": 0.7}},
        }
    )
    first, second = (httpx.get(clip["audio"]["url"]).content for clip in task["output"]["clips"])
    assert first != second
    assert not np.array_equal(decoded(first)[0][:200_000], decoded(second)[0][:200_000])
    assert [clip["title"] for clip in task["output"]["clips"]] == ["Night Bus", "Night Bus"]
    with sf.SoundFile(io.BytesIO(first)) as file:
        assert file.title == "Night Bus"
        assert "musicnb sandbox" in file.comment
        assert "not by suno-5.5" in file.comment


def test_task_walks_through_its_states_and_fixed_steps(service: Service) -> None:
    """A task goes queued, running, succeeded; its percentages only rise and are from the table."""
    seen: list[tuple[str, float]] = []

    def note(task: dict[str, Any]) -> bool:
        seen.append((task["status"], task["progress"]["percent"]))
        return False

    created = service.create(TEN_SECONDS)
    task = service.until(created["task_id"], note)
    statuses = list(dict.fromkeys(["queued", *(status for status, _ in seen), task["status"]]))
    percents = [percent for _, percent in seen]
    assert created["status"] == "queued"
    assert statuses == ["queued", "running", "succeeded"]
    assert percents == sorted(percents)
    assert set(percents) <= {0, 5, 10, 25, 50, 75, 85, 95, 100}
    assert task["created_at"] <= task["started_at"] <= task["completed_at"]


def test_envelope_is_the_contracts(service: Service) -> None:
    """Every field of the contract is there, money has four places, and the sandbox says so."""
    body = {**TEN_SECONDS, "metadata": {"job": "j-1"}}
    task = service.make(body)
    record = TaskEnvelope.model_validate(task)
    assert set(TaskEnvelope.model_fields) <= set(task)
    assert record.metadata == {"job": "j-1"}
    assert record.input == body
    assert task["billing"] == {
        "charged_credits": "50.0000",
        "refunded_credits": "0.0000",
        "charged_credits_usd_reference": "0.0500",
        "refunded_credits_usd_reference": "0.0000",
        "currency": "USD",
    }
    assert task["usage"]["engine"] == "musicnb-sandbox"
    assert task["usage"]["credits"] == "50.0000"
    assert task["usage"]["audio_seconds"] == pytest.approx(10, abs=4)
    assert "sandbox" in [warning["code"] for warning in task["warnings"]]
    assert task["created_at"].endswith("Z")
    assert task["links"]["self"].endswith(f"/v1/tasks/{task['task_id']}")


def test_auto_says_which_model_it_chose(service: Service) -> None:
    """An order for auto is priced and done by a real model, named in the answer."""
    task = service.create({"model": "auto", "prompt": "10 seconds techno", "instrumental": True})
    assert task["model"] == "auto"
    assert task["resolved_model"] == "suno-5.5"
    assert task["billing"]["charged_credits"] == "80.0000"
    service.drop(task["task_id"])


def test_same_seed_same_requests_same_music(
    tmp_path: Path, start: Callable[..., Service], techno: dict[str, Any]
) -> None:
    """Two folders with one seed make identical samples; a folder without makes others."""

    def samples(task: dict[str, Any]) -> bytes:
        url = task["output"]["clips"][0]["audio"]["url"]
        return decoded(httpx.get(url).content)[0].tobytes()

    first, second = (
        samples(start(tmp_path / name, seed=7).make(TEN_SECONDS)) for name in ("a", "b")
    )
    assert first == second
    assert first != samples(techno)


def test_same_order_twice_is_not_the_same_piece(service: Service, techno: dict[str, Any]) -> None:
    """Each task has a seed of its own."""
    first, second = (
        httpx.get(task["output"]["clips"][0]["audio"]["url"]).content
        for task in (techno, service.make(TEN_SECONDS))
    )
    assert first != second


def test_models_are_the_catalogues(service: Service) -> None:
    """The list names the models that can be ordered and whose they are."""
    models = service.http.get("/v1/models").json()
    assert models["object"] == "list"
    assert {model["id"]: model["owned_by"] for model in models["data"]} == {
        "suno-5.5": "suno",
        "minimax-music-2.6": "minimax",
    }


def test_it_says_that_it_is_a_sandbox(service: Service) -> None:
    """GET /sandbox needs no key and names what answers."""
    about = httpx.get(service.process.base_url.removesuffix("/v1") + "/sandbox").json()
    assert about["name"] == "musicnb-sandbox"
    assert "this is a sandbox" in about["message"]
