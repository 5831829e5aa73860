"""The form of a studio, used from Python: what it orders, refuses and shows."""

import time
from decimal import Decimal

import pytest

from musicnb.errors import InvalidInput


def wait_for(condition, seconds=10):
    """Wait until something holds; what never holds fails the test."""
    deadline = time.monotonic() + seconds
    while not condition():
        assert time.monotonic() < deadline
        time.sleep(0.02)


def test_form_orders_what_it_shows(studio):
    """generate() presses the button; the task is on the form's board and gives clips."""
    form = studio.form(prompt="calm lofi, 10 seconds")
    form.set(model="minimax-music-2.6", instrumental=True)
    task = form.generate()
    assert form.tasks == [task]
    assert task.job.request["prompt"] == form.brief.prompt
    assert len(task.result(60)) == 1
    assert "1 clip" in form._orders.board.text()


def test_form_refuses_and_costs_nothing(studio):
    """A wrong field is named, nothing is ordered and the wallet is untouched."""
    before = studio.balance
    form = studio.form(prompt="x" * 501)
    with pytest.raises(InvalidInput, match=r"prompt: has 501 characters"):
        form.generate()
    assert form.tasks == []
    assert studio.balance == before


@pytest.mark.parametrize("values", [{"promt": "x"}, {"prompt": 3}, {"model": "nope"}])
def test_form_with_an_unknown_or_wrong_field_is_refused(studio, values):
    """The error names the field."""
    with pytest.raises(InvalidInput, match=next(iter(values))):
        studio.form(**values)


def test_form_shows_the_balance_and_follows_it(studio):
    """The wallet is shown before the order and less after it."""
    form = studio.form(prompt="calm lofi, 10 seconds")
    wait_for(lambda: form.widget.balance)
    before = form.widget.balance
    form.generate().result(60)
    wait_for(lambda: form.widget.balance != before)
    left = Decimal(form.widget.balance.split()[0].replace(",", ""))
    assert left == studio.balance


def test_form_and_tasks_have_a_text_for_plain_front_ends(studio, capsys):
    """Shown outside a notebook they print what they are."""
    form = studio.form(prompt="calm lofi, 10 seconds")
    form._ipython_display_()
    task = form.generate()
    task.result(60)
    task._ipython_display_()
    task.clips._ipython_display_()
    task.clips[0]._ipython_display_()
    shown = capsys.readouterr().out
    assert "Form: run this cell to use it (Model: Suno 5.5; Prompt: calm lofi, 10 seconds)" in shown
    assert shown.count("80 credits charged") == 3
    assert str(task.clips[0].path.name) in shown


def test_form_that_is_made_again_shows_what_still_runs(studio):
    """Running the cell once more does not lose sight of a paid order."""
    task = studio.form(prompt="ambient, 60 seconds").generate()
    again = studio.form()
    assert again.tasks == studio.running == [task]
    task.result(60)
    wait_for(lambda: "2 clips" in again._orders.board.text())
