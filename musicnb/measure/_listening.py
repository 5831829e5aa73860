"""What tempo, key and fingerprint are judged from, collected in one pass."""

from __future__ import annotations

from dataclasses import dataclass

from musicnb.measure._fingerprint import Fingerprint, fingerprint_of
from musicnb.measure._frames import Ear, Samples
from musicnb.measure._onsets import ONSET_FRAME_S, ONSET_FRAMES_PER_S, Onsets, mel_bands
from musicnb.measure._pitches import PITCH_FRAME_S, PITCH_FRAMES_PER_S, Pitches


@dataclass(frozen=True, slots=True, eq=False)
class Heard:
    """What was collected.

    Parameters
    ----------
    strength
        Onset strength in three ranges, 50 times a second; see `Onsets.strength`.
    chroma, bass
        Pitch classes of all voices and below 220 Hz, 5 times a second.
    tuning_cents
        Above A = 440 Hz.
    fingerprint
        For comparing.
    cells
        Mean magnitudes in mel bands, 5 times a second.
    """

    strength: Samples
    chroma: Samples
    bass: Samples
    tuning_cents: float
    fingerprint: Fingerprint
    cells: Samples


class Listener:
    """Collects onsets and pitches from a stream of mono samples.

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
        self._ear = Ear(
            sample_rate,
            (ONSET_FRAMES_PER_S, ONSET_FRAME_S),
            (PITCH_FRAMES_PER_S, PITCH_FRAME_S),
        )
        self._onsets = Onsets(self._ear.short.hertz)
        self._pitches = Pitches(self._ear.long.hertz)

    def push(self, samples: Samples) -> None:
        """Take the next samples: float32, one dimension, finite."""
        short, long = self._ear.push(samples)
        for magnitudes in short:
            self._onsets.push(magnitudes)
        for magnitudes in long:
            self._pitches.push(magnitudes)

    def close(self) -> Heard:
        """Return what was heard in everything that was pushed."""
        short, long = self._ear.close()
        for magnitudes in short:
            self._onsets.push(magnitudes)
        for magnitudes in long:
            self._pitches.push(magnitudes)
        strength = self._onsets.strength()
        chroma, bass, tuning_cents = self._pitches.close()
        bands = mel_bands(self._ear.short.hertz).max(axis=0) > 0
        cells = self._onsets.cells()
        fingerprint = fingerprint_of(chroma, cells, bands)
        return Heard(strength, chroma, bass, tuning_cents, fingerprint, cells)
