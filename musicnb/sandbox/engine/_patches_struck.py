"""Sounds that decay by themselves: plucked strings, hammers, mallets, bells."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np

from musicnb.sandbox.engine._filters import SAMPLE_RATE, FloatArray, biquad, filtered
from musicnb.sandbox.engine._tones import (
    TAU,
    Tone,
    decay,
    noise,
    ramp,
    softened,
    struck,
)

#: Until then the tine of an electric piano has fallen by 100 dB.
_TINE_S = 0.65


@dataclass(frozen=True, slots=True)
class String:
    """A plucked string.

    Attributes
    ----------
    gloss : float
        How many overtones ring; 1 is a steel string.
    damping : float
        Factor on all decays.
    pluck_at : float
        Where it is plucked, as a share of its length: kills the overtones with a node there.
    """

    gloss: float
    damping: float
    pluck_at: float

    def __call__(self, tone: Tone) -> FloatArray:
        """Return one plucked note, shape (frames,)."""
        base = tone.hertz
        gloss = self.gloss * tone.opening**0.5
        number = np.arange(1, int(min(60, 9000 / base * gloss + 4)) + 1)
        frequencies = base * number * np.sqrt(1 + 1e-5 * number**2)
        tilt = 1.9 - 0.7 * tone.velocity * min(1.4, gloss)
        levels = np.abs(np.sin(np.pi * number * self.pluck_at)) / number**tilt + 1e-4
        decays = (0.6 + 0.09 * base / 100 + 0.012 * number**2 * base / 220 / gloss) * self.damping
        wave = struck(frequencies, levels, decays, tone.frames, np.where(number % 2, 0.0, 0.3))
        softened(wave, 0.004)
        click = min(tone.frames, int(0.03 * SAMPLE_RATE))
        wave[:click] += (
            noise(click, tone.pitch) * decay(click, 0.004) * (0.05 * tone.velocity * gloss)
        )
        return wave


def piano(tone: Tone) -> FloatArray:
    """Return a piano note: stiff strings in pairs, a fast and a slow decay, a hammer's thud."""
    base = tone.hertz
    number = np.arange(1, int(min(44, 10000 / base + 3)) + 1)
    stiffness = 2.2e-4 * 2 ** ((tone.pitch - 60) / 18)
    single = base * number * np.sqrt(1 + stiffness * number**2)
    hammer = (0.55 - 0.33 * tone.velocity) / tone.opening**0.35
    level = np.exp(-number * hammer * (base / 261) ** 0.55) + 0.4 * np.exp(-number * 1.2)
    fall = 0.32 * (base / 261) ** 0.7 + 0.028 * number**1.15 * (base / 261) ** 0.5
    wave = struck(
        np.concatenate([single, single * 1.0006, single]),
        np.concatenate([level * 0.5, level * 0.35, level * 0.5]),
        np.concatenate([fall, fall * 1.1, fall * 6 + 2]),
        tone.frames,
        np.tile(np.where(number % 2, 0.0, 1.0), 3),
    )
    softened(wave, 0.0025)
    thud = min(tone.frames, int(0.06 * SAMPLE_RATE))
    knock = filtered(noise(thud, tone.pitch), biquad("lowpass", 900.0))
    wave[:thud] += knock * decay(thud, 0.012) * (0.12 * tone.velocity)
    return wave


def electric_piano(tone: Tone) -> FloatArray:
    """Return a tine piano note by frequency modulation; harder strokes bark."""
    base = tone.hertz
    angle = ramp(base, tone.frames)
    index = np.float32((0.25 + 1.3 * tone.velocity**2) * tone.opening**0.4)
    bark = decay(tone.frames, 1 / 3.2) * index
    bark *= np.sin(angle)
    angle += bark
    wave: FloatArray = np.sin(angle, out=angle)
    wave *= decay(tone.frames, 1 / (0.9 * (base / 261) ** 0.3))
    tine = min(tone.frames, int(_TINE_S * SAMPLE_RATE))
    level = np.float32(0.16 * tone.velocity * tone.opening**0.5)
    wave[:tine] += np.sin(ramp(base * 14.02, tine)) * decay(tine, 1 / 18) * level
    return softened(wave, 0.0015)


def bell(tone: Tone) -> FloatArray:
    """Return a small bell with inharmonic partials."""
    ratios = np.array([1, 2.003, 2.76, 4.07, 5.4, 6.8])
    levels = np.array([1, 0.5, 0.35, 0.22, 0.15, 0.1])
    hard = np.linspace(1, (0.4 + 0.6 * tone.velocity) * tone.opening**0.5, len(ratios))
    decays = np.array([1.1, 1.6, 2.4, 3.5, 5, 7])
    return softened(struck(tone.hertz * ratios, levels * hard, decays, tone.frames), 0.001)


def marimba(tone: Tone) -> FloatArray:
    """Return a wooden bar: the fourth and tenth harmonic die at once."""
    base = tone.hertz
    levels = np.array([1, 0.3 * tone.velocity, 0.12 * tone.velocity]) * (
        1,
        tone.opening,
        tone.opening,
    )
    decays = np.array([3.2 * (base / 261) ** 0.4, 11, 26])
    return softened(struck(base * np.array([1, 3.98, 9.9]), levels, decays, tone.frames), 0.001)


def vibraphone(tone: Tone) -> FloatArray:
    """Return a metal bar under a turning disc."""
    base = tone.hertz
    levels = np.array([1, 0.25 * tone.velocity * tone.opening**0.5, 0.06])
    wave = struck(base * np.array([1, 4.0, 10]), levels, np.array([1.0, 3.5, 9]), tone.frames)
    seconds = np.arange(tone.frames, dtype=np.float32) / np.float32(SAMPLE_RATE)
    wave *= 1 + np.float32(0.25) * np.sin(seconds * np.float32(TAU * 4.8))
    return softened(wave, 0.001)


def kalimba(tone: Tone) -> FloatArray:
    """Return a plucked metal tongue on a gourd: one high partial that is out of tune."""
    base = tone.hertz
    levels = np.array([1, 0.32 * tone.velocity, 0.16]) * (1, tone.opening**0.5, tone.opening**0.5)
    decays = np.array([2.4 * (base / 261) ** 0.3, 7.5, 16])
    return softened(struck(base * np.array([1, 5.4, 9.2]), levels, decays, tone.frames), 0.001)


def steel_drum(tone: Tone) -> FloatArray:
    """Return a beaten pan: octave and twelfth bloom after the stroke and ring on."""
    base = tone.hertz
    levels = np.array([1, 0.75 * tone.velocity, 0.35, 0.2]) * (1, 1, tone.opening, tone.opening)
    pitches = base * np.array([1, 2.004, 3.01, 4.06])
    wave = struck(pitches, levels, np.array([2.6, 3.4, 5.5, 8]), tone.frames)
    return softened(wave, 0.006)


def synth_pluck(tone: Tone) -> FloatArray:
    """Return a short filtered saw, the workhorse of electronic arpeggios."""
    number = np.arange(1, 25)
    levels = (1 + 0.5 * (number % 2)) / number ** (1.35 - 0.35 * min(1.8, tone.opening))
    decays = 3.5 + number * (2.4 - 0.9 * tone.velocity) / tone.opening**0.6
    return softened(struck(tone.hertz * number, levels * 0.8, decays, tone.frames), 0.0015)


def sub_bass(tone: Tone) -> FloatArray:
    """Return an almost pure low tone with a slow beginning."""
    wave = struck(
        tone.hertz * np.array([1.0, 2, 3]),
        np.array([1.0, 0.28, 0.1]),
        np.array([0.15, 0.2, 0.3]),
        tone.frames,
    )
    return softened(wave, 0.02)
