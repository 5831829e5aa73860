"""What rankings tell, what they do not, and what must not change them."""

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from voting import CLIPS, ear, heard, random_votes

from musicnb.errors import InvalidInput
from musicnb.listen import ANSWERS, TopK, Vote, rank

PAIRS = st.tuples(st.integers(0, 4), st.integers(0, 4)).filter(lambda pair: pair[0] != pair[1])
VOTES = st.lists(
    st.builds(
        lambda pair, answer, who: Vote(f"{pair[0]}", f"{pair[1]}", answer, listener=who),
        PAIRS, st.sampled_from(ANSWERS), st.sampled_from(["x", "y"]),
    ),
    min_size=10, max_size=30,
)  # fmt: skip
FIVE = [str(place) for place in range(5)]


def numbers(ranking):
    """Return strengths, intervals and chances by clip."""
    return {
        one.clip: (one.strength, one.low, one.high, one.in_top, one.usable)
        for one in ranking.standings
    }


@settings(max_examples=6)
@given(VOTES, st.randoms(use_true_random=False))
def test_order_of_votes_changes_nothing(votes, random):
    """To the last digit."""
    assert rank(random.sample(votes, len(votes)), FIVE) == rank(votes, FIVE)


@settings(max_examples=6)
@given(VOTES)
def test_exchanged_sides_change_nothing(votes):
    """Neither A nor B is favoured."""
    assert rank([vote.mirrored() for vote in votes], FIVE) == rank(votes, FIVE)


@settings(max_examples=6)
@given(VOTES)
def test_other_names_get_the_same_numbers(votes):
    """Ids are names and nothing else."""
    named = {clip: f"take-{9 - place}" for place, clip in enumerate(FIVE)}
    renamed = [Vote(named[v.left], named[v.right], v.answer, listener=v.listener) for v in votes]
    one, other = numbers(rank(votes, FIVE)), numbers(rank(renamed, list(named.values())))
    assert {named[clip]: row for clip, row in one.items()} == other


@settings(max_examples=6)
@given(VOTES, st.integers(1, 4))
def test_standings_of_any_votes_are_coherent(votes, k):
    """Means lie in their intervals, strengths sum to 0, chances of the best k to k."""
    ranking = rank(votes, FIVE, goal=TopK(k))
    rows = ranking.standings
    assert [one.strength for one in rows] == sorted((o.strength for o in rows), reverse=True)
    assert sum(one.strength for one in rows) == pytest.approx(0, abs=1e-9)
    assert sum(one.in_top for one in rows) == pytest.approx(k)
    assert all(one.low < one.strength < one.high for one in rows)
    assert all(0 <= one.usable <= 1 for one in rows)
    assert len(ranking.shortlist) == k
    assert sum(tally.heard for tally in ranking.tallies) == 2 * len(votes)
    assert len(ranking.group("clear")) <= k


def test_same_votes_and_seed_give_the_same_ranking():
    """Everything that chance decides is decided by the seed."""
    _, votes = heard(CLIPS, 32, seed=1)
    assert rank(votes, CLIPS, seed=4) == rank(votes, CLIPS, seed=4)
    assert rank(votes, CLIPS, seed=4) != rank(votes, CLIPS, seed=5)


def test_too_few_votes_give_counts_only():
    """One vote less than two a clip tells how often who won, and no strengths."""
    votes = [Vote("a", "b", "A")] * 4 + [Vote("c", "a", "tie"), Vote("c", "b", "both_unusable")]
    clips = ["a", "b", "c", "d"]
    ranking = rank([*votes, Vote("d", "a", "B")], clips)
    assert (ranking.standings, ranking.shortlist, ranking.needed) == ((), (), 8)
    first = ranking.tallies[0]
    assert (first.won, first.lost, first.tied, first.unusable, first.heard) == (5, 0, 1, 0, 6)
    assert ranking.wins[0] == (0, 4, 0, 1)
    assert "counts only before 8 votes" in str(ranking)
    with pytest.raises(InvalidInput, match="8 are needed"):
        ranking.compare({"a": "one", "b": "other"})
    assert len(rank([*votes, *votes], clips).standings) == 4


def test_votes_that_never_differ_separate_the_best_from_the_rest():
    """A always beats everybody: clear; what everybody beats: reject."""
    order = ["a", "b", "c", "d"]
    votes = [Vote(x, y, "A") for i, x in enumerate(order) for y in order[i + 1 :]] * 5
    ranking = rank(votes, order, goal=TopK(1))
    assert [one.clip for one in ranking.standings] == order
    assert [one.clip for one in ranking.group("clear")] == ["a"]
    assert "d" in [one.clip for one in ranking.group("reject")]
    assert ranking.standings[0].low > ranking.standings[1].strength


def test_ties_alone_separate_nothing():
    """However many they are, nobody is ahead."""
    votes = [Vote(x, y, "tie") for x in CLIPS for y in CLIPS if x != y]
    ranking = rank(votes, CLIPS)
    assert [one for one in ranking.standings if one.group == "clear"] == []
    assert all(one.low < 0 < one.high for one in ranking.standings)


def test_clips_that_are_always_unusable_are_rejected_even_at_the_top():
    """The best of nothing usable is not shortlisted as clear."""
    votes = [Vote(x, y, "both_unusable") for x in CLIPS for y in CLIPS if x != y]
    ranking = rank(votes, CLIPS)
    assert {one.group for one in ranking.standings} == {"reject"}
    assert all(one.usable < 0.05 for one in ranking.standings)


def test_unusable_pair_lowers_both_and_a_preference_raises_the_preferred():
    """Both sides of the acceptability line are evidence."""
    _, votes = heard(CLIPS, 32, seed=2)
    before = {one.clip: one.usable for one in rank(votes, CLIPS).standings}
    unsure, other = sorted(CLIPS, key=lambda clip: abs(before[clip] - 0.5))[:2]
    for answer, sign in (("both_unusable", -1), ("A", 1)):
        more = rank([*votes, *[Vote(unsure, other, answer)] * 3], CLIPS)
        after = {one.clip: one.usable for one in more.standings}
        assert sign * (after[unsure] - before[unsure]) > 0.05
        if answer == "both_unusable":
            assert after[other] < before[other] - 0.05


def test_disagreeing_listeners_widen_the_intervals():
    """The same votes tell less about people when two contradict than when one person said all."""
    order = CLIPS[:4]
    pairs = [(x, y) for i, x in enumerate(order) for y in order[i + 1 :]] * 3
    agreed = [Vote(x, y, "A", listener=who) for who in "xy" for x, y in pairs]
    split = [Vote(x, y, "A" if who == "x" else "B", listener=who) for who in "xy" for x, y in pairs]
    alone = [Vote(v.left, v.right, v.answer) for v in split]
    widths = [
        np.mean([one.high - one.low for one in rank(votes, order).standings])
        for votes in (alone, split)
    ]
    assert widths[1] > 1.3 * widths[0]
    assert rank(agreed, order).standings[0].low > rank(split, order).standings[0].low


def test_nothing_that_is_printed_speaks_of_a_winner():
    """Groups are named, and every strength comes with its interval."""
    _, votes = heard(CLIPS, 32, seed=3)
    text = str(rank(votes, CLIPS))
    assert "winner" not in text.lower()
    assert text.count("[") == len(CLIPS)
    assert "best 3 of 8 clips, 32 votes of 1 listener" in text


def test_listeners_are_named_in_the_ranking():
    """Who is meant by the result is part of it."""
    votes = [Vote("a", "b", "A", listener=who) for who in ("z", "y")]
    assert rank(votes, ["a", "b"], goal=TopK(1)).listeners == ("y", "z")


def test_twins_of_one_task_widen_the_interval_of_a_difference():
    """Eight clips of four tasks tell of four tasks; by about the root of 2, and more for fewer."""
    chance = np.random.default_rng(3)
    clips = [f"clip {place}" for place in range(16)]
    truth = dict(zip(clips, np.repeat(chance.normal(size=8), 2), strict=True))
    votes = random_votes(clips, 96, chance, answer=ear(truth, chance))
    labels = {clip: "one" if place < 8 else "other" for place, clip in enumerate(clips)}
    tasks = {clip: f"task {place // 2}" for place, clip in enumerate(clips)}
    (known,) = rank(votes, clips, clusters=tasks).compare(labels)
    (unknown,) = rank(votes, clips).compare(labels)
    assert (known.tasks, unknown.tasks) == ((4, 4), (8, 8))
    assert known.difference == pytest.approx(unknown.difference)
    assert 1.2 < (known.high - known.low) / (unknown.high - unknown.low) < 1.9


def test_one_task_of_each_label_shows_no_difference():
    """Nothing tells how much tasks differ, so there is no interval, whatever the votes say."""
    votes = [Vote(x, y, "A") for x in "ab" for y in "cd"] * 6
    tasks = {"a": "first", "b": "first", "c": "second", "d": "second"}
    ranking = rank(votes, ["a", "b", "c", "d"], clusters=tasks, goal=TopK(2))
    (found,) = ranking.compare({"a": "x", "b": "x", "c": "y", "d": "y"})
    assert (found.low, found.high, found.is_shown) == (None, None, False)
    assert str(found) == "x against y: no difference shown (one task each)"


def test_labels_that_really_differ_are_shown_to():
    """Six tasks each, all of one better than all of the other."""
    chance = np.random.default_rng(8)
    clips = [f"clip {place}" for place in range(12)]
    truth = {clip: (1.5 if place < 6 else -0.5) for place, clip in enumerate(clips)}
    votes = random_votes(clips, 100, chance, answer=ear(truth, chance))
    labels = {clip: "good" if place < 6 else "bad" for place, clip in enumerate(clips)}
    (found,) = rank(votes, clips).compare(labels)
    assert found.is_shown
    assert found.low > 0
    assert str(found).startswith("good against bad: +")


def test_intervals_of_known_strengths_hold_them():
    """In 30 simulated sessions, 95 % intervals hold about 95 % of the true strengths."""
    held, false, clear = [], 0, 0
    for seed in range(30):
        truth, votes = heard(CLIPS, 32, seed=seed)
        middle = np.mean(list(truth.values()))
        ranking = rank(votes, CLIPS)
        held += [
            one.low <= (truth[one.clip] - middle) / 0.5 <= one.high for one in ranking.standings
        ]
        top = sorted(truth, key=truth.get)[-3:]
        clear += len(ranking.group("clear"))
        false += sum(one.clip not in top for one in ranking.group("clear"))
    assert 0.9 <= np.mean(held) <= 0.99
    assert clear > 5
    assert false <= 0.05 * clear + 1
