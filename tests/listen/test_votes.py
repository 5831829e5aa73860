"""Votes that make no sense are refused in plain words."""

import math

import pytest

from musicnb.errors import InvalidInput
from musicnb.listen import TopK, Vote, next_pair, rank

CLIPS = ["a", "b", "c", "d"]


def test_vote_on_a_clip_and_itself_is_refused():
    """There is nothing to prefer."""
    with pytest.raises(InvalidInput, match="'a' cannot be compared with itself"):
        Vote("a", "a", "A")


@pytest.mark.parametrize("answer", ["a", "", "left", None, 1, "TIE"])
def test_vote_with_an_unknown_answer_is_refused(answer):
    """The error names the answers there are."""
    with pytest.raises(InvalidInput, match="both_unusable"):
        Vote("a", "b", answer)


@pytest.mark.parametrize(
    "fields",
    [
        {"left": ""},
        {"right": None},
        {"listener": ""},
        {"reasons": "muddy"},
        {"reasons": (1,)},
        {"reasons": None},
        {"note": None},
        {"is_repeat": "no"},
        {"heard_s": None},
        {"heard_s": ("a", "b")},
        {"heard_s": (1.0,)},
        {"heard_s": (1.0, -1.0)},
        {"heard_s": (math.nan, 1.0)},
        {"heard_s": (math.inf, 1.0)},
    ],
)
def test_vote_with_a_field_that_cannot_be_is_refused(fields):
    """Every field is checked where the record is made."""
    with pytest.raises(InvalidInput):
        Vote(**{"left": "a", "right": "b", "answer": "A", **fields})


def test_mirrored_vote_says_the_same():
    """Sides, answer and seconds change places; mirrored twice it is itself."""
    vote = Vote("a", "b", "A", reasons=("vocals",), heard_s=(3.0, 4.0), is_repeat=True)
    assert vote.mirrored() == Vote(
        "b", "a", "B", reasons=("vocals",), heard_s=(4.0, 3.0), is_repeat=True
    )
    assert vote.mirrored().mirrored() == vote
    assert vote.pair == vote.mirrored().pair


@pytest.mark.parametrize("ask", [rank, next_pair])
@pytest.mark.parametrize(
    ("votes", "clips", "words"),
    [
        ([Vote("a", "z", "A")], CLIPS, "'z', which is not among the clips"),
        ([Vote("z", "a", "A")], CLIPS, "'z', which is not among the clips"),
        ([("a", "b", "A")], CLIPS, "is not a Vote"),
        ([], ["a"], "at least two"),
        ([], [], "at least two"),
        ([], "abcd", "at least two"),
        ([], ["a", "b", "c", "d", "a"], "named twice"),
        ([], ["a", "b", "c"], "are all of them"),
    ],
)
def test_votes_and_clips_that_do_not_fit_are_refused(ask, votes, clips, words):
    """Neither a ranking nor a pair is made of them."""
    with pytest.raises(InvalidInput, match=words):
        ask(votes, clips)


@pytest.mark.parametrize("k", [0, -1, 1.5, True, "3"])
def test_goal_without_a_whole_number_of_clips_is_refused(k):
    """The best 0 clips are no goal."""
    with pytest.raises(InvalidInput):
        TopK(k)


def test_goal_that_is_none_is_refused():
    """A bare number is not taken for one."""
    with pytest.raises(InvalidInput, match="must be a TopK"):
        rank([], CLIPS, goal=3)


@pytest.mark.parametrize("share", [-0.1, 0.6, math.nan])
def test_share_of_repeats_out_of_range_is_refused(share):
    """Half of all pairs may be repeats, at most."""
    with pytest.raises(InvalidInput):
        next_pair([], CLIPS, repeats=share)


def test_cluster_or_label_of_an_unknown_clip_is_refused():
    """A slip of the pen there would silently change intervals."""
    with pytest.raises(InvalidInput, match="'z'"):
        rank([], CLIPS, clusters={"z": "task"})
    ranking = rank([Vote("a", "b", "A")] * 8, CLIPS)
    with pytest.raises(InvalidInput, match="'z'"):
        ranking.compare({"a": "one", "z": "other"})
    with pytest.raises(InvalidInput, match="two labels"):
        ranking.compare({"a": "one", "b": "one"})


HUGE = 10**5000
"""Python refuses to write it down."""


@pytest.mark.parametrize(
    ("fields", "word"),
    [
        ({"clips": set(CLIPS)}, "order"),
        ({"clips": dict.fromkeys(CLIPS)}, "clips"),
        ({"clips": None}, "clips"),
        ({"clips": ["a", "b", "c", HUGE]}, "clips"),
        ({"clips": ["a", "b", "c", ["d"]]}, "clips"),
        ({"votes": None}, "votes"),
        ({"votes": [HUGE]}, "votes"),
        ({"goal": HUGE}, "goal"),
        ({"goal": TopK(HUGE)}, "all of them"),
        ({"seed": -1}, "seed"),
        ({"seed": "1"}, "seed"),
        ({"seed": HUGE}, "seed"),
    ],
)
@pytest.mark.parametrize("ask", [rank, next_pair])
def test_input_of_the_wrong_kind_is_refused_by_its_name(ask, fields, word):
    """One short line says which field, whatever was handed in."""
    with pytest.raises(InvalidInput, match=word) as caught:
        ask(**{"votes": [], "clips": CLIPS, **fields})
    assert len(str(caught.value)) < 400


@pytest.mark.parametrize(
    ("fields", "word"),
    [
        ({"listener": 5}, "listener"),
        ({"listener": "\ud800"}, "listener"),
        ({"repeats": "x"}, "repeats"),
        ({"repeats": math.nan}, "repeats"),
        ({"repeats": 1e-320}, "repeats"),
        ({"repeats": HUGE}, "repeats"),
    ],
)
def test_session_with_input_of_the_wrong_kind_is_refused_by_its_name(fields, word):
    """The listener's name and the share of repeats."""
    with pytest.raises(InvalidInput, match=word):
        next_pair([], CLIPS, **fields)


@pytest.mark.parametrize(
    "table",
    [["a"], {"a": HUGE}, {"a": None}, {HUGE: "x"}, "a", pytest.param(HUGE, id="huge")],
)
def test_clusters_and_labels_that_are_no_names_by_clip_are_refused(table):
    """Neither can be guessed."""
    with pytest.raises(InvalidInput, match="clusters"):
        rank([], CLIPS, clusters=table)
    with pytest.raises(InvalidInput, match="labels"):
        rank([], CLIPS).compare(table)
    with pytest.raises(InvalidInput, match="labels"):
        rank([], CLIPS).compare(None)


def test_group_that_does_not_exist_is_refused():
    """An empty answer would look as if no clip were in it."""
    with pytest.raises(InvalidInput, match=r"'nope' is not known.*not separated"):
        rank([], CLIPS).group("nope")


@pytest.mark.parametrize("field", ["left", "answer", "listener", "is_repeat", "note", "reasons"])
def test_vote_with_an_integer_too_long_to_write_is_refused(field):
    """Nor does writing the error fail."""
    with pytest.raises(InvalidInput, match=field):
        Vote(**{"left": "a", "right": "b", "answer": "A", field: HUGE})
    with pytest.raises(InvalidInput, match="heard_s"):
        Vote("a", "b", "A", heard_s=(HUGE, 1.0))
    with pytest.raises(InvalidInput, match="whole k"):
        TopK(-HUGE)


def test_clips_may_come_from_any_iterable_in_order():
    """A generator gives the same as a list."""
    votes = [Vote("a", "b", "A")] * 8
    assert next_pair(votes, (clip for clip in CLIPS)) == next_pair(votes, CLIPS)
    assert rank(votes, (clip for clip in CLIPS)) == rank(votes, CLIPS)
