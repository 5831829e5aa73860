"""Fit what bars and sections are found by to music whose bars and sections are known.

Two sets of weights are printed as they stand in the code, each after how well it does on what it
was not fitted to:

- `musicnb.measure._downbeats`: which pulse is the beat, and which beat the first of a bar. Fitted
  to clips of all genres from the sandbox's engine, 75 s each, and to the held-out pieces of the
  tests, 50 s each, which instruments that are not ours play through fluidsynth; with seeds that
  neither the tests nor ``benchmarks/delivering.py`` use.
- `musicnb.measure._borders`: which bars begin a section. Fitted to the engine's clips alone, with
  the bars that the weights in the code find; after a change of those it is run once more. Clips
  whose bars were not found are left out, for nothing can be learnt from them.

Run it with ``python benchmarks/fitting_bars.py [N]`` (12 minutes), with N clips of the engine
instead of 308.
"""

from __future__ import annotations

import sys
import tempfile
from collections.abc import Callable
from concurrent.futures import ProcessPoolExecutor
from dataclasses import dataclass
from functools import partial
from pathlib import Path

import numpy as np
from numpy.typing import NDArray
from scipy.optimize import minimize
from threadpoolctl import threadpool_limits

sys.path.insert(0, str(Path(__file__).parents[1] / "tests" / "measure"))

from composing import compose
from rendering import cut_s, missing, render
from styles import STYLES

from musicnb.measure._attacks import attack_rises
from musicnb.measure._bars import Bars, bars_of, levels_of
from musicnb.measure._borders import bar_rows, border_columns
from musicnb.measure._downbeats import bar_evidence, pulse_of
from musicnb.measure._listening import Heard, Listener
from musicnb.sandbox import engine

CLIPS, PIECES = 308, 192
FIRST_CLIP, FIRST_PIECE = 30_000, 1_000
PIECE_S = 50.0
NEAR_S = 0.06
RIDGE = 1.0
RATE = engine.SAMPLE_RATE

Array = NDArray[np.float64]
#: Of a clip: what speaks for each place, which are right, and beats in a bar.
Placed = tuple[Array, Array, int]
#: What speaks for each bar of a clip, and whether a section begins there.
Bordered = tuple[Array, Array]
Fit = Callable[[Array], tuple[float, Array]]


@dataclass(frozen=True)
class Example:
    """What can be learnt from a clip."""

    placed: Placed | None
    bordered: Bordered | None


def main() -> None:
    """Print both sets of weights and how well they do."""
    if problem := missing():
        sys.exit(problem)
    counts = [int(word) for word in sys.argv[1:] if word.isdigit()]
    clips = counts[0] if counts else CLIPS
    with ProcessPoolExecutor(2) as pool:
        examples = list(pool.map(of_clip, range(clips)))
        examples += pool.map(of_piece, range(PIECES))
    told_bars([one.placed for one in examples if one.placed])
    told_borders([one.bordered for one in examples if one.bordered])


def of_clip(number: int) -> Example:
    """Render a clip of the engine and return what its bars and sections teach."""
    genre = engine.GENRE_NAMES[number % len(engine.GENRE_NAMES)]
    order = engine.Order("suno-5.5", f"{genre.replace('_', ' ')}, 75 s")
    score = engine.compose(engine.read_brief(order, seed=FIRST_CLIP + number, take=0))
    with threadpool_limits(1):
        mono = engine.render(score).sum(axis=1, dtype=np.float32)
        duration_s = len(mono) / RATE
        heard = listened(mono, RATE)
        bars = bars_of(heard, attack_rises(mono, RATE), duration_s)
    return Example(
        placed(heard, duration_s, score.bar_s, 0.0),
        None if bars is None else bordered(heard, bars, score),
    )


def of_piece(number: int) -> Example:
    """Have a piece of the tests played and return what its bars teach."""
    seed = FIRST_PIECE + number
    piece, style = compose(seed, seconds=PIECE_S), STYLES[seed % len(STYLES)]
    with threadpool_limits(1), tempfile.TemporaryDirectory() as folder:
        samples, rate = render(piece, Path(folder), seed)
        heard = listened(samples.sum(axis=1, dtype=np.float32), rate)
    bar_s = style.beats * 60 / piece.tempo_bpm
    return Example(placed(heard, len(samples) / rate, bar_s, cut_s(seed, rate)), None)


def listened(mono: NDArray[np.float32], rate: int) -> Heard:
    """Return what is heard of a clip."""
    listener = Listener(rate)
    listener.push(mono)
    return listener.close()


def placed(heard: Heard, duration_s: float, bar_s: float, missing_s: float) -> Placed | None:
    """Return what speaks for each place of the first bar, and which stand on bars."""
    pulse = pulse_of(heard)
    if pulse is None:
        return None
    firsts, evidence = bar_evidence(heard, pulse, duration_s)
    away = np.abs(firsts + missing_s - np.rint((firsts + missing_s) / bar_s) * bar_s)
    right = (away <= NEAR_S).astype(np.float64)
    return (evidence, right, pulse.per_bar) if len(firsts) else None


def bordered(heard: Heard, bars: Bars, score: engine.Score) -> Bordered | None:
    """Return what speaks for each bar, and at which a section begins."""
    starts = np.array([bars.at(bar) for bar in range(bars.count)])
    inside = starts[starts < score.bars * score.bar_s]
    if np.abs(inside - np.rint(inside / score.bar_s) * score.bar_s).max(initial=0) > NEAR_S:
        return None
    rows = bar_rows(bars.features, heard.strength, starts, bars.bar_s)
    places, columns = border_columns(rows, levels_of(bars.features))
    edges = np.array([section.first_bar * score.bar_s for section in score.sections[1:]])
    near = np.abs(starts[places][:, None] - edges[None]).min(axis=1) <= 60 / score.tempo_bpm
    return columns, near.astype(np.float64)


def told_bars(examples: list[Placed]) -> None:
    """Print how halves do by the other half, and the weights of all."""
    for per_bar in (3, 4):
        those = [(rows, right) for rows, right, beats in examples if beats == per_bar]
        marks = [
            right[int(np.argmax(rows @ weights))]
            for half in (0, 1)
            for weights in (fitted(partial(place_loss, those[half::2]), 4 * per_bar),)
            for rows, right in those[1 - half :: 2]
        ]
        print(f"{per_bar} beats in a bar: {np.mean(marks):.3f} of {len(marks)} begin on a bar")
        printed(fitted(partial(place_loss, those), 4 * per_bar))


def told_borders(examples: list[Bordered]) -> None:
    """Print how a half does by the other half, and the weights of all."""
    columns, begins = joined(examples[1::2])
    judged = columns @ border_weights(examples[::2]) > 0
    print(f"sections of {len(examples)} clips; of the half that was not fitted:")
    print(f"  {begins[judged].mean():.3f} of the bars taken begin a section, and")
    print(f"  {judged[begins > 0].mean():.3f} of the bars at which one begins are taken")
    printed(border_weights(examples))


def place_loss(examples: list[tuple[Array, Array]], weights: Array) -> tuple[float, Array]:
    """Return minus the likelihood that a right place is chosen in each clip, and its slope."""
    loss, slope = 0.0, np.zeros(len(weights))
    for rows, right in examples:
        if 0 < right.sum() < len(right):
            scores = rows @ weights
            chances = np.exp(scores - scores.max())
            chances /= chances.sum()
            of_right = chances * right
            loss -= float(np.log(of_right.sum() + 1e-12))
            slope += rows.T @ (chances - of_right / max(float(of_right.sum()), 1e-12))
    return loss, slope


def border_weights(examples: list[Bordered]) -> Array:
    """Return the weights of a logit model, the constant last."""
    columns, begins = joined(examples)
    spreads = np.append(columns[:, :-1].std(axis=0), 1.0)
    unit = columns / spreads

    def loss(weights: Array) -> tuple[float, Array]:
        scores = unit @ weights
        total = float(np.logaddexp(0, scores).sum() - scores @ begins)
        return total, unit.T @ (1 / (1 + np.exp(-scores)) - begins)

    return fitted(loss, len(spreads)) / spreads


def joined(examples: list[Bordered]) -> Bordered:
    """Return all bars of several clips, with a constant column last."""
    columns = np.vstack([columns for columns, _ in examples])
    begins = np.concatenate([begins for _, begins in examples])
    return np.hstack([columns, np.ones((len(columns), 1))]), begins


def fitted(loss: Fit, count: int) -> Array:
    """Return the weights with the least loss and ridge."""

    def ridged(weights: Array) -> tuple[float, Array]:
        value, slope = loss(weights)
        return value + 0.5 * RIDGE * float(weights @ weights), slope + RIDGE * weights

    return np.asarray(minimize(ridged, np.zeros(count), jac=True, method="L-BFGS-B").x)


def printed(weights: Array) -> None:
    """Print weights as they stand in the code."""
    print(", ".join(f"{weight:.4f}" for weight in weights), flush=True)


if __name__ == "__main__":
    main()
