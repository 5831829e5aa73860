"""Figures of a session: what votes tell, drawn; refused while it is sealed."""

import pytest

from musicnb import TextToMusic
from musicnb.errors import InvalidInput

PATIENCE_S = 240


@pytest.fixture(scope="module")
def session(studio):
    """Twenty-four votes of two listeners on four clips, one with a title that wants to be HTML."""
    brief = TextToMusic("{mood} pop, 4 s", instrumental=True, title="$\\frac{{1}}$ <b>{mood}")
    plan = studio.sweep("drawn by ear", brief, {"mood": ["calm", "dark"], "model": ["suno-5.5"]})
    run = plan.run(max_credits=160).wait(PATIENCE_S)
    mine = run.listen(4, goal="top 1", votes=12, seed=1)
    best = min(mine._kept.clips)
    for one in (mine, run.listen(4, listener="Ada")):
        while one.screen().state == "pair":
            pair = one._shown.pair
            one.vote("A" if pair.left == best else "B" if pair.right == best else "tie")
    return mine


def test_figures_are_refused_while_sealed_and_drawn_afterwards(session):
    """Strengths with intervals, wins, agreement: in a notebook and as files, light and dark."""
    for draw in (session.plot.strengths, session.plot.wins, session.plot.agreement):
        with pytest.raises(InvalidInput, match="is sealed"):
            draw()
    session.reveal()
    ranking = session.ranking()
    strengths = session.plot.strengths()
    for standing in ranking.standings:
        assert f"{standing.group}, {standing.strength:+.2f}" in strengths.text
    names = session.names()
    assert len(set(names.values())) == 4
    assert ranking.standings[0].clip == min(session._kept.clips)
    assert strengths.text.index(names[ranking.standings[0].clip]) < strengths.text.index(";")
    for dark in (False, True):
        for draw in (session.plot.strengths, session.plot.wins, session.plot.agreement):
            assert draw(dark=dark).png()[:4] == b"\x89PNG"
    assert "Ada" in session.plot.agreement().text


def test_figures_of_few_votes_say_that_there_are_only_counts(studio, session):
    """One vote draws no interval."""
    few = studio.listen(list(session._clips), name="few", votes=2, seed=1)
    few.vote("A")
    few.reveal()
    assert "Only counts" in few.plot.strengths().text
    assert few.plot.wins().png()[:4] == b"\x89PNG"
    assert "No pair" in few.plot.agreement().text
