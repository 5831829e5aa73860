"""Repeats and listeners are compared by counting."""

from musicnb.listen import Agreement, Vote, agreement, consistency


def test_repeat_with_exchanged_sides_and_the_same_clip_preferred_is_the_same():
    """B of the repeat is A of before."""
    votes = [Vote("a", "b", "A"), Vote("b", "a", "B", is_repeat=True)]
    assert consistency(votes) == (Agreement(("me",), same=1, opposite=0, total=1),)


def test_repeat_with_the_other_clip_preferred_is_opposite_and_a_tie_only_different():
    """Not every difference contradicts."""
    votes = [
        Vote("a", "b", "A"),
        Vote("c", "d", "A"),
        Vote("b", "a", "A", is_repeat=True),
        Vote("d", "c", "tie", is_repeat=True),
    ]
    (found,) = consistency(votes)
    assert (found.same, found.opposite, found.total, found.share) == (0, 1, 2, 0)
    assert str(found) == "me: 0 of 2 the same, 1 opposite"


def test_repeat_is_compared_with_the_same_listener_only():
    """What another said before is no measure of one's own ear."""
    votes = [Vote("a", "b", "A", listener="x"), Vote("a", "b", "A", listener="y", is_repeat=True)]
    assert [(one.listeners, one.total) for one in consistency(votes)] == [(("x",), 0), (("y",), 0)]
    assert consistency(votes)[0].share is None
    assert str(consistency(votes)[0]) == "x: nothing to compare"


def test_listeners_are_compared_two_by_two_on_pairs_both_have_heard():
    """Sides do not matter, and repeats do not count again."""
    votes = [
        Vote("a", "b", "A", listener="x"),
        Vote("b", "a", "B", listener="y"),
        Vote("b", "a", "A", listener="y", is_repeat=True),
        Vote("c", "a", "tie", listener="x"),
        Vote("c", "a", "both_unusable", listener="y"),
        Vote("a", "b", "B", listener="z"),
    ]
    assert agreement(votes) == (
        Agreement(("x", "y"), same=1, opposite=0, total=2),
        Agreement(("x", "z"), same=0, opposite=1, total=1),
        Agreement(("y", "z"), same=0, opposite=1, total=1),
    )


def test_clip_that_is_called_tie_is_not_one():
    """Ids are anything."""
    votes = [Vote("tie", "b", "A", listener="x"), Vote("tie", "b", "tie", listener="y")]
    assert agreement(votes)[0].same == 0
