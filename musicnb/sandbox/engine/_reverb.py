"""A room: noise that dies away, convolved in large blocks."""

from __future__ import annotations

from functools import lru_cache

import numpy as np

from musicnb.sandbox.engine._chance import white_noise
from musicnb.sandbox.engine._filters import SAMPLE_RATE, FloatArray, biquad, filtered

# An overlap-save block yields points - taps + 1 samples: fewer leave a short hop for the longest
# responses, and more no longer fit the processor's cache.
_POINTS = 1 << 18
_PREDELAY_S = 0.014
_LONGEST_S = 2.4


@lru_cache(maxsize=4)
def room(time_s: float, brightness: float) -> FloatArray:
    """Return the impulse response of a room, shape (2, frames), energy 1 in each channel.

    Parameters
    ----------
    time_s : float
        Reverberation time: until -60 dB at low frequencies.
    brightness : float
        0 to 1: how long the treble lasts.
    """
    frames = int(min(_LONGEST_S, 0.8 * time_s + 0.2) * SAMPLE_RATE)
    seconds = np.arange(frames, dtype=np.float32) / np.float32(SAMPLE_RATE)
    raw = np.stack([white_noise(frames, "room left"), white_noise(frames, "room right")])
    low = filtered(raw, biquad("lowpass", 2200.0))
    fall = np.float32(6.9 / time_s)
    tail = low * np.exp(-seconds * fall)
    tail += (raw - low) * np.exp(-seconds * fall * np.float32(2.2 - brightness)) * np.float32(0.6)
    tail[:, : int(_PREDELAY_S * SAMPLE_RATE)] = 0
    tail = filtered(tail, biquad("highpass", 240.0), biquad("lowpass", 5500.0 + 5000 * brightness))
    tail[:, -2000:] *= np.linspace(1, 0, 2000, dtype=np.float32)
    tail /= np.sqrt((tail**2).sum(axis=1, keepdims=True))
    tail.setflags(write=False)
    return tail


def add_reverb(mix: FloatArray, send: FloatArray, response: FloatArray, *, circular: bool) -> None:
    """Add the convolved send to the mix, in place, by overlap-save.

    Parameters
    ----------
    mix : ndarray of float32, shape (2, frames)
        Where to add.
    send : ndarray of float32, shape (frames,)
        What enters the room, from one place: the room itself makes it wide.
    response : ndarray of float32, shape (2, taps)
        From :func:`room`.
    circular : bool
        Whether the tail at the end comes in again at the beginning, for loops.
    """
    taps = response.shape[1]
    hop = _POINTS - taps + 1
    frames = len(send)
    spectrum = np.fft.rfft(response, _POINTS, axis=1)
    block = np.zeros(_POINTS, np.float32)
    if circular:
        block[: taps - 1] = np.take(send, np.arange(-(taps - 1), 0) % frames)
    for start in range(0, frames, hop):
        count = min(hop, frames - start)
        block[taps - 1 : taps - 1 + count] = send[start : start + count]
        block[taps - 1 + count :] = 0
        wet = np.fft.irfft(np.fft.rfft(block) * spectrum, _POINTS, axis=1)
        mix[:, start : start + count] += wet[:, taps - 1 : taps - 1 + count]
        block[: taps - 1] = block[count : count + taps - 1].copy()
