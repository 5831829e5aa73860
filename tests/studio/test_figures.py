"""Figures of a run on a real sandbox."""

import subprocess
import sys

import pytest

from musicnb import Studio, TextToMusic
from musicnb.errors import InvalidInput

BRIEF = TextToMusic("{mood} dream pop, 6 s", instrumental=True)
AXES = {"mood": ["calm", "bright"], "model": {"suno-5.5": 1, "minimax-music-2.6": 2}}
FIGURES = ("cost_variety", "spread", "similarity", "timeline", "spend")
PATIENCE_S = 240


@pytest.fixture(scope="module")
def run(studio):
    """Five of six orders fit; the first fails."""
    studio.rehearse("task_failed", on="create", times=1)
    return studio.sweep("drawn", BRIEF, AXES).run(max_credits=310).wait(PATIENCE_S)


def words(drawing):
    from matplotlib.text import Text  # noqa: PLC0415 - the extra

    return "\n".join(text.get_text() for text in drawing.figure.findobj(Text))


@pytest.mark.parametrize("name", FIGURES)
def test_every_figure_is_one_call_and_a_picture(name, run):
    """Nothing is sent, and it needs no widget."""
    data, _ = getattr(run.plot, name)()._repr_png_()
    assert data.startswith(b"\x89PNG")


def test_money_in_the_figures_is_that_of_the_run(run):
    """Sums, cap, refund, and the models' shares."""
    told = words(run.plot.spend())
    assert f"paid for what came: {run.spent_credits:f}" in told
    assert f"given back: {run.refunded_credits:f}" in told
    assert "cap: 310" in told
    told = run.plot.cost_variety(progress=False).text
    for model, row in run.summary("model").iterrows():
        assert f"{model}: {row['net_credits']:g} credits, {row['clips']:.0f} clips as" in told


def test_figures_say_what_they_do_not_show(run):
    """The order that failed and the one that did not fit."""
    assert "1 order without clips." in words(run.plot.spread())
    told = words(run.plot.timeline())
    assert "1 order did not run." in told
    assert "failed" in run.plot.timeline().text


def test_figures_group_by_axes_and_refuse_what_is_none(run):
    """As the summary does."""
    assert "calm\n" in words(run.plot.spread("mood"))
    assert "bright (" in words(run.plot.similarity("mood", progress=False))
    with pytest.raises(InvalidInput, match="by: is 'tempo'; there are mood, model"):
        run.plot.cost_variety("tempo")


def test_run_that_has_nothing_yet_is_drawn(studio):
    """Paused before its first order, and withdrawn."""
    plan = studio.sweep("held", BRIEF, {"mood": ["calm"], "model": ["suno-5.5"]})
    studio._road.pause("held", paused=True)
    run = plan.run()
    for name in FIGURES:
        assert getattr(run.plot, name)().png()
    assert "not over yet" in run.plot.timeline().text
    assert run.cancel().plot.spend().png()


def test_figures_without_matplotlib_name_the_extra(tmp_path):
    """Before anything is measured."""
    with Studio(tmp_path / "library", quiet=True):
        pass
    code = f"""
import sys
sys.modules["matplotlib"] = None
from musicnb import Studio, TextToMusic
from musicnb.errors import ConfigurationError
with Studio({str(tmp_path / "library")!r}, quiet=True) as studio:
    brief = TextToMusic("calm dream pop, 3 s", instrumental=True)
    run = studio.sweep("s", brief, {{"model": ["suno-5.5"]}}).run(max_credits=0)
    for name in {FIGURES!r}:
        try:
            getattr(run.plot, name)()
        except ConfigurationError as error:
            print(error.hint)
"""
    shown = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, check=True)
    assert shown.stdout.count("pip install 'musicnb[plot]'") == len(FIGURES)
