"""Requests for the engine, and what ears that are not its own hear in the answers."""

from __future__ import annotations

import sys
from dataclasses import dataclass
from pathlib import Path

import librosa
import numpy as np
import pyebur128
from threadpoolctl import threadpool_limits

sys.path.insert(0, str(Path(__file__).parents[1] / "tests" / "engine"))

from hearing import MAJOR, MINOR
from telling import features, measured, tell

from musicnb.measure import KEYS, Measures
from musicnb.sandbox import engine

__all__ = ["BROKEN", "RATE", "Heard", "Request", "colours", "composed", "difference", "hear",
           "requests", "tell"]  # fmt: skip

RATE = engine.SAMPLE_RATE
NAMES = ("C", "C#", "D", "Eb", "E", "F", "F#", "G", "Ab", "A", "Bb", "B")
SLOWEST_BPM, FASTEST_BPM = 64, 176
#: A tempo is forgiven its octave, as half and double are the same pulse.
OCTAVES = (0.5, 1.0, 2.0)
#: What a clip must not have; the rest of the defects are matters of taste.
BROKEN = {"clipping", "dropout", "digital_silence", "not_finite", "silent_channel", "dc_offset"}


@dataclass(frozen=True)
class Request:
    """Words with a known answer."""

    genre: str
    tempo_bpm: int
    tonic: int
    mode: str
    seed: int

    @property
    def prompt(self) -> str:
        """The words."""
        genre = self.genre.replace("_", " ")
        return f"{genre} in {NAMES[self.tonic]} {self.mode}, {self.tempo_bpm} bpm, 30 s"


@dataclass(frozen=True)
class Heard:
    """What was heard in one clip; tempi in beats per minute, keys as tonic and mode."""

    request: Request
    beat: bool
    tempo_bpm: float | None
    key: tuple[int, str] | None
    librosa_bpm: float
    librosa_key: tuple[int, str]
    loudness_lufs: float
    true_peak_dbtp: float
    broken: tuple[str, ...]

    def tempo_is_right(self, heard: float | None, tolerance: float) -> bool:
        """Whether a tempo is the one asked for, octaves forgiven."""
        true = self.request.tempo_bpm
        return heard is not None and any(
            abs(heard / (true * octave) - 1) <= tolerance for octave in OCTAVES
        )

    def key_is(self, heard: tuple[int, str] | None) -> tuple[bool, bool]:
        """Whether a key is the one asked for, and whether it is that or its relative."""
        if heard is None:
            return False, False
        tonic, mode = heard
        exact = (tonic, mode) == (self.request.tonic, self.request.mode)
        step = 9 if self.request.mode == "major" else 3
        relative = mode != self.request.mode and (tonic - self.request.tonic) % 12 == step
        return exact, exact or relative


def requests(rounds: int) -> list[Request]:
    """Return requests of every genre: ``rounds`` tempi and keys each, with two seeds.

    The tempi of a genre are spread over the whole range and all of them differ from those of its
    neighbours; keys go round all 24.
    """
    out = []
    for place, genre in enumerate(engine.GENRE_NAMES):
        for turn in range(rounds):
            number = place * rounds + turn
            spread = (turn + (place * 0.618) % 1) / rounds
            tempo = round(SLOWEST_BPM + spread * (FASTEST_BPM - SLOWEST_BPM))
            key = number * 7 % 24
            out += [
                Request(genre, tempo, key % 12, ("major", "minor")[key // 12], seed)
                for seed in (number, number + 1000)
            ]
    return out


def composed(prompt: str, seed: int, lyrics: str = "") -> engine.Score:
    """Return the score of an order."""
    order = engine.Order("suno-5.5", prompt, lyrics)
    return engine.compose(engine.read_brief(order, seed=seed, take=0))


def colours(genre: str, seed: int) -> np.ndarray:
    """Render a clip of a genre and return its features."""
    with threadpool_limits(1):
        return features(engine.render(composed(f"{genre.replace('_', ' ')}, 24 s", seed)))


def difference(genre: str, seed: int, low: str, high: str, measure: str) -> float:
    """Return by what share a measure is larger for the second word."""
    words = genre.replace("_", " ")
    with threadpool_limits(1):
        clips = [engine.render(composed(f"{mood} {words}, 20 s", seed)) for mood in (low, high)]
        first, second = (float(getattr(measured(clip), measure) or 0) for clip in clips)
    return second / max(first, 1e-9) - 1


def hear(request: Request) -> Heard:
    """Render a request and listen to it with three pairs of ears."""
    with threadpool_limits(1):
        score = composed(request.prompt, request.seed)
        samples = engine.render(score)
        ours = measured(samples)
        loudness, peak = _ebur128(samples)
        tempo, key = _librosa(samples)
    return Heard(
        request=request,
        beat=bool(score.part("drums")),
        tempo_bpm=ours.tempo_bpm,
        key=None if ours.key is None else (KEYS.index(ours.key), str(ours.mode)),
        librosa_bpm=tempo,
        librosa_key=key,
        loudness_lufs=loudness,
        true_peak_dbtp=peak,
        broken=_broken(samples, ours),
    )


def _broken(samples: np.ndarray, ours: Measures) -> tuple[str, ...]:
    found = {defect.kind for defect in ours.defects} & BROKEN
    if not np.isfinite(samples).all():
        found.add("not_finite")
    if ours.leading_silence_s > 1:
        found.add("late start")
    return tuple(sorted(found))


def _ebur128(samples: np.ndarray) -> tuple[float, float]:
    """Return loudness and true peak as libebur128 measures them."""
    mode = pyebur128.MeasurementMode
    meter = pyebur128.R128State(2, RATE, mode.MODE_I | mode.MODE_TRUE_PEAK)
    meter.add_frames(samples.ravel(), len(samples))
    peak = max(pyebur128.get_true_peak(meter, channel) for channel in (0, 1))
    return pyebur128.get_loudness_global(meter), 20 * float(np.log10(max(peak, 1e-9)))


def _librosa(samples: np.ndarray) -> tuple[float, tuple[int, str]]:
    """Return tempo and key as librosa hears them.

    The tempo is that of its beats, because the grid of its own answer is 4 % wide.
    """
    mono = librosa.resample(samples.mean(axis=1), orig_sr=RATE, target_sr=22_050)
    tempo, beats = librosa.beat.beat_track(y=mono, sr=22_050, units="time")
    if len(beats) > 8:
        tempo = 60 / np.polyfit(np.arange(len(beats)), beats, 1)[0]
    chroma = librosa.feature.chroma_cqt(y=mono, sr=22_050).mean(axis=1)
    likeness = {
        (tonic, mode): float(np.corrcoef(np.roll(profile, tonic), chroma)[0, 1])
        for mode, profile in (("major", MAJOR), ("minor", MINOR))
        for tonic in range(12)
    }
    return float(np.atleast_1d(tempo)[0]), max(likeness, key=lambda key: likeness[key])
