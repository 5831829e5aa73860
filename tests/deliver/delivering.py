"""Real music from the engine, and an independent meter for what is made of it."""

from __future__ import annotations

from functools import cache

import numpy as np
import pyebur128
from threadpoolctl import threadpool_limits

from musicnb import sound
from musicnb.sandbox import engine

RATE = engine.SAMPLE_RATE


@cache
def played(prompt, seed=3):
    """Return score and samples of a prompt; rendered once for all tests, never to be changed."""
    order = engine.Order("suno-5.5", prompt)
    score = engine.compose(engine.read_brief(order, seed=seed, take=0))
    with threadpool_limits(1, "blas"):
        samples = engine.render(score)
    samples.setflags(write=False)
    return score, samples


def metered(path):
    """Return loudness and true peak of a file as libebur128 measures them."""
    heard = sound.read(path)
    channels = heard.samples.shape[1]
    mode = pyebur128.MeasurementMode
    meter = pyebur128.R128State(channels, heard.sample_rate, mode.MODE_I | mode.MODE_TRUE_PEAK)
    meter.add_frames(np.ascontiguousarray(heard.samples, np.float64).ravel(), len(heard.samples))
    peak = max(pyebur128.get_true_peak(meter, channel) for channel in range(channels))
    return pyebur128.get_loudness_global(meter), 20 * float(np.log10(max(peak, 1e-9)))
