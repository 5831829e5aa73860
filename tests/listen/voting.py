"""Clips with a known order, and listeners who vote on them."""

import numpy as np

from musicnb.listen import ANSWERS, Vote

CLIPS = [f"clip {place}" for place in range(8)]


def ear(truth, chance, *, noise=0.5, line=-1.0, tie=0.25):
    """Return a function that answers to two clips by strength and Gumbel noise."""

    def answer(left, right):
        first, second = np.array((truth[left], truth[right])) + noise * chance.gumbel(size=2)
        if max(first, second) < line:
            return "both_unusable"
        if abs(first - second) < tie:
            return "tie"
        return "A" if first > second else "B"

    return answer


def random_votes(clips, count, chance, *, answer=None, listener="me"):
    """Return votes on pairs drawn at random, by an ear or by chance."""
    votes = []
    for _ in range(count):
        left, right = (clips[place] for place in chance.choice(len(clips), 2, replace=False))
        said = answer(left, right) if answer else ANSWERS[chance.integers(4)]
        votes.append(Vote(left, right, said, listener=listener))
    return votes


def heard(clips, count, seed, **options):
    """Return the true strengths, and votes of one listener on random pairs."""
    chance = np.random.default_rng(seed)
    truth = dict(zip(clips, chance.normal(size=len(clips)), strict=True))
    return truth, random_votes(clips, count, chance, answer=ear(truth, chance, **options))
