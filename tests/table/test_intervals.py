"""Intervals hold what they promise, for few tasks whose clips share their luck."""

import math

import numpy as np
import pytest

from musicnb.table import ratio_interval, share_interval
from musicnb.table._intervals import beta_quantile, incomplete_beta, student_quantile

SIMULATED = 1500


@pytest.mark.parametrize(
    ("freedom", "quantile"), [(1, 12.7062), (4, 2.7764), (9, 2.2622), (120, 1.9799)]
)
def test_student_quantile_is_that_of_the_tables(freedom, quantile):
    """Of every table of Student's t, at 97.5 %."""
    assert student_quantile(0.975, freedom) == pytest.approx(quantile, abs=5e-5)


def test_incomplete_beta_is_the_binomial_tail():
    """I(p; k, n - k + 1) is the chance of k or more of n, DLMF 8.17.5."""
    for n, k, p in ((5, 3, 0.2), (40, 39, 0.9), (2000, 1020, 0.5), (10_000, 5, 0.001)):
        tail = math.fsum(
            math.exp(
                math.lgamma(n + 1) - math.lgamma(j + 1) - math.lgamma(n - j + 1)
                + j * math.log(p) + (n - j) * math.log1p(-p)
            )
            for j in range(k, n + 1)
        )  # fmt: skip
        assert incomplete_beta(p, k, n - k + 1) == pytest.approx(tail, rel=1e-9)
    assert incomplete_beta(beta_quantile(0.3, 2.5, 7.25), 2.5, 7.25) == pytest.approx(0.3)


def test_single_clips_have_the_exact_interval_of_clopper_and_pearson():
    """8 of 10 tasks of one clip each are [0.444, 0.975], less the doubt about their spread."""
    low, high = share_interval([1] * 8 + [0] * 2, [1] * 10)
    assert (low, high) == (pytest.approx(0.4439, abs=2e-3), pytest.approx(0.9748, abs=2e-3))


def test_all_usable_leaves_doubt_and_more_tasks_leave_less():
    """Ten of ten clips of five tasks count as five answers: 0.025 ** (1 / 5)."""
    assert share_interval([2] * 5, [2] * 5) == (pytest.approx(0.4782, abs=1e-4), 1.0)
    assert share_interval([2] * 50, [2] * 50) == (pytest.approx(0.9289, abs=1e-4), 1.0)
    assert share_interval([0] * 5, [2] * 5) == (0.0, pytest.approx(0.5218, abs=1e-4))


def test_under_five_tasks_nothing_is_claimed():
    """A task without clips says nothing about clips, and does not count."""
    assert all(map(math.isnan, share_interval([2] * 4 + [0], [2] * 4 + [0])))
    assert all(map(math.isnan, ratio_interval([80] * 4, [2] * 4)))
    assert all(map(math.isnan, ratio_interval([80] * 9, [0] * 9)))


def test_fixed_price_is_its_own_interval():
    """What always costs the same costs exactly that."""
    assert ratio_interval([80] * 5, [2] * 5) == (40.0, 40.0)
    low, high = ratio_interval([80, 80, 80, 80, 80, 80], [2, 2, 2, 2, 1, 0])
    assert low < 480 / 9 < high


@pytest.mark.parametrize("tasks", [5, 8, 20])
@pytest.mark.parametrize("alike", [0.0, 0.5, 1.0])
@pytest.mark.parametrize("share", [0.2, 0.5, 0.9])
def test_interval_of_a_share_covers_it_19_times_of_20(tasks, alike, share):
    """Two clips a task, which agree by chance, half the time more, or always."""
    chance = np.random.default_rng(tasks)
    held = 0
    for _ in range(SIMULATED):
        first = chance.random(tasks) < share
        second = np.where(chance.random(tasks) < alike, first, chance.random(tasks) < share)
        # sorted: the order of tasks says nothing, and what was asked for before is remembered
        low, high = share_interval(np.sort(first.astype(float) + second), np.full(tasks, 2.0))
        held += low <= share <= high
    # 0.95 less three standard errors of this simulation
    assert held / SIMULATED >= 0.933


def test_clips_taken_for_independent_would_cover_too_seldom():
    """The reason for counting tasks: clips that always agree are half as many answers."""
    chance = np.random.default_rng(1)
    naive = clustered = 0
    for _ in range(SIMULATED):
        hits = 2.0 * (chance.random(20) < 0.5)
        low, high = share_interval(np.sort(hits), np.full(20, 2.0))
        clustered += low <= 0.5 <= high
        low, high = share_interval(np.sort(np.repeat(hits / 2, 2)), np.ones(40))
        naive += low <= 0.5 <= high
    assert naive / SIMULATED < 0.9 < clustered / SIMULATED


def test_interval_of_a_ratio_covers_it():
    """Tasks that give one clip or two for the same price, in a third of them only one."""
    chance = np.random.default_rng(3)
    truth, held = 80 / (2 - 1 / 3), 0
    for _ in range(SIMULATED):
        clips = 2.0 - (chance.random(20) < 1 / 3)
        low, high = ratio_interval(np.full(20, 80.0), clips)
        held += low <= truth <= high
    assert held / SIMULATED >= 0.92
