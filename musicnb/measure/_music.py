"""The musical measures of a clip, in one pass over its mono sum."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Final

from musicnb.measure._fingerprint import Fingerprint
from musicnb.measure._frames import Samples
from musicnb.measure._listening import Listener
from musicnb.measure._rhythm import Rhythm, rhythm_of
from musicnb.measure._tonality import Tonality, tonality_of

#: One tempo and one key say nothing about more, and memory has an end for sound of any length.
HEARD_S: Final = 900


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

    It listens to the first 15 minutes. It keeps about 2.5 kB for every second of them until it
    judges, and needs as much again for that: 1 MB for three minutes, 5 MB at most. The channels may
    be summed or averaged to mono: gain makes no difference.

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
        self._judged: Music | None = None
        self._left = HEARD_S * sample_rate

    def push(self, samples: Samples) -> None:
        """Take the next samples: float32, one dimension, finite."""
        heard = samples[: self._left]
        self._left -= len(heard)
        if len(heard):
            self._listener.push(heard)
        if not self._left and self._judged is None:
            # at once: what it needs for that is free again for the rest of a long sound
            self._judged = self._judge()

    def close(self) -> Music:
        """Judge everything that was pushed; short, silent and noisy clips are answered None."""
        return self._judged or self._judge()

    def _judge(self) -> Music:
        heard = self._listener.close()
        del self._listener
        return Music(
            rhythm=rhythm_of(heard.strength, heard.chroma),
            tonality=tonality_of(heard.chroma, heard.bass, heard.tuning_cents),
            fingerprint=heard.fingerprint,
        )
