"""Fits the weights in `musicnb/measure/_weights.py` on pieces that the tests do not use.

Run it with ``python benchmarks/fitting.py`` (10 minutes); it prints how well the
weights do on styles of which they have seen no piece, and writes the file anew.

- Pieces: seeds from 1,000; the tests use seeds below 100. Each is heard whole and in excerpts.
- Weights: conditional logit with a ridge, by Newton's method.
- Certainty: one factor on the scores, chosen so that the confidences given to styles left out of
  the fit are their shares of right answers.
- None: noises of every colour, clicks at random times and drifting tones have no tempo, noises and
  drums alone have no key.
"""

from __future__ import annotations

import dataclasses
import sys
import tempfile
import textwrap
from concurrent.futures import ProcessPoolExecutor
from pathlib import Path

import numpy as np
from threadpoolctl import threadpool_limits

sys.path.insert(0, str(Path(__file__).parents[1] / "tests" / "measure"))

from composing import DRUMS, Piece, compose
from rendering import render

from musicnb.measure._listening import Listener
from musicnb.measure._pulse import Pulse
from musicnb.measure._tonality import key_columns, key_evidence

FIRST_SEED, PIECES = 1_000, 432
STYLES, FOLDS = 18, 6
EXCERPTS_S = (5.0, 9.0, 22.0)
HEADER = '''"""Weights, written by benchmarks/fitting.py: see there how they were found."""

from __future__ import annotations

from typing import Final

# fmt: off'''
NO_KEY = 24

Array = np.ndarray
Weighed = tuple[Array, Array]  # rows of evidence, and which are right
Keyed = tuple[Array, int]  # rows of evidence, and which is right
Example = tuple[int, bool, Array, Array]  # style, whether a whole piece, rows, which are right
TEMPO_RIDGE, KEY_RIDGE = 20.0, 3.0
WEIGHTS = Path(__file__).parents[1] / "musicnb" / "measure" / "_weights.py"


def hear(samples: Array, rate: int) -> tuple[Array, Array, Array, Array]:
    """Return what `MusicMeter` judges from."""
    listener = Listener(rate)
    listener.push(samples.astype(np.float32))
    heard = listener.close()
    return heard.strength, heard.chroma, heard.bass, heard.fingerprint.band_statistics()


def noises(chance: np.random.Generator) -> list[tuple[Array, int]]:
    """Return sounds without tempo; all but the last have no key either."""
    rate, frames = 22_050, 22_050 * 22
    colour = np.fft.rfft(chance.normal(size=frames))
    colour /= np.maximum(np.arange(len(colour)), 1) ** chance.uniform(0, 1)
    steady = np.fft.irfft(colour, frames)
    swell = np.interp(np.arange(frames), np.linspace(0, frames, 12), chance.uniform(0.1, 1, 12))
    clicks = np.zeros(frames)
    for start in chance.integers(0, frames - 3_000, chance.integers(8, 120)):
        clicks[start : start + 3_000] += chance.normal(size=3_000) * np.exp(-np.arange(3_000) / 400)
    time = np.arange(frames) / rate
    tones = sum(
        np.sin(2 * np.pi * 110 * 2 ** (chance.integers(0, 36) / 12) * time)
        * np.exp(-(((time - chance.uniform(0, 22)) / chance.uniform(1, 4)) ** 2))
        for _ in range(14)
    )
    return [
        (sound / np.abs(sound).max() / 2, rate) for sound in (steady, steady * swell, clicks, tones)
    ]


def example(seed: int) -> tuple[int, list[Weighed], list[Keyed], Array]:
    """Return evidence and answers of one piece, its drums alone, and a few noises."""
    with threadpool_limits(1, "blas"), tempfile.TemporaryDirectory() as folder:
        piece = compose(seed)
        samples, rate = render(piece, Path(folder), seed)
        strength, chroma, bass, bands = hear(samples.sum(axis=1), rate)
        tempos, keys = of_piece(piece, strength, chroma, bass)
        if seed % 6 == 0:
            of_noises(seed, tempos, keys)
        drums = tuple(note for note in piece.notes if note.channel == DRUMS)
        if drums and seed % 5 == 0:
            alone = dataclasses.replace(piece, notes=drums)
            samples, rate = render(alone, Path(folder), seed + 100_000)
            _, chroma, bass, _ = hear(samples.sum(axis=1), rate)
            keys.append((key_columns(key_evidence(chroma, bass)), NO_KEY))
    return seed % STYLES, tempos, keys, bands


def of_piece(
    piece: Piece, strength: Array, chroma: Array, bass: Array
) -> tuple[list[Weighed], list[Keyed]]:
    """Return evidence and answers of excerpts."""
    tempos, keys = [], []
    place = piece.tonic + 12 * (piece.mode == "minor")
    for seconds in EXCERPTS_S:
        rows, slow = strength[: int(seconds * 50)], chroma[: int(seconds * 5)]
        tempos.append(tempo_example(rows, slow, piece.tempo_bpm))
        keys.append((key_columns(key_evidence(slow, bass[: len(slow)])), place))
    return tempos, keys


def of_noises(seed: int, tempos: list[Weighed], keys: list[Keyed]) -> None:
    """Add examples that have no tempo; the drifting tones may have a key."""
    seconds = EXCERPTS_S[(seed // 6) % len(EXCERPTS_S)]
    sounds = noises(np.random.default_rng(seed))
    for number, (sound, rate) in enumerate(sounds):
        strength, chroma, bass, _ = hear(sound, rate)
        tempos.append(
            tempo_example(strength[: int(seconds * 50)], chroma[: int(seconds * 5)], None)
        )
        if number < len(sounds) - 1:
            keys.append((key_columns(key_evidence(chroma, bass)), NO_KEY))


def tempo_example(strength: Array, chroma: Array, tempo_bpm: float | None) -> Weighed:
    """Return rows of evidence, the last for there being no tempo, and which are right."""
    pulse = Pulse(strength, chroma)
    found = pulse.candidates()
    evidence = pulse.evidence(found)
    rows = np.zeros((len(found) + 1, evidence.shape[1] + 2))
    rows[:-1, :-2] = evidence
    rows[-1, -2:] = 1, np.log2(len(strength) / 50 / 20)
    right = np.zeros(len(rows), bool)
    if tempo_bpm is None:
        right[-1] = True
    else:
        right[:-1] = np.abs(found / tempo_bpm - 1) < 0.04
    return rows, right


def fit(examples: list[Weighed], ridge: float) -> Array:
    """Return the weights of a conditional logit model; several rows of an example may be right."""
    everything = np.concatenate([rows for rows, _ in examples])
    spread = np.maximum(everything.std(axis=0), 1e-6)
    useful = [(rows / spread, right) for rows, right in examples if right.any()]
    weights = np.zeros(len(spread))
    for step in range(40):
        slope, bend = -ridge * weights, ridge * np.eye(len(weights))
        for rows, right in useful:
            shares = softmax(rows @ weights)
            hits = shares * right / (shares @ right)
            mean = rows.T @ shares
            slope += rows.T @ (hits - shares)
            bend += (rows.T * shares) @ rows - np.outer(mean, mean)
        change = np.linalg.solve(bend, slope) * min(1.0, 0.25 * (step + 1))
        weights += change
        if np.abs(change).max() < 1e-3:
            break
    return weights / spread


def softmax(scores: Array) -> Array:
    """Return shares that sum to 1."""
    shares = np.exp(scores - scores.max())
    return shares / shares.sum()


def certainty(judged: list[Weighed]) -> float:
    """Return the factor on the scores that makes the truth likeliest."""
    factors = np.linspace(0.2, 1.5, 66)
    likely = [
        sum(np.log(max(1e-6, softmax(f * scores) @ right)) for scores, right in judged)
        for f in factors
    ]
    return float(factors[int(np.argmax(likely))])


def report(title: str, judged: list[Weighed], factor: float) -> None:
    """Print accuracy, and confidence against accuracy."""
    chances = [(softmax(factor * scores), right) for scores, right in judged]
    sure = np.array([shares.max() for shares, _ in chances])
    hits = np.array([right[int(shares.argmax())] for shares, right in chances])
    print(f"{title}: {hits.mean():.3f} right, {sure.mean():.3f} confident, {len(hits)} examples")
    for low, high in ((0, 0.3), (0.3, 0.5), (0.5, 0.7), (0.7, 0.85), (0.85, 0.95), (0.95, 1.01)):
        chosen = (sure >= low) & (sure < high)
        if chosen.any():
            print(f"  {low:4.2f} to {high:4.2f}: {hits[chosen].mean():.2f} right of {chosen.sum()}")


def learn(title: str, examples: list[Example], ridge: float) -> tuple[Array, float]:
    """Return weights from all styles, and the certainty from styles left out in turn."""
    judged, wholes = [], []
    for fold in range(FOLDS):
        weights = fit([e[2:] for e in examples if e[0] % FOLDS != fold], ridge)
        for style, whole, rows, right in examples:
            if style % FOLDS == fold:
                judged.append((rows @ weights, right))
                wholes.append(whole)
    factor = certainty(judged)
    report(f"{title}, every excerpt", judged, factor)
    whole = [one for one, is_whole in zip(judged, wholes, strict=True) if is_whole]
    report(f"{title}, whole pieces", whole, factor)
    return fit([e[2:] for e in examples], ridge), factor


def main() -> None:
    """Listen, fit and write."""
    with ProcessPoolExecutor(2) as pool:
        write(list(pool.map(example, range(FIRST_SEED, FIRST_SEED + PIECES), chunksize=4)))


def written(value: float | Array) -> str:
    """Return a number, or a tuple of numbers in lines of up to 98 characters."""
    if isinstance(value, float):
        return f"{value:.3f}"
    numbers = ", ".join(f"{number:.3f}" for number in value)
    return f"(\n{textwrap.fill(numbers, 98, initial_indent='    ', subsequent_indent='    ')},\n)"


def write(heard: list[tuple[int, list[Weighed], list[Keyed], Array]]) -> None:
    """Fit the weights to examples and write them down."""
    last = len(EXCERPTS_S) - 1
    tempos = [
        (style, number == last, *one)
        for style, many, _, _ in heard
        for number, one in enumerate(many)
    ]
    keys = [
        (style, number == last, rows, np.arange(NO_KEY + 1) == place)
        for style, _, many, _ in heard
        for number, (rows, place) in enumerate(many)
    ]
    tempo, tempo_factor = learn("tempo", tempos, TEMPO_RIDGE)
    key, key_factor = learn("key", keys, KEY_RIDGE)
    bands = np.array([bands for *_, bands in heard])
    named = {
        "TEMPO_WEIGHTS": tempo[:-2],
        "TEMPO_NONE": tempo[-2:],
        "TEMPO_CERTAINTY": tempo_factor,
        "KEY_WEIGHTS": key,
        "KEY_CERTAINTY": key_factor,
        "BAND_MEANS": np.nanmean(bands, axis=0, dtype=float),
        "BAND_SPREADS": np.nanstd(bands, axis=0, dtype=float),
    }
    lines = [HEADER]
    for name, value in named.items():
        lines.append(f"{name}: Final = {written(value)}")
    WEIGHTS.write_text("\n".join(lines) + "\n")


if __name__ == "__main__":
    main()
