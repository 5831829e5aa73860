"""How well votes rank clips whose true order is known, beside the plain Bradley-Terry way.

A simulated listener hears strengths (normal, standard deviation 1) with Gumbel noise of scale 0.5
(consistent) or 1 (noisy), calls less than 0.25 a tie and what lies below -1 unusable, and presses a
wrong key at 2 % (4 %) of the votes. Four settings: 8 clips with 32 votes and 12 with 96, by both.
In each the same worlds are judged

- by our ranking, of pairs that `next_pair` chose (hidden repeats among the votes), and of pairs
  drawn at random;
- by a Bradley-Terry model fitted to the same random pairs by maximum likelihood with scipy
  (ties half, unusable pairs left out), which is the usual way.

Printed are how often the truly best clip is in the reported best three, after how many votes, how
often 95 % intervals hold the true strength, how many clips are called clear, and how many of those
wrongly. Twins: tasks of two equal clips, two labels without a difference; how wide intervals of the
difference are with and without clusters, and how often they hold 0.

Run it with ``python benchmarks/ranking.py [worlds] [--check]`` (400 worlds: 30 CPU minutes); with
``--check`` a missed target ends it with status 1.
"""

from __future__ import annotations

import sys
from collections.abc import Iterable
from concurrent.futures import ProcessPoolExecutor
from dataclasses import dataclass

import numpy as np
from scipy.optimize import minimize
from threadpoolctl import threadpool_limits

from musicnb.listen import ANSWERS, Answer, Ranking, Vote, next_pair, rank

SIZES = ((8, 32), (12, 96))
FEWER = (0.6, 0.7, 1.0)
LINE, TIE = -1.0, 0.25
HIT, COVERED, FALSE_CLEAR, FEWER_VOTES = 0.92, (0.93, 0.97), 0.05, 0.3
WAYS = ("active", "random")
TWIN_TASKS, TWIN_VOTES = 8, 96


@dataclass(frozen=True)
class Ear:
    """A simulated listener: her noise, and her share of wrong keys."""

    name: str
    noise: float
    slips: float

    def answer(self, first: float, second: float, chance: np.random.Generator) -> Answer:
        """Hear two strengths."""
        if chance.random() < self.slips:
            return ANSWERS[chance.integers(len(ANSWERS))]
        first, second = np.array((first, second)) + self.noise * chance.gumbel(size=2)
        if max(first, second) < LINE:
            return "both_unusable"
        if abs(first - second) < TIE:
            return "tie"
        return "A" if first > second else "B"


EARS = (Ear("consistent", 0.5, 0.02), Ear("noisy", 1.0, 0.04))
SETTINGS = tuple((clips, votes, ear) for clips, votes in SIZES for ear in EARS)


@dataclass(frozen=True)
class World:
    """What came of one set of clips: by number of votes whether the best was found, and more."""

    active: tuple[bool, ...]
    random: bool
    plain: bool
    covered: tuple[float, float]
    clear: tuple[int, int]
    falsely: tuple[int, int]


def vote(
    names: list[str], truth: np.ndarray, pair: tuple[int, int], ear: Ear,
    chance: np.random.Generator, *, is_repeat: bool = False,
) -> Vote:  # fmt: skip
    """Let a listener hear two clips."""
    left, right = pair
    answer = ear.answer(truth[left], truth[right], chance)
    return Vote(names[left], names[right], answer, is_repeat=is_repeat)


def actively(
    names: list[str], truth: np.ndarray, count: int, ear: Ear, chance: np.random.Generator
) -> list[Vote]:
    """Vote on the pairs that are asked for."""
    votes: list[Vote] = []
    seed = int(chance.integers(2**31))
    for _ in range(count):
        pair = next_pair(votes, names, seed=seed)
        places = names.index(pair.left), names.index(pair.right)
        votes.append(vote(names, truth, places, ear, chance, is_repeat=pair.is_repeat))
    return votes


def randomly(
    names: list[str], truth: np.ndarray, count: int, ear: Ear, chance: np.random.Generator
) -> list[Vote]:
    """Vote on pairs drawn at random."""
    pairs = (chance.choice(len(names), 2, replace=False) for _ in range(count))
    return [vote(names, truth, (int(a), int(b)), ear, chance) for a, b in pairs]


def plain(votes: Iterable[Vote], names: list[str]) -> list[str]:
    """Return the best three by Bradley and Terry's model, fitted by maximum likelihood."""
    wins = np.zeros((len(names), len(names)))
    shares = {"A": (1.0, 0.0), "B": (0.0, 1.0), "tie": (0.5, 0.5), "both_unusable": (0.0, 0.0)}
    for one in votes:
        left, right = names.index(one.left), names.index(one.right)
        wins[left, right] += shares[one.answer][0]
        wins[right, left] += shares[one.answer][1]

    def unlikely(strengths: np.ndarray) -> tuple[float, np.ndarray]:
        ahead = strengths[:, None] - strengths
        pull = wins / (1 + np.exp(ahead))
        # without any ridge a clip that never lost would be infinitely strong
        loss = (wins * np.logaddexp(0, -ahead)).sum() + 1e-3 * (strengths**2).sum()
        return float(loss), pull.sum(axis=0) - pull.sum(axis=1) + 2e-3 * strengths

    found = minimize(unlikely, np.zeros(len(names)), jac=True, method="L-BFGS-B").x
    return [names[place] for place in np.argsort(-found)[:3]]


def world(number: int, clips: int, count: int, ear: Ear) -> World:
    """Make clips, let them be judged in all ways, and compare with the truth."""
    chance = np.random.default_rng([number, clips])
    truth = chance.normal(size=clips)
    names = [f"clip {place}" for place in range(clips)]
    best = names[int(truth.argmax())]
    chosen, drawn = (way(names, truth, count, ear, chance) for way in (actively, randomly))
    early = [rank(chosen[: round(share * count)], names) for share in FEWER]
    ends = [early[-1], rank(drawn, names)]
    top = {names[place] for place in np.argsort(-truth)[:3]}
    clear = [[one.clip for one in ranking.group("clear")] for ranking in ends]
    return World(
        active=tuple(best in ranking.shortlist for ranking in early),
        random=best in ends[1].shortlist,
        plain=best in plain(drawn, names),
        covered=(covered(ends[0], names, truth, ear), covered(ends[1], names, truth, ear)),
        clear=(len(clear[0]), len(clear[1])),
        falsely=(len(set(clear[0]) - top), len(set(clear[1]) - top)),
    )


def covered(ranking: Ranking, names: list[str], truth: np.ndarray, ear: Ear) -> float:
    """Return the share of intervals that hold the true strength, in units of the noise."""
    right = dict(zip(names, (truth - truth.mean()) / ear.noise, strict=True))
    return float(np.mean([one.low <= right[one.clip] <= one.high for one in ranking.standings]))


def twins(number: int) -> tuple[float, float, bool, bool]:
    """Return widths of intervals with and without clusters, and whether they hold 0."""
    chance = np.random.default_rng([number, 2])
    truth = np.repeat(chance.normal(size=TWIN_TASKS), 2)
    names = [f"clip {place}" for place in range(len(truth))]
    votes = randomly(names, truth, TWIN_VOTES, EARS[0], chance)
    tasks = {name: f"task {place // 2}" for place, name in enumerate(names)}
    labels = {name: "one" if place < TWIN_TASKS else "other" for place, name in enumerate(names)}
    (known,) = rank(votes, names, clusters=tasks).compare(labels)
    (unknown,) = rank(votes, names).compare(labels)
    assert None not in (known.low, known.high, unknown.low, unknown.high)
    return (
        known.high - known.low,
        unknown.high - unknown.low,
        not known.is_shown,
        not unknown.is_shown,
    )


_missed: list[str] = []


def told(words: str, figure: float, *, at_least: float = -np.inf, at_most: float = np.inf) -> None:
    """Print a figure beside its target, and remember when it is missed."""
    kept = at_least <= figure <= at_most
    limits = [f"at least {at_least:g}"] * (at_least > -np.inf)
    limits += [f"at most {at_most:g}"] * (at_most < np.inf)
    print(f"  {words}: {figure:.3f} ({', '.join(limits)}: {'met' if kept else 'MISSED'})")
    if not kept:
        _missed.append(words)


def report(setting: tuple[int, int, Ear], worlds: list[World]) -> None:
    """Print what came of all worlds of a setting."""
    clips, count, ear = setting
    active = np.mean([w.active for w in worlds], axis=0)
    random, usual = np.mean([(w.random, w.plain) for w in worlds], axis=0)
    print(f"{clips} clips, {count} votes, {ear.name} listener, {len(worlds)} worlds")
    curve = (f"{round(s * count)}: {hit:.3f}" for s, hit in zip(FEWER, active, strict=True))
    print(f"  the best is in the best three, after votes on active pairs: {', '.join(curve)}")
    print(f"  after {count} on random pairs: {random:.3f}, by maximum likelihood {usual:.3f}")
    told("the best is in the best three", active[-1], at_least=HIT)
    told("fewer votes than random pairs for the same hits",
         1 - saving(active, max(random, usual)), at_least=FEWER_VOTES)  # fmt: skip
    for place, way in enumerate(WAYS):
        share = np.mean([w.covered[place] for w in worlds])
        told(f"intervals hold the truth, {way} pairs", share, at_least=COVERED[0],
             at_most=COVERED[1])  # fmt: skip
        clear, falsely = (sum(getattr(w, n)[place] for w in worlds) for n in ("clear", "falsely"))
        told(f"wrong among {clear} clear ones, {way} pairs", falsely / max(clear, 1),
             at_most=FALSE_CLEAR)  # fmt: skip


def saving(active: np.ndarray, wanted: float) -> float:
    """Return the smallest tried share of the votes with which active pairs hit as often."""
    return min((s for s, hit in zip(FEWER, active, strict=True) if hit >= wanted), default=1.0)


def report_twins(rows: list[tuple[float, float, bool, bool]]) -> None:
    """Print what clusters do to intervals of a difference that is none."""
    known, unknown, held, lost = np.mean(rows, axis=0)
    print(f"{TWIN_TASKS} tasks of two equal clips, two labels without a difference")
    told("intervals with clusters, times those without", known / unknown, at_least=1.1)
    told("they hold 0", held, at_least=COVERED[0])
    print(f"  without clusters: {lost:.3f}")


def run(job: tuple[int, int, int, Ear] | int) -> World | tuple[float, float, bool, bool]:
    """Do one piece of the work, on one core."""
    with threadpool_limits(1, "blas"):
        return twins(job) if isinstance(job, int) else world(*job)


def main() -> None:
    """Judge all worlds, and print every figure beside its target."""
    numbers = [int(word) for word in sys.argv[1:] if word.isdecimal()]
    worlds = numbers[0] if numbers else 400
    with ProcessPoolExecutor() as pool:
        for setting in SETTINGS:
            report(setting, list(pool.map(run, [(n, *setting) for n in range(worlds)])))
        report_twins(list(pool.map(run, range(worlds))))
    if _missed and "--check" in sys.argv:
        sys.exit(f"{len(_missed)} targets are missed")


if __name__ == "__main__":
    main()
