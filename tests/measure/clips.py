"""Clips of our own engine, and what people do to files."""

from __future__ import annotations

import io
from functools import cache

import numpy as np
import soundfile

from musicnb.measure import Fingerprint, MusicMeter
from musicnb.sandbox import engine

RATE = 44_100
BLOCK = 16_384  # libvorbis dies of larger ones


@cache
def clip(prompt: str, take: int = 0) -> np.ndarray:
    """Return samples of a take; never to be changed."""
    order = engine.Order("suno-5.5", prompt, instrumental=True)
    samples = engine.render(engine.compose(engine.read_brief(order, seed=5, take=take)))
    samples = samples.astype(np.float32)
    samples.setflags(write=False)
    return samples


def fingerprint(samples: np.ndarray, rate: int = RATE) -> Fingerprint:
    """Return the fingerprint of samples."""
    meter = MusicMeter(rate)
    meter.push(samples.sum(axis=1))
    return meter.close().fingerprint


def encoded(samples: np.ndarray, kind: str) -> np.ndarray:
    """Return samples after a lossy file of low quality."""
    file = io.BytesIO()
    with soundfile.SoundFile(
        file, "w", RATE, samples.shape[1], format=kind, compression_level=0.9
    ) as written:
        for start in range(0, len(samples), BLOCK):
            written.write(samples[start : start + BLOCK])
    file.seek(0)
    return soundfile.read(file, dtype="float32", always_2d=True)[0]


def filtered(samples: np.ndarray, bass_db: float, treble_db: float) -> np.ndarray:
    """Return samples with bass and treble turned, sloping between 100 Hz and 8 kHz."""
    hertz = np.fft.rfftfreq(len(samples), 1 / RATE)
    decibels = np.interp(
        np.log2(np.maximum(hertz, 20)), np.log2([100, 900, 8_000]), [bass_db, 0, treble_db]
    )
    spectrum = np.fft.rfft(samples, axis=0) * 10 ** (decibels / 20)[:, None]
    return np.fft.irfft(spectrum, len(samples), axis=0).astype(np.float32)


COPIES = {
    "mp3": lambda samples: encoded(samples, "MP3"),
    "ogg": lambda samples: encoded(samples, "OGG"),
    "gain": lambda samples: samples * np.float32(0.3),
    "shift": lambda samples: np.concatenate([np.zeros((int(0.73 * RATE), 2), np.float32), samples]),
    "trim": lambda samples: samples[3 * RATE :],
    "cut short": lambda samples: samples[: -4 * RATE],
    "more bass": lambda samples: filtered(samples, 6, -6),
    "more treble": lambda samples: filtered(samples, -8, 6),
    "low-pass": lambda samples: filtered(samples, 0, -60),
}
