"""Orders the tests share, and short roads from an order to a score and to samples."""

from __future__ import annotations

from functools import cache
from typing import Any

import numpy as np

from musicnb.sandbox import engine

LYRICS = """[Verse]
Hello there my friend how are you today
The rain is falling on the window pane
And I am walking slowly home again
The city lights are calling out your name

[Chorus]
We are the wind and the rain
Singing it over again
We are the wind and the rain
Never to fade away
"""


def brief_of(prompt: str, *, seed: int = 7, take: int = 0, **options: Any) -> engine.Brief:
    """Return the brief of a prompt for the first model unless another is named."""
    order = engine.Order(options.pop("model", "suno-5.5"), prompt, **options)
    return engine.read_brief(order, seed=seed, take=take)


def score_of(prompt: str, *, seed: int = 7, take: int = 0, **options: Any) -> engine.Score:
    """Return the score of a prompt."""
    return engine.compose(brief_of(prompt, seed=seed, take=take, **options))


@cache
def heard(prompt: str, lyrics: str = "", take: int = 0) -> tuple[engine.Score, np.ndarray]:
    """Return score and samples of a prompt; rendered once for all tests, never to be changed."""
    score = score_of(prompt, lyrics=lyrics, take=take)
    samples = engine.render(score)
    samples.setflags(write=False)
    return score, samples
