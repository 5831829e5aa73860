"""Raw material of all patches: decaying partials, harmonics with moving levels, envelopes.

Sines are summed as matrix products: with sin(a + b) = sin a cos b + cos a sin b a note of K
partials and N·B samples is one product (N, 2K) · (2K, B), which BLAS does many times faster than
K passes of ``numpy.sin``. Phases are reduced in float64 and only then rounded to float32, or low
notes drift audibly after some seconds.
"""

from __future__ import annotations

import math
from collections.abc import Callable, Hashable
from dataclasses import dataclass, field
from functools import lru_cache
from typing import Any

import numpy as np
from numpy.typing import NDArray

from musicnb.sandbox.engine._chance import white_noise
from musicnb.sandbox.engine._filters import SAMPLE_RATE, FloatArray

TAU = 2 * np.pi
_RAMP_BLOCK = 512
_NYQUIST_SHARE = 0.46
_NOISE_FRAMES = 6 * SAMPLE_RATE
_BEND_BLOCK = 64

Partials = NDArray[np.floating[Any]]


class Shelf:
    """Sounds that may be needed again; those not asked for longest are forgotten first.

    Parameters
    ----------
    limit : int, optional
        Samples that are kept.
    """

    __slots__ = ("_kept", "_limit", "_samples")

    def __init__(self, limit: int = 0) -> None:
        self._kept: dict[Hashable, FloatArray] = {}
        self._limit = limit
        self._samples = 0

    def get(self, key: Hashable, make: Callable[[], FloatArray]) -> FloatArray:
        """Return what was made under the key before, or make it; it must not be changed."""
        wave = self._kept.pop(key, None)
        if wave is None:
            wave = make()
            self._samples += wave.size
        # a dict hands out its keys in the order they were put in
        self._kept[key] = wave
        while self._samples > self._limit:
            oldest = next(iter(self._kept))
            self._samples -= self._kept.pop(oldest).size
        return wave


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
    longest : int
        Samples of the longest tone of this pitch and velocity in the piece.
    shelf : Shelf, optional
        Where what tones of this pitch and velocity have in common is kept.
    """

    pitch: int
    velocity: float
    gate: int
    frames: int
    brightness: float
    longest: int
    shelf: Shelf = field(default_factory=Shelf, compare=False)

    def steady(self, patch: Hashable, make: Callable[[int], FloatArray]) -> FloatArray:
        """Return what sounds while the key is down, shape (..., frames); it must not be changed.

        Parameters
        ----------
        patch : hashable
            Tells the sound from those of other patches.
        make : callable
            From a number of samples to that many; asked once for all tones of one pitch and
            velocity, for as many as the longest of them needs.
        """
        wave = self.shelf.get((patch, self.pitch, self.velocity), lambda: make(self.longest))
        return wave[..., : self.frames]

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


def factor_length(frames: int) -> int:
    """Return the length of blocks that makes both factors of a product about equally long."""
    return 1 << min(10, max(7, round(math.log2(frames) / 2)))


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
    block = factor_length(frames)
    blocks = -(-frames // block)
    starts = (np.arange(blocks) * block)[:, None]
    angle = np.remainder(omega[None] * starts + begin, TAU).astype(np.float32)
    level = (levels[keep] * np.exp(-decay * starts)).astype(np.float32)
    left = np.concatenate([level * np.sin(angle), level * np.cos(angle)], axis=1)
    inside = np.arange(block)[None]
    turn = (omega[:, None] * inside).astype(np.float32)
    fade = np.exp((-decay[:, None] * inside).astype(np.float32))
    right = np.concatenate([fade * np.cos(turn), fade * np.sin(turn)], axis=0)
    wave: FloatArray = (left @ right).ravel()[:frames]
    return wave


def ramp(frequency_hz: float, frames: int) -> FloatArray:
    """Return the angle of a steady sine in radians, reduced now and then, shape (frames,)."""
    turns = frequency_hz / SAMPLE_RATE
    starts = np.arange(-(-frames // _RAMP_BLOCK)) * _RAMP_BLOCK * turns % 1 * TAU
    inside = np.arange(_RAMP_BLOCK) * (turns * TAU)
    angle: FloatArray = np.add.outer(starts.astype(np.float32), inside.astype(np.float32))
    return angle.ravel()[:frames]


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
    turns = frequencies / SAMPLE_RATE
    count = len(turns)
    starts = (np.arange(len(levels) - 1) * block)[:, None]
    angle = turns[None] * starts + phases / TAU
    angle -= np.floor(angle)
    radians = (angle * TAU).astype(np.float32)
    rows = levels.astype(np.float32)
    left = np.empty((len(starts), 2, 2, count), np.float32)
    for part, wheel in enumerate((np.sin(radians), np.cos(radians))):
        np.multiply(rows[:-1], wheel, out=left[:, 0, part])
        np.multiply(rows[1:], wheel, out=left[:, 1, part])
    inside = np.arange(block)
    turn = (TAU * turns[:, None] * inside[None]).astype(np.float32)
    along = (inside / block).astype(np.float32)
    right = np.empty((2, 2, count, block), np.float32)
    for part, wheel in enumerate((np.cos(turn), np.sin(turn))):
        np.multiply(wheel, along, out=right[1, part])
        np.subtract(wheel, right[1, part], out=right[0, part])
    wave: FloatArray = left.reshape(len(starts), -1) @ right.reshape(-1, block)
    return wave.ravel()[:frames]


@dataclass(frozen=True, slots=True)
class Envelope:
    """Attack, decay, sustain, release: times in seconds, sustain 0 to 1."""

    attack_s: float
    decay_s: float
    sustain: float
    release_s: float

    def __call__(self, tone: Tone) -> FloatArray:
        """Return the envelope of a tone, shape (frames,); it must not be changed."""
        return tone.shelf.get((self, tone.gate, tone.frames), lambda: self._drawn(tone))

    def _drawn(self, tone: Tone) -> FloatArray:
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
        # the way is the same for all tones, so a few lengths serve them
        whole, rest = _way(self, 1 << (len(wave) - 1).bit_length())
        last = len(wave) - 1
        before = wave.take(whole[: len(wave)], mode="clip")
        after = wave.take(np.minimum(whole[: len(wave)] + 1, last), mode="clip")
        after -= before
        after *= rest[: len(wave)]
        after += before
        return after


@lru_cache(maxsize=16)
def _way(vibrato: Vibrato, frames: int) -> tuple[NDArray[np.intp], FloatArray]:
    """Return where each sample of a bent wave is taken from: whole samples and the rest."""
    time = np.arange(0, frames + _BEND_BLOCK, _BEND_BLOCK) / SAMPLE_RATE
    grown = np.clip((time - vibrato.delay_s) / 0.25, 0, 1)
    cents = vibrato.depth_cents * grown * np.sin(TAU * vibrato.rate_hz * time)
    cents -= vibrato.scoop_cents * np.exp(-time * 18)
    speed = 2 ** (cents / 1200)
    steps = _BEND_BLOCK * 0.5 * (speed[1:] + speed[:-1])
    along = np.arange(_BEND_BLOCK) / _BEND_BLOCK
    place = ((np.cumsum(steps) - steps)[:, None] + steps[:, None] * along).ravel()[:frames]
    whole = np.floor(place)
    return whole.astype(np.intp), (place - whole).astype(np.float32)
