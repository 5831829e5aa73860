"""Which clips sound alike, and how many different ones there are."""

import math
import tracemalloc

import numpy as np
import pytest
from clips import clip, fingerprint

from musicnb.measure import effective_number, most_alike, similarity, styles_of


def styles(count, size=64, seed=0):
    rows = np.random.default_rng(seed).normal(size=(count, size)).astype(np.float32)
    return rows / np.linalg.norm(rows, axis=1, keepdims=True)


def test_products_of_styles_are_what_similarity_says():
    """The matrix is the same measure as the pair."""
    prints = [fingerprint(clip(words)) for words in ("calm piano, 5 s", "hard techno, 5 s")]
    rows = styles_of([one.bands for one in prints])
    assert rows[0] @ rows[1] == pytest.approx(similarity(*prints).style, abs=1e-5)
    assert np.linalg.norm(rows, axis=1) == pytest.approx([1, 1], abs=1e-6)


def test_clip_that_is_not_known_is_alike_to_nobody():
    """Nor is one that is silent, whose bands are all NaN."""
    silent = np.full(64, np.nan, "<f4").tobytes()
    known = fingerprint(clip("calm piano, 5 s")).bands
    rows = styles_of([b"", silent, known, known])
    likeness, places = most_alike(rows)
    assert places.tolist() == [-1, -1, 3, 2]
    assert np.isnan(likeness[:2]).all()
    assert likeness[2:] == pytest.approx([1, 1], abs=1e-6)
    assert styles_of([]).shape == (0, 64)
    assert most_alike(styles_of([]))[1].tolist() == []


@pytest.mark.parametrize("groups", [None, [2], [1, 2, 3, 500], [700, 2, 2, 2, 1]])
def test_blocks_find_what_comparing_every_pair_finds(groups):
    """In one group, in pairs, in groups of all sizes, in any order of rows."""
    rows = styles(720)
    labels = np.zeros(720, np.int64)
    if groups is not None:
        labels = np.resize(np.repeat(np.arange(len(groups)), groups), 720)
        labels = np.random.default_rng(5).permutation(labels * 1000 + np.arange(720) // 360)
    likeness, places = most_alike(rows, None if groups is None else labels)
    products = (rows @ rows.T).astype(np.float64)
    products[labels[:, None] != labels[None, :]] = -np.inf
    np.fill_diagonal(products, -np.inf)
    alone = ~np.isfinite(products).any(axis=1)
    assert (places[alone] == -1).all()
    assert np.isnan(likeness[alone]).all()
    assert likeness[~alone] == pytest.approx(products.max(axis=1)[~alone], abs=1e-5)
    assert (labels[places[~alone]] == labels[~alone]).all()


def test_memory_does_not_grow_with_the_square_of_the_clips():
    """6,000 clips have 36 million pairs: 144 MB as a matrix."""
    rows = styles(6_000)
    tracemalloc.start()
    most_alike(rows)
    peak = tracemalloc.get_traced_memory()[1]
    tracemalloc.stop()
    assert peak < 40e6


def test_effective_number_counts_what_differs():
    """Copies count once, opposites twice, what has nothing in common in full."""
    base = np.eye(64, dtype=np.float32)
    assert effective_number(base[:1]) == pytest.approx(1)
    assert effective_number(base[[0, 0, 0]]) == pytest.approx(1)
    assert effective_number(base[[0, 0, 1, 1]]) == pytest.approx(2)
    assert effective_number(base[:10]) == pytest.approx(10)
    unknown = np.zeros((3, 64), np.float32)
    assert effective_number(np.vstack([base[:2], unknown])) == pytest.approx(2)
    assert math.isnan(effective_number(unknown))


def test_effective_number_is_that_of_the_matrix_of_likeness():
    """The smaller product of the two gives the same as the definition."""
    rows = styles(200, seed=2)
    shares = np.linalg.eigvalsh((rows @ rows.T).astype(np.float64) / 200)
    shares = shares[shares > 1e-12]
    expected = math.exp(-(shares * np.log(shares)).sum())
    assert effective_number(rows) == pytest.approx(expected, rel=1e-4)
