"""Sounds of known content, and clips of them as the library would hold them."""

from __future__ import annotations

import json
from decimal import Decimal
from pathlib import Path

import numpy as np

from musicnb import Clip
from musicnb.library import ClipRecord, Job
from musicnb.measure import Outline
from musicnb.sound import encode, kind_of, read

RATE = 44_100
HOSTILE = "<img src=x onerror=\"document.title='owned'\"></div><script>alert(1)</script>'&amp;"


def tone(
    frequency: float, seconds: float, level: float = 0.5, *, rate: int = RATE, channels: int = 2
) -> np.ndarray:
    """Make a sine, shaped ``(frames, channels)``."""
    time = np.arange(int(seconds * rate)) / rate
    wave = (level * np.sin(2 * np.pi * frequency * time)).astype(np.float32)
    return np.repeat(wave[:, None], channels, axis=1)


def clip_of(
    samples: np.ndarray,
    path: Path,
    *,
    rate: int = RATE,
    title: str = "Take",
    loudness_lufs: float = -14.0,
) -> Clip:
    """Write samples as the kind of file that the path is named for; return the clip of it."""
    path.write_bytes(encode(samples, rate, format=path.suffix[1:].upper()))
    return clip_at(path, title=title, loudness_lufs=loudness_lufs)


def clip_at(path: Path, *, title: str = "Take", loudness_lufs: float = -14.0) -> Clip:
    """Return the clip of a file that is there."""
    sound = read(path)
    outline = Outline()
    outline.push(sound.samples)
    body = json.dumps({"model": "suno-5.5", "prompt": "dream pop"}).encode()
    job = Job(
        "j", "https://x", "text_to_music", body, "k", "succeeded", Decimal(80), 0.0, task_id="tsk_1"
    )
    kind = kind_of(path.read_bytes()[:16])
    assert kind is not None
    record = ClipRecord(
        clip_id=f"tsk_1-{path.stem}", job_id="j", position=1, title=title, artifact_id=None,
        file=path.name, media_type=kind.media_type, size_bytes=path.stat().st_size, sha256="",
        duration_s=len(sound.samples) / sound.sample_rate, sample_rate_hz=sound.sample_rate,
        channels=sound.samples.shape[1], loudness_lufs=loudness_lufs, peak_dbfs=-6.0,
        rms_dbfs=-9.0, outline=outline.pairs(), saved_at=0.0,
    )  # fmt: skip
    return Clip(record, job, path)
