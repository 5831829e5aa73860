"""Key and mode with the next best and how far to trust them."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Final, Literal

import numpy as np

from musicnb.measure._frames import Samples
from musicnb.measure._pitches import PITCH_FRAMES_PER_S, SEMITONES
from musicnb.measure._pulse import Vector
from musicnb.measure._weights import KEY_CERTAINTY, KEY_WEIGHTS

KEYS: Final = ("C", "Db", "D", "Eb", "E", "F", "F#", "G", "Ab", "A", "Bb", "B")
MODES: Final = ("major", "minor")

Mode = Literal["major", "minor"]

_SHORTEST_S: Final = 2.0
# the weights have seen no shorter excerpts: below it the trust shrinks with the length
_TRUSTED_S: Final = 5.0
# frames 34 dB below the fullest say nothing about the key
_QUIET: Final = 0.02
_SMOOTHED_FRAMES: Final = 5
_FRAMES_AT_ONCE: Final = 1_000
_SHARPNESS: Final = 12.0
_BASS_SHARE: Final = 0.8
_TRIADS: Final = ((0, 4, 7), (0, 3, 7))
# Albrecht and Shanahan, "The use of large corpora to train a new type of key-finding algorithm"
# (Music Perception 31, 2013), table 1
_PROFILES: Final = (
    (0.238, 0.006, 0.111, 0.006, 0.137, 0.094, 0.016, 0.214, 0.009, 0.080, 0.008, 0.081),
    (0.220, 0.006, 0.104, 0.123, 0.019, 0.103, 0.012, 0.214, 0.062, 0.022, 0.061, 0.052),
)


@dataclass(frozen=True, slots=True)
class Tonality:
    """Key and tuning.

    Parameters
    ----------
    key
        The tonic, one of `KEYS`; None where no key was found.
    mode
        ``"major"`` or ``"minor"``.
    key_alt
        The next best reading with its mode, such as ``"A minor"``; as a rule the relative key.
    key_confidence
        0 to 1: the share of clips with such evidence whose tonic and mode are both right.
    tuning_cents
        How far the sound is tuned above A = 440 Hz, −50 to 50; None without a key.
    """

    key: str | None
    mode: Mode | None
    key_alt: str | None
    key_confidence: float
    tuning_cents: float | None


def tonality_of(chroma: Samples, bass: Samples, tuning_cents: float) -> Tonality:
    """Judge the key of a clip.

    Each of the 24 keys is weighed by a conditional logit model: how well the pitch classes fit the
    profile of Albrecht and Shanahan, each degree of the scale in all voices and in the bass, and
    how much of the time each triad sounds. "There is no key" is one more candidate.

    Parameters
    ----------
    chroma, bass, tuning_cents
        Of `Pitches.close`.
    """
    nothing = Tonality(None, None, None, 0.0, None)
    if len(chroma) < _SHORTEST_S * PITCH_FRAMES_PER_S or not chroma.any():
        return nothing
    chances = key_chances(key_columns(key_evidence(chroma, bass)))
    order = np.argsort(-chances[:-1], kind="stable")
    best, second = int(order[0]), int(order[1])
    if chances[-1] >= chances[best]:
        return nothing
    trust = min(1.0, len(chroma) / PITCH_FRAMES_PER_S / _TRUSTED_S)
    return Tonality(
        key=KEYS[best % SEMITONES],
        mode="minor" if best >= SEMITONES else "major",
        key_alt=f"{KEYS[second % SEMITONES]} {MODES[second // SEMITONES]}",
        key_confidence=trust * float(chances[best]),
        tuning_cents=tuning_cents,
    )


def key_evidence(chroma: Samples, bass: Samples) -> Vector:
    """Return 48 numbers, 12 a row: pitch classes, bass, and major and minor triads."""
    norms = np.linalg.norm(chroma, axis=1)
    loud = norms > norms.max() * _QUIET
    level = chroma[loud] / norms[loud, None]
    depths = np.linalg.norm(bass[loud], axis=1)
    # where there is hardly any bass, its peaks are leakage
    deep = bass[loud] / np.maximum(depths, 0.1 * depths.max() + 1e-9)[:, None].astype(np.float32)
    triads = _triads(_smoothed(level), _smoothed(deep))
    pitches, lows = level.mean(axis=0), deep.mean(axis=0)
    return np.stack([pitches, lows, triads[:SEMITONES], triads[SEMITONES:]]).astype(np.float64)


def key_columns(evidence: Vector) -> Vector:
    """Return what speaks for each of 24 keys, shaped ``(25, 101)``: majors, minors, none."""
    pitches, lows, major, minor = evidence
    contrast = float(np.linalg.norm(pitches - pitches.mean()))
    pitches, lows = _centred(pitches), _centred(lows)
    columns = np.zeros((2 * SEMITONES + 1, 4 * 2 * SEMITONES + 5))
    for mode, profile in enumerate(_PROFILES):
        fit = _centred(np.array(profile))
        for tonic in range(SEMITONES):
            row = columns[mode * SEMITONES + tonic]
            row[0], row[1] = np.roll(pitches, -tonic) @ fit, mode
            for place, values in enumerate((pitches, lows, 2 * major, 2 * minor)):
                first = 2 + (2 * place + mode) * SEMITONES
                row[first : first + SEMITONES] = np.roll(values, -tonic)
    columns[-1, -3:] = 1, contrast, np.log2(0.05 + contrast)
    return columns


def key_chances(columns: Vector) -> Vector:
    """Return the probability of each of 24 keys and, last, of there being none."""
    scores = KEY_CERTAINTY * (columns @ np.array(KEY_WEIGHTS))
    shares = np.exp(scores - scores.max())
    chances: Vector = shares / shares.sum()
    return chances


def _triads(level: Samples, deep: Samples) -> Vector:
    """Return the share of the time for which each triad sounds, majors first."""
    fits = np.zeros((SEMITONES, 2 * SEMITONES))
    for mode, triad in enumerate(_TRIADS):
        for root in range(SEMITONES):
            fits[[(root + step) % SEMITONES for step in triad], mode * SEMITONES + root] = 1
    fits -= fits.mean(axis=0)
    fits /= np.linalg.norm(fits, axis=0)
    total = np.zeros(2 * SEMITONES)
    for first in range(0, len(level), _FRAMES_AT_ONCE):
        few, lows = level[first : first + _FRAMES_AT_ONCE], deep[first : first + _FRAMES_AT_ONCE]
        centred = few - few.mean(axis=1, keepdims=True)
        centred /= np.maximum(np.linalg.norm(centred, axis=1, keepdims=True), 1e-9)
        scores = _SHARPNESS * (centred @ fits + _BASS_SHARE * np.hstack([lows, lows]))
        shares = np.exp(scores - scores.max(axis=1, keepdims=True))
        total += (shares / shares.sum(axis=1, keepdims=True)).sum(axis=0)
    shared: Vector = total / len(level)
    return shared


def _smoothed(rows: Samples) -> Samples:
    """Return means over a second."""
    half = _SMOOTHED_FRAMES // 2
    padded = np.pad(rows, ((half, half), (0, 0)))
    total = np.zeros_like(rows)
    for shift in range(_SMOOTHED_FRAMES):
        total += padded[shift : shift + len(rows)]
    return total / np.float32(_SMOOTHED_FRAMES)


def _centred(values: Vector) -> Vector:
    away = values - values.mean()
    unit: Vector = away / max(float(np.linalg.norm(away)), 1e-9)
    return unit
