"""Tempo with its alternative and how far to trust it, and how many onsets there are a second."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Final

import numpy as np

from musicnb.measure._frames import Samples
from musicnb.measure._onsets import ONSET_FRAMES_PER_S
from musicnb.measure._pulse import Pulse, Vector
from musicnb.measure._weights import TEMPO_CERTAINTY, TEMPO_NONE, TEMPO_WEIGHTS

_SHORTEST_S: Final = 3.0
_USUAL_S: Final = 20.0
# the weights have seen no shorter excerpts: below it the trust shrinks with the length
_TRUSTED_S: Final = 5.0
# nepers, averaged over the bands: below it neither a listener nor the score has an onset
_CLEAR_ONSET: Final = 0.06


@dataclass(frozen=True, slots=True)
class Rhythm:
    """Tempo and density.

    Parameters
    ----------
    tempo_bpm
        Beats per minute, 50 to 200; None where no pulse was found.
    tempo_alt_bpm
        The next best reading, as a rule half, double, or three halves of it.
    tempo_confidence
        0 to 1: the share of clips with such evidence whose tempo is right within 4 %.
    onsets_per_s
        Clear beginnings of notes or strokes a second; simultaneous ones count once.
    """

    tempo_bpm: float | None
    tempo_alt_bpm: float | None
    tempo_confidence: float
    onsets_per_s: float


def rhythm_of(strength: Samples, chroma: Samples) -> Rhythm:
    """Judge the rhythm of a clip.

    Candidates are the strongest periodicities of the onset strength and their simple relatives,
    from 50 to 200 bpm. What speaks for each is weighed by a conditional logit model, with "there
    is no pulse" as one more candidate; the weights and their origin are in `_weights`.

    Parameters
    ----------
    strength
        Of `Onsets.strength`.
    chroma
        Of `Pitches.close`.
    """
    seconds = len(strength) / ONSET_FRAMES_PER_S
    summed = strength.sum(axis=1)
    density = _onsets_per_s(summed)
    if seconds < _SHORTEST_S or float(summed.max(initial=0.0)) < _CLEAR_ONSET:
        return Rhythm(None, None, 0.0, density)
    pulse = Pulse(strength, chroma)
    tempos = pulse.candidates()
    if not len(tempos):
        return Rhythm(None, None, 0.0, density)
    chances = tempo_chances(pulse.evidence(tempos), seconds)
    order = np.argsort(-chances[:-1], kind="stable")
    best = int(order[0])
    if chances[-1] >= chances[best]:
        return Rhythm(None, None, 0.0, density)
    alternative = float(tempos[order[1]]) if len(order) > 1 else None
    trust = min(1.0, seconds / _TRUSTED_S)
    return Rhythm(float(tempos[best]), alternative, trust * float(chances[best]), density)


def tempo_chances(evidence: Vector, seconds: float) -> Vector:
    """Return the probability of each candidate and, last, of there being no tempo."""
    none = TEMPO_NONE[0] + TEMPO_NONE[1] * np.log2(seconds / _USUAL_S)
    scores = TEMPO_CERTAINTY * np.append(evidence @ np.array(TEMPO_WEIGHTS), none)
    shares = np.exp(scores - scores.max())
    chances: Vector = shares / shares.sum()
    return chances


def _onsets_per_s(strength: Samples) -> float:
    if len(strength) < 3:  # noqa: PLR2004
        return 0.0
    middle = strength[1:-1]
    crest = (middle > strength[:-2]) & (middle >= strength[2:]) & (middle > _CLEAR_ONSET)
    return float(crest.sum()) * ONSET_FRAMES_PER_S / len(strength)
