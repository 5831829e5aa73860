"""The musical measures of a clip, in one pass over its mono sum."""

from __future__ import annotations

from dataclasses import dataclass

from musicnb.measure._fingerprint import Fingerprint, fingerprint_of
from musicnb.measure._frames import Decimator, Samples, Spectra
from musicnb.measure._onsets import ONSET_FRAME_S, ONSET_FRAMES_PER_S, Onsets, mel_bands
from musicnb.measure._pitches import PITCH_FRAME_S, PITCH_FRAMES_PER_S, Pitches
from musicnb.measure._rhythm import Rhythm, rhythm_of
from musicnb.measure._tonality import Tonality, tonality_of


@dataclass(frozen=True, slots=True)
class Music:
    """What was heard in a clip.

    Parameters
    ----------
    rhythm
        Tempo with its alternative and confidence, and onset rate.
    tonality
        Key and mode with the next best and confidence, and tuning.
    fingerprint
        For `similarity` and `near_duplicates`.
    """

    rhythm: Rhythm
    tonality: Tonality
    fingerprint: Fingerprint


class MusicMeter:
    """Listens to a stream of mono samples in constant memory.

    It keeps about 1.5 kB for every second of sound until it is closed. The channels may be summed
    or averaged to mono: gain makes no difference.

    Parameters
    ----------
    sample_rate
        Frames per second, 8,000 to 192,000.

    Raises
    ------
    ValueError
        The rate is outside that range.
    """

    def __init__(self, sample_rate: int) -> None:
        self._decimator = Decimator(sample_rate)
        self._short = Spectra(self._decimator, ONSET_FRAMES_PER_S, ONSET_FRAME_S)
        self._long = Spectra(self._decimator, PITCH_FRAMES_PER_S, PITCH_FRAME_S)
        self._onsets = Onsets(self._short.hertz)
        self._pitches = Pitches(self._long.hertz)

    def push(self, samples: Samples) -> None:
        """Take the next samples: float32, one dimension, finite."""
        self._hear(self._decimator.push(samples))

    def close(self) -> Music:
        """Judge everything that was pushed; short, silent and noisy clips get None for an answer."""
        self._hear(self._decimator.close())
        strength = self._onsets.strength()
        chroma, bass, tuning_cents = self._pitches.close()
        heard = mel_bands(self._short.hertz).max(axis=0) > 0
        return Music(
            rhythm=rhythm_of(strength, chroma),
            tonality=tonality_of(chroma, bass, tuning_cents),
            fingerprint=fingerprint_of(chroma, self._onsets.cells(), heard),
        )

    def _hear(self, thinned: Samples) -> None:
        for magnitudes in self._short.push(thinned):
            self._onsets.push(magnitudes)
        for magnitudes in self._long.push(thinned):
            self._pitches.push(magnitudes)
