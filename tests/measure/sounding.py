"""Sounds made by formula or by the engine, and short roads from them to measures."""

from __future__ import annotations

import io
from functools import cache

import numpy as np
import pyebur128
import soundfile as sf

from musicnb.measure import Measures, Meter
from musicnb.sandbox import engine
from musicnb.sound import encode

PROMPTS = (
    "pop in A minor, 118 bpm",
    "house in C minor, 124 bpm",
    "rock in E minor, 132 bpm",
    "folk in G major, 100 bpm",
    "lofi in F major, 80 bpm",
)


def sine(level_dbfs, seconds, *, rate=48_000, frequency=1000.0, channels=2, phase=0.0):
    """Return a sine whose amplitude is so many dB below full scale."""
    time = np.arange(round(seconds * rate)) / rate
    wave = 10 ** (level_dbfs / 20) * np.sin(2 * np.pi * frequency * time + phase)
    return np.repeat(wave[:, None], channels, axis=1).astype(np.float32)


def silence(seconds, *, rate=48_000, channels=2):
    """Return digital silence."""
    return np.zeros((round(seconds * rate), channels), np.float32)


def measure(samples, rate=48_000, *, block=65_536) -> Measures:
    """Push samples block by block."""
    meter = Meter(rate, samples.shape[1])
    for start in range(0, len(samples), block):
        meter.push(samples[start : start + block])
    return meter.close()


def through(samples, rate, format):  # noqa: A002 - soundfile's own word
    """Encode and decode."""
    if format == "float":
        return samples
    data = encode(samples, rate, format=format)
    return sf.read(io.BytesIO(data), dtype="float32", always_2d=True)[0]


@cache
def piece(number=0, seconds=8):
    """Return a clip of the engine at 44.1 kHz; rendered once for all tests, never to be changed."""
    prompt = f"{PROMPTS[number % len(PROMPTS)]}, {seconds} s"
    order = engine.Order("suno-5.5", prompt)
    brief = engine.read_brief(order, seed=number, take=number // len(PROMPTS))
    samples = engine.render(engine.compose(brief))
    samples.setflags(write=False)
    return samples


def independent(samples, rate):
    """Return integrated loudness and true peak as libebur128 has them."""
    mode = pyebur128.MeasurementMode
    state = pyebur128.R128State(samples.shape[1], rate, mode.MODE_I | mode.MODE_TRUE_PEAK)
    state.add_frames(np.ascontiguousarray(samples).ravel(), len(samples))
    peak = max(pyebur128.get_true_peak(state, channel) for channel in range(samples.shape[1]))
    return pyebur128.get_loudness_global(state), 20 * np.log10(peak)


def exhaustive_dbtp(samples):
    """Oversample the whole of it four times, by its spectrum."""
    padded = np.pad(samples, ((64, 64), (0, 0))).astype(np.float64)
    spectrum = np.fft.rfft(padded, axis=0)
    fine = np.fft.irfft(spectrum, 4 * len(padded), axis=0) * 4
    return 20 * np.log10(np.abs(fine).max())
