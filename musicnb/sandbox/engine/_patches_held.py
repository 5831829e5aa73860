"""Sounds that last as long as the key is down: synthesisers, strings, winds, organ, choir."""

from __future__ import annotations

from dataclasses import dataclass
from functools import lru_cache

import numpy as np

from musicnb.sandbox.engine._chance import stream
from musicnb.sandbox.engine._filters import SAMPLE_RATE, FloatArray, biquad, filtered
from musicnb.sandbox.engine._tones import (
    TAU,
    Envelope,
    Partials,
    Tone,
    Vibrato,
    factor_length,
    held,
    noise,
    struck,
)

_MOST_HARMONICS = 64


@dataclass(frozen=True, slots=True)
class Subtractive:
    """A bank of detuned oscillators through a resonant low-pass that opens and closes.

    Attributes
    ----------
    shape : str
        ``"saw"`` or ``"square"``.
    detune_cents : tuple of float
        One oscillator each, the leading one first.
    corner_hz, sweep_hz, sweep_s : float
        Where the filter rests, how far above it starts, and how fast it falls back.
    resonance : float
        0 to 1.
    envelope : Envelope
        Loudness.
    label : str
        Seeds the phases; two labels make two channels that differ.
    side : float
        Level of all oscillators but the first: equal ones beat until each beat is heard as a
        stroke, which is wanted of a synthesiser and not of a section of strings.
    bend : Vibrato, optional
        How the player moves the pitch.
    """

    shape: str
    detune_cents: tuple[float, ...]
    corner_hz: float
    sweep_hz: float
    sweep_s: float
    resonance: float
    envelope: Envelope
    label: str = ""
    side: float = 1.0
    bend: Vibrato | None = None

    def __call__(self, tone: Tone) -> FloatArray:
        """Return one note, shape (frames,)."""
        return self.steady(tone) * self.envelope(tone)

    def steady(self, tone: Tone) -> FloatArray:
        """Return the oscillators behind the filter, before the envelope; not to be changed."""
        return tone.steady(self, lambda frames: self._swept(tone, frames))

    def _swept(self, tone: Tone, frames: int) -> FloatArray:
        base = tone.hertz
        block = factor_length(frames)
        seconds = np.arange(-(-frames // block) + 1) * block / SAMPLE_RATE
        # the filter never closes below the note itself, or dark low settings would be silent
        rest = max(self.corner_hz * tone.opening, 1.2 * base)
        sweep = self.sweep_hz * tone.velocity * tone.opening
        corner = rest + sweep * np.exp(-seconds / self.sweep_s)
        highest = min(SAMPLE_RATE * 0.45, (rest + sweep) * 3.2)
        number = np.arange(1, int(max(2, min(_MOST_HARMONICS, highest / base))) + 1)
        if self.shape == "square":
            number = number[number % 2 == 1]
        ratio = (base * number[None] / corner[:, None]) ** 2
        damping = (1.4 - 1.1 * self.resonance) ** 2
        power = 1 + (len(self.detune_cents) - 1) * self.side**2
        response = 1 / (np.sqrt(power * ((1 - ratio) ** 2 + damping * ratio)) * number[None])
        voices = range(len(self.detune_cents))
        wave = held(
            np.concatenate([base * 2 ** (cents / 1200) * number for cents in self.detune_cents]),
            np.concatenate([response * (self.side if voice else 1.0) for voice in voices], axis=1),
            frames,
            block,
            np.concatenate(
                [_phases(self.label, tone.pitch, voice)[: len(number)] for voice in voices]
            ),
        )
        return self.bend(wave) if self.bend else wave


@lru_cache(maxsize=512)
def _phases(label: str, pitch: int, voice: int) -> Partials:
    draws = stream("phase", label, pitch, voice)
    return np.array([draws.uniform(0.0, float(TAU)) for _ in range(_MOST_HARMONICS)])


@dataclass(frozen=True, slots=True)
class Wide:
    """Two voices that differ a little, one for each ear, at a level."""

    left: Subtractive
    right: Subtractive
    level: float

    def __call__(self, tone: Tone) -> FloatArray:
        """Return one note, shape (2, frames)."""
        envelope = self.left.envelope(tone) * np.float32(self.level)
        out = np.empty((2, tone.frames), np.float32)
        np.multiply(self.left.steady(tone), envelope, out=out[0])
        np.multiply(self.right.steady(tone), envelope, out=out[1])
        return out


_PAD = Envelope(0.18, 0.8, 0.85, 0.45)
_GLASS = Envelope(0.12, 1.2, 0.7, 0.6)
_BOWED = Envelope(0.09, 0.5, 0.9, 0.22)
_STAB = Envelope(0.003, 0.25, 0.35, 0.1)

warm_pad = Wide(
    Subtractive("saw", (-1, -7, 10), 1000, 650, 1.2, 0.0, _PAD, "warm left", 0.45),
    Subtractive("saw", (2, -9, 8), 1000, 650, 1.2, 0.0, _PAD, "warm right", 0.45),
    0.75,
)
glass_pad = Wide(
    Subtractive("square", (-1, 9), 2400, 2200, 0.8, 0.25, _GLASS, "glass left", 0.4),
    Subtractive("square", (2, -8), 2400, 2200, 0.8, 0.25, _GLASS, "glass right", 0.4),
    0.6,
)
strings = Wide(
    Subtractive("saw", (-2, 8), 2300, 700, 0.5, 0.0, _BOWED, "bow left", 0.4),
    Subtractive("saw", (2, -8), 2300, 700, 0.5, 0.0, _BOWED, "bow right", 0.4),
    0.6,
)
stab = Wide(
    Subtractive("saw", (-10, 1, 13), 900, 4200, 0.12, 0.1, _STAB, "stab left"),
    Subtractive("saw", (-12, 0, 11), 900, 4200, 0.12, 0.1, _STAB, "stab right"),
    0.7,
)
low_strings = Subtractive(
    "saw", (-1, 8), 900, 500, 0.4, 0.0, Envelope(0.07, 0.5, 0.9, 0.25), "low bow", 0.4
)
synth_bass = Subtractive(
    "saw", (-4, 4), 320, 1900, 0.14, 0.55, Envelope(0.004, 0.2, 0.7, 0.06), "bass"
)
_REESE = Subtractive(
    "saw", (-17, -4, 6, 16), 420, 300, 0.6, 0.3, Envelope(0.01, 0.3, 0.9, 0.08), "reese"
)
_BOW_BEND = Vibrato(5.7, 20, 0.15, 30)
_LEAD_BEND = Vibrato(5.6, 16, 0.18, 35)
_BRASS_BEND = Vibrato(5.0, 9, 0.3, 45)
_SAX_BEND = Vibrato(5.2, 22, 0.2, 60)
_FLUTE_BEND = Vibrato(5.0, 14, 0.18, 25)
_BOOM = Envelope(0.003, 1.3, 0.35, 0.12)
_ORGAN = Envelope(0.006, 0.1, 0.95, 0.05)
_FLUTE = Envelope(0.05, 0.2, 0.9, 0.09)
_LEAD_SAW = Subtractive(
    "saw", (-5, 5), 2200, 2600, 0.35, 0.35, Envelope(0.012, 0.3, 0.8, 0.12), "l", bend=_LEAD_BEND
)
_LEAD_SQUARE = Subtractive(
    "square", (0,), 1800, 800, 0.3, 0.0, Envelope(0.012, 0.3, 0.8, 0.12), "m", bend=_LEAD_BEND
)
_BRASS = Subtractive(
    "saw", (-3, 3), 550, 3000, 0.9, 0.1, Envelope(0.045, 0.25, 0.85, 0.1), "horn", bend=_BRASS_BEND
)
_REED = Subtractive(
    "saw", (0,), 1500, 1200, 0.5, 0.5, Envelope(0.03, 0.2, 0.85, 0.09), "reed", bend=_SAX_BEND
)
_HOLLOW = Subtractive(
    "square", (2,), 1200, 500, 0.4, 0.0, Envelope(0.03, 0.2, 0.85, 0.09), "hollow", bend=_SAX_BEND
)

_PIPE = Subtractive("square", (0,), 1500, 700, 0.5, 0.1, Envelope(0.035, 0.2, 0.9, 0.09), "pipe")
_COMB = Subtractive(
    "saw", (-4, 4), 1900, 900, 0.5, 0.2, Envelope(0.03, 0.2, 0.9, 0.08), "comb", bend=_SAX_BEND
)
_BELLOWS = Subtractive(
    "saw", (-9, 0, 8), 1700, 400, 0.5, 0.0, Envelope(0.04, 0.2, 0.95, 0.08), "bellows"
)
_SOLO_BOW = Subtractive(
    "saw", (0,), 2600, 900, 0.4, 0.3, Envelope(0.07, 0.4, 0.9, 0.16), "solo", bend=_BOW_BEND
)


def reese_bass(tone: Tone) -> FloatArray:
    """Return saws that beat against one another, low and growling."""
    growl: FloatArray = np.tanh(_REESE(tone) * np.float32(1.3))
    return growl


def synth_lead(tone: Tone) -> FloatArray:
    """Return the singing synthesiser: saws and a square, late vibrato."""
    return np.float32(0.6) * _LEAD_SAW(tone) + np.float32(0.3) * _LEAD_SQUARE(tone)


def brass(tone: Tone) -> FloatArray:
    """Return a horn whose overtones bloom with the breath."""
    return _BRASS(tone) * np.float32(0.8)


def sax(tone: Tone) -> FloatArray:
    """Return a reed with breath noise and a slide into the note."""
    wave = _REED(tone) + np.float32(0.45) * _HOLLOW(tone)
    breath = filtered(noise(tone.frames, tone.pitch), biquad("bandpass", 2500.0, 0.8))
    wave += breath * Envelope(0.02, 0.1, 0.6, 0.05)(tone) * np.float32(0.035)
    return wave * np.float32(0.7)


def flute(tone: Tone) -> FloatArray:
    """Return a flute: four harmonics and air."""
    base = tone.hertz
    levels = np.array([1, 0.32 * tone.velocity * tone.opening**0.4, 0.12, 0.04])

    def blown(frames: int) -> FloatArray:
        return _FLUTE_BEND(struck(base * np.arange(1.0, 5.0), levels, np.zeros(4), frames))

    wave = tone.steady("flute", blown) * _FLUTE(tone)
    air = filtered(noise(tone.frames, tone.pitch), biquad("bandpass", min(9000.0, base * 2.2), 1.0))
    wave += air * Envelope(0.03, 0.12, 0.45, 0.08)(tone) * np.float32(0.05)
    return wave


def clarinet(tone: Tone) -> FloatArray:
    """Return a pipe with a reed: odd harmonics, hardly any vibrato."""
    return _PIPE(tone) * np.float32(0.7)


def harmonica(tone: Tone) -> FloatArray:
    """Return two reeds with hands that open and close before them."""
    return _COMB(tone) * np.float32(0.7)


def accordion(tone: Tone) -> FloatArray:
    """Return three reeds that beat against one another."""
    return _BELLOWS(tone) * np.float32(0.7)


def violin(tone: Tone) -> FloatArray:
    """Return one bowed string with vibrato."""
    return _SOLO_BOW(tone) * np.float32(0.7)


def organ(tone: Tone) -> FloatArray:
    """Return eight drawbars through a slow rotor."""
    ratios = np.array([0.5, 1, 1.5, 2, 3, 4, 6, 8])
    levels = np.array([0.7, 1, 0.35, 0.7, 0.3, 0.35, 0.15, 0.2])
    levels = levels * np.where(ratios > 2, min(1.6, tone.opening), 1.0)  # noqa: PLR2004
    keep = tone.hertz * ratios < 9000  # noqa: PLR2004
    pitches, phases = tone.hertz * ratios[keep], np.arange(int(keep.sum())) * 1.3

    def turning(frames: int) -> FloatArray:
        wave = struck(pitches, levels[keep], np.zeros(len(pitches)), frames, phases)
        seconds = np.arange(frames, dtype=np.float32) / np.float32(SAMPLE_RATE)
        wave *= 1 + np.float32(0.1) * np.sin(seconds * np.float32(TAU * 6.2))
        return wave * np.float32(0.5)

    return tone.steady("organ", turning) * _ORGAN(tone)


def bass_808(tone: Tone) -> FloatArray:
    """Return the tuned kick that became a bass."""

    def falling(frames: int) -> FloatArray:
        seconds = np.arange(frames) / SAMPLE_RATE
        turns = np.cumsum(tone.hertz * (1 + 1.2 * np.exp(-seconds * 38))) / SAMPLE_RATE
        wave = np.sin((turns % 1 * TAU).astype(np.float32))
        driven: FloatArray = np.tanh(wave * np.float32(1.8))
        return driven

    return tone.steady("808", falling) * _BOOM(tone)
