"""The musical measures of a clip, in one pass over its mono sum."""

from __future__ import annotations

from dataclasses import dataclass

from musicnb.measure._fingerprint import Fingerprint
from musicnb.measure._frames import Samples
from musicnb.measure._listening import Listener
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
    """Listens to a stream of mono samples in little memory.

    It keeps about 2.5 kB for every second of sound until it is closed, and needs as much again to
    judge: 3 MB for three minutes, 24 MB for an hour. The channels may be summed
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
        self._listener = Listener(sample_rate)

    def push(self, samples: Samples) -> None:
        """Take the next samples: float32, one dimension, finite."""
        self._listener.push(samples)

    def close(self) -> Music:
        """Judge everything that was pushed; short, silent and noisy clips are answered None."""
        heard = self._listener.close()
        return Music(
            rhythm=rhythm_of(heard.strength, heard.chroma),
            tonality=tonality_of(heard.chroma, heard.bass, heard.tuning_cents),
            fingerprint=heard.fingerprint,
        )
