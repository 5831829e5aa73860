"""Fit the weights by which bars are judged to begin sections, to music whose sections are known.

Clips of all genres in turn from the sandbox's engine, 75 s each, with seeds of their own; clips
whose bars were not found are left out, for nothing can be learnt from them. Half of the clips are
fitted and the other half judged; then the weights of all are printed, in the order of
`musicnb.measure._borders.border_columns`, with the constant last.

Those that are in use are older: fitted in the same way to 125 clips, some of them with seeds from
9,000. What is printed here is like them, not the same, and was not put in their place.

Run it with ``python benchmarks/fitting_borders.py [N]``, with N clips instead of 120.
"""

from __future__ import annotations

import sys

import numpy as np
from numpy.typing import NDArray
from threadpoolctl import threadpool_limits

from musicnb.measure._bars import Bars, bars_of, levels_of
from musicnb.measure._borders import bar_rows, border_columns
from musicnb.measure._listening import Heard, Listener
from musicnb.sandbox import engine

CLIPS = 120
FIRST_SEED = 20_007
NEAR_S = 0.05
RIDGE = 1.0
RATE = engine.SAMPLE_RATE

Vector = NDArray[np.float64]
#: What speaks for each bar of a clip, and whether a section begins there.
Example = tuple[Vector, Vector]


def main() -> None:
    """Print how half of the clips are judged by the other half, and the weights of all."""
    counts = [int(word) for word in sys.argv[1:] if word.isdigit()]
    with threadpool_limits(1):
        found = [learnt(number) for number in range(counts[0] if counts else CLIPS)]
    examples = [example for example in found if example is not None]
    weights = fitted(examples[::2])
    columns, begins = joined(examples[1::2])
    judged = columns @ weights > 0
    right = float(begins[judged].mean())
    print(f"{len(examples)} clips of {len(found)} have bars; of the half that was not fitted:")
    print(
        f"  {right:.3f} of the bars taken begin a section, and {judged[begins > 0].mean():.3f} of"
    )
    print("  the bars at which one begins are taken")
    print(", ".join(f"{weight:.4f}" for weight in fitted(examples)))


def learnt(number: int) -> Example | None:
    """Render a clip and return what its bars have to say, or None where they were not found."""
    genre = engine.GENRE_NAMES[number % len(engine.GENRE_NAMES)]
    order = engine.Order("suno-5.5", f"{genre.replace('_', ' ')}, 75 s")
    score = engine.compose(engine.read_brief(order, seed=FIRST_SEED + number, take=0))
    samples = engine.render(score)
    listener = Listener(RATE)
    listener.push(samples.sum(axis=1, dtype=np.float32))
    heard = listener.close()
    bars = bars_of(heard, len(samples) / RATE)
    return None if bars is None else example_of(heard, bars, score)


def example_of(heard: Heard, bars: Bars, score: engine.Score) -> Example | None:
    """Return what speaks for each bar, and the truth."""
    starts = np.array([bars.at(bar) for bar in range(bars.count)])
    inside = starts[starts < score.bars * score.bar_s]
    if np.abs(inside - np.rint(inside / score.bar_s) * score.bar_s).max(initial=0) > NEAR_S:
        return None
    rows = bar_rows(bars.features, heard.strength, starts, bars.bar_s)
    places, columns = border_columns(rows, levels_of(bars.features))
    edges = np.array([section.first_bar * score.bar_s for section in score.sections[1:]])
    near = np.abs(starts[places][:, None] - edges[None]).min(axis=1) <= 60 / score.tempo_bpm
    return columns, near.astype(np.float64)


def joined(examples: list[Example]) -> Example:
    """Return all bars of several clips, with a constant column last."""
    columns = np.vstack([columns for columns, _ in examples])
    begins = np.concatenate([begins for _, begins in examples])
    return np.hstack([columns, np.ones((len(columns), 1))]), begins


def fitted(examples: list[Example]) -> Vector:
    """Return the weights of a logit model by Newton's method, ridged in units of the spreads."""
    columns, begins = joined(examples)
    spreads = columns.std(axis=0)
    spreads[-1] = 1.0
    unit = columns / spreads
    weights = np.zeros(unit.shape[1])
    ridge = RIDGE * np.eye(len(weights))
    ridge[-1, -1] = 0.0
    for _ in range(30):
        chances = 1 / (1 + np.exp(-unit @ weights))
        slope = unit.T @ (chances - begins) + ridge @ weights
        bend = (unit * (chances * (1 - chances))[:, None]).T @ unit + ridge
        weights = weights - np.linalg.solve(bend, slope)
    return np.asarray(weights / spreads, np.float64)


if __name__ == "__main__":
    main()
