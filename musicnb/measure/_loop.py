"""Whether a clip can be played round and round, and what is wrong at the seam if not."""

from __future__ import annotations

import math
from dataclasses import dataclass
from typing import Final

import numpy as np
from numpy.typing import NDArray
from threadpoolctl import threadpool_limits

from musicnb.measure._frames import Samples
from musicnb.measure._listening import Listener
from musicnb.measure._onsets import mel_bands
from musicnb.measure._pulse import Pulse
from musicnb.measure._rhythm import rhythm_of

MOST_BEAT_ERROR: Final = 0.1
MOST_BAR_ERROR: Final = 0.15
LEAST_TAIL_DB: Final = -15.0
MOST_CLICK_DB: Final = 12.0

_TAIL_S: Final = 0.25
_SIDE_S: Final = 0.5
_CLICK_SIDE_S: Final = 0.01
_QUIET_JUMP: Final = 0.003
_SILENCE: Final = 1e-5


@dataclass(frozen=True, slots=True)
class LoopSeam:
    """How the end of a clip meets its beginning.

    Parameters
    ----------
    duration_s
        Length of the loop.
    tempo_bpm
        Pulse that was heard, octave uncertain; None where there is none.
    beats_per_bar
        2, 3 or 4 times `tempo_bpm`'s beat repeats best; None without a pulse.
    beat_error
        By how much the length misses a whole number of beats, in beats, 0 to 0.5; None without a
        pulse.
    bar_error
        The same in bars.
    tail_db
        Level of the last quarter of a second against the whole clip's, in dB: fades and silence.
    level_step_db
        Level of the first half second against the last, in dB.
    timbre_step_db
        Mean difference of 32 mel bands between these two, in dB, level taken out.
    click_db
        Jump between the last sample and the first against the largest within 10 ms on either side,
        in dB; ``-inf`` where there is no jump to hear.
    loops
        Whether it goes round: beat error under 0.1, bar error under 0.15, tail above −15 dB, click
        under 12 dB. Level and timbre are told but not judged: a chorus may well follow a verse.
    reasons
        Why not, in plain words; empty when it loops.
    """

    duration_s: float
    tempo_bpm: float | None
    beats_per_bar: int | None
    beat_error: float | None
    bar_error: float | None
    tail_db: float
    level_step_db: float
    timbre_step_db: float
    click_db: float
    loops: bool
    reasons: tuple[str, ...]


def loop_seam(
    samples: NDArray[np.float32],
    sample_rate: int,
    *,
    tempo_bpm: float | None = None,
    beats_per_bar: int = 4,
) -> LoopSeam:
    """Examine the seam of a clip that is meant to be a loop.

    Parameters
    ----------
    samples
        Shape ``(frames, channels)``, the whole clip.
    sample_rate
        8,000 to 192,000 Hz.
    tempo_bpm, beats_per_bar
        Where they are known, as of the music that a short loop was cut from; None listens.

    Raises
    ------
    ValueError
        The array has another shape, the rate is outside its range, or there is no sample.
    """
    if samples.ndim != 2 or not samples.size:  # noqa: PLR2004
        raise ValueError(f"samples are shaped (frames, channels), not {samples.shape}")
    samples = np.nan_to_num(samples, nan=0.0, posinf=1.0, neginf=-1.0)
    with threadpool_limits(1, "blas"):
        meter = _heard(samples, sample_rate) if tempo_bpm is None else (tempo_bpm, beats_per_bar)
        timbre = _timbre_step_db(samples, sample_rate)
    tempo, per_bar = meter or (None, None)
    beat_error, bar_error = _meter_errors(len(samples) / sample_rate, meter)
    side, tail = int(_SIDE_S * sample_rate), int(_TAIL_S * sample_rate)
    whole = _rms(samples)
    tail_db = _ratio_db(_rms(samples[-tail:]), whole)
    click_db = seam_click_db(samples, sample_rate)
    reasons = []
    if whole < _SILENCE:
        reasons.append("the clip is silent")
    if beat_error is not None and beat_error >= MOST_BEAT_ERROR:
        reasons.append(f"its length misses a whole number of beats by {beat_error:.2f} of a beat")
    if bar_error is not None and bar_error >= MOST_BAR_ERROR:
        reasons.append(f"its length misses a whole number of bars by {bar_error:.2f} of a bar")
    if tail_db <= LEAST_TAIL_DB:
        reasons.append(f"its end is {-tail_db:.0f} dB below the rest: a fade or silence")
    if click_db >= MOST_CLICK_DB:
        reasons.append(
            f"the samples jump at the seam, {click_db:.0f} dB more than around it: a click"
        )
    return LoopSeam(
        duration_s=len(samples) / sample_rate,
        tempo_bpm=tempo,
        beats_per_bar=per_bar,
        beat_error=beat_error,
        bar_error=bar_error,
        tail_db=tail_db,
        level_step_db=_ratio_db(_rms(samples[:side]), _rms(samples[-side:])),
        timbre_step_db=timbre,
        click_db=click_db,
        loops=not reasons,
        reasons=tuple(reasons),
    )


def _heard(samples: Samples, sample_rate: int) -> tuple[float, int] | None:
    """Return tempo and beats in a bar, or None without a pulse."""
    listener = Listener(sample_rate)
    listener.push(samples.sum(axis=1, dtype=np.float32))
    heard = listener.close()
    tempo = rhythm_of(heard.strength, heard.chroma).tempo_bpm
    if tempo is None:
        return None
    return tempo, Pulse(heard.strength, heard.chroma).beats_per_bar(tempo)


def _meter_errors(
    seconds: float, meter: tuple[float, int] | None
) -> tuple[float | None, float | None]:
    """Return by how much a length misses whole beats and whole bars."""
    if meter is None:
        return None, None
    beats = seconds * meter[0] / 60
    bars = beats / meter[1]
    return abs(beats - round(beats)), abs(bars - round(bars))


def _timbre_step_db(samples: Samples, sample_rate: int) -> float:
    """Return how much the spectrum's shape changes over the seam."""
    points = min(len(samples), int(_SIDE_S * sample_rate))
    mono = samples.sum(axis=1)
    window = np.hanning(points)
    bank = mel_bands(np.arange(points // 2 + 1) * sample_rate / points)
    ends = []
    for side in (mono[:points], mono[-points:]):
        power = np.square(np.abs(np.fft.rfft(side * window)))
        bands = power @ np.where(bank.any(axis=0), bank, 0)
        ends.append(10 * np.log10(np.maximum(bands, 1e-4 * bands.max() + 1e-12)))
    step = ends[0] - ends[1]
    return float(np.abs(step - step.mean()).mean())


def seam_click_db(samples: Samples, sample_rate: int) -> float:
    """Return the jump from the last sample to the first; see `LoopSeam.click_db`."""
    side = max(2, int(_CLICK_SIDE_S * sample_rate))
    jump = np.abs(samples[0] - samples[-1])
    worst = int(jump.argmax())
    if jump[worst] < _QUIET_JUMP:
        return -math.inf
    around = [np.abs(np.diff(part[:, worst])) for part in (samples[:side], samples[-side:])]
    usual = max((float(steps.max()) for steps in around if len(steps)), default=0.0)
    return _ratio_db(float(jump[worst]), usual)


def _rms(samples: Samples) -> float:
    return math.sqrt(float(np.square(samples, dtype=np.float64).mean())) if samples.size else 0.0


def _ratio_db(amplitude: float, reference: float) -> float:
    """Return decibels, between −120 and 120."""
    return 20 * math.log10(max(amplitude, 1e-6) / max(reference, 1e-6))
