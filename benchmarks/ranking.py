"""How well votes rank clips whose true order is known, beside the plain Bradley-Terry way.

A simulated listener hears strengths (normal, standard deviation 1) with Gumbel noise of scale 0.5
(consistent) or 1 (noisy), calls less than 0.25 a tie and what lies below -1 unusable, and presses a
wrong key at 2 % (4 %) of the votes. Four settings: 8 clips with 32 votes and 12 with 96, by both.
In each the same worlds are judged

- by our ranking, of pairs that `next_pair` chose (hidden repeats among the votes), and of pairs
  drawn at random (without any);
- by a Bradley-Terry model fitted to the same random pairs by maximum likelihood with scipy
  (ties half, unusable pairs left out), which is the usual way.

The noise hangs on the world, the pair and how often it was heard, so both ways meet the same ear.
Printed are how often the truly best clip is in the reported best three, which share of the true
best three is in it, how often 95 % intervals hold the true strength, how many clips are called
clear, and how many of those wrongly. All with standard errors over worlds.

Fewer votes: both shares are followed from vote to vote, and a logistic curve in the logarithm of
the votes is laid through each (as of dose and response: Finney 1971). Where that of the active
pairs is as high as that of random pairs after all votes, is how many they need; the 95 % interval
comes from drawing worlds anew (bootstrap). A curve through all counts, because near its end it is
flat: one world more or less that hits moves a crossing of the bare figures by several votes.

Twins: tasks of two equal clips, two labels without a difference; how wide intervals of the
difference are with and without clusters, and how often they hold 0.

D. J. Finney: Probit analysis. Cambridge University Press, 1971.

Run it with ``python benchmarks/ranking.py [worlds] [--check] [--processes N] [--from WORLD]``
(100 worlds: a quarter of an hour on one core); with ``--check`` a missed target ends it with
status 1. ``--from`` takes other worlds: what was looked at while something was improved must not
be what it is checked with.
"""

from __future__ import annotations

import argparse
import sys
from collections.abc import Callable, Iterable
from concurrent.futures import ProcessPoolExecutor
from dataclasses import dataclass, field

import numpy as np
from scipy.optimize import minimize
from threadpoolctl import threadpool_limits

from musicnb.listen import ANSWERS, Answer, Ranking, Vote, next_pair, rank
from musicnb.listen._posterior import Ballots, quick_draws

SIZES = ((8, 32), (12, 96))
LINE, TIE = -1.0, 0.25
HIT, COVERED, FALSE_CLEAR, FEWER_VOTES = 0.92, (0.93, 0.97), 0.05, 0.3
WAYS = ("active", "random")
#: What is followed from vote to vote.
SHARES = ("the best is in the best three", "of the true best three are in it")
STEPS, DRAWS, RESAMPLES = 10, 400, 2_000
NEWTON_STEPS = 25
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


@dataclass
class Booth:
    """One listener with one set of clips; what she says to a pair hangs on nothing else."""

    seed: tuple[int, ...]
    truth: np.ndarray
    ear: Ear
    heard: dict[tuple[int, int], int] = field(default_factory=dict)

    @property
    def names(self) -> list[str]:
        """Return what the clips are called."""
        return [f"clip {place}" for place in range(len(self.truth))]

    def vote(self, left: int, right: int, *, is_repeat: bool = False) -> Vote:
        """Hear two clips."""
        pair = min(left, right), max(left, right)
        time = self.heard[pair] = self.heard.get(pair, 0) + 1
        chance = np.random.default_rng([*self.seed, *pair, time])
        answer = self.ear.answer(self.truth[pair[0]], self.truth[pair[1]], chance)
        said = Vote(self.names[pair[0]], self.names[pair[1]], answer, is_repeat=is_repeat)
        return said if left < right else said.mirrored()

    def actively(self, count: int) -> list[Vote]:
        """Vote on the pairs that are asked for."""
        votes: list[Vote] = []
        names, seed = self.names, self.seed[0]
        for _ in range(count):
            pair = next_pair(votes, names, seed=seed)
            left, right = names.index(pair.left), names.index(pair.right)
            votes.append(self.vote(left, right, is_repeat=pair.is_repeat))
        return votes

    def randomly(self, count: int) -> list[Vote]:
        """Vote on pairs drawn at random."""
        chance = np.random.default_rng([*self.seed, len(self.truth)])
        pairs = (chance.choice(len(self.truth), 2, replace=False) for _ in range(count))
        return [self.vote(int(a), int(b)) for a, b in pairs]


@dataclass(frozen=True)
class World:
    """What came of one set of clips, by both ways."""

    #: (ways, steps, shares)
    curves: np.ndarray
    hits: tuple[bool, bool]
    plain: bool
    covered: tuple[float, float]
    clear: tuple[int, int]
    falsely: tuple[int, int]


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


def steps(count: int) -> np.ndarray:
    """Return after how many votes both ways are looked at."""
    return np.unique(np.linspace(count / 4, count, STEPS).astype(int))


def followed(votes: list[Vote], truth: np.ndarray, names: list[str]) -> np.ndarray:
    """Return (steps, shares): what a shortlist of the first votes is worth.

    It is taken from the approximation by which pairs are chosen, at a tenth of `rank`'s cost.
    """
    top = np.argsort(-truth)[:3]
    rows = []
    for count in steps(len(votes)):
        ballots = Ballots.of(votes[:count], names)
        draws = quick_draws(ballots, DRAWS, np.random.default_rng(int(count)))
        shortlist = np.argsort(-draws.in_top(3).mean(axis=0), kind="stable")[:3]
        rows.append((top[0] in shortlist, np.isin(top, shortlist).mean()))
    return np.array(rows, float)


def world(number: int, clips: int, count: int, ear: Ear) -> World:
    """Make clips, let them be judged in all ways, and compare with the truth."""
    truth = np.random.default_rng([number, clips]).normal(size=clips)
    booths = [Booth((number, clips), truth, ear) for _ in WAYS]
    names = booths[0].names
    chosen, drawn = booths[0].actively(count), booths[1].randomly(count)
    ends = [rank(chosen, names), rank(drawn, names)]
    order = [names[place] for place in np.argsort(-truth)]
    clear = [[one.clip for one in ranking.group("clear")] for ranking in ends]
    return World(
        curves=np.array([followed(votes, truth, names) for votes in (chosen, drawn)]),
        hits=(order[0] in ends[0].shortlist, order[0] in ends[1].shortlist),
        plain=order[0] in plain(drawn, names),
        covered=(covered(ends[0], names, truth, ear), covered(ends[1], names, truth, ear)),
        clear=(len(clear[0]), len(clear[1])),
        falsely=(len(set(clear[0]) - set(order[:3])), len(set(clear[1]) - set(order[:3]))),
    )


def covered(ranking: Ranking, names: list[str], truth: np.ndarray, ear: Ear) -> float:
    """Return the share of intervals that hold the true strength, in units of the noise."""
    right = dict(zip(names, (truth - truth.mean()) / ear.noise, strict=True))
    return float(np.mean([one.low <= right[one.clip] <= one.high for one in ranking.standings]))


def twins(number: int) -> tuple[float, float, bool, bool]:
    """Return widths of intervals with and without clusters, and whether they hold 0."""
    truth = np.repeat(np.random.default_rng([number, 2]).normal(size=TWIN_TASKS), 2)
    booth = Booth((number, 2), truth, EARS[0])
    names, votes = booth.names, booth.randomly(TWIN_VOTES)
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


def told(
    words: str, figure: float, error: float, *, at_least: float = -np.inf, at_most: float = np.inf
) -> None:
    """Print a figure with its standard error beside its target; remember when it is missed."""
    kept = at_least <= figure <= at_most
    limits = [f"at least {at_least:g}"] * (at_least > -np.inf)
    limits += [f"at most {at_most:g}"] * (at_most < np.inf)
    verdict = "met" if kept else "MISSED"
    print(f"  {words}: {figure:.3f} +- {error:.3f} ({', '.join(limits)}: {verdict})")
    if not kept:
        _missed.append(words)


def spread(values: np.ndarray) -> float:
    """Return the standard error of a mean."""
    return float(np.std(values, ddof=1) / np.sqrt(len(values)))


def report(setting: tuple[int, int, Ear], worlds: list[World]) -> None:
    """Print what came of all worlds of a setting."""
    clips, count, ear = setting
    print(f"{clips} clips, {count} votes, {ear.name} listener, {len(worlds)} worlds")
    hits = np.array([(*w.hits, w.plain) for w in worlds], float)
    usual = hits[:, 2].mean()
    print(f"  {SHARES[0]}, random pairs: {hits[:, 1].mean():.3f}, by likelihood {usual:.3f}")
    told(f"{SHARES[0]}, active pairs", hits[:, 0].mean(), spread(hits[:, 0]), at_least=HIT)
    report_curves(count, np.array([w.curves for w in worlds]))
    for place, way in enumerate(WAYS):
        held = np.array([w.covered[place] for w in worlds])
        told(f"intervals hold the truth, {way} pairs", held.mean(), spread(held),
             at_least=COVERED[0], at_most=COVERED[1])  # fmt: skip
        clear, falsely = (sum(getattr(w, n)[place] for w in worlds) for n in ("clear", "falsely"))
        share = falsely / max(clear, 1)
        error = np.sqrt(share * (1 - share) / max(clear, 1))
        told(f"wrong among {clear} clear ones, {way} pairs", share, error, at_most=FALSE_CLEAR)


def report_curves(count: int, curves: np.ndarray) -> None:
    """Print how both ways come on, and how many fewer votes the active pairs need."""
    counts, chance = steps(count), np.random.default_rng(0)
    worlds = np.arange(len(curves))
    drawn = np.vstack([worlds, chance.integers(len(worlds), size=(RESAMPLES, len(worlds)))])
    shown = np.searchsorted(counts, np.array((0.4, 0.6, 0.7, 0.8, 1.0)) * count)
    for share, words in enumerate(SHARES):
        one = curves[..., share]
        for way, name in enumerate(WAYS):
            means = one[:, way].mean(axis=0)
            row = ", ".join(f"{counts[place]}: {means[place]:.3f}" for place in shown)
            print(f"  {words}, by votes on {name} pairs: {row}")
        # half a hit and half a miss more, or a curve that is always 1 would have no slope
        fewer = saving((one[drawn].sum(axis=1) + 0.5) / (len(worlds) + 1), counts)
        low, high = np.quantile(fewer[1:], (0.025, 0.975))
        told(f"fewer votes than random pairs for the same ({words}; 95 %: {low:.2f} to {high:.2f})",
             float(fewer[0]), (high - low) / 3.92, at_least=FEWER_VOTES)  # fmt: skip


def saving(means: np.ndarray, counts: np.ndarray) -> np.ndarray:
    """Return the share of votes that active pairs spare: (samples, ways, steps), votes of steps.

    Negative where they need more; -1, twice as many, is the least that a flat curve can tell.
    """
    columns = np.stack([np.ones(len(counts)), np.log(counts / counts[-1])], axis=1)
    fitted = np.zeros((*means.shape[:-1], 2))
    for _ in range(NEWTON_STEPS):
        at = 1 / (1 + np.exp(-fitted @ columns.T))
        bend = np.einsum("...n,ni,nj->...ij", at * (1 - at), columns, columns) + 1e-9 * np.eye(2)
        steps_on = np.linalg.solve(bend, ((means - at) @ columns)[..., None])[..., 0]
        fitted += np.clip(steps_on, -2, 2)
    # at the last count the logarithm is 0, so the first number is how high a curve ends
    ends, slope = fitted[..., 0], np.maximum(fitted[:, 0, 1], 0.05)
    return 1 - np.minimum(np.exp((ends[:, 1] - ends[:, 0]) / slope), 2)


def report_twins(rows: list[tuple[float, float, bool, bool]]) -> None:
    """Print what clusters do to intervals of a difference that is none."""
    table = np.array(rows, float)
    known, unknown, held, lost = table.mean(axis=0)
    print(f"{TWIN_TASKS} tasks of two equal clips, two labels without a difference")
    told("intervals with clusters, times those without", known / unknown,
         spread(table[:, 0] / table[:, 1]), at_least=1.1)  # fmt: skip
    told("they hold 0", held, spread(table[:, 2]), at_least=COVERED[0])
    print(f"  without clusters: {lost:.3f}")


def run(job: tuple[int, int, int, Ear] | int) -> World | tuple[float, float, bool, bool]:
    """Do one piece of the work, on one core."""
    with threadpool_limits(1, "blas"):
        return twins(job) if isinstance(job, int) else world(*job)


def main() -> None:
    """Judge all worlds, and print every figure beside its target."""
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("worlds", type=int, nargs="?", default=100)
    parser.add_argument("--check", action="store_true")
    parser.add_argument("--processes", type=int, default=1)
    parser.add_argument("--from", type=int, default=0, dest="first", metavar="WORLD")
    options = parser.parse_args()
    if options.worlds < 2:
        parser.error("standard errors need two worlds or more")
    numbers = range(options.first, options.first + options.worlds)
    if options.processes > 1:
        with ProcessPoolExecutor(options.processes) as pool:
            judge(numbers, pool.map)
    else:
        judge(numbers, map)
    if _missed and options.check:
        sys.exit(f"{len(_missed)} targets are missed")


def judge(numbers: range, each: Callable[..., Iterable]) -> None:
    """Judge all worlds of all settings, in as many processes as `each` has."""
    for setting in SETTINGS:
        report(setting, list(each(run, [(n, *setting) for n in numbers])))
        sys.stdout.flush()
    report_twins(list(each(run, numbers)))


if __name__ == "__main__":
    main()
