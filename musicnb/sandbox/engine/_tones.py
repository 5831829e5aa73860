"""Raw material of all patches: decaying partials, harmonics with moving levels, envelopes.

Sines are summed as matrix products: with sin(a + b) = sin a cos b + cos a sin b a note of K
partials and N·B samples is one product (N, 2K) · (2K, B), which BLAS does many times faster than
K passes of ``numpy.sin``. Phases are reduced in float64 and only then rounded to float32, or low
notes drift audibly after some seconds.
"""

from __future__ import annotations

from dataclasses import dataclass
from functools import lru_cache
from typing import Any

import numpy as np
from numpy.typing import NDArray

from musicnb.sandbox.engine._chance import white_noise
from musicnb.sandbox.engine._filters import SAMPLE_RATE, FloatArray

TAU = 2 * np.pi
_STRUCK_BLOCK = 512
_NYQUIST_SHARE = 0.46
_NOISE_FRAMES = 6 * SAMPLE_RATE

Partials = NDArray[np.floating[Any]]


@dataclass(frozen=True, slots=True)
class Tone:
    """What a patch is asked to play.

    Attributes
    ----------
    pitch : int
        MIDI note number.
    velocity : float
        0 to 1.
    gate : int
        Samples until the key is let go.
    frames : int
        Samples to return, release included.
    brightness : float
        0 to 1.
    """

    pitch: int
    velocity: float
    gate: int
    frames: int
    brightness: float

    @property
    def hertz(self) -> float:
        """Frequency in equal temperament, A4 = 440 Hz."""
        return hertz(self.pitch)

    @property
    def opening(self) -> float:
        """Factor on filter corners: five quarters of an octave each way."""
        return float(2.0 ** (2.5 * (self.brightness - 0.5)))


def hertz(pitch: float) -> float:
    """Return the frequency of a MIDI note number in equal temperament, A4 = 440 Hz."""
    return float(440.0 * 2.0 ** ((pitch - 69) / 12))


@lru_cache(maxsize=1)
def _noise_tape() -> FloatArray:
    return white_noise(_NOISE_FRAMES, "tape")


def noise(frames: int, place: int = 0) -> FloatArray:
    """Return a copy of ``frames`` samples of white noise from one long tape."""
    tape = _noise_tape()
    if frames >= len(tape):
        return np.resize(tape, frames)
    start = place * 7919 % (len(tape) - frames)
    return tape[start : start + frames].copy()


def struck(
    frequencies: Partials,
    levels: Partials,
    decays: Partials,
    frames: int,
    phases: Partials | None = None,
) -> FloatArray:
    """Return a sum of exponentially decaying sines.

    Parameters
    ----------
    frequencies : ndarray of float64, shape (partials,)
        In hertz; partials too near to half the sample rate are left out.
    levels, decays : ndarray of float64, shape (partials,)
        Amplitude at the stroke, and decay in nepers a second.
    frames : int
        Number of samples.
    phases : ndarray of float64, shape (partials,), optional
        At the stroke, in radians.

    Returns
    -------
    ndarray of float32, shape (frames,)
    """
    keep = frequencies < SAMPLE_RATE * _NYQUIST_SHARE
    if not keep.any():
        return np.zeros(frames, np.float32)
    omega = TAU * frequencies[keep] / SAMPLE_RATE
    decay = decays[keep] / SAMPLE_RATE
    begin = np.zeros(len(omega)) if phases is None else phases[keep]
    blocks = -(-frames // _STRUCK_BLOCK)
    starts = (np.arange(blocks) * _STRUCK_BLOCK)[:, None]
    angle = np.remainder(omega[None] * starts + begin, TAU).astype(np.float32)
    level = (levels[keep] * np.exp(-decay * starts)).astype(np.float32)
    left = np.concatenate([level * np.sin(angle), level * np.cos(angle)], axis=1)
    inside = np.arange(_STRUCK_BLOCK)[None]
    turn = (omega[:, None] * inside).astype(np.float32)
    fade = np.exp(-decay[:, None] * inside).astype(np.float32)
    right = np.concatenate([fade * np.cos(turn), fade * np.sin(turn)], axis=0)
    wave: FloatArray = (left @ right).ravel()[:frames]
    return wave


def held(
    frequencies: Partials, levels: Partials, frames: int, block: int, phases: Partials
) -> FloatArray:
    """Return steady sines whose amplitudes move in straight lines between frames.

    Parameters
    ----------
    frequencies : ndarray of float64, shape (partials,)
        In hertz.
    levels : ndarray of float64, shape (blocks + 1, partials)
        Amplitudes at the block borders.
    frames, block : int
        Samples to return, and samples between two rows of ``levels``.
    phases : ndarray of float64, shape (partials,)
        At the start, in radians.

    Returns
    -------
    ndarray of float32, shape (frames,)
    """
    omega = TAU * frequencies / SAMPLE_RATE
    starts = (np.arange(len(levels) - 1) * block)[:, None]
    angle = np.remainder(omega[None] * starts + phases, TAU).astype(np.float32)
    sine, cosine = np.sin(angle), np.cos(angle)
    rows = levels.astype(np.float32)
    left = np.concatenate(
        [rows[:-1] * sine, rows[:-1] * cosine, rows[1:] * sine, rows[1:] * cosine], axis=1
    )
    inside = np.arange(block)
    turn = (omega[:, None] * inside[None]).astype(np.float32)
    along = (inside / block).astype(np.float32)[None]
    c, s = np.cos(turn), np.sin(turn)
    right = np.concatenate([c * (1 - along), s * (1 - along), c * along, s * along], axis=0)
    wave: FloatArray = (left @ right).ravel()[:frames]
    return wave


@dataclass(frozen=True, slots=True)
class Envelope:
    """Attack, decay, sustain, release: times in seconds, sustain 0 to 1."""

    attack_s: float
    decay_s: float
    sustain: float
    release_s: float

    def __call__(self, tone: Tone) -> FloatArray:
        """Return the envelope of a tone, shape (frames,)."""
        frames, gate = tone.frames, tone.gate
        out = np.empty(frames, np.float32)
        attack = max(1, min(int(self.attack_s * SAMPLE_RATE), gate, frames))
        out[:attack] = np.linspace(0, 1, attack, dtype=np.float32)
        later = np.arange(frames - attack, dtype=np.float32)
        rate = np.float32(4.0 / max(1.0, self.decay_s * SAMPLE_RATE))
        out[attack:] = self.sustain + (1 - self.sustain) * np.exp(-later * rate)
        if gate < frames:
            after = np.arange(frames - gate, dtype=np.float32)
            out[gate:] = out[gate] * np.exp(-after * np.float32(5 / (self.release_s * SAMPLE_RATE)))
        edge = min(frames, 256)
        out[-edge:] *= np.linspace(1, 0, edge, dtype=np.float32)
        return out


def decay(frames: int, time_s: float) -> FloatArray:
    """Return an exponential that falls to 1/e in ``time_s`` seconds."""
    fall: FloatArray = np.exp(
        -np.arange(frames, dtype=np.float32) / np.float32(time_s * SAMPLE_RATE)
    )
    return fall


def softened(wave: FloatArray, attack_s: float) -> FloatArray:
    """Return the wave with its first ``attack_s`` seconds faded in, in place."""
    edge = min(len(wave), int(attack_s * SAMPLE_RATE))
    wave[:edge] *= np.linspace(0, 1, edge, dtype=np.float32)
    return wave


@dataclass(frozen=True, slots=True)
class Vibrato:
    """Slow pitch movement: rate in hertz, depth and scoop in cents, delay in seconds."""

    rate_hz: float
    depth_cents: float
    delay_s: float
    scoop_cents: float = 0.0

    def __call__(self, wave: FloatArray) -> FloatArray:
        """Return the wave bent in time; a scoop begins below the pitch and slides up."""
        time = np.arange(0, len(wave) + 64, 64) / SAMPLE_RATE
        grown = np.clip((time - self.delay_s) / 0.25, 0, 1)
        cents = self.depth_cents * grown * np.sin(TAU * self.rate_hz * time)
        cents -= self.scoop_cents * np.exp(-time * 18)
        speed = 2 ** (cents / 1200)
        coarse = np.concatenate([[0.0], np.cumsum(64 * 0.5 * (speed[1:] + speed[:-1]))])
        place = np.interp(np.arange(len(wave)), np.arange(len(coarse)) * 64, coarse)
        bent: FloatArray = np.interp(place, np.arange(len(wave)), wave).astype(np.float32)
        return bent
