"""The next pair teaches, is fair to both sides, and hides repeats."""

import tracemalloc
from collections import Counter
from itertools import combinations, pairwise

import numpy as np
from hypothesis import given, settings
from hypothesis import strategies as st
from voting import CLIPS, ear, random_votes

from musicnb.listen import TopK, Vote, next_pair, rank
from musicnb.listen._model import answer_chances
from musicnb.listen._pairs import expected_gain
from musicnb.listen._posterior import Ballots, quick_draws


def session(count, seed, *, clips=CLIPS, **options):
    """Vote on the pairs that are asked for."""
    chance = np.random.default_rng(seed)
    truth = dict(zip(clips, chance.normal(size=len(clips)), strict=True))
    answer = ear(truth, chance)
    votes = []
    for _ in range(count):
        pair = next_pair(votes, clips, seed=seed, **options)
        said = answer(pair.left, pair.right)
        votes.append(Vote(pair.left, pair.right, said, is_repeat=pair.is_repeat))
    return truth, votes


def test_same_votes_and_seed_ask_for_the_same_pair():
    """A session can be taken up again where it was left."""
    _, votes = session(12, 1)
    assert session(12, 1)[1] == votes
    assert next_pair(votes, CLIPS, seed=9) == next_pair(votes, CLIPS, seed=9)
    assert {next_pair([], CLIPS, seed=seed) for seed in range(8)} != {next_pair([], CLIPS)}


def test_session_has_no_pair_twice_in_a_row_and_balanced_sides():
    """Every clip is heard as A as often as as B, but for a few."""
    _, votes = session(60, 2)
    assert all(one.pair != other.pair for one, other in pairwise(votes))
    left, right = Counter(v.left for v in votes), Counter(v.right for v in votes)
    assert all(abs(left[clip] - right[clip]) <= 3 for clip in CLIPS)
    assert set(left) | set(right) == set(CLIPS)


def test_repeats_come_at_their_share_with_exchanged_sides_and_apart():
    """One in five; the pair was heard before, the other way round, and not just now."""
    _, votes = session(60, 3, repeats=0.2)
    places = [place for place, vote in enumerate(votes) if vote.is_repeat]
    assert 9 <= len(places) <= 12
    assert len({place % 5 for place in places}) > 2, "they must not come at a fixed beat"
    for place in places:
        repeated = votes[place]
        assert repeated.pair not in [vote.pair for vote in votes[place - 3 : place]]
        (earlier,) = [vote for vote in votes[:place] if vote.pair == repeated.pair]
        assert (earlier.left, earlier.right) == (repeated.right, repeated.left)


def test_no_repeats_are_asked_for_when_their_share_is_0():
    """They can be left out."""
    assert not any(vote.is_repeat for vote in session(30, 4, repeats=0)[1])


def test_repeat_is_of_the_listeners_own_pairs():
    """Nobody can repeat what another has heard."""
    others = [Vote(x, y, "A", listener="other") for x in CLIPS[:4] for y in CLIPS[4:]]
    asked = [next_pair(others, CLIPS, seed=seed, repeats=0.5) for seed in range(6)]
    assert not any(pair.is_repeat for pair in asked)


def test_two_clips_are_asked_about_again_and_again():
    """There is only one pair; that is no reason to fail."""
    votes = [Vote("a", "b", "tie")] * 3
    pair = next_pair(votes, ["a", "b"], goal=TopK(1))
    assert {pair.left, pair.right} == {"a", "b"}


def test_pair_at_the_edge_of_the_goal_teaches_more_than_one_that_is_settled():
    """Once order is known but for two at the border of the best 2, these two are asked about."""
    order = ["a", "b", "c", "d", "e"]
    known = [
        Vote(x, y, "A") for i, x in enumerate(order) for y in order[i + 1 :] if {x, y} != {"b", "c"}
    ] * 6
    unsure = [Vote("b", "c", "A"), Vote("c", "b", "A"), Vote("e", "a", "B")]
    pair = next_pair([*known, *unsure], order, goal=TopK(2), repeats=0)
    assert {pair.left, pair.right} == {"b", "c"}


@settings(max_examples=20)
@given(
    st.lists(
        st.tuples(st.sampled_from("abcd"), st.sampled_from("abcd"), st.integers(0, 3)).filter(
            lambda row: row[0] != row[1]
        ),
        max_size=20,
    ),
    st.integers(1, 3),
    st.integers(0, 2**32),
)
def test_any_votes_get_a_pair_of_two_clips_that_were_not_heard_last(rows, k, seed):
    """Whatever was answered, a session can go on."""
    answers = ("A", "B", "tie", "both_unusable")
    votes = [Vote(x, y, answers[answer]) for x, y, answer in rows]
    pair = next_pair(votes, list("abcd"), goal=TopK(k), seed=seed)
    assert pair.left != pair.right
    if votes:
        assert votes[-1].pair != {pair.left, pair.right}


def test_chosen_pairs_find_the_best_as_often_as_random_ones_with_fewer_votes():
    """In 12 simulated sessions, 22 chosen votes against 32 drawn ones."""
    chosen = drawn = 0
    for seed in range(12):
        truth, votes = session(22, seed)
        best = max(truth, key=truth.get)
        chosen += best in rank(votes, CLIPS).shortlist
        chance = np.random.default_rng([seed, 1])
        votes = random_votes(CLIPS, 32, chance, answer=ear(truth, chance))
        drawn += best in rank(votes, CLIPS).shortlist
    assert chosen >= drawn - 1
    assert chosen >= 10


def test_pairs_weighed_in_parts_teach_what_they_teach_all_at_once():
    """190 pairs: what is expected to be left of p (1 - p) of every clip, by its definition."""
    clips = [f"clip {place}" for place in range(20)]
    votes = random_votes(clips, 30, np.random.default_rng(5))
    draws = quick_draws(Ballots.of(votes, clips), 400, np.random.default_rng(6))
    first, second = np.array(list(combinations(range(20), 2))).T
    chances = answer_chances(
        draws.strengths[:, first],
        draws.strengths[:, second],
        draws.line[:, None],
        draws.log_eta[:, None],
    )

    answers = chances.mean(axis=0)
    expected = np.zeros(len(first))
    for inside in draws.in_top(3).T:
        share = inside.mean()
        after = (chances * inside[:, None, None]).mean(axis=0) / answers
        expected += share * (1 - share) - (answers * after * (1 - after)).sum(axis=-1)
    np.testing.assert_allclose(expected_gain(draws, first, second, TopK(3)), expected, atol=1e-10)


def test_pair_of_500_clips_needs_little_memory_and_is_at_the_edge_of_the_goal():
    """Clips that always lost are not asked about; the two best were not yet compared."""
    clips = [f"clip {place}" for place in range(500)]
    votes = [Vote(best, other, "A") for best in clips[:2] for other in clips[490:]]
    tracemalloc.start()
    pair = next_pair(votes, clips, goal=TopK(1))
    most = tracemalloc.get_traced_memory()[1]
    tracemalloc.stop()
    assert most < 100e6
    assert not {pair.left, pair.right} & set(clips[490:])
