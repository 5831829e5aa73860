"""What is measured about one clip: a frozen record of numbers with their units."""

from __future__ import annotations

import dataclasses
import math
from dataclasses import dataclass
from functools import cached_property
from typing import Any, Final

import numpy as np
from numpy.typing import NDArray

from musicnb.measure._fingerprint import Fingerprint
from musicnb.measure._spectrum import BANDS

_NOT_IN_A_ROW: Final = ("balance_db", "defects", "series", "outline", "fingerprint")
_LRA_NEEDS_S: Final = 60.0
_STEPS_PER_SECOND: Final = 10
_MOMENTARY_STEPS: Final = 4
_SHORT_TERM_STEPS: Final = 30
# below -120 LUFS a running sum holds nothing but its rounding
_LEAST_POWER: Final = 1e-12


@dataclass(frozen=True, slots=True)
class Defect:
    """Something that is wrong with a clip, and where.

    Parameters
    ----------
    kind
        ``damaged_file``, ``odd_file``, ``not_finite``, ``clipping``, ``dropout``,
        ``abrupt_end``, ``silent_channel``, ``mono_as_stereo``, ``inverted_channel``,
        ``cancels_in_mono``, ``digital_silence``, ``dc_offset`` or ``band_limit``.
    text
        The same in plain words, with the numbers.
    places_s
        Where it is, as pairs of start and end in seconds, the first ones where there are many;
        empty where it is the whole clip.
    channels
        The channels it is in, counted from 1; empty where it is all of them.
    """

    kind: str
    text: str
    places_s: tuple[tuple[float, float], ...] = ()
    channels: tuple[int, ...] = ()


@dataclass(frozen=True)
class LoudnessSeries:
    """Loudness over time, for pictures.

    Parameters
    ----------
    steps
        K-weighted loudness of every 100 ms in LUFS, as float32 bytes; ``-inf`` for silence.
    """

    steps: bytes

    @cached_property
    def times_s(self) -> NDArray[np.float64]:
        """End of each step, in seconds: a window ends where its value stands."""
        return np.arange(1, len(self.steps) // 4 + 1) / _STEPS_PER_SECOND

    @cached_property
    def momentary_lufs(self) -> NDArray[np.float64]:
        """Loudness of the 400 ms before each time (EBU Tech 3341); shorter at the beginning."""
        return self._over(_MOMENTARY_STEPS)

    @cached_property
    def short_term_lufs(self) -> NDArray[np.float64]:
        """Loudness of the 3 s before each time (EBU Tech 3341); shorter at the beginning."""
        return self._over(_SHORT_TERM_STEPS)

    def _over(self, steps: int) -> NDArray[np.float64]:
        powers = 10 ** (np.frombuffer(self.steps, np.float32).astype(np.float64) / 10)
        sums = np.concatenate([[0.0], np.cumsum(powers)])
        ends = np.arange(1, len(sums))
        starts = np.maximum(0, ends - steps)
        means = np.maximum(sums[ends] - sums[starts], 0) / (ends - starts)
        with np.errstate(divide="ignore"):
            return np.asarray(np.where(means > _LEAST_POWER, 10 * np.log10(means), -math.inf))


@dataclass(frozen=True, slots=True, repr=False)
class Measures:
    """Everything that is measured about one clip.

    Levels of silence are ``-inf``. None is what cannot be said: of too little sound, or of one
    channel where two are compared.

    Parameters
    ----------
    duration_s
        Seconds of sound that were decoded.
    sample_rate_hz, channels
        Of the file.
    loudness_lufs
        Integrated loudness, ITU-R BS.1770-5.
    loudness_range_lu
        Loudness range, EBU Tech 3342 (2023). Under a minute of sound it says little: see
        `loudness_range_is_firm`.
    momentary_max_lufs, short_term_max_lufs
        The loudest 400 ms and the loudest 3 s, EBU Tech 3341 (2023), at steps of 10 ms.
    true_peak_dbtp
        Highest value between the samples, dB below full scale, ITU-R BS.1770-5 annex 2.
    peak_dbfs
        Highest sample, dB below full scale.
    rms_dbfs
        Root mean square over all channels and frames, dB below full scale.
    crest_factor_db
        `peak_dbfs` less `rms_dbfs`.
    tempo_bpm, tempo_alt_bpm, tempo_confidence
        Beats per minute, the next best answer, and how sure the first is, 0 to 1. Tempo, key and
        `fingerprint` are of the first 15 minutes.
    key, mode, key_alt, key_confidence
        Tonic such as ``"F#"``, ``"major"`` or ``"minor"``, the next best answer in words, and how
        sure the first is, 0 to 1.
    tuning_cents
        How far it is tuned above A = 440 Hz, −50 to 50.
    onsets_per_s
        How many notes or strokes begin in a second.
    spectral_centroid_hz
        Centre of gravity of the mean power spectrum.
    balance_db
        Power in each of `BANDS` below that of all of them, dB.
    band_limit_hz
        Where the mean spectrum falls by more than 25 dB at once, as encoders cut it; None where
        it does not.
    stereo_width_db
        Power of the side (left less right) above that of the middle (left and right), dB; ``-inf``
        where both channels are the same.
    phase_correlation
        Correlation of the channels, −1 (opposite) to 1 (the same).
    fold_down_loss_db
        What is lost when the two channels are played as one: the mean power of the channels above
        that of their mean. 0 where they are the same, 3 where they are unrelated.
    leading_silence_s, trailing_silence_s
        Seconds below −60 dBFS at the beginning and at the end.
    defects
        What is wrong, worst first.
    series
        Loudness over time.
    outline
        `OUTLINE_PAIRS` (lowest, highest) pairs of int8, for drawing.
    fingerprint
        For `similarity` and `near_duplicates`; None outside 8 to 192 kHz, as all of tempo and key.
    """

    duration_s: float
    sample_rate_hz: int
    channels: int
    loudness_lufs: float
    loudness_range_lu: float | None
    momentary_max_lufs: float
    short_term_max_lufs: float
    true_peak_dbtp: float
    peak_dbfs: float
    rms_dbfs: float
    crest_factor_db: float | None
    tempo_bpm: float | None
    tempo_alt_bpm: float | None
    tempo_confidence: float | None
    key: str | None
    mode: str | None
    key_alt: str | None
    key_confidence: float | None
    tuning_cents: float | None
    onsets_per_s: float | None
    spectral_centroid_hz: float | None
    balance_db: tuple[float, ...] | None
    band_limit_hz: float | None
    stereo_width_db: float | None
    phase_correlation: float | None
    fold_down_loss_db: float | None
    leading_silence_s: float
    trailing_silence_s: float
    defects: tuple[Defect, ...]
    series: LoudnessSeries
    outline: bytes
    fingerprint: Fingerprint | None

    @property
    def loudness_range_is_firm(self) -> bool:
        """Whether there is the minute of sound that EBU Tech 3342 wants for a loudness range."""
        return self.duration_s >= _LRA_NEEDS_S

    def as_dict(self) -> dict[str, Any]:
        """Return a flat row of numbers and words, as a table wants it.

        The bands of `balance_db` are columns of their own, the defects one column of their kinds;
        series, outline and fingerprint are left out.
        """
        row = {
            field.name: getattr(self, field.name)
            for field in dataclasses.fields(self)
            if field.name not in _NOT_IN_A_ROW
        }
        balance = self.balance_db or (None,) * len(BANDS)
        row |= {f"{band}_db": level for band, level in zip(BANDS, balance, strict=True)}
        row["defects"] = ", ".join(dict.fromkeys(defect.kind for defect in self.defects))
        return row

    def __repr__(self) -> str:
        from musicnb.measure._telling import one_line  # noqa: PLC0415 - numbers need no words

        return one_line(self)

    def _repr_html_(self) -> str:
        from musicnb.measure._telling import html_table  # noqa: PLC0415 - as above

        return html_table(self)
