"""Voices: formants on harmonics, consonants as noise, and a choir of such voices."""

from __future__ import annotations

import numpy as np

from musicnb.sandbox.engine._chance import stream
from musicnb.sandbox.engine._filters import SAMPLE_RATE, FloatArray, biquad, filtered
from musicnb.sandbox.engine._tones import (
    TAU,
    Envelope,
    Partials,
    Tone,
    Vibrato,
    held,
    noise,
    struck,
)

_BLOCK = 512
_CHOIR = Envelope(0.25, 0.5, 0.9, 0.5)

# Formants of sung vowels in hertz, after the tables of the Csound manual (appendix "Formant
# values", alto and tenor), rounded; "m" is the closed mouth of nasals.
_FORMANTS: dict[str, tuple[float, float, float, float]] = {
    "a": (800, 1150, 2900, 3900),
    "e": (450, 2000, 2650, 3600),
    "i": (300, 2350, 3050, 3700),
    "o": (450, 800, 2800, 3500),
    "u": (325, 700, 2700, 3500),
    "m": (250, 1100, 2200, 3300),
}
_FORMANT_DB = (0.0, -5.0, -16.0, -24.0)
_BANDWIDTHS_HZ = (80.0, 95.0, 130.0, 180.0)
#: A male vocal tract is about 15 % longer, so its formants lie that much lower.
_MALE_SCALE = 0.87

_NASAL = frozenset("mnlrwjyv")
#: Noise of consonants: centre in hertz, length in seconds, level.
_NOISES: dict[str, tuple[float, float, float]] = {
    "s": (6500, 0.10, 0.30),
    "z": (6000, 0.08, 0.24),
    "x": (3600, 0.10, 0.30),
    "c": (4000, 0.06, 0.26),
    "f": (4500, 0.08, 0.18),
    "h": (1800, 0.07, 0.16),
    "t": (4500, 0.03, 0.26),
    "k": (2200, 0.03, 0.24),
    "q": (2000, 0.03, 0.24),
    "p": (1000, 0.03, 0.22),
    "d": (3500, 0.02, 0.16),
    "g": (1800, 0.02, 0.16),
    "b": (700, 0.02, 0.16),
}


def _spectrum(frequencies: Partials, vowel: str, voice: str) -> Partials:
    scale = _MALE_SCALE if voice == "m" else 1.0
    out = np.zeros(len(frequencies))
    bands = zip(_FORMANTS[vowel], _FORMANT_DB, _BANDWIDTHS_HZ, strict=True)
    for centre, level_db, width in bands:
        distance = (frequencies - centre * scale) / (0.9 * width)
        out += 10 ** (level_db / 20) / np.sqrt(1 + distance**2)
    return out


def sung(tone: Tone, syllable: str, voice: str) -> FloatArray:
    """Return one sung syllable.

    Parameters
    ----------
    tone : Tone
        Pitch, loudness and length.
    syllable : str
        ``onset:vowel:coda`` as written by :meth:`Syllable.text`.
    voice : str
        ``"m"`` or ``"f"``.

    Returns
    -------
    ndarray of float32, shape (frames,)
    """
    onset, vowels, coda = syllable.split(":")
    base = tone.hertz
    number = np.arange(1, int(min(48, 7500 / base)) + 1)
    frequencies = base * number
    levels = _mouth(tone, frequencies, (onset, vowels, coda), voice)
    # louder voices have stronger overtones
    slope = 1.5 - 0.35 * tone.velocity - 0.3 * (tone.brightness - 0.5)
    levels = levels / number[None] ** slope
    wave = held(frequencies, levels, tone.frames, _BLOCK, _phases(len(number), tone.pitch))
    wave = Vibrato(5.3, 26.0, 0.24, 60.0 if onset else 25.0)(wave)
    top = max(1e-6, float(np.abs(wave).max()))
    attack = 0.015 if onset in "ptkbdg" and onset else 0.04
    wave *= Envelope(attack, 0.4, 0.82, 0.09)(tone) / np.float32(top)
    _add_consonant(wave, onset, 0, tone.pitch)
    _add_consonant(wave, coda, max(0, tone.gate - int(0.04 * SAMPLE_RATE)), tone.pitch + 7)
    breath = filtered(noise(tone.frames, tone.pitch), biquad("bandpass", 2600.0, 0.6))
    wave += breath * Envelope(0.05, 0.3, 0.8, 0.08)(tone) * np.float32(0.014)
    return wave


def _mouth(tone: Tone, frequencies: Partials, sounds: tuple[str, str, str], voice: str) -> Partials:
    """Return amplitudes over time: nasal onset, first vowel, glide to the second, nasal end."""
    onset, vowels, coda = sounds
    count = -(-tone.frames // _BLOCK) + 1
    seconds = (np.arange(count) * _BLOCK / SAMPLE_RATE)[:, None]
    gate_s = tone.gate / SAMPLE_RATE
    levels = np.repeat(_spectrum(frequencies, vowels[0], voice)[None], count, axis=0)
    if len(vowels) > 1:
        glide = np.clip((seconds - 0.5 * gate_s) / max(0.05, 0.3 * gate_s), 0, 1)
        levels = levels * (1 - glide) + _spectrum(frequencies, vowels[1], voice)[None] * glide
    closed = 0.5 * _spectrum(frequencies, "m", voice)[None]
    if onset and onset in _NASAL:
        opened = np.clip(seconds / 0.07, 0, 1)
        levels = closed * (1 - opened) + levels * opened
    if coda and coda in _NASAL:
        shut = np.clip((seconds - gate_s + 0.09) / 0.07, 0, 1)
        levels = levels * (1 - shut) + closed * shut
    swell: Partials = levels * (
        1 + 0.12 * np.sin(TAU * 5.3 * seconds) * np.clip((seconds - 0.25) / 0.3, 0, 1)
    )
    return swell


def _add_consonant(wave: FloatArray, letter: str, place: int, seed: int) -> None:
    if letter not in _NOISES or place >= len(wave):
        return
    centre, length_s, level = _NOISES[letter]
    frames = min(int(length_s * SAMPLE_RATE), len(wave) - place)
    burst = filtered(noise(frames, seed), biquad("bandpass", centre, 1.2))
    stretch = wave[place : place + frames]
    if place == 0:
        stretch *= np.linspace(0.2, 1, frames, dtype=np.float32)
    stretch += burst * np.hanning(frames).astype(np.float32) * np.float32(level)


def _phases(count: int, *labels: object) -> Partials:
    draws = stream("voice", *labels)
    return np.array([draws.uniform(0.0, 0.6) for _ in range(count)])


def choir(tone: Tone) -> FloatArray:
    """Return four voices on "ah" and "oh", slightly out of tune, shape (2, frames)."""
    chorus = tone.steady("choir", lambda frames: _chorus(tone, frames))
    return chorus * (_CHOIR(tone) * np.float32(0.55))


def _chorus(tone: Tone, frames: int) -> FloatArray:
    out = np.zeros((2, frames), np.float32)
    base = tone.hertz
    number = np.arange(1, int(min(30, 5000 / base)) + 1)
    for singer in range(4):
        draws = stream("choir", tone.pitch, singer)
        frequencies = base * 2 ** (draws.uniform(-9, 9) / 1200) * number
        vowel, voice = ("a" if singer % 2 else "o"), ("m" if singer > 1 else "f")
        levels = _spectrum(frequencies, vowel, voice) / number ** (1.2 / tone.opening**0.2)
        phases = np.array([draws.uniform(0.0, float(TAU)) for _ in number])
        out[singer % 2] += struck(frequencies, levels, np.zeros(len(levels)), frames, phases)
    return out
